// The database as the rest of the program sees it: one postgres.js client, whichever engine is behind it.
// Inside `transaction` only the given `tx` may be used: awaiting the outer client there deadlocks the embedded engine.
import { Context, Data, type Effect } from "effect";
import type postgres from "postgres";

export type Sql = postgres.Sql;
export type Tx = postgres.TransactionSql;
/** What a query function takes: it runs alone or within a transaction. */
export type Queryable = Sql | Tx;

/** `unavailable`: lost connection, shutting down, no answer: try again. `full`: no space or read-only. `conflict`: a unique or foreign key said no. `fault`: anything else. */
export class DatabaseError extends Data.TaggedError("DatabaseError")<{
  readonly reason: "unavailable" | "full" | "conflict" | "fault";
  readonly message: string;
  readonly cause: unknown;
}> {}

export class Database extends Context.Service<
  Database,
  {
    readonly engine: "embedded" | "postgres";
    /** Runs statements on a pooled connection. Errors: DatabaseError. */
    readonly query: <T>(run: (sql: Sql) => PromiseLike<T>) => Effect.Effect<T, DatabaseError>;
    /**
     * As `query`, for what the actor host commits with every flush: a server has connections for this alone. They are few, so that each
     * finds its plan, its pages and its processor's caches as it left them, and no other statement is before it.
     */
    readonly commit: <T>(run: (sql: Sql) => PromiseLike<T>) => Effect.Effect<T, DatabaseError>;
    /** Runs `run` in one transaction: all of it or nothing. */
    readonly transaction: <T>(run: (tx: Tx) => Promise<T>) => Effect.Effect<T, DatabaseError>;
    /** For code that batches by itself (the actor store, the log sink). */
    readonly sql: Sql;
  }
>()("pixsim/db/Database") {}
