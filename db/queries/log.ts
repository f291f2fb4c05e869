// Stored log lines in SQL. One statement a function.
import type { Queryable } from "../client/database.ts";

/** A line as it is stored; the names are those of the columns. */
export interface LogRow {
  /** Ms since 1970. */
  readonly time: number;
  readonly level: number;
  readonly service: string;
  readonly env: string;
  readonly msg: string;
  readonly stage: string | undefined;
  readonly job: string | undefined;
  readonly user_id: string | undefined;
  readonly provider: string | undefined;
  readonly account: string | undefined;
  readonly device: string | undefined;
  readonly session: string | undefined;
  readonly request: string | undefined;
  readonly duration_ms: number | undefined;
  readonly error: unknown;
  readonly fields: unknown;
}

/** Adds lines in their order. `rows`: JSON of an array of LogRow, storable. */
export const insertLogRows = (sql: Queryable, rows: string) => sql`
  insert into log_entry (time, level, service, env, msg, stage, job, user_id, provider, account, device, session, request, duration_ms,
    error, fields)
  select time, level, service, env, msg, stage, job, user_id, provider, account, device, session, request, duration_ms, error, fields
  from json_to_recordset(${rows}::text::json) as line(time bigint, level smallint, service text, env text, msg text, stage text, job text,
    user_id text, provider text, account text, device text, session text, request text, duration_ms double precision, error json,
    fields json)`;

/** Deletes at most `limit` lines older than `before`, ms since 1970, oldest first; answers how many. */
export const deleteLogRows = (sql: Queryable, before: number, limit: number) =>
  sql<Array<{ deleted: number }>>`
    with old as (select id from log_entry where time < ${before} order by id limit ${limit}),
      gone as (delete from log_entry where id in (select id from old) returning id)
    select count(*)::int as deleted from gone`;
