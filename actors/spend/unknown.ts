// Submissions of which nobody knew at the end of their job whether they were taken: a provider that knows them by their keys is asked later, and
// what it says settles the ledger; and so does what it says to have given back of those whose end nobody has seen. The ledger alone: a job's
// own charges stay as they were at its end. All others, and what it cannot tell, a person settles (`spend.tell`): what looks like one may be
// another's.
import { Clock, Duration, Effect, Layer, Schedule } from "effect";
import { accountAddress } from "#actors/account/address.ts";
import { Accounts } from "#actors/account/accounts.ts";
import { exactly } from "#actors/account/context.ts";
import { makeTellPools } from "#actors/pool/tell.ts";
import { Providers } from "#actors/provider/index.ts";
import type { Connection, ProviderFailure } from "#actors/provider/provider.ts";
import { Database } from "#db/client/database.ts";
import { settleUnknown, takeUnknown, unknownAccounts, type UnknownDue, type UnknownRow } from "#db/queries/ledger.ts";
import { Operation } from "#protocol/job.ts";
import type { LedgerEntry } from "#protocol/spend.ts";
import { Actors } from "#runtime/actor/actors.ts";
import { Placement } from "#runtime/cluster/placement.ts";

/** When it is asked: first so long after its end, then after as long and each time twice as long, up to the longest wait, ms. */
const first = 120_000;
const longest = 6 * 3_600_000;
/** How often, which takes a week. A number of times and not a time of the clock: while nobody was here nobody asked. */
const times = 35;
/** What was given up here arrives at the provider within this, ms, or never. */
const arrival = 60_000;
const sweepEvery = "1 minute";
/** Accounts asked at the same time, and how long one may take of a sweep: the rest of its submissions comes first in the next one. */
const accountsAtOnce = 4;
const longestTurn = "2 minutes";

/** Whether so much time has passed since it was first asked about, by the waits in between: these are times of the clock, but several. */
const isSettledFor = (ms: number, asks: number): boolean => first * (2 ** (asks - 1) - 1) >= ms;

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

/** What remains to be paid of one that was charged. Null: nothing was given back yet. */
const givenBackOf = (
  { refunded }: Connection,
  { key, at, outcome }: UnknownRow,
  charged: number,
): Effect.Effect<Found | null, ProviderFailure> =>
  refunded === undefined
    ? Effect.succeed(null)
    : Effect.map(refunded(key, at), (back) =>
        back > 0 ? { outcome: outcome as Found["outcome"], charged: Math.max(0, exactly(charged - back)), source: "provider" } : null,
      );

const makeAsk = Effect.gen(function* () {
  const accounts = yield* Accounts;
  const actors = yield* Actors;
  const database = yield* Database;
  const providers = yield* Providers;
  const tellPools = yield* makeTellPools;

  /** Null: it cannot be told, now or at all. */
  const find = Effect.fnUntraced(function* (row: UnknownRow): Effect.fn.Return<Found | null, ProviderFailure> {
    const provider = providers.get(row.provider);
    if (provider === undefined) return null;
    const connection = yield* accounts.connection(provider, row.account_id);
    if (row.charged !== null) return yield* givenBackOf(connection, row, row.charged);
    if (connection.reconcile === undefined) return null;
    // It is known by its key: files are not needed for that.
    const request = { operation: Operation.parse(row.operation), params: row.params, inputs: [] };
    const taken = yield* connection.reconcile(row.key, request, row.at);
    if (taken !== undefined) return yield* endOf(connection, taken.providerJobId, row.estimated);
    // It may be on its way still, or not in the books yet.
    const isSure = isSettledFor(arrival + Duration.toMillis(provider.quarantine ?? 0), row.asks);
    return isSure ? { outcome: "not taken", charged: 0, source: "provider" } : null;
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

  /** One of an account's after the other, and no more where the account itself does not answer. */
  return Effect.fnUntraced(function* (accountId: string, due: UnknownDue) {
    for (;;) {
      const [row] = yield* database.query((sql) => takeUnknown(sql, { ...due, accountId, longest }));
      if (row === undefined) return;
      const asked = yield* Effect.result(find(row));
      if (asked._tag === "Failure") {
        const { kind, message } = asked.failure;
        yield* Effect.logInfo("a provider cannot tell whether it took a submission", {
          job: row.job_id,
          key: row.key,
          kind,
          error: message,
        });
        if (isOfAccount(asked.failure)) return;
      } else if (asked.success !== null) yield* Effect.uninterruptible(settle(row, asked.success));
    }
  });
});

type Needs = Accounts | Actors | Database | Providers;

/** Asks about all that are due. */
export const sweepUnknown: Effect.Effect<void, never, Needs> = Effect.gen(function* () {
  const database = yield* Database;
  const providers = yield* Providers;
  const ask = yield* makeAsk;
  const byKey = providers.all.filter(({ recovery }) => recovery === "idempotencyKey").map(({ id }) => id);
  const refunding = providers.all.filter(({ tellsRefunds }) => tellsRefunds === true).map(({ id }) => id);
  const due = { providers: byKey, refunding, now: yield* Clock.currentTimeMillis, first, times };
  const waiting = yield* database.query((sql) => unknownAccounts(sql, due));
  yield* Effect.forEach(waiting, ({ account_id: id }) => Effect.timeoutOption(ask(id, due), longestTurn), {
    concurrency: accountsAtOnce,
    discard: true,
  });
}).pipe(Effect.catchCause((cause) => Effect.logWarning("providers could not be asked for submissions that nobody knows of", cause)));

export const unknownSpend: Layer.Layer<never, never, Needs | Placement> = Layer.effectDiscard(
  Effect.gen(function* () {
    const placement = yield* Placement;
    const sweep = Effect.provideContext(sweepUnknown, yield* Effect.context<Needs>());
    yield* placement.once("spend.unknown", Effect.asVoid(Effect.repeat(sweep, Schedule.spaced(sweepEvery))));
  }),
);
