// What holds back who waits at a provider, read from the database: pauses and budgets.
import { Clock, Effect } from "effect";
import { fromPauseRow } from "#actors/pause/pauses.ts";
import { Providers } from "#actors/provider/index.ts";
import { creditTypeAt } from "#actors/provider/paid.ts";
import { fromBudgetRow } from "#actors/spend/budgets.ts";
import { periodsAt } from "#actors/spend/context.ts";
import { Database } from "#db/client/database.ts";
import { budgetsFor } from "#db/queries/budget.ts";
import { pausesAt } from "#db/queries/pause.ts";
import type { PoolRules } from "./queue.ts";

export const poolRules = Effect.gen(function* () {
  const database = yield* Database;
  const providers = yield* Providers;
  /** Budgets of these owners, and everybody's. */
  return Effect.fnUntraced(function* (provider: string, owners: ReadonlyArray<string>) {
    const periods = periodsAt(yield* Clock.currentTimeMillis);
    const pauses = yield* database.query((sql) => pausesAt(sql, provider));
    const budgets = yield* database.query((sql) => budgetsFor(sql, owners, provider, periods, "holding"));
    const rules: PoolRules = {
      provider,
      type: creditTypeAt(providers, provider),
      pauses: pauses.map(fromPauseRow),
      budgets: budgets.map(fromBudgetRow),
    };
    return rules;
  });
});
