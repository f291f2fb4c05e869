import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { Effect, ManagedRuntime } from "effect";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeClip } from "#actors/media/testing.ts";
import { testDatabases } from "#db/client/testing.ts";
import { Blobs } from "#runtime/blobs/blobs.ts";
import { readSettings } from "#runtime/config/settings.ts";
import { Assets } from "./assets.ts";
import { Intake } from "./intake.ts";
import { AssetLibrary } from "./library.ts";
import { refusal } from "./quota.ts";
import { testAssets, testFolder } from "./testing.ts";
import { Uploads } from "./uploads.ts";

const most = 3;
const bytes = 1_000_000;
const environment = { PIXSIM_ASSETS_PER_USER: String(most), PIXSIM_STORAGE_PER_USER: String(bytes / 1e9) };

test("a quota is full when it is reached, with what is on its way, and says so in words and figures", () => {
  const settings = readSettings(environment);
  const none = { assets: 0, bytes: 0, coming: 0, comingBytes: 0, mostAssets: null, mostStorage: null };
  expect(refusal({ ...none, assets: 1, coming: 1 }, { assets: 1, bytes: 0 }, settings)).toBeNull();
  expect(refusal({ ...none, assets: 1, coming: 1 }, { assets: 2, bytes: 0 }, settings)).toMatchObject({
    code: "quota_exceeded",
    message: "At most 3 assets may be kept: you have 1, and 1 on the way; this makes 2. Move some to the trash first.",
    details: { quota: "assets", limit: 3 },
  });
  expect(refusal({ ...none, bytes: 400_000, comingBytes: 100_000 }, { assets: 1, bytes: 500_000 }, settings)).toBeNull();
  expect(refusal({ ...none, bytes: 400_000, comingBytes: 100_000 }, { assets: 1, bytes: 500_001 }, settings)).toMatchObject({
    code: "quota_exceeded",
    message: "Your assets take 500 KB of the 1.0 MB that you have, and this takes 500 KB. Move some to the trash first.",
    details: { quota: "storage", limit: 1_000_000 },
  });
  // One who is allowed more, or less, than others.
  expect(refusal({ ...none, assets: 3, mostAssets: 4 }, { assets: 1, bytes: 0 }, settings)).toBeNull();
  expect(refusal({ ...none, mostStorage: 0.000_1 }, { assets: 1, bytes: 200_000 }, settings)).toMatchObject({
    message:
      "Your assets take 0 B of the 100 KB that you have, and this takes 200 KB. Ask for less, or ask an administrator to allow you more.",
    details: { limit: 100_000 },
  });
  expect(refusal({ ...none, mostAssets: 1 }, { assets: 2, bytes: 0 }, settings)?.message).toBe(
    "At most 1 asset may be kept: you have 0; this makes 2. Ask for less, or ask an administrator to allow you more.",
  );
  // How large a video becomes is not known before it is made: there must be room for some.
  expect(refusal({ ...none, bytes: 1_000_000 }, { assets: 1, bytes: 0 }, settings)).toMatchObject({ details: { quota: "storage" } });
});

describe.each(testDatabases)("quotas of assets on $engine", ({ layer }) => {
  const folder = testFolder();
  const runtime = ManagedRuntime.make(testAssets(folder.path, layer, undefined, environment));
  type Services = ManagedRuntime.ManagedRuntime.Services<typeof runtime>;
  const run = <A, E>(effect: Effect.Effect<A, E, Services>): Promise<A> => runtime.runPromise(effect);
  const clip = join(folder.path, "clip.mp4");
  beforeAll(async () => {
    await makeClip(clip, { frames: 6 });
    await run(Effect.void);
  });
  afterAll(async () => {
    await runtime.dispose();
    folder.remove();
  });

  let users = 0;
  const freshUser = (): string => `usr_q${++users}`;
  let made = 0;
  /** As a job brings it, whose place was kept for it since it was let in. */
  const ingest = Effect.fnUntraced(function* (ownerId: string, source?: string) {
    const path = (yield* Blobs).stage("result");
    const hue = (++made * 37) % 256;
    if (source === undefined) {
      yield* Effect.promise(() =>
        sharp({ create: { width: 16, height: 16, channels: 3, background: { r: hue, g: 9, b: 90 } } })
          .png()
          .toFile(path),
      );
    } else copyFileSync(source, path);
    return yield* (yield* Assets).ingest({
      assetId: `ast_q${made}`,
      ownerId,
      name: "a picture",
      origin: { kind: "generation", jobId: "job_none" },
      prompt: null,
      parents: [],
      path,
    });
  });
  const full = { code: "quota_exceeded", details: { quota: "assets", limit: most } };

  test("as many uploads are let in as there is room for, however many come at once", () =>
    run(
      Effect.gen(function* () {
        const uploads = yield* Uploads;
        const owner = freshUser();
        yield* ingest(owner);
        const begin = uploads.begin(owner, { name: "a.png", size: 10 });
        const attempts = yield* Effect.all(
          Array.from({ length: 7 }, () => Effect.result(begin)),
          { concurrency: "unbounded" },
        );
        const open = attempts.flatMap((attempt) => (attempt._tag === "Success" ? [attempt.success.uploadId] : []));
        // Who comes at the same moment may stand in each other's way; none gets in too many.
        expect(open.length).toBeLessThanOrEqual(most - 1);
        for (const attempt of attempts) if (attempt._tag === "Failure") expect(attempt.failure).toMatchObject(full);
        for (let left = open.length; left < most - 1; left++) open.push((yield* begin).uploadId);
        expect(yield* Effect.flip(begin)).toMatchObject(full);
        yield* uploads.cancel(owner, open[0] ?? "");
        yield* begin;
        expect(yield* Effect.flip(begin)).toMatchObject(full);
        yield* uploads.begin(freshUser(), { name: "a.png", size: 10 });
      }),
    ));

  test("what is announced must fit; bytes that the gallery has already need no room", () =>
    run(
      Effect.gen(function* () {
        const uploads = yield* Uploads;
        const owner = freshUser();
        const { sha256, size } = yield* ingest(owner);
        const { uploadId } = yield* uploads.begin(owner, { name: "a.png", size: 600_000 });
        expect(yield* Effect.flip(uploads.begin(owner, { name: "b.png", size: 600_000 }))).toMatchObject({
          code: "quota_exceeded",
          details: { quota: "storage", limit: bytes },
        });
        yield* uploads.begin(owner, { name: "c.png", size: bytes - 600_000 - size });
        yield* uploads.begin(owner, { name: "known.png", size, sha256 });
        yield* uploads.cancel(owner, uploadId);
      }),
    ));

  test("what was let in is kept although the quota is full meanwhile; frames and the trash must wait for room", () =>
    run(
      Effect.gen(function* () {
        const library = yield* AssetLibrary;
        const intake = yield* Intake;
        const owner = freshUser();
        const video = yield* ingest(owner, clip);
        const others = yield* Effect.forEach([1, 2, 3], () => ingest(owner));
        expect(yield* Effect.flip(intake.captureFrame(owner, video.id, 0))).toMatchObject(full);
        const ids = others.map(({ id }) => id);
        yield* library.setDeleted(owner, ids, true);
        yield* library.restore(owner, ids.slice(2));
        // There is room for one, which two ask for at once.
        const capture = intake.captureFrame(owner, video.id, 0);
        const [frame, same] = yield* Effect.all([capture, capture], { concurrency: "unbounded" });
        expect(same.id).toBe(frame.id);
        yield* library.setDeleted(owner, ids.slice(2), true);
        expect(yield* Effect.flip(library.restore(owner, ids))).toMatchObject(full);
        yield* library.restore(owner, ids.slice(0, 1));
        expect(yield* Effect.flip(library.restore(owner, ids.slice(1, 2)))).toMatchObject(full);
        // What is there already takes no more room: to ask for it again changes nothing.
        expect((yield* intake.captureFrame(owner, video.id, 0)).id).toBe(frame.id);
        yield* library.restore(owner, ids.slice(0, 1));
        yield* library.setDeleted(owner, [frame.id], true);
        yield* library.restore(owner, ids.slice(1, 2));
        expect(yield* Effect.flip(intake.captureFrame(owner, video.id, 0))).toMatchObject(full);
      }),
    ));
});
