// From postgres.js to the Database service: options both engines share, errors told apart by what can be done about them.
import { Effect } from "effect";
import { Database, DatabaseError, type Sql, type Tx } from "./database.ts";
import { storableJson, storableText } from "./storable.ts";

/** A transaction that sends nothing for so long is rolled back, and its connection closed, ms. */
export const idleTransactionMs = 60_000;

/**
 * All our bigints are times and counters below 2^53: they are read as numbers. A connection lives as long as the client: in the
 * embedded engine the statements that one has prepared would outlive it.
 */
export const commonOptions = {
  onnotice: () => {},
  max_lifetime: null,
  types: {
    bigint: { to: 20, from: [20], serialize: String, parse: Number },
    text: { to: 25, from: [25, 1043], serialize: (value: unknown) => storableText(String(value)), parse: (text: string) => text },
    json: {
      to: 114,
      from: [114, 3802],
      serialize: (value: unknown) => storableJson(JSON.stringify(value)),
      parse: (text: string): unknown => JSON.parse(text),
    },
  },
};

const lost = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "CONNECT_TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);
/** Serialisation failure, deadlock, transaction left idle, lock not available, took too long, too many connections, shutdowns, starting up. */
const passing = new Set(["40001", "40P01", "25P03", "55P03", "57014", "53300", "57P01", "57P02", "57P03"]);
/** Disk full, read-only transaction. */
const full = new Set(["53100", "25006", "ENOSPC", "EROFS", "EDQUOT", "EFBIG", "EACCES", "EPERM"]);
/** How PostgreSQL says of a file that it could not be written; its codes do not tell them all apart. */
const refusedFile = /no space left on device|read-only file system|file too large|: permission denied$/i;

/** What could not be reached is no file that could not be written, though the system says it with the same words. */
const isConnecting = (cause: unknown): boolean =>
  typeof cause === "object" && cause !== null && "syscall" in cause && cause.syscall === "connect";

/** A Unix socket that this user may not use. */
export const isRefusedSocket = (cause: unknown): boolean => isConnecting(cause) && /^(?:EACCES|EPERM)$/.test(codeOf(cause));

const reasonOf = (cause: unknown, code: string, message: string): DatabaseError["reason"] => {
  if (isConnecting(cause)) return "unavailable";
  // Said first: the embedded engine ends with the connection when it cannot write its log.
  if (full.has(code) || refusedFile.test(message)) return "full";
  if (lost.has(code) || passing.has(code) || code.startsWith("08")) return "unavailable";
  return code.startsWith("23") ? "conflict" : "fault";
};

export const codeOf = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause && typeof cause.code === "string" ? cause.code : "";

export const databaseError = (cause: unknown): DatabaseError => {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new DatabaseError({ reason: reasonOf(cause, codeOf(cause), message), message, cause });
};

/** What `run` failed with is told, not that its connection was lost thereafter. */
const transact = async <T>(sql: Sql, run: (tx: Tx) => Promise<T>): Promise<T> => {
  let own: { readonly cause: unknown } | undefined;
  try {
    return (await sql.begin(async (tx) => {
      try {
        return await run(tx);
      } catch (cause) {
        own = { cause };
        throw cause;
      }
    })) as T;
  } catch (cause) {
    throw own === undefined ? cause : own.cause;
  }
};

/** `committing`: with connections of its own. */
export const makeDatabase = (sql: Sql, engine: "embedded" | "postgres", committing = sql): Database["Service"] => {
  const on =
    (client: Sql): Database["Service"]["query"] =>
    (run) =>
      Effect.tryPromise({ try: async () => run(client), catch: databaseError });
  return Database.of({
    engine,
    sql,
    query: on(sql),
    commit: on(committing),
    transaction: (run) => Effect.tryPromise({ try: () => transact(sql, run), catch: databaseError }),
  });
};
