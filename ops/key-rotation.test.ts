import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Effect, Layer } from "effect";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sealCredentials } from "#actors/account/credentials.ts";
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
        yield* database.transaction((tx) => addCredential(tx, { accountId, ownerId: "usr_1", sealed, now: 1 }, 10));
      }
      const elsewhere = yield* sealCredentials(vault, "acc_1", { apiKey: "sk-1" });
      yield* database.query((sql) => replaceCredential(sql, "acc_3", elsewhere, 2));
    }),
  );

  expect(await Effect.runPromise(rotateKeys(settings))).toEqual({ renewed: 2, left: [expect.stringMatching(/enter them anew/)] });
  expect(await keys()).toEqual(["credentials-1.key", "credentials-2.key"]);

  await within(Effect.flatMap(Database, ({ query }) => query((sql) => removeCredential(sql, "acc_3"))));
  expect(await Effect.runPromise(rotateKeys(settings))).toEqual({ renewed: 2, left: [] });
  expect(await keys()).toEqual(["credentials-3.key"]);
});
