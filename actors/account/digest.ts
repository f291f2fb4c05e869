// What tells whether two accounts are one at their provider, without either being opened: a digest keyed with a secret of the installation's.
// The secret is made once and sealed like credentials, so that a new master key wraps it anew and leaves all digests as they are. Where the master
// key is lost there is another secret: digests of before are forgotten, as the credentials are that they were made of.
import { createHmac, randomBytes } from "node:crypto";
import { Effect, Redacted, Result } from "effect";
import { Database, type DatabaseError } from "#db/client/database.ts";
import { installationSecret, keepInstallationSecret, replaceDigestSecret } from "#db/queries/account.ts";
import { Sealed } from "#runtime/vault/envelope.ts";
import { Vault, type VaultError } from "#runtime/vault/vault.ts";

const name = "account digest";
const secretPlace = (of: string): string => `installation_secret/${of}`;

/** The same under the master key in use; null where it is already. */
export const renewSecret = (vault: Vault["Service"], of: string, sealed: Sealed): Effect.Effect<string | null, VaultError> =>
  Effect.map(vault.renew(secretPlace(of), sealed), (renewed) => (renewed === null ? null : JSON.stringify(renewed)));

/** What makes an account what it is at its provider. */
export interface Access {
  readonly provider: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, unknown>>;
}

/** The same whatever the order. */
export const inOrder = (record: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** What needs no credentials is alike nowhere. */
export const hasSecrets = ({ secrets }: Access): boolean => Object.values(secrets).some((value) => value !== undefined && value !== "");

export const makeDigest = Effect.gen(function* () {
  const database = yield* Database;
  const vault = yield* Vault;

  const open = (sealed: unknown) => vault.open(secretPlace(name), Sealed.parse(sealed));
  const fresh = Effect.suspend(() => vault.seal(secretPlace(name), randomBytes(32).toString("base64")));

  /** Made by whoever comes first: all use what was kept. */
  const secret = Effect.gen(function* () {
    const [known] = yield* database.query((sql) => installationSecret(sql, name));
    if (known !== undefined) {
      const opened = yield* Effect.result(open(known.sealed));
      if (Result.isSuccess(opened)) return opened.success;
      yield* Effect.logWarning("account.digest.lost", { reason: opened.failure.message });
      const other = JSON.stringify(yield* fresh);
      yield* database.query((sql) => replaceDigestSecret(sql, name, JSON.stringify(known.sealed), other));
    }
    const first = JSON.stringify(yield* fresh);
    const [kept] = yield* database.query((sql) => keepInstallationSecret(sql, name, first));
    return yield* open(kept!.sealed);
  });

  /** Of an owner's account; null where nothing is secret. */
  return (ownerId: string, access: Access): Effect.Effect<string | null, DatabaseError | VaultError> =>
    hasSecrets(access)
      ? Effect.map(secret, (key) =>
          createHmac("sha256", Redacted.value(key))
            .update(JSON.stringify([ownerId, access.provider, inOrder(access.settings), inOrder(access.secrets)]))
            .digest("hex"),
        )
      : Effect.succeed(null);
});
