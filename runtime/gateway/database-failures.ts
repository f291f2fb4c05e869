// What failures of the database mean to who called, the same in every domain.
import { Effect } from "effect";
import type { DatabaseError } from "#db/client/database.ts";
import { CallError } from "#protocol/wire/errors.ts";

/** The error for what can be helped by waiting or by making room. */
export const databaseCallError = (reason: "unavailable" | "full"): CallError => {
  switch (reason) {
    case "full":
      return new CallError("storage_full", "The database has no space left or is read-only. Free some space, then try again.");
    case "unavailable":
      return new CallError("unavailable", "The database does not answer just now. Try again.");
  }
};

/** Faults and conflicts that no statement here expects are defects. */
export const orCallError = <A, R>(effect: Effect.Effect<A, DatabaseError, R>): Effect.Effect<A, CallError, R> =>
  Effect.catchTag(effect, "DatabaseError", (error) => {
    switch (error.reason) {
      case "full":
      case "unavailable":
        return Effect.fail(databaseCallError(error.reason));
      case "conflict":
      case "fault":
        return Effect.die(error);
    }
  });
