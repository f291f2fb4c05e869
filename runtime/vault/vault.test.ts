import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Effect, Layer, Redacted } from "effect";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSettings, Settings } from "../config/settings.ts";
import { addMasterKey, removeOldMasterKeys, Vault } from "./vault.ts";

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "pixsim-vault-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const secrets = () => join(folder, "secrets");
const run = <A, E>(use: (vault: Vault["Service"]) => Effect.Effect<A, E>, keys = ""): Promise<A> =>
  Effect.runPromise(
    Effect.provide(
      Effect.flatMap(Vault, use),
      Layer.provide(Vault.layer, Layer.succeed(Settings, readSettings({ PIXSIM_DATA: folder, PIXSIM_CREDENTIAL_KEYS: keys }))),
    ),
  );
const place = "credential/acc_1";

test("a secret that one process has sealed another opens; the key is its user's alone", async () => {
  const sealed = await run((vault) => vault.seal(place, "sk-planted"));
  expect(Redacted.value(await run((vault) => vault.open(place, sealed)))).toBe("sk-planted");
  const [name = ""] = await readdir(secrets());
  expect((await stat(join(secrets(), name))).mode & 0o077).toBe(0);
});

test("a new key is taken to by a process that runs, and opens what the old one has sealed once that is wrapped anew", async () => {
  await run((vault) =>
    Effect.gen(function* () {
      const old = yield* vault.seal(place, "first");
      yield* addMasterKey(secrets());
      const fresh = yield* vault.seal(place, "second");
      expect(fresh.key).not.toBe(old.key);
      const moved = yield* vault.renew(place, old);
      expect(moved?.key).toBe(fresh.key);
      expect(yield* vault.renew(place, fresh)).toBeNull();
      yield* removeOldMasterKeys(secrets());
      expect(Redacted.value(yield* vault.open(place, moved!))).toBe("first");
    }),
  );
  expect((await readdir(secrets())).length).toBe(1);
});

test("a key that is gone, and credentials that were moved or changed, are said in words", async () => {
  const sealed = await run((vault) => vault.seal(place, "sk-planted"));
  await expect(run((vault) => vault.open("credential/acc_2", sealed))).rejects.toThrow("damaged or belong to another account");
  await rm(secrets(), { recursive: true });
  await expect(run((vault) => vault.open(place, sealed))).rejects.toThrow(
    /is not in .*secrets: put it back, or enter the credentials anew/,
  );
});

test("keys from the environment: the first seals, the others open", async () => {
  const [old, fresh] = [randomBytes(32).toString("base64"), randomBytes(32).toString("base64")];
  const sealed = await run((vault) => vault.seal(place, "sk-planted"), old);
  const both = `${fresh},${old}`;
  const moved = await run((vault) => vault.renew(place, sealed), both);
  expect(Redacted.value(await run((vault) => vault.open(place, moved!), fresh))).toBe("sk-planted");
  await expect(run((vault) => vault.open(place, sealed), fresh)).rejects.toThrow("PIXSIM_CREDENTIAL_KEYS");
  expect(() => readSettings({ PIXSIM_CREDENTIAL_KEYS: "short" })).toThrow("32 bytes in base64");
});
