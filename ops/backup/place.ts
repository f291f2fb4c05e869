// A place that can be backed up and restored: a database and a data folder, as the settings of the server name them.
import { Effect, Layer } from "effect";
import { Database } from "#db/client/database.ts";
import { embeddedDatabase } from "#db/client/embedded.ts";
import { serverDatabase } from "#db/client/server.ts";

export interface Place {
  /** Folder of media, secrets and the embedded database. */
  readonly data: string;
  /** Folder of originals that are not in the data folder, where there is one. */
  readonly archive?: string | undefined;
  /** PostgreSQL in place of the embedded database. */
  readonly databaseUrl: string | undefined;
}

/**
 * Runs with the place's database, its schema as it is. `alone`: nobody else may use the data folder meanwhile; the embedded database
 * is always alone.
 */
export const withDatabase = <T>(
  { data, databaseUrl }: Place,
  alone: boolean,
  run: (database: Database["Service"]) => Promise<T>,
): Promise<T> => {
  const layer =
    databaseUrl === undefined
      ? embeddedDatabase({ dataDir: data, asItIs: true })
      : serverDatabase({ url: databaseUrl, dataDir: alone ? data : undefined, connections: 1, asItIs: true });
  return Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const context = yield* Layer.build(layer);
        const database = yield* Effect.provideContext(Database, context);
        return yield* Effect.promise(() => run(database));
      }),
    ),
  );
};
