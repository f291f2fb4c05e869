// `npm run cluster -- 3`: several runners on this machine, for trying things out. What is not named by DATABASE_URL and REDIS_URL is
// started for as long as this runs, and its data goes with it.
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { say } from "./say.ts";
import { freePort } from "./services/port.ts";
import { startPostgres } from "./services/postgres.ts";
import { startRedis } from "./services/redis.ts";
import { spawnService } from "./services/spawn.ts";

const mostRunners = 16;
/** Of the first runner; the others take the ones after it. */
const firstPort = Number(process.env["PIXSIM_PORT"] ?? 7700);

const launch = fileURLToPath(new URL("launch.mjs", import.meta.url));

const runners: Array<ChildProcess> = [];
/** What was started for them, and is ended after them in reverse. */
const closing: Array<() => Promise<unknown>> = [];

/** Runs a runner; its lines carry its number. Resolves when it can be reached. */
const startRunner = (number: number, env: NodeJS.ProcessEnv, args: ReadonlyArray<string>): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawnService(process.execPath, [launch, "start", ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
    runners.push(child);
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream! }).on("line", (line) => {
        say(`${number} │ ${line}`);
        if (line.startsWith("PixSim is at ")) resolve();
      });
    }
    child.once("exit", (code, signal) => {
      say(`${number} │ ended (${signal ?? `code ${code}`})`);
      reject(new Error(`runner ${number} did not start`));
    });
  });

/** Ends the runners, and then what was started for them. */
const endAll = async (): Promise<void> => {
  await Promise.all(
    runners.map((child) => {
      if (child.exitCode !== null || child.signalCode !== null) return null;
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      return gone;
    }),
  );
  for (const close of closing.reverse()) await close();
};

let stopping = false;
const stopWhenTold = (): void => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      void endAll().then(() => process.exit(0));
    });
  }
};

const run = async (): Promise<void> => {
  const count = Number(process.argv[2] ?? 3);
  if (!Number.isInteger(count) || count < 1 || count > mostRunners) {
    throw new Error(`How many runners? A number from 1 to ${mostRunners}: npm run cluster -- 3`);
  }
  stopWhenTold();
  const folder = await mkdtemp(join(tmpdir(), "pixsim-cluster-"));
  closing.push(() => rm(folder, { recursive: true, force: true }));
  const postgres = process.env["DATABASE_URL"] ?? (await started(startPostgres({ durable: false }), ({ url }) => url));
  const redis = process.env["REDIS_URL"] ?? (await started(startRedis({ durable: false }), ({ host, port }) => `redis://${host}:${port}`));
  const secret = randomBytes(24).toString("base64url");

  // One after the other: the first makes database and secrets.
  for (let number = 1; number <= count; number++) {
    const env = {
      PIXSIM_DATA: join(folder, "data"),
      ...process.env,
      DATABASE_URL: postgres,
      REDIS_URL: redis,
      PIXSIM_CLUSTER_SECRET: process.env["PIXSIM_CLUSTER_SECRET"] ?? secret,
      PIXSIM_PORT: String(firstPort + number - 1),
      PIXSIM_RUNNER: `127.0.0.1:${await freePort()}`,
    };
    await startRunner(number, env, number === 1 ? [] : ["--without-pages"]);
  }
  say(
    `${count} runners on ${postgres} and ${redis}. Kill, stop or freeze any of them (${runners.map(({ pid }) => pid).join(", ")}); Ctrl-C ends all.`,
  );
};

/** Starts a service that ends with this command. */
const started = async <T extends { readonly stop: () => Promise<void> }>(
  starting: Promise<T>,
  urlOf: (service: T) => string,
): Promise<string> => {
  const service = await starting;
  closing.push(service.stop);
  return urlOf(service);
};

try {
  await run();
} catch (error) {
  // Whoever has told it to stop waits for no runner to start.
  if (!stopping) {
    say(error instanceof Error ? error.message : String(error));
    await endAll();
    process.exit(1);
  }
}
