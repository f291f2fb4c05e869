import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { testDatabases } from "#db/client/testing.ts";
import { Durations } from "./durations.ts";
import { request, TestDatabase, TestServer } from "./testing.ts";

/** At the test's provider, by whose word a second of video takes 400 ms. */
const generation = { provider: "test", operation: "text_to_video" as const, params: { prompt: "a meadow", duration: 5 } };

describe.each(testDatabases)("how long generations take ($engine)", ({ layer }) => {
  const database = new TestDatabase(layer);
  const server = new TestServer(database, { PIXSIM_PROVIDER_SPEED: "20" });
  const { settings } = server.studio;

  beforeAll(() => server.start());
  beforeEach(async () => {
    server.studio.reset();
    await server.restart();
  });
  afterAll(async () => {
    await server.close();
    await database.close();
  });

  test("what a provider with accounts says of it goes by the speed at which it lives, in estimates and in orders", async () => {
    settings.pooled = true;
    const { expected } = await server.run(Durations);
    expect(expected(generation)).toBe(100);
    expect(await server.call("jobs.estimate", { request: request({ params: generation.params }), count: 1 })).toMatchObject({
      durationMs: 100,
    });
    const job = await server.create({ params: generation.params });
    expect(job.etaAt! - job.createdAt).toBeLessThan(2000);
  });

  test("where it says nothing of such a request, five minutes of its own time are expected", async () => {
    settings.pooled = true;
    const { expected } = await server.run(Durations);
    expect(expected({ ...generation, params: { duration: "long" } })).toBe(15_000);
    expect(expected({ ...generation, provider: "gone" })).toBe(300_000);
  });

  test("what is made here, without an account, takes as long as this computer does", async () => {
    const { expected } = await server.run(Durations);
    expect(expected(generation)).toBe(2000);
  });

  test("what was learnt is our time already, whatever the speed", async () => {
    for (const pooled of [true, false]) {
      settings.pooled = pooled;
      const { expected, took } = await server.run(Durations);
      took(generation, 3000);
      expect([pooled, expected(generation)]).toEqual([pooled, 3000]);
      await server.restart();
    }
  });
});
