// Stores log records in batches, beside the work: nobody waits for it, what it cannot keep up with is dropped and counted, and it outlives
// a database that fails. Deletes what is too old.
import { Clock, Duration, Effect, Fiber, Latch, Layer } from "effect";
import { Database, type DatabaseError } from "#db/client/database.ts";
import { storableJson } from "#db/client/storable.ts";
import { deleteLogRows, insertLogRows, type LogRow } from "#db/queries/log.ts";
import { Settings } from "../config/settings.ts";
import { Log } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { levels, type LogRecord } from "./record.ts";

/** Rows of one statement. */
const batchRows = 500;
/** How long a line waits for others. */
const gather = Duration.millis(250);
/** Waits after failed tries, doubled from the first to the longest. */
const firstRetryMs = 1000;
const longestRetryMs = 30_000;
/** How long the end of the program waits for the last lines. */
const lastFlush = Duration.seconds(2);
const sweepEvery = Duration.hours(1);
const sweepRows = 5000;
const dayMs = 86_400_000;

const rowOf = ({ time, level, service, env, msg, stage, context, durationMs, error, fields }: LogRecord): LogRow => ({
  time,
  level: levels[level],
  service,
  env,
  msg,
  stage,
  job: context.job,
  user_id: context.user,
  provider: context.provider,
  account: context.account,
  device: context.device,
  session: context.session,
  request: context.request,
  duration_ms: durationMs,
  error,
  fields: Object.keys(fields).length === 0 ? undefined : fields,
});

/** Deletes log lines older than `before`, ms since 1970, in portions that hold up nobody; answers how many. */
export const sweepLog = Effect.fnUntraced(function* (before: number) {
  const database = yield* Database;
  for (let all = 0; ;) {
    const [row] = yield* database.query((sql) => deleteLogRows(sql, before, sweepRows));
    const deleted = row?.deleted ?? 0;
    all += deleted;
    if (deleted < sweepRows) return all;
  }
});

/** Stores what comes into the queue of `Log` until its scope closes, then the rest. */
export const logSink: Layer.Layer<never, never, Log | Metrics | Database | Settings> = Layer.effectDiscard(
  Effect.gen(function* () {
    const log = yield* Log;
    const database = yield* Database;
    const { PIXSIM_LOG_DATABASE: stores, PIXSIM_LOG_DAYS: days } = yield* Settings;
    const { queue, speaker } = log;
    const metrics = yield* Metrics;
    const stored = metrics.counter("pixsim_log_stored_total");
    const dropped = metrics.counter("pixsim_log_dropped_total");
    const storeSeconds = metrics.histogram("pixsim_log_store_seconds");

    yield* Clock.currentTimeMillis.pipe(
      Effect.flatMap((now) => sweepLog(now - days * dayMs)),
      Effect.provideService(Database, database),
      Effect.tap((deleted) => (deleted > 0 ? Effect.annotateLogs(Effect.logInfo("old log lines were deleted"), { deleted }) : Effect.void)),
      Effect.catch((error) => Effect.annotateLogs(Effect.logWarning("old log lines could not be deleted"), { error })),
      Effect.andThen(Effect.sleep(sweepEvery)),
      Effect.forever,
      Effect.forkScoped,
    );
    if (!stores) return;

    const waiting = Latch.makeUnsafe(queue.size > 0);
    const full = Latch.makeUnsafe(queue.size >= batchRows);
    log.onQueued = () => {
      waiting.openUnsafe();
      if (queue.size >= batchRows) full.openUnsafe();
    };
    let failures = 0;

    /** A line of the sink's own: through the loggers it would carry the context of whoever came last. */
    const say = (level: "warn" | "info", msg: string, fields: Readonly<Record<string, unknown>>): Effect.Effect<void> =>
      Effect.map(Clock.currentTimeMillis, (time) =>
        log.emit({ ...speaker, time, level, msg, stage: undefined, context: {}, durationMs: undefined, error: undefined, fields }),
      );

    const store: Effect.Effect<void, DatabaseError> = Effect.gen(function* () {
      const records = queue.peek(batchRows);
      const rows = storableJson(JSON.stringify(records.map(rowOf)));
      const [took] = yield* database
        .query((sql) => insertLogRows(sql, rows))
        .pipe(
          Effect.tapError((error) =>
            // Not for want of a database or space: these lines would fail for ever.
            Effect.sync(() => (error.reason === "fault" || error.reason === "conflict" ? queue.lose(records) : undefined)),
          ),
          Effect.timed,
        );
      queue.done(records);
      stored.add(records.length);
      storeSeconds.observe(Duration.toSeconds(took));
    });
    let storing: Fiber.Fiber<void, DatabaseError> | undefined;
    /** At the end of the program a batch may be on its way: the last flush waits for it instead of storing it again. */
    const storeBatch: Effect.Effect<void, DatabaseError> = Effect.gen(function* () {
      storing ??= yield* Effect.forkDetach(
        Effect.ensuring(
          store,
          Effect.sync(() => (storing = undefined)),
        ),
      );
      yield* Fiber.join(storing);
    });

    const flush: Effect.Effect<void, DatabaseError> = Effect.gen(function* () {
      while (queue.size > 0) yield* storeBatch;
      const lost = queue.takeLost();
      if (lost > 0) {
        dropped.add(lost);
        yield* say("warn", "log lines were dropped before they were stored", { count: lost });
        yield* storeBatch;
      }
    });

    const round: Effect.Effect<void> = Effect.gen(function* () {
      yield* waiting.await;
      yield* Effect.timeoutOption(full.await, gather);
      waiting.closeUnsafe();
      full.closeUnsafe();
      yield* flush;
      if (failures > 0) yield* say("info", "log lines are stored again", { failures });
      failures = 0;
    }).pipe(
      Effect.catch(
        Effect.fnUntraced(function* (error: DatabaseError) {
          waiting.openUnsafe();
          if (failures++ === 0) yield* say("warn", "log lines cannot be stored; they wait", { reason: error.message });
          yield* Effect.sleep(Math.min(longestRetryMs, firstRetryMs * 2 ** (failures - 1)));
        }),
      ),
    );

    yield* Effect.addFinalizer(() => {
      log.onQueued = () => {};
      return Effect.ignore(Effect.timeoutOption(flush, lastFlush));
    });
    yield* Effect.forkScoped(Effect.forever(round));
  }),
);
