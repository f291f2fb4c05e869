// The assets of one data folder for tests: real blobs, real database, real media work (in the process of the test, which
// is a child process of its own), addresses without signature.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Effect, Layer } from "effect";
import { derive } from "#actors/media/derive.ts";
import { frame } from "#actors/media/frame.ts";
import { Media, MediaError } from "#actors/media/media.ts";
import { MediaFailure } from "#actors/media/failure.ts";
import { probe } from "#actors/media/probe.ts";
import type { Database } from "#db/client/database.ts";
import { localBlobs } from "#runtime/blobs/local.ts";
import { MediaUrls } from "#runtime/blobs/media-urls.ts";
import { Parts } from "#runtime/blobs/parts.ts";
import { Bus } from "#runtime/bus/bus.ts";
import { readSettings, Settings } from "#runtime/config/settings.ts";
import { Pool } from "#runtime/pool/pool.ts";
import { assetLayer } from "./handlers.ts";

const attempt = <T>(run: () => Promise<T>): Effect.Effect<T, MediaError> =>
  Effect.tryPromise({
    try: run,
    catch: (error) =>
      new MediaError({
        reason: error instanceof MediaFailure ? error.reason : "fault",
        message: error instanceof Error ? error.message : "",
      }),
  });

/** How often each kind of media work was done. */
export const mediaWork = { probe: 0, derive: 0, frame: 0 };

/** Media work in this process. */
export const testMedia = Layer.succeed(Media, {
  concurrency: 1,
  probe: (path) => Effect.suspend(() => (mediaWork.probe++, attempt(() => probe(path)))),
  derive: (path, facts, stage) => Effect.suspend(() => (mediaWork.derive++, attempt(() => derive(path, facts, stage("derived"))))),
  frame: (path, timeMs, output) => Effect.suspend(() => (mediaWork.frame++, attempt(() => frame(path, timeMs, output)))),
  convert: () => Effect.die("not for these tests"),
  render: () => Effect.die("not for these tests"),
});

const urls = Layer.succeed(MediaUrls, { url: (sha256, extension) => `/media/${sha256}.${extension}` });

export const testFolder = (): { readonly path: string; readonly remove: () => void } => {
  const path = mkdtempSync(join(tmpdir(), "pixsim-asset-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};

/** What lies in the staging folders of a data folder, but for their locks. */
export const stagedIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(join(folder, "blobs", "staging"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "lock")
    .map(({ name }) => name);

/** All services of assets on a data folder and a database. */
export const testAssets = <E>(
  folder: string,
  database: Layer.Layer<Database, E>,
  work: Layer.Layer<Media, never, Settings> = testMedia,
  environment: Readonly<Record<string, string>> = {},
) =>
  assetLayer.pipe(
    Layer.provideMerge(Layer.mergeAll(localBlobs, Parts.layer, Bus.alone, work, urls, database)),
    Layer.provideMerge(Pool.layer),
    Layer.provide(Layer.succeed(Settings, readSettings({ PIXSIM_DATA: folder, ...environment }))),
  );
