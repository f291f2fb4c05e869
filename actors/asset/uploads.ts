// Uploads under way: bytes are appended to a part file, checked at the end and taken in as an asset. The rows and parts
// survive restarts; what the client says about size, hash and type is believed only once it has been checked.
import { Clock, Context, Effect, Layer, Schedule } from "effect";
import { tooLargeWords } from "#protocol/bytes.ts";
import { Database } from "#db/client/database.ts";
import { assetByBytes } from "#db/queries/asset.ts";
import { usageOf } from "#db/queries/quota.ts";
import * as query from "#db/queries/upload.ts";
import type { Asset } from "#protocol/asset.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { defaultLimits } from "#protocol/wire/limits.ts";
import { Blobs } from "#runtime/blobs/blobs.ts";
import { hashFile } from "#runtime/blobs/hash.ts";
import { type Part, Parts } from "#runtime/blobs/parts.ts";
import { Settings } from "#runtime/config/settings.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import type { UploadSink } from "#runtime/gateway/handlers.ts";
import { Pool } from "#runtime/pool/pool.ts";
import { notFound } from "./failures.ts";
import { makeFinishing } from "./finishing.ts";
import { Intake } from "./intake.ts";
import { AssetLibrary } from "./library.ts";
import { refusal } from "./quota.ts";
import { makeTurns } from "./turns.ts";

/** Uploads one user may have open. */
const mostOpen = 8;
/** An upload of which nothing came for so long stands still, ms: it makes room for the next one where there is none. */
const stillAfter = 5 * 60_000;
/** Parts that are asked for their size at once. */
const statConcurrency = 8;
/** How often the row of an upload is touched while it is worked at, ms. */
const touchEvery = 60_000;
/** Uploads of which it is remembered why they were refused at their end. */
const mostRefused = 1000;
/** Uploads that are dropped in one statement of the sweep. */
const sweepRows = 500;

interface OpenedUpload {
  readonly uploadId: string;
  readonly sink: UploadSink;
}

export class Uploads extends Context.Service<
  Uploads,
  {
    /** Announces a file. Bytes that the user has as an asset already need not be sent. Errors: payload_too_large, quota_exceeded, storage_full. */
    readonly begin: (
      ownerId: string,
      file: { readonly name: string; readonly size: number; readonly sha256?: string | undefined },
    ) => Effect.Effect<OpenedUpload, CallError>;
    /** Goes on with an upload; a sink given out before takes nothing more. Errors: not_found. */
    readonly resume: (ownerId: string, uploadId: string) => Effect.Effect<OpenedUpload, CallError>;
    /**
     * Checks the bytes and makes the asset; again: answers the same, or joins what is under way. Interrupting it ends only the waiting.
     * Errors: not_found, upload_mismatch, cancelled and those of intake.
     */
    readonly finish: (ownerId: string, uploadId: string, sha256: string) => Effect.Effect<Asset, CallError>;
    /** Ends the upload, also while it is taken in. Errors: not_found. */
    readonly cancel: (ownerId: string, uploadId: string) => Effect.Effect<void, CallError>;
    /** Drops uploads nothing was heard of since `before` (ms epoch), and parts without a row. */
    readonly sweep: (before: number) => Effect.Effect<number, CallError>;
  }
>()("pixsim/actors/Uploads") {
  static readonly layer = Layer.effect(
    Uploads,
    Effect.suspend(() => makeUploads),
  );
}

interface NewUpload extends Omit<query.UploadRow, "checked" | "finished"> {
  /** The owner keeps these bytes already, outside of the trash. */
  readonly isKept: boolean;
}

const tooMany = new CallError(
  "quota_exceeded",
  `You have ${mostOpen} uploads open. Finish or cancel one of them first; one that stands still makes room after ${stillAfter / 60_000} minutes.`,
  { quota: "openUploads", limit: mostOpen },
);

const mismatch = (message: string): CallError => new CallError("upload_mismatch", message);

/** Control characters would only be in the way of those who look at names. */
const cleanName = (name: string): string =>
  name
    .replaceAll(/[\p{Cc}\p{Cs}]/gu, "")
    .trim()
    .slice(0, 200) || "upload";

/** The asset of an upload: the same however often the upload is finished. */
const assetIdOf = (uploadId: string): string => uploadId.replace(/^upl_/, "ast_");

const makeUploads = Effect.gen(function* () {
  const pool = yield* Pool;
  const database = yield* Database;
  const settings = yield* Settings;
  const blobs = yield* Blobs;
  const parts = yield* Parts;
  const intake = yield* Intake;
  const library = yield* AssetLibrary;
  /** Everything done to one upload is done one after the other. */
  const inTurn = makeTurns();
  const finishing = makeFinishing(yield* Effect.scope);
  /** Whose end came while nobody waited has to be told it by the next answer. Oldest first. */
  const refusals = new Map<string, { readonly ownerId: string; readonly error: CallError }>();
  /** Who writes to which part: the last one that opened it; and when its row was touched. */
  const live = new Map<string, { readonly part: Part; holder: object; touchedAt: number }>();

  const shut = (uploadId: string): Effect.Effect<void> =>
    Effect.suspend(() => {
      const open = live.get(uploadId);
      live.delete(uploadId);
      return open?.part.close ?? Effect.void;
    });

  const drop = Effect.fnUntraced(function* (uploadId: string) {
    yield* shut(uploadId);
    yield* parts.remove(uploadId);
    yield* orCallError(database.query((sql) => query.deleteUpload(sql, uploadId)));
  });

  /** Somebody may have gone on with it since it was found, here or on another server. */
  const dropStill = Effect.fnUntraced(function* (uploadId: string, before: number) {
    if (live.has(uploadId) || finishing.has(uploadId)) return;
    const [dropped] = yield* orCallError(database.query((sql) => query.deleteStillUpload(sql, uploadId, before)));
    if (dropped !== undefined) yield* parts.remove(uploadId);
  });

  const find = Effect.fnUntraced(function* (ownerId: string, uploadId: string) {
    const [row] = yield* orCallError(database.query((sql) => query.uploadById(sql, ownerId, uploadId)));
    return row ?? (yield* Effect.fail(notFound(`The upload ${uploadId}`)));
  });

  const touch = Effect.fnUntraced(function* (uploadId: string) {
    const now = yield* Clock.currentTimeMillis;
    yield* orCallError(database.query((sql) => query.touchUpload(sql, uploadId, now)));
  });

  /** Nothing has to be sent: bytes that come nevertheless are let pass. */
  const fullSink = (size: number): UploadSink => ({
    offset: size,
    write: (offset, bytes) =>
      offset + bytes.length <= size ? Effect.succeed(size) : Effect.fail(mismatch(`More than the announced ${size} bytes were sent.`)),
    close: Effect.void,
  });

  const append = Effect.fnUntraced(function* (row: query.UploadRow, holder: object, offset: number, bytes: Uint8Array) {
    const open = live.get(row.id);
    if (open === undefined || open.holder !== holder) {
      return yield* Effect.fail(new CallError("conflict", "The upload is finished, cancelled or goes on over another connection."));
    }
    const stored = open.part.size();
    if (offset + bytes.length > row.size) {
      yield* drop(row.id);
      return yield* Effect.fail(mismatch(`More than the announced ${row.size} bytes were sent. Begin the upload again.`));
    }
    if (offset > stored) return yield* Effect.fail(mismatch(`Bytes ${stored} to ${offset} are missing: send them first.`));
    // A client that does not know whether a chunk arrived sends it again.
    const known = stored - offset;
    if (known < bytes.length) yield* open.part.append(bytes.subarray(known));
    const now = yield* Clock.currentTimeMillis;
    if (now - open.touchedAt >= touchEvery) {
      open.touchedAt = now;
      yield* Effect.ignore(touch(row.id));
    }
    return open.part.size();
  });

  const attach = Effect.fnUntraced(function* (row: query.UploadRow) {
    if (row.finished || row.asset_id !== null || row.checked) return { uploadId: row.id, sink: fullSink(row.size) };
    const holder = {};
    let open = live.get(row.id);
    const touchedAt = yield* Clock.currentTimeMillis;
    if (open === undefined) live.set(row.id, (open = { part: yield* parts.open(row.id), holder, touchedAt }));
    open.holder = holder;
    const { part } = open;
    const sink: UploadSink = {
      get offset() {
        return part.size();
      },
      write: (offset, bytes) => inTurn(row.id, append(row, holder, offset, bytes)),
      close: inTurn(
        row.id,
        Effect.suspend(() =>
          live.get(row.id)?.holder === holder ? Effect.andThen(shut(row.id), Effect.ignore(touch(row.id))) : Effect.void,
        ),
      ),
    };
    return { uploadId: row.id, sink };
  });

  /** Bytes that are still to come of all open uploads but this one. */
  const coming = Effect.fnUntraced(function* (uploadId: string) {
    const open = yield* orCallError(database.query((sql) => query.comingUploads(sql)));
    const rests = yield* Effect.forEach(
      open.filter(({ id }) => id !== uploadId),
      ({ id, size }) => Effect.map(parts.size(id), (stored = 0) => Math.max(0, size - stored)),
      { concurrency: statConcurrency },
    );
    return rests.reduce((sum, rest) => sum + rest, 0);
  });

  /**
   * Fails where disk or quotas have no room for an upload, were those that stand still not there. Whether it is `counted` already: its row
   * is written.
   */
  const mustFit = Effect.fnUntraced(function* (upload: NewUpload, counted: boolean, still: ReadonlyArray<query.StillUpload>) {
    const { size, owner_id: ownerId } = upload;
    // Those whose bytes are here already stand in no count.
    const dropped = still.filter((each) => each.asset_id === null);
    const freed = dropped.reduce((sum, each) => sum + each.size, 0);
    const isComing = upload.asset_id === null;
    if (isComing) yield* parts.room((yield* coming(upload.id)) + size - freed);
    if (upload.isKept) return;
    const usage = yield* orCallError(database.query((sql) => usageOf(sql, ownerId)));
    const own = counted && isComing;
    const others = {
      ...usage,
      coming: usage.coming - (own ? 1 : 0) - dropped.length,
      comingBytes: usage.comingBytes - (own ? size : 0) - freed,
    };
    const refused = refusal(others, { assets: 1, bytes: size }, settings);
    if (refused !== null) return yield* Effect.fail(refused);
  });

  const openUp = Effect.fnUntraced(function* (upload: NewUpload) {
    // Nothing is asked of a database that the full disk may stop.
    if (upload.asset_id === null) yield* parts.room(upload.size);
    const now = yield* Clock.currentTimeMillis;
    const inserted = yield* orCallError(database.transaction((tx) => query.insertUpload(tx, upload, now, mostOpen)));
    if (inserted.length === 0) return yield* Effect.fail(tooMany);
    yield* Effect.tapError(mustFit(upload, true, []), () => drop(upload.id));
  });

  /** Writes the row of an upload. Where there is no room, the owner's uploads that stand still make some, the oldest first. */
  const place = Effect.fnUntraced(function* (upload: NewUpload) {
    for (;;) {
      // One at a time: each sees what is still to come of those before it.
      const refused = yield* inTurn("place", Effect.match(openUp(upload), { onFailure: (error) => error, onSuccess: () => null }));
      if (refused === null) return;
      if (refused.code !== "quota_exceeded" && refused.code !== "storage_full") return yield* Effect.fail(refused);
      const before = (yield* Clock.currentTimeMillis) - stillAfter;
      const found = orCallError(database.query((sql) => query.stillUploads(sql, upload.owner_id, before)));
      const rows = yield* Effect.mapError(found, () => refused);
      const still = rows.filter(({ id }) => !live.has(id) && !finishing.has(id));
      const [oldest] = still;
      if (oldest === undefined) return yield* Effect.fail(refused);
      // None is dropped for one that would not fit even then.
      yield* mustFit(upload, false, still);
      yield* inTurn(oldest.id, dropStill(oldest.id, before));
    }
  });

  const begin = Effect.fn("asset.upload.begin")(function* (
    ownerId: string,
    file: { readonly name: string; readonly size: number; readonly sha256?: string | undefined },
  ) {
    const { size, sha256 = null } = file;
    const limit = defaultLimits.maxUploadBytes;
    if (size > limit) {
      return yield* Effect.fail(new CallError("payload_too_large", tooLargeWords(size, limit), { limit }));
    }
    const [same] = sha256 === null ? [] : yield* orCallError(database.query((sql) => assetByBytes(sql, ownerId, sha256)));
    const assetId = same !== undefined && same.size === size ? same.id : null;
    const row = { id: `upl_${crypto.randomUUID()}`, owner_id: ownerId, name: cleanName(file.name), size, sha256, asset_id: assetId };
    yield* place({ ...row, isKept: assetId !== null && same?.deleted_at === null });
    return yield* inTurn(row.id, attach({ ...row, checked: false, finished: false })).pipe(Effect.tapError(() => drop(row.id)));
  });

  const resume = Effect.fn("asset.upload.resume")(function* (ownerId: string, uploadId: string) {
    return yield* inTurn(
      uploadId,
      Effect.gen(function* () {
        const row = yield* find(ownerId, uploadId);
        yield* touch(uploadId);
        return yield* attach(row);
      }),
    );
  });

  /** Fails after the upload is gone with all it left. */
  const refuse = (uploadId: string, message: string) => Effect.andThen(drop(uploadId), Effect.fail(mismatch(message)));

  const markFinished = Effect.fnUntraced(function* (uploadId: string, assetId: string, sha256: string) {
    const now = yield* Clock.currentTimeMillis;
    yield* orCallError(database.query((sql) => query.finishUpload(sql, uploadId, assetId, sha256, now)));
    yield* parts.remove(uploadId);
  });

  /** The asset that had the bytes when the upload began, or that an earlier finish made. */
  const answerKnown = Effect.fnUntraced(function* (row: query.UploadRow, assetId: string, sha256: string) {
    if (row.sha256 !== sha256) {
      const message = "The SHA-256 is not the one of this upload.";
      return yield* row.finished ? Effect.fail(mismatch(message)) : refuse(row.id, message);
    }
    const found = yield* Effect.tapError(library.row(row.owner_id, assetId), () => drop(row.id));
    const asset = yield* library.revive(found);
    if (!row.finished) yield* markFinished(row.id, assetId, sha256);
    return asset;
  });

  /** Reads the bytes that came, unless a finish that was cut short has done so and moved them into the store. */
  const check = Effect.fnUntraced(function* (row: query.UploadRow, sha256: string) {
    const path = parts.path(row.id);
    const size = yield* parts.size(row.id);
    if (size === undefined && row.checked && row.sha256 === sha256 && (yield* blobs.has(sha256))) {
      return { path: blobs.path(sha256), ref: { sha256, size: row.size } };
    }
    if (size !== row.size) return yield* refuse(row.id, `${size ?? 0} bytes came of the announced ${row.size}. Begin the upload again.`);
    const ref = yield* hashFile(pool, path);
    if (ref.sha256 !== sha256 || (row.sha256 !== null && row.sha256 !== ref.sha256)) {
      return yield* refuse(row.id, "The bytes do not have the SHA-256 that was announced. Begin the upload again.");
    }
    return { path, ref };
  });

  const finishInTurn = Effect.fnUntraced(function* (ownerId: string, uploadId: string, sha256: string) {
    const row = yield* find(ownerId, uploadId);
    if (row.asset_id !== null) return yield* answerKnown(row, row.asset_id, sha256);
    yield* shut(uploadId);
    const { path, ref } = yield* check(row, sha256);
    const [same] = yield* orCallError(database.query((sql) => assetByBytes(sql, ownerId, ref.sha256)));
    if (same !== undefined) {
      const asset = yield* library.revive(same);
      yield* markFinished(uploadId, same.id, ref.sha256);
      return asset;
    }
    const now = yield* Clock.currentTimeMillis;
    // Said before the part is moved into the store: whoever finishes after a crash finds the bytes there.
    yield* orCallError(database.query((sql) => query.markChecked(sql, uploadId, ref.sha256, now)));
    return yield* intake
      .take({
        assetId: assetIdOf(uploadId),
        ownerId,
        name: row.name,
        origin: { kind: "upload" },
        prompt: null,
        parents: [],
        path,
        known: ref,
        within: (tx, assetId) => query.finishUpload(tx, uploadId, assetId, ref.sha256, now),
      })
      .pipe(Effect.tapError((error) => (error.code === "unsupported_media" ? drop(uploadId) : Effect.void)));
  });

  const noteRefusal = (ownerId: string, uploadId: string, error: CallError): Effect.Effect<void> =>
    Effect.sync(() => {
      if (error.code !== "upload_mismatch" && error.code !== "unsupported_media") return;
      refusals.set(uploadId, { ownerId, error });
      const [oldest] = refusals.keys();
      if (refusals.size > mostRefused && oldest !== undefined) refusals.delete(oldest);
    });

  /** Fails if the upload is gone: with the reason, where that is known. */
  const mustBeThere = (ownerId: string, uploadId: string) =>
    Effect.mapError(find(ownerId, uploadId), (error) => {
      const refusal = refusals.get(uploadId);
      return error.code === "not_found" && refusal?.ownerId === ownerId ? refusal.error : error;
    });

  const finish = Effect.fn("asset.upload.finish")((ownerId: string, uploadId: string, sha256: string) => {
    const work = Effect.gen(function* () {
      yield* Effect.forkChild(Effect.repeat(Effect.ignore(touch(uploadId)), Schedule.spaced(touchEvery)));
      return yield* inTurn(uploadId, finishInTurn(ownerId, uploadId, sha256));
    });
    return finishing.run(
      { ownerId, uploadId, sha256 },
      mustBeThere(ownerId, uploadId),
      Effect.tapError(work, (error) => noteRefusal(ownerId, uploadId, error)),
    );
  });

  const cancel = Effect.fn("asset.upload.cancel")(function* (ownerId: string, uploadId: string) {
    yield* find(ownerId, uploadId);
    yield* finishing.stop(uploadId);
    yield* inTurn(uploadId, Effect.andThen(find(ownerId, uploadId), drop(uploadId)));
  });

  const sweep = Effect.fn("asset.upload.sweep")(function* (before: number) {
    const stale = yield* orCallError(database.query((sql) => query.staleUploads(sql, before, sweepRows)));
    const idle = stale.filter(({ id }) => !live.has(id) && !finishing.has(id));
    yield* Effect.forEach(idle, ({ id }) => inTurn(id, drop(id)), { discard: true });
    const names = yield* parts.list;
    const known = new Set((yield* orCallError(database.query((sql) => query.knownUploads(sql, names)))).map(({ id }) => id));
    const stray = names.filter((name) => !known.has(name) && !live.has(name) && !finishing.has(name));
    yield* Effect.forEach(stray, (name) => parts.remove(name), { discard: true });
    return idle.length + stray.length;
  });

  return Uploads.of({
    begin,
    resume,
    finish,
    cancel,
    sweep,
  });
});
