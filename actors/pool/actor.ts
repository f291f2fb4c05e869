// The kind `pool`: reads its accounts, asks them for places, and tells jobs which they have. In memory only.
import { Clock, Effect } from "effect";
import { accountAddress } from "#actors/account/address.ts";
import { type AccountContext, unusedLease } from "#actors/account/context.ts";
import { accountRow, fromStoredAccount } from "#actors/account/row.ts";
import { Providers } from "#actors/provider/index.ts";
import { creditTypeAt } from "#actors/provider/paid.ts";
import { periodsAt } from "#actors/spend/context.ts";
import { Database, type Queryable } from "#db/client/database.ts";
import { accountsOf } from "#db/queries/account.ts";
import { freeHolds, holdSpend } from "#db/queries/ledger.ts";
import type { Account } from "#protocol/account.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import { type Acknowledged, Actors } from "#runtime/actor/actors.ts";
import { Bus } from "#runtime/bus/bus.ts";
import { defineActor, type EffectFailure } from "#runtime/actor/define.ts";
import { type Granted, type GrantInput, type LoadInput, poolMachine } from "./machine.ts";
import type { Grant, PoolQueue, PoolRules, Waiter } from "./queue.ts";
import { poolRules } from "./rules.ts";

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
  /** Nothing will be sent with the place that was asked for. */
  readonly unused: boolean;
}

export const poolActor = Effect.gen(function* () {
  const database = yield* Database;
  const bus = yield* Bus;
  /** As each was told last. */
  const told = new Map<string, PoolQueue>();
  const providers = yield* Providers;

  const ask = <A>(query: (sql: Queryable) => Promise<A>): Effect.Effect<A, EffectFailure> =>
    Effect.mapError(database.query(query), ({ message }) => failure(message));

  const read = yield* poolRules;
  const rulesOf = ({ provider, owners }: LoadInput): Effect.Effect<PoolRules, EffectFailure> =>
    Effect.mapError(read(provider, owners), ({ message }) => failure(message));

  const load = Effect.fnUntraced(function* (input: LoadInput) {
    const rules = yield* rulesOf(input);
    const rows = yield* ask((sql) => accountsOf(sql, input.provider));
    return { rules, accounts: rows.map(fromStoredAccount) };
  });

  /** Holds what the grants are to cost; answers those that may be made, and when it was held. */
  const holdAll = Effect.fnUntraced(function* (provider: string, grants: ReadonlyArray<Grant>, accounts: GrantInput["accounts"]) {
    const periods = periodsAt(yield* Clock.currentTimeMillis);
    const wanted = grants.map(({ waiter: { key, jobId, ownerId, cost }, accountId }) => ({
      key,
      account_id: accountId,
      account_title: accounts[accountId]?.title ?? accountId,
      job_id: jobId,
      owner_id: ownerId,
      provider,
      type: creditTypeAt(providers, provider),
      cost,
    }));
    const refused = yield* ask((sql) => holdSpend(sql, wanted, periods));
    return { free: grants.filter(({ waiter }) => !refused.has(waiter.key)), at: periods.now };
  });

  /** Asks the account for the place, then tells the job. A place that the job does not take goes back. */
  const grantOne = Effect.fnUntraced(function* ({ waiter, accountId }: Grant): Effect.fn.Return<Outcome, CallError, Actors> {
    const actors = yield* Actors;
    const { jobId, key, cost } = waiter;
    const taken = yield* actors.send(accountAddress(accountId), { type: "lease.take", key, jobId, cost });
    const account = acknowledgedAccount(accountId, taken);
    const { leases } = taken.context as unknown as AccountContext;
    if (!(key in leases)) return { refused: waiter, account, unused: true };
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
    if (leasedAt !== null && submitKey === key && holds?.id === accountId) return { refused: null, account, unused: false };
    const back = yield* actors.send(accountAddress(accountId), { ...unusedLease(key) });
    return { refused: null, account: acknowledgedAccount(accountId, back), unused: true };
  });

  const grantAll = Effect.fnUntraced(function* (input: GrantInput): Effect.fn.Return<Granted, EffectFailure, Actors> {
    const { provider, grants, accounts } = input;
    const { free, at } = yield* holdAll(provider, grants, accounts);
    const heldBack = grants.filter((grant) => !free.includes(grant));
    const outcomes = yield* Effect.forEach(
      free,
      (grant) =>
        grantOne(grant).pipe(
          Effect.timeout(grantTime),
          // Its job says again that it waits, if it still does.
          Effect.catch((error) =>
            Effect.as(Effect.logWarning("a place could not be granted", { job: grant.waiter.jobId, error: String(error) }), {
              refused: null,
              account: null,
              // The account may have given it its place: its hold is freed when it turns out that no job has it.
              unused: false,
            }),
          ),
          Effect.map((outcome) => ({ outcome, hold: { key: grant.waiter.key, account_id: grant.accountId, at } })),
        ),
      { concurrency: "unbounded" },
    );
    const unused = outcomes.flatMap(({ outcome, hold }) => (outcome.unused ? [hold] : []));
    if (unused.length > 0) yield* ask((sql) => freeHolds(sql, unused));
    return {
      rules: heldBack.length === 0 ? null : yield* rulesOf(input),
      allHeldBack: free.length === 0,
      refused: [...heldBack.map(({ waiter }) => waiter), ...outcomes.flatMap(({ outcome }) => outcome.refused ?? [])],
      accounts: outcomes.flatMap(({ outcome }) => outcome.account ?? []),
    };
  });

  return defineActor<typeof poolMachine, Actors>({
    kind: "pool",
    version: 1,
    durability: "ephemeral",
    machine: poolMachine,
    effects: {
      load: { recovery: "resend", run: ({ input }) => load(input) },
      grant: { recovery: "resend", run: ({ input }) => grantAll(input) },
    },
    owner: () => "system",
    committed: ({ context: { provider, shown } }) => {
      if (told.get(provider) === shown) return;
      told.set(provider, shown);
      bus.publish(poolsChannel, { provider });
    },
    answer: ({ standings, reads }) => ({ standings, reads }),
    redact: ({ provider, title, queue }) => ({ provider, title, queue }),
  });
});
