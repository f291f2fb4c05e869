// What the tests need beyond npm: found on the machine, installed with Debian's packages where that is allowed, or named in
// one clear line.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { findChromium, howToGetChromium } from "./chromium.ts";
import { findPostgres, howToGetPostgres } from "./postgres.ts";
import { findRedis, howToGetRedis } from "./redis.ts";

const missing = async (): Promise<ReadonlyArray<{ readonly pkg: string; readonly how: string }>> => [
  ...((await findPostgres()) === undefined ? [{ pkg: "postgresql", how: howToGetPostgres }] : []),
  ...(findRedis() === undefined ? [{ pkg: "redis-server", how: howToGetRedis }] : []),
  ...(findChromium() === undefined ? [{ pkg: "chromium", how: howToGetChromium }] : []),
];

/** What to put before a command so that it runs as root without a question; undefined where that is not allowed. */
const asRoot = (): ReadonlyArray<string> | undefined => {
  if (process.getuid?.() === 0) return [];
  try {
    execFileSync("sudo", ["-n", "true"], { stdio: "ignore" });
    return ["sudo", "-n"];
  } catch {
    // No sudo, or one that asks for a password.
    return undefined;
  }
};

const install = (packages: ReadonlyArray<string>, before: ReadonlyArray<string>): void => {
  const run = (...args: ReadonlyArray<string>): void => {
    const [command = "apt-get", ...rest] = [...before, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", ...args];
    execFileSync(command, rest, { stdio: "inherit" });
  };
  run("update");
  run("install", "-y", "--no-install-recommends", ...packages);
};

/** Makes sure that PostgreSQL, Redis and Chromium are there. Throws one line per missing one that cannot be installed from here. */
export const provideServices = async (): Promise<void> => {
  const wanted = (await missing()).map(({ pkg }) => pkg);
  if (wanted.length === 0) return;
  const before = existsSync("/usr/bin/apt-get") ? asRoot() : undefined;
  let trouble = "";
  if (before !== undefined) {
    console.log(`Installing what the tests need: ${wanted.join(", ")}`);
    try {
      install(wanted, before);
    } catch (error) {
      trouble = ` (${error instanceof Error ? error.message : String(error)})`;
    }
  }
  const still = await missing();
  if (still.length > 0) throw new Error(still.map(({ how }) => `${how}${trouble}`).join("\n"));
};
