// Work for the pool's tests.
import { threadId } from "node:worker_threads";

/** Answers in which thread it ran. */
export const whereami = (): number => threadId;

/** Throws as the file system does. */
export const fail = (code: string): never => {
  throw Object.assign(new Error(`${code}: no`), { code });
};

/** Works on: tells that it has begun (at 0 of the array), and goes on until it is told to end (at 1), without a turn between. */
export const spin = (flags: Int32Array<SharedArrayBuffer>): string => {
  Atomics.add(flags, 0, 1);
  Atomics.notify(flags, 0);
  while (Atomics.load(flags, 1) === 0) Atomics.wait(flags, 1, 0);
  return "ended";
};
