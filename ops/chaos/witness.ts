// A witness of who wrote what: triggers in the database note each commit with the cell's epoch at that moment and the runner that made
// it, and each change of an epoch. It knows nothing of what the runners believe.
import type { Sql } from "#db/client/database.ts";

/** A parameter of the connection that names the runner: the witness reads it. */
export const namedTo = (url: string, port: number, name: string): string => {
  const named = new URL(url);
  named.port = String(port);
  named.searchParams.set("chaos.runner", name);
  return named.href;
};

export const installWitness = (sql: Sql): Promise<unknown> =>
  sql.unsafe(`
    create table witness_commit (cell int, epoch bigint, runner text, at timestamptz default clock_timestamp());
    create table witness_claim (cell int, epoch bigint, runner text, at timestamptz default clock_timestamp());
    create index on witness_claim (cell, epoch desc) include (runner);
    create function witness_commit() returns trigger language plpgsql as $$ begin
      insert into witness_commit (cell, epoch, runner)
        select distinct c.cell, c.epoch, current_setting('chaos.runner', true)
        from written w join actor a on a.id = w.actor_id join cell c on c.cell = a.cell;
      return null;
    end $$;
    create function witness_claim() returns trigger language plpgsql as $$ begin
      insert into witness_claim (cell, epoch, runner) select cell, epoch, current_setting('chaos.runner', true) from claimed;
      return null;
    end $$;
    create trigger witness after insert on actor_event referencing new table as written for each statement execute function witness_commit();
    create trigger witness after update on cell referencing new table as claimed for each statement execute function witness_claim();
  `);

/** How many cells were last claimed by the runner. */
export const cellsOf = async (sql: Sql, runner: string): Promise<number> => {
  const [row] = await sql<Array<{ cells: number }>>`
    select count(*)::int as cells from (select distinct on (cell) runner from witness_claim order by cell, epoch desc) c
    where runner = ${runner}`;
  return row?.cells ?? 0;
};

/** Epochs in which somebody wrote who had not raised it to that. */
export const trespasses = async (sql: Sql): Promise<ReadonlyArray<string>> => {
  const rows = await sql<Array<{ cell: number; epoch: number; writers: string; owner: string | null }>>`
    select m.cell, m.epoch, string_agg(distinct m.runner, ', ') as writers, max(l.runner) as owner
    from witness_commit m left join witness_claim l on l.cell = m.cell and l.epoch = m.epoch
    where l.runner is distinct from m.runner and m.epoch > 0
    group by m.cell, m.epoch order by m.cell, m.epoch`;
  return rows.map(
    ({ cell, epoch, writers, owner }) => `${writers} wrote to cell ${cell} in epoch ${epoch}, which is ${owner ?? "nobody"}'s`,
  );
};
