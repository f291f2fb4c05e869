// Jobs that go on at another provider: the real host, pool, accounts and ledger; two providers in memory keep their own books.
import { Effect } from "effect";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { testDatabases } from "#db/client/testing.ts";
import type { Fallback, JobRequest } from "#protocol/job.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { Slots } from "./slots.ts";
import { type JobWatch, request, TestDatabase, TestServer, TestStudio } from "./testing.ts";

// What is SQL here has its tests on each of them.
const database = new TestDatabase(testDatabases[0]!.layer);
const other = new TestStudio("other", "Other studio");
const server = new TestServer(database, {}, other);
const { studio } = server;
let watch: JobWatch;
let tests = 0;

beforeAll(() => server.start());
beforeEach(async () => {
  server.user = `usr_f${++tests}`;
  studio.reset();
  other.reset();
  watch = await server.watch();
});
afterAll(async () => {
  await server.close();
  await database.close();
});

const soon = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 20_000 });
const elsewhere = (changes: Partial<Fallback> = {}): Fallback => ({
  on: ["unavailable", "refused"],
  orders: [{ provider: "other", params: { duration: 7 } }],
  ...changes,
});
const create = (fallback: Fallback, changes: Partial<JobRequest> = {}) => server.create({ fallback, ...changes });
const accounts = async () => (await server.call("accounts.list", {})).accounts.filter(({ ownerId }) => ownerId === server.user);
const add = async (provider: "test" | "other", apiKey: string, credits: number) => {
  (provider === "test" ? studio : other).credits.set(apiKey, credits);
  const { id } = await server.call("accounts.add", {
    provider,
    title: apiKey,
    settings: {},
    secrets: { apiKey },
    shared: false,
    priority: 5,
    dailyLimit: null,
  });
  await soon(async () => expect((await accounts()).find((each) => each.id === id)?.state).not.toBe("reauthenticating"));
  return id;
};
const busy = (provider: string) => server.run(Effect.map(Slots, (slots) => slots.load(provider, 9).busy));

test("a refusal leads to the next provider, with the very same words, inputs and seed, and gives the first one's place back", async () => {
  server.shelf.put("ast_in", server.user);
  studio.script.fail("submit", "filtered");
  const job = await create(elsewhere({ on: ["filtered"] }), {
    operation: "image_to_video",
    params: { prompt: "a {red|blue|green|grey} fox", seed: 77 },
    inputs: [{ assetId: "ast_in", role: "image" }],
    prompt: { variables: {}, seed: 5 },
  });
  const asked = { prompt: job.prompt, seed: 77 };
  expect(job).toMatchObject({
    provider: "test",
    fallback: { on: ["filtered"], orders: [{ provider: "other", credits: 0 }], switches: [] },
  });
  const done = await watch.ended(job.id);
  expect(done).toMatchObject({
    state: "completed",
    provider: "other",
    failure: null,
    params: { ...asked, duration: 7 },
    fallback: { orders: [], switches: [{ provider: "test", reason: "filtered", message: "it was filtered" }] },
  });
  expect(await server.call("jobs.get", { id: job.id })).toEqual(done);
  expect([...other.accepted]).toMatchObject([
    [`${job.id}-2`, { operation: "image_to_video", params: { ...asked, duration: 7 }, inputs: [{ role: "image", mime: "image/png" }] }],
  ]);
  expect(await busy("test")).toBe(0);
  expect(await busy("other")).toBe(0);
});

test("a job that fell back is asked for again as it was at first, and may fall back again", async () => {
  studio.script.fail("submit", "filtered");
  const first = await watch.ended((await create(elsewhere({ on: ["filtered"], afterMs: 60_000 }))).id);
  expect(first.provider).toBe("other");
  const { jobs } = await server.call("jobs.retry", { ids: [first.id], newSeed: true });
  expect(jobs).toMatchObject([
    {
      provider: "test",
      prompt: first.prompt,
      parentJobId: first.id,
      fallback: { on: ["filtered"], afterMs: 60_000, orders: [{ provider: "other" }] },
    },
  ]);
  expect(await watch.ended(jobs[0]!.id)).toMatchObject({ state: "completed", provider: "test" });
});

test("without an account that can take it the next provider does, on an account there, and only that is charged", async () => {
  studio.settings.pooled = true;
  other.settings.pooled = true;
  await add("test", "key-empty", 3);
  const rich = await add("other", "key-rich", 100);
  const done = await watch.ended((await create(elsewhere())).id);
  expect(done).toMatchObject({ state: "completed", provider: "other", accountId: rich, credits: 14 });
  expect(done.fallback?.switches).toMatchObject([{ provider: "test", reason: "refused" }]);
  expect(done.charges).toMatchObject([{ provider: "other", estimated: 14, charged: 14, outcome: "completed" }]);
  expect([studio.credits.get("key-empty"), other.credits.get("key-rich")]).toEqual([3, 86]);
  await soon(async () =>
    expect((await accounts()).map((each) => [each.busy, each.held])).toEqual([
      [0, 0],
      [0, 0],
    ]),
  );
  const { rows } = await server.call("accounts.spend", { days: 2, everybody: false });
  expect(rows).toMatchObject([{ provider: "other", accountTitle: "key-rich", submissions: 1, charged: 14 }]);
});

test("what an account refused is over there before the next one is asked, and is kept with its provider", async () => {
  studio.settings.pooled = true;
  other.settings.pooled = true;
  await add("test", "key-first", 100);
  await add("other", "key-next", 100);
  const release = other.script.hold("track");
  studio.script.fail("submit", "filtered");
  const job = await create(elsewhere({ on: ["filtered"] }));
  await watch.until(job.id, ({ provider, state }) => provider === "other" && state === "processing");
  await soon(async () => expect((await accounts()).find(({ title }) => title === "key-first")).toMatchObject({ busy: 0, held: 0 }));
  release();
  const done = await watch.ended(job.id);
  expect(done.charges).toMatchObject([
    { provider: "test", accountTitle: "key-first", charged: null, outcome: "filtered" },
    { provider: "other", accountTitle: "key-next", charged: 14, outcome: "completed" },
  ]);
  const { rows } = await server.call("accounts.spend", { days: 2, everybody: false });
  expect(new Map(rows.map((row) => [row.provider, row.charged]))).toEqual(
    new Map([
      ["test", 0],
      ["other", 14],
    ]),
  );
  // Once it was paid and then refused, it goes nowhere else.
  studio.script.fail("track", "filtered");
  expect(await watch.ended((await create(elsewhere({ on: ["filtered"] }))).id)).toMatchObject({ state: "filtered", provider: "test" });
});

test("a paused provider is left for no wait, and one that is full is; cancelled there it ends at once", async () => {
  await server.call("accounts.pauseJobs", { provider: "test", everybody: false, paused: true });
  const held = await create(elsewhere({ on: [], afterMs: 1000 }));
  await watch.until(held.id, ({ waitingFor }) => waitingFor?.includes("paused") === true);
  await server.call("accounts.pauseJobs", { provider: "test", everybody: false, paused: false });
  expect(await watch.ended(held.id)).toMatchObject({ state: "completed", provider: "test" });
  studio.settings.concurrency = 0;
  other.settings.concurrency = 0;
  const job = await create(elsewhere({ on: [], afterMs: 1000 }));
  const gone = await watch.until(job.id, ({ provider }) => provider === "other");
  expect(gone.fallback?.switches).toMatchObject([{ provider: "test", reason: "waited" }]);
  await server.call("jobs.cancel", { ids: [job.id] });
  expect(await watch.ended(job.id)).toMatchObject({ state: "cancelled", charges: [] });
});

test("it keeps no place at the provider that it has left while the next one is paused", async () => {
  await server.call("accounts.pauseJobs", { provider: "other", everybody: false, paused: true });
  studio.script.fail("submit", "filtered");
  const job = await create(elsewhere({ on: ["filtered"] }));
  await watch.until(job.id, ({ provider, waitingFor }) => provider === "other" && waitingFor?.includes("paused") === true);
  expect(await busy("test")).toBe(0);
  await server.call("accounts.pauseJobs", { provider: "other", everybody: false, paused: false });
  expect(await watch.ended(job.id)).toMatchObject({ state: "completed", provider: "other" });
});

test("it is checked when it is asked for, and told what it would cost", async () => {
  const refused = async (fallback: Fallback) => {
    const error = await create(fallback).then(
      () => null,
      (reason: unknown) => reason,
    );
    return error instanceof CallError
      ? [error.code, (error.details as { issues?: ReadonlyArray<{ path: unknown }> })?.issues?.[0]?.path, error.message]
      : error;
  };
  const orders = (params: Record<string, unknown>, provider = "other") => elsewhere({ orders: [{ provider, params }] });
  expect(await refused(orders({ duration: 99 }))).toEqual([
    "invalid_input",
    ["request", "fallback", "orders", 0, "params", "duration"],
    expect.stringContaining("To go on at Other studio: "),
  ]);
  expect(((await refused(orders({}, "nobody"))) as ReadonlyArray<unknown>)[0]).toBe("not_found");
  expect(await refused(elsewhere({ on: [] }))).toEqual([
    "invalid_input",
    ["request", "fallback", "on"],
    "Say what makes it go on elsewhere.",
  ]);
  other.settings.pooled = true;
  const { fallbacks } = await server.call("jobs.estimate", { request: request({ fallback: orders({ duration: 9 }) }), count: 1 });
  expect(fallbacks).toEqual([{ provider: "other", credits: 18, creditType: "credits" }]);
  // What it is asked for first is no second choice.
  expect((await create(orders({}, "test"))).fallback).toBeNull();
});

test("what may have been sent is not replaced by the same that would go on elsewhere otherwise", async () => {
  studio.script.next("submit", Effect.fail({ kind: "network", message: "no answer", retryAfterMs: 600_000 }));
  const params = { prompt: "a fox", seed: 7 };
  const { id } = await create(elsewhere(), { params });
  await watch.until(id, ({ state, failure }) => state === "queued" && failure !== null);
  const replace = (fallback: Fallback) => server.call("jobs.replace", { id, request: request({ params, fallback }) });
  expect(await replace(elsewhere())).toMatchObject({ id, fallback: { orders: [{ params: { duration: 7 } }] } });
  const other = elsewhere({ orders: [{ provider: "other", params: { duration: 8 } }] });
  await expect(replace(other)).rejects.toMatchObject({ code: "conflict" });
  expect((await server.call("jobs.get", { id })).fallback).toMatchObject({ orders: [{ params: { duration: 7 } }] });
  await server.call("jobs.cancel", { ids: [id] });
});
