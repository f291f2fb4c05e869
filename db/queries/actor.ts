// Durable actors in SQL: one statement commits the steps of many actors, fenced by the epochs of their cells.
// Rows travel as texts that PostgreSQL splits, which costs less than quoting every value into an array.
import type { Queryable } from "../client/database.ts";

/** Takes cells: who held them before can no longer write. Answers the new epochs. */
export const claimCells = (sql: Queryable, cells: ReadonlyArray<number>) =>
  sql<Array<{ cell: number; epoch: number }>>`
    update cell set epoch = epoch + 1 where cell = any(${sql.array([...cells], 23)}::int[]) returning cell, epoch`;

export interface EffectRow {
  readonly actor_id: string;
  readonly invoke_id: string;
  readonly seq: number;
  readonly name: string;
  readonly input: unknown;
  readonly review: boolean;
  readonly started_at: number;
}

export const openEffects = (sql: Queryable, cells: ReadonlyArray<number>) =>
  sql<Array<EffectRow & { readonly machine_version: number }>>`
    select e.actor_id, a.machine_version, e.invoke_id, e.seq, e.name, e.input, e.review, e.started_at
    from actor_effect e join actor a on a.id = e.actor_id
    where e.cell = any(${sql.array([...cells], 23)}::int[]) and not e.review and (a.parked is null or e.name like 'host.%')
    order by e.started_at`;

/** Actors that go on by themselves and were written by another machine version of their kind than the one given. */
export const outdatedActors = (sql: Queryable, cells: ReadonlyArray<number>, versions: ReadonlyMap<string, number>) =>
  sql<Array<{ id: string }>>`
    select a.id
    from actor a
      join unnest(${sql.array([...versions.keys()], 25)}::text[], ${sql.array([...versions.values()], 23)}::int[]) as v(kind, version)
        on a.kind = v.kind
    where a.cell = any(${sql.array([...cells], 23)}::int[])
      and a.status = 'active' and a.parked is null and a.machine_version <> v.version`;

export const dueTimers = (sql: Queryable, cells: ReadonlyArray<number>, until: number) =>
  sql<Array<{ actor_id: string; timer_id: string; due_at: number }>>`
    select t.actor_id, t.timer_id, t.due_at
    from actor_timer t join actor a on a.id = t.actor_id
    where t.cell = any(${sql.array([...cells], 23)}::int[]) and t.due_at <= ${until} and a.parked is null
    order by t.due_at limit 50000`;

export interface ActorRow {
  readonly id: string;
  readonly kind: string;
  readonly machine_version: number;
  readonly seq: number;
  readonly at: number;
  readonly created_at: number;
  readonly parked: string | null;
  readonly snapshot: unknown;
  readonly effects: ReadonlyArray<EffectRow> | null;
  readonly timers: ReadonlyArray<{ readonly timer_id: string; readonly due_at: number; readonly event: unknown }> | null;
}

export const loadActors = (sql: Queryable, ids: ReadonlyArray<string>) =>
  sql<Array<ActorRow>>`
    select a.id, a.kind, a.machine_version, a.seq, a.at, a.created_at, a.parked, a.snapshot,
      (select json_agg(e) from actor_effect e where e.actor_id = a.id) as effects,
      (select json_agg(t) from actor_timer t where t.actor_id = a.id) as timers
    from actor a where a.id = any(${sql.array([...ids], 25)}::text[])`;

/** Number of the last committed step of each. */
export const actorHeads = (sql: Queryable, ids: ReadonlyArray<string>) =>
  sql<Array<{ id: string; seq: number }>>`select id, seq from actor where id = any(${sql.array([...ids], 25)}::text[])`;

export const seenCommand = (sql: Queryable, actorId: string, eventId: string) =>
  sql<Array<{ hash: string; seq: number }>>`select hash, seq from actor_inbox where actor_id = ${actorId} and event_id = ${eventId}`;

export const journalRows = (sql: Queryable, actorId: string, from: number, limit: number) =>
  sql<Array<{ seq: number; at: number; event: unknown }>>`
    select seq, at, event from actor_event where actor_id = ${actorId} and seq >= ${from} order by seq limit ${limit}`;

export const lastMigration = (sql: Queryable, actorId: string) =>
  sql<Array<{ seq: number }>>`
    select seq from actor_event where actor_id = ${actorId} and event->>'type' = 'host.migrated' order by seq desc limit 1`;

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
 *   $11 state, $12 status, $13 parked (empty: not), $14 snapshot; their journal: $15 id, $16 seq, $17 at, $18 event. Numbers are
 *   arrays, texts are joined by `separator`: this costs PostgreSQL a third less than JSON rows;
 * - JSON arrays: $19 effects opened, $20 effects closed, $21 timers set, $22 timers cleared, $23 inbox, then one a projection.
 * Answers the cells of $1 that are still held; all rows of other cells are left out.
 */
export const commitStatement = (projections: ReadonlyArray<ProjectionTable>): string => `
with fence as (
  select c.cell from cell c join unnest($1::text::int[], $2::text::bigint[]) as f(cell, epoch) on c.cell = f.cell and c.epoch = f.epoch
  for share of c
), input as (
  select i.* from rows from (
    ${column(3)}, ${column(4)}, unnest($5::text::int[]), unnest($6::text::int[]), unnest($7::text::bigint[]),
    unnest($8::text::int[]), unnest($9::text::bigint[]), unnest($10::text::bigint[]), ${column(11)},
    ${column(12)}, ${column(13, ", ''")}, ${column(14)}
  ) as i(id, kind, cell, machine_version, seq, steps, at, created_at, state, status, parked, snapshot) join fence on fence.cell = i.cell
), written as (
  insert into actor as a (id, kind, cell, machine_version, seq, steps, at, created_at, state, status, parked, snapshot)
  select id, kind, cell, machine_version, seq, steps, at, created_at, state, status, parked, snapshot::json from input order by id
  on conflict (id) do update set machine_version = excluded.machine_version, seq = excluded.seq, steps = excluded.steps, at = excluded.at,
    state = excluded.state, status = excluded.status, parked = excluded.parked, snapshot = excluded.snapshot
  where a.seq = excluded.seq - excluded.steps
  returning a.id, a.cell
), journal as (
  insert into actor_event (actor_id, seq, at, event)
  select j.id, j.seq, j.at, j.event::json from rows from (
    ${column(15)}, unnest($16::text::bigint[]), unnest($17::text::bigint[]), ${column(18)}
  ) as j(id, seq, at, event) join written on written.id = j.id
), opened as (
  insert into actor_effect as e (actor_id, invoke_id, seq, cell, name, input, review, started_at)
  select o.id, o.invoke_id, o.seq, written.cell, o.name, o.input, o.review, o.started_at
  from json_to_recordset($19::text::json) as o(id text, invoke_id text, seq bigint, name text, input json, review boolean, started_at bigint)
  join written on written.id = o.id
  on conflict (actor_id, invoke_id) do update set seq = excluded.seq, name = excluded.name, input = excluded.input, review = excluded.review,
    started_at = excluded.started_at
), closed as (
  delete from actor_effect e using json_to_recordset($20::text::json) as x(id text, invoke_id text), written
  where written.id = x.id and e.actor_id = x.id and e.invoke_id = x.invoke_id
), timers as (
  insert into actor_timer as t (actor_id, timer_id, cell, due_at, event)
  select s.id, s.timer_id, written.cell, s.due_at, s.event
  from json_to_recordset($21::text::json) as s(id text, timer_id text, due_at bigint, event json) join written on written.id = s.id
  on conflict (actor_id, timer_id) do update set due_at = excluded.due_at, event = excluded.event
), cleared as (
  delete from actor_timer t using json_to_recordset($22::text::json) as y(id text, timer_id text), written
  where written.id = y.id and t.actor_id = y.id and t.timer_id = y.timer_id
), inbox as (
  insert into actor_inbox (actor_id, event_id, hash, seq, at)
  select n.id, n.event_id, n.hash, n.seq, n.at
  from json_to_recordset($23::text::json) as n(id text, event_id text, hash text, seq bigint, at bigint) join written on written.id = n.id
)${projections
  .map((projection, index) => {
    const names = Object.keys(projection.columns);
    const typed = Object.entries(projection.columns).map(([name, type]) => `"${name}" ${type}`);
    const name = `"${projection.table}"`;
    return `, projection_${index} as (
  insert into ${name} as p (id, rev, ${names.map((column) => `"${column}"`).join(", ")})
  select r.id, r.rev, ${names.map((column) => `r."${column}"`).join(", ")}
  from json_to_recordset($${24 + index}::text::json) as r(address text, id text, rev bigint, ${typed.join(", ")}) join written on written.id = r.address
  on conflict (id) do update set rev = excluded.rev, ${names.map((column) => `"${column}" = excluded."${column}"`).join(", ")} where p.rev < excluded.rev
)`;
  })
  .join("")}
select fence.cell, (select count(*)::int from written) as written, (select count(*)::int from input) as offered from fence`;
