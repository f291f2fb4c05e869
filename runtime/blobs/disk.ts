// What a refusal of the disk means to a person, and what survives a loss of power.
import { open } from "node:fs/promises";
import { Effect } from "effect";
import { CallError } from "#protocol/wire/errors.ts";

const meanings: Readonly<Record<string, string>> = {
  ENOSPC: "The disk of the data folder is full. Free some space, then try again.",
  EDQUOT: "The disk quota of the data folder is used up. Free some space, then try again.",
  EROFS: "The data folder is on a read-only disk. Make it writable, then try again.",
  EACCES: "The server may not write to its data folder. Correct the folder's permissions, then try again.",
  EPERM: "The server may not write to its data folder. Correct the folder's permissions, then try again.",
  EFBIG: "The disk of the data folder cannot hold a file this large.",
};

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");

/** `storage_full` where the disk refused, else `unavailable`. */
export const diskError = (error: unknown): CallError => {
  const code = codeOf(error);
  const meaning = meanings[code];
  if (meaning !== undefined) return new CallError("storage_full", meaning);
  if (code === "ENOENT") return new CallError("unavailable", "A file that was to be stored is gone. Try again.");
  return new CallError("unavailable", `The data folder cannot be used just now (${code === "" ? String(error) : code}). Try again.`);
};

/** Runs file operations whose refusal is for the caller to hear. They cannot be called back, so they are waited for. */
export const onDisk = <T>(run: () => Promise<T>): Effect.Effect<T, CallError> =>
  Effect.uninterruptible(Effect.tryPromise({ try: run, catch: diskError }));

/** The value, or `otherwise` where there is no such file. */
export const unlessMissing = async <T>(run: Promise<T>, otherwise: T): Promise<T> => {
  try {
    return await run;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return otherwise;
    throw error;
  }
};

/** Makes the content of a file or folder survive a loss of power. */
export const settle = async (path: string, flags: "r" | "r+"): Promise<void> => {
  await using handle = await open(path, flags);
  await handle.sync();
};
