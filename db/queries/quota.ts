// What a user keeps and what is on its way to it, for the quotas.
import type { Queryable, Tx } from "../client/database.ts";

export interface Usage {
  /** Assets outside of the trash, and the bytes of their originals. */
  readonly assets: number;
  readonly bytes: number;
  /** Uploads and jobs that are open or just let in, each of which may become an asset, and the bytes that are known of them. */
  readonly coming: number;
  readonly comingBytes: number;
}

/** Counted each time, so that it cannot drift. */
export const usageOf = async (sql: Queryable, ownerId: string): Promise<Usage> => {
  const [row] = await sql<Array<{ assets: number; bytes: number; coming: number; coming_bytes: number }>>`
    with kept as (
      select count(*) as assets, sum(size) as bytes from asset where owner_id = ${ownerId} and deleted_at is null
    ), uploading as (
      select count(*) as files, sum(size) as bytes from upload where owner_id = ${ownerId} and not finished and asset_id is null
    )
    select kept.assets::float8 as assets, coalesce(kept.bytes, 0)::float8 as bytes, coalesce(uploading.bytes, 0)::float8 as coming_bytes,
      (uploading.files + (select count(*) from job where owner_id = ${ownerId} and finished_at is null)
        + (select count(*) from job_reservation r where r.owner_id = ${ownerId} and not exists (select from job j where j.id = r.job_id))
      )::float8 as coming
    from kept, uploading`;
  return { assets: row?.assets ?? 0, bytes: row?.bytes ?? 0, coming: row?.coming ?? 0, comingBytes: row?.coming_bytes ?? 0 };
};

/** Lets in one at a time of what becomes an asset, or comes back as one, in this transaction: two could both see room for one more. */
export const lockUsage = (tx: Tx, ownerId: string) => tx`select pg_advisory_xact_lock(hashtext('quota'), hashtext(${ownerId}))`;

/** Gives back the places that were reserved for jobs. */
export const dropReservations = (sql: Queryable, ids: ReadonlyArray<string>) =>
  sql`delete from job_reservation where job_id = any(${sql.array([...ids], 25)}::text[])`;
