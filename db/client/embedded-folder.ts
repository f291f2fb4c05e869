// A data folder locked for this process, its database being opened by a thread. Loads little, so that a start can begin with it:
// opening takes a second, in which the rest of the program is loaded.
import { constants, cp, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { EmbeddedBackend } from "./embedded-backend.ts";
import { lockFolder } from "./folder-lock.ts";
import { exists, templatePath } from "./template.ts";

const batchMsByDefault = 10 * 60_000;

export interface OpenFolder {
  /** Of the database. */
  readonly folder: string;
  readonly backend: EmbeddedBackend;
  /** Ends the thread, then gives the folder back. */
  readonly close: () => Promise<void>;
}

/** The folder of a new database: a copy of the template where there is one, which appears whole or not at all; else empty. */
const begin = async (folder: string): Promise<void> => {
  const template = join(await templatePath(), "db");
  if (!(await exists(template))) return mkdir(folder);
  const copy = `${folder}.new`;
  await rm(copy, { recursive: true, force: true });
  await cp(template, copy, { recursive: true, mode: constants.COPYFILE_FICLONE });
  await rename(copy, folder);
};

export interface OpenFolderOptions {
  /** As EmbeddedBackend has it. Default: 10 minutes. */
  readonly batchMs?: number | undefined;
  /** A new database has no schema: it is not begun from the template. */
  readonly bare?: boolean | undefined;
}

/**
 * Locks `dataDir` and begins to open (at first make) the database in its `db`; whether that succeeds, `backend.open()` tells.
 * Rejects with FolderInUse, or with the system's error where the folder cannot be written.
 */
export const openFolder = async (
  dataDir: string,
  { batchMs = batchMsByDefault, bare = false }: OpenFolderOptions = {},
): Promise<OpenFolder> => {
  const unlock = await lockFolder(dataDir);
  try {
    const folder = join(dataDir, "db");
    if (!(await exists(folder))) await (bare ? mkdir(folder) : begin(folder));
    const backend = new EmbeddedBackend(folder, batchMs);
    // A failure is told to who asks.
    backend.open().catch(() => {});
    return { folder, backend, close: () => backend.close().finally(unlock) };
  } catch (error) {
    await unlock();
    throw error;
  }
};
