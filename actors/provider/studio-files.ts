// The folder of finished renders, which several processes may share. Files in it can always be made again; none is read half-written,
// since each is made elsewhere and gets its name when it is whole.
import { copyFile, link, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Effect, type Scope } from "effect";
import { ownFolder } from "#runtime/blobs/own-folder.ts";
import type { ProviderFailure } from "./provider.ts";

const storageFailure = (error: unknown): ProviderFailure => ({
  kind: "storage",
  message: `The renders folder cannot be used (${error instanceof Error ? error.message : String(error)}): free space or check its permissions.`,
});

const attempt = <T>(run: () => Promise<T>): Effect.Effect<T, ProviderFailure> => Effect.tryPromise({ try: run, catch: storageFailure });

export interface RenderFiles {
  /** Names of the files that were there when the folder was opened. */
  readonly found: ReadonlyArray<string>;
  /** Where a render may be made: a path of this process alone. */
  readonly making: (name: string) => string;
  /** Gives what was made its name. */
  readonly keep: (name: string) => Effect.Effect<void, ProviderFailure>;
  readonly has: (name: string) => Effect.Effect<boolean>;
  /** Puts a file at `to`, by a link where both are on one disk. */
  readonly handOut: (name: string, to: string) => Effect.Effect<void, ProviderFailure>;
  readonly remove: (name: string) => Effect.Effect<void>;
}

/** Opens the folder; makes it if need be. */
export const openRenderFiles = Effect.fnUntraced(function* (
  dataFolder: string,
): Effect.fn.Return<RenderFiles, ProviderFailure, Scope.Scope> {
  const folder = join(dataFolder, "renders");
  const found = yield* attempt(async () => {
    await mkdir(folder, { recursive: true });
    return readdir(folder);
  });
  const own = yield* Effect.mapError(ownFolder(join(dataFolder, "making")), storageFailure);
  const path = (name: string): string => join(folder, name);
  const making = (name: string): string => join(own, name);
  return {
    found,
    making,
    keep: (name) => attempt(() => rename(making(name), path(name))),
    has: (name) =>
      Effect.promise(() =>
        stat(path(name)).then(
          () => true,
          () => false,
        ),
      ),
    handOut: (name, to) =>
      attempt(async () => {
        await rm(to, { force: true });
        try {
          await link(path(name), to);
        } catch {
          // Another file system, or one without links: the bytes then. A real trouble shows there again.
          await copyFile(path(name), to);
        }
      }),
    remove: (name) => Effect.ignore(attempt(() => rm(path(name), { force: true }))),
  };
});
