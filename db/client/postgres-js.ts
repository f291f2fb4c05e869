// postgres.js as the Database service: options both engines share, errors told apart by what can be done about them.
import { Effect } from "effect";
import postgres from "postgres";
import { Database, DatabaseError, type Sql } from "./database.ts";

/** All our bigints are times and counters below 2^53: they are read as numbers. */
export const commonOptions = {
  onnotice: () => {},
  types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
};

const lost = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "CONNECT_TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ENOTFOUND",
]);
/** Admin shutdown, crash shutdown, starting up, too many connections, serialisation failure, deadlock. */
const passing = new Set(["57P01", "57P02", "57P03", "53300", "40001", "40P01"]);

export const databaseError = (cause: unknown): DatabaseError => {
  const code = String((cause as { code?: unknown } | null)?.code ?? "");
  const message = cause instanceof Error ? cause.message : String(cause);
  const reason =
    lost.has(code) || passing.has(code)
      ? "unavailable"
      : code === "53100" ||
          code === "25006" ||
          code === "ENOSPC" ||
          code === "EROFS" ||
          /no space left|read-only file system|could not (extend|write)/i.test(message)
        ? "full"
        : code.startsWith("23")
          ? "conflict"
          : "fault";
  return new DatabaseError({ reason, message, cause });
};

export const makeDatabase = (sql: Sql, engine: "embedded" | "postgres"): Database["Service"] =>
  Database.of({
    engine,
    sql,
    query: (run) => Effect.tryPromise({ try: async () => run(sql), catch: databaseError }),
    transaction: <T>(run: (tx: postgres.TransactionSql) => Promise<T>) =>
      Effect.tryPromise({ try: () => sql.begin(run) as Promise<T>, catch: databaseError }),
  });
