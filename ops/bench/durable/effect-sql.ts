// Effect's SqlClient on postgres.js, which its cluster needs; only as far as that goes. (Its own driver is not among the
// dependencies.)
import { Effect, Layer, Stream } from "effect";
import * as Reactivity from "effect/reactivity/Reactivity";
import * as SqlClient from "effect/sql/SqlClient";
import type { Connection } from "effect/sql/SqlConnection";
import { SqlError, UnknownError } from "effect/sql/SqlError";
import * as Statement from "effect/sql/Statement";
import type postgresJs from "postgres";
import { postgres } from "#db/client/postgres-mended.ts";

const compiler = Statement.makeCompiler({
  dialect: "pg",
  placeholder: (index) => `$${index}`,
  onIdentifier: Statement.defaultEscape('"'),
  onRecordUpdate: (placeholders, alias, columns, values) => [`(values ${placeholders}) AS ${alias}${columns}`, values.flat()],
  onCustom: () => ["", []],
});

const connectionOn = (sql: postgresJs.Sql): Connection => {
  const run = (text: string, parameters: ReadonlyArray<unknown>, prepare = true) =>
    Effect.tryPromise({
      try: () => sql.unsafe(text, parameters as Array<never>, { prepare }),
      catch: (cause) => new SqlError({ reason: new UnknownError({ cause }) }),
    });
  return {
    execute: (text, parameters) => run(text, parameters),
    executeRaw: (text, parameters) => run(text, parameters),
    executeUnprepared: (text, parameters) => run(text, parameters, false),
    executeValues: (text, parameters) => Effect.map(run(text, parameters), (rows) => rows.map((row) => Object.values(row))),
    executeValuesUnprepared: (text, parameters) =>
      Effect.map(run(text, parameters, false), (rows) => rows.map((row) => Object.values(row))),
    executeStream: (text, parameters) => Stream.fromIterableEffect(run(text, parameters)),
  };
};

export const effectSql = (url: string): Layer.Layer<SqlClient.SqlClient> =>
  Layer.effect(
    SqlClient.SqlClient,
    Effect.gen(function* () {
      const sql = yield* Effect.acquireRelease(
        Effect.sync(() => postgres(url, { max: 20, onnotice: () => {} })),
        (client) => Effect.promise(() => client.end({ timeout: 5 })),
      );
      const transactionAcquirer = Effect.acquireRelease(
        Effect.promise(() => sql.reserve()),
        (reserved) => Effect.sync(() => reserved.release()),
      ).pipe(Effect.map(connectionOn));
      return yield* SqlClient.make({
        acquirer: Effect.succeed(connectionOn(sql)),
        transactionAcquirer,
        compiler,
        driver: "postgres.js",
        spanAttributes: [],
      });
    }),
  ).pipe(Layer.provide(Reactivity.layer));
