// Several runners on one throw-away PostgreSQL and Redis, each the real server as a child process.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningServer, startServer } from "#ops/e2e/server.ts";
import { freePort } from "./port.ts";
import { type RunningPostgres, startPostgres } from "./postgres.ts";
import { type RunningRedis, startRedis } from "./redis.ts";

export interface RunningCluster {
  readonly postgres: RunningPostgres;
  readonly redis: RunningRedis;
  /** Folder of media and secrets that all share. */
  readonly data: string;
  /** Starts one more; `more`: settings that differ; `command`: in place of `start`. */
  readonly start: (more?: Readonly<Record<string, string>>, command?: string) => Promise<RunningServer>;
  /** Ends all that is left, and removes its data. */
  readonly stop: () => Promise<void>;
}

export const startCluster = async (): Promise<RunningCluster> => {
  const folder = await mkdtemp(join(tmpdir(), "pixsim-cluster-"));
  const data = join(folder, "data");
  const [postgres, redis] = await Promise.all([startPostgres({ durable: false }), startRedis({ durable: false })]);
  const runners: Array<RunningServer> = [];
  return {
    postgres,
    redis,
    data,
    start: async (more = {}, command = "start") => {
      const runner = await startServer({
        data,
        command,
        env: {
          DATABASE_URL: postgres.url,
          REDIS_URL: `redis://${redis.host}:${redis.port}`,
          PIXSIM_RUNNER: `127.0.0.1:${await freePort()}`,
          PIXSIM_CLUSTER_SECRET: "what the runners of a test share",
          ...more,
        },
      });
      runners.push(runner);
      return runner;
    },
    stop: async () => {
      await Promise.all(runners.map((runner) => runner.kill("SIGKILL")));
      await Promise.all([postgres.stop(), redis.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
};
