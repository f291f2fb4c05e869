// Whether an account is there already: two that are one at the provider would each give out its places and count its credits.
import { Effect, Redacted } from "effect";
import { Database, type Queryable } from "#db/client/database.ts";
import { accountToConnect } from "#db/queries/account.ts";
import type { Account } from "#protocol/account.ts";
import { Sealed } from "#runtime/vault/envelope.ts";
import { Vault } from "#runtime/vault/vault.ts";
import { openCredentials } from "./credentials.ts";
import { type Access, hasSecrets, inOrder } from "./digest.ts";

export const makeDuplicates = Effect.gen(function* () {
  const database = yield* Database;
  const vault = yield* Vault;

  /** Null: they cannot be opened, or there are none. */
  const secretsOf = Effect.fnUntraced(function* (id: string) {
    const [row] = yield* database.query((sql: Queryable) => accountToConnect(sql, id));
    if (row === undefined) return null;
    // One that cannot be opened is entered anew some day: until then it is like no other.
    const opened = yield* Effect.orElseSucceed(openCredentials(vault, id, Sealed.parse(row.sealed)), () => null);
    return opened === null ? null : Object.fromEntries(Object.entries(opened).map(([name, value]) => [name, Redacted.value(value)]));
  });

  /** The first of the accounts that uses the same credentials with the same settings. */
  const find = Effect.fnUntraced(function* (accounts: ReadonlyArray<Account>, access: Access) {
    const { provider, settings, secrets } = access;
    if (!hasSecrets(access)) return undefined;
    for (const account of accounts) {
      if (account.provider !== provider || inOrder(account.settings) !== inOrder(settings)) continue;
      const own = yield* secretsOf(account.id);
      if (own !== null && inOrder(own) === inOrder(secrets)) return account;
    }
    return undefined;
  });
  return { find, secretsOf };
});
