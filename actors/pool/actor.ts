// The kind `pool`: reads its accounts, asks them for places, and tells jobs which they have. In memory only.
import { Effect } from "effect";
import { accountAddress } from "#actors/account/address.ts";
import { type AccountContext, unusedLease } from "#actors/account/context.ts";
import { accountRow, fromStoredAccount } from "#actors/account/row.ts";
import { Database, type Queryable } from "#db/client/database.ts";
import { accountsOf } from "#db/queries/account.ts";
import { pausesAt } from "#db/queries/pause.ts";
import { fromPauseRow } from "#actors/pause/pauses.ts";
import type { Account } from "#protocol/account.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import { type Acknowledged, Actors } from "#runtime/actor/actors.ts";
import { Bus } from "#runtime/bus/bus.ts";
import { defineActor, type EffectFailure } from "#runtime/actor/define.ts";
import { type Granted, poolMachine } from "./machine.ts";
import { type Grant, pauseOf, type PoolQueue, type PoolRules, type Waiter } from "./queue.ts";

/** Which pools have changed. */
export const poolsChannel = "pools";

/** Time a grant may take: an account or a job that cannot be reached delays the others no longer, ms. */
const grantTime = "5 seconds";

const failure = (message: string): EffectFailure => ({ kind: "internal", message });

/** An account as of an acknowledged step. */
export const acknowledgedAccount = (id: string, { value, context, seq, at }: Acknowledged): Account =>
  // The host's types end at the machine: the context is the one that the account machine made.
  accountRow({ value, context: context as unknown as AccountContext }, { id, seq, at, parked: null });

interface Outcome {
  readonly refused: Waiter | null;
  readonly account: Account | null;
}

export const poolActor = Effect.gen(function* () {
  const database = yield* Database;
  const bus = yield* Bus;
  /** As each was told last. */
  const told = new Map<string, PoolQueue>();

  const ask = <A>(query: (sql: Queryable) => Promise<A>): Effect.Effect<A, EffectFailure> =>
    Effect.mapError(database.query(query), ({ message }) => failure(message));

  const rulesOf = Effect.fnUntraced(function* (provider: string): Effect.fn.Return<PoolRules, EffectFailure> {
    const pauses = yield* ask((sql) => pausesAt(sql, provider));
    return { provider, pauses: pauses.map(fromPauseRow) };
  });

  const load = Effect.fnUntraced(function* (provider: string) {
    const rules = yield* rulesOf(provider);
    const rows = yield* ask((sql) => accountsOf(sql, provider));
    return { rules, accounts: rows.map(fromStoredAccount) };
  });

  /** Asks the account for the place, then tells the job. A place that the job does not take goes back. */
  const grantOne = Effect.fnUntraced(function* ({ waiter, accountId }: Grant): Effect.fn.Return<Outcome, CallError, Actors> {
    const actors = yield* Actors;
    const { jobId, key, cost } = waiter;
    const taken = yield* actors.send(accountAddress(accountId), { type: "lease.take", key, jobId, cost });
    const account = acknowledgedAccount(accountId, taken);
    const { leases } = taken.context as unknown as AccountContext;
    if (!(key in leases)) return { refused: waiter, account };
    const granted = {
      type: "slot.granted",
      key,
      accountId,
      accountTitle: account.title,
      expectedMs: account.averageMs === null ? null : Math.round(account.averageMs),
    };
    const told = yield* actors.send(`job/${jobId}`, granted);
    const {
      leasedAt,
      submitKey,
      account: holds,
    } = told.context as { leasedAt?: unknown; submitKey?: unknown; account?: { id?: unknown } | null };
    if (leasedAt !== null && submitKey === key && holds?.id === accountId) return { refused: null, account };
    const back = yield* actors.send(accountAddress(accountId), { ...unusedLease(key) });
    return { refused: null, account: acknowledgedAccount(accountId, back) };
  });

  const grantAll = Effect.fnUntraced(function* (
    provider: string,
    grants: ReadonlyArray<Grant>,
  ): Effect.fn.Return<Granted, EffectFailure, Actors> {
    // A pause that was answered holds for every grant after it.
    const rules = yield* rulesOf(provider);
    const free = grants.filter(({ waiter }) => pauseOf(rules, waiter.ownerId) === null);
    const heldBack = grants.filter((grant) => !free.includes(grant));
    const outcomes = yield* Effect.forEach(
      free,
      (grant) =>
        grantOne(grant).pipe(
          Effect.timeout(grantTime),
          // Its job says again that it waits, if it still does.
          Effect.catch((error) =>
            Effect.as(Effect.logInfo("a place could not be granted", { job: grant.waiter.jobId, error: String(error) }), {
              refused: null,
              account: null,
            }),
          ),
        ),
      { concurrency: "unbounded" },
    );
    return {
      rules,
      refused: [...heldBack.map(({ waiter }) => waiter), ...outcomes.flatMap(({ refused }) => refused ?? [])],
      accounts: outcomes.flatMap(({ account }) => account ?? []),
    };
  });

  return defineActor<typeof poolMachine, Actors>({
    kind: "pool",
    version: 1,
    durability: "ephemeral",
    machine: poolMachine,
    effects: {
      load: { recovery: "resend", run: ({ input }) => load(input.provider) },
      grant: { recovery: "resend", run: ({ input }) => grantAll(input.provider, input.grants) },
    },
    owner: () => "system",
    committed: ({ context: { provider, queue } }) => {
      if (told.get(provider) === queue) return;
      told.set(provider, queue);
      bus.publish(poolsChannel, { provider });
    },
    answer: ({ reasons }) => ({ reasons }),
    redact: ({ provider, title, queue }) => ({ provider, title, queue }),
  });
});
