// The embedded database: PGlite in a thread, reached by the same postgres.js as a server. Its folder is locked for this
// process. It runs without fsync: safe against a killed process, not against power loss.
import { Effect, Layer } from "effect";
import { Database, type DatabaseError, type Sql } from "./database.ts";
import { folderError } from "./data-folder.ts";
import { type OpenFolder, openFolder } from "./embedded-folder.ts";
import { maintain } from "./maintenance.ts";
import { migrate } from "./migrate.ts";
import { commonOptions, idleTransactionMs, makeDatabase } from "./postgres-js.ts";
import { postgres } from "./postgres-mended.ts";
import { Multiplexer } from "./wire.ts";

export interface EmbeddedOptions {
  /** The database lies in its `db`, the lock beside that. */
  readonly dataDir: string;
  /** `dataDir`, where its opening has begun already. */
  readonly opening?: Promise<OpenFolder> | undefined;
  /** Free bytes of the disk below which the database is read-only. Default: 64 MiB. */
  readonly reserveBytes?: number;
  /** A batch of statements that runs for longer, ms, is ended and its connection lost: there is no cancelling. Default: 10 minutes. */
  readonly batchMs?: number;
  /** A transaction that sends nothing for so long, ms, is rolled back. Default: as for a server. */
  readonly idleTransactionMs?: number;
  /** The schema stays as it is; a new database has none. */
  readonly asItIs?: boolean;
}

/** Opens (at first makes) the database in `<dataDir>/db`, or goes on with one that is being opened; migrates. */
export const embeddedDatabase = (options: EmbeddedOptions): Layer.Layer<Database, DatabaseError> =>
  Layer.effect(
    Database,
    Effect.gen(function* () {
      const { dataDir, opening = openFolder(dataDir, { batchMs: options.batchMs, bare: options.asItIs }) } = options;
      const attempt = <T>(run: () => Promise<T>): Effect.Effect<T, DatabaseError> =>
        Effect.tryPromise({ try: run, catch: (cause) => folderError(dataDir, cause) });
      const { folder, backend } = yield* Effect.acquireRelease(
        attempt(() => opening),
        ({ close }) => Effect.promise(close),
      );
      yield* attempt(() => backend.open());
      const multiplexer = new Multiplexer(backend, options.idleTransactionMs ?? idleTransactionMs);
      // One connection: there is one session behind it, and what many callers send at once goes to the thread together. With four,
      // each with a share, a loaded server answers an eighth as many.
      const sql = yield* Effect.acquireRelease(
        Effect.sync((): Sql => postgres({ ...commonOptions, max: 1, socket: () => multiplexer.connect() } as never) as unknown as Sql),
        (client) => Effect.promise(() => client.end({ timeout: 5 })),
      );
      if (options.asItIs !== true) yield* attempt(() => migrate(sql));
      const database = makeDatabase(sql, "embedded");
      yield* Effect.forkScoped(maintain(database, { folder, reserveBytes: options.reserveBytes ?? 64 * 1024 * 1024 }));
      return database;
    }),
  );
