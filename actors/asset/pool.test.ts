import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Effect, ManagedRuntime } from "effect";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mediaPool } from "#actors/media/pool.ts";
import { makeClip, must } from "#actors/media/testing.ts";
import { testDatabases } from "#db/client/testing.ts";
import { Blobs } from "#runtime/blobs/blobs.ts";
import { Assets } from "./assets.ts";
import { Intake } from "./intake.ts";
import { stagedIn, testAssets, testFolder } from "./testing.ts";

const folder = testFolder();
const runtime = ManagedRuntime.make(testAssets(folder.path, must(testDatabases[0]).layer, mediaPool()));
beforeAll(() => runtime.runPromise(Effect.void));
afterAll(async () => {
  await runtime.dispose();
  folder.remove();
});

test("media children do all the work that taking in a file needs", async () => {
  const clip = join(folder.path, "clip.mp4");
  const text = join(folder.path, "text.mp4");
  await makeClip(clip, { frames: 12, audio: "aac", faststart: false });
  writeFileSync(text, "a text that is called a video");
  const request = { ownerId: "usr_1", name: "x", origin: { kind: "upload" as const }, prompt: null, parents: [] };
  await runtime.runPromise(
    Effect.gen(function* () {
      const blobs = yield* Blobs;
      const stage = (from: string): string => {
        const path = blobs.stage("file");
        copyFileSync(from, path);
        return path;
      };
      const asset = yield* (yield* Assets).ingest({ ...request, assetId: "ast_1", path: stage(clip) });
      expect(asset).toMatchObject({ mediaType: "video", durationMs: 500, audioCodec: "mp4a.40.2" });
      expect(Object.values(asset.urls).every((url) => url !== null)).toBe(true);
      expect(asset.urls.faststart).toMatch(/\.mp4$/);
      const still = yield* (yield* Intake).captureFrame("usr_1", "ast_1", 250);
      expect(still).toMatchObject({ mediaType: "image", origin: { kind: "frame", assetId: "ast_1", timeMs: 250 } });
      const refusal = yield* Effect.flip((yield* Assets).ingest({ ...request, assetId: "ast_2", path: stage(text) }));
      expect(refusal).toMatchObject({ code: "unsupported_media" });
      expect(stagedIn(folder.path)).toEqual([]);
    }),
  );
});
