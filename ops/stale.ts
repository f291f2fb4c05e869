// Does work on files again only when one of them has changed since: a stamp beside the result says what it was made of.
import { createHash } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface Made {
  /** Folder that the sources are named from. */
  readonly root: string;
  /** Files, and folders with all that is in them. */
  readonly sources: ReadonlyArray<string>;
  /** File that the work leaves in place, or removes with its result. */
  readonly stamp: string;
}

/** All files in a folder, or the file itself. */
export const filesOf = async (path: string): Promise<ReadonlyArray<string>> => {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
};

/** Changes whenever a source does. */
const fingerprint = async ({ root, sources }: Made): Promise<string> => {
  const hash = createHash("sha256");
  for (const source of sources) {
    for (const file of [...(await filesOf(join(root, source)))].sort()) {
      const content = await readFile(file);
      hash.update(`${file}\0${content.length}\0`).update(content);
    }
  }
  return hash.digest("hex");
};

/** Answers whether anything had to be done. What fails is done again the next time. */
export const whereStale = async (made: Made, work: () => Promise<void>): Promise<boolean> => {
  const wanted = await fingerprint(made);
  if ((await readFile(made.stamp, "utf8").catch(() => "")) === wanted) return false;
  await work();
  await writeFile(made.stamp, wanted);
  return true;
};
