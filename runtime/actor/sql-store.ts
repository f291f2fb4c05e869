// Actors in PostgreSQL (embedded or not). The actor rows, journal, effects, timers, inbox and projections of a flush are one
// statement, so one commit. Failures are told apart by what can be done about them; nothing here retries.
import { Effect } from "effect";
import type { ActorEvent } from "#protocol/actor.ts";
import type { Database, DatabaseError, Sql } from "#db/client/database.ts";
import { storableJson, storableText } from "#db/client/storable.ts";
import {
  actorHeads,
  type ActorRow,
  claimCells,
  commitStatement,
  dueTimers,
  type EffectRow,
  journalRows,
  lastMigration,
  loadActors,
  openEffects,
  outdatedActors,
  type ProjectionTable,
  seenCommand,
  separator,
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

const numbers = (values: ReadonlyArray<number>): string => `{${values.join(",")}}`;
/** Text without the separator, which would shift every row after it. */
const plain = (text: string): string => (text.includes(separator) ? text.replaceAll(separator, "\uFFFD") : text);
const texts = (values: ReadonlyArray<string>): string => storableText(values.map(plain).join(separator));
/** JSON writes the separator as an escape. */
const jsonTexts = (values: ReadonlyArray<string>): string => storableJson(values.join(separator));

/** Actors and journal of a batch column by column, as the commit statement takes them. */
const encodeSteps = ({ actors }: CommitBatch): ReadonlyArray<string> => {
  const last = actors.map(({ journal }) => journal[journal.length - 1]!);
  const journal = actors.flatMap((actor) => actor.journal);
  return [
    texts(actors.map(({ address }) => address)),
    texts(actors.map(({ kind }) => kind)),
    numbers(actors.map(({ cell }) => cell)),
    numbers(actors.map(({ machineVersion }) => machineVersion)),
    numbers(last.map(({ seq }) => seq)),
    numbers(actors.map((actor) => actor.journal.length)),
    numbers(last.map(({ at }) => at)),
    numbers(actors.map(({ createdAt }) => createdAt)),
    texts(actors.map(({ state }) => state)),
    texts(actors.map(({ status }) => status)),
    // Empty means that it is not parked.
    texts(actors.map(({ parked }) => (parked === null ? "" : parked || " "))),
    jsonTexts(actors.map(({ snapshot }) => snapshot)),
    texts(actors.flatMap((actor) => actor.journal.map(() => actor.address))),
    numbers(journal.map(({ seq }) => seq)),
    numbers(journal.map(({ at }) => at)),
    jsonTexts(journal.map(({ event }) => JSON.stringify(event))),
  ];
};

/** JSON arrays of what else a batch writes, built by hand: inputs and rows are encoded once. */
const encodeRest = (batch: CommitBatch, kinds: ReadonlyArray<string>): ReadonlyArray<string> => {
  const opened: Array<string> = [];
  const closed: Array<string> = [];
  const timersSet: Array<string> = [];
  const timersCleared: Array<string> = [];
  const inbox: Array<string> = [];
  const projections = kinds.map((): Array<string> => []);
  for (const actor of batch.actors) {
    const id = JSON.stringify(plain(actor.address));
    const last = actor.journal[actor.journal.length - 1]!;
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
  return [opened, closed, timersSet, timersCleared, inbox, ...projections].map((rows) => storableJson(`[${rows.join(",")}]`));
};

const projectionJson = (actor: ActorCommit, id: string, seq: number): string => {
  const row = JSON.stringify(actor.projection);
  const comma = row === "{}" ? "" : ",";
  return `{"address":${id},"id":${JSON.stringify(actor.address.slice(actor.address.indexOf("/") + 1))},"rev":${seq}${comma}${row.slice(1)}`;
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
        (rows) => rows.map((row) => ({ address: row.actor_id, machineVersion: row.machine_version, effect: effectOf(row) })),
        done,
      ),
    outdated: (cells, versions, done) =>
      run(
        (sql) => outdatedActors(sql, cells, versions),
        (rows) => rows.map(({ id }) => id),
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
    heads: (addresses, done) =>
      run(
        (sql) => actorHeads(sql, addresses),
        (rows) => new Map(rows.map(({ id, seq }) => [id, seq])),
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
    migratedAt: (address, done) =>
      run(
        (sql) => lastMigration(sql, address),
        ([row]) => row?.seq ?? 0,
        done,
      ),
    commit: (batch, done) => {
      const fence = [numbers([...batch.fence.keys()]), numbers([...batch.fence.values()])];
      const parameters = [...fence, ...encodeSteps(batch), ...encodeRest(batch, kinds)];
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
