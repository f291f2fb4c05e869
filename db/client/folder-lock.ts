// One process at a time on a data folder: the embedded database itself has no lock, and rows vanish when it is opened twice.
// The lock names its process, and is touched every few seconds for those who cannot see that process from where they run.
import { link, mkdir, open, readFile, readlink, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

const touchMs = 5000;
/** A lock from another container or computer that was not touched for so long is a dead one's, ms. */
const deadMs = 30_000;
const attempts = 50;

interface Holder {
  readonly pid: number;
  /** Tells a process from a later one with the same number; empty where the system does not say. */
  readonly startedAt: string;
  /** Where `pid` means something. */
  readonly where: string;
}

/** `ended`: it is dead, and only waits for its parent to hear of it. */
const processOf = async (pid: number): Promise<{ readonly startedAt: string; readonly ended: boolean }> => {
  try {
    const status = await readFile(`/proc/${pid}/stat`, "utf8");
    // Fields 3 and 22, counted behind the command name, which may hold spaces.
    const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
    return { startedAt: fields[19] ?? "", ended: fields[0] === "Z" || fields[0] === "X" };
  } catch {
    return { startedAt: "", ended: false };
  }
};

/** This boot of this computer and, in a container, its processes; elsewhere the host's name. */
const whereAmI = async (): Promise<string> => {
  try {
    const [boot, processes] = await Promise.all([readFile("/proc/sys/kernel/random/boot_id", "utf8"), readlink("/proc/self/ns/pid")]);
    return `${boot.trim()}/${processes}`;
  } catch {
    return hostname().replaceAll(/\s/g, "-");
  }
};

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

const runs = async ({ pid, startedAt }: Holder): Promise<boolean> => {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, as another user.
    if (codeOf(error) !== "EPERM") return false;
  }
  const now = await processOf(pid);
  return !now.ended && (startedAt === "" || now.startedAt === "" || now.startedAt === startedAt);
};

/** `missing`: there is no lock. null: it says nothing, as a power cut may leave it. */
const readHolder = async (path: string): Promise<Holder | null | "missing"> => {
  try {
    const [pid, startedAt, where] = (await readFile(path, "utf8")).trimEnd().split(" ");
    return /^[1-9]\d*$/.test(pid ?? "") ? { pid: Number(pid), startedAt: startedAt ?? "", where: where ?? "" } : null;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "missing";
    throw error;
  }
};

export class FolderInUse extends Error {
  constructor(folder: string, pid: number, elsewhere: boolean) {
    super(
      `The data folder ${folder} is used by process ${pid}${elsewhere ? " of another container or computer" : ""}. ` +
        `Stop that one, or give this one another folder with PIXSIM_DATA.` +
        (elsewhere ? ` If it is gone already, start again in ${deadMs / 1000} seconds.` : ""),
    );
    this.name = "FolderInUse";
  }
}

/** How long `path` was not touched when `reference` was, ms, by the clock of the file system. */
const untouchedMs = async (path: string, reference: string): Promise<number> => {
  const [then, now] = await Promise.all([stat(path), stat(reference)]);
  return now.mtimeMs - then.mtimeMs;
};

/** Takes a dead one's lock away. Only one process at a time does so: else it might take the lock that another has just got. */
const removeDead = async (path: string, mine: string, where: string): Promise<void> => {
  const guard = `${path}.takeover`;
  try {
    await mkdir(guard);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    // Its maker is at it, or died at it.
    if ((await untouchedMs(guard, mine).catch(() => 0)) > deadMs) await rmdir(guard).catch(() => {});
    return;
  }
  try {
    const holder = await readHolder(path);
    // Where there is none any more, the next to appear is alive.
    if (holder !== "missing" && !(await isHeld(holder, path, mine, where))) await rm(path);
  } finally {
    await rmdir(guard);
  }
};

const isHeld = async (holder: Holder | null, path: string, mine: string, where: string): Promise<boolean> => {
  if (holder === null) return false;
  return holder.where === where ? runs(holder) : (await untouchedMs(path, mine).catch(() => deadMs)) < deadMs;
};

/**
 * Takes the folder for this process, making it if it is not there; the lock of a dead process is taken over.
 * Answers how to give it back. Rejects with FolderInUse, or with the system's error where the folder cannot be written.
 */
export const lockFolder = async (folder: string): Promise<() => Promise<void>> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "lock");
  const mine = join(folder, `lock.${crypto.randomUUID()}`);
  const where = await whereAmI();
  const text = `${process.pid} ${(await processOf(process.pid)).startedAt} ${where}\n`;
  try {
    await writeFile(mine, text);
    for (let attempt = 0; attempt < attempts; attempt++) {
      try {
        // A link appears whole or not at all, and only once.
        await link(mine, path);
        return keep(path, text);
      } catch (error) {
        if (codeOf(error) !== "EEXIST") throw error;
      }
      const holder = await readHolder(path);
      if (holder === "missing") continue;
      if (holder !== null && (await isHeld(holder, path, mine, where))) throw new FolderInUse(folder, holder.pid, holder.where !== where);
      await removeDead(path, mine, where);
    }
    throw new Error(`The lock ${path} could not be taken. If no PixSim runs on this folder, delete it and start again.`);
  } finally {
    await rm(mine, { force: true });
  }
};

/** Touches the lock by writing what it holds: so its time is that of the file system, whoever's disk it is. */
const keep = (path: string, text: string): (() => Promise<void>) => {
  const touch = async (): Promise<void> => {
    const file = await open(path, "r+");
    await file.write(text, 0).finally(() => file.close());
  };
  const timer = setInterval(() => {
    // A touch that failed is made again; until too many have, nobody takes the lock.
    touch().catch(() => {});
  }, touchMs).unref();
  return async () => {
    clearInterval(timer);
    await rm(path, { force: true });
  };
};
