// What budgets promise, on the real databases: however many pools ask at once, what is spent and held never goes beyond by our own doing.
import * as fc from "fast-check";
import { Effect, ManagedRuntime } from "effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Database } from "#db/client/database.ts";
import { testDatabases } from "#db/client/testing.ts";
import { type BudgetRow, type BudgetsAsked, budgetsFor, putBudget, removeBudget } from "#db/queries/budget.ts";
import {
  freeHolds,
  holdSpend,
  ledgerRows,
  settleHold,
  settleStale,
  spendOf,
  staleHolds,
  tellSpend,
  type Wanted,
} from "#db/queries/ledger.ts";
import type { Queryable } from "#db/client/database.ts";
import { periodsAt } from "./context.ts";

const now = Date.UTC(2026, 10, 26, 14);
const periods = periodsAt(now);
const owners = ["u1", "u2"];
const sellers = ["pixverse", "fal"];

describe.each(testDatabases)("holds ($engine)", ({ layer }) => {
  const runtime = ManagedRuntime.make(layer);
  const sql = <A>(query: (sql: Queryable) => PromiseLike<A>): Promise<A> =>
    runtime.runPromise(Effect.flatMap(Database, (database) => database.query(query)));
  beforeAll(() => runtime.runPromise(Effect.void));
  afterAll(() => runtime.dispose());

  const wanted = (key: string, changes: Partial<Wanted> = {}): Wanted => ({
    key,
    account_id: "acc_1",
    account_title: "Main",
    job_id: `job_${key}`,
    owner_id: "u1",
    provider: "pixverse",
    type: "credits",
    cost: 10,
    ...changes,
  });
  const budget = (id: string, changes: Partial<BudgetRow> = {}): Omit<BudgetRow, "used"> => ({
    id,
    owner_id: "u1",
    by_admin: false,
    provider: "",
    period: "day",
    type: "credits",
    warn_at: null,
    pause_at: 100,
    stop_at: null,
    ...changes,
  });
  const clear = async (): Promise<void> => {
    await sql((db) => db`delete from ledger`);
    await sql((db) => db`delete from budget`);
    await sql((db) => db`delete from job where id like 'job_h%'`);
  };
  /** A job that gave its place back, and says what came of it. */
  const endJob = (key: string, charge: object | null) =>
    sql(
      (db) => db`
        insert into job (id, rev, owner_id, operation, provider, state, progress, prompt, params, inputs, hash, priority, attempt,
          max_attempts, parked, created_at, charges)
        values (${`job_${key}`}, 1, 'u1', 'text_to_video', 'pixverse', 'completed', 1, '', '{}', '[]', '', 5, 1, 3, false, ${now},
          ${JSON.stringify(charge === null ? [] : [charge])}::text::jsonb)`,
    );
  /** As the sweep does with all that is so old and was found twice. */
  const settleHeld = (before: number) => sql(async (db) => settleStale(db, await staleHolds(db, before)));
  const charge = (key: string, changes: object = {}) => ({
    key,
    accountId: "acc_1",
    accountTitle: "Main",
    estimated: 10,
    charged: null,
    type: "credits",
    outcome: "completed",
    tookMs: 0,
    at: now,
    ...changes,
  });

  test("what is spent and held never goes beyond a budget, whoever asks at the same time", async () => {
    const someBudget = fc.record({
      owner_id: fc.constantFrom("", ...owners),
      provider: fc.constantFrom("", ...sellers),
      period: fc.constantFrom("day" as const, "month" as const),
      type: fc.constantFrom("", "credits", "USD"),
      pause_at: fc.option(fc.integer({ min: 1, max: 60 }).map((cents) => cents / 2)),
      stop_at: fc.option(fc.integer({ min: 1, max: 60 }).map((cents) => cents / 2)),
    });
    const someAsk = fc.record({
      owner_id: fc.constantFrom(...owners),
      provider: fc.constantFrom(...sellers),
      account_id: fc.constantFrom("acc_1", "acc_2", "acc_3"),
      type: fc.constantFrom("credits", "USD"),
      cost: fc.integer({ min: 0, max: 40 }).map((cents) => cents / 10),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(someBudget, { minLength: 1, maxLength: 4 }),
        fc.array(fc.array(someAsk, { minLength: 1, maxLength: 8 }), { minLength: 2, maxLength: 6 }),
        async (budgets, pools) => {
          await clear();
          for (const [at, each] of budgets.entries()) await sql((db) => putBudget(db, budget(`bud_${at}`, each)));
          const refused = await Promise.all(
            pools.map((asks, pool) =>
              sql((db) =>
                holdSpend(
                  db,
                  asks.map((ask, at) => wanted(`h${pool}-${at}`, ask)),
                  periods,
                ),
              ),
            ),
          );
          const rows = await sql((db) => budgetsFor(db, owners, null, periods, "all"));
          for (const { used, pause_at, stop_at } of rows) {
            expect(used).toBeLessThanOrEqual(Math.min(pause_at ?? Number.POSITIVE_INFINITY, stop_at ?? Number.POSITIVE_INFINITY));
          }
          const [held] = await sql((db) => db<Array<{ count: number }>>`select count(*)::int as count from ledger`);
          const asked = pools.reduce((sum, asks) => sum + asks.length, 0);
          expect(held!.count + refused.reduce((sum, keys) => sum + keys.size, 0)).toBe(asked);
          // Nobody is refused without need: none of them would fit now either, and all would without budgets.
          for (const [pool, asks] of pools.entries()) {
            const again = asks.flatMap((ask, at) => (refused[pool]!.has(`h${pool}-${at}`) ? [wanted(`h${pool}-${at}`, ask)] : []));
            expect((await sql((db) => holdSpend(db, again, periods))).size).toBe(again.length);
          }
          for (const { id } of rows) await sql((db) => removeBudget(db, id));
          for (const [pool, keys] of refused.entries()) {
            const again = [...keys].map((key) => wanted(key, pools[pool]![Number(key.split("-")[1])]!));
            expect((await sql((db) => holdSpend(db, again, periods))).size).toBe(0);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  test("who decides reads only the budgets that decide", async () => {
    await clear();
    await sql((db) => putBudget(db, budget("bud_warn", { warn_at: 5, pause_at: null })));
    await sql((db) => putBudget(db, budget("bud_pause", { period: "month" })));
    await sql((db) => putBudget(db, budget("bud_stop", { owner_id: "", pause_at: null, stop_at: 7 })));
    const read = async (which: BudgetsAsked) =>
      (await sql((db) => budgetsFor(db, ["u1"], null, periods, which))).map(({ id }) => id).sort();
    expect(await read("all")).toEqual(["bud_pause", "bud_stop", "bud_warn"]);
    expect(await read("holding")).toEqual(["bud_pause", "bud_stop"]);
    expect(await read("stopping")).toEqual(["bud_stop"]);
  });

  test("what costs less than was held gives room again, and so does what came to nothing", async () => {
    await clear();
    await sql((db) => putBudget(db, budget("bud_1", { pause_at: 20 })));
    const keys = ["h1", "h2", "h3"];
    expect(
      await sql((db) =>
        holdSpend(
          db,
          keys.map((key) => wanted(key)),
          periods,
        ),
      ),
    ).toEqual(new Set(["h3"]));
    await endJob("h1", charge("h1", { charged: 4, refunded: 6 }));
    const end = (key: string) => sql((db) => settleHold(db, { key, accountId: "acc_1", jobId: `job_${key}`, at: now }));
    await end("h1");
    await end("h1");
    expect(await sql((db) => holdSpend(db, [wanted("h3")], periods))).toEqual(new Set(["h3"]));
    await endJob("h2", null);
    await end("h2");
    expect(await sql((db) => holdSpend(db, [wanted("h3")], periods))).toEqual(new Set());
    // The account had no place after all.
    await sql((db) => freeHolds(db, [{ key: "h3", account_id: "acc_1", at: now }]));
    const rows = await sql((db) => spendOf(db, "u1", periods.month));
    expect(rows).toEqual([
      {
        day: "2026-11-26",
        ownerId: "u1",
        provider: "pixverse",
        accountId: "acc_1",
        accountTitle: "Main",
        type: "credits",
        submissions: 1,
        completed: 1,
        estimated: 10,
        charged: 4,
        refunded: 6,
        held: 0,
        told: 1,
      },
    ]);
  });

  test("what one try held no other frees, however late it says that it came to nothing", async () => {
    await clear();
    const hold = (at: number) => sql((db) => holdSpend(db, [wanted("h1")], periodsAt(at)));
    const free = (at: number) => sql((db) => freeHolds(db, [{ key: "h1", account_id: "acc_1", at }]));
    const held = async () => (await sql((db) => ledgerRows(db, "u1", null, 10))).map(({ at }) => at);
    await hold(now);
    await hold(now + 7);
    await free(now);
    expect(await held()).toEqual([now + 7]);
    await free(now + 7);
    expect(await held()).toEqual([]);
  });

  test("fractions of credits add up to what they are", async () => {
    await clear();
    const keys = Array.from({ length: 30 }, (_, index) => `h${index}`);
    const cost = (key: string) => Number(key.slice(1)) / 100 + 0.1;
    await sql((db) =>
      holdSpend(
        db,
        keys.map((key) => wanted(key, { cost: cost(key) })),
        periods,
      ),
    );
    // 30 times 0.1, and 0.01 to 0.29.
    expect(await sql((db) => spendOf(db, "u1", periods.month))).toMatchObject([{ estimated: 7.35, held: 7.35, charged: 0 }]);
    for (const key of keys.slice(0, 3)) {
      await endJob(key, charge(key, { charged: 0.1, refunded: 0.2 }));
      await sql((db) => settleHold(db, { key, accountId: "acc_1", jobId: `job_${key}`, at: now }));
    }
    // 0.1 + 0.11 + 0.12 of it are no longer held.
    expect(await sql((db) => spendOf(db, "u1", periods.month))).toMatchObject([{ charged: 0.3, refunded: 0.6, held: 7.02 }]);
  });

  test("of which nobody can say whether it was taken, the estimate stays held and counts for budgets, until somebody can", async () => {
    await clear();
    await sql((db) => putBudget(db, budget("bud_1", { pause_at: 15 })));
    await sql((db) => holdSpend(db, [wanted("h1")], periods));
    await endJob("h1", charge("h1", { outcome: "unknown" }));
    const end = (key: string) => sql((db) => settleHold(db, { key, accountId: "acc_1", jobId: `job_${key}`, at: now }));
    await end("h1");
    // It has ended: what looks for holds that were lost leaves it alone.
    await settleHeld(now + 60_000);
    expect(await sql((db) => ledgerRows(db, "u1", null, 10))).toMatchObject([
      { key: "h1", estimated: 10, charged: null, source: null, outcome: "unknown" },
    ]);
    expect(await sql((db) => spendOf(db, "u1", periods.month))).toMatchObject([{ submissions: 1, charged: 0, held: 10, told: 0 }]);
    expect(await sql((db) => budgetsFor(db, ["u1"], null, periods, "all"))).toMatchObject([{ used: 10 }]);
    expect(await sql((db) => holdSpend(db, [wanted("h2")], periods))).toEqual(new Set(["h2"]));
    await endJob("h3", charge("h3", { outcome: "unknown", charged: 4 }));
    await end("h3");
    expect((await sql((db) => ledgerRows(db, "u1", null, 10))).find(({ key }) => key === "h3")).toMatchObject({
      charged: 4,
      source: "provider",
    });
  });

  test("whatever is told of submissions, in whatever order: only what nobody knew is settled by it, once told it stays, and budgets count it", async () => {
    const outcomes = ["unknown", "completed", "filtered", null] as const;
    const someStep = fc.record({
      at: fc.nat({ max: 3 }),
      step: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.constantFrom("end" as const, "lose" as const, "sweep" as const)),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...outcomes), { minLength: 4, maxLength: 4 }),
        fc.array(someStep, { maxLength: 12 }),
        async (ends, steps) => {
          await clear();
          await sql((db) => putBudget(db, budget("bud_1", { pause_at: 1000 })));
          const keys = ends.map((_, at) => `h${at}`);
          await sql((db) =>
            holdSpend(
              db,
              keys.map((key) => wanted(key)),
              periods,
            ),
          );
          const ended = new Set<number>();
          /** Whose end is in the books. */
          const settled = new Set<number>();
          /** By what was told of it last, if that counted. */
          const told = new Map<number, number>();
          for (const { at, step } of steps) {
            const [key, outcome] = [keys[at]!, ends[at]!];
            if ((step === "end" || step === "lose") && outcome !== null && !ended.has(at)) {
              ended.add(at);
              await endJob(key, charge(key, { outcome }));
            }
            if (step === "end" && outcome !== null) {
              await sql((db) => settleHold(db, { key, accountId: "acc_1", jobId: `job_${key}`, at: now }));
              settled.add(at);
            } else if (step === "sweep") {
              // Of jobs that have ended alone: those of the others hold their places.
              for (const each of ended) {
                await sql((db) => db`update ledger set at = ${now - 90_000} where settled_at is null and key = ${keys[each]!}`);
              }
              const found = await settleHeld(now - 60_000);
              const lost = [...ended].filter((each) => !settled.has(each));
              expect(found.map(({ key: each }) => each).toSorted()).toEqual(lost.map((each) => keys[each]!).toSorted());
              for (const each of lost) settled.add(each);
            } else if (typeof step === "number") {
              const [row] = await sql((db) => tellSpend(db, { key, accountId: "acc_1", charged: step, by: "u1", isAdmin: false, now }));
              expect(row !== undefined).toBe(outcome === "unknown" && settled.has(at));
              if (row !== undefined) told.set(at, step);
            }
          }
          const rows = new Map((await sql((db) => ledgerRows(db, "u1", null, 10))).map((row) => [row.key, row]));
          const costs = keys.map((key, at) => {
            const { charged, source } = rows.get(key)!;
            expect(source).toBe(told.has(at) ? "person" : settled.has(at) && ends[at] !== "unknown" ? "estimate" : null);
            return told.get(at) ?? (settled.has(at) && ends[at] === "filtered" ? 0 : (charged ?? 10));
          });
          const used = costs.reduce((sum, cost) => sum + cost, 0);
          expect(await sql((db) => budgetsFor(db, ["u1"], null, periods, "all"))).toMatchObject([{ used }]);
          const unknown = await sql((db) => ledgerRows(db, "u1", null, 10, { unknown: true }));
          expect(new Set(unknown.map(({ key }) => key))).toEqual(
            new Set(keys.filter((_, at) => settled.has(at) && ends[at] === "unknown" && !told.has(at))),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  test("what was lost with a process is found: holds that no job holds, and ends that were not noted", async () => {
    await clear();
    await sql((db) =>
      holdSpend(
        db,
        ["h1", "h2", "h3"].map((key) => wanted(key)),
        { ...periods, now: now - 60_000 },
      ),
    );
    await endJob("h1", charge("h1"));
    await endJob("h2", null);
    // Its hold was never written, and still it is in the books, with the provider that the job was at.
    await endJob("h4", charge("h4", { outcome: "filtered", charged: 0, refunded: 10, provider: "fal" }));
    await sql((db) => settleHold(db, { key: "h4", accountId: "acc_1", jobId: "job_h4", at: now }));
    // Held a moment ago: its job may just be about to take it.
    await sql((db) => holdSpend(db, [wanted("h5")], periods));
    await settleHeld(now - 30_000);
    const rows = await sql((db) => ledgerRows(db, "u1", null, 10));
    expect(rows.map(({ provider }) => provider)).toEqual(["pixverse", "fal", "pixverse"]);
    expect(rows.map(({ key, charged, refunded, source, outcome }) => [key, charged, refunded, source, outcome])).toEqual([
      ["h5", null, 0, null, null],
      ["h4", 0, 10, "provider", "filtered"],
      ["h1", 10, 0, "estimate", "completed"],
    ]);
    const page = await sql((db) => ledgerRows(db, "u1", { createdAt: rows[0]!.at, id: rows[0]!.key }, 1));
    expect(page.map(({ key }) => key)).toEqual(["h4"]);
  });

  test("a day's budget begins anew at midnight, a month's on the first", async () => {
    await clear();
    for (const period of ["day", "month"] as const) await sql((db) => putBudget(db, budget(`bud_${period}`, { period, pause_at: 30 })));
    const held = async (key: string, at: number) =>
      (await sql((db) => holdSpend(db, [wanted(key, { cost: 20 })], periodsAt(at)))).size === 0;
    expect([await held("h1", now), await held("h2", now)]).toEqual([true, false]);
    const tomorrow = periods.ends.day;
    expect(await held("h3", tomorrow)).toBe(false);
    await sql((db) => putBudget(db, budget("bud_other", { period: "month", pause_at: 50 })));
    expect(await held("h3", tomorrow)).toBe(true);
    expect(await held("h4", periods.ends.month)).toBe(true);
  });
});
