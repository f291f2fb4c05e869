// Budgets as they are decided by, and said in words. The database holds and decides (`hold_spend`); this is the same rule for who plans
// ahead and for who is told. Pure.
import type { Budget } from "#protocol/spend.ts";
import { formatAmount, formatPrice } from "#protocol/price.ts";

/** What is to be sent. */
export interface Spending {
  readonly ownerId: string;
  readonly provider: string;
  /** What the provider counts in; null: nothing. */
  readonly type: string | null;
  readonly cost: number;
}

const day = 86_400_000;

/** When the day and the month of `now` began and end, ms, UTC. */
export const periodsAt = (now: number) => {
  const date = new Date(now);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const today = Math.floor(now / day) * day;
  return { now, day: today, month: Date.UTC(year, month, 1), ends: { day: today + day, month: Date.UTC(year, month + 1, 1) } };
};

export const concerns = ({ ownerId, provider, type }: Budget, spending: Omit<Spending, "cost">): boolean =>
  (ownerId ?? spending.ownerId) === spending.ownerId &&
  (provider ?? spending.provider) === spending.provider &&
  (type ?? spending.type) === spending.type;

/** What is counted of it. */
export const amountOf = ({ type }: Budget, cost: number): number => (type === null ? 1 : cost);

/** Beyond this nothing is sent; null: it only warns. */
export const mostOf = ({ pauseAt, stopAt }: Budget): number | null =>
  pauseAt === null || stopAt === null ? (pauseAt ?? stopAt) : Math.min(pauseAt, stopAt);

/** Sums of fractions are never quite what they should be; the database counts exactly, and allows no more than the limit. */
const slack = 1e-12;

/** Whether so much may be added to what is used. */
export const fits = (used: number, amount: number, most: number): boolean =>
  used < most && used + amount <= most + slack * Math.max(1, most);

/** Of what it counts: `$5.00`, `200 credits`, `1 job`. */
const amountWords = (amount: number, { type }: Budget): string =>
  type === null ? `${formatAmount(amount, null)} ${amount === 1 ? "job" : "jobs"}` : formatPrice(amount, type);

const named = (budget: Budget, limit: number, providerTitle: string): string => {
  const whose =
    budget.ownerId === null ? "The workspace's budget" : budget.byAdmin ? "The budget that an administrator has set you" : "Your budget";
  const where = budget.provider === null ? "" : ` at ${providerTitle}`;
  return `${whose} of ${amountWords(limit, budget)} a ${budget.period}${where}`;
};

const goesOn = ({ period }: Budget): string => (period === "day" ? "at midnight UTC" : "with the next month (UTC)");
const raise = ({ ownerId, byAdmin }: Budget): string =>
  ownerId === null || byAdmin ? "when an administrator raises it" : "when you raise it under Spend";

/** Why a job that would cost so much waits. */
export const waitWords = (budget: Budget, cost: number, providerTitle: string): string => {
  const most = mostOf(budget) ?? 0;
  const amount = amountOf(budget, cost);
  const it = named(budget, most, providerTitle);
  if (amount > most) return `${it} is less than the ${formatAmount(amount, budget.type)} that this costs: it goes on ${raise(budget)}.`;
  return `${it} has no room: ${formatAmount(budget.used, budget.type)} spent or held so far, and this costs ${formatAmount(amount, budget.type)}. It goes on ${goesOn(budget)}, or ${raise(budget)}.`;
};

/** Of several jobs that would cost so much in all some go, and why the others wait. */
export const partWords = (budget: Budget, amount: number, providerTitle: string): string =>
  `${named(budget, mostOf(budget) ?? 0, providerTitle)} has no room for all of these: ${formatAmount(budget.used, budget.type)} spent or held so far, and they come to ${formatAmount(amount, budget.type)}. What goes beyond waits; it goes on ${goesOn(budget)}, or ${raise(budget)}.`;

/** Why jobs that would cost so much in all are not taken in; `waiting`: what those that wait are to cost. */
export const stopWords = (budget: Budget, amount: number, waiting: number, providerTitle: string): string => {
  const rest = waiting > 0 ? `, ${formatAmount(waiting, budget.type)} more asked for and waiting` : "";
  return `${named(budget, budget.stopAt ?? 0, providerTitle)} allows no more: ${formatAmount(budget.used, budget.type)} spent or held so far${rest}, and this asks for ${formatAmount(amount, budget.type)}. Ask again ${goesOn(budget)}, or ${raise(budget)}.`;
};
