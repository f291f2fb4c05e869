// What calling a job off has come to, in words: in time, or too late and charged. Pure.
import type { Job } from "#protocol/job.ts";
import { formatPrice } from "#protocol/price.ts";
import { lastCharge } from "#web/ui/price.ts";

/** Null: it was not called off, or nothing had been sent that could cost anything. */
export const cancelOutcome = (job: Pick<Job, "state" | "charges" | "provider">): string | null => {
  const last = lastCharge(job);
  if (job.state !== "cancelled" || last === undefined) return null;
  const { outcome, charged, estimated, type } = last;
  if (outcome === "stopped")
    return charged === null || charged === 0 ? "Stopped in time" : `Stopped, and ${formatPrice(charged, type)} charged`;
  // Some providers charge and never say how much.
  const untold = charged === null && estimated === 0;
  if (outcome === "goes on") {
    if (untold) return "Too late: it is made there all the same";
    return `Too late: ${charged === null ? `about ${formatPrice(estimated, type)}` : formatPrice(charged, type)} charged`;
  }
  if (outcome === "unknown") return `Nobody can say whether it was taken${untold ? "" : `: about ${formatPrice(estimated, type)} held`}`;
  if (outcome !== "completed") return null;
  return `Made before it was called off${untold ? "" : `: ${formatPrice(charged ?? estimated, type)} charged`}`;
};
