// An account as clients and its table see it: one function from the machine's snapshot. Pure.
import type { AccountRow } from "#db/queries/account.ts";
import { Account, type AccountState } from "#protocol/account.ts";
import { formatPrice } from "#protocol/price.ts";
import type { ActorMeta, ColumnType } from "#runtime/actor/define.ts";
import { momentWords } from "#actors/pause/context.ts";
import { type AccountContext, busyOf, grantedOf, heldOf } from "./context.ts";

export interface AccountSnapshot {
  readonly value: unknown;
  readonly context: AccountContext;
}

/** `HH:MM` UTC. */
const clock = (at: number): string => `${new Date(at).toISOString().slice(11, 16)} UTC`;

/** What the state means here, and what to do. */
const reasonOf = (
  state: AccountState,
  { cooldownUntil, failure, plan, usedToday, credits, order, pausedAt }: AccountContext,
): string | null => {
  switch (state) {
    case "available":
    case "removed":
      return null;
    case "saturated":
      return "All its places are taken.";
    case "coolingDown":
      return `${order.providerTitle} asked for a pause until ${clock(cooldownUntil ?? 0)}.`;
    case "exhausted":
      return plan.dailyLimit !== null && usedToday >= plan.dailyLimit
        ? `Its limit of ${plan.dailyLimit} a day is reached; it goes on at midnight UTC.`
        : credits === null
          ? `${order.providerTitle} says that its credits are used up: top them up, then test it.`
          : `It has ${formatPrice(credits.amount, order.creditType)} left: top it up, then test it.`;
    case "reauthenticating":
      return "Its credentials are being checked.";
    case "erring":
      return failure?.message ?? "Job after job failed there: test it.";
    case "disabled":
      return `Paused${pausedAt === undefined ? "" : ` since ${momentWords(pausedAt)}`}: resume it to use it again.`;
  }
};

const creditsOf = ({ credits, order }: AccountContext): Account["credits"] => {
  if (credits === null) return null;
  const { amount, at, parts } = credits;
  const type = order.creditType ?? "credits";
  return {
    amount,
    type,
    at,
    ...(parts === undefined ? {} : { parts: parts.map(({ type: kind, amount: left }) => ({ type: kind, amount: left })) }),
  };
};

export const accountRow = ({ value, context }: AccountSnapshot, meta: ActorMeta): Account => {
  const { order, plan } = context;
  // It never rests in `deciding`.
  const state = value as AccountState;
  return {
    id: order.id,
    ownerId: order.ownerId,
    provider: order.provider,
    title: plan.title,
    shared: plan.shared,
    state: meta.parked === null ? state : "erring",
    reason: meta.parked ?? reasonOf(state, context),
    concurrency: plan.concurrency,
    granted: grantedOf(context),
    busy: busyOf(context),
    priority: plan.priority,
    dailyLimit: plan.dailyLimit,
    usedToday: context.usedToday,
    settings: { ...plan.settings },
    credits: creditsOf(context),
    held: heldOf(context),
    cooldownUntil: context.cooldownUntil,
    failure: context.failure,
    streak: context.streak,
    completed: context.completed,
    failed: context.failed,
    averageMs: context.averageMs,
    lastUsedAt: context.lastUsedAt,
    createdAt: context.createdAt,
    rev: meta.seq,
  };
};

/** Columns of the table `account` besides those that the host writes. */
export const accountColumns = {
  owner_id: "text",
  provider: "text",
  shared: "boolean",
  state: "text",
  busy: "integer",
  leases: "jsonb",
  account: "jsonb",
} as const satisfies Readonly<Record<string, ColumnType>>;

export const storedAccount = (snapshot: AccountSnapshot, meta: ActorMeta): Readonly<Record<keyof typeof accountColumns, unknown>> => {
  const account = accountRow(snapshot, meta);
  return {
    owner_id: account.ownerId,
    provider: account.provider,
    shared: account.shared,
    state: account.state,
    busy: Object.keys(snapshot.context.leases).length,
    leases: snapshot.context.leases,
    account,
  };
};

/** A stored row as clients see it. Throws where the table holds what no account is. */
export const fromStoredAccount = (row: AccountRow): Account => Account.parse(row.account);
