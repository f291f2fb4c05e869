// Keeps other people's secrets: seals and opens them with the installation's master keys. Those are files in the data folder, the one with
// the highest number being the one in use, or come from the environment; older ones stay as long as something is sealed with them.
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Context, Data, Effect, Layer, Redacted } from "effect";
import { keyIn, type SecretsError } from "../auth/secrets.ts";
import { Settings } from "../config/settings.ts";
import { masterKey, type MasterKey, open, rewrap, seal, type Sealed } from "./envelope.ts";

export class VaultError extends Data.TaggedError("VaultError")<{ readonly message: string }> {}

const keyFile = /^credentials-(\d+)\.key$/;
const fileOf = (number: number): string => `credentials-${number}.key`;

const keyFrom = (folder: string, number: number): Effect.Effect<MasterKey, SecretsError> =>
  Effect.map(keyIn(folder, fileOf(number), "the credentials of all accounts must be entered anew then"), masterKey);

interface Keys {
  /** What is sealed now is sealed with it. */
  readonly current: MasterKey;
  readonly all: ReadonlyMap<string, MasterKey>;
}

const keysOf = (keys: readonly [MasterKey, ...ReadonlyArray<MasterKey>]): Keys => ({
  current: keys[0],
  all: new Map(keys.map((key) => [key.id, key])),
});

const numbersIn = (folder: string): Effect.Effect<ReadonlyArray<number>> =>
  Effect.promise(async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const names = await readdir(folder);
    return names
      .flatMap((name) => keyFile.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => b - a);
  });

/** The keys in a folder; the first is made where there is none. */
const keysIn = Effect.fnUntraced(function* (folder: string): Effect.fn.Return<Keys, SecretsError> {
  const [newest = 1, ...older] = yield* numbersIn(folder);
  return keysOf([yield* keyFrom(folder, newest), ...(yield* Effect.forEach(older, (number) => keyFrom(folder, number)))]);
});

export class Vault extends Context.Service<
  Vault,
  {
    /** `place`: where it is kept (table, row, field); it opens nowhere else. */
    readonly seal: (place: string, secret: string) => Effect.Effect<Sealed>;
    /** Fails with a sentence when its key is gone or it was tampered with. */
    readonly open: (place: string, sealed: Sealed) => Effect.Effect<Redacted.Redacted, VaultError>;
    /** The same secret under the key in use; null if it is already. */
    readonly renew: (place: string, sealed: Sealed) => Effect.Effect<Sealed | null, VaultError>;
  }
>()("pixsim/runtime/Vault") {
  static readonly layer: Layer.Layer<Vault, SecretsError, Settings> = Layer.effect(
    Vault,
    Effect.gen(function* () {
      const { PIXSIM_DATA, PIXSIM_CREDENTIAL_KEYS } = yield* Settings;
      const folder = join(PIXSIM_DATA, "secrets");
      const [given, ...others] = PIXSIM_CREDENTIAL_KEYS.map((key) => masterKey(Buffer.from(key, "base64")));
      const load = given === undefined ? keysIn(folder) : Effect.succeed(keysOf([given, ...others]));
      let keys = yield* load;

      const keyOf = Effect.fnUntraced(function* ({ key }: Sealed): Effect.fn.Return<MasterKey, VaultError> {
        // Another process may have begun to use a new one.
        if (!keys.all.has(key)) keys = yield* Effect.orElseSucceed(load, () => keys);
        const found = keys.all.get(key);
        if (found !== undefined) return found;
        const where = given === undefined ? `in ${folder}` : "in PIXSIM_CREDENTIAL_KEYS";
        return yield* new VaultError({ message: `The master key ${key} is not ${where}: put it back, or enter the credentials anew.` });
      });
      const guarded = <T>(run: () => T) =>
        Effect.try({
          try: run,
          catch: () => new VaultError({ message: "The stored credentials are damaged or belong to another account: enter them anew." }),
        });

      return {
        seal: Effect.fnUntraced(function* (place, secret) {
          // Another process may have made a new one, and is about to take the old one away.
          keys = yield* Effect.orElseSucceed(load, () => keys);
          return seal(keys.current, place, secret);
        }),
        open: Effect.fnUntraced(function* (place, sealed) {
          const key = yield* keyOf(sealed);
          return Redacted.make(yield* guarded(() => open(key, place, sealed)));
        }),
        renew: Effect.fnUntraced(function* (place, sealed) {
          const key = yield* keyOf(sealed);
          return key.id === keys.current.id ? null : yield* guarded(() => rewrap(key, keys.current, place, sealed));
        }),
      };
    }),
  );
}

/** Makes a new key in the folder: what is sealed from now on is sealed with it, in all processes. */
export const addMasterKey = Effect.fnUntraced(function* (folder: string) {
  const [newest = 0] = yield* numbersIn(folder);
  return (yield* keyFrom(folder, newest + 1)).id;
});

/** Removes all keys but the one in use: only when nothing is sealed with them any more. */
export const removeOldMasterKeys = Effect.fnUntraced(function* (folder: string) {
  const [, ...older] = yield* numbersIn(folder);
  yield* Effect.promise(() => Promise.all(older.map((number) => rm(join(folder, fileOf(number)), { force: true }))));
});
