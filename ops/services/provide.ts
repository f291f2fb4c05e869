// What the tests need beyond npm: found on the machine, installed with Debian's packages where that is allowed, or named in
// one clear line.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { findPostgres, howToGetPostgres } from "./postgres.ts";

/** Where Debian and others put it; undefined where there is none. */
export const findChromium = (): string | undefined =>
  [process.env["PIXSIM_CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
    (path) => path !== undefined && existsSync(path),
  );

const missing = async (): Promise<ReadonlyArray<{ readonly pkg: string; readonly how: string }>> => [
  ...((await findPostgres()) === undefined ? [{ pkg: "postgresql", how: howToGetPostgres }] : []),
  ...(findChromium() === undefined
    ? [{ pkg: "chromium", how: "Chromium is not installed: run `apt-get install chromium`, or set PIXSIM_CHROMIUM to its path." }]
    : []),
];

/** Makes sure that PostgreSQL and Chromium are there. Throws one line per missing one that cannot be installed from here. */
export const provideServices = async (): Promise<void> => {
  const wanted = await missing();
  if (wanted.length === 0) return;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    console.log(`Installing what the tests need: ${wanted.map(({ pkg }) => pkg).join(", ")}`);
    const options = { stdio: "inherit", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } } as const;
    execFileSync("apt-get", ["update", "-qq"], options);
    execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...wanted.map(({ pkg }) => pkg)], options);
  }
  const still = await missing();
  if (still.length > 0) throw new Error(still.map(({ how }) => how).join("\n"));
};
