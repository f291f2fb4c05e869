// Budgets as the database has them, and whether they allow that more is taken in.
import { Clock, Effect } from "effect";
import { Providers } from "#actors/provider/index.ts";
import { creditTypeAt, paidAt } from "#actors/provider/paid.ts";
import { Database } from "#db/client/database.ts";
import { type BudgetRow, budgetsFor, waitingSpend } from "#db/queries/budget.ts";
import type { Budget } from "#protocol/spend.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import { amountOf, concerns, fits, periodsAt, type Spending, stopWords } from "./context.ts";

export const fromBudgetRow = (row: BudgetRow): Budget => ({
  id: row.id,
  ownerId: row.owner_id === "" ? null : row.owner_id,
  byAdmin: row.by_admin,
  provider: row.provider === "" ? null : row.provider,
  period: row.period,
  type: row.type === "" ? null : row.type,
  warnAt: row.warn_at,
  pauseAt: row.pause_at,
  stopAt: row.stop_at,
  used: row.used,
});

/** What is to be taken in, so many times. */
export interface Asked {
  readonly provider: string;
  readonly cost: number;
  readonly times: number;
  readonly scheduledFor: number | null;
}

/**
 * Answers the refusal where a budget that stops has no room for all that is asked for, beside what waits already. It spares people a wait: what was let
 * in at the same moment is held back where it is sent.
 */
export const allowance = Effect.gen(function* () {
  const database = yield* Database;
  const providers = yield* Providers;

  return Effect.fnUntraced(function* (ownerId: string, asked: ReadonlyArray<Asked>): Effect.fn.Return<CallError | null, CallError> {
    const paying = paidAt(providers, null).map(({ id }) => id);
    const paid = asked.filter(({ provider }) => paying.includes(provider));
    if (paid.length === 0) return null;
    const now = yield* Clock.currentTimeMillis;
    const periods = periodsAt(now);
    const rows = yield* orCallError(database.query((sql) => budgetsFor(sql, [ownerId], null, periods, "stopping")));
    for (const budget of rows.map(fromBudgetRow)) {
      const { stopAt, period } = budget;
      if (stopAt === null) continue;
      const ends = periods.ends[period];
      const spending = (provider: string): Omit<Spending, "cost"> => ({ ownerId, provider, type: creditTypeAt(providers, provider) });
      const more = paid.filter(({ provider, scheduledFor }) => (scheduledFor ?? 0) < ends && concerns(budget, spending(provider)));
      if (more.length === 0) continue;
      const counted = paying.filter((id) => concerns(budget, spending(id)));
      const [waits] = yield* orCallError(database.query((sql) => waitingSpend(sql, budget.ownerId, counted, ends)));
      const waiting = (budget.type === null ? waits?.jobs : waits?.credits) ?? 0;
      const amount = more.reduce((sum, { cost, times }) => sum + amountOf(budget, cost) * times, 0);
      if (fits(budget.used + waiting, amount, stopAt)) continue;
      const title = budget.provider === null ? "" : (providers.get(budget.provider)?.title ?? budget.provider);
      const message = stopWords(budget, amount, waiting, title);
      return new CallError("quota_exceeded", message, { quota: "budget", limit: stopAt });
    }
    return null;
  });
});
