// The pool of a provider's accounts: takes in who waits, hears how the accounts stand, and grants places. It is kept in memory only; the
// truth about places is with the accounts, who may refuse a grant, and whoever waits says so again and again. Pure.
import { assign, setup } from "xstate";
import type { Account } from "#protocol/account.ts";
import { effect } from "#actors/effect.ts";
import { timeOf } from "#actors/job/context.ts";
import {
  emptyQueue,
  forgetSilent,
  type Grant,
  isHeldBack,
  isWaiting,
  learns,
  leaves,
  plan,
  type PoolQueue,
  type PoolRules,
  type Standing,
  standingOf,
  type Waiter,
  waitingCount,
  wants,
} from "./queue.ts";

export interface PoolContext {
  readonly provider: string;
  readonly title: string;
  readonly queue: PoolQueue;
  /** The queue as of its last change that anybody is told of: not whenever a waiter says that it still waits. */
  readonly shown: PoolQueue;
  /** How things stand for each user's jobs. */
  readonly standings: Readonly<Record<string, Standing>>;
  /** Grants under way. */
  readonly grants: ReadonlyArray<Grant>;
  /** Jobs among them that want a place no more: a grant that is refused puts none of them back. */
  readonly left: ReadonlyArray<string>;
  /** The rules have changed since they were read. */
  readonly stale: boolean;
  /** How often all accounts have been read. */
  readonly reads: number;
}

export type PoolEvent =
  | ({ readonly type: "pool.want" } & Omit<Waiter, "heardAt">)
  | { readonly type: "pool.leave"; readonly ownerId: string; readonly jobId: string }
  | { readonly type: "pool.account"; readonly account: Account }
  /** What holds back who waits has changed. */
  | { readonly type: "pool.rules" };

export interface PoolInput {
  readonly provider: string;
  readonly title: string;
  readonly at: number;
}

export interface Loaded {
  readonly accounts: ReadonlyArray<Account>;
  readonly rules: PoolRules;
}

export interface LoadInput {
  readonly provider: string;
  /** Whose budgets are to be known. */
  readonly owners: ReadonlyArray<string>;
}

export interface GrantInput extends LoadInput {
  readonly accounts: PoolQueue["accounts"];
  readonly grants: ReadonlyArray<Grant>;
}

/** What came of grants: those that were refused wait on; the rules and the accounts as they are now. */
export interface Granted {
  /** Null: as they were. */
  readonly rules: PoolRules | null;
  /** No account was asked: each grant was paused, or a budget had no room for it. */
  readonly allHeldBack: boolean;
  readonly refused: ReadonlyArray<Waiter>;
  readonly accounts: ReadonlyArray<Account>;
}

interface Transition {
  readonly context: PoolContext;
  readonly event: object;
}

/** Grants that are made side by side. */
const atOnce = 64;
/** How often accounts are read anew while somebody waits: what they told may have been lost. */
const again = 15_000;

/** Between two rounds of grants when the database held back all of the last: it and the plan do not count alike, or not the same yet. */
const afterHeldBack = 1000;

const withQueue = (context: PoolContext, queue: PoolQueue): Partial<PoolContext> =>
  queue === context.queue ? {} : { queue, shown: queue, standings: standingsOf(context, queue) };

const isBeingGranted = ({ grants }: PoolContext, jobId: string): boolean => grants.some(({ waiter }) => waiter.jobId === jobId);

const puttingBack = ({ left }: PoolContext, waiters: ReadonlyArray<Waiter>, queue: PoolQueue): PoolQueue =>
  waiters.filter(({ jobId }) => !left.includes(jobId)).reduce(wants, queue);

/** Something that was held for an account is so no longer. */
const hasEnded = (known: Account | undefined, account: Account): boolean =>
  known !== undefined && known.rev < account.rev && (account.busy < known.busy || account.held < known.held);

const standingsOf = ({ title, standings, queue: old }: PoolContext, queue: PoolQueue): PoolContext["standings"] => {
  const owners = Object.keys(queue.waiting);
  if (
    queue.accounts === old.accounts &&
    queue.rules === old.rules &&
    owners.length === Object.keys(standings).length &&
    owners.every((owner) => owner in standings)
  )
    return standings;
  return Object.fromEntries(owners.map((owner) => [owner, standingOf(queue, owner, title)]));
};

export const poolMachine = setup({
  types: { context: {} as PoolContext, events: {} as PoolEvent, input: {} as PoolInput },
  actors: {
    load: effect<Loaded, LoadInput>(),
    grant: effect<Granted, GrantInput>(),
  },
  guards: {
    canGrant: ({ context, event }) => plan(context.queue, timeOf(event), 1).grants.length > 0,
    isStale: ({ context }) => context.stale,
    somebodyWaits: ({ context }) => waitingCount(context.queue) > 0,
    allHeldBack: (_, { allHeldBack }: Granted) => allHeldBack,
  },
  delays: { again, afterHeldBack },
  actions: {
    add: assign(({ context, event }: Transition) => {
      const { type: _, ...waiter } = event as Extract<PoolEvent, { type: "pool.want" }>;
      // One that is being granted a place is not in the queue, and would be granted a second one.
      if (isBeingGranted(context, waiter.jobId)) return { left: context.left.filter((jobId) => jobId !== waiter.jobId) };
      const at = timeOf(event);
      const wanting = { ...waiter, heardAt: at };
      const queue = wants(context.queue, wanting);
      return isWaiting(context.queue, wanting) ? { queue } : withQueue(context, queue);
    }),
    drop: assign(({ context, event }: Transition) => {
      const { ownerId, jobId } = event as Extract<PoolEvent, { type: "pool.leave" }>;
      return isBeingGranted(context, jobId)
        ? { left: [...context.left, jobId] }
        : withQueue(context, leaves(context.queue, ownerId, jobId));
    }),
    learn: assign(({ context, event }: Transition) => {
      const { account } = event as Extract<PoolEvent, { type: "pool.account" }>;
      // What has ended there may have cost less than was held for it.
      const stale = hasEnded(context.queue.accounts[account.id], account) && isHeldBack(context.queue);
      return { ...withQueue(context, learns(context.queue, account)), ...(stale ? { stale } : {}) };
    }),
    noteStale: assign({ stale: true }),
    read: assign({ stale: false }),
    noteLoaded: assign(({ context, event }: Transition, { accounts, rules }: Loaded) => {
      const known = new Set(accounts.map(({ id }) => id));
      const kept = Object.fromEntries(Object.entries(context.queue.accounts).filter(([id]) => known.has(id)));
      const queue = accounts.reduce(learns, { ...forgetSilent(context.queue, timeOf(event)), rules, accounts: kept });
      return { reads: context.reads + 1, ...withQueue(context, queue) };
    }),
    planGrants: assign(({ context, event }: Transition) => {
      const { grants, queue } = plan(context.queue, timeOf(event), atOnce);
      return { grants, left: [], ...withQueue(context, queue) };
    }),
    noteGranted: assign(({ context }: Transition, { rules, refused, accounts }: Granted) => {
      const learned = accounts.reduce(learns, rules === null ? context.queue : { ...context.queue, rules });
      return { grants: [], left: [], ...withQueue(context, puttingBack(context, refused, learned)) };
    }),
    putBack: assign(({ context }: Transition) => ({
      grants: [],
      left: [],
      ...withQueue(
        context,
        puttingBack(
          context,
          context.grants.map(({ waiter }) => waiter),
          context.queue,
        ),
      ),
    })),
  },
}).createMachine({
  id: "pool",
  initial: "loading",
  context: ({ input: { provider, title } }) => {
    const queue = emptyQueue(provider);
    return { provider, title, queue, shown: queue, standings: {}, grants: [], left: [], stale: false, reads: 0 };
  },
  on: {
    "pool.want": { actions: "add" },
    "pool.leave": { actions: "drop" },
    "pool.account": { actions: "learn" },
    "pool.rules": { actions: "noteStale" },
  },
  states: {
    loading: {
      description: "Reads how the accounts stand, and what holds back who waits",
      entry: "read",
      invoke: {
        id: "load",
        src: "load",
        input: ({ context }) => ({ provider: context.provider, owners: Object.keys(context.queue.waiting) }),
        onDone: { target: "idle", actions: { type: "noteLoaded", params: ({ event }) => event.output } },
        onError: "unread",
      },
    },
    unread: { description: "The accounts could not be read; it is tried again", after: { 1000: "loading" } },
    idle: {
      description: "Nobody can be granted a place now",
      always: [
        { guard: "isStale", target: "loading" },
        { guard: "canGrant", target: "granting" },
      ],
      after: {
        again: [
          { guard: "somebodyWaits", target: "loading" },
          { target: "idle", reenter: true },
        ],
      },
    },
    granting: {
      description: "Accounts are asked for places, and jobs told of them",
      entry: "planGrants",
      invoke: {
        id: "grant",
        src: "grant",
        input: ({ context: { provider, queue, grants } }) => ({
          provider,
          owners: [...new Set([...Object.keys(queue.waiting), ...grants.map(({ waiter }) => waiter.ownerId)])],
          accounts: queue.accounts,
          grants,
        }),
        onDone: [
          {
            guard: { type: "allHeldBack", params: ({ event }) => event.output },
            target: "heldBack",
            actions: { type: "noteGranted", params: ({ event }) => event.output },
          },
          { target: "idle", actions: { type: "noteGranted", params: ({ event }) => event.output } },
        ],
        onError: { target: "loading", actions: "putBack" },
      },
    },
    heldBack: {
      description: "Nothing that was to be granted was allowed; it is tried again, and not at once",
      always: { guard: "isStale", target: "loading" },
      after: { afterHeldBack: "idle" },
    },
  },
});
