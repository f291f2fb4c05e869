// Where a process keeps what it is making, on a data folder that several may share: whoever comes later can tell whether its maker lives.
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Effect, type Scope } from "effect";
import type { CallError } from "#protocol/wire/errors.ts";
import { FolderInUse, lockFolder } from "#db/client/folder-lock.ts";
import { onDisk } from "./disk.ts";

/** An empty folder without a lock that was made no longer ago is one whose maker is about to lock it, ms. */
const beingMadeMs = 30_000;

/** A folder in `parent` for what this process alone is making; removed with the scope, or by the next process to come. Errors: storage_full. */
export const ownFolder = (parent: string): Effect.Effect<string, CallError, Scope.Scope> =>
  Effect.gen(function* () {
    const folder = join(parent, crypto.randomUUID());
    yield* onDisk(() => mkdir(parent, { recursive: true }));
    yield* Effect.acquireRelease(
      onDisk(() => lockFolder(folder)),
      (unlock) =>
        Effect.promise(async () => {
          await rm(folder, { recursive: true, force: true });
          await unlock();
        }),
    );
    yield* onDisk(() => clearDead(parent, folder));
    return folder;
  });

/** By the clock of the file system, which `own` was just made by. */
const isBeingMade = async (folder: string, own: string): Promise<boolean> => {
  if (!(await readdir(folder)).every((name) => name.startsWith("lock."))) return false;
  const [then, now] = await Promise.all([stat(folder), stat(own)]);
  return now.mtimeMs - then.mtimeMs < beingMadeMs;
};

/** Removes the folders of processes that are dead. */
const clearDead = async (parent: string, own: string): Promise<void> => {
  for (const name of await readdir(parent)) {
    const folder = join(parent, name);
    try {
      if (folder === own || (await isBeingMade(folder, own))) continue;
      const unlock = await lockFolder(folder);
      await rm(folder, { recursive: true, force: true });
      await unlock();
    } catch (error) {
      if (!(error instanceof FolderInUse)) await rm(folder, { recursive: true, force: true });
    }
  }
};
