// Where the form's request is to go on when its provider does not make it, and when. Pure.
import * as z from "zod";
import { fallbackLimits, FallbackReason, type Fallback, type JobFallback, type JobRequest, type ProviderSpec } from "#protocol/job.ts";
import { Id } from "#protocol/values.ts";
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

/** Where a job is still to go on, in whole minutes. */
export const elsewhereOf = ({ orders, on, afterMs }: JobFallback): Elsewhere => ({
  providers: orders.map(({ provider }) => provider),
  on,
  afterMinutes: afterMs === null ? null : Math.ceil(afterMs / 60_000),
});

export const mostMinutes = fallbackLimits.afterMs / 60_000;

/** As it is kept, by this version or by another. */
export const KeptElsewhere = z.object({
  providers: z.array(Id).min(1).max(fallbackLimits.orders).readonly(),
  on: z.array(FallbackReason).readonly(),
  afterMinutes: z.int().min(1).max(mostMinutes).nullable(),
});

export const occasions: ReadonlyArray<{ readonly value: FallbackReason; readonly label: string }> = [
  { value: "unavailable", label: "It fails there" },
  { value: "refused", label: "No account can take it" },
  { value: "rejected", label: "The request is refused" },
  { value: "filtered", label: "The content is refused" },
];

export const minutesProblem = ({ afterMinutes }: Elsewhere): string | undefined =>
  afterMinutes === null || (Number.isInteger(afterMinutes) && afterMinutes >= 1 && afterMinutes <= mostMinutes)
    ? undefined
    : `From 1 to ${mostMinutes.toLocaleString("en")} minutes, or nothing.`;

export const occasionsProblem = ({ on, afterMinutes }: Elsewhere): string | undefined =>
  on.length === 0 && afterMinutes === null ? "Choose at least one occasion, or a time." : undefined;

/** Undefined: it goes nowhere else. Chosen ones that do not offer the operation are left out. */
export const fallbackOf = (
  { providers, on, afterMinutes }: Elsewhere,
  all: ReadonlyArray<ProviderSpec>,
  values: FormValues,
  request: Pick<JobRequest, "provider" | "operation">,
): Fallback | undefined => {
  const orders = providers.flatMap((id) => {
    const provider = all.find((each) => each.id === id && each.operations.some(({ operation }) => operation === request.operation));
    return provider === undefined || id === request.provider ? [] : [{ provider: id, params: paramsAt({ values, request }, provider) }];
  });
  return orders.length === 0 ? undefined : { orders, on: [...on], ...(afterMinutes === null ? {} : { afterMs: afterMinutes * 60_000 }) };
};
