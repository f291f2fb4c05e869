// Three runners of one cluster: whatever becomes of one of them, what was accepted is done once, and who watches misses nothing.
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgres as connect } from "#db/client/postgres-mended.ts";
import type { Grant } from "#protocol/auth.ts";
import type { Client } from "#protocol/client/client.ts";
import { finalJobStates, type Job } from "#protocol/job.ts";
import { closeCodes } from "#protocol/wire/close.ts";
import { balance } from "../services/balancer.ts";
import { type RunningCluster, startCluster } from "../services/cluster.ts";
import { freePort } from "../services/port.ts";
import { startFleet } from "../simulators/fleet.ts";
import { enter, firstAdmin, typedClient } from "./people.ts";
import { type RunningServer, ServerEnded } from "./server.ts";

const speed = 20;
/** Many sockets of one user are opened here, and a simulated provider lives as fast as it can. */
const settings = { PIXSIM_CONNECTIONS_PER_USER: "10000", PIXSIM_PROVIDER_SPEED: String(speed) };
let cluster: RunningCluster;
let runners: Array<RunningServer>;
let grant: Grant;
const open: Array<Client> = [];

/** A client of one runner. */
const at = (runner: RunningServer): Client => {
  const client = typedClient(runner, grant);
  open.push(client);
  return client;
};

beforeAll(async () => {
  cluster = await startCluster();
  // The first alone: it makes the database and the secrets.
  const first = await cluster.start(settings);
  grant = await firstAdmin(first);
  runners = [first, ...(await Promise.all([cluster.start(settings), cluster.start(settings)]))];
}, 240_000);
afterAll(async () => {
  for (const client of open) client.close();
  await cluster.stop();
});

const count = 24;

/** Asks for jobs at all runners, and what each watcher of `watched` heard of them. */
const ask = async (label: string, clients: ReadonlyArray<Client>): Promise<ReadonlyArray<string>> => {
  const answers = await Promise.all(
    Array.from({ length: count }, (_, n) =>
      clients[n % clients.length]!.call(
        "jobs.create",
        {
          request: {
            operation: "text_to_video",
            provider: "studio",
            params: { prompt: `a meadow, number ${n}`, seed: n, duration: 1, quality: "360p", fps: 24, audio: false },
          },
        },
        { key: `cluster-test-${label}-${n}`, deadlineMs: 60_000 },
      ),
    ),
  );
  return answers.flatMap(({ jobs }) => jobs.map(({ id }) => id));
};

/** Follows all jobs of the user, and every step of one. */
const watch = (client: Client) => {
  const jobs = new Map<string, Job>();
  const take = (job: Job): void => {
    if ((jobs.get(job.id)?.rev ?? -1) < job.rev) jobs.set(job.id, job);
  };
  client.follow("jobs.jobs", {}, { snapshot: ({ jobs: all }) => all.forEach(take), deltas: (changes) => changes.forEach(take) });
  return {
    jobs,
    /** Numbers of the steps as they came, and where a snapshot began anew. */
    steps: (id: string) => {
      const seen: Array<number> = [];
      client.follow(
        "actors.actor",
        { address: `job/${id}` },
        { snapshot: ({ seq }) => void seen.push(seq), deltas: (changes) => changes.forEach(({ entry }) => seen.push(entry.seq)) },
      );
      return seen;
    },
  };
};

/** Waits until all jobs have ended, as `client` is told when it asks, and as the watcher was told without asking. */
const ended = async (client: Client, watcher: ReturnType<typeof watch>, ids: ReadonlyArray<string>): Promise<void> => {
  const left = new Set(ids);
  await expect
    .poll(
      async () => {
        for (const id of left) if (finalJobStates.has((await client.call("jobs.get", { id })).state)) left.delete(id);
        return left.size;
      },
      { timeout: 120_000, interval: 200 },
    )
    .toBe(0);
  await expect.poll(() => ids.filter((id) => watcher.jobs.get(id)?.state !== "completed"), { timeout: 15_000 }).toEqual([]);
};

/** Each done once: one asset, one render accepted, a journal without a gap that leads to what is stored. */
const once = async (client: Client, ids: ReadonlyArray<string>): Promise<void> => {
  const assets = new Set<string>();
  for (const id of ids) {
    const job = await client.call("jobs.get", { id });
    expect(job).toMatchObject({ state: "completed", failure: null, parked: false });
    assets.add(job.assetId ?? "");
    const view = await client.call("actors.get", { address: `job/${id}` });
    let seq = 0;
    let last: unknown;
    let submissions = 0;
    for await (const entry of client.stream("actors.history", { address: `job/${id}` })) {
      expect(entry.seq).toBe(seq++);
      if (entry.event.type === "xstate.done.actor.submit") submissions++;
      last = entry;
    }
    expect(last).toMatchObject({ seq: view.seq, value: view.value, context: view.context, status: "done" });
    expect(submissions).toBe(1);
  }
  expect(assets.size).toBe(ids.length);
};

/** Steps came in order, each once, but for where a fresh snapshot stands for some. */
const inOrder = (steps: ReadonlyArray<number>): void => {
  for (const [index, step] of steps.entries()) if (index > 0) expect(step).toBeGreaterThan(steps[index - 1]!);
};

describe.each([
  ["is killed", "SIGKILL"],
  ["is told to end", "SIGTERM"],
  ["stands still for a while", "SIGSTOP"],
] as const)("when one of three runners %s", (label, signal) => {
  test("every job is done once, and those who watch from another runner see it", { timeout: 240_000 }, async () => {
    const [one, two, victim] = runners as [RunningServer, RunningServer, RunningServer];
    const clients = [at(one), at(two), at(victim)] as const;
    const watcher = watch(clients[1]);
    const ids = await ask(label, clients);
    expect(new Set(ids).size).toBe(count);
    const steps = ids.slice(0, 6).map((id) => watcher.steps(id));
    // In the middle of the work.
    await expect.poll(() => ids.filter((id) => watcher.jobs.get(id)?.state === "completed").length, { timeout: 60_000 }).toBeGreaterThan(2);
    process.kill(victim.pid, signal);
    await ended(clients[0], watcher, ids);
    await once(clients[0], ids);
    steps.forEach(inOrder);

    clients[2].close();
    if (signal === "SIGSTOP") {
      process.kill(victim.pid, "SIGCONT");
      // It finds that its time is over, does nothing that it should not, and takes part again.
      const woken = at(victim);
      const more = await ask(`${label} and wakes`, [woken]);
      await ended(woken, watcher, more);
      await once(clients[0], [...ids, ...more]);
    } else {
      const exit = await victim.exited;
      expect(exit).toMatchObject(signal === "SIGTERM" ? { code: 0 } : { signal });
      runners[2] = await cluster.start(settings);
    }
  });
});

describe("a runner with a thousand sockets and work that does not end", () => {
  const sockets = 1000;
  /** Those who tell a server to end wait so long, ms. */
  const endWithinMs = 15_000;
  const deadlineMs = 100_000;
  const studioJob = async (client: Client, prompt: string, key: string, scheduledFor?: number): Promise<string> => {
    const params = { prompt, seed: 1, duration: 1, quality: "360p", fps: 24, audio: false };
    const operation = "text_to_video" as const;
    const request = { operation, provider: "studio", params, ...(scheduledFor === undefined ? {} : { scheduledFor }) };
    const { jobs } = await client.call("jobs.create", { request }, { key, deadlineMs });
    return jobs[0]!.id;
  };

  test("is replaced: it hands over and is gone in time, and no request fails meanwhile", { timeout: 300_000 }, async () => {
    const [one, , victim] = runners as [RunningServer, RunningServer, RunningServer];
    const client = at(one);
    const stuck: Array<string> = [];
    for (let n = 0; n < 12; n++) stuck.push(await studioJob(client, "a lake #stall", `replaced-stall-${n}`));
    const there = await Promise.all(Array.from({ length: sockets }, () => enter(victim, grant)));
    for (const socket of there) socket.send({ t: "sub", id: 1, topic: "actors.actor", params: { address: `job/${stuck[0]!}` } });
    await Promise.all(there.map((socket) => socket.take("snap", 1)));

    const front = await balance(() => runners.map(({ port }) => port));
    const redis = new Redis(cluster.redis.port, cluster.redis.host);
    const sql = connect(cluster.postgres.url, { max: 1, onnotice: () => {} });
    const epochs = async () =>
      new Map((await sql<Array<{ cell: number; epoch: string }>>`select cell, epoch from cell`).map(({ cell, epoch }) => [cell, epoch]));
    const owners = async (): Promise<ReadonlyArray<string | null>> => redis.mget(await redis.keys("{pixsim}:lock:*"));

    let going = true;
    let answered = 0;
    const load = Promise.all(
      [0, 1].map(async (who) => {
        const through = typedClient(front, grant);
        open.push(through);
        for (let n = 0; going; n++) {
          const later = await studioJob(through, "a lake", `replaced-later-${who}-${n}`, Date.now() + 3_600_000);
          expect((await through.call("actors.get", { address: `job/${later}` }, { deadlineMs })).address).toBe(`job/${later}`);
          expect(await through.call("jobs.cancel", { ids: [later] }, { deadlineMs })).toEqual({ done: [later], failed: [] });
          expect(await through.call("jobs.get", { id: later }, { deadlineMs })).toMatchObject({ state: "cancelled" });
          answered++;
        }
      }),
    );
    const replaced = async (): Promise<void> => {
      const before = await epochs();
      const told = performance.now();
      const exit = victim.kill("SIGTERM");
      const closes = await Promise.all(there.map(({ closed }) => closed));
      expect(new Set(closes.map(({ code }) => code))).toEqual(new Set([closeCodes.going_away.code]));
      const waits = await Promise.all(
        there.map(async (socket) => ((await socket.take("err", 0)).e.details as { retryAfterMs: number }).retryAfterMs),
      );
      // Two milliseconds each: not all of them come at once.
      expect(Math.max(...waits)).toBeGreaterThan(sockets);
      expect(Math.min(...waits)).toBeLessThan(sockets);
      // All that it had is served by the two others, before it has ended.
      await expect.poll(async () => new Set(await owners()).size, { timeout: endWithinMs, interval: 50 }).toBe(2);
      const moved = async () => [...(await epochs())].filter(([cell, epoch]) => epoch !== before.get(cell)).length;
      await expect.poll(moved, { timeout: endWithinMs, interval: 50 }).toBeGreaterThan(50);
      expect(await exit).toEqual({ code: 0, signal: null });
      expect(performance.now() - told).toBeLessThan(endWithinMs);
      runners[2] = await cluster.start(settings);
      const sinceThen = answered;
      await expect.poll(() => answered, { timeout: deadlineMs }).toBeGreaterThan(sinceThen + 1);
    };
    const rolling = replaced();
    try {
      await Promise.race([Promise.all([load, rolling]), rolling]);
    } finally {
      going = false;
    }
    await load;
    for (const id of stuck) expect(finalJobStates.has((await client.call("jobs.get", { id })).state)).toBe(false);
    await client.call("jobs.cancel", { ids: stuck });
    redis.disconnect();
    await Promise.all([sql.end(), front.close()]);
  });
});

test(
  "an account is one for all runners: added at two at once it is there once, and has no more under way than places and credits",
  { timeout: 240_000 },
  async () => {
    const [places, affordable] = [2, 5];
    const fleet = await startFleet({ speed, accounts: 1, credits: 1_000_000, concurrency: places });
    const { simulator } = fleet.simulators.find(({ provider }) => provider === "pixverse")!;
    const theirs = [...simulator.accounts.values()][0]!;
    const entered = fleet.accounts.find(({ provider }) => provider === "pixverse")!;
    const clients = runners.map(at);
    const [client, second] = clients as [Client, Client];
    const request = (n: number) => ({
      operation: "text_to_video" as const,
      provider: "pixverse",
      params: { prompt: `a meadow, number ${n}` },
    });
    try {
      const cost = (await client.call("jobs.estimate", { request: request(0), count: 1 })).parts[0]!.credits!;
      expect(cost).toBeGreaterThan(0);
      theirs.credits.clear();
      theirs.credits.set("monthly", affordable * cost + Math.floor(cost / 2));
      const added = await Promise.allSettled(
        [client, second].map((each, index) => each.call("accounts.add", { ...entered }, { key: `cluster-test-account-${index}` })),
      );
      expect(added.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
      expect(added.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "conflict" } });
      const account = async () => (await second.call("accounts.list", {})).accounts.find(({ provider }) => provider === "pixverse")!;
      await expect.poll(async () => (await account()).state, { timeout: 60_000 }).toBe("available");

      const asked = await Promise.all(
        Array.from({ length: affordable + 3 }, (_, n) =>
          clients[n % clients.length]!.call("jobs.create", { request: request(n) }, { key: `cluster-test-paid-${n}`, deadlineMs: 60_000 }),
        ),
      );
      const ids = asked.flatMap(({ jobs }) => jobs.map(({ id }) => id));
      const jobs = () => Promise.all(ids.map((id) => second.call("jobs.get", { id })));
      const completed = async () => (await jobs()).filter(({ state }) => state === "completed").length;
      await expect.poll(completed, { timeout: 120_000, interval: 500 }).toBe(affordable);
      await expect.poll(async () => (await account()).busy, { timeout: 60_000 }).toBe(0);
      expect(theirs.peak).toBe(places);
      expect(simulator.ledger.map(({ kind, amount }) => [kind, amount])).toEqual(
        Array.from({ length: affordable }, () => ["charge", cost]),
      );
      const waiting = (await jobs()).filter(({ state }) => !finalJobStates.has(state));
      expect(waiting).toHaveLength(3);
      await client.call("jobs.cancel", { ids: waiting.map(({ id }) => id) });
    } finally {
      await fleet.close();
    }
  },
);

test("who guesses passwords at one runner after the other has no more tries than at one", { timeout: 120_000 }, async () => {
  const codes: Array<string> = [];
  for (let n = 0; n < 7; n++) {
    const guest = typedClient(runners[n % runners.length]!);
    codes.push(
      await guest.call("auth.signIn", { login: "somebody", password: `a guess, number ${n}` }).then(
        () => "ok",
        ({ code }: { code: string }) => code,
      ),
    );
    guest.close();
  }
  expect(codes).toEqual([...Array.from({ length: 5 }, () => "invalid_credentials"), "rate_limited", "rate_limited"]);
});

describe("a runner that does not fit says why in one line and ends", () => {
  const refusal = async (settings: Readonly<Record<string, string>>): Promise<string> => {
    const error: unknown = await cluster.start(settings).catch((reason: unknown) => reason);
    if (!(error instanceof ServerEnded)) throw new Error("it was not refused");
    expect(error.exit.code).toBe(1);
    return /PixSim cannot start: (.*)|Bad settings:\s*(.*)/.exec(error.output)?.slice(1).find(Boolean) ?? error.output;
  };
  const address = async (): Promise<string> => {
    const { Redis } = await import("ioredis");
    const redis = new Redis(cluster.redis.port, cluster.redis.host);
    const [first] = await redis.hkeys("{pixsim}:runners");
    redis.disconnect();
    return first!;
  };

  test.each([
    ["another secret", { PIXSIM_CLUSTER_SECRET: "quite another secret" }, /another secret. Set PIXSIM_CLUSTER_SECRET/],
    [
      "no Redis where it is said to be",
      { REDIS_URL: "redis://127.0.0.1:1" },
      /^Redis at redis:\/\/127.0.0.1:1 cannot be used.*correct REDIS_URL/,
    ],
    ["no secret beyond this machine", { PIXSIM_RUNNER: "0.0.0.0:7799", PIXSIM_CLUSTER_SECRET: "" }, /PIXSIM_CLUSTER_SECRET: is needed/],
    ["no server database", { DATABASE_URL: "" }, /DATABASE_URL: is needed with REDIS_URL/],
  ])("%s", { timeout: 120_000 }, async (_label, settings, line) => {
    expect(await refusal(settings)).toMatch(line);
  });

  test("another database, whose actors are not theirs", { timeout: 120_000 }, async () => {
    const sql = connect(cluster.postgres.url, { max: 1 });
    await sql`create database elsewhere`;
    await sql.end();
    const url = new URL(cluster.postgres.url);
    url.pathname = "/elsewhere";
    expect(await refusal({ DATABASE_URL: url.href })).toMatch(/^The runners of this cluster work on another database\. Set DATABASE_URL/);
  });

  test("a place to listen at where another does", { timeout: 120_000 }, async () => {
    const listen = await address();
    const line = await refusal({ PIXSIM_RUNNER: `127.0.0.1:${await freePort()}`, PIXSIM_RUNNER_LISTEN: listen });
    expect(line).toMatch(new RegExp(`^Cannot listen for other runners on ${listen}: another program listens there`));
  });

  test("another protocol", { timeout: 120_000 }, async () => {
    const { Redis } = await import("ioredis");
    const redis = new Redis(cluster.redis.port, cluster.redis.host);
    const [theirs] = await redis.hvals("{pixsim}:info");
    const info = { ...(JSON.parse(theirs!) as object), address: "127.0.0.1:1", protocol: 1 };
    await redis.hset("{pixsim}:info", info.address, JSON.stringify(info));
    await redis.zadd("{pixsim}:beat", Date.now() + 60_000, info.address);
    // Whatever it would do to the database it has not done yet.
    const line = await refusal({ DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" });
    await redis.hdel("{pixsim}:info", info.address);
    await redis.zrem("{pixsim}:beat", info.address);
    redis.disconnect();
    expect(line).toMatch(/speaks runner protocol 1, this program \d+: stop the runners of the other version first/);
  });

  test("the address of another", { timeout: 120_000 }, async () => {
    expect(await refusal({ PIXSIM_RUNNER: await address() })).toMatch(/Another runner answers at .* PIXSIM_RUNNER/);
  });
});
