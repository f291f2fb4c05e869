// `npm run rotate-keys`: a new master key for the credentials of accounts, and all of them under it. The credentials themselves are not
// touched. With keys from the environment: put the new one first in PIXSIM_CREDENTIAL_KEYS, run this, then take the old one out.
import { join } from "node:path";
import { Effect, Layer } from "effect";
import { renewCredentials } from "#actors/account/credentials.ts";
import { Database } from "#db/client/database.ts";
import { embeddedDatabase } from "#db/client/embedded.ts";
import { serverDatabase } from "#db/client/server.ts";
import { allCredentials, rewrapCredential } from "#db/queries/account.ts";
import { readSettings, Settings, type SettingsShape } from "#runtime/config/settings.ts";
import { Sealed } from "#runtime/vault/envelope.ts";
import { addMasterKey, removeOldMasterKeys, Vault } from "#runtime/vault/vault.ts";
import { say } from "./say.ts";

/** Answers how many were wrapped anew. Servers may run meanwhile: they open both. */
const renewAll = Effect.gen(function* () {
  const database = yield* Database;
  const vault = yield* Vault;
  let renewed = 0;
  for (const { account_id: accountId, sealed } of yield* database.query(allCredentials)) {
    const before = Sealed.parse(sealed);
    const after = yield* renewCredentials(vault, accountId, before);
    if (after === null) continue;
    // One that was replaced meanwhile is under the new key already, or is found by the next run.
    yield* database.query((sql) => rewrapCredential(sql, accountId, JSON.stringify(before), after));
    renewed++;
  }
  return renewed;
});

const rotateKeys = Effect.fnUntraced(function* (settings: SettingsShape) {
  const folder = join(settings.PIXSIM_DATA, "secrets");
  const inFiles = settings.PIXSIM_CREDENTIAL_KEYS.length === 0;
  const database =
    settings.DATABASE_URL === undefined
      ? embeddedDatabase({ dataDir: settings.PIXSIM_DATA })
      : serverDatabase({ url: settings.DATABASE_URL, dataDir: undefined });
  return yield* Effect.gen(function* () {
    if (inFiles) yield* addMasterKey(folder);
    const renewed = yield* Effect.provide(renewAll, Vault.layer);
    // Until none is left under an old one: a server that runs may have sealed with it meanwhile.
    const left = yield* Effect.provide(renewAll, Vault.layer);
    if (inFiles && left === 0) yield* removeOldMasterKeys(folder);
    return renewed;
  }).pipe(Effect.provide(Layer.mergeAll(database, Layer.succeed(Settings, settings))));
});

try {
  const renewed = await Effect.runPromise(rotateKeys(readSettings(process.env)));
  say(`A new master key is in use. Credentials that were put under it: ${renewed}.`);
} catch (error) {
  say(`The master key was not changed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
