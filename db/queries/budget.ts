// How much may be spent, in SQL. One statement a function.
import type { Queryable } from "../client/database.ts";
import type { Periods } from "./ledger.ts";

export interface BudgetRow {
  readonly id: string;
  /** Whose submissions count; empty: everybody's. */
  readonly owner_id: string;
  readonly by_admin: boolean;
  /** Where; empty: everywhere. */
  readonly provider: string;
  readonly period: "day" | "month";
  /** What credits are counted; empty: submissions. */
  readonly type: string;
  readonly warn_at: number | null;
  readonly pause_at: number | null;
  readonly stop_at: number | null;
  /** Spent or held in the period under way. */
  readonly used: number;
}

const columns = (sql: Queryable, { day, month }: Periods) => sql`
  b.id, b.owner_id, b.by_admin, b.provider, b.period, b.type, b.warn_at, b.pause_at, b.stop_at,
  budget_used(b, case b.period when 'day' then ${day}::bigint else ${month}::bigint end)::double precision as used`;

/** Which budgets: those that let jobs wait, those that refuse them, or also those that only warn. Counting what each has used takes its time. */
export type BudgetsAsked = "holding" | "stopping" | "all";

const asked = (sql: Queryable, which: BudgetsAsked) => {
  switch (which) {
    case "holding":
      return sql`and (b.pause_at is not null or b.stop_at is not null)`;
    case "stopping":
      return sql`and b.stop_at is not null`;
    case "all":
      return sql``;
  }
};

/** Those that concern one of the users, and everybody's; at one provider, if it is given. */
export const budgetsFor = (sql: Queryable, owners: ReadonlyArray<string>, provider: string | null, periods: Periods, which: BudgetsAsked) =>
  sql<Array<BudgetRow>>`
    select ${columns(sql, periods)} from budget b
    where b.owner_id = any(${sql.array(["", ...owners], 25)}::text[]) ${provider === null ? sql`` : sql`and b.provider in ('', ${provider})`}
      ${asked(sql, which)}
    order by b.owner_id, b.provider, b.period, b.type, b.by_admin`;

/** Every user's. */
export const allBudgets = (sql: Queryable, periods: Periods) =>
  sql<Array<BudgetRow>>`select ${columns(sql, periods)} from budget b order by b.owner_id, b.provider, b.period, b.type, b.by_admin`;

/** Sets the one of this kind; answers its id. Grants that are under way end first, so that each sees it or is seen by it. */
export const putBudget = (sql: Queryable, budget: Omit<BudgetRow, "used">) =>
  sql<Array<{ id: string }>>`
    with turn as materialized (select pg_advisory_xact_lock(hashtext('budget'), 0))
    insert into budget (id, owner_id, by_admin, provider, period, type, warn_at, pause_at, stop_at)
    select ${budget.id}, ${budget.owner_id}, ${budget.by_admin}, ${budget.provider}, ${budget.period}, ${budget.type},
      ${budget.warn_at}::double precision, ${budget.pause_at}::double precision, ${budget.stop_at}::double precision from turn
    on conflict (owner_id, by_admin, provider, period, type) do update set warn_at = excluded.warn_at, pause_at = excluded.pause_at,
      stop_at = excluded.stop_at
    returning id`;

export const budgetById = (sql: Queryable, id: string) =>
  sql<Array<{ owner_id: string; by_admin: boolean; provider: string }>>`select owner_id, by_admin, provider from budget where id = ${id}`;

export const removeBudget = (sql: Queryable, id: string) => sql`delete from budget where id = ${id}`;

/** What jobs that have been let in and wait are to cost at these providers, by `until`; of all users where `ownerId` is null. */
export const waitingSpend = (sql: Queryable, ownerId: string | null, providers: ReadonlyArray<string>, until: number) =>
  sql<Array<{ jobs: number; credits: number }>>`
    select count(*)::int as jobs, coalesce(sum(credits::numeric), 0)::double precision as credits from job
    where finished_at is null and lease_key is null and provider = any(${sql.array([...providers], 25)}::text[])
      and coalesce(scheduled_for, 0) < ${until} ${ownerId === null ? sql`` : sql`and owner_id = ${ownerId}`}`;
