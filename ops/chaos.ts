// `npm run chaos -- --minutes 10 --seed 7`: a cluster under load while runners are killed, frozen and cut off. The same seed is the
// same plan of faults; exit code 1 when something did not hold. `--seeds 1-20 --seconds 60` runs one after the other and ends with a
// table. `--without fence`, `claim` or `gap` takes that defence out of the runners and lets happen what it is
// for, to see that its lack is noticed: see docs/chaos.md.
import { parseArgs } from "node:util";
import * as z from "zod";
import { defences, isDefence } from "./chaos/defences.ts";
import { chaos } from "./chaos/run.ts";
import { planOf } from "./chaos/plan.ts";
import { type Run, summary } from "./chaos/summary.ts";
import { say } from "./say.ts";

// Runners and services go with this process, also when it is told to end.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const seed = z.coerce
  .number()
  .int()
  .nonnegative()
  .max(2 ** 31);
const Options = z.object({
  minutes: z.coerce.number().positive().max(600).optional(),
  seconds: z.coerce.number().positive().max(36_000).optional(),
  seed: seed.optional(),
  seeds: z
    .string()
    .regex(/^\d{1,9}(?:-\d{1,9})?$/, "is a number of seeds, or the first and the last: 1-20")
    .optional(),
  runners: z.coerce.number().int().min(2).max(16),
  jobs: z.coerce.number().int().min(1).max(100_000).optional(),
  without: z
    .custom<keyof typeof defences>((name) => isDefence(String(name)), { error: `is one of ${Object.keys(defences).join(", ")}` })
    .optional(),
});

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    seconds: { type: "string" },
    seed: { type: "string" },
    seeds: { type: "string" },
    runners: { type: "string", default: "3" },
    jobs: { type: "string" },
    without: { type: "string" },
  },
});
const read = Options.safeParse(values);
if (!read.success) {
  for (const { path, message } of read.error.issues) say(`--${path.join(".")}: ${message}`);
  process.exit(1);
}
const { runners, without, ...asked } = read.data;
const seconds = asked.seconds ?? (asked.minutes ?? 1) * 60;
const jobs = asked.jobs ?? Math.ceil(seconds * 1.5);

/** The first and the last. */
const seedsOf = (): readonly [number, number] => {
  const [one, last] = (asked.seeds ?? "1").split("-").map(Number) as [number, number?];
  if (last !== undefined) return [one, last];
  const first = asked.seed ?? Math.floor(Math.random() * 2 ** 31);
  return [first, first + one - 1];
};
const [first, last] = seedsOf();
const again = `--seconds ${seconds} --runners ${runners} --jobs ${jobs}${without === undefined ? "" : ` --without ${without}`}`;

const done: Array<Run> = [];
for (let each = first; each <= last; each++) {
  say(`The same faults again: npm run chaos -- --seed ${each} ${again}`);
  const began = performance.now();
  const plan = planOf(each, runners, seconds * 1000, without === undefined ? undefined : defences[without].against);
  const report = await chaos({ seed: each, runners, plan, jobs, without, say });
  done.push({ seed: each, ms: performance.now() - began, ...report });
}
for (const line of summary(done)) say(line);
process.exit(done.length > 0 && done.every(({ problems }) => problems.length === 0) ? 0 : 1);
