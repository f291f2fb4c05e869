// Where the form's request is to go on when its provider does not make it, and when. Pure.
import type { Fallback, FallbackReason, JobRequest, ProviderSpec } from "#protocol/job.ts";
import type { FormValues } from "./schema.ts";
import { paramsAt } from "./varied.ts";

export interface Elsewhere {
  /** Ids of providers, in order. */
  readonly providers: ReadonlyArray<string>;
  readonly on: ReadonlyArray<FallbackReason>;
  /** Also after so long a wait at one; null: however long. */
  readonly afterMinutes: number | null;
}

export const nowhere: Elsewhere = { providers: [], on: ["unavailable", "refused"], afterMinutes: null };

/** Providers that one request may go through after its own. */
export const mostElsewhere = 5;
export const mostMinutes = 7 * 24 * 60;

export const occasions: ReadonlyArray<{ readonly value: FallbackReason; readonly label: string }> = [
  { value: "unavailable", label: "It fails there" },
  { value: "refused", label: "No account can take it" },
  { value: "rejected", label: "The request is refused" },
  { value: "filtered", label: "The content is refused" },
];

export const elsewhereProblem = ({ providers, on, afterMinutes }: Elsewhere): string | undefined => {
  if (providers.length === 0) {
    return undefined;
  }
  if (afterMinutes !== null && !(Number.isInteger(afterMinutes) && afterMinutes >= 1 && afterMinutes <= mostMinutes)) {
    return `From 1 to ${mostMinutes.toLocaleString("en")} minutes, or nothing.`;
  }
  return on.length === 0 && afterMinutes === null ? "Choose at least one occasion, or a time." : undefined;
};

/** `offering`: providers that take the operation. Undefined: it goes nowhere else. */
export const fallbackOf = (
  { providers, on, afterMinutes }: Elsewhere,
  offering: ReadonlyArray<ProviderSpec>,
  values: FormValues,
  request: Pick<JobRequest, "provider" | "operation">,
): Fallback | undefined => {
  const orders = providers.flatMap((id) => {
    const provider = offering.find((each) => each.id === id);
    return provider === undefined || id === request.provider ? [] : [{ provider: id, params: paramsAt({ values, request }, provider) }];
  });
  return orders.length === 0 ? undefined : { orders, on: [...on], ...(afterMinutes === null ? {} : { afterMs: afterMinutes * 60_000 }) };
};
