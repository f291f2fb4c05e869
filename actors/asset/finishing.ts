// Uploads that are being checked and taken in: that may take an hour, longer than any call waits. There is one work per upload; it goes on
// when nobody waits, and who asks again joins it. It ends early only by being stopped, or with the server.
import { Cause, Effect, Exit, Fiber, type Scope } from "effect";
import type { Asset } from "#protocol/asset.ts";
import { CallError } from "#protocol/wire/errors.ts";

interface Running {
  readonly ownerId: string;
  readonly sha256: string;
  readonly fiber: Fiber.Fiber<Asset, CallError>;
  stopped: boolean;
}

export interface Finish {
  readonly ownerId: string;
  readonly uploadId: string;
  readonly sha256: string;
}

export interface Finishing {
  /** The result of `work`, begun unless it is under way, once `mayBegin` has let it. Interrupting this ends only the waiting. */
  readonly run: (
    finish: Finish,
    mayBegin: Effect.Effect<unknown, CallError>,
    work: Effect.Effect<Asset, CallError>,
  ) => Effect.Effect<Asset, CallError>;
  /** Ends the work, if there is one; those who wait for it are told that the upload was cancelled. */
  readonly stop: (uploadId: string) => Effect.Effect<void>;
  readonly has: (uploadId: string) => boolean;
}

export const makeFinishing = (scope: Scope.Scope): Finishing => {
  const running = new Map<string, Running>();

  const result = (entry: Running): Effect.Effect<Asset, CallError> =>
    Effect.flatMap(Fiber.await(entry.fiber), (exit) => {
      if (Exit.isSuccess(exit) || !Cause.hasInterruptsOnly(exit.cause)) return exit;
      return Effect.fail(
        entry.stopped
          ? new CallError("cancelled", "The upload was cancelled.")
          : new CallError("unavailable", "The server stopped before the file was taken in. Try again."),
      );
    });

  return {
    run: Effect.fnUntraced(function* ({ ownerId, uploadId, sha256 }, mayBegin, work) {
      for (;;) {
        const known = running.get(uploadId);
        if (known !== undefined && known.ownerId === ownerId && known.sha256 === sha256) return yield* result(known);
        yield* mayBegin;
        // Another may have begun it meanwhile: one with another hash is waited for.
        const other = running.get(uploadId);
        if (other === undefined) {
          const fiber = yield* Effect.forkIn(Effect.interruptible(work), scope);
          const entry = { ownerId, sha256, fiber, stopped: false };
          running.set(uploadId, entry);
          fiber.addObserver(() => running.delete(uploadId));
          return yield* result(entry);
        }
        if (other.sha256 !== sha256) yield* Fiber.await(other.fiber);
      }
    }),
    stop: (uploadId) =>
      Effect.suspend(() => {
        const entry = running.get(uploadId);
        if (entry === undefined) return Effect.void;
        entry.stopped = true;
        return Fiber.interrupt(entry.fiber);
      }),
    has: (uploadId) => running.has(uploadId),
  };
};
