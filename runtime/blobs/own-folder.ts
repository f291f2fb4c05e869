// Where a process keeps what it is making, on a data folder that several may share: whoever comes later can tell whether its maker lives.
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Effect, type Scope } from "effect";
import type { CallError } from "#protocol/wire/errors.ts";
import { FolderInUse, lockFolder } from "#db/client/folder-lock.ts";
import { onDisk } from "./disk.ts";

/** A folder in `parent` for what this process alone is making; removed with the scope, or by the next process to come. Errors: storage_full. */
export const ownFolder = (parent: string): Effect.Effect<string, CallError, Scope.Scope> =>
  Effect.gen(function* () {
    const folder = join(parent, crypto.randomUUID());
    yield* onDisk(async () => {
      await mkdir(parent, { recursive: true });
      await clearDead(parent);
    });
    yield* Effect.acquireRelease(
      onDisk(() => lockFolder(folder)),
      (unlock) =>
        Effect.promise(async () => {
          await rm(folder, { recursive: true, force: true });
          await unlock();
        }),
    );
    return folder;
  });

/** Removes the folders of processes that are dead. */
const clearDead = async (parent: string): Promise<void> => {
  for (const name of await readdir(parent)) {
    const folder = join(parent, name);
    try {
      const unlock = await lockFolder(folder);
      await rm(folder, { recursive: true, force: true });
      await unlock();
    } catch (error) {
      if (!(error instanceof FolderInUse)) await rm(folder, { recursive: true, force: true });
    }
  }
};
