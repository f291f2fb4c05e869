// Assets whose derivatives follow them, in SQL.
import type { Queryable, Tx } from "../client/database.ts";
import type { NewAsset } from "./asset.ts";

export const addDerivation = (sql: Queryable, assetId: string, dueAt: number) =>
  sql`insert into derivation (asset_id, due_at) values (${assetId}, ${dueAt})`;

/** Makes all due: nobody is at work on them. */
export const hastenDerivations = (sql: Queryable, now: number) => sql`update derivation set due_at = ${now} where due_at > ${now}`;

/**
 * Takes one that is due; those of old assets (due at 0) only where no other is. Nobody else takes it for `leastMs`, and so many times as
 * long as its asset lasts besides. Answers nothing where none is due.
 */
export const takeDerivation = (sql: Queryable, now: number, leastMs: number, times: number) =>
  sql<Array<{ id: string; owner_id: string }>>`
    update derivation d set due_at = ${now + leastMs}::float8 + ${times}::float8 * coalesce(a.duration_ms, 0)
    from asset a
    where a.id = d.asset_id and d.asset_id = (
      select asset_id from derivation where due_at <= ${now} order by due_at = 0, due_at limit 1 for update skip locked
    )
    returning a.id, a.owner_id`;

/** They are made, or cannot be. Answers whether they were still to be made. */
export const endDerivation = async (sql: Queryable, assetId: string): Promise<boolean> =>
  (await sql`delete from derivation where asset_id = ${assetId} returning asset_id`).length > 0;

/** What was made of an asset, which gets a new revision. Nothing if it is gone. */
export const addDerivatives = (
  tx: Tx,
  assetId: string,
  { phash, thumbhash, sprite }: Pick<NewAsset, "phash" | "thumbhash" | "sprite">,
  files: NewAsset["files"],
) =>
  tx`
    with derived as (
      update asset set phash = ${phash}, thumbhash = ${thumbhash}, sprite = ${sprite === null ? null : tx.json({ ...sprite })}, rev = rev + 1
      where id = ${assetId} returning id
    )
    insert into asset_file (asset_id, role, sha256, mime, size, width, height)
    select derived.id, f.role, f.sha256, f.mime, f.size, f.width, f.height
    from derived, json_to_recordset(${tx.json(files.map((file) => ({ ...file })))}::json)
      as f (role text, sha256 text, mime text, size bigint, width integer, height integer)
    on conflict do nothing`;
