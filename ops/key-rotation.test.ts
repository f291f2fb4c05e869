import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Effect, Layer, Result } from "effect";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sealCredentials } from "#actors/account/credentials.ts";
import { makeDigest } from "#actors/account/digest.ts";
import { Database } from "#db/client/database.ts";
import { embeddedDatabase } from "#db/client/embedded.ts";
import { freshDataFolder } from "#db/client/testing.ts";
import { addCredential, removeCredential, replaceCredential } from "#db/queries/account.ts";
import { readSettings, Settings } from "#runtime/config/settings.ts";
import { Vault } from "#runtime/vault/vault.ts";
import { rotateKeys } from "./key-rotation.ts";

let dataDir: string;
beforeAll(async () => void (dataDir = await freshDataFolder()));
afterAll(() => rm(dataDir, { recursive: true, force: true }));

test("what tells that two accounts are one is the same under every key, and holds for who adds them at the same moment", async () => {
  const folder = await freshDataFolder();
  const settings = readSettings({ PIXSIM_DATA: folder });
  const within = <A, E>(effect: Effect.Effect<A, E, Database | Vault>) =>
    Effect.runPromise(
      Effect.provide(
        effect,
        Layer.merge(embeddedDatabase({ dataDir: folder }), Layer.provide(Vault.layer, Layer.succeed(Settings, settings))),
      ),
    );
  const access = { provider: "pixverse", settings: { baseUrl: "https://a.example", region: "eu" }, secrets: { apiKey: "sk-1" } };
  // Each as in a process of its own, which may be the first to make the secret.
  const digest = Effect.flatMap(makeDigest, (of) => of("usr_1", access));
  const [first, second] = await within(Effect.all([digest, digest], { concurrency: "unbounded" }));
  expect(second).toBe(first);
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  const others = await within(
    Effect.flatMap(makeDigest, (of) =>
      Effect.all([
        of("usr_1", { ...access, settings: { region: "eu", baseUrl: "https://a.example" } }),
        of("usr_2", access),
        of("usr_1", { ...access, provider: "fal" }),
        of("usr_1", { ...access, settings: { ...access.settings, region: "us" } }),
        of("usr_1", { ...access, secrets: { apiKey: "sk-2" } }),
        of("usr_1", { ...access, secrets: { apiKey: "" } }),
      ]),
    ),
  );
  expect(others.map((each) => each === first)).toEqual([true, false, false, false, false, false]);
  expect(others.at(-1)).toBeNull();
  const add = (accountId: string, now: number) =>
    Effect.flatMap(Database, ({ transaction }) =>
      Effect.result(transaction((tx) => addCredential(tx, { accountId, ownerId: "usr_1", sealed: "{}", digest: first!, now }, 10))),
    );
  const added = await within(Effect.all([add("acc_1", 1), add("acc_2", 1), add("acc_1", 2)], { concurrency: "unbounded" }));
  expect(new Set(added.filter(Result.isFailure).map(({ failure }) => failure.reason))).toEqual(new Set(["conflict"]));
  // What a call left behind that broke off is in nobody's way after a while.
  expect(await within(add("acc_3", 100_000))).toMatchObject({ success: "kept" });
  await within(Effect.flatMap(Database, ({ query }) => query((sql) => removeCredential(sql, "acc_3"))));

  expect(await Effect.runPromise(rotateKeys(settings))).toEqual({ renewed: 1, left: [] });
  expect(await within(digest)).toBe(first);
  await rm(folder, { recursive: true, force: true });
});

test("an old key stays as long as something is under it, and goes when nothing is", async () => {
  const settings = readSettings({ PIXSIM_DATA: dataDir });
  const within = <A, E>(effect: Effect.Effect<A, E, Database | Vault>) =>
    Effect.runPromise(
      Effect.provide(effect, Layer.merge(embeddedDatabase({ dataDir }), Layer.provide(Vault.layer, Layer.succeed(Settings, settings)))),
    );
  const keys = async () => (await readdir(join(dataDir, "secrets"))).sort();

  await within(
    Effect.gen(function* () {
      const [vault, database] = [yield* Vault, yield* Database];
      for (const accountId of ["acc_1", "acc_2", "acc_3"]) {
        const sealed = yield* sealCredentials(vault, accountId, { apiKey: "sk-1" });
        yield* database.transaction((tx) => addCredential(tx, { accountId, ownerId: "usr_1", sealed, digest: null, now: 1 }, 10));
      }
      const elsewhere = yield* sealCredentials(vault, "acc_1", { apiKey: "sk-1" });
      yield* database.query((sql) => replaceCredential(sql, "acc_3", elsewhere, null, 2));
    }),
  );

  expect(await Effect.runPromise(rotateKeys(settings))).toEqual({ renewed: 2, left: [expect.stringMatching(/enter them anew/)] });
  expect(await keys()).toEqual(["credentials-1.key", "credentials-2.key"]);

  await within(Effect.flatMap(Database, ({ query }) => query((sql) => removeCredential(sql, "acc_3"))));
  expect(await Effect.runPromise(rotateKeys(settings))).toEqual({ renewed: 2, left: [] });
  expect(await keys()).toEqual(["credentials-3.key"]);
});
