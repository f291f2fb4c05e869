// The server's own keys: made at the first start, kept in the data folder for this user only. They never leave this process.
import { randomBytes } from "node:crypto";
import { chmod, link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Context, Data, Effect, Layer } from "effect";
import { Settings } from "../config/settings.ts";

export class SecretsError extends Data.TaggedError("SecretsError")<{ readonly message: string; readonly cause: unknown }> {}

const bytes = 32;

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const full: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

const sentence = (path: string, cause: unknown): SecretsError =>
  new SecretsError({
    message:
      cause instanceof Error && "code" in cause && full.has(cause.code)
        ? `The secret ${path} cannot be made: the disk of the data folder is full. Free some space and start again.`
        : `The secret ${path} cannot be read or made (${String(cause)}). Give the data folder to this user, or choose another with PIXSIM_DATA.`,
    cause,
  });

/** Makes the file whole or not at all; leaves one that is there. */
const makeOnce = async (path: string): Promise<void> => {
  const making = `${path}.${crypto.randomUUID()}`;
  try {
    await writeFile(making, randomBytes(bytes), { mode: 0o600, flag: "wx", flush: true });
    await link(making, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(making, { force: true });
  }
};

/** The 32 bytes in a file; made where there is none. `whenLost`: what a new one means. A file that others may read is closed to them, with a warning. */
export const keyIn = Effect.fnUntraced(function* (folder: string, name: string, whenLost = "everybody must sign in again then") {
  const path = join(folder, name);
  const attempt = <T>(run: () => Promise<T>) => Effect.tryPromise({ try: run, catch: (cause) => sentence(path, cause) });
  yield* attempt(async () => (await exists(path)) || (await makeOnce(path)));
  const { mode } = yield* attempt(() => stat(path));
  // Windows has no such modes.
  if ((mode & 0o077) !== 0 && process.platform !== "win32") {
    yield* Effect.annotateLogs(Effect.logWarning("a secret could be read by others; it is closed to them now"), { file: path });
    yield* attempt(() => chmod(path, 0o600));
  }
  const key = yield* attempt(() => readFile(path));
  if (key.length === bytes) return new Uint8Array(key);
  return yield* new SecretsError({
    message: `The secret ${path} is damaged. Delete it to get a new one: ${whenLost}.`,
    cause: null,
  });
});

export class Secrets extends Context.Service<
  Secrets,
  {
    /** Signs access tokens. */
    readonly accessKey: Uint8Array;
    /** Signs media URLs. */
    readonly mediaKey: Uint8Array;
  }
>()("pixsim/runtime/Secrets") {
  static readonly layer: Layer.Layer<Secrets, SecretsError, Settings> = Layer.effect(
    Secrets,
    Effect.gen(function* () {
      const settings = yield* Settings;
      const folder = join(settings.PIXSIM_DATA, "secrets");
      yield* Effect.tryPromise({
        try: () => mkdir(folder, { recursive: true, mode: 0o700 }),
        catch: (cause) => sentence(folder, cause),
      });
      return { accessKey: yield* keyIn(folder, "access.key"), mediaKey: yield* keyIn(folder, "media.key") };
    }),
  );
}
