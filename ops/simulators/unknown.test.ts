// What providers say later of submissions whose answer was lost, over a real socket: what they have taken is found, and nothing else is taken for it.
import { Effect } from "effect";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { request, TestDatabase, TestServer } from "#actors/job/testing.ts";
import { openaiVideos } from "#actors/provider/openai-videos.ts";
import { pixverse } from "#actors/provider/pixverse.ts";
import type { Provider } from "#actors/provider/provider.ts";
import { sweepUnknown } from "#actors/spend/unknown.ts";
import { testDatabases } from "#db/client/testing.ts";
import { Database, type Queryable } from "#db/client/database.ts";
import { startOpenaiVideos } from "./openai-videos.ts";
import { startPixverse } from "./pixverse.ts";
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
    server.user = `usr_${provider.id}`;
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
      forget: (jobId: string) =>
        sql(
          (db) =>
            db`update ledger set outcome = 'unknown', charged = null, source = null where job_id = ${jobId} and settled_at is not null`,
        ),
      sweep: () => server.run(sweepUnknown),
    };
  };

  beforeAll(() => database.service);
  afterAll(async () => {
    for (const close of closing.splice(0)) await close();
    await database.close();
  });

  test("of a list: what was taken and cut off is found, what was never taken is told, and of two alike none is guessed", async () => {
    // It hides what was asked for as long as the answers are lost, so that nobody can tell at once.
    const hides: Array<"prompt"> = ["prompt"];
    const simulator = await startOpenaiVideos({
      accounts: [{ key: "sk-test", credits: { cents: 1_000_000 }, concurrency: 50 }],
      generationMs: 100,
      hides,
    });
    const settings = { baseUrl: `${simulator.url}/v1` };
    const { create, entries, age, sweep } = await start(openaiVideos, simulator, settings, "sk-test");
    const lost = async (prompt: string) => {
      simulator.faults.order("cutAfter");
      const ended = await create(prompt, {});
      expect(ended).toMatchObject({ state: "failed", charges: [{ outcome: "unknown", charged: null }] });
      return ended.id;
    };
    const fox = await lost("a fox");
    const owls = [await lost("two owls"), await lost("two owls")];
    simulator.faults.order("cutBefore");
    // What was made before hides its words too: that nothing was taken cannot be told either.
    const cat = await create("a cat", {});
    expect(cat).toMatchObject({ state: "failed", charges: [{ outcome: "unknown" }] });
    await soon(async () => expect(await entries(true)).toHaveLength(4));
    hides.length = 0;
    await soon(() => expect([...simulator.jobs.values()].every(({ endsAt }) => endsAt <= simulator.now())).toBe(true));
    await age();
    await sweep();
    const found = Object.fromEntries((await entries()).map(({ jobId, found: what }) => [jobId, what?.outcome ?? null]));
    expect(found).toEqual({ [fox]: "completed", [cat.id]: "not taken", [owls[0]!]: null, [owls[1]!]: null });
    // Whoever asks for the same much later has made another.
    expect((await entries(true)).map(({ jobId }) => jobId).toSorted()).toEqual(owls.toSorted());
    // Nothing was sent by asking.
    expect(simulator.jobs.size).toBe(3);
  });

  test("of books that know the key: with what it has come to there", async () => {
    const simulator = await startPixverse({ generationMs: 100 });
    const { create, entries, age, forget, sweep } = await start(pixverse, simulator, { baseUrl: simulator.url }, "sim-pixverse-1");
    const ended = await create("a fox #filtered", { duration: 5, quality: "360p" });
    await soon(async () => expect(await entries()).toMatchObject([{ charged: 0, source: "provider", outcome: "filtered" }]));
    const made = simulator.jobs.size;
    // As if no answer had come.
    await forget(ended.id);
    expect(await entries(true)).toHaveLength(1);
    await age();
    await sweep();
    expect(await entries(true)).toEqual([]);
    expect(await entries()).toMatchObject([{ charged: 0, source: "provider", outcome: "unknown", found: { outcome: "filtered" } }]);
    expect(simulator.jobs.size).toBe(made);
  });
});
