// A short run of the chaos harness: `npm run chaos` makes long ones.
import { expect, test } from "vitest";
import { chaos } from "../chaos/run.ts";
import { planOf } from "../chaos/plan.ts";

const jobs = 90;

test.each([11])(
  "nothing is lost, doubled, paid twice or left over, whatever happens to three runners (seed %i)",
  { timeout: 600_000 },
  async (seed) => {
    const report = await chaos({ seed, runners: 3, plan: planOf(seed, 3, 60_000), jobs, say: (line) => console.log(line) });
    expect(report.problems).toEqual([]);
    expect(report.jobs).toBeGreaterThanOrEqual(jobs);
    expect(report.faults).toBeGreaterThan(5);
  },
);
