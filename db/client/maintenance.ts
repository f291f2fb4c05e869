// What the background processes of a PostgreSQL do and the embedded one has not: checkpoints, which cut the write-ahead log, and
// vacuum with fresh statistics. Also keeps the disk from filling to the brim, as the engine does not survive that: below the
// reserve the database is read-only, and writers are told that it is full.
import { statfs } from "node:fs/promises";
import { Effect, Schedule } from "effect";
import type { Database, DatabaseError } from "./database.ts";
import { databaseError } from "./postgres-js.ts";

const megabyte = 1024 * 1024;
/** Log since the last checkpoint that calls for one at once, bytes. */
const muchLog = 48 * megabyte;
/** Less than this is not worth one, bytes. */
const littleLog = megabyte;
const tickSeconds = 5;
/** Ticks between checkpoints of a quiet database, and between looks at its tables. */
const checkpointTicks = 24;
const vacuumTicks = 12;
/** A checkpoint that finds no space breaks off and leaves the engine unusable: without this much it is not begun, bytes. */
const checkpointSpace = 32 * megabyte;

export interface MaintenanceOptions {
  /** Where the database lies. */
  readonly folder: string;
  /** Free bytes of the disk below which nothing more is written. */
  readonly reserveBytes: number;
}

/** One look at the database, for tests to call without waiting; `tick` counts from 0. */
export const makeMaintenance = (database: Database["Service"], { folder, reserveBytes }: MaintenanceOptions) => {
  let readOnly = false;

  const guardSpace = Effect.fnUntraced(function* (free: number) {
    const low = free < (readOnly ? reserveBytes * 1.25 : reserveBytes);
    // Said again at each look while it is low: a new thread has not heard it.
    if (low) yield* database.query((sql) => sql`set default_transaction_read_only = on`);
    else if (readOnly) yield* database.query((sql) => sql`set default_transaction_read_only = off`);
    if (low !== readOnly) {
      yield* Effect.annotateLogs(
        low
          ? Effect.logError("the disk is nearly full: the database is read-only until there is space")
          : Effect.logInfo("the disk has space again: the database can be written"),
        { folder, freeBytes: free, reserveBytes },
      );
    }
    readOnly = low;
  });

  const cutLog = Effect.fnUntraced(function* (tick: number, free: number) {
    const [row] = yield* database.query(
      (sql) => sql<Array<{ bytes: number }>>`
        select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn)::bigint as bytes from pg_control_checkpoint()`,
    );
    const bytes = row?.bytes ?? 0;
    if (bytes < (tick % checkpointTicks === checkpointTicks - 1 ? littleLog : muchLog) || free < checkpointSpace) return;
    yield* database.query((sql) => sql`checkpoint`);
  });

  /** The one table that needs it most: everybody waits meanwhile. The thresholds are those of autovacuum. */
  const vacuum = Effect.gen(function* () {
    yield* database.query((sql) => sql`select pg_stat_force_next_flush()`);
    const [table] = yield* database.query(
      (sql) => sql<Array<{ relname: string }>>`
        select relname from pg_stat_user_tables
        where schemaname = current_schema()
          and (n_dead_tup > 50 + 0.2 * n_live_tup or n_mod_since_analyze > 50 + 0.1 * n_live_tup or n_ins_since_vacuum > 1000 + 0.2 * n_live_tup)
        order by n_dead_tup + n_mod_since_analyze desc limit 1`,
    );
    if (table !== undefined) yield* database.query((sql) => sql`vacuum (analyze) ${sql(table.relname)}`);
  });

  return Effect.fnUntraced(function* (tick: number): Effect.fn.Return<void, DatabaseError> {
    const { bavail, bsize } = yield* Effect.tryPromise({ try: () => statfs(folder), catch: databaseError });
    const free = bavail * bsize;
    yield* guardSpace(free);
    if (!readOnly && tick % vacuumTicks === vacuumTicks - 1) yield* vacuum;
    yield* cutLog(tick, free);
  });
};

/** Maintains until it is interrupted. A look that failed is said and made again. */
export const maintain = (database: Database["Service"], options: MaintenanceOptions): Effect.Effect<never> => {
  const look = makeMaintenance(database, options);
  let tick = 0;
  return Effect.suspend(() => look(tick++)).pipe(
    Effect.catch((error) => Effect.annotateLogs(Effect.logWarning("maintenance of the database failed"), { reason: error.message })),
    Effect.repeat(Schedule.spaced(`${tickSeconds} seconds`)),
    Effect.andThen(Effect.never),
  );
};
