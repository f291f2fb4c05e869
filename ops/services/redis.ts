// A throw-away Redis for tests and benchmarks: found on the machine, run in a folder of its own.
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
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
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

export interface RedisOptions {
  /** With a log that goes to the disk once a second (benchmarks); without it nothing is written. */
  readonly durable: boolean;
  /** As on the command line: of a replica, or of a node of a cluster. */
  readonly more?: ReadonlyArray<string>;
}

export const startRedis = async (options: RedisOptions): Promise<RunningRedis> => {
  const command = findRedis();
  if (command === undefined) throw new Error(howToGetRedis);
  const folder = await mkdtemp(join(tmpdir(), "pixsim-redis-"));
  const port = await freePort();
  const log = options.durable ? ["--appendonly", "yes", "--appendfsync", "everysec"] : ["--appendonly", "no"];
  const where = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder];
  const args = [...where, "--save", "", ...log, ...(options.more ?? [])];
  const child = spawnService(command, args, { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
  await ready(child, "Ready to accept connections");
  return running(child, port, folder);
};

/** Watches over the primary at `port` under the name `mymaster`, and puts a replica in its place a second after it falls silent. */
export const startSentinel = async (primary: number, quorum: number): Promise<RunningRedis> => {
  const command = findRedis();
  if (command === undefined) throw new Error(howToGetRedis);
  const folder = await mkdtemp(join(tmpdir(), "pixsim-sentinel-"));
  const port = await freePort();
  const file = join(folder, "sentinel.conf");
  // It keeps what it knows in this file.
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${folder}`,
    `sentinel monitor mymaster 127.0.0.1 ${primary} ${quorum}`,
    "sentinel down-after-milliseconds mymaster 1000",
    "sentinel failover-timeout mymaster 3000",
  ];
  await writeFile(file, `${lines.join("\n")}\n`);
  const child = spawnService(command, [file, "--sentinel"], { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
  await ready(child, "+monitor master mymaster");
  return running(child, port, folder);
};

const running = (child: ChildProcess, port: number, folder: string): RunningRedis => ({
  host: "127.0.0.1",
  port,
  pid: child.pid ?? 0,
  stop: async () => {
    const exited = new Promise((resolve) => child.once("exit", resolve));
    // It has nothing to lose, and a frozen one hears nothing else.
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await exited;
    }
    await rm(folder, { recursive: true, force: true });
  },
});

/** `line`: what it prints when it can be used. */
const ready = (child: ChildProcess, line: string): Promise<void> =>
  new Promise((resolve, reject) => {
    let log = "";
    child.stdout!.on("data", (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes(line)) resolve();
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`Redis did not start (exit code ${code}):\n${log}`)));
  });
