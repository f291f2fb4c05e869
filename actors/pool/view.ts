// The queue at a provider as one user may see it: their own jobs and accounts, and of the others only how many are ahead. Pure.
import type { ProviderQueue, QueuedJob, QueueVerdict } from "#protocol/account.ts";
import { formatAmount, formatPrice } from "#protocol/price.ts";
import { waitWords as budgetWords } from "#actors/spend/context.ts";
import {
  budgetOf,
  explain,
  pauseOf,
  type PoolQueue,
  reasonFor,
  takenWords,
  turnsOf,
  type Verdict,
  type Waiter,
  waitingCount,
} from "./queue.ts";

/** Own jobs that are told. */
const mostTold = 200;

const count = (number: number, one: string): string => `${number} ${one}${number === 1 ? "" : "s"}`;
const placesWords = (busy: number, granted: number): string =>
  granted === 1
    ? "Its only place is taken."
    : `All its ${count(granted, "place")} are taken${busy > granted ? `, and ${busy - granted} more` : ""}.`;

export const verdictWords = ({ account, against }: Verdict, cost: number): string => {
  const { busy, granted, credits, held, reason } = account;
  switch (against) {
    case null:
      return `It may take it: ${granted - busy} of ${count(granted, "place")} free.`;
    case "pause":
      return "Nothing new is sent while jobs are paused.";
    case "budget":
      return "Nothing is sent that goes beyond a budget.";
    case "state":
      return reason ?? "It cannot be used now.";
    case "places":
      return placesWords(busy, granted);
    case "credits": {
      const type = credits?.type ?? null;
      const kept = held > 0 ? `, less ${formatAmount(held, type)} kept for what is under way` : "";
      return `This job is to cost about ${formatPrice(cost, type)}; it has ${formatPrice(credits?.amount ?? 0, type)}${kept}.`;
    }
  }
};

/** Why this one waits, in words. `ahead`: so many will be taken before it. */
export const waitWords = (queue: PoolQueue, waiter: Waiter, ahead: number, title: string): string => {
  if (pauseOf(queue.rules, waiter.ownerId) !== null) return reasonFor(queue, waiter.ownerId, title);
  const budget = budgetOf(queue.rules, waiter.ownerId, waiter.cost);
  if (budget !== null) return budgetWords(budget, waiter.cost, title);
  const verdicts = explain(queue, waiter);
  if (verdicts.some(({ against }) => against === null))
    return ahead === 0 ? "It is next: a place is being taken." : `${count(ahead, "job")} will be taken before it.`;
  // Why others cannot be used is told of each.
  const usable = verdicts.filter(({ against }) => against !== "state");
  if (usable.length > 0 && usable.every(({ against }) => against === "credits")) {
    const which = usable.length < verdicts.length ? "that can be used " : "";
    return `No account at ${title} ${which}has the ${formatPrice(waiter.cost, usable[0]?.account.credits?.type ?? null)} that it is to cost.`;
  }
  if (usable.length > 0 && usable.every(({ against }) => against === "places")) return takenWords(usable, title);
  return reasonFor(queue, waiter.ownerId, title);
};

const toVerdict = (verdict: Verdict, cost: number): QueueVerdict => ({
  accountId: verdict.account.id,
  title: verdict.account.title,
  shared: verdict.account.shared,
  against: verdict.against,
  reason: verdictWords(verdict, cost),
});

export interface Onlooker {
  readonly ownerId: string;
  /** The job for which accounts are told. */
  readonly jobId: string | undefined;
  readonly now: number;
}

/** `title`: of the provider. */
export const queueSeenBy = (queue: PoolQueue, title: string, { ownerId, jobId, now }: Onlooker): ProviderQueue => {
  const chosen = queue.waiting[ownerId]?.find((waiter) => waiter.jobId === jobId);
  return {
    provider: queue.rules.provider,
    waiting: waitingCount(queue),
    jobs: turnsOf(queue, now, ownerId, mostTold).map(({ waiter, ahead }): QueuedJob => ({
      jobId: waiter.jobId,
      ahead,
      priority: waiter.priority,
      since: waiter.since,
      cost: waiter.cost,
      reason: waitWords(queue, waiter, ahead, title),
    })),
    accounts: chosen === undefined ? null : explain(queue, chosen).map((verdict) => toVerdict(verdict, chosen.cost)),
  };
};
