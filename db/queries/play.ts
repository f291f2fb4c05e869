// Playthroughs in SQL, and what playing reads of scenes and assets. One statement a function; lists page by (created_at, id).
import type { Queryable, Tx } from "../client/database.ts";

export interface PlaySessionRow {
  readonly id: string;
  readonly owner_id: string;
  readonly version_id: string;
  readonly scene_id: string;
  readonly title: string;
  readonly turn: number;
  readonly ending: string | null;
  readonly created_at: number;
  readonly changed_at: number;
  readonly rev: number;
}

/** Playthroughs of one owner are begun one after the other in this transaction: they are counted before. */
export const lockPlayer = (tx: Tx, ownerId: string) => tx`select pg_advisory_xact_lock(hashtext('play'), hashtext(${ownerId}))`;

/** Without the one named: it may have its place already. Those from before `since` in which nothing was ever done need none. */
export const countPlaySessions = (sql: Queryable, ownerId: string, except: string, since: number) =>
  sql<Array<{ count: number }>>`
    select count(*)::int as count from play_session
    where owner_id = ${ownerId} and not deleted and id <> ${except} and (turn > 0 or ending is not null or created_at > ${since})`;

/** A place for one that is about to begin. */
export const reservePlaySession = (tx: Tx, row: Omit<PlaySessionRow, "turn" | "ending" | "changed_at" | "rev">) =>
  tx`
    insert into play_session (id, owner_id, version_id, scene_id, title, created_at, changed_at, rev)
    values (${row.id}, ${row.owner_id}, ${row.version_id}, ${row.scene_id}, ${row.title}, ${row.created_at}, ${row.created_at}, -1)
    on conflict (id) do nothing`;

/** Gives up places that were taken before then, and that nothing came of. */
export const dropPlaces = (sql: Queryable, before: number) =>
  sql<Array<{ id: string }>>`delete from play_session where rev = -1 and created_at < ${before} returning id`;

/** Newest first, after the given place. */
export const listPlaySessions = (
  sql: Queryable,
  ownerId: string,
  sceneId: string | undefined,
  after: { readonly createdAt: number; readonly id: string } | null,
  limit: number,
) =>
  sql<Array<PlaySessionRow>>`
    select id, owner_id, version_id, scene_id, title, turn, ending, created_at, changed_at, rev from play_session
    where owner_id = ${ownerId} and not deleted and rev >= 0
      ${sceneId === undefined ? sql`` : sql`and scene_id = ${sceneId}`}
      ${after === null ? sql`` : sql`and (created_at, id) < (${after.createdAt}, ${after.id})`}
    order by created_at desc, id desc
    limit ${limit}`;

export interface PlayedVersionRow {
  readonly id: string;
  readonly owner_id: string;
  readonly scene_id: string;
  /** Of the scene now. */
  readonly title: string;
}

/** A version, whose scene may be in the trash. */
export const playedVersion = (sql: Queryable, id: string) =>
  sql<Array<PlayedVersionRow>>`
    select v.id, v.owner_id, v.scene_id, s.title from scene_version v join scene s on s.id = v.scene_id where v.id = ${id}`;

/** Those of a version, newest first, and how many there are. */
export const playsOfVersion = (sql: Queryable, versionId: string, limit: number) =>
  sql<Array<{ id: string; total: number }>>`
    select id, count(*) over ()::int as total from play_session
    where version_id = ${versionId} and not deleted and rev >= 0
    order by created_at desc, id desc limit ${limit}`;

/** Of a scene that is not in the trash. */
export const newestVersion = (sql: Queryable, sceneId: string) =>
  sql<Array<PlayedVersionRow>>`
    select v.id, v.owner_id, v.scene_id, s.title from scene_version v join scene s on s.id = v.scene_id
    where s.id = ${sceneId} and s.deleted_at is null order by v.number desc limit 1`;

export const playedStory = (sql: Queryable, versionId: string) =>
  sql<Array<{ owner_id: string; format: number; story: unknown }>>`
    select owner_id, format, story from scene_version where id = ${versionId}`;
