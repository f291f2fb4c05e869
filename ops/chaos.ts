// `npm run chaos -- --minutes 10 --seed 7`: a cluster under load while runners are killed, frozen and cut off. The same seed is the
// same plan of faults; exit code 1 when something did not hold. `--seeds 20` runs so many in a row, from that one on.
// `--without fence`, `claim` or `gap` takes that defence out of the runners, to see that its lack is noticed.
import { parseArgs } from "node:util";
import { chaos } from "./chaos/run.ts";
import { planOf } from "./chaos/plan.ts";
import { say } from "./say.ts";

// Runners and services go with this process, also when it is told to end.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    seeds: { type: "string", default: "1" },
    runners: { type: "string", default: "3" },
    jobs: { type: "string" },
    without: { type: "string" },
  },
});
const [minutes, first, seeds, runners] = [Number(values.minutes), Number(values.seed), Number(values.seeds), Number(values.runners)];
const jobs = Number(values.jobs ?? Math.ceil(minutes * 90));
const { without } = values;
const again = `--minutes ${minutes} --runners ${runners} --jobs ${jobs}${without === undefined ? "" : ` --without ${without}`}`;

const all = { jobs: 0, faults: 0, failed: [] as Array<number> };
for (let seed = first; seed < first + seeds; seed++) {
  say(`The same faults again: npm run chaos -- --seed ${seed} ${again}`);
  const report = await chaos({ seed, runners, plan: planOf(seed, runners, minutes * 60_000), jobs, without, say });
  say(
    `seed ${seed}: ${report.jobs} jobs, ${report.faults} faults, ${report.decisions} decisions of a person, ${report.problems.length} problems`,
  );
  all.jobs += report.jobs;
  all.faults += report.faults;
  if (report.problems.length > 0) all.failed.push(seed);
}
const verdict = all.failed.length === 0 ? "nothing went wrong" : `wrong with the seeds ${all.failed.join(", ")}`;
say(`${seeds} seeds, ${all.jobs} jobs, ${all.faults} faults: ${verdict}`);
process.exit(all.failed.length === 0 ? 0 : 1);
