// Disks that have no room, for tests.
import { execFileSync } from "node:child_process";

/** Runs it while this process can make no file longer than `bytes`: the disk takes that much, and refuses the rest as it does when it is full. Linux only. */
export const withLongestFile = async <T>(bytes: number, run: () => Promise<T>): Promise<T> => {
  const limit = (to: string) => execFileSync("prlimit", [`--pid=${process.pid}`, `--fsize=${to}:`]);
  limit(String(bytes));
  try {
    return await run();
  } finally {
    limit("unlimited");
  }
};
