// Accounts as jobs use them: a provider's connection made from an account's settings and its opened credentials. Nothing secret leaves here
// but inside of it.
import { Context, Effect, Layer, Schedule, ScopedCache } from "effect";
import * as z from "zod";
import { Database, type DatabaseError } from "#db/client/database.ts";
import { accountToConnect } from "#db/queries/account.ts";
import type { Connection, Provider, ProviderAccount, ProviderFailure } from "#actors/provider/provider.ts";
import { makeHttps } from "#actors/provider/http.ts";
import { makePolling } from "#actors/provider/polling.ts";
import { discreet } from "#actors/provider/secrecy.ts";
import { Videos } from "#actors/provider/videos.ts";
import { Account } from "#protocol/account.ts";
import { Bus } from "#runtime/bus/bus.ts";
import { Settings } from "#runtime/config/settings.ts";
import { Sealed } from "#runtime/vault/envelope.ts";
import { Vault } from "#runtime/vault/vault.ts";
import { openCredentials } from "./credentials.ts";
import { makeUploads } from "./uploads.ts";

/** Ids of accounts as they are removed. */
export const removedAccountsChannel = "accounts/removed";

const ofDatabase = (error: DatabaseError): ProviderFailure => ({
  kind: error.reason === "full" ? "storage" : "internal",
  message: `The account cannot be read: ${error.message}`,
  unsent: true,
});
const unusable = (message: string): ProviderFailure => ({ kind: "authentication", message, unsent: true });
const again = Schedule.spaced("1 second");

interface Kept {
  /** What it was made from. */
  readonly from: string;
  readonly connection: Connection;
}

export class Accounts extends Context.Service<
  Accounts,
  {
    /** The provider by this account; `accountId` is null for a provider that needs none. Fails, with `unsent`, where the account is gone or cannot be opened. */
    readonly connection: (provider: Provider, accountId: string | null) => Effect.Effect<Connection, ProviderFailure>;
  }
>()("pixsim/actors/Accounts") {
  static readonly layer: Layer.Layer<Accounts, never, Bus | Database | Settings | Vault | Videos> = Layer.effect(
    Accounts,
    Effect.gen(function* () {
      const database = yield* Database;
      const vault = yield* Vault;
      const bus = yield* Bus;
      const videos = yield* Videos;
      const { PIXSIM_PROVIDER_SPEED: speed } = yield* Settings;
      const fork = Effect.runForkWith(yield* Effect.context<never>());
      const kept = new Map<string, Kept>();
      /** What an account has here until it is removed: who follows a job goes on with it when settings or key are changed. */
      const lines = yield* ScopedCache.make({
        lookup: (_accountId: string) => Effect.all([makePolling({ speed }), makeHttps]),
        capacity: Number.POSITIVE_INFINITY,
      });
      const uploadsOf = makeUploads(database, ofDatabase);

      const drop = (accountId: string): void => {
        kept.delete(accountId);
        fork(ScopedCache.invalidate(lines, accountId));
      };
      // Where messages were missed, what was kept stays until the process ends.
      const removals = bus.follow(removedAccountsChannel, undefined, Effect.succeed(null), (message) => {
        if (message.type === "delta") for (const id of JSON.parse(message.json) as ReadonlyArray<string>) drop(id);
      });
      const { close } = yield* Effect.orDie(Effect.retry(removals, again));
      yield* Effect.addFinalizer(() => Effect.sync(close));

      const connect = Effect.fnUntraced(function* (provider: Provider, account: ProviderAccount) {
        const [polling, httpOf] = yield* ScopedCache.get(lines, account.id);
        const own = Object.values(account.settings).filter((value): value is string => typeof value === "string" && URL.canParse(value));
        const tools = { http: httpOf({ own }), polling, uploads: uploadsOf(account.id), videos };
        return discreet(provider.connect(account, tools), account.secrets);
      });

      const stored = Effect.fnUntraced(function* (provider: Provider, accountId: string): Effect.fn.Return<Connection, ProviderFailure> {
        const spec = provider.account;
        if (spec === null) return yield* Effect.fail(unusable(`${provider.title} is used without an account.`));
        const [row] = yield* Effect.mapError(
          database.query((sql) => accountToConnect(sql, accountId)),
          ofDatabase,
        );
        if (row === undefined) return yield* Effect.fail(unusable("The account is gone: add it again."));
        const { settings, title } = Account.parse(row.account);
        const from = JSON.stringify([row.changed_at, settings]);
        const known = kept.get(accountId);
        if (known?.from === from) return known.connection;
        const checked = spec.settings.safeParse(settings);
        if (!checked.success)
          return yield* Effect.fail(unusable(`The settings of ${title} do not fit any more: ${z.prettifyError(checked.error)}`));
        const secrets = yield* Effect.mapError(openCredentials(vault, accountId, Sealed.parse(row.sealed)), ({ message }) =>
          unusable(message),
        );
        const connection = yield* connect(provider, { id: accountId, settings: checked.data, secrets });
        kept.set(accountId, { from, connection });
        return connection;
      });

      const builtIn = Effect.fnUntraced(function* (provider: Provider) {
        const known = kept.get(provider.id);
        if (known !== undefined) return known.connection;
        const connection = yield* connect(provider, { id: provider.id, settings: {}, secrets: {} });
        kept.set(provider.id, { from: "", connection });
        return connection;
      });

      return Accounts.of({
        connection: (provider, accountId) => (accountId === null ? builtIn(provider) : stored(provider, accountId)),
      });
    }),
  );
}
