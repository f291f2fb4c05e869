// Many rows for the lists of the workspace, written past the server, and how the database reads them.
import type { Sql } from "#db/client/database.ts";
import { listAssets } from "#db/queries/asset.ts";
import { listJobs } from "#db/queries/job.ts";

/** Ids as the lists show them: newest first. */
export const listed = async (sql: Sql, table: "job" | "asset"): Promise<ReadonlyArray<string>> => {
  const rows = await sql<
    Array<{ id: string }>
  >`select id from ${sql(table)} order by created_at desc, ${table === "job" ? sql`ordinal desc,` : sql``} id desc`;
  return rows.map(({ id }) => id);
};

/**
 * Writes `count` ended jobs and as many assets, older than all there are, as copies of the newest completed job and its asset: the copies
 * share its files. Always three have the same time, so that only their ids order them.
 */
export const writeMany = async (sql: Sql, count: number): Promise<void> => {
  await sql`
    insert into asset
    select copy.* from (select a from asset a where origin = 'generation' order by created_at desc limit 1) made, generate_series(1, ${count}::int) as n,
      json_populate_record(made.a, json_build_object(
        'id', 'ast_many_' || lpad(n::text, 6, '0'),
        'name', 'copy ' || n,
        'created_at', (made.a).created_at - 1000 * (1 + n / 3),
        'origin_job_id', 'job_many_' || lpad(n::text, 6, '0'),
        'width', (array[960, 540, 720, 1280])[1 + n % 4]
      )) as copy`;
  await sql`
    insert into asset_file (asset_id, role, sha256, mime, size, width, height)
    select c.id, f.role, f.sha256, f.mime, f.size, f.width, f.height
    from asset c, (select id from asset where id not like 'ast_many_%' and origin = 'generation' order by created_at desc limit 1) a
    join asset_file f on f.asset_id = a.id
    where c.id like 'ast_many_%'`;
  await sql`
    insert into job
    select copy.* from (select j from job j where state = 'completed' order by created_at desc limit 1) made, generate_series(1, ${count}::int) as n,
      json_populate_record(made.j, json_build_object(
        'id', 'job_many_' || lpad(n::text, 6, '0'),
        'prompt', 'copy ' || n || ' of a job with a prompt about as long as people write them, of mountains and the sea',
        'created_at', (made.j).created_at - 1000 * (1 + n / 3),
        'asset_id', case when n % 5 < 4 then 'ast_many_' || lpad(n::text, 6, '0') end,
        'state', case when n % 5 < 4 then 'completed' else 'cancelled' end
      )) as copy`;
  await sql`analyze job, asset, asset_file`;
};

/** How the database would read a page from the middle of each list, in its own words. */
export const plansOfPages = async (sql: Sql): Promise<{ readonly jobs: string; readonly assets: string; readonly search: string }> => {
  const [middle] = await sql<Array<{ owner: string; at: number; ordinal: number; id: string }>>`
    select owner_id as owner, created_at as at, ordinal, id from job order by created_at desc, ordinal desc, id desc offset (select count(*) / 2 from job) limit 1`;
  if (middle === undefined) throw new Error("There are no jobs.");
  const { owner, at: createdAt, ordinal, id } = middle;
  const explain = async (query: ReturnType<typeof listJobs> | ReturnType<typeof listAssets>): Promise<string> => {
    const lines = await sql<Array<{ "QUERY PLAN": string }>>`explain ${query}`;
    return lines.map((line) => line["QUERY PLAN"]).join("\n");
  };
  return {
    jobs: await explain(listJobs(sql, owner, { words: [] }, { createdAt, ordinal, id }, 201)),
    search: await explain(listJobs(sql, owner, { words: ["mountains", "sea"] }, { createdAt, ordinal, id }, 201)),
    assets: await explain(listAssets(sql, owner, { deleted: false }, { createdAt, id }, 201)),
  };
};
