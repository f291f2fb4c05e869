// PostgreSQL as the database, by its URL.
import { Effect, Layer } from "effect";
import { Database, DatabaseError, type Sql } from "./database.ts";
import { lockDataFolder } from "./data-folder.ts";
import { migrate } from "./migrate.ts";
import { codeOf, commonOptions, databaseError, idleTransactionMs, makeDatabase } from "./postgres-js.ts";
import { postgres } from "./postgres-mended.ts";

const oldestVersion = 15;

export interface ServerOptions {
  readonly url: string;
  /** Folder with what belongs to this database, where it is for one process alone. */
  readonly dataDir?: string | undefined;
  /** Connections at most. Default: 10. */
  readonly connections?: number;
}

/** What went wrong at the start, for a person; never with the password that the URL may hold. */
const sentence = (url: string, cause: unknown): DatabaseError => {
  const { hostname, port } = new URL(url);
  const where = `PostgreSQL at ${hostname}:${port || "5432"}`;
  const error = databaseError(cause);
  const code = codeOf(cause);
  // Node gives several failed addresses one error without a message.
  const said = error.message || code;
  if (code.startsWith("28") || code.startsWith("3D"))
    return new DatabaseError({ reason: "fault", message: `${where} refuses: ${said}. Correct DATABASE_URL.`, cause });
  if (error.reason === "unavailable")
    return new DatabaseError({
      reason: "unavailable",
      message: `${where} does not answer (${said}). Start it, or correct DATABASE_URL.`,
      cause,
    });
  return new DatabaseError({ reason: error.reason, message: said, cause });
};

const check = async (sql: Sql): Promise<void> => {
  const [row] = await sql<Array<{ version: number; encoding: string }>>`
    select current_setting('server_version_num')::int / 10000 as version, current_setting('server_encoding') as encoding`;
  if (row === undefined) return;
  if (row.version < oldestVersion) throw new Error(`PostgreSQL ${row.version} is too old: PixSim needs ${oldestVersion} or later.`);
  if (row.encoding !== "UTF8")
    throw new Error(`The database has the encoding ${row.encoding}: make one with \`create database … encoding 'UTF8'\`.`);
};

/** Connects and migrates. Fails with a sentence for a person where that cannot be. */
export const serverDatabase = ({ url, dataDir, connections }: ServerOptions): Layer.Layer<Database, DatabaseError> =>
  Layer.effect(
    Database,
    Effect.gen(function* () {
      if (dataDir !== undefined) yield* lockDataFolder(dataDir);
      const sql = yield* Effect.acquireRelease(
        Effect.sync(
          (): Sql =>
            postgres(url, {
              ...commonOptions,
              max: connections ?? 10,
              connect_timeout: 5,
              connection: { application_name: "pixsim", idle_in_transaction_session_timeout: idleTransactionMs },
            }) as unknown as Sql,
        ),
        (client) => Effect.promise(() => client.end({ timeout: 5 })),
      );
      const attempt = <T>(run: () => Promise<T>) => Effect.tryPromise({ try: run, catch: (cause) => sentence(url, cause) });
      yield* attempt(() => check(sql));
      yield* attempt(() => migrate(sql));
      return makeDatabase(sql, "postgres");
    }),
  );
