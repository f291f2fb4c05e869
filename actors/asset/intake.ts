// Takes a file in: probes it, makes its derivatives unless they are to follow, moves all of it into the blob store and writes the rows in
// one transaction. A crash before that leaves only staged files and unreferenced blobs, which are swept; after it, nothing.
import { Clock, Context, Effect, Layer } from "effect";
import { notFound } from "#actors/library.ts";
import { Media } from "#actors/media/media.ts";
import { Database, type Tx } from "#db/client/database.ts";
import * as query from "#db/queries/asset.ts";
import { addDerivation } from "#db/queries/derivation.ts";
import { isCalledOff } from "#db/queries/job.ts";
import { lockUsage, usageOf } from "#db/queries/quota.ts";
import type { Asset, AssetOrigin } from "#protocol/asset.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { type BlobRef, Blobs } from "#runtime/blobs/blobs.ts";
import { hashFile } from "#runtime/blobs/hash.ts";
import { removeStaged } from "#runtime/blobs/staged.ts";
import { Settings } from "#runtime/config/settings.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import { Pool } from "#runtime/pool/pool.ts";
import type { AssetParent, IngestRequest, VersionOf } from "./assets.ts";
import { Derivatives, isWhole } from "./derivatives.ts";
import { mediaOrCallError } from "./failures.ts";
import { AssetLibrary } from "./library.ts";
import { Originals } from "./originals.ts";
import { refusal } from "./quota.ts";

/** Letters of a name; longer ones (a whole prompt) are cut. */
const longestName = 200;

export interface IntakeRequest extends IngestRequest {
  /** What `hashFile` said of the file, where that was asked already. */
  readonly known?: BlobRef;
  /** Done in the transaction that writes the asset, or that finds it there already; with the id it has. */
  readonly within?: (tx: Tx, assetId: string) => Promise<unknown>;
}

export class Intake extends Context.Service<
  Intake,
  {
    /**
     * Makes an asset of a file, which is moved away. If its id is taken, or the owner uploaded the same bytes or captured
     * the same frame before, that asset is answered. Errors: unsupported_media, storage_full, unavailable, overloaded.
     */
    readonly take: (request: IntakeRequest) => Effect.Effect<Asset, CallError>;
    /** Makes an image asset of a video's frame, once; one in the trash stays there. Errors: not_found, quota_exceeded, and those of `take`. */
    readonly frame: (ownerId: string, assetId: string, timeMs: number) => Effect.Effect<Asset, CallError>;
    /** As in `Assets`. */
    readonly picture: (version: VersionOf, assetId: string, timeMs: number) => Effect.Effect<Asset, CallError>;
    /** The same for a person, who has it back from the trash if it is there. */
    readonly captureFrame: (ownerId: string, assetId: string, timeMs: number) => Effect.Effect<Asset, CallError>;
  }
>()("pixsim/actors/Intake") {
  static readonly layer = Layer.effect(
    Intake,
    Effect.suspend(() => makeIntake),
  );
}

type Facts = Pick<
  query.NewAsset,
  | "media_type"
  | "mime"
  | "width"
  | "height"
  | "duration_ms"
  | "fps"
  | "frames"
  | "video_codec"
  | "audio_codec"
  | "phash"
  | "thumbhash"
  | "sprite"
>;

interface Made {
  readonly facts: Facts;
  readonly files: query.NewAsset["files"];
  /** The asset that facts and files are taken from; it must still be there when they are written. */
  readonly twin: string | null;
}

const originColumns = (origin: AssetOrigin) => {
  const none = { origin_job_id: null, origin_asset_id: null, origin_time_ms: null };
  switch (origin.kind) {
    case "generation":
      return { ...none, origin: origin.kind, origin_job_id: origin.jobId };
    case "upload":
      return { ...none, origin: origin.kind };
    case "frame":
      return { ...none, origin: origin.kind, origin_asset_id: origin.assetId, origin_time_ms: origin.timeMs };
  }
};

/** Its derivatives follow. */
const isEarly = ({ facts }: Made): boolean => facts.phash === null;

const seconds = (timeMs: number): string => `${(timeMs / 1000).toFixed(2)} s`;

const makeIntake = Effect.gen(function* () {
  const pool = yield* Pool;
  const blobs = yield* Blobs;
  const media = yield* Media;
  const database = yield* Database;
  const library = yield* AssetLibrary;
  const derivatives = yield* Derivatives;
  const originals = yield* Originals;
  const settings = yield* Settings;
  const scope = yield* Effect.scope;

  /** Reads the file and makes its derivatives, unless they are to follow. */
  const make = Effect.fnUntraced(function* (path: string, ref: BlobRef, early: boolean) {
    const facts = yield* mediaOrCallError(media.probe(path));
    const { files, phash, thumbhash, sprite } = early
      ? { files: [], phash: null, thumbhash: null, sprite: null }
      : yield* derivatives.make(path, facts);
    const original = { role: "original", ...ref, mime: facts.mime, width: facts.width, height: facts.height };
    const video = facts.mediaType === "video" ? facts : null;
    const made: Made = {
      twin: null,
      files: [original, ...files],
      facts: {
        media_type: facts.mediaType,
        mime: facts.mime,
        width: facts.width,
        height: facts.height,
        duration_ms: video?.durationMs ?? null,
        fps: video?.fps ?? null,
        frames: video?.frames ?? null,
        video_codec: video?.videoCodec ?? null,
        audio_codec: video?.audioCodec ?? null,
        phash,
        thumbhash,
        sprite,
      },
    };
    return made;
  });

  const makeOrReuse = Effect.fnUntraced(function* (path: string, ref: BlobRef, early: boolean) {
    const [twin] = yield* orCallError(database.query((sql) => query.assetTwin(sql, ref.sha256)));
    const whole = twin !== undefined && isWhole(twin);
    if (twin === undefined || !(whole || early)) return yield* make(path, ref, early);
    const made: Made = { twin: twin.id, files: [], facts: whole ? twin : { ...twin, phash: null } };
    return made;
  });

  type Written =
    | { readonly id: string; readonly edges: number }
    | { readonly there: query.AssetRow }
    | { readonly refused: CallError }
    | "twinGone"
    | "idTaken"
    | "calledOff";

  const write = (request: IntakeRequest, ref: BlobRef, made: Made, now: number): Effect.Effect<Written, CallError> =>
    orCallError(
      database.transaction(async (tx): Promise<Written> => {
        const { ownerId, assetId, origin } = request;
        if (origin.kind === "generation" && (await isCalledOff(tx, origin.jobId))) return "calledOff";
        const answer = async (there: query.AssetRow): Promise<Written> => {
          await request.within?.(tx, there.id);
          return { there };
        };
        // A job and an upload were let in when they began.
        if (origin.kind === "frame") {
          await lockUsage(tx, ownerId);
          // Taken by another meanwhile: that needs no more room.
          const [taken] = await query.assetOfFrame(tx, ownerId, origin.assetId, origin.timeMs);
          if (taken !== undefined) return answer(taken);
          const refused = refusal(await usageOf(tx, ownerId), { assets: 1, bytes: ref.size }, settings);
          if (refused !== null) return { refused };
        }
        const files = made.twin === null ? made.files : await query.holdAssetFiles(tx, made.twin);
        if (files.length === 0) return "twinGone";
        const [inserted] = await query.insertAsset(tx, {
          ...made.facts,
          ...originColumns(origin),
          id: assetId,
          owner_id: ownerId,
          name: request.name.slice(0, longestName),
          size: ref.size,
          sha256: ref.sha256,
          prompt: request.prompt,
          created_at: now,
          files,
        });
        if (inserted !== undefined) {
          if (isEarly(made)) await addDerivation(tx, assetId, derivatives.dueAt(now, made.facts.duration_ms));
          const edges = await query.insertEdges(tx, ownerId, assetId, request.parents.map(edgeOf));
          await request.within?.(tx, assetId);
          return { id: assetId, edges: edges.length };
        }
        const [there] = [
          ...(await query.assetById(tx, ownerId, assetId)),
          ...(origin.kind === "upload" ? await query.assetByBytes(tx, ownerId, ref.sha256) : []),
        ];
        return there === undefined ? "idTaken" : answer(there);
      }),
    );

  const takeNew = Effect.fnUntraced(function* (request: IntakeRequest) {
    const ref = request.known ?? (yield* hashFile(pool, request.path));
    const now = yield* Clock.currentTimeMillis;
    const early = request.early === true;
    // The disk writes while the file is looked at.
    let [made] = yield* Effect.all([makeOrReuse(request.path, ref, early), blobs.settle(request.path)], { concurrency: "unbounded" });
    // The file may be in the store already, put there before a crash.
    if (request.path !== blobs.path(ref.sha256)) yield* blobs.adopt(request.path, ref, true);
    let written = yield* write(request, ref, made, now);
    if (written === "twinGone") {
      made = yield* make(blobs.path(ref.sha256), ref, early);
      written = yield* write(request, ref, made, now);
    }
    if (written === "calledOff")
      return yield* Effect.fail(new CallError("cancelled", "The job was called off, so its result is not kept."));
    if (typeof written === "string") return yield* Effect.die(new Error(`The asset ${request.assetId} cannot be written: ${written}`));
    if ("refused" in written) return yield* Effect.fail(written.refused);
    if ("there" in written)
      return yield* request.origin.kind === "upload" ? library.revive(written.there) : Effect.succeed(library.view(written.there));
    if (written.edges < request.parents.length) {
      yield* Effect.logWarning("asset.lineage.incomplete", { asset: written.id, parents: request.parents.length, written: written.edges });
    }
    const asset = library.view(yield* library.row(request.ownerId, written.id));
    library.tell(asset);
    if (isEarly(made)) yield* Effect.forkIn(derivatives.follow(request.ownerId, written.id), scope);
    return asset;
  });

  const take = Effect.fn("asset.intake")(function* (request: IntakeRequest) {
    const [known] = yield* orCallError(database.query((sql) => query.assetById(sql, request.ownerId, request.assetId)));
    if (known !== undefined) {
      yield* removeStaged(request.path);
      return library.view(known);
    }
    // After other failures the file stays: the same request may succeed later.
    return yield* Effect.tapError(takeNew(request), (error) =>
      error.code === "unsupported_media" ? removeStaged(request.path) : Effect.void,
    );
  });

  /** Of what another has lent, the name comes along, and nothing else that is theirs. `timeMs`: null: it is a picture. */
  const seenIn = Effect.fnUntraced(function* (source: query.AssetRow, ownerId: string, timeMs: number | null) {
    const assetId = source.id;
    const isOwn = source.owner_id === ownerId;
    const path = yield* originals.path(source.sha256);
    const output = blobs.stage("frame.png");
    return yield* Effect.gen(function* () {
      const taken = yield* mediaOrCallError(media.frame(path, timeMs, output));
      const [there] = yield* orCallError(database.query((sql) => query.assetOfFrame(sql, ownerId, assetId, taken.timeMs)));
      if (there !== undefined) return library.view(there);
      return yield* take({
        assetId: `ast_${crypto.randomUUID()}`,
        ownerId,
        name: timeMs === null ? source.name : `${source.name.slice(0, 180)} at ${seconds(taken.timeMs)}`,
        origin: { kind: "frame", assetId, timeMs: taken.timeMs },
        prompt: isOwn ? source.prompt : null,
        parents: isOwn ? [{ assetId, relation: "PAUSED_FRAME", operation: null, timeMs: taken.timeMs }] : [],
        path: output,
      });
    }).pipe(Effect.ensuring(removeStaged(output)));
  });

  const frame = Effect.fn("asset.frame")(function* (ownerId: string, assetId: string, timeMs: number) {
    const video = yield* library.row(ownerId, assetId);
    if (video.media_type !== "video") {
      return yield* Effect.fail(new CallError("unsupported_media", "Only videos have frames to capture: this is a picture already."));
    }
    return yield* seenIn(video, ownerId, timeMs);
  });

  const picture = Effect.fn("asset.picture")(function* (version: VersionOf, assetId: string, timeMs: number) {
    const [source] = yield* orCallError(database.query((sql) => query.playedAssets(sql, version, [assetId])));
    if (source === undefined) return yield* Effect.fail(notFound(`The asset ${assetId}`));
    if (source.media_type === "video") return yield* seenIn(source, version.ownerId, timeMs);
    return source.owner_id === version.ownerId ? library.view(source) : yield* seenIn(source, version.ownerId, null);
  });

  const captureFrame = Effect.fn("asset.captureFrame")(function* (ownerId: string, assetId: string, timeMs: number) {
    const taken = yield* frame(ownerId, assetId, timeMs);
    if (taken.deletedAt === null) return taken;
    yield* library.restore(ownerId, [taken.id]);
    return library.view(yield* library.row(ownerId, taken.id));
  });

  return Intake.of({ take, frame, picture, captureFrame });
});

const edgeOf = (parent: AssetParent, index: number): Omit<query.EdgeRow, "child_id"> => ({
  parent_id: parent.assetId,
  relation: parent.relation,
  operation: parent.operation,
  time_ms: parent.timeMs,
  ord: index,
});
