// Accounts as jobs use them: a provider's connection made from an account's settings and its opened credentials. Nothing secret leaves here
// but inside of it.
import { Clock, Context, Effect, Layer, Scope } from "effect";
import * as z from "zod";
import { Database, type DatabaseError } from "#db/client/database.ts";
import { accountToConnect, forgetUpload, rememberUpload, uploadedAs } from "#db/queries/account.ts";
import type { Connection, Provider, ProviderAccount, ProviderFailure } from "#actors/provider/provider.ts";
import { makeHttp } from "#actors/provider/http.ts";
import { makePolling } from "#actors/provider/polling.ts";
import type { Polling, Uploads } from "#actors/provider/tools.ts";
import { Videos } from "#actors/provider/videos.ts";
import { Account } from "#protocol/account.ts";
import { Settings } from "#runtime/config/settings.ts";
import { Sealed } from "#runtime/vault/envelope.ts";
import { Vault } from "#runtime/vault/vault.ts";
import { openCredentials } from "./credentials.ts";

const ofDatabase = (error: DatabaseError): ProviderFailure => ({
  kind: error.reason === "full" ? "storage" : "internal",
  message: `The account cannot be read: ${error.message}`,
  unsent: true,
});
const unusable = (message: string): ProviderFailure => ({ kind: "authentication", message, unsent: true });

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
  static readonly layer: Layer.Layer<Accounts, never, Database | Settings | Vault | Videos> = Layer.effect(
    Accounts,
    Effect.gen(function* () {
      const database = yield* Database;
      const vault = yield* Vault;
      const videos = yield* Videos;
      const { PIXSIM_PROVIDER_SPEED: speed } = yield* Settings;
      const scope = yield* Effect.scope;
      const kept = new Map<string, Kept>();
      /** One for each account as long as this process lives: who follows a job goes on when the account is changed. */
      const pollings = new Map<string, Polling>();

      const uploadsOf = (accountId: string): Uploads => ({
        once: Effect.fnUntraced(function* (sha256, upload) {
          const [row] = yield* Effect.mapError(
            database.query((sql) => uploadedAs(sql, accountId, sha256)),
            ofDatabase,
          );
          if (row !== undefined) return row.remote_id;
          const remoteId = yield* upload;
          const now = yield* Clock.currentTimeMillis;
          // What cannot be remembered is uploaded again the next time.
          yield* Effect.ignore(database.query((sql) => rememberUpload(sql, accountId, sha256, remoteId, now)));
          return remoteId;
        }),
        forget: (sha256) => Effect.ignore(database.query((sql) => forgetUpload(sql, accountId, sha256))),
      });

      const connect = Effect.fnUntraced(function* (provider: Provider, account: ProviderAccount) {
        let polling = pollings.get(account.id);
        if (polling === undefined)
          pollings.set(account.id, (polling = yield* Effect.provideService(makePolling({ speed }), Scope.Scope, scope)));
        const own = Object.values(account.settings).filter((value): value is string => typeof value === "string" && URL.canParse(value));
        const http = yield* Effect.provideService(makeHttp({ own }), Scope.Scope, scope);
        return provider.connect(account, { http, polling, uploads: uploadsOf(account.id), videos });
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
