// What a server has open and runs, and what it left on the disk: its blobs and its rows.
import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { Effect, ManagedRuntime } from "effect";
import { Database, type Sql } from "#db/client/database.ts";
import { embeddedDatabase } from "#db/client/embedded.ts";

/** SHA-256 of all blobs that are on the disk; what is left in the staging folders stands among them, but for their locks. */
export const blobsOf = async (data: string): Promise<ReadonlyArray<string>> => {
  const root = join(data, "blobs");
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name !== "lock")
    .map(({ parentPath, name }) =>
      join(parentPath, name)
        .slice(root.length + 1)
        .replaceAll("/", ""),
    )
    .sort();
};

/** Asks the embedded database of a server that does not run. */
export const readDatabase = async <T>(data: string, query: (sql: Sql) => Promise<T>): Promise<T> => {
  const runtime = ManagedRuntime.make(embeddedDatabase({ dataDir: data }));
  try {
    return await runtime.runPromise(Effect.flatMap(Database, (database) => database.query(query)));
  } finally {
    await runtime.dispose();
  }
};

/** What the open files of a process are: paths, `socket:[…]`, `pipe:[…]`. */
export const openFiles = async (pid: number): Promise<ReadonlyArray<string>> => {
  const folder = `/proc/${pid}/fd`;
  // One that was closed meanwhile is none.
  return Promise.all((await readdir(folder)).map((fd) => readlink(join(folder, fd)).catch(() => "")));
};

/** Numbers of the processes that a process has started and that have not ended. */
export const childrenOf = async (pid: number): Promise<ReadonlyArray<number>> =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8"))
    .split(" ")
    .filter((child) => child !== "")
    .map(Number);
