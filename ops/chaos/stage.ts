// Where chaos happens: runners, each with ways of its own to Redis, to PostgreSQL and to the other runners, the simulator outside of
// them, and the witness in the database. Also measured upon: what one runner's end costs.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { makeClip } from "#actors/media/testing.ts";
import type { Sql } from "#db/client/database.ts";
import { migrate } from "#db/client/migrate.ts";
import { postgres as connectPostgres } from "#db/client/postgres-mended.ts";
import type { Grant } from "#protocol/auth.ts";
import type { Client } from "#protocol/client/client.ts";
import { firstAdmin, typedClient } from "../e2e/people.ts";
import { type RunningServer, ServerEnded } from "../e2e/server.ts";
import { type RunningCluster, startCluster } from "../services/cluster.ts";
import { keptPort } from "../services/port.ts";
import { type Link, link } from "./link.ts";
import type { Way } from "./plan.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "./simulator.ts";
import { installWitness, namedTo } from "./witness.ts";

/** One place in the cluster: a runner, its ways, and who comes after it. */
export interface Seat {
  readonly number: number;
  readonly ways: Readonly<Record<Way, Link>>;
  readonly runner: RunningServer;
  /** Name of the runner for the witness. */
  readonly name: string;
  /** Starts another in the place of one that is gone, at the same addresses. */
  readonly again: () => Promise<void>;
  /** What it does with a file takes so much longer, ms. */
  readonly slowDown: (ms: number) => Promise<void>;
}

export interface StageOptions {
  readonly runners: number;
  readonly simulator: Omit<SimulatorOptions, "media">;
  /** Jobs of each simulated provider at the same time, in each runner. */
  readonly concurrency: number;
  /** Between two looks at a generation, ms. */
  readonly pollMs: number;
  /** A defence that the runners are to lack. */
  readonly without?: string | undefined;
}

export interface Stage {
  readonly seats: ReadonlyArray<Seat>;
  readonly simulator: Simulator;
  readonly cluster: RunningCluster;
  readonly control: Redis;
  readonly sql: Sql;
  readonly clientOf: (seat: Seat) => Client;
  /** What each runner that ever was has printed, by its name. */
  readonly outputs: () => ReadonlyMap<string, string>;
  readonly close: () => Promise<void>;
}

/** A runner that ends at its start is started again so often. */
const mostStarts = 5;
const hook = fileURLToPath(new URL("./without-hook.ts", import.meta.url));

export const openStage = async (options: StageOptions): Promise<Stage> => {
  /** In the order in which they are to be closed. */
  const closing: Array<() => unknown> = [];
  const close = async (): Promise<void> => {
    for (const each of closing) await each();
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), "pixsim-chaos-"));
    closing.unshift(() => rm(folder, { recursive: true, force: true }));
    const media = join(folder, "clip.mp4");
    await makeClip(media);
    const simulator = await startSimulator({ media, ...options.simulator });
    closing.unshift(simulator.close);
    const cluster = await startCluster();
    closing.unshift(cluster.stop);
    const control = new Redis(cluster.redis.port, cluster.redis.host);
    closing.unshift(() => control.disconnect());
    const sql = connectPostgres(cluster.postgres.url, { max: 2, onnotice: () => {} }) as unknown as Sql;
    closing.unshift(() => sql.end({ timeout: 1 }));
    await migrate(sql);
    await installWitness(sql);

    const everyone = new Map<string, RunningServer>();
    const takeSeat = async (number: number): Promise<Seat> => {
      const listen = await keptPort();
      const ways = {
        redis: await link(cluster.redis.port),
        postgres: await link(Number(new URL(cluster.postgres.url).port)),
        runners: await link(listen),
      };
      for (const way of Object.values(ways)) closing.unshift(way.close);
      const disk = join(folder, `disk-${number}`);
      let life = 0;
      const start = async (port: number): Promise<RunningServer> => {
        const name = `${number}.${++life}`;
        const started = await cluster.start(
          {
            REDIS_URL: `redis://127.0.0.1:${ways.redis.port}`,
            DATABASE_URL: namedTo(cluster.postgres.url, ways.postgres.port, name),
            PIXSIM_RUNNER: `127.0.0.1:${ways.runners.port}`,
            PIXSIM_RUNNER_LISTEN: `127.0.0.1:${listen}`,
            PIXSIM_PORT: String(port),
            PIXSIM_OPEN_JOBS_PER_USER: "100000",
            CHAOS_SIMULATOR: `http://127.0.0.1:${simulator.port}`,
            CHAOS_CONCURRENCY: String(options.concurrency),
            CHAOS_POLL: String(options.pollMs),
            CHAOS_DISK: disk,
            ...(options.without === undefined ? {} : { CHAOS_WITHOUT: options.without, NODE_OPTIONS: `--import=${hook}` }),
          },
          "chaos/runner",
        );
        everyone.set(name, started);
        return started;
      };
      const port = await keptPort();
      let runner = await start(port);
      return {
        number,
        ways,
        get runner() {
          return runner;
        },
        get name() {
          return `${number}.${life}`;
        },
        again: async () => {
          // As whoever looks after servers does: what it needs may be away just now.
          for (let tries = 1; ; tries++) {
            try {
              runner = await start(port);
              return;
            } catch (error) {
              if (!(error instanceof ServerEnded) || tries === mostStarts) throw error;
            }
          }
        },
        slowDown: async (ms) => {
          await writeFile(disk, String(ms));
          process.kill(runner.pid, "SIGUSR2");
        },
      };
    };
    const first = await takeSeat(0);
    const grant: Grant = await firstAdmin(first.runner);
    const others = await Promise.all(Array.from({ length: options.runners - 1 }, (_, index) => takeSeat(index + 1)));
    return {
      seats: [first, ...others],
      simulator,
      cluster,
      control,
      sql,
      clientOf: (seat) => {
        const client = typedClient(seat.runner, grant);
        closing.unshift(client.close);
        return client;
      },
      outputs: () => new Map([...everyone].map(([name, runner]) => [name, runner.output()])),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
