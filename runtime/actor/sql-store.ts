// Actors in PostgreSQL (embedded or not). The actor rows, journal, effects, timers, inbox and projections of a flush are one
// statement, so one commit. Failures are told apart by what can be done about them; nothing here retries.
import { Effect } from "effect";
import type { ActorEvent } from "#protocol/actor.ts";
import type { Database, DatabaseError, Sql } from "#db/client/database.ts";
import { storableJson } from "#db/client/storable.ts";
import {
  type ActorRow,
  claimCells,
  commitStatement,
  dueTimers,
  type EffectRow,
  journalRows,
  loadActors,
  openEffects,
  type ProjectionTable,
  seenCommand,
} from "#db/queries/actor.ts";
import type { StoredSnapshot } from "./step.ts";
import type { ActorCommit, ActorStore, CommitBatch, OpenEffect, StoredActor, StoreResult } from "./store.ts";

const effectOf = (row: EffectRow): OpenEffect => ({
  invokeId: row.invoke_id,
  seq: row.seq,
  name: row.name,
  input: row.input,
  review: row.review,
  startedAt: row.started_at,
});

const actorOf = (row: ActorRow): StoredActor => ({
  address: row.id,
  kind: row.kind,
  machineVersion: row.machine_version,
  seq: row.seq,
  at: row.at,
  createdAt: row.created_at,
  parked: row.parked,
  snapshot: row.snapshot as StoredSnapshot,
  effects: (row.effects ?? []).map(effectOf),
  timers: (row.timers ?? []).map((timer) => ({ id: timer.timer_id, dueAt: timer.due_at, event: timer.event as ActorEvent })),
});

/** JSON arrays of a batch, built by hand: snapshots and events are JSON text already or are encoded once. */
const encode = (batch: CommitBatch, kinds: ReadonlyArray<string>) => {
  const actors: Array<string> = [];
  const journal: Array<string> = [];
  const opened: Array<string> = [];
  const closed: Array<string> = [];
  const timersSet: Array<string> = [];
  const timersCleared: Array<string> = [];
  const inbox: Array<string> = [];
  const projections = kinds.map((): Array<string> => []);
  for (const actor of batch.actors) {
    const id = JSON.stringify(actor.address);
    const last = actor.journal[actor.journal.length - 1]!;
    actors.push(
      `{"id":${id},"kind":"${actor.kind}","cell":${actor.cell},"machine_version":${actor.machineVersion},"seq":${last.seq},"steps":${actor.journal.length},` +
        `"at":${last.at},"created_at":${actor.createdAt},"state":${JSON.stringify(actor.state)},"status":"${actor.status}",` +
        `"parked":${JSON.stringify(actor.parked)},"snapshot":${actor.snapshot}}`,
    );
    for (const row of actor.journal) journal.push(`{"id":${id},"seq":${row.seq},"at":${row.at},"event":${JSON.stringify(row.event)}}`);
    for (const effect of actor.opened) {
      opened.push(
        `{"id":${id},"invoke_id":${JSON.stringify(effect.invokeId)},"seq":${effect.seq},"name":${JSON.stringify(effect.name)},` +
          `"input":${JSON.stringify(effect.input) ?? "null"},"review":${effect.review},"started_at":${effect.startedAt}}`,
      );
    }
    for (const invokeId of actor.closed) closed.push(`{"id":${id},"invoke_id":${JSON.stringify(invokeId)}}`);
    for (const timer of actor.timersSet) {
      timersSet.push(
        `{"id":${id},"timer_id":${JSON.stringify(timer.id)},"due_at":${Math.ceil(timer.dueAt)},"event":${JSON.stringify(timer.event)}}`,
      );
    }
    for (const timerId of actor.timersCleared) timersCleared.push(`{"id":${id},"timer_id":${JSON.stringify(timerId)}}`);
    for (const { eventId, hash, seq } of actor.inbox)
      inbox.push(`{"id":${id},"event_id":${JSON.stringify(eventId)},"hash":"${hash}","seq":${seq},"at":${last.at}}`);
    if (actor.projection !== null) projections[kinds.indexOf(actor.kind)]!.push(projectionJson(actor, id, last.seq));
  }
  return [actors, journal, opened, closed, timersSet, timersCleared, inbox, ...projections].map((rows) =>
    storableJson(`[${rows.join(",")}]`),
  );
};

const projectionJson = (actor: ActorCommit, id: string, seq: number): string => {
  const row = JSON.stringify(actor.projection);
  const separator = row === "{}" ? "" : ",";
  return `{"address":${id},"id":${JSON.stringify(actor.address.slice(actor.address.indexOf("/") + 1))},"rev":${seq}${separator}${row.slice(1)}`;
};

/** `projections`: table by kind. */
export const makeSqlStore = (database: Database["Service"], projections: ReadonlyMap<string, ProjectionTable>): ActorStore => {
  const kinds = [...projections.keys()];
  const statement = commitStatement([...projections.values()]);

  const run = <A, B>(query: (sql: Sql) => PromiseLike<A>, map: (rows: A) => B, done: (result: StoreResult<B>) => void): void => {
    Effect.runFork(
      Effect.match(database.query(query), {
        onSuccess: (rows) => done({ ok: true, value: map(rows) }),
        onFailure: (error) => done({ ok: false, reason: reasonOf(error), message: error.message }),
      }),
    );
  };

  return {
    claim: (cells, done) =>
      run(
        (sql) => claimCells(sql, cells),
        (rows) => new Map(rows.map(({ cell, epoch }) => [cell, epoch])),
        done,
      ),
    openEffects: (cells, done) =>
      run(
        (sql) => openEffects(sql, cells),
        (rows) => rows.map((row) => ({ address: row.actor_id, effect: effectOf(row) })),
        done,
      ),
    dueTimers: (cells, until, done) =>
      run(
        (sql) => dueTimers(sql, cells, until),
        (rows) => rows.map((row) => ({ address: row.actor_id, timerId: row.timer_id, dueAt: row.due_at })),
        done,
      ),
    load: (addresses, done) =>
      run(
        (sql) => loadActors(sql, addresses),
        (rows) => new Map(rows.map((row) => [row.id, actorOf(row)])),
        done,
      ),
    seen: (address, eventId, done) =>
      run(
        (sql) => seenCommand(sql, address, eventId),
        ([row]) => (row === undefined ? null : { eventId, hash: row.hash, seq: row.seq }),
        done,
      ),
    journal: (address, from, limit, done) =>
      run(
        (sql) => journalRows(sql, address, from, limit),
        (rows) => rows.map(({ seq, at, event }) => ({ seq, at, event: event as ActorEvent })),
        done,
      ),
    commit: (batch, done) => {
      const parameters = [[...batch.fence.keys()], [...batch.fence.values()], ...encode(batch, kinds)];
      run(
        (sql) => sql.unsafe<Array<{ cell: number; written: number; offered: number }>>(statement, parameters, { prepare: true }),
        (rows) => {
          const held = new Set(rows.map(({ cell }) => cell));
          const deposed = [...batch.fence.keys()].filter((cell) => !held.has(cell));
          // An actor under a valid epoch whose seq is not what its only writer left: it is not safe to go on with any of them.
          const lost = rows.some(({ written, offered }) => written !== offered);
          return { deposed: lost ? [...batch.fence.keys()] : deposed };
        },
        done,
      );
    },
  };
};

const reasonOf = (error: DatabaseError): "unavailable" | "full" | "fault" => (error.reason === "conflict" ? "fault" : error.reason);
