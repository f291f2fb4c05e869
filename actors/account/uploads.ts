// What an account has uploaded, so that a file goes to its provider once: those who want the same file at the same time wait for one upload.
import { Clock, Deferred, Effect, Exit } from "effect";
import type { Database, DatabaseError } from "#db/client/database.ts";
import { forgetUpload, forgetUploads, rememberUpload, uploadedAs } from "#db/queries/account.ts";
import type { ProviderFailure } from "#actors/provider/provider.ts";
import type { Uploads } from "#actors/provider/tools.ts";

/** How an upload ended; null: who made it was called off, so another has to. */
type Outcome = Exit.Exit<string, ProviderFailure> | null;

/** Of one process: two processes may upload one file at the same time, and the later one is remembered. */
export const makeUploads = (
  database: Database["Service"],
  ofDatabase: (error: DatabaseError) => ProviderFailure,
): ((accountId: string) => Uploads) => {
  const underWay = new Map<string, Deferred.Deferred<Outcome>>();

  return (accountId) => {
    const placeOf = (sha256: string): string => `${accountId}/${sha256}`;

    const found = Effect.fnUntraced(function* (
      sha256: string,
      upload: Effect.Effect<string, ProviderFailure>,
    ): Effect.fn.Return<string, ProviderFailure> {
      const [row] = yield* Effect.mapError(
        database.query((sql) => uploadedAs(sql, accountId, sha256)),
        ofDatabase,
      );
      if (row !== undefined) return row.remote_id;
      const remoteId = yield* upload;
      const now = yield* Clock.currentTimeMillis;
      // What cannot be remembered is uploaded again the next time.
      yield* Effect.ignore(database.query((sql) => rememberUpload(sql, accountId, sha256, remoteId, now)));
      return remoteId;
    });

    const once = (sha256: string, upload: Effect.Effect<string, ProviderFailure>): Effect.Effect<string, ProviderFailure> => {
      const place = placeOf(sha256);
      return Effect.suspend(() => {
        const other = underWay.get(place);
        if (other !== undefined) {
          // What a file was converted to goes with who converted it: one of those who wait begins with its own.
          return Effect.flatMap(Deferred.await(other), (outcome) => outcome ?? once(sha256, upload));
        }
        return Effect.acquireUseRelease(
          Effect.sync(() => {
            const mine = Deferred.makeUnsafe<Outcome>();
            underWay.set(place, mine);
            return mine;
          }),
          () => found(sha256, upload),
          (mine, exit) =>
            Effect.sync(() => {
              if (underWay.get(place) === mine) underWay.delete(place);
              Deferred.doneUnsafe(mine, Exit.succeed(Exit.hasInterrupts(exit) ? null : exit));
            }),
        );
      });
    };

    return {
      once,
      forget: (sha256) =>
        Effect.suspend(() => {
          // It may have found what is to be forgotten.
          underWay.delete(placeOf(sha256));
          return Effect.ignore(database.query((sql) => forgetUpload(sql, accountId, sha256)));
        }),
      forgetAll: Effect.ignore(database.query((sql) => forgetUploads(sql, accountId))),
    };
  };
};
