// Submissions of a job of which nobody knew when it ended whether they were taken, or how they end, and what was told of them, or found at the
// provider, since.
import { createMemo, createResource, type Accessor } from "solid-js";
import type { Charge, Job } from "#protocol/job.ts";
import type { LedgerEntry } from "#protocol/spend.ts";
import { brought } from "#web/store/brought.ts";
import type { Client } from "#web/store/client.ts";

export interface Told {
  /** What was told or found of a submission; undefined: nothing, or it is not read yet. */
  readonly of: (charge: Charge) => LedgerEntry | undefined;
  /** Those of which nobody knew whether they were taken, and nothing is told. */
  readonly open: Accessor<ReadonlyArray<Charge>>;
  readonly put: (entry: LedgerEntry) => void;
}

/** Its provider may say later that it has given back what was charged. */
const mayComeBack = ({ outcome, charged }: Charge): boolean => (outcome === "lost" || outcome === "goes on") && (charged ?? 0) > 0;

const isUnknown = ({ outcome, charged }: Charge): boolean => outcome === "unknown" && charged === null;

export const createTold = (client: Client, job: Accessor<Job>): Told => {
  const asked = createMemo(() => (job().charges.some((charge) => isUnknown(charge) || mayComeBack(charge)) ? job().id : null));
  const [read, { mutate }] = createResource(asked, (jobId) =>
    client.call("spend.ledger", { jobId, limit: 100 }).then(
      ({ entries }): ReadonlyArray<LedgerEntry> => entries,
      // It can be told all the same.
      (): ReadonlyArray<LedgerEntry> => [],
    ),
  );
  const entries = () => brought(read) ?? [];
  const isOf = (charge: Pick<Charge, "key" | "accountId">) => (entry: LedgerEntry) =>
    entry.key === charge.key && entry.accountId === charge.accountId;
  const of = (charge: Charge) => entries().find((entry) => (entry.told ?? entry.found) !== null && isOf(charge)(entry));
  return {
    of,
    // What is not read yet may be told already.
    open: () => (read.loading ? [] : job().charges.filter((charge) => isUnknown(charge) && of(charge) === undefined)),
    put: (entry) => void mutate((all = []) => [...all.filter((each) => !isOf(entry)(each)), entry]),
  };
};
