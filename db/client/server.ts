// PostgreSQL as the database, by its URL.
import { Effect, Layer } from "effect";
import { Database, DatabaseError, type Sql } from "./database.ts";
import { lockDataFolder } from "./data-folder.ts";
import { migrate } from "./migrate.ts";
import { codeOf, commonOptions, databaseError, isRefusedSocket, makeDatabase } from "./postgres-js.ts";
import { postgres } from "./postgres-mended.ts";

const oldestVersion = 15;
/** A transaction that sends nothing for so long is rolled back, ms: a process that stands still must not hold up the others with its locks. */
const idleTransactionMs = 3000;
/** A statement that takes longer has failed, ms: also one that a process has begun to send when it came to stand still. */
const statementMs = 20_000;

export interface ServerOptions {
  readonly url: string;
  /** Folder with what belongs to this database, where it is for one process alone. */
  readonly dataDir?: string | undefined;
  /** Connections at most. Default: 10. */
  readonly connections?: number;
  /** The schema stays as it is. */
  readonly asItIs?: boolean;
}

interface Place {
  /** Without what only the client of C takes from it. */
  readonly url: string;
  /** Folder of the socket; undefined: over TCP, at the host of the URL. */
  readonly folder: string | undefined;
  /** For a person; never with the password that the URL may hold. */
  readonly shown: string;
}

/** The folder of a Unix socket is written as libpq has it: percent-encoded in the host's place, or as `?host=/folder`. */
const placeOf = (text: string): Place => {
  const url = new URL(text);
  const host = url.searchParams.get("host") ?? decodeURIComponent(url.hostname);
  url.searchParams.delete("host");
  const port = url.port || "5432";
  return host.startsWith("/")
    ? { url: url.href, folder: host, shown: `PostgreSQL at ${host}/.s.PGSQL.${port}` }
    : { url: text, folder: undefined, shown: `PostgreSQL at ${host || "localhost"}:${port}` };
};

/** What went wrong at the start, for a person. */
const sentence = ({ shown }: Place, cause: unknown): DatabaseError => {
  const error = databaseError(cause);
  const code = codeOf(cause);
  // Node gives several failed addresses one error without a message.
  const said = error.message || code;
  const told = (reason: DatabaseError["reason"], message: string): DatabaseError => new DatabaseError({ reason, message, cause });
  if (code.startsWith("28") || code.startsWith("3D")) return told("fault", `${shown} refuses: ${said}. Correct DATABASE_URL.`);
  if (code === "42501")
    return told("fault", `${shown} refuses: ${said}. Let the user of DATABASE_URL own the database: alter database … owner to ….`);
  if (isRefusedSocket(cause))
    return told("unavailable", `${shown} does not let this user in (${said}). Let it use that folder, or correct DATABASE_URL.`);
  if (error.reason === "unavailable") return told("unavailable", `${shown} does not answer (${said}). Start it, or correct DATABASE_URL.`);
  return told(error.reason, said);
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
export const serverDatabase = ({ url, dataDir, connections, asItIs }: ServerOptions): Layer.Layer<Database, DatabaseError> =>
  Layer.effect(
    Database,
    Effect.gen(function* () {
      if (dataDir !== undefined) yield* lockDataFolder(dataDir);
      const place = placeOf(url);
      const sql = yield* Effect.acquireRelease(
        Effect.sync(
          (): Sql =>
            postgres(place.url, {
              ...commonOptions,
              ...(place.folder === undefined ? {} : { host: place.folder }),
              max: connections ?? 10,
              connect_timeout: 5,
              connection: {
                application_name: "pixsim",
                // Who takes it as it is has it alone, and reads or writes all of it at once.
                ...(asItIs === true ? {} : { idle_in_transaction_session_timeout: idleTransactionMs, statement_timeout: statementMs }),
              },
            }) as unknown as Sql,
        ),
        (client) => Effect.promise(() => client.end({ timeout: 5 })),
      );
      const attempt = <T>(run: () => Promise<T>) => Effect.tryPromise({ try: run, catch: (cause) => sentence(place, cause) });
      yield* attempt(() => check(sql));
      if (asItIs !== true) yield* attempt(() => migrate(sql));
      return makeDatabase(sql, "postgres");
    }),
  );
