// Three runners of one cluster: whatever becomes of one of them, what was accepted is done once, and who watches misses nothing.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Grant } from "#protocol/auth.ts";
import type { Client } from "#protocol/client/client.ts";
import { finalJobStates, type Job } from "#protocol/job.ts";
import { type RunningCluster, startCluster } from "../services/cluster.ts";
import { firstAdmin, typedClient } from "./people.ts";
import { type RunningServer, ServerEnded } from "./server.ts";

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
  const first = await cluster.start();
  grant = await firstAdmin(first);
  runners = [first, ...(await Promise.all([cluster.start(), cluster.start()]))];
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
      runners[2] = await cluster.start();
    }
  });
});

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

  test("the address of another", { timeout: 120_000 }, async () => {
    expect(await refusal({ PIXSIM_RUNNER: await address() })).toMatch(/Another runner answers at .* PIXSIM_RUNNER/);
  });
});
