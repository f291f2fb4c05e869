// Actors in PostgreSQL (embedded or not). The actor rows, journal, effects, timers, inbox and projections of a flush are one
// statement, so one commit. Failures are told apart by what can be done about them; nothing here retries.
import { Effect } from "effect";
import type { ActorEvent } from "#protocol/actor.ts";
import { type Database, DatabaseError, type Sql } from "#db/client/database.ts";
import { storableJson, storableText } from "#db/client/storable.ts";
import {
  actorHeads,
  type ActorRow,
  actorsSteppedAfter,
  cellEpochs,
  claimCells,
  commitStatement,
  dueActors,
  journalRows,
  lastMigration,
  loadActors,
  outdatedActors,
  type ProjectionTable,
  runningActors,
  seenCommand,
  separator,
} from "#db/queries/actor.ts";
import { runs } from "./resident.ts";
import type { StoredSnapshot } from "./step.ts";
import {
  type ActorCommit,
  type ActorStore,
  cellOf,
  cellsFrom,
  type CommitBatch,
  type OpenEffect,
  pageOf,
  type SetTimer,
  type StoredActor,
  type StoreResult,
} from "./store.ts";

const listOf = <A>(json: string | null): ReadonlyArray<A> => (json === null ? [] : (JSON.parse(json) as ReadonlyArray<A>));

const actorOf = (row: ActorRow): StoredActor => ({
  address: row.id,
  kind: row.kind,
  machineVersion: row.machine_version,
  seq: row.seq,
  at: row.at,
  createdAt: row.created_at,
  parked: row.parked,
  snapshot: JSON.parse(row.snapshot) as StoredSnapshot,
  effects: listOf<OpenEffect>(row.effects),
  timers: listOf<SetTimer>(row.timers),
});

/** What has no answer after so long cannot be reached, ms: PostgreSQL would have given up sooner. It may happen still. */
const longestWait = 25_000;

const array = (values: ReadonlyArray<number | boolean | "null">): string => `{${values.join(",")}}`;
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
    array(actors.map(({ cell }) => cell)),
    array(actors.map(({ machineVersion }) => machineVersion)),
    array(last.map(({ seq }) => seq)),
    array(actors.map((actor) => actor.journal.length)),
    array(last.map(({ at }) => at)),
    array(actors.map(({ createdAt }) => createdAt)),
    texts(actors.map(({ state }) => state)),
    texts(actors.map(({ status }) => status)),
    // Empty means that it is not parked.
    texts(actors.map(({ parked }) => (parked === null ? "" : parked || " "))),
    jsonTexts(actors.map(({ snapshot }) => snapshot)),
    jsonTexts(actors.map(({ effects }) => listJson(effects))),
    jsonTexts(actors.map(({ timers }) => listJson(timers))),
    array(actors.map(({ effects, parked }) => effects.some((effect) => runs(effect, parked)))),
    array(actors.map(({ timers, parked }) => (timers.length === 0 || parked !== null ? "null" : soonest(timers)))),
    texts(actors.flatMap((actor) => actor.journal.map(() => actor.address))),
    array(journal.map(({ seq }) => seq)),
    array(journal.map(({ at }) => at)),
    jsonTexts(journal.map(({ event }) => JSON.stringify(event))),
  ];
};

const listJson = (list: ReadonlyArray<OpenEffect> | ReadonlyArray<SetTimer>): string => (list.length === 0 ? "" : JSON.stringify(list));
/** A delay may have fractions of a ms; the row says when surely nothing is due yet. */
const soonest = (timers: ReadonlyArray<SetTimer>): number => Math.floor(Math.min(...timers.map(({ dueAt }) => dueAt)));

/** What else a batch writes: JSON rows, built by hand so that they are encoded once; of projections by kind, in the order of `kinds`. */
const encodeRest = (batch: CommitBatch, kinds: ReadonlyArray<string>) => {
  const inbox: Array<string> = [];
  const projections = kinds.map((): Array<string> => []);
  for (const actor of batch.actors) {
    if (actor.inbox.length === 0 && actor.projection === null) continue;
    const id = JSON.stringify(plain(actor.address));
    const last = actor.journal[actor.journal.length - 1]!;
    for (const { eventId, hash, seq } of actor.inbox)
      inbox.push(`{"id":${id},"event_id":${JSON.stringify(eventId)},"hash":"${hash}","seq":${seq},"at":${last.at}}`);
    if (actor.projection !== null) projections[kinds.indexOf(actor.kind)]!.push(projectionJson(actor, id, last.seq));
  }
  return { inbox, projections };
};

const projectionJson = (actor: ActorCommit, id: string, seq: number): string => {
  const row = JSON.stringify(actor.projection);
  const comma = row === "{}" ? "" : ",";
  return `{"address":${id},"id":${JSON.stringify(actor.address.slice(actor.address.indexOf("/") + 1))},"rev":${seq}${comma}${row.slice(1)}`;
};

/** `projections`: table by kind. `waitMs`: for an answer of the database. */
export const makeSqlStore = (
  database: Database["Service"],
  projections: ReadonlyMap<string, ProjectionTable>,
  waitMs = longestWait,
): ActorStore => {
  const kinds = [...projections.keys()];
  const tables = [...projections.values()];
  /** By what a batch writes. There are few: a process has few kinds with a projection. */
  const statements = new Map<string, string>();
  const statementOf = (written: ReadonlyArray<boolean>): string => {
    const key = written.join();
    let statement = statements.get(key);
    if (statement === undefined) {
      const [heard = false, ...projected] = written;
      statement = commitStatement(
        heard,
        tables.filter((_, index) => projected[index]),
      );
      statements.set(key, statement);
    }
    return statement;
  };

  const answer = <A, B>(answered: Effect.Effect<A, DatabaseError>, map: (rows: A) => B, done: (result: StoreResult<B>) => void): void => {
    Effect.runFork(
      // The embedded database is no further away than this process: it may be busy, and then it answers.
      Effect.match(database.engine === "embedded" ? answered : Effect.timeoutOrElse(answered, { duration: waitMs, orElse: () => silent }), {
        onSuccess: (rows) => done({ ok: true, value: map(rows) }),
        onFailure: (error) => done({ ok: false, reason: reasonOf(error), message: error.message }),
      }),
    );
  };

  const run = <A, B>(query: (sql: Sql) => PromiseLike<A>, map: (rows: A) => B, done: (result: StoreResult<B>) => void): void =>
    answer(database.query(query), map, done);

  return {
    epochs: (cells, done) =>
      run(
        (sql) => cellEpochs(sql, cells),
        (rows) => new Map(rows.map(({ cell, epoch }) => [cell, epoch])),
        done,
      ),
    claim: (epochs, done) =>
      run(
        (sql) => claimCells(sql, epochs),
        (rows) => new Map(rows.map(({ cell, epoch }) => [cell, epoch])),
        done,
      ),
    openEffects: (cells, done) =>
      run(
        (sql) => runningActors(sql, cells),
        (rows) =>
          rows
            .flatMap(({ id, machine_version, parked, effects }) =>
              listOf<OpenEffect>(effects)
                .filter((effect) => runs(effect, parked))
                .map((effect) => ({ address: id, machineVersion: machine_version, effect })),
            )
            .toSorted((a, b) => a.effect.startedAt - b.effect.startedAt),
        done,
      ),
    outdated: (cells, versions, done) =>
      run(
        (sql) => outdatedActors(sql, cells, versions),
        (rows) => rows.map(({ id }) => id),
        done,
      ),
    dueTimers: (cells, until, limit, done) =>
      run(
        (sql) => dueActors(sql, cells, until, limit),
        (rows) =>
          rows
            .flatMap(({ id, timers }) =>
              listOf<SetTimer>(timers).flatMap(({ id: timerId, dueAt }) => (dueAt <= until ? [{ address: id, timerId, dueAt }] : [])),
            )
            .sort((a, b) => a.dueAt - b.dueAt)
            // Each actor has one at least: these are the soonest of all.
            .slice(0, limit),
        done,
      ),
    steppedAfter: (cells, at, from, limit, done) =>
      run(
        (sql) => actorsSteppedAfter(sql, cellsFrom(cells, from), at, { cell: from === null ? -1 : cellOf(from), id: from ?? "" }, limit),
        (rows) =>
          pageOf(
            rows.map(({ id }) => id),
            limit,
          ),
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
        (rows) => rows.map(({ seq, at, event }) => ({ seq, at, event: JSON.parse(event) as ActorEvent })),
        done,
      ),
    migratedAt: (address, done) =>
      run(
        (sql) => lastMigration(sql, address),
        ([row]) => row?.seq ?? 0,
        done,
      ),
    commit: (batch, done) => {
      const fence = [array([...batch.fence.keys()]), array([...batch.fence.values()])];
      const { inbox, projections } = encodeRest(batch, kinds);
      const rest = [inbox, ...projections];
      const statement = statementOf(rest.map((rows) => rows.length > 0));
      const parameters = [
        ...fence,
        ...encodeSteps(batch),
        ...rest.flatMap((rows) => (rows.length === 0 ? [] : [storableJson(`[${rows.join(",")}]`)])),
      ];
      answer(
        database.commit((sql) => sql.unsafe<Array<{ cell: number; written: number }>>(statement, parameters, { prepare: true })),
        (rows) => {
          const held = new Set(rows.map(({ cell }) => cell));
          const deposed = [...batch.fence.keys()].filter((cell) => !held.has(cell));
          // An actor under a valid epoch whose seq is not what its only writer left: it is not safe to go on with any of them.
          const offered = batch.actors.reduce((count, { cell }) => (held.has(cell) ? count + 1 : count), 0);
          const lost = rows.some(({ written }) => written !== offered);
          return { deposed: lost ? [...batch.fence.keys()] : deposed };
        },
        done,
      );
    },
  };
};

const silent = Effect.fail(new DatabaseError({ reason: "unavailable", message: "PostgreSQL does not answer.", cause: null }));

const reasonOf = (error: DatabaseError): "unavailable" | "full" | "fault" => (error.reason === "conflict" ? "fault" : error.reason);
