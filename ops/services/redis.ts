// A throw-away Redis for tests and benchmarks: found on the machine, run in a folder of its own.
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./port.ts";
import { spawnService } from "./spawn.ts";

export const howToGetRedis = "Redis is not installed: run `apt-get install redis-server` (or put redis-server on the PATH).";

/** The path of redis-server; undefined where there is none. */
export const findRedis = (environment: Readonly<Record<string, string | undefined>> = process.env): string | undefined =>
  (environment["PATH"] ?? "")
    .split(":")
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, "redis-server"))
    .find(existsSync);

export interface RunningRedis {
  readonly host: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** `durable`: with a log that goes to the disk once a second (benchmarks); without it nothing is written. */
export const startRedis = async (options: { readonly durable: boolean }): Promise<RunningRedis> => {
  const command = findRedis();
  if (command === undefined) throw new Error(howToGetRedis);
  const folder = await mkdtemp(join(tmpdir(), "pixsim-redis-"));
  const port = await freePort();
  const log = options.durable ? ["--appendonly", "yes", "--appendfsync", "everysec"] : ["--appendonly", "no"];
  const where = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder];
  const child = spawnService(command, [...where, "--save", "", ...log], { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
  await ready(child);
  return {
    host: "127.0.0.1",
    port,
    stop: async () => {
      const exited = new Promise((resolve) => child.once("exit", resolve));
      child.kill();
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
};

const ready = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let log = "";
    child.stdout!.on("data", (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes("Ready to accept connections")) resolve();
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`Redis did not start (exit code ${code}):\n${log}`)));
  });
