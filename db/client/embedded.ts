// The embedded database: PGlite in a thread, reached by the same postgres.js as a server. Its folder is locked for this
// process. It runs without fsync: safe against a killed process, not against power loss.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { Effect, Layer, Schedule } from "effect";
import postgres from "postgres";
import { Database, DatabaseError, type Sql } from "./database.ts";
import type { FromWorker, ToWorker } from "./embedded-worker.ts";
import { lockFolder } from "./folder-lock.ts";
import { migrate } from "./migrate.ts";
import { commonOptions, databaseError, makeDatabase } from "./postgres-js.ts";
import { type Backend, Multiplexer } from "./wire.ts";

/** The thread as a backend; rejects what is under way when it ends. */
const startWorker = (folder: string): Promise<Backend & { readonly close: () => Promise<void> }> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./embedded-worker.ts", import.meta.url), { workerData: { folder } });
    const waiting = new Map<number, { readonly resolve: (answer: Uint8Array) => void; readonly reject: (error: Error) => void }>();
    let last = 0;
    let ended = false;
    const say = (message: ToWorker, transfer: ReadonlyArray<ArrayBuffer> = []): void => worker.postMessage(message, transfer);
    const exited = new Promise<void>((done) =>
      worker.once("exit", () => {
        ended = true;
        for (const call of waiting.values())
          call.reject(Object.assign(new Error("the embedded database has stopped"), { code: "CONNECTION_CLOSED" }));
        waiting.clear();
        done();
      }),
    );
    worker.on("error", (error) => reject(error));
    worker.on("message", (message: FromWorker) => {
      if ("ready" in message) {
        resolve({
          exec: (messages) =>
            new Promise((answer, refuse) => {
              if (ended) return refuse(Object.assign(new Error("the embedded database has stopped"), { code: "CONNECTION_CLOSED" }));
              const id = ++last;
              waiting.set(id, { resolve: answer, reject: refuse });
              say({ id, messages }, [messages.buffer]);
            }),
          close: () => {
            say({ close: true });
            return exited;
          },
        });
      } else if ("failed" in message) {
        reject(new Error(message.failed));
        void worker.terminate();
      } else {
        const call = waiting.get(message.id);
        waiting.delete(message.id);
        if ("error" in message) call?.reject(new Error(message.error));
        else call?.resolve(message.answer);
      }
    });
  });

const sentence = (folder: string, cause: unknown): DatabaseError => {
  const code = (cause as NodeJS.ErrnoException | null)?.code;
  if (code === "EACCES" || code === "EROFS" || code === "EPERM") {
    return new DatabaseError({
      reason: "full",
      message: `The data folder ${folder} cannot be written. Give it to this user, or choose another with PIXSIM_DATA.`,
      cause,
    });
  }
  if (code === "ENOSPC")
    return new DatabaseError({
      reason: "full",
      message: `The disk of the data folder ${folder} is full. Free some space and start again.`,
      cause,
    });
  return databaseError(cause);
};

const attempt = <T>(folder: string, run: () => Promise<T>): Effect.Effect<T, DatabaseError> =>
  Effect.tryPromise({ try: run, catch: (cause) => sentence(folder, cause) });

/** Opens (at first makes) the database in `<dataDir>/db`, locks `dataDir` and migrates. */
export const embeddedDatabase = (options: { readonly dataDir: string }): Layer.Layer<Database, DatabaseError> =>
  Layer.effect(
    Database,
    Effect.gen(function* () {
      const { dataDir } = options;
      const folder = join(dataDir, "db");
      yield* Effect.acquireRelease(
        attempt(dataDir, () => lockFolder(dataDir)),
        (unlock) => Effect.promise(unlock),
      );
      yield* attempt(dataDir, () => mkdir(folder, { recursive: true }));
      const backend = yield* Effect.acquireRelease(
        attempt(dataDir, () => startWorker(folder)),
        (worker) => Effect.promise(() => worker.close()),
      );
      const multiplexer = new Multiplexer(backend);
      const sql = yield* Effect.acquireRelease(
        Effect.sync((): Sql => postgres({ ...commonOptions, max: 4, socket: () => multiplexer.connect() } as never) as unknown as Sql),
        (client) => Effect.promise(() => client.end({ timeout: 5 })),
      );
      yield* attempt(dataDir, () => migrate(sql));
      const database = makeDatabase(sql, "embedded");
      // There are no background processes: the log grows without end unless it is cut here, and statistics stay empty.
      yield* Effect.forkScoped(database.query((run) => run`checkpoint`).pipe(Effect.ignore, Effect.schedule(Schedule.spaced("2 minutes"))));
      yield* Effect.forkScoped(
        Effect.sleep("5 minutes").pipe(
          Effect.andThen(database.query((run) => run`vacuum (analyze)`)),
          Effect.ignore,
          Effect.repeat(Schedule.spaced("30 minutes")),
        ),
      );
      return database;
    }),
  );
