// Assets whose derivatives follow them, in SQL.
import type { Queryable, Tx } from "../client/database.ts";
import type { NewAsset } from "./asset.ts";

export const addDerivation = (sql: Queryable, assetId: string, dueAt: number) =>
  sql`insert into derivation (asset_id, due_at) values (${assetId}, ${dueAt})`;

/** Takes those that are due, at most `limit`: nobody else takes them before `until`. */
export const takeDerivations = (sql: Queryable, now: number, until: number, limit: number) =>
  sql<Array<{ id: string; owner_id: string }>>`
    update derivation d set due_at = ${until}
    from asset a
    where a.id = d.asset_id and d.asset_id in (
      select asset_id from derivation where due_at <= ${now} order by due_at limit ${limit} for update skip locked
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
