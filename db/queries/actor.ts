// Durable actors in SQL: one statement commits the steps of many actors, fenced by the epochs of their cells.
// Rows travel as texts that PostgreSQL splits, which costs less than quoting every value into an array.
import type { Queryable } from "../client/database.ts";

export const cellEpochs = (sql: Queryable, cells: ReadonlyArray<number>) =>
  sql<Array<{ cell: number; epoch: number }>>`select cell, epoch from cell where cell = any(${sql.array([...cells], 23)}::int[])`;

/** Takes cells that still have the epoch given: who held them before can no longer write. Answers the new epochs. */
export const claimCells = (sql: Queryable, epochs: ReadonlyMap<number, number>) =>
  sql<Array<{ cell: number; epoch: number }>>`
    update cell c set epoch = c.epoch + 1
    from unnest(${sql.array([...epochs.keys()], 23)}::int[], ${sql.array([...epochs.values()], 20)}::bigint[]) as known(cell, epoch)
    where c.cell = known.cell and c.epoch = known.epoch
    returning c.cell, c.epoch`;

/** Actors with effects that go on by themselves. */
export const runningActors = (sql: Queryable, cells: ReadonlyArray<number>) =>
  sql<Array<{ id: string; machine_version: number; parked: string | null; effects: string }>>`
    select id, machine_version, parked, effects from actor where running and cell = any(${sql.array([...cells], 23)}::int[])`;

/** Actors that go on by themselves and were written by another machine version of their kind than the one given. */
export const outdatedActors = (sql: Queryable, cells: ReadonlyArray<number>, versions: ReadonlyMap<string, number>) =>
  sql<Array<{ id: string }>>`
    select a.id
    from actor a
      join unnest(${sql.array([...versions.keys()], 25)}::text[], ${sql.array([...versions.values()], 23)}::int[]) as v(kind, version)
        on a.kind = v.kind
    where a.cell = any(${sql.array([...cells], 23)}::int[])
      and a.status = 'active' and a.parked is null and a.machine_version <> v.version`;

/** Actors with a timer that is due by then, soonest first. */
export const dueActors = (sql: Queryable, cells: ReadonlyArray<number>, until: number, limit: number) =>
  sql<Array<{ id: string; timers: string }>>`
    select id, timers from actor where cell = any(${sql.array([...cells], 23)}::int[]) and due_at <= ${until}
    order by due_at limit ${limit}`;

/** Those with timers, and not parked, by cell and id: those of the cells, which are none before the cell of `from`, that come after it. */
export const actorsSteppedAfter = (
  sql: Queryable,
  cells: ReadonlyArray<number>,
  at: number,
  from: { readonly cell: number; readonly id: string },
  limit: number,
) =>
  sql<Array<{ id: string }>>`
    select id from actor
    where cell = any(${sql.array([...cells], 23)}::int[]) and due_at is not null and at > ${at}
      and (cell > ${from.cell} or id > ${from.id})
    order by cell, id limit ${limit}`;

export interface ActorRow {
  readonly id: string;
  readonly kind: string;
  readonly machine_version: number;
  readonly seq: number;
  readonly at: number;
  readonly created_at: number;
  readonly parked: string | null;
  readonly snapshot: string;
  readonly effects: string | null;
  readonly timers: string | null;
}

export const loadActors = (sql: Queryable, ids: ReadonlyArray<string>) =>
  sql<Array<ActorRow>>`
    select id, kind, machine_version, seq, at, created_at, parked, snapshot, effects, timers
    from actor where id = any(${sql.array([...ids], 25)}::text[])`;

/** Number of the last committed step of each. */
export const actorHeads = (sql: Queryable, ids: ReadonlyArray<string>) =>
  sql<Array<{ id: string; seq: number }>>`select id, seq from actor where id = any(${sql.array([...ids], 25)}::text[])`;

export const seenCommand = (sql: Queryable, actorId: string, eventId: string) =>
  sql<Array<{ hash: string; seq: number }>>`select hash, seq from actor_inbox where actor_id = ${actorId} and event_id = ${eventId}`;

export const journalRows = (sql: Queryable, actorId: string, from: number, limit: number) =>
  sql<Array<{ seq: number; at: number; event: string }>>`
    select seq, at, event from actor_event where actor_id = ${actorId} and seq >= ${from} order by seq limit ${limit}`;

export const lastMigration = (sql: Queryable, actorId: string) =>
  sql<Array<{ seq: number }>>`
    select seq from actor_event where actor_id = ${actorId} and event::json->>'type' = 'host.migrated' order by seq desc limit 1`;

export const listActors = (
  sql: Queryable,
  filter: {
    readonly kind: string | undefined;
    readonly parked: boolean | undefined;
    readonly after: string | undefined;
    readonly limit: number;
  },
) =>
  sql<Array<{ id: string; state: string; status: string; seq: number; parked: string | null; at: number }>>`
    select id, state, status, seq, parked, at from actor
    where true
      ${filter.kind === undefined ? sql`` : sql`and kind = ${filter.kind}`}
      ${filter.parked === undefined ? sql`` : filter.parked ? sql`and parked is not null` : sql`and parked is null`}
      ${filter.after === undefined ? sql`` : sql`and id > ${filter.after}`}
    order by id limit ${filter.limit}`;

export const countParked = (sql: Queryable) =>
  sql<Array<{ parked: number }>>`select count(*)::int as parked from actor where parked is not null`;

/** Actors of these cells that have not ended, by kind. */
export const countLiving = (sql: Queryable, cells: ReadonlyArray<number>) =>
  sql<Array<{ kind: string; living: number }>>`
    select kind, count(*)::int as living from actor where status = 'active' and cell = any(${sql.array([...cells], 23)}::int[]) group by kind`;

/** Forgets event ids older than `before`: repeats that late are no longer recognised. */
export const sweepInbox = (sql: Queryable, before: number) => sql`delete from actor_inbox where at < ${before}`;

/** A projection table that takes part in the commit; see the actor host's `Projection`. */
export interface ProjectionTable {
  readonly table: string;
  readonly columns: Readonly<Record<string, string>>;
}

/** Stands between the values of a column; in JSON text it never occurs. */
export const separator = "\u001e";
/** The values of a text column, from its parameter. */
const column = (parameter: number, more = ""): string => `string_to_table($${parameter}, chr(${separator.charCodeAt(0)})${more})`;

/**
 * The commit statement. Parameters, all text:
 * - $1 cells, $2 epochs: arrays;
 * - the actors, one parameter a column: $3 id, $4 kind, $5 cell, $6 machine_version, $7 seq, $8 steps, $9 at, $10 created_at,
 *   $11 state, $12 status, $13 parked, $14 snapshot, $15 effects, $16 timers, $17 running, $18 due_at (empty of $13, $15, $16: null);
 *   their journal: $19 id, $20 seq, $21 at, $22 event. Numbers are arrays, texts are joined by `separator`: this costs PostgreSQL a
 *   third less than JSON rows;
 * - JSON arrays: the inbox if it is `heard`, then one a projection. A part of the statement costs PostgreSQL as much without rows
 *   as with one.
 * Answers the cells of $1 that are still held, each with how many actors were written; all rows of other cells are left out.
 */
export const commitStatement = (heard: boolean, projections: ReadonlyArray<ProjectionTable>): string => `
with fence as (
  select c.cell from cell c join unnest($1::text::int[], $2::text::bigint[]) as f(cell, epoch) on c.cell = f.cell and c.epoch = f.epoch
  for share of c
), input as (
  select i.* from rows from (
    ${column(3)}, ${column(4)}, unnest($5::text::int[]), unnest($6::text::int[]), unnest($7::text::bigint[]),
    unnest($8::text::int[]), unnest($9::text::bigint[]), unnest($10::text::bigint[]), ${column(11)},
    ${column(12)}, ${column(13, ", ''")}, ${column(14)}, ${column(15, ", ''")}, ${column(16, ", ''")},
    unnest($17::text::boolean[]), unnest($18::text::bigint[])
  ) as i(id, kind, cell, machine_version, seq, steps, at, created_at, state, status, parked, snapshot, effects, timers, running, due_at)
  join fence on fence.cell = i.cell
), written as (
  insert into actor as a (id, kind, cell, machine_version, seq, steps, at, created_at, state, status, parked, snapshot, effects, timers,
    running, due_at)
  select id, kind, cell, machine_version, seq, steps, at, created_at, state, status, parked, snapshot, effects, timers, running, due_at
  from input order by id
  on conflict (id) do update set machine_version = excluded.machine_version, seq = excluded.seq, steps = excluded.steps, at = excluded.at,
    state = excluded.state, status = excluded.status, parked = excluded.parked, snapshot = excluded.snapshot, effects = excluded.effects,
    timers = excluded.timers, running = excluded.running, due_at = excluded.due_at
  where a.seq = excluded.seq - excluded.steps
  returning a.id
), journal as (
  insert into actor_event (actor_id, seq, at, event)
  select j.id, j.seq, j.at, j.event from rows from (
    ${column(19)}, unnest($20::text::bigint[]), unnest($21::text::bigint[]), ${column(22)}
  ) as j(id, seq, at, event) join written on written.id = j.id
)${
  heard
    ? `, inbox as (
  insert into actor_inbox (actor_id, event_id, hash, seq, at)
  select n.id, n.event_id, n.hash, n.seq, n.at
  from json_to_recordset($23::text::json) as n(id text, event_id text, hash text, seq bigint, at bigint) join written on written.id = n.id
)`
    : ""
}${projections
  .map((projection, index) => {
    const names = Object.keys(projection.columns);
    const typed = Object.entries(projection.columns).map(([name, type]) => `"${name}" ${type}`);
    const name = `"${projection.table}"`;
    return `, projection_${index} as (
  insert into ${name} as p (id, rev, ${names.map((column) => `"${column}"`).join(", ")})
  select r.id, r.rev, ${names.map((column) => `r."${column}"`).join(", ")}
  from json_to_recordset($${(heard ? 24 : 23) + index}::text::json) as r(address text, id text, rev bigint, ${typed.join(", ")}) join written on written.id = r.address
  on conflict (id) do update set rev = excluded.rev, ${names.map((column) => `"${column}" = excluded."${column}"`).join(", ")} where p.rev < excluded.rev
)`;
  })
  .join("")}
select fence.cell, (select count(*)::int from written) as written from fence`;
