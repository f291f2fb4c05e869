// Tells accounts that their places are free and pools how accounts stand, and finds leases that no job holds any more.
import { Clock, Effect, Layer, Queue, Schedule } from "effect";
import * as z from "zod";
import { Database } from "#db/client/database.ts";
import { staleLeases, sweepCredentials } from "#db/queries/account.ts";
import { type Hold, settleHold, settleStale, staleHolds } from "#db/queries/ledger.ts";
import { Charge } from "#protocol/job.ts";
import { Actors } from "#runtime/actor/actors.ts";
import { deliver } from "#runtime/actor/tell.ts";
import { Placement } from "#runtime/cluster/placement.ts";
import { Settings } from "#runtime/config/settings.ts";
import { accountAddress, poolAddress } from "./address.ts";
import { accountLimits, type LeaseEnded, unusedLease } from "./context.ts";
import { Leases, type Note } from "./leases.ts";

/** How old a lease must be before it can be called stale, ms: its job may just be about to take it. */
const grace = 30_000;
const sweepEvery = "15 seconds";
/** Deliveries under way at the same time. */
const atOnce = 256;
/** Credentials without an account, older than this, belong to nobody, ms. */
const orphanAge = 3_600_000;

/** How a submission ended, by what its job noted; nothing was begun where it noted nothing. Whoever was to tell it is gone since. */
const endOf = (key: string, charge: Charge | null, unknownMs: number): LeaseEnded => {
  if (charge === null) return unusedLease(key);
  const { outcome, charged, tookMs } = charge;
  return { type: "lease.ended", key, outcome, message: "", charged, tookMs, unknownMs, absence: true };
};

/** `eventId`: of this end of this lease alone. An account forgets none for days, and the same key may be granted again. */
const tellEnded = (accountId: string, event: LeaseEnded, eventId: string): Effect.Effect<void, never, Actors> =>
  deliver({ to: accountAddress(accountId), event: { ...event } }, eventId).pipe(
    Effect.catchIf(
      ({ code }) => code === "not_found",
      () => Effect.void,
    ),
    Effect.catch((error) => Effect.logWarning("an account could not be told that a place is free; it is told again", error)),
  );

/** What one sweep found and the one before it too, by its name. */
const foundAgain = <A>(nameOf: (each: A) => string): ((found: ReadonlyArray<A>) => ReadonlyArray<A>) => {
  let before: ReadonlySet<string> = new Set();
  return (found) => {
    const again = found.filter((each) => before.has(nameOf(each)));
    before = new Set(found.map(nameOf));
    return again;
  };
};

/**
 * Frees leases that no job holds any more, settles what was held for them, and removes credentials that belong to nobody. Only what the sweep
 * before has found too: where the clock was set forward, or nobody was here, a job may be about to take what seems old.
 */
export const makeSweepLeases: Effect.Effect<Effect.Effect<void, never, Actors | Database>, never, Settings> = Effect.map(
  Settings,
  ({ PIXSIM_PROVIDER_SPEED: speed }) => {
    const unknownMs = accountLimits.goesOn / speed;
    const nameOf = ({ account_id, key, at }: Hold): string => `${account_id}/${key}/${at}`;
    const leasesAgain = foundAgain<Hold & { readonly charge: unknown }>(nameOf);
    const holdsAgain = foundAgain<Hold>(nameOf);
    return Effect.gen(function* () {
      const database = yield* Database;
      const now = yield* Clock.currentTimeMillis;
      const leases = leasesAgain(yield* database.query((sql) => staleLeases(sql, now - grace)));
      const holds = holdsAgain(yield* database.query((sql) => staleHolds(sql, now - grace)));
      yield* Effect.forEach(
        leases,
        ({ account_id, key, at, charge }) =>
          tellEnded(account_id, { ...endOf(key, z.nullable(Charge).parse(charge), unknownMs), takenBy: at }, `stale/${key}/${at}`),
        { concurrency: atOnce, discard: true },
      );
      if (holds.length > 0) yield* database.query((sql) => settleStale(sql, holds));
      yield* database.query((sql) => sweepCredentials(sql, now - orphanAge));
    }).pipe(Effect.catchCause((cause) => Effect.logWarning("leases that nobody holds could not be looked for", cause)));
  },
);

export const accountDelivery: Layer.Layer<never, never, Actors | Database | Leases | Placement | Settings> = Layer.effectDiscard(
  Effect.gen(function* () {
    const actors = yield* Actors;
    const database = yield* Database;
    const leases = yield* Leases;
    const placement = yield* Placement;

    /** First what it cost, so that whoever waits for the place finds it counted. What fails is found again. */
    const settle = ({ jobId, accountId, at, event: { key } }: Extract<Note, { type: "ended" }>): Effect.Effect<void> =>
      database
        .query((sql) => settleHold(sql, { key, accountId, jobId, at }))
        .pipe(
          Effect.catch((error) => Effect.logWarning("what a submission cost could not be noted; it is noted again", error)),
          Effect.asVoid,
        );

    /** A pool that does not exist yet reads the accounts when it comes to be, and one that misses this reads them again by itself. */
    const deliverNote = (note: Note) =>
      note.type === "ended"
        ? Effect.andThen(settle(note), tellEnded(note.accountId, note.event, `ended/${note.event.key}`))
        : Effect.ignore(actors.send(poolAddress(note.account.provider), { type: "pool.account", account: note.account }));

    // What waits for its turn stays in the queue, whose bound holds for it.
    const deliverer = Effect.forever(Effect.flatMap(Queue.take(leases.notes), deliverNote));
    yield* Effect.forkScoped(
      Effect.all(
        Array.from({ length: atOnce }, () => deliverer),
        { concurrency: "unbounded", discard: true },
      ),
    );

    const sweep = Effect.provideService(Effect.provideService(yield* makeSweepLeases, Actors, actors), Database, database);
    yield* placement.once("account.leases", Effect.asVoid(Effect.repeat(sweep, Schedule.spaced(sweepEvery))));
  }),
);
