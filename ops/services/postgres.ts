// A throw-away PostgreSQL for tests and trials: found on the machine, run in a folder of its own as an ordinary user.
import { type ChildProcess, execFile } from "node:child_process";
import { chown, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "./port.ts";
import { spawnService } from "./spawn.ts";

const run = promisify(execFile);

export const howToGetPostgres =
  "PostgreSQL 15 or newer is not installed: run `apt-get install postgresql` (or put its bin folder on the PATH).";

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The folder of initdb and postgres, newest version first; undefined where there is none. */
export const findPostgres = async (): Promise<string | undefined> => {
  const packaged = "/usr/lib/postgresql";
  const versions = (await readdir(packaged).catch(() => [])).map(Number).filter((version) => version >= 15);
  for (const version of versions.sort((a, b) => b - a)) {
    const folder = join(packaged, String(version), "bin");
    if (await exists(join(folder, "initdb"))) return folder;
  }
  for (const folder of (process.env["PATH"] ?? "").split(":")) if (folder !== "" && (await exists(join(folder, "initdb")))) return folder;
  return undefined;
};

/** PostgreSQL refuses to run as root: then it runs as the user that its package made. */
const asUser = async (): Promise<{ readonly uid?: number; readonly gid?: number }> => {
  if (process.getuid?.() !== 0) return {};
  const idOf = async (flag: "-u" | "-g"): Promise<number> => Number((await run("id", [flag, "postgres"])).stdout);
  return { uid: await idOf("-u"), gid: await idOf("-g") };
};

export interface RunningPostgres {
  /** As a superuser, on the loopback. */
  readonly url: string;
  /** Ends it, `fast` in order or `immediate` as a crash does, and starts it again at the same place. */
  readonly restart: (mode: "fast" | "immediate") => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** `durable`: with fsync, as in production (benchmarks); without it a test is faster, and what was acknowledged outlives the process alone. */
export const startPostgres = async (options: { readonly durable: boolean }): Promise<RunningPostgres> => {
  const bin = await findPostgres();
  if (bin === undefined) throw new Error(howToGetPostgres);
  const folder = await mkdtemp(join(tmpdir(), "pixsim-postgres-"));
  const user = await asUser();
  if (user.uid !== undefined && user.gid !== undefined) await chown(folder, user.uid, user.gid);
  const data = join(folder, "data");
  const init = ["-D", data, "-U", "pixsim", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"];
  await run(join(bin, "initdb"), init, { cwd: folder, ...user });
  const port = await freePort();
  const settings = [`port=${port}`, "listen_addresses=127.0.0.1", `unix_socket_directories=${folder}`, "max_connections=200"];
  if (!options.durable) settings.push("fsync=off", "full_page_writes=off");
  const launch = async (): Promise<ChildProcess> => {
    const child = spawnService(join(bin, "postgres"), ["-D", data, ...settings.flatMap((setting) => ["-c", setting])], {
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
      ...user,
    });
    await ready(child);
    return child;
  };
  let child = await launch();
  const end = async (mode: "fast" | "immediate"): Promise<void> => {
    const exited = new Promise((resolve) => child.once("exit", resolve));
    // Its signals for a shutdown.
    child.kill(mode === "fast" ? "SIGINT" : "SIGQUIT");
    await exited;
  };
  return {
    url: `postgres://pixsim@127.0.0.1:${port}/postgres`,
    restart: async (mode) => {
      await end(mode);
      child = await launch();
    },
    stop: async () => {
      await end("fast");
      await rm(folder, { recursive: true, force: true });
    },
  };
};

const ready = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let log = "";
    child.stderr!.on("data", (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes("ready to accept connections")) resolve();
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`PostgreSQL did not start (exit code ${code}):\n${log}`)));
  });
