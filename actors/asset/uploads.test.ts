import { createHash, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, statfsSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Effect, ManagedRuntime } from "effect";
import { TestClock } from "effect/testing";
import fc from "fast-check";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeClip, must } from "#actors/media/testing.ts";
import { Database } from "#db/client/database.ts";
import { testDatabases } from "#db/client/testing.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import { Blobs } from "#runtime/blobs/blobs.ts";
import { Parts } from "#runtime/blobs/parts.ts";
import type { UploadSink } from "#runtime/gateway/handlers.ts";
import { contextOf } from "#runtime/gateway/caller.ts";
import { assetHandlers } from "./handlers.ts";
import { sweepOrphans } from "./housekeeping.ts";
import { stagedIn, testAssets, testFolder } from "./testing.ts";
import { Uploads } from "./uploads.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const day = 86_400_000;

describe.each(testDatabases)("uploads on $engine", ({ layer }) => {
  const folder = testFolder();
  /** Holds the database while servers on it come and go. */
  const base = ManagedRuntime.make(layer);
  const runtime = ManagedRuntime.make(testAssets(folder.path, layer), { memoMap: base.memoMap });
  type Services = ManagedRuntime.ManagedRuntime.Services<typeof runtime>;
  const run = <A, E>(effect: Effect.Effect<A, E, Services>): Promise<A> => runtime.runPromise(effect);

  let video: Uint8Array;
  beforeAll(async () => {
    const path = join(folder.path, "clip.mp4");
    await makeClip(path, { frames: 6 });
    video = readFileSync(path);
    await base.runPromise(Effect.void);
    await run(Effect.void);
  });
  afterAll(async () => {
    await runtime.dispose();
    await base.dispose();
    folder.remove();
  });

  let users = 0;
  const freshUser = (): string => `usr_${++users}`;
  let colours = 0;
  /** A picture no other test has. */
  const freshPicture = (): Promise<Buffer> =>
    sharp({ create: { width: 20 + (++colours % 50), height: 20, channels: 3, background: { r: colours % 256, g: 90, b: 20 } } })
      .png()
      .toBuffer();

  const partFiles = (): ReadonlyArray<string> => readdirSync(join(folder.path, "blobs", "uploads"));
  const stagedFiles = (): ReadonlyArray<string> => stagedIn(folder.path);

  const refused = (effect: Effect.Effect<unknown, CallError, Services>) => Effect.flip(effect);

  /** Sends a whole file in chunks and finishes. */
  const upload = Effect.fnUntraced(function* (owner: string, bytes: Uint8Array, name = "file") {
    const uploads = yield* Uploads;
    const { uploadId, sink } = yield* uploads.begin(owner, { name, size: bytes.length });
    for (let at = 0; at < bytes.length; at += 5000) yield* sink.write(at, bytes.subarray(at, at + 5000));
    yield* sink.close;
    return yield* uploads.finish(owner, uploadId, sha256(bytes));
  });

  test("bytes that came in chunks become an asset named as the file was", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const asset = yield* upload(owner, video, "my fox.mp4");
        expect(asset).toMatchObject({
          ownerId: owner,
          name: "my fox.mp4",
          mediaType: "video",
          mime: "video/mp4",
          size: video.length,
          sha256: sha256(video),
          origin: { kind: "upload" },
        });
        expect(Buffer.from(video).equals(readFileSync((yield* Blobs).path(asset.sha256)))).toBe(true);
        expect(partFiles()).toEqual([]);
        expect(stagedFiles()).toEqual([]);
      }),
    ));

  test("the same bytes again are the first asset; from another user an asset of its own that shares the file", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const bytes = yield* Effect.promise(freshPicture);
        const first = yield* upload(owner, bytes, "first.png");
        const again = yield* upload(owner, bytes, "second.png");
        expect(again).toEqual(first);
        const count = (yield* (yield* Blobs).list).length;
        const other = yield* upload(freshUser(), bytes, "mine.png");
        expect(other.id).not.toBe(first.id);
        expect(other).toMatchObject({ name: "mine.png", sha256: first.sha256, urls: first.urls });
        expect((yield* (yield* Blobs).list).length).toBe(count);
        expect(partFiles()).toEqual([]);
      }),
    ));

  test("uploading what is in the trash brings it back", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const { calls } = yield* assetHandlers;
        const bytes = yield* Effect.promise(freshPicture);
        const first = yield* upload(owner, bytes);
        yield* calls["assets.delete"]({ ids: [first.id] }, contextOf(owner));
        expect(yield* upload(owner, bytes)).toMatchObject({ id: first.id, deletedAt: null });
      }),
    ));

  test("two uploads of the same bytes that end together are one asset", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const bytes = yield* Effect.promise(freshPicture);
        const [a, b] = yield* Effect.all([upload(owner, bytes), upload(owner, bytes)], { concurrency: "unbounded" });
        expect(a.id).toBe(b.id);
        expect(partFiles()).toEqual([]);
      }),
    ));

  test("bytes that are known by their announced hash are not sent", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const uploads = yield* Uploads;
        const bytes = yield* Effect.promise(freshPicture);
        const file = { name: "a.png", size: bytes.length, sha256: sha256(bytes) };
        const first = yield* upload(owner, bytes);
        const known = yield* uploads.begin(owner, file);
        expect(known.sink.offset).toBe(bytes.length);
        expect(yield* known.sink.write(0, bytes.subarray(0, 10))).toBe(bytes.length);
        expect(yield* uploads.finish(owner, known.uploadId, file.sha256)).toEqual(first);
        // Nobody gets another's bytes by knowing their hash.
        const foreign = yield* uploads.begin(freshUser(), file);
        expect(foreign.sink.offset).toBe(0);
      }),
    ));

  test("finishing again answers the same asset, but not for another hash", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const uploads = yield* Uploads;
        const bytes = yield* Effect.promise(freshPicture);
        const { uploadId, sink } = yield* uploads.begin(owner, { name: "a.png", size: bytes.length });
        yield* sink.write(0, bytes);
        const finish = uploads.finish(owner, uploadId, sha256(bytes));
        const [first, second] = yield* Effect.all([finish, finish], { concurrency: "unbounded" });
        expect(second).toEqual(first);
        expect(yield* finish).toEqual(first);
        expect(yield* refused(uploads.finish(owner, uploadId, "0".repeat(64)))).toMatchObject({ code: "upload_mismatch" });
        expect(yield* finish).toEqual(first);
        expect((yield* uploads.resume(owner, uploadId)).sink.offset).toBe(bytes.length);
        expect(yield* refused(sink.write(bytes.length, bytes))).toMatchObject({ code: "conflict" });
      }),
    ));

  test("what the client says about hash, size and type is checked, and a liar's bytes are removed", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const uploads = yield* Uploads;
        const { calls } = yield* assetHandlers;
        const picture = yield* Effect.promise(freshPicture);
        const send = Effect.fnUntraced(function* (announced: { size: number; sha256?: string }, bytes: Uint8Array) {
          const { uploadId, sink } = yield* uploads.begin(owner, { name: "lie.png", ...announced });
          yield* sink.write(0, bytes);
          return uploadId;
        });
        const gone = Effect.fnUntraced(function* (uploadId: string) {
          expect(partFiles()).not.toContain(uploadId);
          expect(yield* refused(uploads.resume(owner, uploadId))).toMatchObject({ code: "not_found" });
        });

        const wrongHash = yield* send({ size: picture.length }, picture);
        expect(yield* refused(uploads.finish(owner, wrongHash, "0".repeat(64)))).toMatchObject({ code: "upload_mismatch" });
        yield* gone(wrongHash);

        const wrongAnnouncement = yield* send({ size: picture.length, sha256: "1".repeat(64) }, picture);
        expect(yield* refused(uploads.finish(owner, wrongAnnouncement, sha256(picture)))).toMatchObject({ code: "upload_mismatch" });
        yield* gone(wrongAnnouncement);

        const tooFew = yield* send({ size: picture.length + 1 }, picture);
        expect(yield* refused(uploads.finish(owner, tooFew, sha256(picture)))).toMatchObject({
          code: "upload_mismatch",
          message: expect.stringContaining(`${picture.length} bytes came of the announced ${picture.length + 1}`),
        });
        yield* gone(tooFew);

        const { uploadId: tooMany, sink } = yield* uploads.begin(owner, { name: "lie.png", size: picture.length - 1 });
        expect(yield* refused(sink.write(0, picture))).toMatchObject({ code: "upload_mismatch" });
        yield* gone(tooMany);

        const text = Buffer.from("only a text that calls itself a picture");
        const notMedia = yield* send({ size: text.length }, text);
        expect(yield* refused(uploads.finish(owner, notMedia, sha256(text)))).toMatchObject({ code: "unsupported_media" });
        yield* gone(notMedia);

        const cut = video.subarray(0, video.length - 2000);
        const half = yield* send({ size: cut.length }, cut);
        expect(yield* refused(uploads.finish(owner, half, sha256(cut)))).toMatchObject({ code: "unsupported_media" });
        yield* gone(half);

        const list = yield* calls["assets.list"]({ filter: { deleted: false }, limit: 10 }, contextOf(owner));
        expect(list.assets).toEqual([]);
        expect(stagedFiles()).toEqual([]);
        expect(yield* (yield* Blobs).has(sha256(text))).toBe(false);
      }),
    ));

  test("too large a file and too many open uploads are refused with the limit", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const uploads = yield* Uploads;
        const limit = 2 * 1024 * 1024 * 1024;
        expect(yield* refused(uploads.begin(owner, { name: "film.mp4", size: limit + 1 }))).toMatchObject({
          code: "payload_too_large",
          details: { limit },
        });
        const begin = uploads.begin(owner, { name: "a.png", size: 10 });
        const attempts = yield* Effect.all(
          Array.from({ length: 12 }, () => Effect.result(begin)),
          { concurrency: "unbounded" },
        );
        const open = attempts.flatMap((attempt) => (attempt._tag === "Success" ? [attempt.success.uploadId] : []));
        expect(open).toHaveLength(8);
        for (const attempt of attempts) {
          if (attempt._tag === "Failure") {
            expect(attempt.failure).toMatchObject({ code: "quota_exceeded", details: { quota: "openUploads", limit: 8 } });
          }
        }
        yield* uploads.cancel(owner, open[0] ?? "");
        yield* begin;
        expect(yield* refused(begin)).toMatchObject({ code: "quota_exceeded" });
        for (const { uploadId } of yield* Effect.forEach(open.slice(1), (id) => uploads.resume(owner, id)))
          yield* uploads.cancel(owner, uploadId);
      }),
    ));

  test("where there is no place left, an upload that stands still makes one: the oldest, and never one that receives", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const uploads = yield* Uploads;
        const database = yield* Database;
        yield* Effect.gen(function* () {
          yield* TestClock.setTime(Date.UTC(2032, 0, 1));
          const begin = uploads.begin(owner, { name: "a.png", size: 10 });
          const receiving = yield* begin;
          const elsewhere = yield* begin;
          yield* elsewhere.sink.close;
          const still: Array<string> = [];
          for (let n = 0; n < 6; n++) {
            yield* TestClock.adjust("1 second");
            const { uploadId, sink } = yield* begin;
            yield* sink.write(0, Buffer.from("123"));
            yield* sink.close;
            still.push(uploadId);
          }
          yield* TestClock.adjust("4 minutes");
          expect(yield* refused(begin)).toMatchObject({ code: "quota_exceeded", details: { quota: "openUploads" } });
          yield* TestClock.adjust("2 minutes");
          // As another server does for one that it receives; and as this one does.
          const now = Date.UTC(2032, 0, 1) + 366_000;
          yield* database.query((sql) => sql`update upload set touched_at = ${now} where id = ${elsewhere.uploadId}`);
          yield* receiving.sink.write(0, Buffer.from("1"));
          const [touched] = yield* database.query(
            (sql) => sql<Array<{ touched_at: number }>>`select touched_at from upload where id = ${receiving.uploadId}`,
          );
          expect(touched).toEqual({ touched_at: now });
          const fresh = yield* begin;
          expect(partFiles()).toEqual(expect.arrayContaining([receiving.uploadId, elsewhere.uploadId, fresh.uploadId, ...still.slice(1)]));
          expect(partFiles()).not.toContain(still[0]);
          expect(yield* refused(uploads.resume(owner, still[0] ?? ""))).toMatchObject({ code: "not_found" });
          for (const { uploadId } of [receiving, elsewhere, fresh]) yield* uploads.cancel(owner, uploadId);
          for (const uploadId of still.slice(1)) yield* uploads.cancel(owner, uploadId);
        }).pipe(Effect.provide(TestClock.layer()));
      }),
    ));

  test("what is still to come of others' uploads takes room of the disk already, and no upload is dropped in vain", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const uploads = yield* Uploads;
        const database = yield* Database;
        const parts = yield* Parts;
        const left = yield* uploads.begin(owner, { name: "left", size: 10 });
        yield* left.sink.close;
        yield* database.query((sql) => sql`update upload set touched_at = 0 where id = ${left.uploadId}`);
        const { bavail, bsize } = statfsSync(folder.path);
        const size = bavail * bsize;
        yield* database.query(
          (sql) => sql`insert into upload (id, owner_id, name, size, touched_at) values ('upl_film', 'usr_film', 'film', ${size}, 0)`,
        );
        const begin = uploads.begin(owner, { name: "a.png", size: 10 });
        expect(yield* refused(begin)).toMatchObject({ code: "storage_full" });
        expect(partFiles()).toContain(left.uploadId);
        // All of it has come, into a file that takes no room.
        writeFileSync(parts.path("upl_film"), "");
        truncateSync(parts.path("upl_film"), size);
        const { uploadId } = yield* begin;
        for (const id of [left.uploadId, uploadId]) yield* uploads.cancel(owner, id);
        yield* uploads.cancel("usr_film", "upl_film");
      }),
    ));

  test("an upload is its owner's alone", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const stranger = freshUser();
        const uploads = yield* Uploads;
        const { uploadId, sink } = yield* uploads.begin(owner, { name: "a.png", size: 10 });
        for (const attempt of [
          uploads.resume(stranger, uploadId),
          uploads.finish(stranger, uploadId, "0".repeat(64)),
          uploads.cancel(stranger, uploadId),
          uploads.resume(owner, "upl_none"),
        ]) {
          expect(yield* refused(attempt as Effect.Effect<unknown, CallError>)).toMatchObject({ code: "not_found" });
        }
        expect(yield* sink.write(0, Buffer.from("12345"))).toBe(5);
        yield* uploads.cancel(owner, uploadId);
        expect(yield* refused(sink.write(5, Buffer.from("12345")))).toMatchObject({ code: "conflict" });
        expect(partFiles()).not.toContain(uploadId);
      }),
    ));

  test("who goes on over another connection takes the upload over", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const uploads = yield* Uploads;
        const { uploadId, sink: old } = yield* uploads.begin(owner, { name: "a.png", size: 10 });
        yield* old.write(0, Buffer.from("1234"));
        const { sink: fresh } = yield* uploads.resume(owner, uploadId);
        expect(fresh.offset).toBe(4);
        expect(yield* refused(old.write(4, Buffer.from("5")))).toMatchObject({ code: "conflict" });
        // The lost connection is noticed late: that must not close what goes on.
        yield* old.close;
        expect(yield* fresh.write(4, Buffer.from("56"))).toBe(6);
        expect(yield* refused(fresh.write(8, Buffer.from("9")))).toMatchObject({
          code: "upload_mismatch",
          message: expect.stringContaining("6 to 8"),
        });
        expect(yield* fresh.write(2, Buffer.from("3456"))).toBe(6);
        expect(yield* fresh.write(4, Buffer.from("567890"))).toBe(10);
        expect(readFileSync((yield* Parts).path(uploadId), "utf8")).toBe("1234567890");
        yield* uploads.cancel(owner, uploadId);
      }),
    ));

  test("whatever the chunks, repeats and broken connections, the bytes arrive as they were", async () => {
    const step = fc.record({
      size: fc.integer({ min: 1, max: 4000 }),
      /** Sent again from so many bytes before the end of what is stored. */
      back: fc.integer({ min: 0, max: 3000 }),
      next: fc.constantFrom("go on", "go on", "reconnect", "reconnect without a goodbye"),
    });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20_000 }), fc.array(step, { maxLength: 30 }), (size, steps) =>
        run(
          Effect.gen(function* () {
            const owner = freshUser();
            const uploads = yield* Uploads;
            const bytes = randomBytes(size);
            const begun = yield* uploads.begin(owner, { name: "noise", size });
            const { uploadId } = begun;
            let sink: UploadSink = begun.sink;
            const send = Effect.fnUntraced(function* (back: number, length: number) {
              const from = Math.max(0, sink.offset - back);
              const offset = yield* sink.write(from, bytes.subarray(from, from + length));
              expect(offset).toBe(sink.offset);
            });
            for (const { size: length, back, next } of steps) {
              yield* send(back, length);
              if (next === "reconnect") yield* sink.close;
              if (next !== "go on") sink = (yield* uploads.resume(owner, uploadId)).sink;
            }
            while (sink.offset < size) yield* send(0, 7000);
            yield* sink.close;
            expect(readFileSync((yield* Parts).path(uploadId)).equals(bytes)).toBe(true);
            yield* uploads.cancel(owner, uploadId);
          }),
        ),
      ),
      { numRuns: 25 },
    );
  });

  test("an upload that nobody went on with is dropped after a day, with its bytes; a live one is not", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const uploads = yield* Uploads;
        yield* Effect.gen(function* () {
          yield* TestClock.setTime(Date.UTC(2031, 0, 1));
          const left = yield* uploads.begin(owner, { name: "left", size: 10 });
          yield* left.sink.write(0, Buffer.from("123"));
          yield* left.sink.close;
          const live = yield* uploads.begin(owner, { name: "live", size: 10 });
          writeFileSync((yield* Parts).path("upl_stray"), "no row");
          yield* uploads.sweep(Date.UTC(2031, 0, 1));
          expect(partFiles()).toEqual(expect.arrayContaining([left.uploadId, live.uploadId]));
          expect(partFiles()).not.toContain("upl_stray");
          yield* uploads.sweep(Date.UTC(2031, 0, 1) + day);
          expect(partFiles()).not.toContain(left.uploadId);
          expect(partFiles()).toContain(live.uploadId);
          expect(yield* refused(uploads.resume(owner, left.uploadId))).toMatchObject({ code: "not_found" });
          yield* live.sink.close;
          yield* uploads.cancel(owner, live.uploadId);
        }).pipe(Effect.provide(TestClock.layer()));
      }),
    ));

  test("a finish that was cut short by a crash is finished by the next, wherever the bytes were", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const uploads = yield* Uploads;
        const blobs = yield* Blobs;
        const parts = yield* Parts;
        const database = yield* Database;
        const bytes = yield* Effect.promise(freshPicture);
        const { uploadId, sink } = yield* uploads.begin(owner, { name: "a.png", size: bytes.length });
        yield* sink.write(0, bytes);
        yield* sink.close;
        // As after: hash noted, bytes moved into the store, no asset written.
        yield* database.query((sql) => sql`update upload set sha256 = ${sha256(bytes)}, checked = true where id = ${uploadId}`);
        const staged = blobs.stage("moved");
        renameSync(parts.path(uploadId), staged);
        yield* blobs.adopt(staged);
        // The sweep at start must not take them for an orphan.
        yield* sweepOrphans(Number.MAX_SAFE_INTEGER);
        const asset = yield* uploads.finish(owner, uploadId, sha256(bytes));
        expect(asset).toMatchObject({ name: "a.png", sha256: sha256(bytes) });
        expect(existsSync(blobs.path(asset.sha256))).toBe(true);
      }),
    ));

  test("the calls give the gateway a sink and the client its stream", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const { calls } = yield* assetHandlers;
        const sinks: Array<UploadSink> = [];
        const context = contextOf(owner, { openUpload: (sink) => sinks.push(sink) + 6 });
        const bytes = yield* Effect.promise(freshPicture);
        const begun = yield* calls["assets.beginUpload"]({ name: "\u0000a\n.png ", size: bytes.length }, context);
        expect(begun).toEqual({ uploadId: expect.stringMatching(/^upl_/), stream: 7, offset: 0 });
        yield* must(sinks[0]).write(0, bytes.subarray(0, 20));
        const { uploadId } = begun;
        expect(yield* calls["assets.resumeUpload"]({ uploadId }, context)).toEqual({ uploadId, stream: 8, offset: 20 });
        yield* must(sinks[1]).write(20, bytes.subarray(20));
        expect(yield* calls["assets.finishUpload"]({ uploadId, sha256: sha256(bytes) }, context)).toMatchObject({ name: "a.png" });
        const second = yield* calls["assets.beginUpload"]({ name: "b", size: 5 }, context);
        expect(yield* calls["assets.cancelUpload"]({ uploadId: second.uploadId }, context)).toEqual({});
      }),
    ));

  test("an upload goes on after the server was started again", async () => {
    const bytes = await freshPicture();
    const own = testFolder();
    const started = () => ManagedRuntime.make(testAssets(own.path, layer), { memoMap: base.memoMap });
    const first = started();
    const uploadId = await first.runPromise(
      Effect.gen(function* () {
        const begun = yield* (yield* Uploads).begin("usr_restart", { name: "a.png", size: bytes.length });
        yield* begun.sink.write(0, bytes.subarray(0, 30));
        return begun.uploadId;
      }),
    );
    await first.dispose();
    const second = started();
    const asset = await second.runPromise(
      Effect.gen(function* () {
        const uploads = yield* Uploads;
        const { sink } = yield* uploads.resume("usr_restart", uploadId);
        expect(sink.offset).toBe(30);
        yield* sink.write(30, bytes.subarray(30));
        return yield* uploads.finish("usr_restart", uploadId, sha256(bytes));
      }),
    );
    expect(asset).toMatchObject({ sha256: sha256(bytes), size: bytes.length });
    await second.dispose();
    own.remove();
  });
});
