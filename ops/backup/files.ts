// Files on their way into a backup and out of it. What is stored never changes, so a file on the same disk is linked and takes no
// room; each is read and compared with its hash all the same.
import { constants, copyFile, link, mkdir, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { digest } from "#runtime/blobs/digest.ts";
import { settle } from "#runtime/blobs/disk.ts";

/** Files that are read at the same time. */
const lanes = 4;

const linked = (source: string, target: string): Promise<boolean> =>
  link(source, target).then(
    () => true,
    // Another disk, or one without links.
    () => false,
  );

/** Puts a file of known bytes in its place. False, and nothing there: the source is missing or is not what it should be. */
export const putBlob = async (source: string, target: string, sha256: string, size: number): Promise<boolean> => {
  const there = await stat(source).catch(() => undefined);
  if (there?.size !== size) return false;
  await mkdir(dirname(target), { recursive: true });
  if (!(await linked(source, target))) {
    await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    await settle(target, "r+");
  }
  if ((await digest(target)).sha256 === sha256) return true;
  await rm(target);
  return false;
};

/** Does something with each, some at a time. */
export const forEachFile = async <T>(items: Iterable<T>, run: (item: T) => Promise<void>): Promise<void> => {
  const left = items[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) await run(next.value);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
};
