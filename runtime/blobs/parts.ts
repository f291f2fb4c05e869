// Files that are still arriving: they grow at their end, survive restarts, and become blobs when complete.
// Bytes survive the end of the process at once; after a loss of power the hash taken at the end tells what is missing.
import { mkdir, open, readdir, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { Context, Effect, Layer } from "effect";
import { CallError } from "#protocol/wire/errors.ts";
import { Settings } from "../config/settings.ts";
import { onDisk, unlessMissing } from "./disk.ts";

/** Bytes of the disk that no upload may take: the database and running jobs need room. */
const kept = 256 * 1024 * 1024;

/** How often it is looked whether so much is left, bytes that came. */
const lookEvery = 16 * 1024 * 1024;

/** One open file. Not for use by two at the same time. */
export interface Part {
  /** Bytes it holds. */
  readonly size: () => number;
  /** Writes at the end. After a failure `size` tells how much was written. Errors: storage_full. */
  readonly append: (bytes: Uint8Array) => Effect.Effect<void, CallError>;
  readonly close: Effect.Effect<void>;
}

export class Parts extends Context.Service<
  Parts,
  {
    /** Opens a part, new or left from before. Errors: storage_full. */
    readonly open: (name: string) => Effect.Effect<Part, CallError>;
    /** Bytes of a part; undefined if there is none. */
    readonly size: (name: string) => Effect.Effect<number | undefined, CallError>;
    /** On the file system of the blobs: a blob store may move it away. */
    readonly path: (name: string) => string;
    readonly remove: (name: string) => Effect.Effect<void>;
    readonly list: Effect.Effect<ReadonlyArray<string>>;
    /** Fails with storage_full if the disk has no room for so many bytes more. */
    readonly room: (bytes: number) => Effect.Effect<void, CallError>;
  }
>()("pixsim/runtime/Parts") {
  /** Parts under `PIXSIM_DATA`. */
  static readonly layer = Layer.effect(
    Parts,
    Effect.gen(function* () {
      const { PIXSIM_DATA } = yield* Settings;
      const folder = join(PIXSIM_DATA, "blobs", "uploads");
      yield* onDisk(() => mkdir(folder, { recursive: true }));
      const path = (name: string): string => join(folder, name);

      const room = Effect.fnUntraced(function* (file: string, bytes: number) {
        const { bavail, bsize } = yield* onDisk(() => statfs(file));
        if (bavail * bsize >= bytes + kept) return;
        const wanted = bytes === 0 ? "" : ` for ${Math.ceil(bytes / 1e6)} MB more`;
        return yield* Effect.fail(
          new CallError("storage_full", `The disk of the data folder has no room${wanted}. Free some space first.`),
        );
      });

      /** Bytes that came since the disk was looked at, in all parts. */
      let came = 0;
      const look = Effect.fnUntraced(function* (file: string, bytes: number) {
        came += bytes;
        if (came < lookEvery) return;
        yield* room(file, 0);
        came = 0;
      });

      const openPart = Effect.fnUntraced(function* (name: string) {
        const file = yield* onDisk(() => open(path(name), "a"));
        let size = (yield* onDisk(() => file.stat())).size;
        const part: Part = {
          size: () => size,
          append: (bytes) =>
            Effect.andThen(
              look(path(name), bytes.length),
              onDisk(async () => {
                for (let at = 0; at < bytes.length;) {
                  const { bytesWritten } = await file.write(bytes, at, bytes.length - at);
                  at += bytesWritten;
                  size += bytesWritten;
                }
              }),
            ),
          close: Effect.promise(() => file.close()),
        };
        return part;
        // Who is interrupted meanwhile would leave the file open.
      }, Effect.uninterruptible);

      return Parts.of({
        open: openPart,
        path,
        size: (name) => onDisk(async () => (await unlessMissing(stat(path(name)), undefined))?.size),
        remove: (name) => Effect.promise(() => rm(path(name), { force: true })),
        list: Effect.promise(() => readdir(folder)),
        room: (bytes) => room(folder, bytes),
      });
    }),
  );
}
