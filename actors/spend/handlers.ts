// What the wire asks of spend. Everybody sees their own submissions and what limits them; the budgets of others and of the workspace are an
// administrator's.
import { Clock, Effect } from "effect";
import { pageOf, placeOf } from "#actors/page.ts";
import { accountAddress } from "#actors/account/address.ts";
import { makeTellPools } from "#actors/pool/tell.ts";
import { Providers } from "#actors/provider/index.ts";
import { paidAt } from "#actors/provider/paid.ts";
import { Database } from "#db/client/database.ts";
import { allBudgets, budgetById, budgetsFor, putBudget, removeBudget } from "#db/queries/budget.ts";
import { type LedgerRow, ledgerRow, ledgerRows, tellSpend } from "#db/queries/ledger.ts";
import { userById } from "#db/queries/user.ts";
import { LedgerEntry, neverReached } from "#protocol/spend.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { formatPrice } from "#protocol/price.ts";
import { Actors } from "#runtime/actor/actors.ts";
import { principalOf } from "#runtime/auth/handlers.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import type { DomainHandlers } from "#runtime/gateway/handlers.ts";
import { fromBudgetRow } from "./budgets.ts";
import { periodsAt } from "./context.ts";

const forbidden = (message: string): CallError => new CallError("forbidden", message);
const invalid = (path: string, message: string): CallError =>
  new CallError("invalid_input", message, { issues: [{ path: [path], message }] });

const fromLedgerRow = (row: LedgerRow): LedgerEntry =>
  LedgerEntry.parse({
    key: row.key,
    jobId: row.job_id,
    provider: row.provider,
    accountId: row.account_id,
    accountTitle: row.account_title,
    type: row.type,
    estimated: row.estimated,
    charged: row.charged,
    refunded: row.refunded,
    source: row.source,
    outcome: row.outcome,
    at: row.at,
    told: row.told_by === null || row.told_at === null ? null : { by: row.told_by, at: row.told_at },
    found: row.found === null || row.found_at === null ? null : { outcome: row.found, at: row.found_at },
  });

/** Why nothing is to be told of it. */
const knownWords = ({ outcome, charged, source, type }: LedgerRow): string => {
  if (outcome === null) return "It has not ended yet: what it costs will be known by itself.";
  if (charged !== null && source === "provider") return `The provider has told what it charged: ${formatPrice(charged, type)}.`;
  if (source === "person") return "Somebody else has told what it cost: they or an administrator may correct it.";
  return "What became of it is known.";
};

export const spendHandlers = Effect.gen(function* () {
  const actors = yield* Actors;
  const database = yield* Database;
  const providers = yield* Providers;

  const tellPools = yield* makeTellPools;

  const handlers: DomainHandlers<"spend"> = {
    calls: {
      "spend.ledger": Effect.fnUntraced(function* ({ cursor, limit, jobId, unknown = false }, context) {
        const { userId } = yield* principalOf(context);
        const place = yield* placeOf(cursor);
        const read = yield* orCallError(database.query((sql) => ledgerRows(sql, userId, place, limit + 1, { jobId, unknown })));
        const { rows, next } = pageOf(read, limit, ({ at, key }) => ({ createdAt: at, id: key }));
        return { entries: rows.map(fromLedgerRow), next };
      }),

      "spend.tell": Effect.fnUntraced(function* ({ key, accountId, charged }, context) {
        const { userId, role } = yield* principalOf(context);
        const [known] = yield* orCallError(database.query((sql) => ledgerRow(sql, key, accountId)));
        const isAdmin = role === "admin";
        if (known === undefined || (known.owner_id !== userId && !isAdmin)) {
          return yield* Effect.fail(new CallError("not_found", "There is no such submission, or it is not yours."));
        }
        const now = yield* Clock.currentTimeMillis;
        const [told] = yield* orCallError(database.query((sql) => tellSpend(sql, { key, accountId, charged, by: userId, isAdmin, now })));
        if (told === undefined) return yield* Effect.fail(new CallError("conflict", knownWords(known)));
        // Jobs that a budget held back may go on, of any provider where it is over all.
        yield* tellPools(null);
        // The account, which counted the estimate as gone, asks what is left. A correction is nothing that it could learn of there.
        if (known.charged === null) yield* Effect.ignore(actors.send(accountAddress(accountId), { type: "account.test" }));
        return fromLedgerRow(told);
      }),

      "spend.budgets": Effect.fnUntraced(function* ({ everybody }, context) {
        const { userId, role } = yield* principalOf(context);
        if (everybody && role !== "admin") return yield* Effect.fail(forbidden("Only an administrator sees the budgets of others."));
        const periods = periodsAt(yield* Clock.currentTimeMillis);
        const rows = yield* orCallError(
          database.query((sql) => (everybody ? allBudgets(sql, periods) : budgetsFor(sql, [userId], null, periods, "all"))),
        );
        return { budgets: rows.map(fromBudgetRow) };
      }),

      "spend.setBudget": Effect.fnUntraced(function* ({ ownerId = undefined, provider, period, type, warnAt, pauseAt, stopAt }, context) {
        const { userId, role } = yield* principalOf(context);
        const own = ownerId === undefined;
        if (!own && role !== "admin") return yield* Effect.fail(forbidden("Only an administrator sets a budget for others."));
        if (warnAt === null && pauseAt === null && stopAt === null) {
          return yield* Effect.fail(invalid("pauseAt", "Say at which amount it warns, lets jobs wait or refuses them."));
        }
        const never = neverReached({ warnAt, pauseAt, stopAt });
        if (never !== null) return yield* Effect.fail(invalid(never.at, never.message));
        const counting = paidAt(providers, provider);
        if (provider !== null && counting.length === 0) {
          return yield* Effect.fail(new CallError("not_found", `There is no provider "${provider}" that is paid.`));
        }
        const types = new Set(counting.flatMap(({ account }) => account.creditType ?? []));
        if (type !== null && !types.has(type)) {
          const who = provider === null ? "No paid provider counts" : `${counting[0]?.title ?? provider} does not count`;
          const others = types.size === 0 ? "jobs alone can be counted there" : `${[...types].join(", ")} or jobs can be counted`;
          return yield* Effect.fail(invalid("type", `${who} in "${type}": ${others}.`));
        }
        if (typeof ownerId === "string" && (yield* orCallError(database.query((sql) => userById(sql, ownerId)))).length === 0) {
          return yield* Effect.fail(new CallError("not_found", `There is no user ${ownerId}.`));
        }
        const budget = {
          id: `bud_${crypto.randomUUID().replaceAll("-", "").slice(0, 20)}`,
          owner_id: own ? userId : (ownerId ?? ""),
          by_admin: !own,
          provider: provider ?? "",
          period,
          type: type ?? "",
          warn_at: warnAt,
          pause_at: pauseAt,
          stop_at: stopAt,
        };
        const [kept] = yield* orCallError(database.query((sql) => putBudget(sql, budget)));
        const periods = periodsAt(yield* Clock.currentTimeMillis);
        // What was used when it was set: once the pools have heard of it they may grant at once.
        const rows = yield* orCallError(database.query((sql) => budgetsFor(sql, [budget.owner_id], null, periods, "all")));
        yield* tellPools(provider);
        const row = rows.find(({ id }) => id === kept?.id);
        return row === undefined ? yield* Effect.fail(new CallError("not_found", "Somebody has removed it just now.")) : fromBudgetRow(row);
      }),

      "spend.removeBudget": Effect.fnUntraced(function* ({ id }, context) {
        const { userId, role } = yield* principalOf(context);
        const [budget] = yield* orCallError(database.query((sql) => budgetById(sql, id)));
        const isAdmin = role === "admin";
        if (budget === undefined || (!isAdmin && budget.owner_id !== userId && budget.owner_id !== "")) {
          return yield* Effect.fail(new CallError("not_found", "There is no such budget."));
        }
        if (budget.by_admin && !isAdmin) return yield* Effect.fail(forbidden("An administrator has set it, and alone removes it."));
        yield* orCallError(database.query((sql) => removeBudget(sql, id)));
        yield* tellPools(budget.provider === "" ? null : budget.provider);
        return {};
      }),
    },
    streams: {},
    topics: {},
  };
  return handlers;
});
