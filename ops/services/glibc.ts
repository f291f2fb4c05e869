// A C library new enough for uWebSockets.js on a system that has an older one: Debian trixie's, unpacked into .cache/glibc beside
// the system's, which is not touched. `node ops/services/glibc.ts` prints how to run Node with it.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const needed = "2.38";
const packages = ["libc6", "libstdc++6", "libgcc-s1", "zlib1g"];
const cache = new URL("../../.cache/glibc/", import.meta.url).pathname;
const loaders: Readonly<Record<string, string>> = {
  x64: "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
  arm64: "usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1",
};

/** The C library this process runs on; undefined where there is no glibc: not Linux, or musl. */
const runningGlibc = (): string | undefined => {
  // The typings do not know the first: without it the report resolves the names of all open sockets.
  const reporter: { excludeNetwork?: boolean; readonly getReport: () => object } = process.report;
  reporter.excludeNetwork = true;
  const report = reporter.getReport() as { readonly header: { readonly glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime;
};

const isOlder = (version: string, than: string): boolean => {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [thanMajor = 0, thanMinor = 0] = than.split(".").map(Number);
  return major < thanMajor || (major === thanMajor && minor < thanMinor);
};

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Fetches and unpacks; apt's lists, cache and sources are all in a folder of its own, signatures are checked as ever. */
const unpack = async (into: string): Promise<void> => {
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, "making-"));
  try {
    for (const folder of ["lists/partial", "cache/archives/partial", "root"]) await mkdir(join(work, folder), { recursive: true });
    await writeFile(join(work, "status"), "");
    await writeFile(
      join(work, "trixie.sources"),
      "Types: deb\nURIs: http://deb.debian.org/debian\nSuites: trixie\nComponents: main\n" +
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n",
    );
    const options = [
      `Dir::State::Lists=${work}/lists`,
      `Dir::State::status=${work}/status`,
      `Dir::Cache=${work}/cache`,
      `Dir::Etc::SourceList=${work}/trixie.sources`,
      "Dir::Etc::SourceParts=-",
      "Dir::Etc::Preferences=/dev/null",
      "Dir::Etc::PreferencesParts=-",
      "Acquire::Languages=none",
      // The user that root would download as cannot write here.
      "APT::Sandbox::User=root",
    ].flatMap((option) => ["-o", option]);
    await run("apt-get", [...options, "-q", "update"], { cwd: work });
    await run("apt-get", [...options, "-q", "download", ...packages], { cwd: work });
    const archives = (await readdir(work)).filter((name) => name.endsWith(".deb"));
    for (const archive of archives) await run("dpkg-deb", ["-x", archive, "root"], { cwd: work });
    // Another process may have been faster: then its folder serves.
    await rename(join(work, "root"), into).catch(async (error: unknown) => {
      if (!(await exists(into))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};

export interface NodeCommand {
  readonly command: string;
  /** Before Node's own arguments. */
  readonly args: ReadonlyArray<string>;
}

/**
 * How to run this Node so that uWebSockets.js loads. In a process started so, `process.execPath` is the loader: children must be
 * started by this command, not by that path. Throws an Error in one sentence where it cannot be had.
 */
export const nodeForUws = async (): Promise<NodeCommand> => {
  const glibc = runningGlibc();
  if (process.platform !== "linux" || (glibc !== undefined && !isOlder(glibc, needed))) return { command: process.execPath, args: [] };
  const loader = loaders[process.arch];
  if (glibc === undefined || loader === undefined) throw new Error(`uWebSockets.js has no binary for ${process.arch} without glibc.`);
  const root = join(cache, `trixie-${process.arch}`);
  if (!(await exists(join(root, loader)))) {
    await unpack(root).catch((error: unknown) => {
      const [why = ""] = (error instanceof Error ? error.message : String(error)).trim().split("\n").slice(-1);
      throw new Error(`uWebSockets.js needs glibc ${needed}, here is ${glibc}, and Debian trixie's could not be fetched: ${why}`, {
        cause: error,
      });
    });
  }
  const path = join(root, loader);
  return { command: path, args: ["--library-path", path.slice(0, path.lastIndexOf("/")), process.execPath] };
};

if (import.meta.main) {
  try {
    const { command, args } = await nodeForUws();
    console.log([command, ...args].join(" "));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
