// A service as a child process: in a group of its own, so that a Ctrl-C at the terminal does not end it before those who use it; and
// gone at the latest when this process is.
import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const { pid } of running) {
    try {
      // The whole group: the service may have started others.
      if (pid !== undefined) process.kill(-pid, "SIGKILL");
    } catch {
      // It has just ended by itself.
    }
  }
});

export const spawnService = (command: string, args: ReadonlyArray<string>, options: SpawnOptions): ChildProcess => {
  const child = spawn(command, args, { ...options, detached: true });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
};
