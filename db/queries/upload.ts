// Uploads under way in SQL.
import type { Queryable, Tx } from "../client/database.ts";

export interface UploadRow {
  readonly id: string;
  readonly owner_id: string;
  readonly name: string;
  readonly size: number;
  readonly sha256: string | null;
  readonly checked: boolean;
  readonly asset_id: string | null;
  readonly finished: boolean;
}

/** Begins an upload unless the user has `most` open ones: then no row is answered. */
export const insertUpload = async (
  tx: Tx,
  upload: Omit<UploadRow, "checked" | "finished">,
  now: number,
  most: number,
): Promise<ReadonlyArray<{ id: string }>> => {
  // Two at once could both see room for one more.
  await tx`select pg_advisory_xact_lock(hashtext('upload'), hashtext(${upload.owner_id}))`;
  return tx<Array<{ id: string }>>`
    insert into upload (id, owner_id, name, size, sha256, asset_id, touched_at)
    select ${upload.id}::text, ${upload.owner_id}::text, ${upload.name}::text, ${upload.size}::bigint, ${upload.sha256}::text,
      ${upload.asset_id}::text, ${now}::bigint
    where (select count(*) from upload where owner_id = ${upload.owner_id} and not finished) < ${most}
    returning id`;
};

export const uploadById = (sql: Queryable, ownerId: string, id: string) =>
  sql<Array<UploadRow>>`
    select id, owner_id, name, size, sha256, checked, asset_id, finished from upload where id = ${id} and owner_id = ${ownerId}`;

export const touchUpload = (sql: Queryable, id: string, now: number) => sql`update upload set touched_at = ${now} where id = ${id}`;

/** The bytes have been hashed and are these. */
export const markChecked = (sql: Queryable, id: string, sha256: string, now: number) =>
  sql`update upload set sha256 = ${sha256}, checked = true, touched_at = ${now} where id = ${id}`;

export const finishUpload = (sql: Queryable, id: string, assetId: string, sha256: string, now: number) =>
  sql`update upload set asset_id = ${assetId}, sha256 = ${sha256}, finished = true, touched_at = ${now} where id = ${id}`;

export const deleteUpload = (sql: Queryable, id: string) => sql`delete from upload where id = ${id}`;

/** Uploads, open or finished, that nothing was heard of since before `before`. */
export const staleUploads = (sql: Queryable, before: number, limit: number) =>
  sql<Array<{ id: string }>>`select id from upload where touched_at < ${before} order by touched_at limit ${limit}`;

/** Which of these uploads there are. */
export const knownUploads = (sql: Queryable, ids: ReadonlyArray<string>) =>
  sql<Array<{ id: string }>>`select id from upload where id = any(${sql.array([...ids], 25)}::text[])`;

/** Uploads, of all users, whose bytes are not all known to be there. */
export const comingUploads = (sql: Queryable) =>
  sql<Array<{ id: string; size: number }>>`select id, size from upload where not finished and asset_id is null and not checked`;

export interface StillUpload {
  readonly id: string;
  /** Announced bytes. */
  readonly size: number;
  readonly asset_id: string | null;
}

/** Open uploads of a user that nothing was heard of since before `before`, oldest first. */
export const stillUploads = (sql: Queryable, ownerId: string, before: number) =>
  sql<Array<StillUpload>>`
    select id, size, asset_id from upload where owner_id = ${ownerId} and not finished and touched_at < ${before} order by touched_at, id`;

/** Drops one of them, unless something was heard of it. */
export const deleteStillUpload = (sql: Queryable, id: string, before: number) =>
  sql<Array<{ id: string }>>`delete from upload where id = ${id} and not finished and touched_at < ${before} returning id`;
