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
/** s until a connection is tried for again after so many that failed. Without its own, the client waits for up to 20 seconds when the server is back. */
const backoff = (failed: number): number => (0.5 + Math.random() / 2) * Math.min(0.01 * 3 ** failed, 1);
/** A statement that takes longer has failed, ms: also one that a process has begun to send when it came to stand still. */
const longestStatement = 20_000;
/** What PostgreSQL says of a statement that has taken too long may take so long to arrive, ms. */
const graceMs = 2000;

export interface ServerOptions {
  readonly url: string;
  /** Folder with what belongs to this database, where it is for one process alone. */
  readonly dataDir?: string | undefined;
  /** Connections at most, beside those for commits. Default: 10. */
  readonly connections?: number;
  /** After so long a statement has failed, ms; a connection on which then nothing was heard is closed. Default: 20,000. */
  readonly statementMs?: number;
  /** The schema stays as it is. */
  readonly asItIs?: boolean;
}

/** As many as take turns at committing. */
const committing = 2;
/** How many rows are committed says nothing about how: the plan is made once for all. */
const planOnce = { plan_cache_mode: "force_generic_plan" } as const;

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
export const serverDatabase = ({
  url,
  dataDir,
  connections,
  statementMs = longestStatement,
  asItIs,
}: ServerOptions): Layer.Layer<Database, DatabaseError> =>
  Layer.effect(
    Database,
    Effect.gen(function* () {
      if (dataDir !== undefined) yield* lockDataFolder(dataDir);
      const place = placeOf(url);
      // Who takes it as it is has it alone, and reads or writes all of it at once.
      const limits = asItIs === true ? {} : { idle_in_transaction_session_timeout: idleTransactionMs, statement_timeout: statementMs };
      const silence = asItIs === true ? {} : { silence: (statementMs + graceMs) / 1000 };
      const connect = (max: number, more: { readonly silence?: number }, settings: Readonly<Record<string, string>> = {}) =>
        Effect.acquireRelease(
          Effect.sync(
            (): Sql =>
              postgres(place.url, {
                ...commonOptions,
                ...(place.folder === undefined ? {} : { host: place.folder }),
                ...more,
                max,
                connect_timeout: 5,
                backoff,
                connection: { application_name: "pixsim", ...limits, ...settings },
              }) as unknown as Sql,
          ),
          (client) => Effect.promise(() => client.end({ timeout: 5 })),
        );
      const attempt = <T>(run: () => Promise<T>) => Effect.tryPromise({ try: run, catch: (cause) => sentence(place, cause) });
      if (asItIs !== true) {
        // A migration takes as long as it takes, and says nothing meanwhile.
        const migrated = (first: Sql) =>
          Effect.andThen(
            attempt(() => check(first)),
            attempt(() => migrate(first)),
          );
        yield* Effect.scoped(Effect.flatMap(connect(1, {}), migrated));
      }
      const sql = yield* connect(connections ?? 10, silence);
      // Also, with its first answer a client learns the types of arrays.
      yield* attempt(() => check(sql));
      return makeDatabase(sql, "postgres", yield* connect(committing, silence, planOnce));
    }),
  );
