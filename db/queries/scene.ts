// Scenes and their versions in SQL. One statement a function; lists page by (created_at, id), and leave drafts and stories where they are.
import type { Queryable, Tx } from "../client/database.ts";
import { likePattern, textArray } from "./fragments.ts";

export interface SceneVersionRow {
  readonly id: string;
  readonly scene_id: string;
  readonly number: number;
  readonly note: string;
  readonly created_at: number;
}

export interface SceneRow {
  readonly id: string;
  readonly owner_id: string;
  readonly title: string;
  readonly nodes: number;
  readonly edges: number;
  readonly draft: number;
  readonly published: number | null;
  readonly versions: number;
  readonly created_at: number;
  readonly changed_at: number;
  readonly deleted_at: number | null;
  readonly rev: number;
  readonly latest: SceneVersionRow | null;
}

export interface DraftRow {
  readonly id: string;
  readonly title: string;
  readonly format: number;
  readonly body: unknown;
}

export interface StoredDraftRow extends DraftRow {
  /** Which of its changes it has. */
  readonly draft: number;
}

const columns = (sql: Queryable) => sql`
  s.id, s.owner_id, s.title, s.nodes, s.edges, s.draft, s.published, s.versions, s.created_at, s.changed_at, s.deleted_at, s.rev,
  (select jsonb_build_object('id', v.id, 'scene_id', v.scene_id, 'number', v.number, 'note', v.note, 'created_at', v.created_at)
   from scene_version v where v.scene_id = s.id and v.number = s.versions) as latest`;

/** Changes of one owner's scenes go one after the other in this transaction: limits are checked, and drafts read, before the write. */
export const lockScenes = (tx: Tx, ownerId: string) => tx`select pg_advisory_xact_lock(hashtext('scene'), hashtext(${ownerId}))`;

export const scenesById = (sql: Queryable, ownerId: string, ids: ReadonlyArray<string>) =>
  sql<Array<SceneRow>>`select ${columns(sql)} from scene s where s.id = any(${textArray(sql, ids)}) and s.owner_id = ${ownerId}`;

/** Those that are not in the trash. */
export const draftsById = (sql: Queryable, ownerId: string, ids: ReadonlyArray<string>) =>
  sql<Array<StoredDraftRow>>`
    select id, title, format, draft, body from scene
    where id = any(${textArray(sql, ids)}) and owner_id = ${ownerId} and deleted_at is null`;

/** Newest first, after the given place, with each of these words in the title. */
export const listScenes = (
  sql: Queryable,
  ownerId: string,
  filter: { readonly words: ReadonlyArray<string>; readonly deleted: boolean },
  after: { readonly createdAt: number; readonly id: string } | null,
  limit: number,
) =>
  sql<Array<SceneRow>>`
    select ${columns(sql)} from scene s
    where s.owner_id = ${ownerId} and ${filter.deleted ? sql`s.deleted_at is not null` : sql`s.deleted_at is null`}
      ${filter.words.map(likePattern).reduce((all, word) => sql`${all} and s.title ilike ${word}`, sql``)}
      ${after === null ? sql`` : sql`and (s.created_at, s.id) < (${after.createdAt}, ${after.id})`}
    order by s.created_at desc, s.id desc
    limit ${limit}`;

/** How many an owner has outside of the trash. */
export const countScenes = (sql: Queryable, ownerId: string) =>
  sql<Array<{ count: number }>>`select count(*)::int as count from scene where owner_id = ${ownerId} and deleted_at is null`;

export interface NewScene extends DraftRow {
  readonly owner_id: string;
  readonly nodes: number;
  readonly edges: number;
  readonly created_at: number;
}

export const insertScene = (tx: Tx, scene: NewScene) =>
  tx`
    insert into scene (id, owner_id, title, format, body, nodes, edges, created_at, changed_at)
    values (${scene.id}, ${scene.owner_id}, ${scene.title}, ${scene.format}, ${tx.json(scene.body as never)}, ${scene.nodes},
      ${scene.edges}, ${scene.created_at}, ${scene.created_at})`;

/** Answers it as this left it. */
export const updateDraft = (tx: Tx, { id, format, body, nodes, edges }: Omit<NewScene, "owner_id" | "title" | "created_at">, now: number) =>
  tx<Array<SceneRow>>`
    update scene s set format = ${format}, body = ${tx.json(body as never)}, nodes = ${nodes}, edges = ${edges}, draft = draft + 1,
      changed_at = ${now}, rev = rev + 1
    where id = ${id}
    returning ${columns(tx)}`;

/** Answers it if there is one of this owner. */
export const renameScene = (sql: Queryable, ownerId: string, id: string, title: string, now: number) =>
  sql<Array<{ id: string }>>`
    update scene set title = ${title}, changed_at = ${now}, rev = rev + 1 where id = ${id} and owner_id = ${ownerId} returning id`;

/** Moves to the trash (`at`: ms epoch) or out of it (null). Answers those that changed. */
export const setScenesDeleted = (sql: Queryable, ownerId: string, ids: ReadonlyArray<string>, at: number | null) =>
  sql<Array<{ id: string }>>`
    update scene set deleted_at = ${at}, rev = rev + 1
    where id = any(${textArray(sql, ids)}) and owner_id = ${ownerId} and (deleted_at is null) = ${at !== null}
    returning id`;

/** Drops those that have been in the trash since before `before`, with their versions, unless somebody has played one since. */
export const purgeScenes = (sql: Queryable, before: number) =>
  sql<Array<{ id: string }>>`
    delete from scene s
    where s.deleted_at < ${before} and not exists (
      select from play_session p join scene_version v on v.id = p.version_id
      where v.scene_id = s.id and not p.deleted and p.changed_at >= ${before}
    )
    returning s.id`;

const versionColumns = (sql: Queryable) => sql`v.id, v.scene_id, v.number, v.note, v.created_at`;

/** Newest first. */
export const versionsOf = (sql: Queryable, ownerId: string, sceneId: string) =>
  sql<Array<SceneVersionRow>>`
    select ${versionColumns(sql)} from scene_version v where v.scene_id = ${sceneId} and v.owner_id = ${ownerId} order by v.number desc`;

export const storyOfVersion = (sql: Queryable, ownerId: string, id: string) =>
  sql<Array<SceneVersionRow & { readonly format: number; readonly story: unknown }>>`
    select ${versionColumns(sql)}, v.format, v.story from scene_version v where v.id = ${id} and v.owner_id = ${ownerId}`;

export interface NewSceneVersion extends SceneVersionRow {
  readonly owner_id: string;
  readonly format: number;
  readonly story: unknown;
}

/** The next version of its scene, and the one that the scene stands at now. */
export const insertSceneVersion = (tx: Tx, version: NewSceneVersion) =>
  tx`
    with made as (
      insert into scene_version (id, scene_id, owner_id, number, format, story, note, created_at)
      values (${version.id}, ${version.scene_id}, ${version.owner_id}, ${version.number}, ${version.format},
        ${tx.json(version.story as never)}, ${version.note}, ${version.created_at})
      returning id, scene_id, number, story
    ), named as (
      insert into scene_version_asset (asset_id, version_id)
      select distinct asset #>> '{}', made.id from made, jsonb_path_query(made.story, '$.**.assetId') as asset
    )
    update scene s set versions = made.number, published = s.draft, rev = s.rev + 1 from made where s.id = made.scene_id`;

/** Of own assets with these ids, what a story needs to know of them. */
export const mediaById = (sql: Queryable, ownerId: string, ids: ReadonlyArray<string>) =>
  sql<Array<{ id: string; media_type: "video" | "image"; duration_ms: number | null; sha256: string; name: string }>>`
    select id, media_type, duration_ms, sha256, name from asset
    where id = any(${textArray(sql, ids)}) and owner_id = ${ownerId} and deleted_at is null`;

/** Of own videos with these bytes, the newest of each. */
export const videosByBytes = (sql: Queryable, ownerId: string, hashes: ReadonlyArray<string>) =>
  sql<Array<{ id: string; sha256: string }>>`
    select distinct on (sha256) id, sha256 from asset
    where sha256 = any(${textArray(sql, hashes)}) and owner_id = ${ownerId} and media_type = 'video' and deleted_at is null
    order by sha256, created_at desc, id desc`;
