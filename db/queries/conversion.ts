// Which file stands for a video where that is not taken as it is. One statement a function.
import type { Queryable } from "../client/database.ts";

/** The file's SHA-256, if it was made; that it is used now is noted. */
export const useConversion = (sql: Queryable, sha256: string, target: string, now: number) =>
  sql<Array<{ made: string }>>`
    update conversion set used_at = ${now} where sha256 = ${sha256} and target = ${target} returning made`;

export const putConversion = (sql: Queryable, sha256: string, target: string, made: string, now: number) =>
  sql`
    insert into conversion (sha256, target, made, used_at) values (${sha256}, ${target}, ${made}, ${now})
    on conflict (sha256, target) do update set made = excluded.made, used_at = excluded.used_at`;

/** Drops those that were used last before `before`, and of what no asset has any more; the sweep of orphans takes their files. */
export const dropConversions = (sql: Queryable, before: number) =>
  sql<Array<{ made: string }>>`
    delete from conversion c
    where c.used_at < ${before} or not exists (select from asset_file f where f.sha256 = c.sha256)
    returning made`;
