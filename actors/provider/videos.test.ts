// Videos on their way to a provider: taken as they are, converted once, or refused with a sentence.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Effect, Layer, ManagedRuntime } from "effect";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sweepOrphans } from "#actors/asset/housekeeping.ts";
import { convert } from "#actors/media/convert.ts";
import { MediaFailure } from "#actors/media/failure.ts";
import { Media, MediaError } from "#actors/media/media.ts";
import { probe } from "#actors/media/probe.ts";
import { type ClipOptions, makeClip } from "#actors/media/testing.ts";
import { Database } from "#db/client/database.ts";
import { testDatabases } from "#db/client/testing.ts";
import { dropConversions } from "#db/queries/conversion.ts";
import { Blobs } from "#runtime/blobs/blobs.ts";
import { digest } from "#runtime/blobs/digest.ts";
import { localBlobs } from "#runtime/blobs/local.ts";
import { readSettings, Settings } from "#runtime/config/settings.ts";
import { Pool } from "#runtime/pool/pool.ts";
import type { ProviderInput } from "./provider.ts";
import { testInput } from "./testing.ts";
import { commonVideos, lengthProblem, Videos } from "./videos.ts";

const folder = mkdtempSync(join(tmpdir(), "pixsim-videos-"));
mkdirSync(join(folder, "in"));

const work = { probe: 0, convert: 0 };
const here = <A>(run: () => Promise<A>): Effect.Effect<A, MediaError> =>
  Effect.tryPromise({
    try: run,
    catch: (error) => new MediaError({ reason: error instanceof MediaFailure ? error.reason : "fault", message: String(error) }),
  });
/** The real work, in the process of the test. */
const media = Layer.mock(Media, {
  concurrency: 1,
  probe: (path) => Effect.suspend(() => (work.probe++, here(() => probe(path)))),
  convert: (path, facts, target, output) => Effect.suspend(() => (work.convert++, here(() => convert(path, facts, target, output)))),
});

const [embedded] = testDatabases;
const runtime = ManagedRuntime.make(
  Videos.layer.pipe(
    Layer.provideMerge(Layer.mergeAll(media, localBlobs, embedded!.layer)),
    Layer.provide(Pool.layer),
    Layer.provide(Layer.succeed(Settings, readSettings({ PIXSIM_DATA: folder }))),
  ),
);
const run = <A>(effect: Effect.Effect<A, unknown, Videos | Blobs | Database>): Promise<A> => runtime.runPromise(effect);
beforeAll(() => run(Effect.void));
afterAll(async () => {
  await runtime.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const clip = async (name: string, options: ClipOptions, mime: string): Promise<ProviderInput> => {
  const path = join(folder, "in", name);
  await makeClip(path, options);
  const { sha256 } = await digest(path);
  // An asset has it.
  await run(
    Effect.flatMap(Database, (database) =>
      database.query(
        (sql) => sql`
          with made as (
            insert into asset (id, owner_id, media_type, mime, name, size, width, height, sha256, origin, created_at)
            values (${name}, 'usr_1', 'video', ${mime}, ${name}, 1, 1, 1, ${sha256}, 'upload', 1) returning id
          )
          insert into asset_file (asset_id, role, sha256, mime, size) select id, 'original', ${sha256}, ${mime}, 1 from made`,
      ),
    ),
  );
  return testInput("video", path, { mime, sha256 });
};
const taken = (input: ProviderInput, limits: Parameters<Videos["Service"]["taken"]>[1] = commonVideos) =>
  Effect.flatMap(Videos, (videos) => videos.taken(input, limits, "PixVerse"));

test("what is taken stays as it is, and is looked at once; a picture is not looked at", async () => {
  const input = await clip("as-is.mp4", {}, "video/mp4");
  const before = work.probe;
  expect(await run(taken(input))).toBe(input);
  expect(await run(taken(input))).toBe(input);
  const picture = testInput("image", "nowhere.png");
  expect(await run(taken(picture))).toBe(picture);
  expect([work.probe - before, work.convert]).toEqual([1, 0]);
});

test("what is not taken is converted once, however many ask at the same time, and again where the file was lost", async () => {
  const input = await clip("film.mkv", { container: "mkv", codec: "hevc" }, "video/x-matroska");
  const [first, ...others] = await run(Effect.all([taken(input), taken(input), taken(input)], { concurrency: "unbounded" }));
  expect(first).toMatchObject({ role: "video", mime: "video/mp4", mediaType: "video" });
  expect(others).toEqual([first, first]);
  expect(work.convert).toBe(1);
  expect(first!.sha256).toBe((await digest(first!.path)).sha256);
  expect(await probe(first!.path)).toMatchObject({ mime: "video/mp4", videoCodec: expect.stringMatching(/^avc1/), frames: 12 });
  rmSync(first!.path);
  const again = await run(taken(input));
  expect(readFileSync(again.path).length).toBeGreaterThan(0);
  expect(work.convert).toBe(2);
  // For somebody who takes less it is another file.
  expect((await run(taken(input, { ...commonVideos, edge: 32 }))).sha256).not.toBe(again.sha256);
});

test("a converted file stays while it is used, and goes when it was not for a month or its video is gone", async () => {
  const input = await clip("kept.mkv", { container: "mkv", seed: 3 }, "video/x-matroska");
  const made = await run(taken(input));
  const dropped = (before: number) => Effect.flatMap(Database, ({ query }) => query((sql) => dropConversions(sql, before)));
  const stays = () =>
    Effect.gen(function* () {
      yield* sweepOrphans(Number.MAX_SAFE_INTEGER);
      return yield* (yield* Blobs).has(made.sha256);
    });
  await run(dropped(Date.now() - 1_000_000));
  expect(await run(stays())).toBe(true);
  await run(Effect.flatMap(Database, ({ query }) => query((sql) => sql`delete from asset where id = 'kept.mkv'`)));
  expect(await run(dropped(0))).toContainEqual({ made: made.sha256 });
  expect(await run(stays())).toBe(false);
});

test("a video of the wrong length, or one that cannot be converted, is refused before anything is sent", async () => {
  const input = await clip("long.mp4", { frames: 30, fps: 10 }, "video/mp4");
  const refusal = (limits: Parameters<typeof taken>[1], from = input) => run(Effect.flip(taken(from, limits)));
  expect(await refusal({ seconds: { most: 2 } })).toEqual({
    kind: "input",
    unsent: true,
    message: "PixVerse takes videos of up to 2 seconds, and this one has 3: cut it first.",
  });
  expect(await refusal({ seconds: { least: 4, most: 8 } })).toMatchObject({ message: expect.stringMatching(/at least 4 seconds/) });
  expect(await refusal({ bytes: 700 })).toMatchObject({
    kind: "input",
    unsent: true,
    message: expect.stringMatching(/^The video cannot be made into what PixVerse takes\. .*too long to be made smaller/),
  });
  const path = join(folder, "in", "broken.mp4");
  writeFileSync(path, "no video");
  expect(await refusal(commonVideos, testInput("video", path))).toMatchObject({ kind: "input", unsent: true });
  // Lengths are told to the frame by nobody.
  expect(lengthProblem({ durationMs: 30_200 }, { seconds: { most: 30 } }, "PixVerse")).toBeNull();
});
