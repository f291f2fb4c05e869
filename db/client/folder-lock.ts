// One process at a time on a data folder: the embedded database itself has no lock, and rows vanish when it is opened twice.
import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

interface Holder {
  readonly pid: number;
  /** Tells a process from a later one with the same number; empty where the system does not say. */
  readonly startedAt: string;
}

const startTimeOf = async (pid: number): Promise<string> => {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // Field 22, counted behind the command name, which may hold spaces.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
};

const isAlive = async ({ pid, startedAt }: Holder): Promise<boolean> => {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const now = await startTimeOf(pid);
  return startedAt === "" || now === "" || now === startedAt;
};

const readHolder = async (path: string): Promise<Holder | null> => {
  try {
    const [pid, startedAt] = (await readFile(path, "utf8")).trim().split(" ");
    return { pid: Number(pid), startedAt: startedAt ?? "" };
  } catch {
    return null;
  }
};

export class FolderInUse extends Error {
  constructor(folder: string, pid: number) {
    super(`The data folder ${folder} is used by process ${pid}. Stop that one, or give this one another folder with PIXSIM_DATA.`);
    this.name = "FolderInUse";
  }
}

/**
 * Takes the folder for this process, making it if it is not there; the lock of a dead process is taken over.
 * Answers how to give it back. Rejects with FolderInUse, or with the system's error where the folder cannot be written.
 */
export const lockFolder = async (folder: string): Promise<() => Promise<void>> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "lock");
  const mine = join(folder, `lock.${process.pid}`);
  await writeFile(mine, `${process.pid} ${await startTimeOf(process.pid)}\n`);
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      try {
        // A link appears whole or not at all, and only once.
        await link(mine, path);
        return () => rm(path, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const holder = await readHolder(path);
      if (holder === null) continue;
      if (await isAlive(holder)) throw new FolderInUse(folder, holder.pid);
      // Take the dead one's lock away; if another process was faster, what we took is alive: put it back.
      const taken = `${mine}.stale`;
      await rename(path, taken).catch(() => {});
      const was = await readHolder(taken);
      if (was !== null && (await isAlive(was))) await link(taken, path).catch(() => {});
      await rm(taken, { force: true });
    }
    throw new Error(`The lock of the data folder ${folder} could not be taken.`);
  } finally {
    await rm(mine, { force: true });
  }
};
