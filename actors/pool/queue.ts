// Who waits for a place at a provider, on whose accounts, and who is next. Pure: a pool's whole decision, as data.
// Order: lower priority number first, and whoever has waited long rises, also among the jobs of one user; within a priority users
// take turns, each user's jobs by their rank and in the order they came. Account: the user's own before shared ones; then higher priority, least recently used, most credits.
import { exactly } from "#actors/account/context.ts";
import { type Pause, pauseFor, pauseWords } from "#actors/pause/context.ts";
import { amountOf, concerns, fits, mostOf, waitWords } from "#actors/spend/context.ts";
import type { Account, AccountState } from "#protocol/account.ts";
import type { Budget } from "#protocol/spend.ts";

export interface Waiter {
  readonly jobId: string;
  /** Key of the submission that it wants to make. */
  readonly key: string;
  readonly ownerId: string;
  /** Lower goes first. */
  readonly priority: number;
  /** Among its owner's jobs of the same priority lower goes first. */
  readonly rank: number;
  /** Estimated cost, credits. */
  readonly cost: number;
  readonly since: number;
  /** When it was last heard of: one that fell silent waits no more. */
  readonly heardAt: number;
}

export interface Grant {
  readonly waiter: Waiter;
  readonly accountId: string;
}

/** What holds back who waits, as of the last look: the database decides. */
export interface PoolRules {
  readonly provider: string;
  /** What the provider counts in; null: nothing. */
  readonly type: string | null;
  readonly pauses: ReadonlyArray<Pause>;
  /** Of those who wait, and everybody's. */
  readonly budgets: ReadonlyArray<Budget>;
}

export interface PoolQueue {
  readonly rules: PoolRules;
  readonly accounts: Readonly<Record<string, Account>>;
  /** Waiters of each user, in order. */
  readonly waiting: Readonly<Record<string, ReadonlyArray<Waiter>>>;
  /** Number of the turn in which a user was served last. */
  readonly served: Readonly<Record<string, number>>;
  readonly turn: number;
}

/** So long waiting makes a job as urgent as one of the next priority, ms: none waits for ever. */
export const rise = 10 * 60_000;
/** Silent for so long, a waiter is forgotten, ms. */
export const silence = 90_000;
export const emptyQueue = (provider: string): PoolQueue => ({
  rules: { provider, type: null, pauses: [], budgets: [] },
  accounts: {},
  waiting: {},
  served: {},
  turn: 0,
});

const urgency = ({ priority, since }: Waiter, now: number): number => priority - Math.floor(Math.max(0, now - since) / rise);

const before = (a: Waiter, b: Waiter): number => a.priority - b.priority || a.rank - b.rank || a.since - b.since;

const waitsAlike = (a: Waiter, b: Waiter): boolean => a.key === b.key && a.priority === b.priority && a.rank === b.rank;

/** It waits already, and just so. */
export const isWaiting = ({ waiting }: PoolQueue, waiter: Waiter): boolean => {
  const known = waiting[waiter.ownerId]?.find(({ jobId }) => jobId === waiter.jobId);
  return known !== undefined && waitsAlike(known, waiter);
};

/** Adds a waiter, or hears of it again: it keeps its place. */
export const wants = (queue: PoolQueue, waiter: Waiter): PoolQueue => {
  const own = queue.waiting[waiter.ownerId] ?? [];
  const at = own.findIndex(({ jobId }) => jobId === waiter.jobId);
  const known = own[at];
  if (known !== undefined && waitsAlike(known, waiter)) {
    return { ...queue, waiting: { ...queue.waiting, [waiter.ownerId]: own.with(at, { ...known, heardAt: waiter.heardAt }) } };
  }
  const others = known === undefined ? own : own.toSpliced(at, 1);
  const place = others.findLastIndex((other) => before(other, waiter) <= 0) + 1;
  return { ...queue, waiting: { ...queue.waiting, [waiter.ownerId]: others.toSpliced(place, 0, waiter) } };
};

const withOwn = (queue: PoolQueue, ownerId: string, own: ReadonlyArray<Waiter>): PoolQueue => {
  if (own.length > 0) return { ...queue, waiting: { ...queue.waiting, [ownerId]: own } };
  const { [ownerId]: _gone, ...waiting } = queue.waiting;
  return { ...queue, waiting };
};

export const leaves = (queue: PoolQueue, ownerId: string, jobId: string): PoolQueue => {
  const own = queue.waiting[ownerId] ?? [];
  const at = own.findIndex((waiter) => waiter.jobId === jobId);
  return at < 0 ? queue : withOwn(queue, ownerId, own.toSpliced(at, 1));
};

export const forgetSilent = (queue: PoolQueue, now: number): PoolQueue => {
  let next = queue;
  for (const [ownerId, own] of Object.entries(queue.waiting)) {
    const heard = own.filter(({ heardAt }) => heardAt + silence > now);
    if (heard.length < own.length) next = withOwn(next, ownerId, heard);
  }
  return next;
};

/** Takes what is newer of an account. */
export const learns = (queue: PoolQueue, account: Account): PoolQueue => {
  if (account.state === "removed") {
    const { [account.id]: _, ...accounts } = queue.accounts;
    return { ...queue, accounts };
  }
  const known = queue.accounts[account.id];
  return known !== undefined && known.rev >= account.rev ? queue : { ...queue, accounts: { ...queue.accounts, [account.id]: account } };
};

/** What a person holds this user's jobs back by, or null. */
export const pauseOf = ({ pauses, provider }: PoolRules, ownerId: string): Pause | null => pauseFor(pauses, ownerId, provider);

/** A budget that has no room for a job of this user that costs so much, or null. */
export const budgetOf = (rules: PoolRules, ownerId: string, cost: number): Budget | null => {
  const isFull = (budget: Budget): boolean => {
    const most = mostOf(budget);
    return most !== null && concerns(budget, { ...rules, ownerId }) && !fits(budget.used, amountOf(budget, cost), most);
  };
  return rules.budgets.find(isFull) ?? null;
};

export const mayUse = (account: Account, ownerId: string): boolean => account.shared || account.ownerId === ownerId;

export const waitingCount = ({ waiting }: PoolQueue): number => Object.values(waiting).reduce((sum, own) => sum + own.length, 0);

/** An account while grants are planned: what they would take is gone from it. */
interface Open {
  readonly account: Account;
  places: number;
  /** Null: unknown, so anything may be tried. */
  credits: number | null;
  used: number;
}

const openOf = (account: Account): Open => ({
  account,
  places: account.granted - account.busy,
  credits: account.credits === null ? null : exactly(account.credits.amount - account.held),
  used: account.lastUsedAt ?? 0,
});

/** What keeps a job from an account: a pause, a budget that has no room, the state that the account is in, that all its places are taken, or too few credits. */
export type Against = "pause" | "budget" | "state" | "places" | "credits";

const againstOf = ({ account: { state }, places, credits }: Open, cost: number): Exclude<Against, "pause" | "budget"> | null => {
  if (state !== "available" && state !== "saturated") return "state";
  if (state === "saturated" || places <= 0) return "places";
  return credits !== null && credits < cost ? "credits" : null;
};

const better = (a: Open, b: Open): number =>
  Number(a.account.shared) - Number(b.account.shared) ||
  b.account.priority - a.account.priority ||
  a.used - b.used ||
  (b.credits ?? 0) - (a.credits ?? 0) ||
  (a.account.id < b.account.id ? -1 : 1);

const accountFor = (open: ReadonlyArray<Open>, waiter: Waiter): Open | undefined => {
  let best: Open | undefined;
  for (const each of open) {
    if (!mayUse(each.account, waiter.ownerId) || againstOf(each, waiter.cost) !== null) continue;
    if (best === undefined || better(each, best) < 0) best = each;
  }
  return best;
};

/** Where the waiters of the priority that stands at `at` end. */
const endOfPriority = (own: ReadonlyArray<Waiter>, at: number): number => {
  const { priority } = own[at]!;
  let [low, high] = [at + 1, own.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (own[middle]!.priority === priority) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** A user's waiters, which are in order within each priority, as they would be served: who has waited long rises above the more urgent. */
function* inTurn(own: ReadonlyArray<Waiter>, now: number): Generator<Waiter, void> {
  const heads: Array<{ at: number; readonly end: number }> = [];
  for (let at = 0; at < own.length;) {
    const end = endOfPriority(own, at);
    heads.push({ at, end });
    at = end;
  }
  for (;;) {
    let best: (typeof heads)[number] | undefined;
    for (const head of heads) {
      if (head.at === head.end) continue;
      if (best === undefined || urgency(own[head.at]!, now) < urgency(own[best.at]!, now)) best = head;
    }
    if (best === undefined) return;
    yield own[best.at++]!;
  }
}

export interface Verdict {
  readonly account: Account;
  /** Null: it may take the job now. */
  readonly against: Against | null;
}

/** Each account that a waiter may use, with what stands against it now: first those that may take it, the one that would first. */
export const explain = (
  { accounts, rules }: Pick<PoolQueue, "accounts" | "rules">,
  { ownerId, cost }: Pick<Waiter, "ownerId" | "cost">,
): ReadonlyArray<Verdict> => {
  const forAll = pauseOf(rules, ownerId) !== null ? "pause" : budgetOf(rules, ownerId, cost) !== null ? "budget" : null;
  return Object.values(accounts)
    .filter((account) => mayUse(account, ownerId))
    .map(openOf)
    .sort((a, b) => Number(againstOf(a, cost) !== null) - Number(againstOf(b, cost) !== null) || better(a, b))
    .map((open) => ({ account: open.account, against: forAll ?? againstOf(open, cost) }));
};

/** A budget while grants are planned: what they would spend is used of it. */
interface Room {
  readonly budget: Budget;
  readonly most: number;
  used: number;
}

const allows = (rooms: ReadonlyArray<Room>, cost: number): boolean =>
  rooms.every(({ budget, most, used }) => fits(used, amountOf(budget, cost), most));

/** The first of a user's waiters that an account could serve now and no budget forbids. */
const servable = (
  own: ReadonlyArray<Waiter>,
  now: number,
  open: ReadonlyArray<Open>,
  rooms: ReadonlyArray<Room>,
): { readonly waiter: Waiter; readonly open: Open } | undefined => {
  /** For one user nothing but the cost makes a difference. */
  const tooDear = new Set<number>();
  for (const waiter of inTurn(own, now)) {
    if (tooDear.has(waiter.cost)) continue;
    const found = allows(rooms, waiter.cost) ? accountFor(open, waiter) : undefined;
    if (found !== undefined) return { waiter, open: found };
    tooDear.add(waiter.cost);
  }
  return undefined;
};

/** Users whose last turn is remembered, at least: one who asks for one video at a time goes before nobody for it. */
const remembered = 1000;

const withTurn = (served: PoolQueue["served"], ownerId: string, turn: number): PoolQueue["served"] => {
  const next = { ...served, [ownerId]: turn };
  const entries = Object.entries(next);
  return entries.length <= 2 * remembered ? next : Object.fromEntries(entries.filter(([, last]) => last > turn - remembered));
};

interface Candidate {
  readonly waiter: Waiter;
  readonly urgency: number;
  /** The user's last turn. */
  readonly served: number;
}

const candidateOf = (waiter: Waiter, now: number, served: number | undefined): Candidate => ({
  waiter,
  urgency: urgency(waiter, now),
  served: served ?? 0,
});

/** An order of all: what is told of turns is what comes, also where two came at one time. */
const earlier = (a: Candidate, b: Candidate): number =>
  a.urgency - b.urgency || a.served - b.served || a.waiter.since - b.waiter.since || (a.waiter.jobId < b.waiter.jobId ? -1 : 1);

/** Turns that are looked ahead: whoever waits behind so many is told no place. */
const lookAhead = 20_000;

/** Users whose jobs may take a place from this one's: they may use an account that it may use, and are not paused. */
const rivalsOf = ({ waiting, accounts, rules }: PoolQueue, ownerId: string): ReadonlyArray<string> => {
  const usable = Object.values(accounts).filter((account) => mayUse(account, ownerId));
  return Object.keys(waiting).filter(
    (owner) => owner !== ownerId && pauseOf(rules, owner) === null && usable.some((account) => mayUse(account, owner)),
  );
};

/** A user's waiters, at most so many, with how many will be taken before each as places come free: own ones and those of rivals. */
export const turnsOf = (
  queue: PoolQueue,
  now: number,
  ownerId: string,
  most: number,
): ReadonlyArray<{ readonly waiter: Waiter; readonly ahead: number }> => {
  const { waiting, served, turn } = queue;
  const turns = new Map([ownerId, ...rivalsOf(queue, ownerId)].map((owner) => [owner, inTurn(waiting[owner] ?? [], now)]));
  const heads = new Map([...turns].map(([owner, each]) => [owner, each.next().value]));
  const last = new Map(Object.entries(served));
  const wanted = Math.min(most, waiting[ownerId]?.length ?? 0);
  const own: Array<{ readonly waiter: Waiter; readonly ahead: number }> = [];
  for (let ahead = 0; own.length < wanted && ahead < lookAhead; ahead++) {
    let best: Candidate | undefined;
    for (const [owner, waiter] of heads) {
      if (waiter === undefined) continue;
      const candidate = candidateOf(waiter, now, last.get(owner));
      if (best === undefined || earlier(candidate, best) < 0) best = candidate;
    }
    if (best === undefined) break;
    const { waiter } = best;
    heads.set(waiter.ownerId, turns.get(waiter.ownerId)?.next().value);
    last.set(waiter.ownerId, turn + ahead + 1);
    if (waiter.ownerId === ownerId) own.push({ waiter, ahead });
  }
  return own;
};

/** All grants that can be made now, at most `limit`, in order; and the queue without those who are granted. */
export const plan = (
  queue: PoolQueue,
  now: number,
  limit: number,
): { readonly grants: ReadonlyArray<Grant>; readonly queue: PoolQueue } => {
  const open = Object.values(queue.accounts)
    .map(openOf)
    .filter((each) => againstOf(each, 0) === null);
  const rooms = queue.rules.budgets.flatMap((budget): ReadonlyArray<Room> => {
    const most = mostOf(budget);
    return most === null ? [] : [{ budget, most, used: budget.used }];
  });
  const { provider, type } = queue.rules;
  const roomsOf = new Map(
    Object.keys(queue.waiting).map((ownerId) => [ownerId, rooms.filter(({ budget }) => concerns(budget, { ownerId, provider, type }))]),
  );
  const heldBack = new Set(Object.keys(queue.waiting).filter((ownerId) => pauseOf(queue.rules, ownerId) !== null));
  const grants: Array<Grant> = [];
  let next = queue;
  while (grants.length < limit && open.some(({ places }) => places > 0)) {
    let best: (Candidate & { readonly open: Open }) | undefined;
    for (const [ownerId, own] of Object.entries(next.waiting)) {
      if (heldBack.has(ownerId)) continue;
      const found = servable(own, now, open, roomsOf.get(ownerId) ?? []);
      if (found === undefined) continue;
      const candidate = { ...candidateOf(found.waiter, now, next.served[ownerId]), open: found.open };
      if (best === undefined || earlier(candidate, best) < 0) best = candidate;
    }
    if (best === undefined) break;
    const { waiter, open: from } = best;
    from.places--;
    if (from.credits !== null) from.credits = exactly(from.credits - waiter.cost);
    from.used = now + grants.length;
    for (const room of roomsOf.get(waiter.ownerId) ?? []) room.used += amountOf(room.budget, waiter.cost);
    grants.push({ waiter, accountId: from.account.id });
    const turn = next.turn + 1;
    next = { ...leaves(next, waiter.ownerId, waiter.jobId), turn, served: withTurn(next.served, waiter.ownerId, turn) };
  }
  return { grants, queue: next };
};

const budgetOfNext = ({ rules, waiting }: PoolQueue, ownerId: string): Budget | null =>
  budgetOf(rules, ownerId, waiting[ownerId]?.[0]?.cost ?? 0);

/** Somebody waits for a budget. */
export const isHeldBack = (queue: PoolQueue): boolean =>
  Object.keys(queue.waiting).some((ownerId) => budgetOfNext(queue, ownerId) !== null);

/** Places of these accounts, all of which are taken, in words without their end. */
const taken = (accounts: ReadonlyArray<Account>, providerTitle: string): string => {
  const places = accounts.reduce((sum, { granted }) => sum + granted, 0);
  return places === 1 ? `The only place at ${providerTitle} is taken` : `All ${places} places at ${providerTitle} are taken`;
};

/** Why a job waits where nothing but places is missing, in words. */
export const takenWords = (verdicts: ReadonlyArray<Verdict>, providerTitle: string): string =>
  `${taken(
    verdicts.map(({ account }) => account),
    providerTitle,
  )}.`;

/** In which order accounts that cannot be used are named: first those that can be again without anybody's doing. */
const comeBack: ReadonlyArray<AccountState> = ["coolingDown", "reauthenticating", "erring", "exhausted", "disabled"];

/** Why a user's jobs wait, in words: of all of them together, and the same for as long as none can go on. */
export const reasonFor = (queue: PoolQueue, ownerId: string, providerTitle: string): string => {
  const { accounts, rules } = queue;
  const pause = pauseOf(rules, ownerId);
  if (pause !== null) return pauseWords(pause, providerTitle);
  const budget = budgetOfNext(queue, ownerId);
  if (budget !== null) return waitWords(budget, queue.waiting[ownerId]?.[0]?.cost ?? 0, providerTitle);
  const usable = Object.values(accounts).filter((account) => mayUse(account, ownerId));
  if (usable.length === 0) return `There is no account at ${providerTitle}: add one under Providers & accounts.`;
  const taking = usable.filter(({ state }) => state === "available" || state === "saturated");
  const counted = taking.some(({ credits }) => credits !== null);
  const missing =
    taking.length === 0
      ? `No account at ${providerTitle} can be used now.`
      : `${taken(taking, providerTitle)}${counted ? ", or the credits do not reach" : ""}.`;
  const others = usable
    .filter(({ state }) => state !== "available" && state !== "saturated")
    .sort((a, b) => comeBack.indexOf(a.state) - comeBack.indexOf(b.state));
  const named = others.slice(0, 3).map(({ title, reason }) => ` ${title}: ${reason ?? "it cannot be used."}`);
  const more = others.length > 3 ? ` And ${others.length - 3} more.` : "";
  return `${missing}${named.join("")}${more}`;
};

/** A queue of nobody but one who might come. */
export const queueOfOne = (rules: PoolRules, accounts: ReadonlyArray<Account>, ownerId: string, cost: number): PoolQueue =>
  wants(
    { ...emptyQueue(rules.provider), rules, accounts: Object.fromEntries(accounts.map((each) => [each.id, each])) },
    { jobId: "", key: "", ownerId, priority: 0, rank: 0, cost, since: 0, heardAt: 0 },
  );

/** How things stand for a user's jobs. */
export interface Standing {
  /** Why they wait, in words. */
  readonly reason: string;
  /** A person or a budget holds them back. */
  readonly heldBack: boolean;
  /** So dear a job could go to an account of theirs once a place comes free; null: any, -1: none. */
  readonly upTo: number | null;
}

const upTo = ({ accounts }: PoolQueue, ownerId: string): number | null => {
  let most = -1;
  for (const account of Object.values(accounts)) {
    if (!mayUse(account, ownerId) || (account.state !== "available" && account.state !== "saturated")) continue;
    if (account.credits === null) return null;
    most = Math.max(most, exactly(account.credits.amount - account.held));
  }
  return most;
};

export const standingOf = (queue: PoolQueue, ownerId: string, providerTitle: string): Standing => ({
  reason: reasonFor(queue, ownerId, providerTitle),
  heldBack: pauseOf(queue.rules, ownerId) !== null || budgetOfNext(queue, ownerId) !== null,
  upTo: upTo(queue, ownerId),
});
