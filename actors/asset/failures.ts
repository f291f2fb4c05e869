// What failures of media mean to who asked for an asset.
import { Effect } from "effect";
import type { MediaError } from "#actors/media/media.ts";
import { CallError } from "#protocol/wire/errors.ts";

export const notFound = (what: string): CallError => new CallError("not_found", `${what} does not exist, or is not yours.`);

const fromMedia = (error: MediaError): CallError => {
  switch (error.reason) {
    case "unsupported":
      return new CallError("unsupported_media", error.message);
    case "storage":
      return new CallError("storage_full", error.message);
    case "overloaded":
      return new CallError("overloaded", "Too many media files are being worked on. Try again in a while.");
    case "crashed":
    case "fault":
      return new CallError("unavailable", "The media tools do not answer just now. Try again.");
  }
};

/** A child that died is tried once more: the file need not be the reason. The pool refuses files that end two. */
export const mediaOrCallError = <A, R>(effect: Effect.Effect<A, MediaError, R>): Effect.Effect<A, CallError, R> =>
  effect.pipe(Effect.retry({ times: 1, while: (error) => error.reason === "crashed" }), Effect.mapError(fromMedia));
