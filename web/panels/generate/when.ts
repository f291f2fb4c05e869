// When a video is made: not before a time, and how urgent it is among one's own. Pure.
import type { JobRequest } from "#protocol/job.ts";

export interface When {
  /** As the field has it: local time without a zone; empty: at once. */
  readonly notBefore: string;
  readonly priority: JobRequest["priority"];
}

export const atOnce: When = { notBefore: "", priority: 5 };

/** Lower goes first. Before the jobs of other people nobody puts their own; among one's own, what waits is put first in the queue. */
export const urgencies = [
  { value: "5", label: "In turn" },
  { value: "7", label: "After others" },
] as const;

/** ms epoch; null: at once; NaN: it is no time. */
const timeOf = ({ notBefore }: When): number | null => (notBefore === "" ? null : new Date(notBefore).getTime());

/** What is wrong with the time. */
export const timeProblem = (when: When, now: number): string | undefined => {
  const time = timeOf(when);
  if (time === null) return undefined;
  if (Number.isNaN(time)) return "Say a day and a time, or leave it empty.";
  return time <= now ? "This time has passed: choose a later one, or leave it empty." : undefined;
};

/** The request, made then. */
export const requestAt = (request: JobRequest, when: When): JobRequest => {
  const time = timeOf(when);
  return { ...request, priority: when.priority, ...(time === null ? {} : { scheduledFor: time }) };
};
