// An account's credentials between what a person enters and the vault: checked, sealed as one text, opened as redacted values.
import { Effect, Redacted } from "effect";
import * as z from "zod";
import type { Sealed } from "#runtime/vault/envelope.ts";
import type { Vault, VaultError } from "#runtime/vault/vault.ts";

const Texts = z.record(z.string(), z.string());

/** Where an account's credentials are kept: they open nowhere else. */
const placeOf = (accountId: string): string => `credential/${accountId}`;

/** As the database takes it. */
export const sealCredentials = (
  vault: Vault["Service"],
  accountId: string,
  secrets: Readonly<Record<string, string>>,
): Effect.Effect<string> => Effect.map(vault.seal(placeOf(accountId), JSON.stringify(secrets)), (sealed) => JSON.stringify(sealed));

export const openCredentials = (
  vault: Vault["Service"],
  accountId: string,
  sealed: Sealed,
): Effect.Effect<Readonly<Record<string, Redacted.Redacted>>, VaultError> =>
  Effect.map(vault.open(placeOf(accountId), sealed), (text) => {
    const secrets = Texts.parse(JSON.parse(Redacted.value(text)));
    return Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, Redacted.make(value)]));
  });

/** The same under the master key in use; null where it is already. */
export const renewCredentials = (vault: Vault["Service"], accountId: string, sealed: Sealed): Effect.Effect<string | null, VaultError> =>
  Effect.map(vault.renew(placeOf(accountId), sealed), (renewed) => (renewed === null ? null : JSON.stringify(renewed)));
