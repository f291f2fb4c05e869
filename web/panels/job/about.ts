// What a job is in one line: the operation, its price, the provider and the account on which it is made, or was last. Pure but for the
// stores it reads.
import { shortValue } from "#protocol/grid.ts";
import type { Job } from "#protocol/job.ts";
import { readFields } from "#web/panels/generate/schema.ts";
import type { Workspace } from "#web/store/workspace.ts";
import { formatMoment } from "#web/ui/format.ts";
import { operationLabels } from "#web/ui/job-state.tsx";
import { paramFacts } from "#web/ui/param-facts.ts";
import { jobPriceWords, lastCharge } from "#web/ui/price.ts";

type Stores = Pick<Workspace, "accounts" | "providers">;

/** What it is called: by its name, its prompt, or what it makes. */
export const jobTitle = ({ name, prompt, operation }: Pick<Job, "name" | "prompt" | "operation">): string =>
  name ?? (prompt === "" ? operationLabels[operation] : prompt);

/** Null: on none, or on one that this user does not see any more and that has left no charge. */
export const jobAccountTitle = ({ accounts }: Pick<Workspace, "accounts">, job: Job): string | null =>
  (job.accountId === null ? lastCharge(job)?.accountTitle : accounts.row(job.accountId)?.title) ??
  job.charges.findLast(({ accountId }) => accountId === job.accountId)?.accountTitle ??
  null;

/** Null: not known, or the provider has no name for it. */
export const jobCreditType = ({ accounts, providers }: Stores, job: Job): string | null =>
  lastCharge(job)?.type ??
  providers.list()?.find(({ id }) => id === job.provider)?.account?.creditType ??
  (job.accountId === null ? undefined : accounts.row(job.accountId)?.credits?.type) ??
  null;

/** `about 45 credits`; `free` where none of those that had it charges anybody. Null: there is nothing to tell. */
export const jobPrice = (stores: Stores, job: Job): string | null => {
  const had = [job.provider, ...job.charges.flatMap(({ provider }) => provider ?? [])];
  return jobPriceWords(job, jobCreditType(stores, job)) ?? (had.every(stores.providers.isFree) ? "free" : null);
};

/** What it waits for, in words; null: nothing. */
export const waitsFor = (
  { state, scheduledFor, waitingFor }: Pick<Job, "state" | "scheduledFor" | "waitingFor">,
  now: number,
): string | null =>
  state === "paused"
    ? "It goes on once it is resumed."
    : state === "scheduled" && scheduledFor !== null
      ? `Its scheduled time: ${formatMoment(scheduledFor, now)}.`
      : waitingFor;

/**
 * What it got of the grid that it was made in, but for its provider and its words, which are told anyway: `8 s`, `1080p`. Words of which a
 * style or variables made others are shortened.
 */
const cellWords = ({ providers }: Pick<Workspace, "providers">, job: Job): ReadonlyArray<string> => {
  const varied = (job.cell ?? []).filter(({ axis, value }) => axis !== "provider" && value !== job.prompt);
  if (varied.length === 0) {
    return [];
  }
  const fields = readFields(providers.operation(job.provider, job.operation)?.params ?? {});
  return varied.flatMap(({ axis, value }) => {
    const [fact] = paramFacts({ [axis]: value }, fields);
    if (fact === undefined || fact.value === null) {
      return [];
    }
    // A number or a yes says by itself nothing of what it is of, unless it has a unit.
    return /^(-?\d+(\.\d+)?|Yes|No)$/.test(fact.value) ? `${fact.name}: ${fact.value}` : shortValue(fact.value);
  });
};

/** `Text to video · 8 s · about 45 credits · PixVerse · Main` */
export const aboutJob = (stores: Stores, job: Job): string =>
  [
    operationLabels[job.operation],
    ...cellWords(stores, job),
    jobPrice(stores, job),
    stores.providers.title(job.provider),
    jobAccountTitle(stores, job),
  ]
    .filter((word) => word !== null)
    .join(" · ");
