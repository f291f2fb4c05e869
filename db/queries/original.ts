// Which originals were used when, and which of them are in the archive only. One statement a function.
import type { Queryable } from "../client/database.ts";

/** Uses that were gathered, ms epoch; those of what is no asset's original are left out. */
export const noteUses = (sql: Queryable, uses: ReadonlyArray<{ readonly sha256: string; readonly at: number }>) =>
  sql`
    insert into original (sha256, used_at)
    select u.sha256, u.at from json_to_recordset(${sql.json(uses.map((use) => ({ ...use })))}::json) as u (sha256 text, at bigint)
    where exists (select from asset_file f where f.sha256 = u.sha256 and f.role = 'original')
    order by u.sha256
    on conflict (sha256) do update set used_at = greatest(original.used_at, excluded.used_at)`;

/** It is about to be read: from now on nobody sends it away. */
export const useOriginal = (sql: Queryable, sha256: string, now: number) =>
  sql<Array<{ away: boolean }>>`
    insert into original (sha256, used_at) values (${sha256}, ${now})
    on conflict (sha256) do update set used_at = greatest(original.used_at, excluded.used_at)
    returning away`;

/** Marks it as away, unless it was used since; then nothing is answered. */
export const markAway = (sql: Queryable, sha256: string, usedBefore: number) =>
  sql<Array<{ sha256: string }>>`
    insert into original (sha256, used_at, away) values (${sha256}, 0, true)
    on conflict (sha256) do update set away = true where original.used_at < ${usedBefore}
    returning sha256`;

export const markHere = (sql: Queryable, sha256: string) => sql`update original set away = false where sha256 = ${sha256} and away`;

export const markAllHere = (sql: Queryable) => sql`update original set away = false where away`;

/** Those of these blobs that are originals and nothing else. */
export const originalsAmong = (sql: Queryable, sha256s: ReadonlyArray<string>) =>
  sql<Array<{ sha256: string; used_at: number; away: boolean }>>`
    select f.sha256, coalesce(o.used_at, 0) as used_at, coalesce(o.away, false) as away
    from (
      select sha256 from asset_file where sha256 = any(${sql.array([...sha256s], 25)}::text[])
      group by sha256 having bool_and(role = 'original')
    ) f left join original o on o.sha256 = f.sha256`;

/** Drops what is known of files that no asset has any more. */
export const forgetOriginals = (sql: Queryable) =>
  sql<Array<{ sha256: string }>>`
    delete from original o where not exists (select from asset_file f where f.sha256 = o.sha256) returning sha256`;
