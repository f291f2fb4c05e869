// Pictures, sheets of frames and what players need, made of an asset's file: with the asset, or right after it, so that it can be seen as
// soon as its file is known to be good. What is still to be made is a row in the asset's own commit: a process that dies leaves it to the
// next that looks.
import { Clock, Context, Effect, Layer, Schedule } from "effect";
import { type DerivedFile, Media, type MediaFacts } from "#actors/media/media.ts";
import { Database } from "#db/client/database.ts";
import * as query from "#db/queries/asset.ts";
import * as derivation from "#db/queries/derivation.ts";
import { isLargerThan, posterEdge } from "#protocol/picture.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import { Blobs } from "#runtime/blobs/blobs.ts";
import { removeStaged } from "#runtime/blobs/staged.ts";
import { Fanout } from "#runtime/bus/fanout.ts";
import { Placement } from "#runtime/cluster/placement.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import { mediaOrCallError } from "./failures.ts";
import { AssetLibrary } from "./library.ts";
import { Originals } from "./originals.ts";

/** Files moved into the blob store at once: each waits for the disk. */
const adoptConcurrency = 4;
const minute = 60_000;
/** What those who died have left is looked for so often. */
const lookEvery = "1 minute";

type Made = Pick<query.NewAsset, "phash" | "thumbhash" | "sprite" | "files">;

/** Whether all of them are there: larger pictures that are older than stills may lack theirs, and long videos what players are shown. */
export const isWhole = ({ phash, media_type, files, ...row }: query.AssetRow): boolean => {
  if (phash === null) return false;
  if (media_type === "video") return files["play-video"] !== undefined || files["faststart"] !== undefined;
  return files["still"] !== undefined || !isLargerThan(row, posterEdge);
};

/** How long making them may take until somebody else does, ms, and how many times as long as the video lasts besides. */
const patience = 2 * minute;
const patienceTimes = 10;

export class Derivatives extends Context.Service<
  Derivatives,
  {
    /** Makes all of a file; then nothing of them is left in the staging folder. Errors: unsupported_media, storage_full, unavailable, overloaded. */
    readonly make: (path: string, facts: MediaFacts) => Effect.Effect<Made, CallError>;
    /** When somebody else is to make those of an asset that is written at `now`. */
    readonly dueAt: (now: number, durationMs: number | null) => number;
    /** Makes those of an asset that waits for them, and tells who follows it. What fails is tried again, unless that would not help. */
    readonly follow: (ownerId: string, assetId: string) => Effect.Effect<void>;
    /** Makes those that nobody else is making any more. Answers how many. */
    readonly catchUp: Effect.Effect<number, CallError>;
    /** To be called where no other process is: whatever is left then nobody else is making. */
    readonly takeOver: Effect.Effect<void, CallError>;
  }
>()("pixsim/actors/Derivatives") {
  static readonly layer = Layer.effect(
    Derivatives,
    Effect.gen(function* () {
      const blobs = yield* Blobs;
      const media = yield* Media;
      const database = yield* Database;
      const library = yield* AssetLibrary;
      const originals = yield* Originals;

      const adopt = Effect.fnUntraced(function* (file: DerivedFile) {
        const { sha256, size } = yield* blobs.adopt(file.path);
        return { role: file.role, sha256, mime: file.mime, size, width: file.width, height: file.height };
      });

      const make = Effect.fnUntraced(function* (path: string, facts: MediaFacts, later: boolean) {
        const staged: Array<string> = [];
        const stage = (name: string): string => {
          const fresh = blobs.stage(name);
          staged.push(fresh);
          return fresh;
        };
        return yield* Effect.gen(function* () {
          const { files, phash, thumbhash, sprite } = yield* mediaOrCallError(media.derive(path, facts, stage, later));
          const made: Made = { phash, thumbhash, sprite, files: yield* Effect.forEach(files, adopt, { concurrency: adoptConcurrency }) };
          return made;
        }).pipe(Effect.ensuring(Effect.suspend(() => Effect.forEach(staged, removeStaged, { discard: true }))));
      });

      const makeFor = Effect.fnUntraced(function* (ownerId: string, assetId: string) {
        const row = yield* library.row(ownerId, assetId);
        const [twin] = yield* orCallError(database.query((sql) => query.assetTwin(sql, row.sha256)));
        const known = twin !== undefined && twin.id !== assetId && isWhole(twin) ? twin : null;
        const made = known === null ? yield* make(yield* originals.path(row.sha256), factsOf(row), true) : null;
        return yield* orCallError(
          database.transaction(async (tx) => {
            const files = known === null ? (made?.files ?? []) : await query.holdAssetFiles(tx, known.id);
            // Its twin was purged meanwhile: next time they are made.
            if (files.length === 0 || !(await derivation.endDerivation(tx, assetId))) return false;
            await derivation.addDerivatives(tx, assetId, known ?? made!, files);
            return true;
          }),
        );
      });

      const follow = Effect.fn("asset.derive")(function* (ownerId: string, assetId: string) {
        yield* makeFor(ownerId, assetId).pipe(
          Effect.flatMap((told) =>
            told ? Effect.map(library.row(ownerId, assetId), (row) => library.tell(library.view(row))) : Effect.void,
          ),
          Effect.catchIf(
            ({ code }) => code === "unsupported_media" || code === "not_found",
            (error) =>
              Effect.andThen(
                Effect.logWarning("asset.derive.impossible", { asset: assetId, error: error.message }),
                orCallError(database.query((sql) => derivation.endDerivation(sql, assetId))),
              ),
          ),
          Effect.catch((error) => Effect.logWarning("asset.derive.failed", { asset: assetId, code: error.code, error: error.message })),
        );
      });

      const catchUp = Effect.gen(function* () {
        for (let count = 0; ; count++) {
          const now = yield* Clock.currentTimeMillis;
          const [due] = yield* orCallError(database.query((sql) => derivation.takeDerivation(sql, now, patience, patienceTimes)));
          if (due === undefined) return count;
          yield* follow(due.owner_id, due.id);
        }
      });
      const takeOver = Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.asVoid(orCallError(database.query((sql) => derivation.hastenDerivations(sql, now)))),
      );

      return Derivatives.of({
        make: (path, facts) => make(path, facts, false),
        dueAt: (now, durationMs) => now + patience + patienceTimes * (durationMs ?? 0),
        follow,
        catchUp,
        takeOver,
      });
    }),
  );
}

const factsOf = ({ media_type, mime, width, height, duration_ms, fps, frames, video_codec, audio_codec }: query.AssetRow): MediaFacts =>
  media_type === "image"
    ? { mediaType: "image", mime, width, height }
    : {
        mediaType: "video",
        mime,
        width,
        height,
        durationMs: duration_ms ?? 1,
        fps: fps ?? 0,
        frames: frames ?? 0,
        videoCodec: video_codec ?? "",
        audioCodec: audio_codec,
      };

/** Looks from now on for what processes that died have left, in one process of all. */
export const assetDerivatives: Layer.Layer<never, never, Derivatives | Fanout | Placement> = Layer.effectDiscard(
  Effect.gen(function* () {
    const derivatives = yield* Derivatives;
    const placement = yield* Placement;
    const { shared } = yield* Fanout;
    const orSay = Effect.catch((error: CallError) =>
      Effect.logWarning("asset.derive.unlisted", { code: error.code, error: error.message }),
    );
    if (!shared) yield* orSay(derivatives.takeOver);
    yield* placement.once(
      "asset.derivatives",
      Effect.asVoid(Effect.repeat(orSay(Effect.asVoid(derivatives.catchUp)), Schedule.spaced(lookEvery))),
    );
  }),
);
