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
  if (outcome === "goes on") {
    return `Too late: ${charged === null ? `about ${formatPrice(estimated, type)}` : formatPrice(charged, type)} charged`;
  }
  if (outcome === "unknown") return `Nobody can say whether it was taken: about ${formatPrice(estimated, type)} held`;
  return outcome === "completed" ? `Made before it was called off: ${formatPrice(charged ?? estimated, type)} charged` : null;
};
