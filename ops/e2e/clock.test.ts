// The clock of the server is set back and forward by an hour while jobs run, timers wait and sessions live: no timer comes early, none
// waits for the hour again, no journal goes back in time, and nobody has to sign in.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { copyFreshData } from "#db/client/testing.ts";
import type { JournalEntry } from "#protocol/actor.ts";
import type { Grant } from "#protocol/auth.ts";
import type { Client } from "#protocol/client/client.ts";
import { closeCodes } from "#protocol/wire/close.ts";
import { dial, firstAdmin, typedClient } from "./people.ts";
import { startOpenaiVideos } from "../simulators/openai-videos.ts";
import { type RunningServer, startServer } from "./server.ts";

// Bounds for a machine that does much else meanwhile: each of these waits for a signal.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const hour = 3_600_000;
/** Of providers. */
const speed = 10;

let folder: string;
let server: RunningServer;
let grant: Grant;
let client: Client;

const start = (port?: number): Promise<RunningServer> =>
  startServer({
    data: join(folder, "data"),
    ...(port === undefined ? {} : { port }),
    env: {
      NODE_OPTIONS: `--import=${fileURLToPath(new URL("./clock-hook.ts", import.meta.url))}`,
      CLOCK_SHIFT_FILE: join(folder, "shift"),
      PIXSIM_PROVIDER_SPEED: String(speed),
    },
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pixsim-clock-"));
  // Making the database is most of a first start.
  await copyFreshData(join(folder, "data"));
  server = await start();
  grant = await firstAdmin(server);
  client = typedClient(server, grant);
});
afterAll(async () => {
  client.close();
  await server.kill();
  await rm(folder, { recursive: true, force: true });
});

const serverTime = async (): Promise<number> => (await client.call("system.ping", {})).at;

/** Resolves when the server goes by it. */
const setClock = async (shift: number): Promise<void> => {
  await writeFile(join(folder, "shift"), String(shift));
  process.kill(server.pid, "SIGUSR2");
  await expect
    .poll(async () => Math.abs((await serverTime()) - Date.now() - shift) < hour / 2, { timeout: 20_000, interval: 20 })
    .toBe(true);
};

const create = async (prompt: string, scheduledFor?: number): Promise<string> => {
  const params = { prompt, seed: 1, duration: 1, quality: "360p", fps: 24, audio: false };
  const request = {
    operation: "text_to_video" as const,
    provider: "studio",
    params,
    ...(scheduledFor === undefined ? {} : { scheduledFor }),
  };
  return (await client.call("jobs.create", { request })).jobs[0]!.id;
};
const stateOf = async (id: string): Promise<string> => (await client.call("jobs.get", { id })).state;
const until = async (id: string, state: string): Promise<void> => {
  await expect.poll(() => stateOf(id), { timeout: 100_000, interval: 50 }).toBe(state);
};

const journalOf = async (id: string): Promise<ReadonlyArray<JournalEntry>> => {
  const entries: Array<JournalEntry> = [];
  for await (const entry of client.stream("actors.history", { address: `job/${id}` })) entries.push(entry);
  return entries;
};

test("set back while a job runs and another waits: the one ends, the other is not early, and comes when its time has come", async () => {
  const running = await create("#slow:4 it goes on");
  await until(running, "processing");
  const due = (await serverTime()) + 2000;
  const waiting = await create("in two seconds", due);
  await setClock(-hour);
  // Takes longer than the two seconds.
  await until(running, "completed");
  expect(await stateOf(waiting)).toBe("scheduled");
  await setClock(0);
  const back = await serverTime();
  await until(waiting, "completed");
  const [first, ...journal] = await journalOf(waiting);
  expect(first!.value).toBe("scheduled");
  expect(journal[0]!.at).toBeGreaterThanOrEqual(due);
  expect(journal[0]!.at).toBeLessThan(back + 30_000);
  for (const id of [running, waiting]) {
    const times = (await journalOf(id)).map(({ at }) => at);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
  }
});

test("set forward: what has come due is done soon, and what takes its time is not taken to be late", async () => {
  const estimate = async () => {
    const params = { prompt: "x", seed: 1, duration: 1, quality: "360p", fps: 24, audio: false };
    return (await client.call("jobs.estimate", { request: { operation: "text_to_video", provider: "studio", params } })).durationMs;
  };
  const due = (await serverTime()) + 55_000;
  const waiting = await create("in 55 seconds", due);
  const running = await create("#slow:2 it goes on");
  await until(running, "processing");
  await setClock(hour);
  const set = await serverTime();
  await until(waiting, "completed");
  await until(running, "completed");
  // Not after the 55 seconds that it was set to wait.
  const begun = (await journalOf(waiting))[1]!.at;
  expect(begun).toBeGreaterThanOrEqual(due);
  expect(begun - set).toBeLessThan(30_000);
  expect(await estimate()).toBeGreaterThan(0);
});

test("sessions, media addresses and keys live through both", async () => {
  const phases: Array<string> = [];
  client.onPhase(({ name }) => phases.push(name));
  const { assets } = await client.call("assets.list", { filter: {} });
  const address = assets[0]!.urls.original;
  const key = "a key over the hours";
  const renamed = await client.call("assets.update", { id: assets[0]!.id, name: "renamed" }, { key });
  const old = { ...grant };

  // An hour ahead: the token of before has expired, and is told so; the client gets another by itself.
  await setClock(hour);
  const late = await dial(server);
  late.send({ t: "hello", versions: [1], client: "e2e", token: old.accessToken });
  expect((await late.closed).code).toBe(closeCodes.token_expired.code);
  const returning = typedClient(server, grant);
  expect(await returning.call("auth.me", {})).toMatchObject({ username: "admin" });
  expect(grant.accessToken).not.toBe(old.accessToken);
  returning.close();

  // And two hours back: what was given in the future is good, addresses too.
  await setClock(-hour);
  const early = typedClient(server, grant);
  expect(await early.call("auth.me", {})).toMatchObject({ username: "admin" });
  expect(await early.call("assets.update", { id: assets[0]!.id, name: "renamed" }, { key })).toEqual(renamed);
  early.close();
  expect((await fetch(`${server.url}${address}`)).status).toBe(200);

  await setClock(0);
  expect((await client.call("auth.sessions", {})).sessions).toMatchObject([{ id: grant.sessionId }]);
  // The connection that was there all the while never noticed.
  expect(phases).toEqual([]);
  expect(server.output()).not.toContain('"level":"error"');
});

test("killed while jobs run, and away for longer than any of them may take: they go on, and nothing is learnt of how long that was", async () => {
  const running = await create("#slow:4 it goes on");
  const waiting = await create("#slow:1 it waits its turn");
  await until(running, "processing");
  const { port } = server;
  await server.kill("SIGKILL");
  await writeFile(join(folder, "shift"), String(5 * hour));
  server = await start(port);
  await until(running, "completed");
  await until(waiting, "completed");
  const params = { prompt: "x", seed: 1, duration: 1, quality: "360p", fps: 24, audio: false };
  const request = { operation: "text_to_video" as const, provider: "studio", params };
  expect((await client.call("jobs.estimate", { request })).durationMs).toBeLessThan(hour);
});

test("set back by hours between a submission and its recovery, and while another waits for its next try: both are made soon, and paid once", async () => {
  // It can be asked for what it has made, by its own clock, and knows no keys.
  const simulator = await startOpenaiVideos({ speed, accounts: [{ key: "sk-clock", credits: { cents: 10_000 }, concurrency: 2 }] });
  try {
    const settings = { baseUrl: `${simulator.url}/v1` };
    await client.call("accounts.add", { provider: "openaiVideos", title: "Simulated", settings, secrets: { apiKey: "sk-clock" } });
    const ask = async (prompt: string): Promise<string> =>
      (await client.call("jobs.create", { request: { operation: "text_to_video", provider: "openaiVideos", params: { prompt } } })).jobs[0]!
        .id;
    // Ours was wrong and is set right, and then it was right and is set wrong.
    for (const [made, [then, now]] of [
      [5 * hour, 0],
      [0, -5 * hour],
    ].entries()) {
      await setClock(then!);
      simulator.faults.order("silent");
      const id = await ask(`a fox, number ${made}`);
      await expect.poll(() => simulator.jobs.size, { timeout: 100_000, interval: 20 }).toBe(made + 1);
      const { port } = server;
      await server.kill("SIGKILL");
      await writeFile(join(folder, "shift"), String(now));
      server = await start(port);
      await until(id, "completed");
      expect(simulator.ledger.map(({ kind }) => kind)).toEqual(Array.from({ length: made + 1 }, () => "charge"));
    }
    simulator.faults.order("rateLimit", Number.POSITIVE_INFINITY);
    const waiting = await ask("a cat");
    await expect.poll(() => simulator.faults.taken("rateLimit"), { timeout: 100_000, interval: 20 }).toBeGreaterThan(0);
    await setClock(-10 * hour);
    simulator.faults.clear();
    await until(waiting, "completed");
    expect(simulator.ledger).toHaveLength(3);
  } finally {
    await simulator.close();
  }
});
