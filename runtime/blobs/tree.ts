// Files named by their SHA-256 in folders of two digits: `ab/cdef…`.
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Effect } from "effect";
import type { CallError } from "#protocol/wire/errors.ts";
import type { StoredBlob } from "./blobs.ts";
import { unlessMissing } from "./disk.ts";

const folderName = /^[0-9a-f]{2}$/;
const fileName = /^[0-9a-f]{62}$/;

/** Files of a folder that are looked at at once. */
const listConcurrency = 32;

export const placeIn = (root: string, sha256: string): string => join(root, sha256.slice(0, 2), sha256.slice(2));

type Refusal = (error: unknown) => CallError;

const filesIn = Effect.fnUntraced(function* (root: string, folder: string, refusal: Refusal) {
  const names = (yield* Effect.tryPromise({ try: () => readdir(join(root, folder)), catch: refusal })).filter((name) =>
    fileName.test(name),
  );
  const look = (name: string) => Effect.tryPromise({ try: () => unlessMissing(stat(join(root, folder, name)), undefined), catch: refusal });
  const found = yield* Effect.forEach(names, look, { concurrency: listConcurrency });
  return names.flatMap((name, index): Array<StoredBlob> => {
    const file = found[index];
    return file === undefined ? [] : [{ sha256: folder + name, size: file.size, adoptedAt: file.mtimeMs }];
  });
});

/** All that lies there; what is only on its way has another name. `refusal`: what it fails with where the disk says no. */
export const listTree = Effect.fnUntraced(function* (root: string, refusal: Refusal) {
  const folders = (yield* Effect.tryPromise({ try: () => readdir(root), catch: refusal })).filter((name) => folderName.test(name));
  return (yield* Effect.forEach(folders, (folder) => filesIn(root, folder, refusal))).flat();
});
