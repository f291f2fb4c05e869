// A new master key for the credentials of accounts, and all of them under it. The credentials themselves are not touched. A key goes only
// once nothing is left under it.
import { join } from "node:path";
import { Effect, Layer, Result } from "effect";
import { renewCredentials } from "#actors/account/credentials.ts";
import { renewSecret } from "#actors/account/digest.ts";
import { Database, type Queryable } from "#db/client/database.ts";
import { embeddedDatabase } from "#db/client/embedded.ts";
import { serverDatabase } from "#db/client/server.ts";
import { allCredentials, allInstallationSecrets, rewrapCredential, rewrapInstallationSecret } from "#db/queries/account.ts";
import { Settings, type SettingsShape } from "#runtime/config/settings.ts";
import { Sealed } from "#runtime/vault/envelope.ts";
import { addMasterKey, removeOldMasterKeys, Vault, type VaultError } from "#runtime/vault/vault.ts";

/** Looks at all credentials until none is left under an old key, at most: servers that run may store some meanwhile. */
const mostPasses = 20;

export interface Rotation {
  /** Credentials, and secrets of the installation, that were put under the new key. */
  readonly renewed: number;
  /** Why a credential is not under it: the old keys stay then. Each once. */
  readonly left: ReadonlyArray<string>;
}

/** One look at all credentials and secrets of the installation. Servers may run meanwhile: they open both. */
const renewAll = Effect.gen(function* () {
  const database = yield* Database;
  const vault = yield* Vault;
  const left = new Set<string>();
  let renewed = 0;
  let missed = 0;
  const renew = Effect.fnUntraced(function* (
    sealed: unknown,
    wrapAnew: (before: Sealed) => Effect.Effect<string | null, VaultError>,
    keep: (sql: Queryable, before: string, after: string) => PromiseLike<{ readonly count: number }>,
  ) {
    const before = Sealed.parse(sealed);
    const after = yield* Effect.result(wrapAnew(before));
    if (Result.isFailure(after)) left.add(after.failure.message);
    else if (after.success !== null) {
      const { success } = after;
      const { count } = yield* database.query((sql) => keep(sql, JSON.stringify(before), success));
      if (count === 0) missed++;
      else renewed++;
    }
  });
  for (const { account_id: id, sealed } of yield* database.query(allCredentials)) {
    yield* renew(
      sealed,
      (before) => renewCredentials(vault, id, before),
      (sql, before, after) => rewrapCredential(sql, id, before, after),
    );
  }
  for (const { name, sealed } of yield* database.query(allInstallationSecrets)) {
    yield* renew(
      sealed,
      (before) => renewSecret(vault, name, before),
      (sql, before, after) => rewrapInstallationSecret(sql, name, before, after),
    );
  }
  return { renewed, missed, left };
});

/** Fails where nothing could be begun. */
export const rotateKeys = Effect.fnUntraced(function* (settings: SettingsShape) {
  const folder = join(settings.PIXSIM_DATA, "secrets");
  const inFiles = settings.PIXSIM_CREDENTIAL_KEYS.length === 0;
  const database =
    settings.DATABASE_URL === undefined
      ? embeddedDatabase({ dataDir: settings.PIXSIM_DATA })
      : serverDatabase({ url: settings.DATABASE_URL, dataDir: undefined });
  return yield* Effect.gen(function* () {
    if (inFiles) yield* addMasterKey(folder);
    let renewed = 0;
    let left: ReadonlySet<string> = new Set(["Credentials are replaced all the time."]);
    for (let passes = 0; passes < mostPasses; passes++) {
      const pass = yield* Effect.provide(renewAll, Vault.layer);
      renewed += pass.renewed;
      // What was put under it now is looked at once more: a server may have stored another meanwhile.
      if (pass.renewed + pass.missed > 0) continue;
      left = pass.left;
      break;
    }
    if (inFiles && left.size === 0) yield* removeOldMasterKeys(folder);
    return { renewed, left: [...left] } satisfies Rotation;
  }).pipe(Effect.provide(Layer.mergeAll(database, Layer.succeed(Settings, settings))));
});
