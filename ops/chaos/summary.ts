// What several runs came to, as lines for a person.
import type { ChaosReport } from "./run.ts";

export interface Run extends ChaosReport {
  readonly seed: number;
  /** How long it took in all. */
  readonly ms: number;
}

const columns = ["seed", "jobs", "faults", "decisions", "paid twice", "problems", "seconds"] as const;

const line = (cells: ReadonlyArray<string | number>): string =>
  cells.map((cell, index) => String(cell).padStart(columns[index]!.length + 2)).join("");

export const summary = (runs: ReadonlyArray<Run>): ReadonlyArray<string> => {
  const sum = (of: (run: Run) => number): number => runs.reduce((total, run) => total + of(run), 0);
  const failed = runs.filter(({ problems }) => problems.length > 0).map(({ seed }) => seed);
  const seconds = (ms: number): number => Math.round(ms / 1000);
  return [
    line(columns),
    ...runs.map(({ seed, jobs, faults, decisions, paidTwice, problems, ms }) =>
      line([seed, jobs, faults, decisions, paidTwice, problems.length, seconds(ms)]),
    ),
    line([
      "all",
      sum(({ jobs }) => jobs),
      sum(({ faults }) => faults),
      sum(({ decisions }) => decisions),
      sum(({ paidTwice }) => paidTwice),
      sum(({ problems }) => problems.length),
      seconds(sum(({ ms }) => ms)),
    ]),
    failed.length === 0 ? "Nothing went wrong." : `Wrong with the seeds ${failed.join(", ")}.`,
  ];
};
