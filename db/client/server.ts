// PostgreSQL as the database, by its URL.
import { Effect, Layer } from "effect";
import postgres from "postgres";
import { Database, type DatabaseError, type Sql } from "./database.ts";
import { migrate } from "./migrate.ts";
import { commonOptions, databaseError, makeDatabase } from "./postgres-js.ts";

/** Connects and migrates. Fails with a sentence for a person where that cannot be. */
export const serverDatabase = (options: { readonly url: string; readonly connections?: number }): Layer.Layer<Database, DatabaseError> =>
  Layer.effect(
    Database,
    Effect.gen(function* () {
      const sql = yield* Effect.acquireRelease(
        Effect.sync(
          (): Sql => postgres(options.url, { ...commonOptions, max: options.connections ?? 10, connect_timeout: 5 }) as unknown as Sql,
        ),
        (client) => Effect.promise(() => client.end({ timeout: 5 })),
      );
      yield* Effect.tryPromise({ try: () => migrate(sql), catch: databaseError });
      return makeDatabase(sql, "postgres");
    }),
  );
