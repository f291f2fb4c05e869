// The server's own keys: made at the first start, kept in the data folder for this user only. They never leave this process.
import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Context, Data, Effect, Layer } from "effect";
import { Settings } from "../config/settings.ts";

export class SecretsError extends Data.TaggedError("SecretsError")<{ readonly message: string; readonly cause: unknown }> {}

const bytes = 32;

/** The key in a file; made where there is none. A file that others may read is closed to them, with a warning. */
const keyIn = (folder: string, name: string) =>
  Effect.gen(function* () {
    const path = join(folder, name);
    const attempt = <T>(run: () => Promise<T>) =>
      Effect.tryPromise({
        try: run,
        catch: (cause) => new SecretsError({ message: `The secret ${path} cannot be read or made: ${String(cause)}`, cause }),
      });
    const made = yield* Effect.result(attempt(() => writeFile(path, randomBytes(bytes), { mode: 0o600, flag: "wx" })));
    if (made._tag === "Failure" && (made.failure.cause as NodeJS.ErrnoException).code !== "EEXIST") return yield* made.failure;
    const { mode } = yield* attempt(() => stat(path));
    if ((mode & 0o077) !== 0) {
      yield* Effect.logWarning("a secret could be read by others; closing it").pipe(Effect.annotateLogs({ file: path }));
      yield* attempt(() => chmod(path, 0o600));
    }
    const key = yield* attempt(() => readFile(path));
    if (key.length !== bytes)
      return yield* new SecretsError({
        message: `The secret ${path} is damaged: delete it to get a new one (everybody must sign in again).`,
        cause: null,
      });
    return new Uint8Array(key);
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
        catch: (cause) => new SecretsError({ message: `The folder ${folder} cannot be made: ${String(cause)}`, cause }),
      });
      return { accessKey: yield* keyIn(folder, "access.key"), mediaKey: yield* keyIn(folder, "media.key") };
    }),
  );
}
