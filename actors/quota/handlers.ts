// What the wire asks of quotas. They are held where something begins: jobs in `actors/job/accept.ts`, what becomes an asset in
// `actors/asset/quota.ts`, accounts in `actors/account/handlers.ts`.
import { Clock, Effect } from "effect";
import { periodsAt } from "#actors/spend/context.ts";
import { Database } from "#db/client/database.ts";
import { allQuotas, countsOf, putQuota, quotaOf, type QuotaRow, usageOf } from "#db/queries/quota.ts";
import { userById } from "#db/queries/user.ts";
import type { Quota } from "#protocol/quota.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { principalOf } from "#runtime/auth/handlers.ts";
import type { Principal } from "#runtime/auth/principal.ts";
import { Settings } from "#runtime/config/settings.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import type { DomainHandlers } from "#runtime/gateway/handlers.ts";
import { topPriorityOf } from "./priority.ts";

const gigabyte = 1e9;

export const quotaHandlers = Effect.gen(function* () {
  const database = yield* Database;
  const settings = yield* Settings;

  const everybody: Quota["limits"] = {
    openJobs: settings.PIXSIM_OPEN_JOBS_PER_USER,
    jobsADay: settings.PIXSIM_JOBS_PER_DAY,
    assets: settings.PIXSIM_ASSETS_PER_USER,
    storage: settings.PIXSIM_STORAGE_PER_USER,
    accounts: settings.PIXSIM_ACCOUNTS_PER_USER,
  };

  const quota = (userId: string, role: Principal["role"], row: QuotaRow | undefined, used: Quota["used"]): Quota => {
    const own = {
      openJobs: row?.open_jobs ?? null,
      jobsADay: row?.jobs_a_day ?? null,
      assets: row?.assets ?? null,
      storage: row?.storage ?? null,
      accounts: row?.accounts ?? null,
    };
    const limits = {
      openJobs: own.openJobs ?? everybody.openJobs,
      jobsADay: own.jobsADay ?? everybody.jobsADay,
      assets: own.assets ?? everybody.assets,
      storage: own.storage ?? everybody.storage,
      accounts: own.accounts ?? everybody.accounts,
    };
    return { userId, own, limits, topPriority: topPriorityOf({ role }, settings), used };
  };

  const today = Effect.map(Clock.currentTimeMillis, (now) => periodsAt(now).day);

  const read = Effect.fnUntraced(function* (userId: string, role: Principal["role"]): Effect.fn.Return<Quota, CallError> {
    const day = yield* today;
    const [row] = yield* orCallError(database.query((sql) => quotaOf(sql, userId)));
    const [counts] = yield* orCallError(database.query((sql) => countsOf(sql, userId, day)));
    const usage = yield* orCallError(database.query((sql) => usageOf(sql, userId)));
    return quota(userId, role, row, {
      openJobs: counts?.open ?? 0,
      jobsADay: counts?.made ?? 0,
      assets: usage.assets,
      storage: usage.bytes / gigabyte,
      accounts: counts?.accounts ?? 0,
    });
  });

  const readAll = Effect.gen(function* () {
    const day = yield* today;
    const rows = yield* orCallError(database.query((sql) => allQuotas(sql, day)));
    return rows.map((row) => {
      const used = {
        openJobs: row.open,
        jobsADay: row.made,
        assets: row.kept,
        storage: row.kept_bytes / gigabyte,
        accounts: row.own_accounts,
      };
      return Object.assign(quota(row.user_id, row.role, row, used), { username: row.username, role: row.role });
    });
  });

  const handlers: DomainHandlers<"quotas"> = {
    calls: {
      "quotas.get": Effect.fnUntraced(function* ({ userId }, context) {
        const caller = yield* principalOf(context);
        if (userId !== undefined && userId !== caller.userId && caller.role !== "admin") {
          return yield* Effect.fail(new CallError("forbidden", "Only an administrator sees the limits of others."));
        }
        if (userId === undefined || userId === caller.userId) return yield* read(caller.userId, caller.role);
        const [user] = yield* orCallError(database.query((sql) => userById(sql, userId)));
        return yield* read(userId, user?.role ?? "user");
      }),

      "quotas.all": () => Effect.map(readAll, (users) => ({ everybody, users })),

      "quotas.set": Effect.fnUntraced(function* ({ userId, openJobs, jobsADay, assets, storage, accounts }) {
        const [user] = yield* orCallError(database.query((sql) => userById(sql, userId)));
        if (user === undefined) return yield* Effect.fail(new CallError("not_found", `There is no user ${userId}.`));
        const row = { open_jobs: openJobs, jobs_a_day: jobsADay, assets, storage, accounts };
        yield* orCallError(database.query((sql) => putQuota(sql, userId, row)));
        return yield* read(userId, user.role);
      }),
    },
    streams: {},
    topics: {},
  };
  return handlers;
});
