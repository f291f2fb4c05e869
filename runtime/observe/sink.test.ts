// The sink on both engines, and on a database that fails as the test says.
import { Deferred, Effect, Layer, ManagedRuntime } from "effect";
import { TestClock } from "effect/testing";
import { afterEach, describe, expect, test } from "vitest";
import { Database, DatabaseError, type Sql } from "#db/client/database.ts";
import { testDatabases } from "#db/client/testing.ts";
import { readSettings, Settings } from "../config/settings.ts";
import { Log, logLayer } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { streamOutput } from "./output.ts";
import { logSink, sweepLog } from "./sink.ts";

interface Row {
  readonly msg: string;
  readonly level: number;
  readonly job: string | null;
  readonly user_id: string | null;
  readonly stage: string | null;
  readonly duration_ms: number | null;
  readonly error: { readonly message: string } | null;
  readonly fields: Readonly<Record<string, unknown>> | null;
}

const settings = Layer.succeed(Settings, readSettings({ PIXSIM_ENV: "tests" }));
const log = (written: Array<string>, mostWaiting?: number) =>
  logLayer({
    output: streamOutput({ write: (line) => written.push(line) }),
    ...(mostWaiting === undefined ? {} : { mostWaiting }),
  }).pipe(Layer.provide(settings));

describe.each(testDatabases)("on the $engine database", ({ layer }) => {
  test("lines of all shapes are stored in their order, the last at the end of the program", async () => {
    const stored = await Effect.runPromise(
      Effect.gen(function* () {
        const database = yield* Database;
        yield* Effect.gen(function* () {
          yield* Effect.logInfo("pipeline:start").pipe(Effect.annotateLogs({ job: "job_1", user: "usr_1", durationMs: 1.5, size: 7 }));
          yield* Effect.logError("with \0 and \uD800 in it", { odd: "a\0b\uDFFF", text: String.raw`\u0000` }, new Error("no\0 way"));
          yield* Effect.forEach(Array.from({ length: 1200 }), (_, n) => Effect.logWarning("many", { n }));
        }).pipe(Effect.provide(logSink.pipe(Layer.provide(Metrics.layer), Layer.provideMerge(log([])), Layer.provide(settings))));
        return yield* database.query((sql) => sql<Array<Row>>`select * from log_entry order by id`);
      }).pipe(Effect.provide(layer)),
    );
    expect(stored).toHaveLength(1202);
    expect(stored[0]).toMatchObject({
      msg: "pipeline:start",
      stage: "pipeline:start",
      level: 30,
      service: "server",
      env: "tests",
      job: "job_1",
      user_id: "usr_1",
      duration_ms: 1.5,
      error: null,
      fields: { size: 7 },
    });
    expect(stored[1]).toMatchObject({
      level: 50,
      msg: "with \uFFFD and \uFFFD in it",
      error: { type: "Error", message: "no\uFFFD way" },
      fields: { odd: "a\uFFFDb\uFFFD", text: String.raw`\u0000` },
    });
    expect(stored.slice(2).map(({ fields }) => fields?.["n"])).toEqual(Array.from({ length: 1200 }, (_, n) => n));
  });

  test("old lines are deleted and young ones stay", async () => {
    const left = await Effect.runPromise(
      Effect.gen(function* () {
        const database = yield* Database;
        yield* database.query(
          (sql) => sql`
            insert into log_entry (time, level, service, env, msg)
            select n, 30, 's', 'e', 'm' from generate_series(1, 12000) as n`,
        );
        expect(yield* sweepLog(11_000)).toBe(10_999);
        return yield* database.query(
          (sql) => sql<Array<{ n: number; first: number }>>`select count(*)::int as n, min(time) as first from log_entry`,
        );
      }).pipe(Effect.provide(layer)),
    );
    expect(left).toEqual([{ n: 1001, first: 11_000 }]);
  });
});

describe("a database that fails", () => {
  let runtime: ManagedRuntime.ManagedRuntime<Log | Metrics, never> | undefined;
  afterEach(() => runtime?.dispose());

  /** Lets the sink's statements be answered by the test. */
  const start = async (
    answer: (rows: ReadonlyArray<{ readonly msg: string }>) => Effect.Effect<void, DatabaseError>,
    mostWaiting?: number,
  ) => {
    const written: Array<string> = [];
    const port = Layer.succeed(
      Database,
      Database.of({
        engine: "embedded",
        sql: undefined as unknown as Sql,
        transaction: () => Effect.die("not used"),
        commit: () => Effect.die("not used"),
        query: <T>(run: (sql: Sql) => PromiseLike<T>) =>
          Effect.suspend(() => {
            // The statement's only parameter besides the sweep's two is the batch.
            const capture = ((_: TemplateStringsArray, ...values: ReadonlyArray<unknown>) => values) as unknown as Sql;
            const values = run(capture) as unknown as ReadonlyArray<unknown>;
            if (values.length !== 1) return Effect.succeed([{ deleted: 0 }] as unknown as T);
            return Effect.as(answer(JSON.parse(values[0] as string) as ReadonlyArray<{ msg: string }>), [] as unknown as T);
          }),
      }),
    );
    runtime = ManagedRuntime.make(
      logSink.pipe(
        Layer.provide(port),
        Layer.provide(settings),
        Layer.provideMerge(Layer.mergeAll(log(written, mostWaiting), Metrics.layer)),
        Layer.provideMerge(TestClock.layer()),
      ),
    );
    await runtime.runPromise(Log);
    const run = <A>(effect: Effect.Effect<A, never, Log>) => runtime!.runPromise(effect);
    return {
      written,
      run,
      log: (msg: string, count = 1) =>
        run(Effect.forEach(Array.from({ length: count }), (_, n) => Effect.logInfo(msg, { n }), { discard: true })),
      advance: (ms: number) => runtime!.runPromise(TestClock.adjust(ms)),
      clock: () => runtime!.runPromise(TestClock.testClockWith(Effect.succeed)),
      metrics: () => runtime!.runPromise(Effect.map(Metrics, (metrics) => metrics.render())),
    };
  };
  const failure = (reason: DatabaseError["reason"]) => new DatabaseError({ reason, message: `It is ${reason}.`, cause: undefined });

  test("is tried again later and later, said to fail once, and gets all that waited", async () => {
    let up = false;
    let tries = 0;
    const stored: Array<string> = [];
    const sink = await start((rows) =>
      Effect.suspend(() => {
        tries++;
        if (!up) return Effect.fail(failure("unavailable"));
        stored.push(...rows.map(({ msg }) => msg));
        return Effect.void;
      }),
    );
    await sink.log("work", 3);
    await sink.advance(250);
    expect(tries).toBe(1);
    for (const wait of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      await sink.advance(wait - 1);
      const before = tries;
      // The line that tells of the failure may gather for a moment first.
      await sink.advance(251);
      expect(tries - before).toBeLessThanOrEqual(1);
    }
    expect(sink.written.filter((line) => line.includes("cannot be stored"))).toHaveLength(1);
    up = true;
    await sink.advance(31_000);
    expect(stored.slice(0, 4)).toEqual(["work", "work", "work", "log lines cannot be stored; they wait"]);
    expect(sink.written.filter((line) => line.includes("stored again"))).toHaveLength(1);
  });

  test("costs the oldest lines when too many wait, and their number is told", async () => {
    let up = false;
    const stored: Array<{ readonly msg: string; readonly fields?: { readonly n?: number; readonly count?: number } }> = [];
    const sink = await start(
      (rows) =>
        Effect.suspend(() => {
          if (!up) return Effect.fail(failure("full"));
          stored.push(...rows);
          return Effect.void;
        }),
      1000,
    );
    await sink.log("work", 5000);
    await sink.advance(2000);
    up = true;
    await sink.advance(60_000);
    const work = stored.filter(({ msg }) => msg === "work");
    expect(work.at(-1)?.fields?.n).toBe(4999);
    const told = stored.filter(({ msg }) => msg.includes("dropped")).reduce((sum, { fields }) => sum + (fields?.count ?? 0), 0);
    expect(work.length + told).toBeGreaterThanOrEqual(5000);
    expect(sink.written.length).toBeGreaterThanOrEqual(5000);
    expect(await sink.metrics()).toContain(`pixsim_log_dropped_total ${told}\n`);
  });

  test("does not get lines that it can never take twice", async () => {
    const batches: Array<ReadonlyArray<string>> = [];
    const sink = await start((rows) =>
      Effect.suspend(() => {
        batches.push(rows.map(({ msg }) => msg));
        return batches.length === 1 ? Effect.fail(failure("fault")) : Effect.void;
      }),
    );
    await sink.log("poison");
    await sink.advance(250);
    await sink.log("fine");
    await sink.advance(5000);
    expect(batches[0]).toEqual(["poison"]);
    expect(batches.slice(1).flat()).not.toContain("poison");
    expect(batches.slice(1).flat()).toContain("fine");
  });

  test("that never answers does not hold up who logs, nor the end of the program", async () => {
    const asked = Deferred.makeUnsafe<void>();
    const sink = await start(() => Effect.andThen(Deferred.succeed(asked, undefined), Effect.never));
    await sink.log("work", 2000);
    await sink.advance(250);
    await Effect.runPromise(Deferred.await(asked));
    await sink.log("more", 100);
    expect(sink.written).toHaveLength(2100);
    const clock = await sink.clock();
    let over = false;
    const ended = runtime!.dispose().then(() => (over = true));
    while (!over) await Effect.runPromise(clock.adjust("1 second"));
    await ended;
    runtime = undefined;
  });

  test("gets a batch once that was under way when the program ended", async () => {
    const asked = Deferred.makeUnsafe<void>();
    const answered = Deferred.makeUnsafe<void>();
    const stored: Array<string> = [];
    const sink = await start((rows) =>
      Effect.gen(function* () {
        yield* Deferred.succeed(asked, undefined);
        yield* Deferred.await(answered);
        stored.push(...rows.map(({ msg }) => msg));
      }),
    );
    await sink.log("first");
    await sink.advance(250);
    await Effect.runPromise(Deferred.await(asked));
    await sink.log("second");
    const ended = runtime!.dispose();
    await Effect.runPromise(Deferred.succeed(answered, undefined));
    await ended;
    runtime = undefined;
    expect(stored).toEqual(["first", "second"]);
  });
});
