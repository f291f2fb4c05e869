// Assets, their files and their lineage in SQL. One statement a function; lists page by (created_at, id).
import type { Queryable, Tx } from "../client/database.ts";
import { textArray } from "./fragments.ts";
import { readableScene } from "./scene.ts";

export interface AssetFileRow {
  readonly sha256: string;
  readonly mime: string;
}

export interface AssetRow {
  readonly id: string;
  readonly owner_id: string;
  readonly media_type: "video" | "image";
  readonly mime: string;
  readonly name: string;
  readonly size: number;
  readonly width: number;
  readonly height: number;
  readonly duration_ms: number | null;
  readonly fps: number | null;
  readonly frames: number | null;
  readonly video_codec: string | null;
  readonly audio_codec: string | null;
  readonly sha256: string;
  readonly phash: string | null;
  readonly thumbhash: string | null;
  readonly sprite: {
    readonly columns: number;
    readonly rows: number;
    readonly frames: number;
    readonly width: number;
    readonly height: number;
  } | null;
  readonly origin: "generation" | "upload" | "frame";
  readonly origin_job_id: string | null;
  readonly origin_asset_id: string | null;
  readonly origin_time_ms: number | null;
  readonly prompt: string | null;
  readonly favourite: boolean;
  readonly created_at: number;
  readonly deleted_at: number | null;
  readonly rev: number;
  /** The original lies in the archive only. */
  readonly away: boolean;
  /** By role. */
  readonly files: Readonly<Record<string, AssetFileRow>>;
}

export interface NewAsset extends Omit<AssetRow, "files" | "favourite" | "deleted_at" | "rev" | "away"> {
  readonly files: ReadonlyArray<{
    readonly role: string;
    readonly sha256: string;
    readonly mime: string;
    readonly size: number;
    readonly width: number | null;
    readonly height: number | null;
  }>;
}

const columns = (sql: Queryable) => sql`
  a.id, a.owner_id, a.media_type, a.mime, a.name, a.size, a.width, a.height, a.duration_ms, a.fps, a.frames, a.video_codec,
  a.audio_codec, a.sha256, a.phash, a.thumbhash, a.sprite, a.origin, a.origin_job_id, a.origin_asset_id, a.origin_time_ms,
  a.prompt, a.favourite, a.created_at, a.deleted_at, a.rev,
  coalesce((select o.away from original o where o.sha256 = a.sha256), false) as away,
  (select json_object_agg(f.role, json_build_object('sha256', f.sha256, 'mime', f.mime))
   from asset_file f where f.asset_id = a.id) as files`;

/** Writes asset and files together. Answers no row if the id, this user's upload or this frame is there already. */
export const insertAsset = (sql: Queryable, asset: NewAsset) =>
  sql<Array<{ id: string }>>`
    with fresh as (
      insert into asset (id, owner_id, media_type, mime, name, size, width, height, duration_ms, fps, frames, video_codec,
        audio_codec, sha256, phash, thumbhash, sprite, origin, origin_job_id, origin_asset_id, origin_time_ms, prompt, created_at)
      values (${asset.id}, ${asset.owner_id}, ${asset.media_type}, ${asset.mime}, ${asset.name}, ${asset.size}, ${asset.width},
        ${asset.height}, ${asset.duration_ms}, ${asset.fps}, ${asset.frames}, ${asset.video_codec}, ${asset.audio_codec},
        ${asset.sha256}, ${asset.phash}, ${asset.thumbhash}, ${asset.sprite === null ? null : sql.json({ ...asset.sprite })},
        ${asset.origin}, ${asset.origin_job_id}, ${asset.origin_asset_id}, ${asset.origin_time_ms}, ${asset.prompt},
        ${asset.created_at})
      on conflict do nothing
      returning id
    ), written as (
      insert into asset_file (asset_id, role, sha256, mime, size, width, height)
      select fresh.id, f.role, f.sha256, f.mime, f.size, f.width, f.height
      from fresh, json_to_recordset(${sql.json(asset.files.map((file) => ({ ...file })))}::json)
        as f (role text, sha256 text, mime text, size bigint, width integer, height integer)
    )
    select id from fresh`;

export interface EdgeRow {
  readonly child_id: string;
  readonly parent_id: string;
  readonly relation: string;
  readonly operation: string | null;
  readonly time_ms: number | null;
  readonly ord: number;
}

/**
 * Writes edges from one child to parents of the same owner, except those that would close a cycle or whose parent is gone;
 * answers the `ord` of those written. Edges are added one transaction at a time: two at once could close a cycle together.
 */
export const insertEdges = async (
  tx: Tx,
  ownerId: string,
  childId: string,
  edges: ReadonlyArray<Omit<EdgeRow, "child_id">>,
): Promise<ReadonlyArray<number>> => {
  if (edges.length === 0) return [];
  await tx`select pg_advisory_xact_lock(hashtext('asset_edge'), hashtext(${ownerId}))`;
  const rows = await tx<Array<{ ord: number }>>`
    with recursive descendant (id) as (
      select ${childId}::text
      union
      select e.child_id from asset_edge e join descendant d on e.parent_id = d.id
    )
    insert into asset_edge (child_id, parent_id, relation, operation, time_ms, ord)
    select ${childId}, e.parent_id, e.relation, e.operation, e.time_ms, e.ord
    from json_to_recordset(${tx.json(edges.map((edge) => ({ ...edge })))}::json)
      as e (parent_id text, relation text, operation text, time_ms integer, ord integer)
    join asset p on p.id = e.parent_id and p.owner_id = ${ownerId}
    where not exists (select from descendant d where d.id = e.parent_id)
    on conflict do nothing
    returning ord`;
  return rows.map((row) => row.ord);
};

export const assetById = (sql: Queryable, ownerId: string, id: string) =>
  sql<Array<AssetRow>>`select ${columns(sql)} from asset a where a.id = ${id} and a.owner_id = ${ownerId}`;

export const assetsById = (sql: Queryable, ownerId: string, ids: ReadonlyArray<string>) =>
  sql<
    Array<AssetRow>
  >`select ${columns(sql)} from asset a where a.id = any(${sql.array([...ids], 25)}::text[]) and a.owner_id = ${ownerId}`;

/**
 * Of these, the assets of others that somebody may see: in the drafts of scenes that they may read, where their owners have put them, and in
 * versions of their own.
 */
export const lentAssetsById = (sql: Queryable, userId: string, ids: ReadonlyArray<string>) =>
  sql<Array<AssetRow>>`
    with seen as (
      select x.scene_id, x.asset_id from scene_asset x join scene s on s.id = x.scene_id
      where x.asset_id = any(${textArray(sql, ids)}) and s.deleted_at is null and ${readableScene(sql, userId)}
    ), named as (
      select distinct s.id as scene_id, asset #>> '{}' as asset_id from scene s cross join lateral jsonb_path_query(s.body, '$.**.assetId') as asset
      where s.id in (select scene_id from seen)
    )
    select ${columns(sql)} from asset a
    where a.id = any(${textArray(sql, ids)}) and a.owner_id <> ${userId} and (
      (a.deleted_at is null and exists (select from seen join named using (scene_id, asset_id) where asset_id = a.id))
      or exists (
        select from scene_version_asset n join scene_version v on v.id = n.version_id where n.asset_id = a.id and v.owner_id = ${userId}
      )
    )`;

/** Of these, what a version plays: what its owner has, and what others had put into its scenes when it was published. */
export const playedAssets = (
  sql: Queryable,
  { ownerId, versionId }: { readonly ownerId: string; readonly versionId: string },
  ids: ReadonlyArray<string>,
) =>
  sql<Array<AssetRow>>`
    select ${columns(sql)} from asset a
    where a.id = any(${textArray(sql, ids)}) and (
      a.owner_id = ${ownerId}
      or exists (select from scene_version_asset n where n.asset_id = a.id and n.version_id = ${versionId})
    )`;

export const ownAssetIds = (sql: Queryable, ownerId: string, ids: ReadonlyArray<string>) =>
  sql<Array<{ id: string }>>`select id from asset where id = any(${sql.array([...ids], 25)}::text[]) and owner_id = ${ownerId}`;

/** The asset that has these bytes as its original; uploads first, then the oldest; what is not in the trash before what is. */
export const assetByBytes = (sql: Queryable, ownerId: string, sha256: string) =>
  sql<Array<AssetRow>>`
    select ${columns(sql)} from asset a where a.owner_id = ${ownerId} and a.sha256 = ${sha256}
    order by a.deleted_at is not null, a.origin <> 'upload', a.created_at, a.id limit 1`;

/** Any user's asset with these bytes, if possible with all of its derivatives: what was found out and made of them need not be done again. */
export const assetTwin = (sql: Queryable, sha256: string) =>
  sql<Array<AssetRow>>`
    select ${columns(sql)} from asset a
    where a.id in (select f.asset_id from asset_file f where f.sha256 = ${sha256} and f.role = 'original')
    order by a.phash is null, not exists (select from asset_file f where f.asset_id = a.id and f.role = 'still') limit 1`;

/** The files of an asset, which is kept from being purged until the transaction ends; nothing if it is gone. */
export const holdAssetFiles = (tx: Tx, id: string) =>
  tx<Array<{ role: string; sha256: string; mime: string; size: number; width: number | null; height: number | null }>>`
    with held as (select id from asset where id = ${id} for key share)
    select f.role, f.sha256, f.mime, f.size, f.width, f.height from asset_file f join held on held.id = f.asset_id`;

export const assetOfFrame = (sql: Queryable, ownerId: string, assetId: string, timeMs: number) =>
  sql<Array<AssetRow>>`
    select ${columns(sql)} from asset a
    where a.owner_id = ${ownerId} and a.origin_asset_id = ${assetId} and a.origin_time_ms = ${timeMs} and a.origin = 'frame'`;

export interface AssetFilterArgs {
  readonly mediaType?: "video" | "image" | undefined;
  readonly origin?: "generation" | "upload" | "frame" | undefined;
  readonly favourite?: boolean | undefined;
  /** Part of name or prompt. */
  readonly search?: string | undefined;
  /** Those in the trash instead of those that are not. */
  readonly deleted: boolean;
}

const likePattern = (text: string): string => `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;

/** Newest first, after the given place. */
export const listAssets = (
  sql: Queryable,
  ownerId: string,
  filter: AssetFilterArgs,
  after: { readonly createdAt: number; readonly id: string } | null,
  limit: number,
) =>
  sql<Array<AssetRow>>`
    select ${columns(sql)}
    from (
      select * from asset
      where owner_id = ${ownerId} and ${filter.deleted ? sql`deleted_at is not null` : sql`deleted_at is null`}
        ${filter.mediaType === undefined ? sql`` : sql`and media_type = ${filter.mediaType}`}
        ${filter.origin === undefined ? sql`` : sql`and origin = ${filter.origin}`}
        ${filter.favourite === undefined ? sql`` : sql`and favourite = ${filter.favourite}`}
        ${filter.search === undefined ? sql`` : sql`and (name ilike ${likePattern(filter.search)} or prompt ilike ${likePattern(filter.search)})`}
        ${after === null ? sql`` : sql`and (created_at, id) < (${after.createdAt}, ${after.id})`}
      order by created_at desc, id desc
      limit ${limit}
    ) a
    order by a.created_at desc, a.id desc`;

export const countAssets = (sql: Queryable, ownerId: string) =>
  sql<Array<{ count: number }>>`select count(*)::int as count from asset where owner_id = ${ownerId} and deleted_at is null`;

/** Changes what is given; answers nothing if there is no such asset. */
export const updateAsset = (
  sql: Queryable,
  ownerId: string,
  id: string,
  change: { readonly name: string | null; readonly favourite: boolean | null },
) =>
  sql<Array<AssetRow>>`
    update asset a set name = coalesce(${change.name}, name), favourite = coalesce(${change.favourite}, favourite), rev = rev + 1
    where a.id = ${id} and a.owner_id = ${ownerId}
    returning ${columns(sql)}`;

/** Moves to the trash (`at`: ms epoch) or out of it (null). Answers those that changed. */
export const setDeleted = (sql: Queryable, ownerId: string, ids: ReadonlyArray<string>, at: number | null) =>
  sql<Array<AssetRow>>`
    update asset a set deleted_at = ${at}, rev = rev + 1
    where a.id = any(${sql.array([...ids], 25)}::text[]) and a.owner_id = ${ownerId} and (a.deleted_at is null) = ${at !== null}
    returning ${columns(sql)}`;

/** Ids of ancestors and descendants within `depth` generations, the asset itself among them, nearest first. */
export const lineageIds = (sql: Queryable, ownerId: string, id: string, depth: number, limit: number) =>
  sql<Array<{ id: string }>>`
    with recursive up (id, depth) as (
      select ${id}::text, 0
      union
      select e.parent_id, up.depth + 1 from up join asset_edge e on e.child_id = up.id where up.depth < ${depth}
    ), down (id, depth) as (
      select ${id}::text, 0
      union
      select e.child_id, down.depth + 1 from down join asset_edge e on e.parent_id = down.id where down.depth < ${depth}
    )
    select n.id from (select id, depth from up union all select id, depth from down) n
    join asset a on a.id = n.id and a.owner_id = ${ownerId}
    group by n.id order by min(n.depth), n.id limit ${limit}`;

export const edgesAmong = (sql: Queryable, ids: ReadonlyArray<string>) =>
  sql<Array<EdgeRow>>`
    select child_id, parent_id, relation, operation, time_ms, ord from asset_edge
    where child_id = any(${sql.array([...ids], 25)}::text[]) and parent_id = any(${sql.array([...ids], 25)}::text[])
    order by child_id, ord`;

/** Drops assets that have been in the trash since before `before`, at most `limit` of them, but for those that published stories play or have had made. */
export const purgeAssets = (sql: Queryable, before: number, limit: number) =>
  sql<Array<{ id: string }>>`
    delete from asset where id in (
      select a.id from asset a
      where a.deleted_at < ${before} and not exists (select from scene_version_asset v where v.asset_id = a.id)
        and not exists (select from play_generation g where g.asset_id = a.id)
      order by a.deleted_at limit ${limit}
    ) returning id`;

/** Which of these blobs an asset has, or an upload that is about to become one, or stand for a video where that was converted. */
export const blobsInUse = (sql: Queryable, sha256s: ReadonlyArray<string>) =>
  sql<Array<{ sha256: string }>>`
    with asked as (select unnest(${sql.array([...sha256s], 25)}::text[]) as sha256)
    select asked.sha256 from asked
    where exists (select from asset_file f where f.sha256 = asked.sha256)
      or exists (select from upload u where u.sha256 = asked.sha256 and u.checked and not u.finished)
      or exists (select from conversion c where c.made = asked.sha256)`;

/** All files that assets have, each once. */
export const allBlobs = (sql: Queryable) =>
  sql<Array<{ sha256: string; size: number }>>`select sha256, max(size) as size from asset_file group by sha256 order by sha256`;
