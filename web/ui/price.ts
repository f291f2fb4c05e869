// What a job has cost or will, in words. Pure.
import { finalJobStates, type Job } from "#protocol/job.ts";
import { formatPrice } from "#protocol/price.ts";

/** Null: the provider counts nothing, or charges and never says how much. */
export const countedPrice = (amount: number, type: string | null): string | null =>
  amount === 0 && type === null ? null : formatPrice(amount, type);

export interface JobPrice {
  readonly amount: number;
  /** As the provider told it; otherwise as far as one can tell. */
  readonly exact: boolean;
}

/** The last submission has ended as it was to, and none follows: what remains costs nothing. */
const isSettled = ({ state, charges }: Pick<Job, "state" | "charges">): boolean => {
  const last = charges.at(-1)?.outcome;
  return (
    (state === "downloading" || state === "ingesting" || state === "cancelling") &&
    (last === "completed" || last === "stopped" || last === "goes on" || last === "unknown")
  );
};

/**
 * What a job has cost, with what the submission under way will; null where there is nothing to tell, since it is free, or since it has
 * ended and nobody has said what that came to.
 */
export const priceOf = (job: Pick<Job, "state" | "credits" | "charges">): JobPrice | null => {
  const told = job.charges.map(
    ({ charged, estimated, outcome }) =>
      charged ?? (outcome === "completed" || outcome === "goes on" || outcome === "unknown" ? estimated : null),
  );
  const past = told.reduce<number>((sum, each) => sum + (each ?? 0), 0);
  if (!finalJobStates.has(job.state) && !isSettled(job)) {
    return past + job.credits > 0 ? { amount: past + job.credits, exact: false } : null;
  }
  const known = told.some((each) => each !== null);
  const worth = past > 0 || job.charges.some(({ estimated }) => estimated > 0);
  return known && worth ? { amount: past, exact: job.charges.every(({ charged }) => charged !== null) } : null;
};

/** The last charge at the provider that a job is at now. */
export const lastCharge = ({ charges, provider }: Pick<Job, "charges" | "provider">): Job["charges"][number] | undefined =>
  charges.findLast((each) => each.provider === undefined || each.provider === provider);

/** `about 45 credits` while it is an estimate. */
export const jobPriceWords = (job: Pick<Job, "state" | "credits" | "charges" | "provider">, type: string | null): string | null => {
  const price = priceOf(job);
  return price === null ? null : `${price.exact ? "" : "about "}${formatPrice(price.amount, lastCharge(job)?.type ?? type)}`;
};
