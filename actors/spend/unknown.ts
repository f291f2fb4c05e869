// Submissions of which nobody knew at the end of their job whether they were taken: their provider is asked later, by its books or its list, and
// what it says settles the ledger. Where it cannot tell, a person does (`spend.tell`). Nothing is sent, and nothing is taken for another's.
import { Clock, Duration, Effect, Layer, Schedule } from "effect";
import * as z from "zod";
import { accountAddress } from "#actors/account/address.ts";
import { Accounts } from "#actors/account/accounts.ts";
import type { Assets } from "#actors/asset/assets.ts";
import { makeProviderJobs } from "#actors/job/provider-jobs.ts";
import { providerRequests } from "#actors/job/provider-requests.ts";
import { makeTellPools } from "#actors/pool/tell.ts";
import { Providers } from "#actors/provider/index.ts";
import type { Connection, ProviderFailure } from "#actors/provider/provider.ts";
import { Database } from "#db/client/database.ts";
import { settleUnknown, takeUnknown, type UnknownRow } from "#db/queries/ledger.ts";
import { JobInput, Operation } from "#protocol/job.ts";
import type { LedgerEntry } from "#protocol/spend.ts";
import { Actors } from "#runtime/actor/actors.ts";
import { Placement } from "#runtime/cluster/placement.ts";

/** When it is asked, ms after its end: first, at least so often later, and not any more. */
const first = 120_000;
const longest = 6 * 3_600_000;
const forMs = 7 * 86_400_000;
/** What was given up here arrives at the provider within this, ms, or never. */
const arrival = 60_000;
const sweepEvery = "1 minute";
/** Submissions asked about in one sweep, accounts at the same time, and how long one may take. */
const atOnce = 100;
const accountsAtOnce = 4;
const longestAsk = "2 minutes";

interface Found {
  readonly outcome: NonNullable<LedgerEntry["found"]>["outcome"];
  readonly charged: number;
  readonly source: "provider" | "estimate";
}

/** The question failed, which says nothing of what it was about. */
const isOpen = ({ kind }: ProviderFailure): boolean =>
  ["network", "limit", "authentication", "internal", "timeout", "storage", "lost"].includes(kind);
/** Others that are asked there would fail like this one. */
const isOfAccount = ({ kind }: ProviderFailure): boolean => kind === "network" || kind === "limit" || kind === "authentication";

/** How what was taken has ended there, what remains to be paid, and who says so. Fails while it has not, or that cannot be told. */
const endOf = ({ track }: Connection, providerJobId: string, estimated: number): Effect.Effect<Found, ProviderFailure> =>
  Effect.matchEffect(
    track(providerJobId, () => Effect.void),
    {
      onSuccess: ({ charged }) =>
        Effect.succeed<Found>({
          outcome: "completed",
          charged: charged ?? estimated,
          source: charged === null ? "estimate" : "provider",
        }),
      onFailure: (failure) =>
        isOpen(failure)
          ? Effect.fail(failure)
          : Effect.succeed<Found>({
              outcome: failure.kind,
              charged: failure.charged ?? 0,
              source: failure.charged === undefined ? "estimate" : "provider",
            }),
    },
  );

const makeAsk = Effect.gen(function* () {
  const accounts = yield* Accounts;
  const actors = yield* Actors;
  const database = yield* Database;
  const providers = yield* Providers;
  const providerJobs = yield* makeProviderJobs;
  const makeRequest = yield* providerRequests;
  const tellPools = yield* makeTellPools;

  const requestOf = ({ owner_id: ownerId, operation, params, inputs }: UnknownRow) =>
    Effect.mapError(
      makeRequest({ ownerId, pooled: true, operation: Operation.parse(operation), params, inputs: z.array(JobInput).parse(inputs) }),
      ({ message }): ProviderFailure => ({ kind: "internal", message }),
    );

  /** Null: it cannot be told, now or at all. */
  const find = Effect.fnUntraced(function* (row: UnknownRow): Effect.fn.Return<Found | null, ProviderFailure> {
    const provider = providers.get(row.provider);
    if (provider === undefined || provider.recovery === "none") return null;
    // Where a submission is not known by its key, it is looked for by what it asked for.
    const byKey = provider.recovery === "idempotencyKey";
    if (!byKey && (!row.same || row.alike_open || row.alike_of_others)) return null;
    const quarantine = Duration.toMillis(provider.quarantine ?? 0);
    if ((yield* Clock.currentTimeMillis) < row.settled_at + arrival + quarantine) return null;
    const connection = yield* accounts.connection(provider, row.account_id);
    if (connection.reconcile === undefined) return null;
    const request = yield* requestOf(byKey ? { ...row, inputs: [] } : row);
    const submitted = { key: row.key, place: row.account_id };
    const taken = yield* providerJobs.find(submitted, connection.reconcile, request, row.at, row.settled_at + arrival);
    return taken === undefined
      ? { outcome: "not taken", charged: 0, source: "provider" }
      : yield* endOf(connection, taken.providerJobId, row.estimated);
  });

  const settle = Effect.fnUntraced(function* (
    { key, account_id: accountId, job_id: job }: UnknownRow,
    { outcome, charged, source }: Found,
  ) {
    const now = yield* Clock.currentTimeMillis;
    const [told] = yield* database.query((sql) => settleUnknown(sql, { key, accountId, charged, source, found: outcome, now }));
    if (told === undefined) return;
    yield* Effect.logInfo("what became of a submission was found at its provider", { job, key, account: accountId, outcome, charged });
    // Jobs that a budget held back may go on, and the account asks what is left.
    yield* tellPools(null);
    yield* Effect.ignore(actors.send(accountAddress(accountId), { type: "account.test" }));
  });

  /** One after the other, and no more where the account itself does not answer. */
  return Effect.fnUntraced(function* (rows: ReadonlyArray<UnknownRow>) {
    for (const row of rows) {
      const asked = yield* Effect.result(Effect.timeoutOption(find(row), longestAsk));
      if (asked._tag === "Failure") {
        const { kind, message } = asked.failure;
        yield* Effect.logInfo("a provider cannot tell whether it took a submission", {
          job: row.job_id,
          key: row.key,
          kind,
          error: message,
        });
        if (isOfAccount(asked.failure)) return;
      } else if (asked.success._tag === "Some" && asked.success.value !== null) yield* settle(row, asked.success.value);
    }
  });
});

type Needs = Accounts | Actors | Assets | Database | Providers;

/** Asks about all that are due. */
export const sweepUnknown: Effect.Effect<void, never, Needs> = Effect.gen(function* () {
  const database = yield* Database;
  const ask = yield* makeAsk;
  const now = yield* Clock.currentTimeMillis;
  const rows = yield* database.query((sql) => takeUnknown(sql, { now, first, longest, forMs, limit: atOnce }));
  yield* Effect.forEach(Map.groupBy(rows, ({ account_id: id }) => id).values(), ask, { concurrency: accountsAtOnce, discard: true });
}).pipe(Effect.catchCause((cause) => Effect.logWarning("providers could not be asked for submissions that nobody knows of", cause)));

export const unknownSpend: Layer.Layer<never, never, Needs | Placement> = Layer.effectDiscard(
  Effect.gen(function* () {
    const placement = yield* Placement;
    const sweep = Effect.provideContext(sweepUnknown, yield* Effect.context<Needs>());
    yield* placement.once("spend.unknown", Effect.asVoid(Effect.repeat(sweep, Schedule.spaced(sweepEvery))));
  }),
);
