// A cluster under load to which a plan of faults happens, and what must hold at its end: everything accepted is done once, nothing is
// left over, and those who watched saw every step in order.
import { Redis } from "ioredis";
import type { Grant } from "#protocol/auth.ts";
import { type Client, connect } from "#protocol/client/client.ts";
import { finalJobStates, type Job } from "#protocol/job.ts";
import { postgres as connectPostgres } from "#db/client/postgres-mended.ts";
import { firstAdmin } from "../e2e/people.ts";
import type { RunningServer } from "../e2e/server.ts";
import { startCluster } from "../services/cluster.ts";
import { type Link, link } from "./link.ts";
import type { Fault, Planned } from "./plan.ts";

export interface ChaosOptions {
  readonly seed: number;
  readonly runners: number;
  readonly plan: ReadonlyArray<Planned>;
  /** Jobs asked for while the plan goes on. */
  readonly jobs: number;
  readonly say: (line: string) => void;
}

export interface ChaosReport {
  /** What did not hold; empty: all is well. */
  readonly problems: ReadonlyArray<string>;
  readonly jobs: number;
  readonly faults: number;
}

/** One place in the cluster: a runner, its own ways to the services, and who comes after it. */
interface Seat {
  readonly redis: Link;
  readonly postgres: Link;
  runner: RunningServer;
  /** One fault at a time. */
  busy: boolean;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** After the last fault everything accepted must be done within this, ms. */
const patience = 180_000;

export const chaos = async (options: ChaosOptions): Promise<ChaosReport> => {
  const { say } = options;
  const cluster = await startCluster();
  const control = new Redis(cluster.redis.port, cluster.redis.host);
  const sql = connectPostgres(cluster.postgres.url, { max: 2, onnotice: () => {} });
  const problems: Array<string> = [];
  const clients: Array<Client> = [];
  const links: Array<Link> = [];
  try {
    const take = async (ways: Pick<Seat, "redis" | "postgres">, port?: number): Promise<RunningServer> =>
      cluster.start({
        REDIS_URL: `redis://127.0.0.1:${ways.redis.port}`,
        DATABASE_URL: cluster.postgres.url.replace(/:\d+\//, `:${ways.postgres.port}/`),
        ...(port === undefined ? {} : { PIXSIM_PORT: String(port) }),
      });
    const seats: Array<Seat> = [];
    for (let n = 0; n < options.runners; n++) {
      const ways = { redis: await link(cluster.redis.port), postgres: await link(Number(new URL(cluster.postgres.url).port)) };
      links.push(ways.redis, ways.postgres);
      seats.push({ ...ways, runner: await take(ways), busy: false });
    }
    const grant: Grant = await firstAdmin(seats[0]!.runner);
    const clientOf = (seat: Seat): Client => {
      const client = connect({
        url: `ws://127.0.0.1:${seat.runner.port}/ws`,
        client: "chaos",
        credentials: {
          access: () => ({ token: grant.accessToken, expiresAt: grant.accessExpiresAt }),
          canRenew: () => true,
          renew: async (call) => void Object.assign(grant, await call("auth.refresh", { refreshToken: grant.refreshToken })),
        },
      });
      clients.push(client);
      return client;
    };
    const at = seats.map(clientOf);

    // Watchers: the list of all jobs from each runner, and every step of some jobs.
    const lists = at.map((client) => {
      const jobs = new Map<string, Job>();
      const note = (job: Job): void => {
        if ((jobs.get(job.id)?.rev ?? -1) < job.rev) jobs.set(job.id, job);
      };
      client.follow("jobs.jobs", {}, { snapshot: ({ jobs: all }) => all.forEach(note), deltas: (changes) => changes.forEach(note) });
      return jobs;
    });
    const steps = new Map<string, Array<number>>();
    const follow = (client: Client, id: string): void => {
      const seen: Array<number> = [];
      steps.set(id, seen);
      client.follow(
        "actors.actor",
        { address: `job/${id}` },
        {
          // A snapshot may repeat what is known: it is where a watcher begins anew.
          snapshot: ({ seq }) => {
            if (seq < (seen.at(-1) ?? -1)) problems.push(`a watcher of ${id} was sent back from step ${seen.at(-1)} to ${seq}`);
            if (seq > (seen.at(-1) ?? -1)) seen.push(seq);
          },
          deltas: (changes) => {
            for (const { entry } of changes) {
              const last = seen.at(-1);
              if (last !== undefined && entry.seq !== last + 1) problems.push(`a watcher of ${id} got step ${entry.seq} after ${last}`);
              seen.push(entry.seq);
            }
          },
        },
      );
    };

    const accepted: Array<string> = [];
    const load = async (): Promise<void> => {
      const every = options.plan.reduce((sum, { after }) => sum + after, 0) / options.jobs;
      const asked: Array<Promise<void>> = [];
      for (let n = 0; n < options.jobs; n++) {
        const client = at[n % at.length]!;
        const request = {
          operation: "text_to_video" as const,
          provider: "studio",
          params: { prompt: `a meadow, number ${n}`, seed: n, duration: 1, quality: "360p", fps: 24, audio: false },
        };
        // The client repeats what a fault cut off, with the same key.
        asked.push(
          client.call("jobs.create", { request }, { key: `chaos-${options.seed}-${n}`, deadlineMs: patience }).then(
            ({ jobs }) => {
              for (const { id } of jobs) {
                accepted.push(id);
                if (n % 3 === 0) follow(at[(n + 1) % at.length]!, id);
              }
            },
            (error: unknown) => void problems.push(`job ${n} was not accepted: ${String(error)}`),
          ),
        );
        await pause(every);
      }
      await Promise.all(asked);
    };

    const happen = async (fault: Fault): Promise<void> => {
      if (fault.type === "flush") return void (await control.flushall());
      if (fault.type === "disconnect") {
        await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pixsim'`;
        return;
      }
      const seat = seats[fault.runner]!;
      if (seat.busy) return;
      seat.busy = true;
      const { runner } = seat;
      const { port } = runner;
      switch (fault.type) {
        case "kill":
          await runner.kill("SIGKILL");
          await pause(fault.ms);
          seat.runner = await take(seat, port);
          break;
        case "term": {
          const exit = await Promise.race([runner.kill("SIGTERM"), pause(15_000)]);
          if (exit === undefined) problems.push(`runner ${fault.runner} did not end within 15 s`);
          await runner.kill("SIGKILL");
          await pause(fault.ms);
          seat.runner = await take(seat, port);
          break;
        }
        case "freeze":
          process.kill(runner.pid, "SIGSTOP");
          await pause(fault.ms);
          process.kill(runner.pid, "SIGCONT");
          break;
        case "partition":
          seat[fault.from].cut(fault.how);
          await pause(fault.ms);
          seat[fault.from].mend();
          break;
      }
      seat.busy = false;
    };
    const goWrong = async (): Promise<void> => {
      const going: Array<Promise<void>> = [];
      for (const { after, fault } of options.plan) {
        await pause(after);
        say(JSON.stringify(fault));
        going.push(happen(fault));
      }
      await Promise.all(going);
    };
    await Promise.all([load(), goWrong()]);
    say(`${accepted.length} jobs accepted; waiting for their end`);

    const until = performance.now() + patience;
    const open = new Set(accepted);
    while (open.size > 0 && performance.now() < until) {
      for (const id of open) if (finalJobStates.has((await at[0]!.call("jobs.get", { id }, { deadlineMs: 30_000 })).state)) open.delete(id);
      await pause(300);
    }
    for (const id of open) problems.push(`${id} has not ended`);
    // What the watchers have not been told by now, nobody will tell them.
    await pause(6000);
    problems.push(...(await violations(at[0]!, sql, accepted, lists, steps)));
    return { problems, jobs: accepted.length, faults: options.plan.length };
  } finally {
    for (const client of clients) client.close();
    control.disconnect();
    await sql.end({ timeout: 1 });
    await Promise.all(links.map((each) => each.close()));
    await cluster.stop();
  }
};

const violations = async (
  client: Client,
  sql: ReturnType<typeof connectPostgres>,
  accepted: ReadonlyArray<string>,
  lists: ReadonlyArray<ReadonlyMap<string, Job>>,
  steps: ReadonlyMap<string, ReadonlyArray<number>>,
): Promise<ReadonlyArray<string>> => {
  const problems: Array<string> = [];
  for (const id of accepted) {
    const job = await client.call("jobs.get", { id });
    if (job.state !== "completed") problems.push(`${id} ended as ${job.state}: ${job.failure?.message ?? ""}`);
    for (const [runner, list] of lists.entries()) {
      if (list.get(id)?.rev !== job.rev)
        problems.push(`the watcher at runner ${runner} last saw ${id} at ${list.get(id)?.rev} of ${job.rev}`);
    }
    const seen = steps.get(id);
    if (seen !== undefined && seen.at(-1) !== job.rev) problems.push(`a watcher of ${id} stopped at step ${seen.at(-1)} of ${job.rev}`);
    const view = await client.call("actors.get", { address: `job/${id}` });
    let last: { readonly seq: number; readonly value: unknown; readonly context: unknown } | undefined;
    for await (const entry of client.stream("actors.history", { address: `job/${id}` })) {
      if (entry.seq !== (last?.seq ?? -1) + 1) problems.push(`the journal of ${id} jumps from ${last?.seq} to ${entry.seq}`);
      last = entry;
    }
    if (JSON.stringify([last?.value, last?.context]) !== JSON.stringify([view.value, view.context]))
      problems.push(`the journal of ${id} does not lead to its state`);
  }
  const [count] = await sql<Array<Record<string, number>>>`
    select (select count(*)::int from job) as jobs, (select count(distinct origin_job_id)::int from asset) as "jobs with an asset",
      (select count(*)::int from asset) as assets, (select count(*)::int from studio_render) as "renders accepted",
      (select count(*)::int from job where slot is not null) as "slots held",
      (select coalesce(sum(json_array_length(effects)), 0)::int from actor) as "open effects",
      (select coalesce(sum(json_array_length(timers)), 0)::int from actor) as "timers set"`;
  const wanted = {
    jobs: accepted.length,
    "jobs with an asset": accepted.length,
    assets: accepted.length,
    "renders accepted": accepted.length,
  };
  for (const [name, found] of Object.entries(count ?? {})) {
    const should = name in wanted ? wanted[name as keyof typeof wanted] : 0;
    if (found !== should) problems.push(`${name}: ${found} instead of ${should}`);
  }
  return problems;
};
