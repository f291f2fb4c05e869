// A second place for blobs, on another disk: a folder that the operator names. What it is given is read again there and compared with its
// hash before it counts as kept, and once more on its way back. It never removes anything from the data folder.
import { access, constants, copyFile, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Context, Effect, Layer } from "effect";
import { CallError } from "#protocol/wire/errors.ts";
import { Settings } from "../config/settings.ts";
import { Pool } from "../pool/pool.ts";
import type { BlobRef, StoredBlob } from "./blobs.ts";
import { diskError, settle, unlessMissing } from "./disk.ts";
import { hashFile } from "./hash.ts";
import { listTree, placeIn } from "./tree.ts";

export class Archive extends Context.Service<
  Archive,
  {
    /** Bytes of originals that stay in the data folder; null: all of them. */
    readonly localBytes: number | null;
    /** Whether a whole copy of the file is there, which it makes unless there is one. False: the file is not what its name says. Errors: unavailable. */
    readonly keep: (path: string, ref: BlobRef) => Effect.Effect<boolean, CallError>;
    /** Writes its copy to `target`, which is whole or not there. Errors: not_found, unavailable, storage_full. */
    readonly fetch: (sha256: string, target: string) => Effect.Effect<BlobRef, CallError>;
    /** Removes a copy that was made before that moment, ms epoch. */
    readonly remove: (sha256: string, madeBefore: number) => Effect.Effect<void, CallError>;
    /** All copies; none where there is no archive. Errors: unavailable. */
    readonly list: Effect.Effect<ReadonlyArray<StoredBlob>, CallError>;
  }
>()("pixsim/runtime/Archive") {
  static readonly layer = Layer.effect(
    Archive,
    Effect.gen(function* () {
      const { PIXSIM_ARCHIVE: folder, PIXSIM_DATA: data, PIXSIM_LOCAL_ORIGINALS: gigabytes } = yield* Settings;
      const pool = yield* Pool;
      return folder === undefined ? none : inFolder(pool, data, folder, gigabytes === undefined ? null : gigabytes * 1e9);
    }),
  );
}

const gone = new CallError("not_found", "This file is not here any more.");

const none = Archive.of({
  localBytes: null,
  keep: () => Effect.succeed(false),
  fetch: () => Effect.fail(gone),
  remove: () => Effect.void,
  list: Effect.succeed([]),
});

/** In the archive, and in the data folder that it belongs to: the same id. */
const mark = "pixsim-archive";

/** Where a copy lies within the archive. */
export const archivePath = (folder: string, sha256: string): string => placeIn(folder, sha256);

const unreachable = (why: string): CallError =>
  new CallError("unavailable", `The archive of originals cannot be reached just now (${why}). Try again, or tell who runs this PixSim.`);

/** No other try helps: the file has to be brought back, or made again. */
export const damagedCopy = new CallError(
  "unavailable",
  "The archive's copy of this file is damaged, and there is no other. Ask who runs this PixSim to bring it back from a backup; what was generated can be made again.",
);

const refused = (error: unknown): CallError =>
  error instanceof CallError ? error : unreachable(error instanceof Error && "code" in error ? String(error.code) : "fault");

const onArchive = <T>(run: () => Promise<T>, refusal = refused): Effect.Effect<T, CallError> =>
  Effect.uninterruptible(Effect.tryPromise({ try: run, catch: refusal }));

/** Of a copy out of the archive that can be read: no room is what the data folder has. */
const notWritten = (error: unknown): CallError => {
  const ours = diskError(error);
  return ours.code === "storage_full" ? ours : refused(error);
};

/** A disk that is not mounted leaves an empty folder behind: what was put there would be hidden, and lost, once it is mounted again. */
const checkMark = async (data: string, folder: string): Promise<void> => {
  const read = (path: string) => unlessMissing(readFile(path, "utf8"), undefined);
  const own = join(data, mark);
  if ((await unlessMissing(stat(folder), undefined)) === undefined) throw unreachable("its folder is not there: is its disk mounted?");
  const [theirs, ours] = [await read(join(folder, mark)), await read(own)];
  if (theirs !== undefined && theirs === ours) return;
  if (ours !== undefined) throw unreachable("its folder is not the one that was used before: is its disk mounted?");
  if (theirs !== undefined) throw unreachable("its folder belongs to another PixSim: name an empty one");
  const id = `${crypto.randomUUID()}\n`;
  await writeFile(join(folder, mark), id, { flag: "wx", flush: true });
  await writeFile(own, id, { flag: "wx", flush: true });
};

const inFolder = (pool: Pool["Service"], data: string, folder: string, localBytes: number | null): Archive["Service"] => {
  const reach = onArchive(() => checkMark(data, folder));
  const place = (sha256: string): string => placeIn(folder, sha256);
  const isWhole = Effect.fnUntraced(function* (path: string, { sha256, size }: BlobRef) {
    const there = yield* onArchive(() => unlessMissing(stat(path), undefined));
    return there?.size === size && (yield* hashFile(pool, path)).sha256 === sha256;
  });
  return Archive.of({
    localBytes,

    keep: Effect.fnUntraced(function* (path: string, ref: BlobRef) {
      yield* reach;
      const target = place(ref.sha256);
      if (yield* isWhole(target, ref)) return true;
      // Always the same name: one that a crash left is written over.
      const part = `${target}.part`;
      yield* onArchive(async () => {
        await mkdir(dirname(target), { recursive: true });
        await copyFile(path, part);
        await settle(part, "r+");
      });
      if (!(yield* isWhole(part, ref))) {
        yield* onArchive(() => rm(part, { force: true }));
        return false;
      }
      yield* onArchive(async () => {
        await rename(part, target);
        await settle(dirname(target), "r");
      });
      return true;
    }),

    fetch: Effect.fnUntraced(function* (sha256: string, target: string) {
      yield* reach;
      const source = place(sha256);
      const isThere = yield* onArchive(() =>
        unlessMissing(
          access(source, constants.R_OK).then(() => true),
          false,
        ),
      );
      if (!isThere) return yield* Effect.fail(gone);
      yield* onArchive(() => copyFile(source, target), notWritten);
      const ref = yield* hashFile(pool, target);
      if (ref.sha256 === sha256) return ref;
      yield* onArchive(() => rm(target, { force: true }));
      yield* Effect.logError("archive.damaged", { sha256, path: source });
      return yield* Effect.fail(damagedCopy);
    }),

    remove: Effect.fnUntraced(function* (sha256: string, madeBefore: number) {
      yield* reach;
      yield* onArchive(async () => {
        const found = await unlessMissing(stat(place(sha256)), undefined);
        if (found !== undefined && found.mtimeMs < madeBefore) await rm(place(sha256), { force: true });
      });
    }),

    list: Effect.andThen(reach, listTree(folder, refused)),
  });
};
