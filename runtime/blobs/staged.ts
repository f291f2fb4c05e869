// Clears what was made in the staging folder and is not needed: by success it has been moved away, by failure it is left.
import { readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Effect } from "effect";
import { unlessMissing } from "./disk.ts";

/** Removes the file of this path and those whose path begins with it and a dash. */
export const removeStaged = (path: string): Effect.Effect<void> =>
  Effect.promise(async () => {
    const folder = dirname(path);
    const name = basename(path);
    const names = await unlessMissing(readdir(folder), []);
    await Promise.all(
      names.filter((found) => found === name || found.startsWith(`${name}-`)).map((found) => rm(join(folder, found), { force: true })),
    );
  });
