// What providers say later of submissions whose answer was lost, over a real socket: what one knows by its key is settled, all else is not.
import { Effect } from "effect";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { request, TestDatabase, TestServer } from "#actors/job/testing.ts";
import { openaiVideos } from "#actors/provider/openai-videos.ts";
import { pixverse } from "#actors/provider/pixverse.ts";
import { traceIdOf } from "#actors/provider/pixverse-requests.ts";
import type { Provider } from "#actors/provider/provider.ts";
import { sweepUnknown } from "#actors/spend/unknown.ts";
import { testDatabases } from "#db/client/testing.ts";
import { Database, type Queryable } from "#db/client/database.ts";
import type { LedgerEntry } from "#protocol/spend.ts";
import { startOpenaiVideos } from "./openai-videos.ts";
import { pixverseAccount, startPixverse } from "./pixverse.ts";
import type { Simulator } from "./simulator.ts";

const soon = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 30_000 });
/** Ago, ms: what is due by now. */
const ago = 400_000;

describe.each(testDatabases)("submissions that nobody knew of ($engine)", ({ layer }) => {
  const database = new TestDatabase(layer);
  const closing: Array<() => Promise<void>> = [];

  const start = async (provider: Provider, simulator: Simulator, settings: Readonly<Record<string, unknown>>, apiKey: string) => {
    const server = new TestServer(database, {}, { provider });
    await server.start();
    closing.push(
      () => server.close(),
      () => simulator.close(),
    );
    server.user = `usr_${apiKey}`;
    const { id: accountId } = await server.call("accounts.add", {
      provider: provider.id,
      title: "Simulated",
      settings,
      secrets: { apiKey },
      shared: false,
      priority: 5,
      dailyLimit: null,
      // What nobody knows of may go on, and keeps its place for a while.
      concurrency: 20,
    });
    const sql = <A>(query: (db: Queryable) => PromiseLike<A>): Promise<A> =>
      server.run(Effect.flatMap(Database, (service) => service.query(query)));
    const watch = await server.watch();
    return {
      create: async (prompt: string, params: Readonly<Record<string, unknown>>) => {
        const { jobs } = await server.call("jobs.create", {
          request: request({ provider: provider.id, params: { prompt, ...params } }),
          count: 1,
        });
        return watch.ended(jobs[0]!.id);
      },
      entries: async (unknown = false) => (await server.call("spend.ledger", { limit: 20, unknown })).entries,
      /** As if all had ended some time ago; `sweep` then asks. */
      age: () => sql((db) => db`update ledger set settled_at = settled_at - ${ago}, ask_at = null where account_id = ${accountId}`),
      sentBefore: (jobId: string, ms: number) => sql((db) => db`update ledger set at = at - ${ms} where job_id = ${jobId}`),
      forget: (jobId: string) =>
        sql(
          (db) =>
            db`update ledger set outcome = 'unknown', charged = null, source = null where job_id = ${jobId} and settled_at is not null`,
        ),
      /** As if the provider had not known it any more, and nobody had seen its end. */
      lose: (jobId: string, charged: number) =>
        sql(
          (db) => db`update ledger set outcome = 'lost', charged = ${charged}, refunded = 0, source = 'provider' where job_id = ${jobId}`,
        ),
      sweep: () => server.run(sweepUnknown),
      tell: ({ key, accountId: at }: LedgerEntry, charged: number) => server.call("spend.tell", { key, accountId: at, charged }),
    };
  };

  beforeAll(() => database.service);
  afterAll(async () => {
    for (const close of closing.splice(0)) await close();
    await database.close();
  });

  test("of a list that knows no keys: what looks like one may be another's, so it waits for a person", async () => {
    // It hides what was asked for as long as the answers are lost, so that nobody can tell at once.
    const hides: Array<"prompt"> = ["prompt"];
    const simulator = await startOpenaiVideos({
      accounts: [{ key: "sk-test", credits: { cents: 1_000_000 }, concurrency: 50 }],
      generationMs: 100,
      hides,
    });
    const settings = { baseUrl: `${simulator.url}/v1` };
    const { create, entries, age, sweep } = await start(openaiVideos, simulator, settings, "sk-test");
    simulator.faults.order("cutAfter");
    expect(await create("a fox", {})).toMatchObject({ state: "failed", charges: [{ outcome: "unknown", charged: null }] });
    await soon(async () => expect(await entries(true)).toHaveLength(1));
    hides.length = 0;
    await soon(() => expect([...simulator.jobs.values()].every(({ endsAt }) => endsAt <= simulator.now())).toBe(true));
    await age();
    const asked = simulator.requests.length;
    await sweep();
    expect(await entries()).toMatchObject([{ outcome: "unknown", charged: null, found: null }]);
    expect(simulator.requests).toHaveLength(asked);
  });

  test("of books that know the key: what it has come to there, or that it is not in them where they reach so far", async () => {
    const simulator = await startPixverse({ generationMs: 100 });
    const { create, entries, age, sentBefore, forget, sweep, tell } = await start(
      pixverse,
      simulator,
      { baseUrl: simulator.url },
      "sim-pixverse-1",
    );
    const jobs: Array<string> = [];
    for (const prompt of ["a fox #filtered", "a cat #filtered", "an owl #filtered"]) {
      jobs.push((await create(prompt, { duration: 5, quality: "360p" })).id);
    }
    await soon(async () => expect((await entries()).map(({ outcome }) => outcome)).toEqual(["filtered", "filtered", "filtered"]));
    const made = simulator.jobs.size;
    // As if no answer had come, and the last two had not arrived; one of these so long ago that its rows may be gone.
    for (const id of jobs) await forget(id);
    const [fox, cat, owl] = jobs;
    const keys = new Set((await entries()).filter(({ jobId }) => jobId !== fox).map(({ key }) => traceIdOf(key)));
    for (const row of simulator.ledger.filter(({ key }) => key !== null && keys.has(key)))
      simulator.ledger.splice(simulator.ledger.indexOf(row), 1);
    await sentBefore(owl!, 31 * 86_400_000);
    expect(await entries(true)).toHaveLength(3);
    for (let times = 0; times < 3; times++) {
      // That they are not there is believed once the books have had their time.
      expect(await entries(true)).toHaveLength(times === 0 ? 3 : 2);
      await age();
      await sweep();
    }
    const of = async (id: string | undefined) => (await entries()).find(({ jobId }) => jobId === id)!;
    expect(await of(fox)).toMatchObject({ charged: 0, source: "provider", outcome: "unknown", found: { outcome: "filtered" } });
    expect(await of(cat)).toMatchObject({ charged: 0, source: "provider", outcome: "unknown", found: { outcome: "not taken" } });
    expect(await entries(true)).toMatchObject([{ jobId: owl, found: null }]);
    expect(simulator.jobs.size).toBe(made);
    // What an entry says stays; what its absence says may be corrected.
    await expect(tell(await of(fox), 45)).rejects.toMatchObject({
      code: "conflict",
      message: "The provider has told what it charged: 0 credits.",
    });
    expect(await tell(await of(cat), 45)).toMatchObject({ charged: 45, source: "person" });
  });

  test("what a provider gives back late, of a job that it did not know any more, is noted when it is learnt", async () => {
    const simulator = await startPixverse({ generationMs: 100, accounts: [{ ...pixverseAccount, key: "sim-lost" }] });
    const { create, entries, age, lose, sweep } = await start(pixverse, simulator, { baseUrl: simulator.url }, "sim-lost");
    const [lost, kept] = [
      await create("a fox #filtered", { duration: 5, quality: "360p" }),
      await create("a cat #filtered", { duration: 5, quality: "360p" }),
    ];
    const own = async () => (await entries()).filter(({ jobId }) => [lost.id, kept.id].includes(jobId));
    await soon(async () => expect((await own()).map(({ outcome }) => outcome)).toEqual(["filtered", "filtered"]));
    for (const { id } of [lost, kept]) await lose(id, 45);
    const refunds = simulator.ledger.filter(({ kind }) => kind === "refund");
    const takeBack = (row: (typeof refunds)[number]) => simulator.ledger.splice(simulator.ledger.indexOf(row), 1);
    refunds.forEach(takeBack);
    await age();
    await sweep();
    expect(await own()).toMatchObject([
      { charged: 45, found: null },
      { charged: 45, found: null },
    ]);
    simulator.ledger.push(refunds[0]!);
    await age();
    await sweep();
    const of = async (id: string) => (await own()).find(({ jobId }) => jobId === id);
    expect(await of(lost.id)).toMatchObject({ charged: 0, refunded: 45, source: "provider", outcome: "lost", found: { outcome: "lost" } });
    expect(await of(kept.id)).toMatchObject({ charged: 45, refunded: 0, found: null });
    expect((await own()).reduce((sum, { charged }) => sum + (charged ?? 0), 0)).toBe(simulator.charged("sim-lost"));
    // Once.
    await age();
    const asked = simulator.requests.filter(({ path }) => path.endsWith("usage-detail")).length;
    await sweep();
    expect(simulator.requests.filter(({ path }) => path.endsWith("usage-detail"))).toHaveLength(asked + 1);
  });
});
