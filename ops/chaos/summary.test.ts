import { expect, test } from "vitest";
import { summary } from "./summary.ts";

test("several runs are one table with a total, and say which seeds to run again", () => {
  const run = (seed: number, problems: ReadonlyArray<string>) =>
    ({ seed, ms: 61_400, jobs: 90, faults: 12, decisions: 1, paidTwice: 0, problems }) as const;
  expect(summary([run(1, []), run(2, [])])).toEqual([
    "  seed  jobs  faults  decisions  paid twice  problems  seconds",
    "     1    90      12          1           0         0       61",
    "     2    90      12          1           0         0       61",
    "   all   180      24          2           0         0      123",
    "Nothing went wrong.",
  ]);
  expect(summary([run(3, ["a job was lost"])]).at(-1)).toBe("Wrong with the seeds 3.");
});
