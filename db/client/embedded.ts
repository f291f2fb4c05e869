// The embedded database: PGlite in a thread, reached by the same postgres.js as a server. Its folder is locked for this
// process. It runs without fsync: safe against a killed process, not against power loss.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Effect, Layer } from "effect";
import { Database, DatabaseError, type Sql } from "./database.ts";
import { EmbeddedBackend } from "./embedded-backend.ts";
import { lockFolder } from "./folder-lock.ts";
import { maintain } from "./maintenance.ts";
import { migrate } from "./migrate.ts";
import { codeOf, commonOptions, databaseError, idleTransactionMs, makeDatabase } from "./postgres-js.ts";
import { postgres } from "./postgres-mended.ts";
import { Multiplexer } from "./wire.ts";

export interface EmbeddedOptions {
  /** The database lies in its `db`, the lock beside that. */
  readonly dataDir: string;
  /** Free bytes of the disk below which the database is read-only. Default: 64 MiB. */
  readonly reserveBytes?: number;
  /** A batch of statements that runs for longer, ms, is ended and its connection lost: there is no cancelling. Default: 10 minutes. */
  readonly batchMs?: number;
  /** A transaction that sends nothing for so long, ms, is rolled back. Default: as for a server. */
  readonly idleTransactionMs?: number;
}

const sentence = (folder: string, cause: unknown): DatabaseError => {
  switch (codeOf(cause)) {
    case "EACCES":
    case "EROFS":
    case "EPERM":
      return new DatabaseError({
        reason: "full",
        message: `The data folder ${folder} cannot be written. Give it to this user, or choose another with PIXSIM_DATA.`,
        cause,
      });
    case "ENOSPC":
    case "EDQUOT":
    case "53100":
      return new DatabaseError({
        reason: "full",
        message: `The disk of the data folder ${folder} is full. Free some space and start again.`,
        cause,
      });
    case "ENOTDIR":
    case "EEXIST":
      return new DatabaseError({
        reason: "fault",
        message: `The data folder ${folder} is not a folder. Choose another with PIXSIM_DATA.`,
        cause,
      });
    default:
      return databaseError(cause);
  }
};

/** Opens (at first makes) the database in `<dataDir>/db`, locks `dataDir` and migrates. */
export const embeddedDatabase = (options: EmbeddedOptions): Layer.Layer<Database, DatabaseError> =>
  Layer.effect(
    Database,
    Effect.gen(function* () {
      const { dataDir } = options;
      const folder = join(dataDir, "db");
      const attempt = <T>(run: () => Promise<T>): Effect.Effect<T, DatabaseError> =>
        Effect.tryPromise({ try: run, catch: (cause) => sentence(dataDir, cause) });
      yield* Effect.acquireRelease(
        attempt(() => lockFolder(dataDir)),
        (unlock) => Effect.promise(unlock),
      );
      yield* attempt(() => mkdir(folder, { recursive: true }));
      const backend = yield* Effect.acquireRelease(
        Effect.sync(() => new EmbeddedBackend(folder, options.batchMs ?? 10 * 60_000)),
        (open) => Effect.promise(() => open.close()),
      );
      yield* attempt(() => backend.open());
      const multiplexer = new Multiplexer(backend, options.idleTransactionMs ?? idleTransactionMs);
      // One connection: there is one session behind it, and what many callers send at once goes to the thread together. With four,
      // each with a share, a loaded server answers an eighth as many.
      const sql = yield* Effect.acquireRelease(
        Effect.sync((): Sql => postgres({ ...commonOptions, max: 1, socket: () => multiplexer.connect() } as never) as unknown as Sql),
        (client) => Effect.promise(() => client.end({ timeout: 5 })),
      );
      yield* attempt(() => migrate(sql));
      const database = makeDatabase(sql, "embedded");
      yield* Effect.forkScoped(maintain(database, { folder, reserveBytes: options.reserveBytes ?? 64 * 1024 * 1024 }));
      return database;
    }),
  );
