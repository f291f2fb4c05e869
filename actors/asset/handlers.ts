// What the wire asks of assets, answered by the services that do it; and those services together.
import { Effect, Layer } from "effect";
import { placeOf } from "#actors/page.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import { Archive } from "#runtime/blobs/archive.ts";
import { Parts } from "#runtime/blobs/parts.ts";
import { principalOf } from "#runtime/auth/handlers.ts";
import { Bus } from "#runtime/bus/bus.ts";
import type { CallContext, DomainHandlers } from "#runtime/gateway/handlers.ts";
import { Assets } from "./assets.ts";
import { Derivatives } from "./derivatives.ts";
import { Intake } from "./intake.ts";
import { assetChannel, AssetLibrary } from "./library.ts";
import { Originals } from "./originals.ts";
import { Uploads } from "./uploads.ts";

const owner = (context: CallContext): Effect.Effect<string, CallError> => Effect.map(principalOf(context), ({ userId }) => userId);

/** The handlers of the domain `assets`. */
export const assetHandlers = Effect.gen(function* () {
  const library = yield* AssetLibrary;
  const intake = yield* Intake;
  const uploads = yield* Uploads;
  const bus = yield* Bus;

  const handlers: DomainHandlers<"assets"> = {
    calls: {
      "assets.list": Effect.fnUntraced(function* ({ filter, cursor, limit }, context) {
        return yield* library.list(yield* owner(context), filter, yield* placeOf(cursor), limit);
      }),
      "assets.get": Effect.fnUntraced(function* ({ id }, context) {
        return library.view(yield* library.row(yield* owner(context), id));
      }),
      "assets.many": Effect.fnUntraced(function* ({ ids }, context) {
        return { assets: yield* library.many(yield* owner(context), ids) };
      }),
      "assets.update": Effect.fnUntraced(function* ({ id, name, favourite }, context) {
        return yield* library.update(yield* owner(context), id, { name: name ?? null, favourite: favourite ?? null });
      }),
      "assets.delete": Effect.fnUntraced(function* ({ ids }, context) {
        yield* library.setDeleted(yield* owner(context), ids, true);
        return { deleted: ids };
      }),
      "assets.restore": Effect.fnUntraced(function* ({ ids }, context) {
        yield* library.restore(yield* owner(context), ids);
        return { restored: ids };
      }),
      "assets.lineage": Effect.fnUntraced(function* ({ id, depth }, context) {
        return yield* library.lineage(yield* owner(context), id, depth);
      }),
      "assets.captureFrame": Effect.fnUntraced(function* ({ id, timeMs }, context) {
        return yield* intake.captureFrame(yield* owner(context), id, timeMs);
      }),
      "assets.beginUpload": Effect.fnUntraced(function* (file, context) {
        const { uploadId, sink } = yield* uploads.begin(yield* owner(context), file);
        return { uploadId, stream: context.openUpload(sink), offset: sink.offset };
      }),
      "assets.resumeUpload": Effect.fnUntraced(function* ({ uploadId }, context) {
        const { sink } = yield* uploads.resume(yield* owner(context), uploadId);
        return { uploadId, stream: context.openUpload(sink), offset: sink.offset };
      }),
      "assets.finishUpload": Effect.fnUntraced(function* ({ uploadId, sha256 }, context) {
        return yield* uploads.finish(yield* owner(context), uploadId, sha256);
      }),
      "assets.cancelUpload": Effect.fnUntraced(function* ({ uploadId }, context) {
        yield* uploads.cancel(yield* owner(context), uploadId);
        return {};
      }),
    },
    streams: {},
    topics: {
      "assets.assets": Effect.fnUntraced(function* (_params, context, from, emit) {
        const ownerId = yield* owner(context);
        return yield* bus.follow(assetChannel(ownerId), from, library.snapshot(ownerId), emit);
      }),
    },
  };
  return handlers;
});

const assets = Layer.effect(
  Assets,
  Effect.gen(function* () {
    const intake = yield* Intake;
    const library = yield* AssetLibrary;
    const originals = yield* Originals;
    return Assets.of({
      ingest: intake.take,
      withdraw: (ownerId, assetId) =>
        Effect.catchIf(
          library.setDeleted(ownerId, [assetId], true),
          ({ code }) => code === "not_found",
          () => Effect.void,
        ),
      get: (ownerId, assetId) => Effect.map(library.row(ownerId, assetId), library.view),
      frame: intake.frame,
      picture: intake.picture,
      file: Effect.fnUntraced(function* (ownerId: string, assetId: string) {
        const { sha256, mime, media_type: mediaType, origin_job_id: jobId } = yield* library.row(ownerId, assetId);
        return { path: yield* originals.path(sha256), mime, mediaType, sha256, jobId };
      }),
    });
  }),
);

/** Assets, AssetLibrary, Intake, Derivatives, Uploads, Originals and their Archive, on blobs, database, media, bus and addresses. */
export const assetLayer = Layer.mergeAll(assets, Uploads.layer).pipe(
  Layer.provideMerge(Intake.layer),
  Layer.provideMerge(Derivatives.layer),
  Layer.provideMerge(Layer.mergeAll(AssetLibrary.layer, Originals.layer)),
  Layer.provideMerge(Archive.layer),
  Layer.provide(Parts.layer),
);
