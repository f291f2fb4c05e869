// The local studio's ledger in SQL. One statement a function.
import type { Queryable } from "../client/database.ts";

export interface StudioRender {
  readonly id: string;
  readonly hash: string;
  readonly request: unknown;
  readonly state: "accepted" | "done" | "failed" | "cancelled";
  readonly failure_kind: string | null;
  readonly failure_message: string | null;
  readonly output: string | null;
}

/** Accepts a render, or counts another submission of its key. Answers the id and the hash of what was accepted first. */
export const acceptRender = (
  sql: Queryable,
  render: { readonly id: string; readonly key: string; readonly hash: string; readonly request: string; readonly now: number },
) =>
  sql<Array<{ id: string; hash: string }>>`
    insert into studio_render (id, key, hash, request, state, created_at)
    values (${render.id}, ${render.key}, ${render.hash}, ${render.request}::text::json, 'accepted', ${render.now})
    on conflict (key) do update set accepted_count = studio_render.accepted_count + 1
    returning id, hash`;

export const renderById = (sql: Queryable, id: string) =>
  sql<Array<StudioRender>>`
    select id, hash, request, state, failure_kind, failure_message, output from studio_render where id = ${id}`;

/** Ends a render that has not ended; a file that was swept and made again is noted too. */
export const finishRender = (sql: Queryable, id: string, output: string, now: number) =>
  sql`update studio_render set state = 'done', output = ${output}, finished_at = ${now} where id = ${id} and state in ('accepted', 'done')`;

export const failRender = (sql: Queryable, id: string, kind: string, message: string, now: number) =>
  sql`
    update studio_render set state = 'failed', failure_kind = ${kind}, failure_message = ${message}, finished_at = ${now}
    where id = ${id} and state = 'accepted'`;

export const cancelRender = (sql: Queryable, id: string, now: number) =>
  sql`update studio_render set state = 'cancelled', finished_at = ${now} where id = ${id} and state = 'accepted'`;

/** Which of these files belong to a finished render. */
export const knownOutputs = (sql: Queryable, names: ReadonlyArray<string>) =>
  sql<Array<{ output: string }>>`select output from studio_render where output = any(${sql.array([...names], 25)}::text[])`;

/** Finished renders whose file is older than `before`, at most 500: their file names are forgotten and answered. */
export const releaseOutputs = (sql: Queryable, before: number) =>
  sql<Array<{ output: string }>>`
    with old as (
      select id, output from studio_render where output is not null and finished_at < ${before} order by finished_at limit 500
    )
    update studio_render r set output = null from old where r.id = old.id returning old.output as output`;

/** Forgets renders that ended before `before`: their keys mean nothing any more. */
export const forgetRenders = (sql: Queryable, before: number) => sql`delete from studio_render where finished_at < ${before}`;
