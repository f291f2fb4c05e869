// The kind `account`: its machine, its check at the provider, its stored row, and who is told of each step.
import { Effect } from "effect";
import { Providers } from "#actors/provider/index.ts";
import type { Balance, ProviderFailure } from "#actors/provider/provider.ts";
import { defineActor, type EffectFailure } from "#runtime/actor/define.ts";
import { Bus } from "#runtime/bus/bus.ts";
import { Accounts, removedAccountsChannel } from "./accounts.ts";
import { accountMigrations } from "./migrations.ts";
import { accountMachine, accountMachineVersion } from "./machine.ts";
import { accountColumns, accountRow, storedAccount } from "./row.ts";
import { Leases } from "./leases.ts";

/** All accounts; who follows it sees those that are theirs to see. */
export const accountsChannel = "accounts";

const ofProvider = ({ kind, message, retryAfterMs }: ProviderFailure): EffectFailure => ({
  kind,
  message: message.toWellFormed().replaceAll("\0", ""),
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

export const accountActor = Effect.gen(function* () {
  const accounts = yield* Accounts;
  const providers = yield* Providers;
  const leases = yield* Leases;
  const bus = yield* Bus;

  const inspect = Effect.fnUntraced(function* (
    accountId: string,
    providerId: string,
  ): Effect.fn.Return<{ credits: number | null; parts?: ReadonlyArray<Balance> }, EffectFailure> {
    const provider = providers.get(providerId);
    if (provider === undefined)
      return yield* Effect.fail({ kind: "parameters", message: "Its provider is not part of this program any more: remove it." });
    const connection = yield* Effect.mapError(accounts.connection(provider, accountId), ofProvider);
    yield* Effect.mapError(connection.check, ofProvider);
    if (connection.balance === undefined) return { credits: null };
    const balances = yield* Effect.mapError(connection.balance, ofProvider);
    // Some tell their balance to some keys only.
    const credits = balances.length === 0 ? null : balances.reduce((sum, { amount }) => sum + amount, 0);
    return { credits, ...(balances.length > 1 ? { parts: balances } : {}) };
  });

  return defineActor<typeof accountMachine>({
    kind: "account",
    version: accountMachineVersion,
    machine: accountMachine,
    migrate: accountMigrations,
    effects: {
      inspect: {
        recovery: "resend",
        run: ({ input: { id, provider } }) =>
          Effect.annotateLogs(
            Effect.tapError(inspect(id, provider), ({ kind, message }) =>
              Effect.logInfo("account:check", { stage: "account:check", kind, error: message }),
            ),
            { account: id, provider },
          ),
      },
    },
    owner: ({ context }) => context.order.ownerId,
    projection: { table: "account", columns: accountColumns, row: storedAccount },
    committed: (snapshot, meta) => {
      const account = accountRow(snapshot, meta);
      bus.publish(accountsChannel, account);
      if (account.state === "removed") bus.publish(removedAccountsChannel, account.id);
      leases.changed(account);
    },
  });
});
