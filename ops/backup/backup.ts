// Makes a backup of a place: all rows as of one moment, the media they name, and the keys. The server may go on meanwhile where the
// database is a PostgreSQL; the embedded one belongs to one process, so there it must be stopped.
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { copyFile, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Tx } from "#db/client/database.ts";
import { checkApplied, readApplied } from "#db/client/migrate.ts";
import { readMigrations } from "#db/client/migrations.ts";
import { linesOf, type Table, tablesOf } from "#db/client/rows.ts";
import { allBlobs } from "#db/queries/asset.ts";
import { archivePath } from "#runtime/blobs/archive.ts";
import { digest } from "#runtime/blobs/digest.ts";
import { settle } from "#runtime/blobs/disk.ts";
import { blobPath } from "#runtime/blobs/local.ts";
import { forEachFile, putBlob } from "./files.ts";
import {
  backupFormat,
  isSecretName,
  type Manifest,
  manifestPath,
  mediaListPath,
  type MediaLine,
  mediaPath,
  secretPath,
  tablePath,
} from "./manifest.ts";
import { version } from "../version.ts";
import { type Place, withDatabase } from "./place.ts";

export interface BackupReport {
  readonly manifest: Manifest;
  /** SHA-256 of media that rows name and that are missing or damaged: they are not in the backup. */
  readonly lost: ReadonlyArray<string>;
}

/** `secrets`: with the keys. The folder must be empty, or not there yet. Rejects with a sentence for a person; then nothing is left of it. */
export const backUp = async (place: Place, folder: string, options: { readonly secrets: boolean }): Promise<BackupReport> => {
  await checkPlace(place);
  await claim(folder);
  try {
    return await write(place, folder, options);
  } catch (error) {
    for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
    throw error;
  }
};

/** Before the embedded database would be made where there is none. */
const checkPlace = async ({ data, databaseUrl }: Place): Promise<void> => {
  const needed = databaseUrl === undefined ? join(data, "db") : data;
  const there = await stat(needed).catch(() => undefined);
  if (there?.isDirectory() !== true)
    throw new Error(`There is nothing to back up in the data folder ${data}. PIXSIM_DATA names the right one.`);
};

/** The folder for the backup, for this user only: there are hashes of passwords in it. */
const claim = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0)
    throw new Error(`${folder} is not empty. Each backup needs a folder of its own: name another one.`);
};

const write = async (place: Place, folder: string, options: { readonly secrets: boolean }): Promise<BackupReport> => {
  await mkdir(join(folder, "tables"));
  const madeAt = new Date().toISOString();
  const { migrations, tables, blobs } = await withDatabase(place, false, ({ sql }) =>
    sql.begin("isolation level repeatable read read only", async (tx) => {
      const migrations = await currentSchema(tx);
      const tables: Array<Manifest["tables"][number]> = [];
      for (const table of await tablesOf(tx)) tables.push(await writeTable(tx, table, tablePath(folder, table.name)));
      return { migrations, tables, blobs: [...(await allBlobs(tx))] };
    }),
  );
  const lost = new Set<string>();
  await forEachFile(blobs, async ({ sha256, size }) => {
    const sources = [blobPath(place.data, sha256), ...(place.archive === undefined ? [] : [archivePath(place.archive, sha256)])];
    for (const source of sources) if (await putBlob(source, mediaPath(folder, sha256), sha256, size)) return;
    lost.add(sha256);
  });
  const media = await writeMediaList(
    folder,
    blobs.filter(({ sha256 }) => !lost.has(sha256)),
  );
  const secrets = options.secrets ? await copySecrets(place, folder) : null;
  const manifest: Manifest = { format: backupFormat, version, madeAt, migrations, tables, media, secrets };
  await writeFile(manifestPath(folder), `${JSON.stringify(manifest, null, 2)}\n`, { flush: true });
  await settle(folder, "r");
  return { manifest, lost: [...lost] };
};

/** What the database has, where that is all of what this program has. */
const currentSchema = async (tx: Tx): Promise<Manifest["migrations"]> => {
  const known = await readMigrations();
  const found = await readApplied(tx);
  checkApplied(found, known);
  if (found.length === 0)
    throw new Error("There is nothing to back up: the database was never used by PixSim. DATABASE_URL names the right one.");
  if (found.length < known.length)
    throw new Error("The database was last used by an older PixSim. Back it up with that version, or start this one on it first.");
  return found.map(({ version, name, sha256 }) => ({ version, name, sha256 }));
};

const writeTable = async (tx: Tx, table: Table, path: string): Promise<Manifest["tables"][number]> => {
  let rows = 0;
  const hash = createHash("sha256");
  const hashing = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const text = async function* () {
    for await (const lines of linesOf(tx, table)) {
      rows += lines.length;
      yield `${lines.join("\n")}\n`;
    }
  };
  await pipeline(text, createGzip(), hashing, createWriteStream(path, { flags: "wx", mode: 0o600, flush: true }));
  return { name: table.name, rows, sha256: hash.digest("hex") };
};

const writeMediaList = async (folder: string, blobs: ReadonlyArray<MediaLine>): Promise<Manifest["media"]> => {
  const text = blobs.map(({ sha256, size }) => `${JSON.stringify({ sha256, size })}\n`).join("");
  await writeFile(mediaListPath(folder), text, { flush: true });
  return {
    files: blobs.length,
    bytes: blobs.reduce((sum, { size }) => sum + size, 0),
    sha256: createHash("sha256").update(text).digest("hex"),
  };
};

const copySecrets = async ({ data }: Place, folder: string): Promise<NonNullable<Manifest["secrets"]>> => {
  const names = (await readdir(resolve(data, "secrets"))).filter(isSecretName).sort();
  await mkdir(join(folder, "secrets"), { mode: 0o700 });
  return Promise.all(
    names.map(async (name) => {
      const target = secretPath(folder, name);
      await copyFile(join(data, "secrets", name), target);
      await settle(target, "r+");
      return { name, sha256: (await digest(target)).sha256 };
    }),
  );
};
