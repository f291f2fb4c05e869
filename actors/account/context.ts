// What an account knows of itself, and the arithmetic on it: places, credits, pauses. Pure, JSON only; safe in a browser.
import type { AccountFailure, AccountState } from "#protocol/account.ts";
import type { Charge, FailureKind } from "#protocol/job.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Every bound of an account's life. Times in ms. */
export const accountLimits = {
  /** Failures in a row after which it is no longer used. */
  streak: 5,
  /** A refusal for want of room, when the provider names no time. */
  cooldown: 10 * second,
  longestCooldown: day,
  /** Refusals in a row until the learned number of places falls, and least time between two falls. */
  refusals: 3,
  fall: 10 * second,
  /** The learned number of places rises by one so long after the last fall or rise. */
  probe: 150 * second,
  /** Checking again an account that cannot be used: the first wait, which doubles up to the last; shorter where only asking failed. */
  recheck: minute,
  recheckPassing: 5 * second,
  longestRecheck: 30 * minute,
  /** What the provider says of credits is asked again after so long. */
  balance: hour,
  /** Earlier balances that are kept, so far from each other at least. */
  balances: 48,
  balanceGap: 15 * minute,
  /** What goes on at the provider and is followed by nobody is looked at so often. */
  look: 30 * second,
  /** A look that comes later than by this finds that nobody was here, or the clock was set, and counts for no more. */
  late: 5 * second,
  /** How long it goes on where nobody can say it and no generation there has ended yet, in the provider's time. */
  goesOn: 10 * minute,
} as const;

/** What was asked for when it was added. */
export interface AccountOrder {
  readonly id: string;
  readonly ownerId: string;
  readonly provider: string;
  readonly providerTitle: string;
  readonly creditType: string | null;
}

/** What its owner may change. */
export interface AccountPlan {
  readonly title: string;
  readonly shared: boolean;
  readonly concurrency: number;
  readonly priority: number;
  readonly dailyLimit: number | null;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A place that a submission of a job holds, and the credits kept for it. */
export interface Lease {
  readonly jobId: string;
  readonly cost: number;
  readonly at: number;
}

/** Credits that were left at a time. */
export interface Balance {
  readonly amount: number;
  readonly at: number;
}

export interface Credits extends Balance {
  /** Of several kinds: each as it was told. */
  readonly parts?: ReadonlyArray<{ readonly type: string; readonly amount: number }>;
}

export interface AccountContext {
  readonly order: AccountOrder;
  readonly plan: AccountPlan;
  readonly paused: boolean;
  /** When a person paused it last; older accounts do not know. */
  readonly pausedAt?: number;
  readonly gone: boolean;
  /** Leases by submission key. */
  readonly leases: Readonly<Record<string, Lease>>;
  /** How much longer places are taken by what may go on at the provider and is followed by nobody, by submission key, ms from `leavingAt` on. */
  readonly leaving: Readonly<Record<string, number>>;
  /** Until when that is counted, ms epoch. */
  readonly leavingAt: number;
  readonly credits: Credits | null;
  /** What was left at earlier times, oldest first. */
  readonly balances: ReadonlyArray<Balance>;
  /** `refused`: the provider refused for want of credits; `checked`: and did not say in the check after it how many there are. */
  readonly empty: "no" | "refused" | "checked";
  /** UTC day (days since 1970) that `usedToday` counts. */
  readonly day: number;
  readonly usedToday: number;
  /** Number of places that refusals have taught, or null while none has. */
  readonly learned: number | null;
  readonly learnedAt: number;
  /** Refusals for want of room in a row. */
  readonly refusals: number;
  readonly cooldownUntil: number | null;
  /** Credentials and credits are to be asked for now. */
  readonly checkDue: boolean;
  /** The last check found it unusable. */
  readonly bad: boolean;
  readonly checkedAt: number | null;
  /** Checks in a row that found it unusable. */
  readonly badChecks: number;
  readonly failure: AccountFailure | null;
  readonly streak: number;
  readonly completed: number;
  readonly failed: number;
  readonly averageMs: number | null;
  readonly lastUsedAt: number | null;
  readonly createdAt: number;
}

export interface AccountInput {
  readonly order: AccountOrder;
  readonly plan: AccountPlan;
  readonly at: number;
}

export type LeaseOutcome = Charge["outcome"] | "unused";

export interface LeaseEnded {
  readonly type: "lease.ended";
  readonly key: string;
  readonly outcome: LeaseOutcome;
  readonly message: string;
  readonly charged: number | null;
  readonly tookMs: number;
  /** The provider asks to wait so long, ms. */
  readonly retryAfterMs?: number | undefined;
  /** Refused for asking too often: this says nothing of its places. */
  readonly rate?: boolean | undefined;
  /** How much longer what may go on there is expected to take, ms. Left out: nobody can say. */
  readonly goesOnMs?: number | undefined;
  /** The same where nobody can say it and no generation there has ended yet, ms. Left out: the provider lives in real time. */
  readonly unknownMs?: number | undefined;
  /** For a part of that time nobody worked on it. */
  readonly absence?: boolean | undefined;
  /** Only if it was taken by then, ms epoch: the same key may have been granted again since. */
  readonly takenBy?: number | undefined;
}

/** A place that no submission was made of. */
export const unusedLease = (key: string): LeaseEnded => ({
  type: "lease.ended",
  key,
  outcome: "unused",
  message: "",
  charged: null,
  tookMs: 0,
});

export type AccountEvent =
  | { readonly type: "lease.take"; readonly key: string; readonly jobId: string; readonly cost: number }
  | LeaseEnded
  | { readonly type: "account.changed"; readonly plan: AccountPlan; readonly recheck: boolean }
  | { readonly type: "account.paused"; readonly paused: boolean }
  | { readonly type: "account.test" }
  | { readonly type: "account.removed" };

export const initialAccount = ({ order, plan, at }: AccountInput): AccountContext => ({
  order,
  plan,
  paused: false,
  gone: false,
  leases: {},
  leaving: {},
  leavingAt: at,
  credits: null,
  balances: [],
  empty: "no",
  day: Math.floor(at / day),
  usedToday: 0,
  learned: null,
  learnedAt: 0,
  refusals: 0,
  cooldownUntil: null,
  checkDue: true,
  bad: false,
  checkedAt: null,
  badChecks: 0,
  failure: null,
  streak: 0,
  completed: 0,
  failed: 0,
  averageMs: null,
  lastUsedAt: null,
  createdAt: at,
});

export const busyOf = ({ leases, leaving }: AccountContext): number => Object.keys(leases).length + Object.keys(leaving).length;

/** A sum of credits without the drift of fractions: to the billionth. */
export const exactly = (credits: number): number => Math.round(credits * 1e9) / 1e9;

/** Estimated cost of what is under way. */
export const heldOf = ({ leases }: AccountContext): number => exactly(Object.values(leases).reduce((sum, { cost }) => sum + cost, 0));

/** Places it may use at present. */
export const grantedOf = ({ plan, learned }: AccountContext): number => Math.min(plan.concurrency, learned ?? plan.concurrency);

const reachedDailyLimit = ({ plan, usedToday, day: counted }: AccountContext, at: number): boolean =>
  plan.dailyLimit !== null && Math.floor(at / day) === counted && usedToday >= plan.dailyLimit;

/** The state it should be in at `at`. */
export const standingOf = (context: AccountContext, at: number): AccountState => {
  if (context.gone) return "removed";
  if (context.paused) return "disabled";
  if (context.checkDue) return "reauthenticating";
  if (context.bad || context.streak >= accountLimits.streak) return "erring";
  if (context.cooldownUntil !== null && context.cooldownUntil > at) return "coolingDown";
  if (context.empty !== "no" || (context.credits !== null && context.credits.amount <= 0) || reachedDailyLimit(context, at))
    return "exhausted";
  return busyOf(context) >= grantedOf(context) ? "saturated" : "available";
};

/** Whether it has a place, and the credits, for one more job of this cost. */
export const mayTake = (context: AccountContext, cost: number, at: number): boolean =>
  standingOf(context, at) === "available" && (context.credits === null || exactly(context.credits.amount - heldOf(context)) >= cost);

export const taken = (
  context: AccountContext,
  { key, jobId, cost }: { key: string; jobId: string; cost: number },
  at: number,
): Partial<AccountContext> => {
  if (key in context.leases || !mayTake(context, cost, at)) return {};
  const today = Math.floor(at / day);
  return {
    leases: { ...context.leases, [key]: { jobId, cost, at } },
    day: today,
    usedToday: (today === context.day ? context.usedToday : 0) + 1,
    lastUsedAt: at,
  };
};

/** The series with a newer balance: within the gap it takes the place of the last one, which never was far from its predecessor. */
export const withBalance = (balances: ReadonlyArray<Balance>, balance: Balance): ReadonlyArray<Balance> => {
  const before = balances.at(-2);
  const kept = before !== undefined && balance.at - before.at < accountLimits.balanceGap ? balances.slice(0, -1) : balances;
  return [...kept, balance].slice(-accountLimits.balances);
};

const without = <T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> => {
  const { [key]: _, ...rest } = record;
  return rest;
};

/** Weight of the newest generation in the average. */
const alpha = 0.3;
const averaged = (before: number | null, tookMs: number): number => (before === null ? tookMs : alpha * tookMs + (1 - alpha) * before);

/** What a refusal for want of room teaches: rule after rule of what providers do when they are busy. */
const refused = (
  context: AccountContext,
  { retryAfterMs, rate = false }: LeaseEnded,
  underWay: number,
  at: number,
): Partial<AccountContext> => {
  const pause = Math.min(accountLimits.longestCooldown, retryAfterMs ?? accountLimits.cooldown);
  const refusals = context.refusals + (rate ? 0 : 1);
  // A single job in flight that is refused says nothing of places: others use the account, too.
  const falls = !rate && refusals >= accountLimits.refusals && underWay > 1 && at - context.learnedAt >= accountLimits.fall;
  return {
    cooldownUntil: Math.max(context.cooldownUntil ?? 0, at + pause),
    refusals: falls ? 0 : refusals,
    ...(falls ? { learned: Math.max(1, Math.min(grantedOf(context), underWay) - 1), learnedAt: at } : {}),
  };
};

/**
 * What goes on had its time until `at`. Only time counts in which somebody was here: after an absence, or where the clock was set, nobody
 * knows how much of it has passed at the provider.
 */
const goneOn = ({ leaving, leavingAt }: AccountContext, at: number): Pick<AccountContext, "leaving" | "leavingAt"> => {
  const passed = Math.max(0, at - leavingAt);
  const lived = passed > accountLimits.look + accountLimits.late ? accountLimits.late : passed;
  const left = Object.entries(leaving).flatMap(([key, ms]) => (ms > lived ? [[key, ms - lived] as const] : []));
  return { leaving: Object.fromEntries(left), leavingAt: at };
};

/** Nothing says that it has ended there: where nobody can say whether it was taken, or the provider does not know it any more, it may be going on. */
const mayGoOn = (outcome: LeaseOutcome): boolean => outcome === "goes on" || outcome === "unknown" || outcome === "lost";

const isFailureOfProvider = (outcome: LeaseOutcome): outcome is FailureKind =>
  outcome === "provider" || outcome === "network" || outcome === "timeout" || outcome === "lost";

/** A lease ends: its place and its credits are free, and the account learns from how it went. */
export const ended = (context: AccountContext, event: LeaseEnded, at: number): Partial<AccountContext> => {
  const lease = context.leases[event.key];
  if (lease === undefined || lease.at > (event.takenBy ?? lease.at)) return {};
  const leases = without(context.leases, event.key);
  const { outcome, message } = event;
  const failure: AccountFailure | null =
    outcome === "unused" || outcome === "completed" || outcome === "goes on" || outcome === "stopped" || outcome === "unknown"
      ? null
      : { kind: outcome, message, at };
  const cost = event.charged ?? (outcome === "completed" || outcome === "goes on" || outcome === "unknown" ? lease.cost : 0);
  // A balance that was told since has it in it.
  const credits =
    context.credits !== null && context.credits.at <= lease.at && cost > 0
      ? // Of which kind it was taken is not known.
        { amount: exactly(context.credits.amount - cost), at: context.credits.at }
      : context.credits;
  const { averageMs } = context;
  const assumedMs = averageMs === null ? (event.unknownMs ?? accountLimits.goesOn) : 2 * averageMs;
  const goesOnMs = mayGoOn(outcome) ? (event.goesOnMs ?? Math.max(accountLimits.look, assumedMs)) : 0;
  const before = goneOn(context, at);
  const next: Partial<AccountContext> = {
    leases,
    ...(goesOnMs > 0 ? { ...before, leaving: { ...before.leaving, [event.key]: goesOnMs } } : {}),
    credits,
    ...(credits === null || credits === context.credits ? {} : { balances: withBalance(context.balances, { amount: credits.amount, at }) }),
  };
  if (outcome === "completed") {
    return {
      ...next,
      streak: 0,
      refusals: 0,
      completed: context.completed + 1,
      averageMs: event.absence === true ? context.averageMs : averaged(context.averageMs, event.tookMs),
      failure: null,
      empty: "no",
    };
  }
  if (outcome === "goes on" || outcome === "unknown") {
    return {
      ...next,
      // Without an answer it came to nothing; what was called off has no message.
      ...(outcome === "unknown" && message !== ""
        ? { failure: { kind: "network", message, at }, streak: context.streak + 1, failed: context.failed + 1 }
        : {}),
    };
  }
  if (outcome === "limit") return { ...next, failure, ...refused(context, event, busyOf(context), at) };
  if (outcome === "authentication") return { ...next, failure, checkDue: true };
  if (outcome === "credits") return { ...next, failure, checkDue: true, empty: "refused" };
  if (isFailureOfProvider(outcome)) return { ...next, failure, streak: context.streak + 1, failed: context.failed + 1 };
  return next;
};

/** The outcome of a check. */
export const checked = (
  context: AccountContext,
  credits: number | null,
  at: number,
  parts?: Credits["parts"],
): Partial<AccountContext> => ({
  checkDue: false,
  bad: false,
  badChecks: 0,
  streak: 0,
  checkedAt: at,
  // Where the provider says nothing, one that was refused for want of credits stays empty until it is checked once more.
  empty: credits === null && context.empty === "refused" ? "checked" : "no",
  ...(credits === null
    ? { credits }
    : {
        credits: { amount: credits, at, ...(parts === undefined ? {} : { parts }) },
        balances: withBalance(context.balances, { amount: credits, at }),
      }),
  ...(context.bad || context.streak >= accountLimits.streak ? { failure: null } : {}),
});

/** Only asking failed: it says nothing of the account. */
const passing: ReadonlySet<FailureKind> = new Set(["network", "timeout", "provider", "internal"]);

/** Nothing had cast doubt on it before the check. */
const trusted = ({ checkedAt, bad, failure, empty, streak }: AccountContext): boolean =>
  checkedAt !== null && !bad && failure?.kind !== "authentication" && empty === "no" && streak < accountLimits.streak;

export const foundBad = (
  context: AccountContext,
  { kind, message, retryAfterMs }: { readonly kind: FailureKind; readonly message: string; readonly retryAfterMs?: number },
  at: number,
): Partial<AccountContext> => ({
  checkDue: false,
  checkedAt: at,
  failure: { kind, message, at },
  ...(kind === "limit"
    ? { cooldownUntil: at + Math.min(accountLimits.longestCooldown, retryAfterMs ?? accountLimits.cooldown) }
    : passing.has(kind) && trusted(context)
      ? {}
      : { bad: true, badChecks: context.badChecks + 1 }),
});

const recheckAt = ({ bad, badChecks, checkedAt, createdAt, failure }: AccountContext): number => {
  const first = bad && failure !== null && passing.has(failure.kind) ? accountLimits.recheckPassing : accountLimits.recheck;
  const wait = Math.min(accountLimits.longestRecheck, first * 2 ** Math.min(10, Math.max(0, badChecks - 1)));
  return Math.max(checkedAt ?? createdAt, failure?.at ?? 0) + wait;
};

const balanceAt = ({ credits, checkedAt }: AccountContext): number => Math.max(credits?.at ?? 0, checkedAt ?? 0) + accountLimits.balance;

/** When time alone changes something next, ms epoch. */
export const nextChangeAt = (context: AccountContext, at: number): number => {
  const standing = standingOf(context, at);
  // What is used today is nothing at midnight.
  const times = [context.usedToday > 0 ? (context.day + 1) * day : at + day];
  const going = Object.values(context.leaving);
  if (going.length > 0) times.push(context.leavingAt + Math.min(accountLimits.look, ...going));
  if (context.cooldownUntil !== null && context.cooldownUntil > at) times.push(context.cooldownUntil);
  if (context.learned !== null) times.push(context.learnedAt + accountLimits.probe);
  if (standing === "erring") times.push(recheckAt(context));
  if (standing === "exhausted" && !reachedDailyLimit(context, at))
    times.push((context.checkedAt ?? context.createdAt) + accountLimits.longestRecheck);
  if (context.credits !== null && standing === "available") times.push(balanceAt(context));
  return Math.max(at, Math.min(...times));
};

/** What time alone has changed at `at`. */
export const passed = (context: AccountContext, at: number): Partial<AccountContext> => {
  const standing = standingOf(context, at);
  const rises = context.learned !== null && at >= context.learnedAt + accountLimits.probe;
  const learned = rises ? context.learned + 1 : context.learned;
  const dueAgain =
    (standing === "erring" && at >= recheckAt(context)) ||
    (standing === "exhausted" &&
      !reachedDailyLimit(context, at) &&
      at >= (context.checkedAt ?? context.createdAt) + accountLimits.longestRecheck) ||
    (standing === "available" && context.credits !== null && at >= balanceAt(context));
  const today = Math.floor(at / day);
  return {
    ...goneOn(context, at),
    learned: learned !== null && learned >= context.plan.concurrency ? null : learned,
    ...(rises ? { learnedAt: at } : {}),
    ...(context.cooldownUntil !== null && context.cooldownUntil <= at ? { cooldownUntil: null } : {}),
    ...(today === context.day ? {} : { day: today, usedToday: 0 }),
    ...(dueAgain ? { checkDue: true } : {}),
  };
};
