// When a video is made: not before a time, and how urgent it is among one's own. Pure.
import { mostAheadMs, type JobRequest } from "#protocol/job.ts";

export interface When {
  /** As the field has it: local time without a zone; empty: at once. */
  readonly notBefore: string;
  readonly priority: JobRequest["priority"];
}

export const atOnce: When = { notBefore: "", priority: 5 };

/** Lower goes first. */
const urgencies = [
  { value: "2", label: "Before others" },
  { value: "5", label: "In turn" },
  { value: "7", label: "After others" },
] as const;

/** Those that may be asked for. `top`: the most urgent of all; null: it is not known yet, and the usual ones are offered. */
export const urgenciesFrom = (top: number | null) => urgencies.filter(({ value }) => Number(value) >= (top ?? 5));

/** As urgent as it may be: what may be asked for is known later than what was chosen. */
export const allowedPriority = ({ priority }: When, top: number | null): number => Math.max(priority, Number(urgenciesFrom(top)[0]?.value));

/** ms epoch; null: at once; NaN: it is no time. */
const timeOf = ({ notBefore }: When): number | null => (notBefore === "" ? null : new Date(notBefore).getTime());

/** What is wrong with the time. */
export const timeProblem = (when: When, now: number): string | undefined => {
  const time = timeOf(when);
  if (time === null) return undefined;
  if (Number.isNaN(time)) return "Say a day and a time, or leave it empty.";
  if (time <= now) return "This time has passed: choose a later one, or leave it empty.";
  return time > now + mostAheadMs ? "A year ahead at most: choose an earlier time." : undefined;
};

/** The request, made then. */
export const requestAt = (request: JobRequest, when: When, top: number | null): JobRequest => {
  const time = timeOf(when);
  return { ...request, priority: allowedPriority(when, top), ...(time === null ? {} : { scheduledFor: time }) };
};
