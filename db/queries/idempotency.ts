// Results of mutations by idempotency key in SQL.
import type { Queryable } from "../client/database.ts";

export interface IdempotencyKey {
  readonly user: string;
  readonly call: string;
  readonly key: string;
}

export interface RecordedResult {
  readonly input_hash: string;
  /** JSON, to the letter as it was recorded. */
  readonly output: string;
}

export const recordedResult = (sql: Queryable, { user, call, key }: IdempotencyKey) =>
  sql<Array<RecordedResult>>`
    select input_hash, output::text as output from idempotency where user_id = ${user} and call = ${call} and key = ${key}`;

/** Records a result unless there is one: then no row is answered. */
export const recordResult = (sql: Queryable, { user, call, key }: IdempotencyKey, result: RecordedResult, now: number) =>
  sql<Array<{ key: string }>>`
    insert into idempotency (user_id, call, key, input_hash, output, created_at)
    values (${user}, ${call}, ${key}, ${result.input_hash}, ${result.output}::text::json, ${now})
    on conflict (user_id, call, key) do nothing
    returning key`;

/** Drops some of the results recorded before `before`, ms since 1970. */
export const dropResults = (sql: Queryable, before: number, limit: number) =>
  sql<Array<{ key: string }>>`
    delete from idempotency where (user_id, call, key) in (
      select user_id, call, key from idempotency where created_at < ${before} order by created_at limit ${limit})
    returning key`;
