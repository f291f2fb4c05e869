// What failures of the database mean to who signs in or out.
import { Effect } from "effect";
import type { DatabaseError } from "#db/client/database.ts";
import { CallError } from "#protocol/wire/errors.ts";

/** Faults and conflicts that no statement here expects are defects. */
export const orCallError = <A, R>(effect: Effect.Effect<A, DatabaseError, R>): Effect.Effect<A, CallError, R> =>
  Effect.catchTag(effect, "DatabaseError", (error) => {
    switch (error.reason) {
      case "full":
        return Effect.fail(
          new CallError("storage_full", "The database has no space left or is read-only. Free some space, then try again."),
        );
      case "unavailable":
        return Effect.fail(new CallError("unavailable", "The database does not answer just now. Try again."));
      case "conflict":
      case "fault":
        return Effect.die(error);
    }
  });
