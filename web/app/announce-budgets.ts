// Says when a budget is reached, once for each of its thresholds, wherever one is looking.
import { createEffect } from "solid-js";
import { budgetLevel, type Budget, type BudgetLevel } from "#protocol/spend.ts";
import { openPanel } from "#web/dock/panel.ts";
import type { BudgetsStore } from "#web/store/budgets.ts";
import { toast } from "#web/ui/toast.tsx";

const rank: Readonly<Record<BudgetLevel, number>> = { ok: 0, warn: 1, pause: 2, stop: 3 };

const words: Readonly<Record<Exclude<BudgetLevel, "ok">, string>> = {
  warn: "A budget is nearly used up",
  pause: "A budget is used up: jobs wait",
  stop: "A budget is used up: jobs are refused",
};

export const announceBudgets = (budgets: BudgetsStore, userId: string): void => {
  let known: ReadonlyMap<string, BudgetLevel> | null = null;
  budgets.read();
  createEffect(() => {
    const list = budgets.list();
    if (list === undefined) {
      return;
    }
    const before = known;
    known = new Map(list.map((budget) => [budget.id, budgetLevel(budget)]));
    // What stood so when one came is seen in its place.
    if (before !== null) {
      list.filter(({ ownerId }) => (ownerId ?? userId) === userId).forEach((budget) => say(budget, before.get(budget.id)));
    }
  });
};

const say = (budget: Budget, before: BudgetLevel | undefined): void => {
  const level = budgetLevel(budget);
  if (level !== "ok" && before !== undefined && rank[level] > rank[before]) {
    toast(words[level], { tone: "warn", action: { label: "Look", onSelect: () => openPanel("spend", {}) } });
  }
};
