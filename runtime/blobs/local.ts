// Blobs in a folder: `<data>/blobs/ab/cdef…`. A file gets its name only once it is whole, so a crash at any moment leaves either the
// whole blob or none; beside PostgreSQL only once all of it is on the disk, so that a row which survives a loss of power has its blob.
// The rows of the embedded database do not survive one for sure, so nobody waits for the disk there: the blob is put on it right after.
// Several processes may share the folder: each stages in a folder of its own.
import { mkdir, rename, rm, stat, utimes } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Clock, Effect, Layer, Semaphore } from "effect";
import type { CallError } from "#protocol/wire/errors.ts";
import { Settings } from "../config/settings.ts";
import { Pool } from "../pool/pool.ts";
import { type BlobRef, Blobs } from "./blobs.ts";
import { diskError, onDisk, settle, unlessMissing } from "./disk.ts";
import { hashFile } from "./hash.ts";
import { ownFolder } from "./own-folder.ts";
import { listTree, placeIn } from "./tree.ts";

/** Where a blob lies within the data folder. */
export const blobPath = (dataFolder: string, sha256: string): string => placeIn(join(dataFolder, "blobs"), sha256);

const sizeOf = async (path: string): Promise<number | undefined> => (await unlessMissing(stat(path), undefined))?.size;

/** Blobs under `PIXSIM_DATA`. Errors at start: storage_full if the folder cannot be written. */
export const localBlobs: Layer.Layer<Blobs, CallError, Settings | Pool> = Layer.effect(
  Blobs,
  Effect.gen(function* () {
    const { PIXSIM_DATA, DATABASE_URL } = yield* Settings;
    const lasting = DATABASE_URL !== undefined;
    const scope = yield* Effect.scope;
    const pool = yield* Pool;
    const root = join(PIXSIM_DATA, "blobs");
    const staging = yield* ownFolder(join(root, "staging"));
    /** Keeps `adopt` and `remove` from acting on the same blob between each other's look and deed. */
    const naming = yield* Semaphore.make(1);
    const path = (sha256: string): string => blobPath(PIXSIM_DATA, sha256);

    const settleLater = (target: string) =>
      onDisk(() => unlessMissing(settle(target, "r"), undefined).then(() => settle(dirname(target), "r"))).pipe(
        Effect.catch((error) => Effect.logWarning("blobs.settle.failed", { error: error.message })),
        Effect.forkIn(scope),
      );

    const adopt = Effect.fnUntraced(function* (source: string, known?: BlobRef, settled = false) {
      const ref = known ?? (yield* hashFile(pool, source));
      const target = path(ref.sha256);
      const folder = dirname(target);
      const now = yield* Clock.currentTimeMillis;
      yield* onDisk(async () => {
        if (lasting && !settled) await settle(source, "r+");
        await utimes(source, now / 1000, now / 1000);
        await mkdir(folder, { recursive: true });
      });
      const moved = yield* naming.withPermits(1)(
        onDisk(async () => {
          if ((await sizeOf(target)) === ref.size) {
            await utimes(target, now / 1000, now / 1000);
            return false;
          }
          await rename(source, target);
          return true;
        }),
      );
      if (!moved) yield* onDisk(() => rm(source, { force: true }));
      else if (lasting) yield* onDisk(() => settle(folder, "r"));
      else yield* settleLater(target);
      return ref;
    });

    const remove = (sha256: string, adoptedBefore?: number): Effect.Effect<void> =>
      naming.withPermits(1)(
        Effect.promise(async () => {
          const target = path(sha256);
          const found = await unlessMissing(stat(target), undefined);
          if (found !== undefined && (adoptedBefore === undefined || found.mtimeMs < adoptedBefore)) await rm(target, { force: true });
        }),
      );

    return Blobs.of({
      adopt,
      settle: (source) => (lasting ? onDisk(() => settle(source, "r+")) : Effect.void),
      path,
      remove,
      has: (sha256) => Effect.promise(async () => (await sizeOf(path(sha256))) !== undefined),
      stage: (name) => join(staging, `${crypto.randomUUID()}-${basename(name)}`),
      list: listTree(root, diskError),
    });
  }),
);
