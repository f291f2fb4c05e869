// What a job is in one line: the operation, its price, the provider and the account on which it is made, or was last. Pure but for the
// stores it reads.
import type { Job } from "#protocol/job.ts";
import type { Workspace } from "#web/store/workspace.ts";
import { operationLabels } from "#web/ui/job-state.tsx";
import { jobPriceWords, lastCharge } from "#web/ui/price.ts";

type Stores = Pick<Workspace, "accounts" | "providers">;

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

/** `Text to video · about 45 credits · PixVerse · Main` */
export const aboutJob = (stores: Stores, job: Job): string =>
  [
    operationLabels[job.operation],
    jobPriceWords(job, jobCreditType(stores, job)),
    stores.providers.title(job.provider),
    jobAccountTitle(stores, job),
  ]
    .filter((word) => word !== null)
    .join(" · ");
