// `npm run chaos -- --minutes 10 --seed 7`: a cluster under load while runners are killed, frozen and cut off. The same seed is the
// same plan of faults; exit code 1 when something did not hold.
import { parseArgs } from "node:util";
import { chaos } from "./chaos/run.ts";
import { planOf } from "./chaos/plan.ts";
import { say } from "./say.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    runners: { type: "string", default: "3" },
    jobs: { type: "string" },
  },
});
const [minutes, seed, runners] = [Number(values.minutes), Number(values.seed), Number(values.runners)];
say(`The same faults again: npm run chaos -- --minutes ${minutes} --seed ${seed} --runners ${runners}`);
const report = await chaos({
  seed,
  runners,
  plan: planOf(seed, runners, minutes * 60_000),
  // As many as two cores render in that time.
  jobs: Number(values.jobs ?? Math.ceil(minutes * 60)),
  say,
});
for (const problem of report.problems) say(`WRONG ${problem}`);
say(`${report.jobs} jobs, ${report.faults} faults, ${report.problems.length} problems (seed ${seed})`);
process.exit(report.problems.length === 0 ? 0 : 1);
