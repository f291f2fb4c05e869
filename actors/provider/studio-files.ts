// The folder of finished renders. Files in it can always be made again; none is read half-written, since each gets its name
// when it is whole.
import { copyFile, link, mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Effect } from "effect";
import type { ProviderFailure } from "./provider.ts";

const storageFailure = (error: unknown): ProviderFailure => ({
  kind: "storage",
  message: `The renders folder cannot be used (${error instanceof Error ? error.message : String(error)}): free space or check its permissions.`,
});

const attempt = <T>(run: () => Promise<T>): Effect.Effect<T, ProviderFailure> => Effect.tryPromise({ try: run, catch: storageFailure });

export interface RenderFiles {
  /** Names of the files that were there when the folder was opened. */
  readonly found: ReadonlyArray<string>;
  readonly path: (name: string) => string;
  readonly has: (name: string) => Effect.Effect<boolean>;
  /** Puts a file at `to`, by a link where both are on one disk. */
  readonly handOut: (name: string, to: string) => Effect.Effect<void, ProviderFailure>;
  readonly remove: (name: string) => Effect.Effect<void>;
}

/** Opens the folder, makes it if need be, and removes what a killed process left half-written. */
export const openRenderFiles = Effect.fnUntraced(function* (dataFolder: string): Effect.fn.Return<RenderFiles, ProviderFailure> {
  const folder = join(dataFolder, "renders");
  const found = yield* attempt(async () => {
    await mkdir(folder, { recursive: true });
    const names = await readdir(folder);
    const half = names.filter((name) => name.endsWith(".part"));
    await Promise.all(half.map((name) => rm(join(folder, name), { force: true })));
    return names.filter((name) => !name.endsWith(".part"));
  });
  const path = (name: string): string => join(folder, name);
  return {
    found,
    path,
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
