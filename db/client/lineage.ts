// Which database it is, as far as it can tell: from when it got its schema. A copy of it has the same.
import { Effect, Schedule } from "effect";
import type { Database } from "./database.ts";

/** Tells it from one that was made anew or restored from its backup, not from a copy by the means of PostgreSQL. Letters and digits. Asks until it is answered. */
export const lineageOf = (database: Database["Service"]): Effect.Effect<string> =>
  database
    .query(
      (sql) => sql<Array<{ at: number }>>`
        select floor(extract(epoch from min(applied_at)) * 1000)::float8 as at from schema_migration`,
    )
    .pipe(
      Effect.tapError(({ message }) =>
        Effect.annotateLogs(Effect.logWarning("which database it is could not be asked; trying again"), { reason: message }),
      ),
      Effect.retry(Schedule.spaced("1 second")),
      Effect.orDie,
      Effect.map(([row]) => row!.at.toString(36)),
    );
