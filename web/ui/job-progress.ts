// How far a job is, as it is shown. A provider that does not tell it costs nobody a step: here its time stands for it. Pure.
import type { Job } from "#protocol/job.ts";
import { shareOfProcessing } from "#protocol/progress.ts";

/** What stands for the progress of a generation: 90 % at the expected end, slower and slower after it. */
export const fractionByTime = (elapsedMs: number, expectedMs: number): number => {
  const share = Math.max(0, elapsedMs) / Math.max(1, expectedMs);
  return share <= 1 ? 0.9 * share : 0.9 + 0.09 * (1 - 1 / share);
};

/** 0 to 1; null: nobody can say. */
export const progressShown = (
  { state, progress, submittedAt, etaAt }: Pick<Job, "state" | "progress" | "submittedAt" | "etaAt">,
  now: number,
): number | null => {
  if (state === "submitting" || state === "cancelling") return null;
  if (state !== "processing" || progress > shareOfProcessing(0) || submittedAt === null || etaAt === null) return progress;
  return shareOfProcessing(fractionByTime(now - submittedAt, etaAt - submittedAt));
};
