// A video as a provider takes it: in a file, a codec and a size that it reads. It is converted once for all who take the same, in a media
// child, and kept like other derived files until nobody has used it for a month.
import { stat } from "node:fs/promises";
import { Clock, Context, Effect, Layer } from "effect";
import { makeTurns } from "#actors/asset/turns.ts";
import { Media, type MediaError, type VideoFacts } from "#actors/media/media.ts";
import { type VideoTarget, workFor } from "#actors/media/video-target.ts";
import { Database, type Sql } from "#db/client/database.ts";
import { putConversion, useConversion } from "#db/queries/conversion.ts";
import { canonicalJson } from "#protocol/canonical.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import { Blobs } from "#runtime/blobs/blobs.ts";
import { removeStaged } from "#runtime/blobs/staged.ts";
import type { ProviderFailure, ProviderInput } from "./provider.ts";
import { inputGone, unsent } from "./refusals.ts";

/** What a provider takes; left out: whatever there is. */
export interface VideoLimits extends VideoTarget {
  /** Of the video, s. A video of another length is refused: what to leave out is for a person to say. */
  readonly seconds?: { readonly least?: number; readonly most: number };
}

/** Where the documentation does not say: what is read everywhere. */
export const commonVideos = {
  formats: ["video/mp4", "video/quicktime", "video/webm"],
  codecs: ["avc", "vp8", "vp9"],
} as const satisfies VideoTarget;

export interface VideosShape {
  /** The input as it is where the provider takes that, and a picture always; else the same video converted. `title`: of who takes it. */
  readonly taken: (input: ProviderInput, limits: VideoLimits, title: string) => Effect.Effect<ProviderInput, ProviderFailure>;
}

/** Lengths are told to the frame by nobody, s. */
const tolerance = 0.25;

/** Why a video of this length is not taken, or null. */
export const lengthProblem = ({ durationMs }: Pick<VideoFacts, "durationMs">, { seconds }: VideoLimits, title: string): string | null => {
  if (seconds === undefined) return null;
  const { least = 0, most } = seconds;
  const length = durationMs / 1000;
  const has = `and this one has ${Number(length.toFixed(1))}`;
  if (length > most + tolerance) return `${title} takes videos of up to ${most} seconds, ${has}: cut it first.`;
  return length < least - tolerance ? `${title} takes videos of at least ${least} seconds, ${has}: use a longer one.` : null;
};

const ofMedia =
  (title: string) =>
  ({ reason, message }: MediaError): ProviderFailure => {
    switch (reason) {
      case "unsupported":
        return unsent({ kind: "input", message: `The video cannot be made into what ${title} takes. ${message}` });
      case "storage":
        return unsent({ kind: "storage", message });
      case "overloaded":
        return unsent({ kind: "limit", message: "Too many media files are being worked on. Try again in a while." });
      case "crashed":
      case "fault":
        return unsent({ kind: "internal", message: `The video could not be converted for ${title}: ${message}` });
    }
  };

const ofCall = ({ code, message }: CallError): ProviderFailure =>
  unsent({ kind: code === "storage_full" ? "storage" : "internal", message });

const isKnown = (made: string | null): made is string => made !== null;

export class Videos extends Context.Service<Videos, VideosShape>()("pixsim/actors/Videos") {
  static readonly layer = Layer.effect(
    Videos,
    Effect.gen(function* () {
      const media = yield* Media;
      const blobs = yield* Blobs;
      const database = yield* Database;
      const turns = makeTurns();

      const ask = <A>(query: (sql: Sql) => PromiseLike<A>): Effect.Effect<A, ProviderFailure> =>
        Effect.mapError(database.query(query), ({ message }) => unsent({ kind: "internal", message }));

      const known = Effect.fnUntraced(function* (sha256: string, key: string) {
        const now = yield* Clock.currentTimeMillis;
        const [row] = yield* ask((sql) => useConversion(sql, sha256, key, now));
        if (row === undefined || row.made === sha256) return row?.made ?? null;
        return (yield* blobs.has(row.made)) ? row.made : null;
      });

      const remember = Effect.fnUntraced(function* (sha256: string, key: string, made: string) {
        const now = yield* Clock.currentTimeMillis;
        yield* ask((sql) => putConversion(sql, sha256, key, made, now));
        return made;
      });

      /** Answers the SHA-256 of the file. */
      const make = Effect.fnUntraced(function* ({ path, sha256 }: ProviderInput, limits: VideoLimits, key: string, title: string) {
        const facts = yield* Effect.mapError(media.probe(path), ofMedia(title));
        if (facts.mediaType !== "video") return sha256;
        const problem = lengthProblem(facts, limits, title);
        if (problem !== null) return yield* Effect.fail(unsent({ kind: "input", message: problem }));
        const { size } = yield* Effect.tryPromise({ try: () => stat(path), catch: inputGone });
        if (workFor(facts, size, limits) === "none") return yield* remember(sha256, key, sha256);
        const staged = blobs.stage("converted.mp4");
        const made = yield* media
          .convert(path, facts, limits, staged)
          .pipe(
            Effect.mapError(ofMedia(title)),
            Effect.andThen(Effect.mapError(blobs.adopt(staged), ofCall)),
            Effect.ensuring(removeStaged(staged)),
          );
        yield* Effect.logInfo("provider.input.converted", { sha256, made: made.sha256, bytes: made.size });
        return yield* remember(sha256, key, made.sha256);
      });

      const taken = Effect.fn("provider.videos")(function* (
        input: ProviderInput,
        limits: VideoLimits,
        title: string,
      ): Effect.fn.Return<ProviderInput, ProviderFailure> {
        if (input.mediaType !== "video") return input;
        const key = canonicalJson(limits);
        const once = Effect.filterOrElse(known(input.sha256, key), isKnown, () => make(input, limits, key, title));
        const made = yield* turns(`${input.sha256}/${key}`, once);
        return made === input.sha256 ? input : { ...input, path: blobs.path(made), mime: "video/mp4", sha256: made };
      });

      return Videos.of({ taken });
    }),
  );
}
