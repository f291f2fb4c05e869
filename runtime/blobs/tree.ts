// Files named by their SHA-256 in folders of two digits: `ab/cdef…`.
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Effect } from "effect";
import type { StoredBlob } from "./blobs.ts";
import { unlessMissing } from "./disk.ts";

const folderName = /^[0-9a-f]{2}$/;
const fileName = /^[0-9a-f]{62}$/;

/** Files of a folder that are looked at at once. */
const listConcurrency = 32;

export const placeIn = (root: string, sha256: string): string => join(root, sha256.slice(0, 2), sha256.slice(2));

const filesIn = Effect.fnUntraced(function* (root: string, folder: string) {
  const names = (yield* Effect.promise(() => readdir(join(root, folder)))).filter((name) => fileName.test(name));
  const found = yield* Effect.forEach(names, (name) => Effect.promise(() => unlessMissing(stat(join(root, folder, name)), undefined)), {
    concurrency: listConcurrency,
  });
  return names.flatMap((name, index): Array<StoredBlob> => {
    const file = found[index];
    return file === undefined ? [] : [{ sha256: folder + name, size: file.size, adoptedAt: file.mtimeMs }];
  });
});

/** All that lies there; what is only on its way has another name. */
export const listTree = Effect.fnUntraced(function* (root: string) {
  const folders = (yield* Effect.promise(() => readdir(root))).filter((name) => folderName.test(name));
  return (yield* Effect.forEach(folders, (folder) => filesIn(root, folder))).flat();
});
