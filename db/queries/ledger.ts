// What submissions cost in SQL: held before they are sent, settled by what their job says they came to. One statement a function.
import type { Queryable } from "../client/database.ts";

/** A submission that is to be sent to an account. */
export interface Wanted {
  readonly key: string;
  readonly account_id: string;
  readonly account_title: string;
  readonly job_id: string;
  readonly owner_id: string;
  readonly provider: string;
  readonly type: string | null;
  readonly cost: number;
}

/** Beginnings of the day and the month that `now` lies in, ms. */
export interface Periods {
  readonly now: number;
  readonly day: number;
  readonly month: number;
}

/** Holds what each is to cost, in order; answers the keys of those that are paused or that a budget has no room for: they hold nothing. */
export const holdSpend = async (
  sql: Queryable,
  wanted: ReadonlyArray<Wanted>,
  { now, day, month }: Periods,
): Promise<ReadonlySet<string>> => {
  const rows = await sql<Array<{ key: string }>>`
    select hold_spend as key from hold_spend(${JSON.stringify(wanted)}::text::jsonb, ${now}, ${day}, ${month})`;
  return new Set(rows.map(({ key }) => key));
};

/** Frees what no account gave a place for. `at`: when this try held it; what was held at another time is another try's. */
export const freeHolds = (
  sql: Queryable,
  holds: ReadonlyArray<{ readonly key: string; readonly account_id: string; readonly at: number }>,
) =>
  sql`
    delete from ledger l using jsonb_to_recordset(${JSON.stringify(holds)}::text::jsonb) as r (key text, account_id text, at bigint)
    where l.key = r.key and l.account_id = r.account_id and l.at = r.at and l.settled_at is null`;

/**
 * How a submission ended, as its job says it: what `ledger` has besides what it was held with. Of which nobody can say whether it was taken,
 * the estimate stays held.
 */
const settlement = (sql: Queryable) => sql`
  coalesce((c ->> 'charged')::double precision,
    case c ->> 'outcome' when 'completed' then (c ->> 'estimated')::double precision when 'goes on' then (c ->> 'estimated')::double precision
      when 'unknown' then null else 0 end),
  coalesce((c ->> 'refunded')::double precision, 0),
  case when c ->> 'charged' is not null then 'provider' when c ->> 'outcome' = 'unknown' then null else 'estimate' end,
  c ->> 'outcome', (c ->> 'at')::bigint`;

/**
 * Settles what was held for one submission whose job gave its place back, and frees it where nothing came of it. `at`: when it gave it
 * back; what was held later is another try's.
 */
export const settleHold = (
  sql: Queryable,
  { key, accountId, jobId, at }: { readonly key: string; readonly accountId: string; readonly jobId: string; readonly at: number },
) =>
  sql`
    with ended as (
      select j.id, j.owner_id, coalesce(c ->> 'provider', j.provider) as provider, c from job j cross join jsonb_array_elements(j.charges) c
      where j.id = ${jobId} and c ->> 'key' = ${key} and c ->> 'accountId' = ${accountId}
    ), unused as (
      delete from ledger l where l.key = ${key} and l.account_id = ${accountId} and l.settled_at is null and l.at <= ${at}
        and not exists (select from ended)
    )
    insert into ledger (key, account_id, job_id, owner_id, provider, account_title, type, estimated, at, charged, refunded, source, outcome, settled_at)
    select ${key}, ${accountId}, id, owner_id, provider, c ->> 'accountTitle', c ->> 'type', (c ->> 'estimated')::double precision,
      (c ->> 'at')::bigint - (c ->> 'tookMs')::bigint, ${settlement(sql)}
    from ended
    on conflict (key, account_id) do update set charged = excluded.charged, refunded = excluded.refunded, source = excluded.source,
      outcome = excluded.outcome, settled_at = excluded.settled_at
      where ledger.told_at is null and ledger.found_at is null`;

/** What is held for a submission. */
export interface Hold {
  readonly key: string;
  readonly account_id: string;
  readonly at: number;
}

const isStale = (sql: Queryable) => sql`
  l.settled_at is null and (j.id is null or j.account_id is distinct from l.account_id or j.lease_key is distinct from l.key)`;

/** What was held before `before` and no job holds a place for. */
export const staleHolds = (sql: Queryable, before: number) =>
  sql<Array<Hold>>`
    select l.key, l.account_id, l.at from ledger l left join job j on j.id = l.job_id where l.at < ${before} and ${isStale(sql)}`;

/** The same as `settleHold` for these, as far as still no job holds a place for them. Answers which they were. */
export const settleStale = (sql: Queryable, holds: ReadonlyArray<Hold>) =>
  sql<Array<{ key: string }>>`
    with ended as (
      select l.key, l.account_id, (
        select c from jsonb_array_elements(j.charges) c where c ->> 'key' = l.key and c ->> 'accountId' = l.account_id limit 1
      ) as c
      from jsonb_to_recordset(${sql.json(holds.map(({ key, account_id, at }) => ({ key, account_id, at })))})
          as h(key text, account_id text, at bigint)
        join ledger l on l.key = h.key and l.account_id = h.account_id and l.at = h.at
        left join job j on j.id = l.job_id
      where ${isStale(sql)}
    ), unused as (
      delete from ledger l using ended e where l.key = e.key and l.account_id = e.account_id and l.settled_at is null and e.c is null
    )
    update ledger l set (charged, refunded, source, outcome, settled_at) = (select ${settlement(sql)})
    from ended e where l.key = e.key and l.account_id = e.account_id and l.settled_at is null and e.c is not null
    returning l.key`;

export interface SpendRow {
  /** YYYY-MM-DD, UTC. */
  readonly day: string;
  readonly ownerId: string;
  readonly provider: string;
  readonly accountId: string;
  readonly accountTitle: string;
  readonly type: string | null;
  readonly submissions: number;
  readonly completed: number;
  readonly estimated: number;
  readonly charged: number;
  readonly refunded: number;
  readonly held: number;
  readonly told: number;
}

/**
 * Submissions since `since` by UTC day, user, provider and account, newest day first; of all users where `ownerId` is null. Summed exactly:
 * fractions would drift otherwise.
 */
export const spendOf = (sql: Queryable, ownerId: string | null, since: number) =>
  sql<Array<SpendRow>>`
    select to_char(to_timestamp(l.at / 1000) at time zone 'UTC', 'YYYY-MM-DD') as day, l.owner_id as "ownerId", l.provider,
      l.account_id as "accountId", max(l.account_title) as "accountTitle", l.type,
      count(*)::int as submissions, (count(*) filter (where l.outcome = 'completed'))::int as completed,
      sum(l.estimated::numeric)::float8 as estimated, coalesce(sum(l.charged::numeric), 0)::float8 as charged,
      sum(l.refunded::numeric)::float8 as refunded,
      coalesce(sum(l.estimated::numeric) filter (where l.charged is null), 0)::float8 as held,
      (count(*) filter (where l.source = 'provider'))::int as told
    from ledger l
    where l.at >= ${since} ${ownerId === null ? sql`` : sql`and l.owner_id = ${ownerId}`}
    group by 1, 2, 3, 4, 6
    order by 1 desc, 3, 4, 2`;

export interface LedgerRow {
  readonly key: string;
  readonly account_id: string;
  readonly job_id: string;
  readonly owner_id: string;
  readonly provider: string;
  readonly account_title: string;
  readonly type: string | null;
  readonly estimated: number;
  readonly charged: number | null;
  readonly refunded: number;
  readonly source: "provider" | "estimate" | "person" | null;
  readonly outcome: string | null;
  readonly at: number;
  readonly told_by: string | null;
  readonly told_at: number | null;
  readonly found: string | null;
  readonly found_at: number | null;
}

const columns = (sql: Queryable) => sql`
  key, account_id, job_id, owner_id, provider, account_title, type, estimated, charged, refunded, source, outcome, at, told_by, told_at, found, found_at`;

/** Single submissions, newest first, after the given place. `unknown`: only those of which nobody knows yet whether they were taken. */
export const ledgerRows = (
  sql: Queryable,
  ownerId: string,
  after: { readonly createdAt: number; readonly id: string } | null,
  limit: number,
  { jobId, unknown = false }: { readonly jobId?: string | undefined; readonly unknown?: boolean } = {},
) =>
  sql<Array<LedgerRow>>`
    select ${columns(sql)} from ledger
    where owner_id = ${ownerId} ${after === null ? sql`` : sql`and (at, key) < (${after.createdAt}, ${after.id})`}
      ${jobId === undefined ? sql`` : sql`and job_id = ${jobId}`}
      ${unknown ? sql`and outcome = 'unknown' and charged is null` : sql``}
    order by at desc, key desc
    limit ${limit}`;

export const ledgerRow = (sql: Queryable, key: string, accountId: string) =>
  sql<Array<LedgerRow>>`select ${columns(sql)} from ledger where key = ${key} and account_id = ${accountId}`;

/**
 * Settles a submission of which nobody knew whether it was taken by what a person says that it cost, who may correct it later, as an
 * administrator may. That it was not found at the provider may be corrected too. No row: it has not ended, the provider has said what it cost,
 * or another has told it.
 */
export const tellSpend = (
  sql: Queryable,
  {
    key,
    accountId,
    charged,
    by,
    isAdmin,
    now,
  }: {
    readonly key: string;
    readonly accountId: string;
    readonly charged: number;
    readonly by: string;
    readonly isAdmin: boolean;
    readonly now: number;
  },
) =>
  sql<Array<LedgerRow>>`
    update ledger set charged = ${charged}::double precision, source = 'person', told_by = ${by}, told_at = ${now}
    where key = ${key} and account_id = ${accountId} and outcome = 'unknown' and (charged is null or source <> 'provider' or found = 'not taken')
      and (told_by is null or told_by = ${by} or ${isAdmin})
    returning ${columns(sql)}`;

/**
 * Which submissions are to be asked about: of which nobody knows, at `providers`, and those that ended without anybody's seeing the end and may
 * be given back, at `refunding`; that have ended `first` ms ago and were asked about less than `times` times.
 */
export interface UnknownDue {
  readonly providers: ReadonlyArray<string>;
  readonly refunding: ReadonlyArray<string>;
  readonly now: number;
  readonly first: number;
  readonly times: number;
}

const isDue = (sql: Queryable, { providers, refunding, now, first, times }: UnknownDue) => sql`
  (l.outcome = 'unknown' and l.charged is null and l.provider = any(${sql.array([...providers], 25)}::text[])
    or l.outcome in ('lost', 'goes on') and l.charged > 0 and l.found_at is null and l.provider = any(${sql.array([...refunding], 25)}::text[]))
    and l.settled_at <= ${now - first} and l.asks < ${times} and coalesce(l.ask_at, 0) <= ${now}`;

/** Accounts that have some, those first that have waited longest. */
export const unknownAccounts = (sql: Queryable, due: UnknownDue) =>
  sql<Array<{ account_id: string }>>`
    select l.account_id from ledger l where ${isDue(sql, due)} group by l.account_id order by min(coalesce(l.ask_at, 0)), min(l.at)`;

/** A submission that is to be asked about. */
export interface UnknownRow {
  readonly key: string;
  readonly account_id: string;
  readonly job_id: string;
  readonly provider: string;
  readonly estimated: number;
  /** Null: nobody knows whether it was taken. */
  readonly charged: number | null;
  readonly outcome: string;
  readonly at: number;
  /** How often it was asked about, this time included. */
  readonly asks: number;
  readonly operation: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * Takes the one of an account that has waited longest; it is due again after `first` ms, and each time after twice as long, but within
 * `longest` ms. Who dies meanwhile has asked.
 */
export const takeUnknown = (
  sql: Queryable,
  { accountId, longest, ...due }: UnknownDue & { readonly accountId: string; readonly longest: number },
) =>
  sql<Array<UnknownRow>>`
    update ledger l set asks = l.asks + 1, ask_at = ${due.now} + least(${due.first} * power(2, least(l.asks, 30)), ${longest})::bigint
    from (
      select l.key, l.account_id, j.operation, j.params from ledger l join job j on j.id = l.job_id
      where l.account_id = ${accountId} and ${isDue(sql, due)}
      order by coalesce(l.ask_at, 0), l.at, l.key limit 1
    ) d
    where l.key = d.key and l.account_id = d.account_id and ${isDue(sql, due)}
    returning l.key, l.account_id, l.job_id, l.provider, l.estimated, l.charged, l.outcome, l.at, l.asks, d.operation, d.params`;

/**
 * Settles one by what the provider says became of it, unless a person was faster; what it says less than before is given back. No row: one
 * was.
 */
export const settleUnknown = (
  sql: Queryable,
  {
    key,
    accountId,
    charged,
    source,
    found,
    now,
  }: {
    readonly key: string;
    readonly accountId: string;
    readonly charged: number;
    readonly source: "provider" | "estimate";
    readonly found: string;
    readonly now: number;
  },
) =>
  sql<Array<{ key: string }>>`
    update ledger set charged = ${charged}::double precision, source = ${source}, found = ${found}, found_at = ${now},
      refunded = refunded + greatest(0, coalesce(charged, 0) - ${charged}::double precision)
    where key = ${key} and account_id = ${accountId}
      and (outcome = 'unknown' and charged is null or outcome in ('lost', 'goes on') and found_at is null)
    returning key`;
