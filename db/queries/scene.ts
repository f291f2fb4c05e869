// Scenes and their versions in SQL. One statement a function; lists page by (created_at, id), and leave drafts and stories where they are.
import type { Queryable, Tx } from "../client/database.ts";
import { storableJson } from "../client/storable.ts";
import { likePattern, textArray } from "./fragments.ts";

export interface SceneVersionRow {
  readonly id: string;
  readonly scene_id: string;
  readonly number: number;
  readonly note: string;
  readonly created_at: number;
}

export type GrantedRole = "editor" | "viewer";

/** By which it is decided who may do what with a scene. */
export interface SharedRow {
  readonly owner_id: string;
  readonly owner_name: string | null;
  /** Null: nobody but the owner has it. */
  readonly grants: ReadonlyArray<{ readonly user_id: string; readonly role: GrantedRole }> | null;
}

export interface SceneRow extends SharedRow {
  readonly id: string;
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
  /** JSON. */
  readonly body: string;
}

export interface StoredDraftRow extends DraftRow, SharedRow {
  /** Which of its changes it has. */
  readonly draft: number;
}

const shared = (sql: Queryable) => sql`
  s.owner_id, (select u.username from app_user u where u.id = s.owner_id) as owner_name,
  (select jsonb_agg(jsonb_build_object('user_id', g.user_id, 'role', g.role)) from scene_grant g where g.scene_id = s.id) as grants`;

const columns = (sql: Queryable) => sql`
  s.id, ${shared(sql)}, s.title, s.nodes, s.edges, s.draft, s.published, s.versions, s.created_at, s.changed_at, s.deleted_at, s.rev,
  (select jsonb_build_object('id', v.id, 'scene_id', v.scene_id, 'number', v.number, 'note', v.note, 'created_at', v.created_at)
   from scene_version v where v.scene_id = s.id and v.number = s.versions) as latest`;

const granted = (sql: Queryable, userId: string) =>
  sql`s.id = any(array(select g.scene_id from scene_grant g where g.user_id = ${userId}))`;

/** Scenes `s` that somebody may read: their own, and those outside of the trash that are shared with them. */
export const readableScene = (sql: Queryable, userId: string) =>
  sql`(s.owner_id = ${userId} or (s.deleted_at is null and ${granted(sql, userId)}))`;

/** Changes of one owner's scenes go one after the other in this transaction: limits are checked, and drafts read, before the write. */
export const lockScenes = (tx: Tx, ownerId: string) => tx`select pg_advisory_xact_lock(hashtext('scene'), hashtext(${ownerId}))`;

/** Those that this user may read. */
export const scenesById = (sql: Queryable, userId: string, ids: ReadonlyArray<string>) =>
  sql<Array<SceneRow>>`select ${columns(sql)} from scene s where s.id = any(${textArray(sql, ids)}) and ${readableScene(sql, userId)}`;

/** Whoever may read it. */
export const sceneOf = (sql: Queryable, id: string) => sql<Array<SceneRow>>`select ${columns(sql)} from scene s where s.id = ${id}`;

/** Those that this user may read and that are not in the trash. */
export const draftsById = (sql: Queryable, userId: string, ids: ReadonlyArray<string>) =>
  sql<Array<StoredDraftRow>>`
    select s.id, s.title, s.format, s.draft, s.body::text as body, ${shared(sql)} from scene s
    where s.id = any(${textArray(sql, ids)}) and s.deleted_at is null and ${readableScene(sql, userId)}`;

/** Those of these that are this owner's and not in the trash, whoever may read them. */
export const scenesOfOwner = (sql: Queryable, ownerId: string, ids: ReadonlyArray<string>) =>
  sql<Array<{ id: string }>>`
    select id from scene where id = any(${textArray(sql, ids)}) and owner_id = ${ownerId} and deleted_at is null`;

/** Newest first, after the given place, with each of these words in the title. The trash is its owner's alone. */
export const listScenes = (
  sql: Queryable,
  userId: string,
  filter: {
    readonly words: ReadonlyArray<string>;
    readonly deleted: boolean;
    /** Of others only. */ readonly shared?: boolean;
    /** Of this owner only. */ readonly ownerId?: string | null;
  },
  after: { readonly createdAt: number; readonly id: string } | null,
  limit: number,
) =>
  sql<Array<SceneRow>>`
    select ${columns(sql)} from scene s
    where ${filter.deleted ? sql`s.owner_id = ${userId} and s.deleted_at is not null` : sql`s.deleted_at is null and ${readableScene(sql, userId)}`}
      ${filter.shared === true ? sql`and s.owner_id <> ${userId}` : sql``}
      ${filter.ownerId === undefined || filter.ownerId === null ? sql`` : sql`and s.owner_id = ${filter.ownerId}`}
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
    values (${scene.id}, ${scene.owner_id}, ${scene.title}, ${scene.format}, ${storableJson(scene.body)}::text::jsonb, ${scene.nodes},
      ${scene.edges}, ${scene.created_at}, ${scene.created_at})`;

/** Of a scene that is there: whether this is what it was made as, or it was changed since. */
export const isMadeAs = (tx: Tx, { id, title, body }: Pick<NewScene, "id" | "title" | "body">) =>
  tx<Array<{ same: boolean }>>`
    select changed_at > created_at or (title = ${title} and body = ${storableJson(body)}::text::jsonb) as same from scene where id = ${id}`;

/** Answers it as this left it. */
export const updateDraft = (tx: Tx, { id, format, body, nodes, edges }: Omit<NewScene, "owner_id" | "title" | "created_at">, now: number) =>
  tx<Array<SceneRow>>`
    update scene s set format = ${format}, body = ${storableJson(body)}::text::jsonb, nodes = ${nodes}, edges = ${edges}, draft = draft + 1,
      changed_at = ${now}, rev = rev + 1
    where id = ${id}
    returning ${columns(tx)}`;

export const renameScene = (tx: Tx, id: string, title: string, now: number) =>
  tx`update scene set title = ${title}, changed_at = ${now}, rev = rev + 1 where id = ${id}`;

/** Lets a user have it, or have it in another role. */
export const grantScene = (tx: Tx, id: string, userId: string, role: GrantedRole, now: number) =>
  tx`
    insert into scene_grant (scene_id, user_id, role, granted_at) values (${id}, ${userId}, ${role}, ${now})
    on conflict (scene_id, user_id) do update set role = excluded.role`;

export const withdrawScene = (tx: Tx, id: string, userId: string) =>
  tx`delete from scene_grant where scene_id = ${id} and user_id = ${userId}`;

/** Who has it has changed: those who have looked at it before look anew. */
export const touchScene = (tx: Tx, id: string) => tx`update scene set rev = rev + 1 where id = ${id}`;

/** In the order in which they were given it. */
export const peopleOfScene = (sql: Queryable, id: string) =>
  sql<Array<{ user_id: string; name: string; role: GrantedRole; granted_at: number }>>`
    select g.user_id, u.username as name, g.role, g.granted_at from scene_grant g join app_user u on u.id = g.user_id
    where g.scene_id = ${id} order by g.granted_at, g.user_id`;

/** A user puts these assets into a scene, as far as they are their own. */
export const lendAssets = (tx: Tx, sceneId: string, userId: string, ids: ReadonlyArray<string>) =>
  tx`
    insert into scene_asset (scene_id, asset_id)
    select ${sceneId}, id from asset where id = any(${textArray(tx, ids)}) and owner_id = ${userId}
    on conflict do nothing`;

/** Those of these that their owners have put into the scene. */
export const lentAmong = (sql: Queryable, sceneId: string, ids: ReadonlyArray<string>) =>
  sql<Array<{ asset_id: string }>>`
    select asset_id from scene_asset where scene_id = ${sceneId} and asset_id = any(${textArray(sql, ids)})`;

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

export const versionById = (sql: Queryable, ownerId: string, id: string) =>
  sql<Array<SceneVersionRow>>`select ${versionColumns(sql)} from scene_version v where v.id = ${id} and v.owner_id = ${ownerId}`;

/** With its story as JSON. */
export const storyOfVersion = (sql: Queryable, ownerId: string, id: string) =>
  sql<Array<SceneVersionRow & { readonly format: number; readonly story: string }>>`
    select ${versionColumns(sql)}, v.format, v.story::text as story from scene_version v where v.id = ${id} and v.owner_id = ${ownerId}`;

export interface NewSceneVersion extends SceneVersionRow {
  readonly owner_id: string;
  readonly format: number;
  /** JSON. */
  readonly story: string;
}

/** An asset `a` that a story of this user's may play: their own, or one that its owner has put into one of these scenes. */
const playable = (sql: Queryable, userId: string, scenes: ReadonlyArray<string>) =>
  sql`(a.owner_id = ${userId}
    or exists (select from scene_asset x where x.asset_id = a.id and x.scene_id = any(${textArray(sql, scenes)})))`;

/** The next version of its scene, and the one that the scene stands at now. `scenes`: of which its story is made. */
export const insertSceneVersion = (tx: Tx, version: NewSceneVersion, scenes: ReadonlyArray<string>) =>
  tx`
    with made as (
      insert into scene_version (id, scene_id, owner_id, number, format, story, note, created_at)
      values (${version.id}, ${version.scene_id}, ${version.owner_id}, ${version.number}, ${version.format},
        ${storableJson(version.story)}::text::jsonb, ${version.note}, ${version.created_at})
      returning id, scene_id, number, story
    ), named as (
      insert into scene_version_asset (asset_id, version_id)
      select distinct a.id, made.id
      from made cross join lateral jsonb_path_query(made.story, '$.**.assetId') as named join asset a on a.id = named #>> '{}'
      where ${playable(tx, version.owner_id, scenes)}
    )
    update scene s set versions = made.number, published = s.draft, rev = s.rev + 1 from made where s.id = made.scene_id`;

/** Of assets with these ids that a user may have played in these scenes, what a story needs to know of them. */
export const mediaById = (sql: Queryable, userId: string, scenes: ReadonlyArray<string>, ids: ReadonlyArray<string>) =>
  sql<Array<{ id: string; media_type: "video" | "image"; duration_ms: number | null; sha256: string; name: string }>>`
    select a.id, a.media_type, a.duration_ms, a.sha256, a.name from asset a
    where a.id = any(${textArray(sql, ids)}) and ${playable(sql, userId, scenes)} and a.deleted_at is null`;

/** A part of a file that is to be brought in; one that comes again is in the place of the one before. */
export const putScenePart = (
  tx: Tx,
  part: { readonly owner_id: string; readonly file: string; readonly at: number; readonly text: string; readonly created_at: number },
) =>
  tx`
    insert into scene_part (owner_id, file, at, text, created_at)
    values (${part.owner_id}, ${part.file}, ${part.at}, ${part.text}, ${part.created_at})
    on conflict (owner_id, file, at) do update set text = excluded.text, created_at = excluded.created_at`;

/** Of the files of a user only the newest so many keep their parts. */
export const keepSceneParts = (tx: Tx, ownerId: string, files: number) =>
  tx`
    delete from scene_part where owner_id = ${ownerId} and file not in (
      select file from scene_part where owner_id = ${ownerId} group by file order by max(created_at) desc, file limit ${files}
    )`;

/** In their order. */
export const scenePartsOf = (sql: Queryable, ownerId: string, file: string, count: number) =>
  sql<Array<{ at: number; text: string }>>`
    select at, text from scene_part where owner_id = ${ownerId} and file = ${file} and at < ${count} order by at`;

/** Forgets parts of files of which none has come since then. */
export const dropSceneParts = (sql: Queryable, before: number) =>
  sql<Array<{ at: number }>>`
    delete from scene_part p where (select max(n.created_at) from scene_part n where n.owner_id = p.owner_id and n.file = p.file) < ${before}
    returning p.at`;

/** Of own clips and pictures with these bytes, the newest of each. */
export const assetsByBytes = (sql: Queryable, ownerId: string, hashes: ReadonlyArray<string>) =>
  sql<Array<{ id: string; sha256: string }>>`
    select distinct on (sha256) id, sha256 from asset
    where sha256 = any(${textArray(sql, hashes)}) and owner_id = ${ownerId} and deleted_at is null
    order by sha256, created_at desc, id desc`;
