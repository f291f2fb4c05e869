// Puts a backup into an empty place, of either engine. All of the backup is read and compared with its manifest before anything is
// written. The rows come last and in one transaction: a place whose database has rows is whole.
import { createReadStream } from "node:fs";
import { copyFile, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Database, Tx } from "#db/client/database.ts";
import { checkApplied, migrate, readApplied } from "#db/client/migrate.ts";
import { readMigrations } from "#db/client/migrations.ts";
import { insertLines, isUnused, tablesOf } from "#db/client/rows.ts";
import { markAllHere } from "#db/queries/original.ts";
import { digest } from "#runtime/blobs/digest.ts";
import { settle } from "#runtime/blobs/disk.ts";
import { blobPath } from "#runtime/blobs/local.ts";
import { forEachFile, putBlob } from "./files.ts";
import { type Manifest, mediaListPath, type MediaLine, mediaPath, readManifest, readMediaList, secretPath, tablePath } from "./manifest.ts";
import { type Place, withDatabase } from "./place.ts";

/** Rejects with a sentence for a person where the backup or the place is not fit; then the place is as empty as before. */
export const restore = async (folder: string, place: Place): Promise<Manifest> => {
  const manifest = await readManifest(folder);
  await checkSchema(folder, manifest);
  const media = await verify(folder, manifest);
  const before = await checkEmpty(place);
  let opened = false;
  try {
    await withDatabase(place, true, async (database) => {
      opened = true;
      await fill(folder, manifest, media, place, database).catch(async (error: unknown) => {
        for (const name of ["blobs", "secrets"]) await rm(join(place.data, name), { recursive: true, force: true });
        throw error;
      });
    });
  } catch (error) {
    // Unless it is somebody else's.
    if (opened && !before.includes("db")) await rm(join(place.data, "db"), { recursive: true, force: true });
    throw error;
  }
  return manifest;
};

const checkSchema = async (folder: string, { migrations }: Manifest): Promise<void> => {
  const known = await readMigrations();
  const newer = migrations.find(({ version }) => !known.some((migration) => migration.version === version));
  if (newer !== undefined)
    throw new Error(`The backup ${folder} was made by a newer PixSim (it has the migration ${newer.name}). Restore it with that version.`);
  checkApplied(migrations, known);
};

/** Compares all files with the manifest; answers the list of media. */
const verify = async (folder: string, manifest: Manifest): Promise<ReadonlyArray<MediaLine>> => {
  const damaged = (what: string): Error =>
    new Error(`The backup ${folder} is damaged: ${what} is missing or not what its manifest says. Nothing was restored.`);
  const listed: ReadonlyArray<readonly [what: string, path: string, sha256: string]> = [
    ...manifest.tables.map(({ name, sha256 }) => [`the table ${name}`, tablePath(folder, name), sha256] as const),
    ["the list of media", mediaListPath(folder), manifest.media.sha256],
    ...(manifest.secrets ?? []).map(({ name, sha256 }) => [`the key ${name}`, secretPath(folder, name), sha256] as const),
  ];
  for (const [what, path, sha256] of listed) if ((await digest(path).catch(() => undefined))?.sha256 !== sha256) throw damaged(what);
  const media = await readMediaList(folder);
  await forEachFile(media, async ({ sha256, size }) => {
    const found = await digest(mediaPath(folder, sha256)).catch(() => undefined);
    if (found?.sha256 !== sha256 || found.size !== size) throw damaged(`the media file ${sha256}`);
  });
  return media;
};

const notEmpty = (what: string, instead: string): Error =>
  new Error(`${what} is in use: a backup is restored into an empty place only. ${instead}`);

/** Answers what is there: nothing, a lock (of this process, or of one that was killed), a database that is looked at when it is open. */
const checkEmpty = async ({ data }: Place): Promise<ReadonlyArray<string>> => {
  const names = await readdir(data).catch(() => []);
  if (names.every((name) => name === "db" || name === "lock" || name.startsWith("lock."))) return names;
  throw notEmpty(`The data folder ${data}`, "Choose another with PIXSIM_DATA, or move what is in it away.");
};

const unusedElsewhere = "Name an empty one with DATABASE_URL, or another data folder with PIXSIM_DATA.";

const fill = async (
  folder: string,
  manifest: Manifest,
  media: ReadonlyArray<MediaLine>,
  { data }: Place,
  { sql }: Database["Service"],
): Promise<void> => {
  const last = manifest.migrations.at(-1)!.version;
  // Before the first migration: a database of before must not be brought up to date by the way.
  if ((await readApplied(sql)).length > 0 && !(await sql.begin(isUnused))) throw notEmpty("The database", unusedElsewhere);
  await migrate(sql, undefined, last);
  if ((await readApplied(sql)).some(({ version }) => version > last))
    throw notEmpty("The database", `It has the tables of a newer PixSim than the backup's. ${unusedElsewhere}`);
  await forEachFile(media, async ({ sha256, size }) => {
    if (!(await putBlob(mediaPath(folder, sha256), blobPath(data, sha256), sha256, size)))
      throw new Error(`The backup ${folder} has changed meanwhile.`);
  });
  await putSecrets(folder, manifest, data);
  await sql.begin((tx) => fillTables(tx, folder, manifest));
  await migrate(sql);
  // Those that were in an archive only are in the data folder now, as all are.
  await markAllHere(sql);
};

/** Not by `readline`: that takes more for the end of a line than JSON does. */
async function* linesIn(path: string): AsyncGenerator<string> {
  const unzipped = createGunzip();
  // What breaks off is told to who reads.
  pipeline(createReadStream(path), unzipped, () => {});
  let rest = "";
  for await (const chunk of unzipped.setEncoding("utf8") as AsyncIterable<string>) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

const fillTables = async (tx: Tx, folder: string, manifest: Manifest): Promise<void> => {
  if (!(await isUnused(tx))) throw notEmpty("The database", unusedElsewhere);
  const tables = new Map((await tablesOf(tx)).map((table) => [table.name, table]));
  for (const { name, rows } of manifest.tables) {
    const table = tables.get(name);
    if (table === undefined)
      throw new Error(`The backup ${folder} has a table ${name}, which is not one of PixSim's. Nothing was restored.`);
    const count = await insertLines(tx, table, linesIn(tablePath(folder, name)));
    if (count !== rows)
      throw new Error(`The backup ${folder} is damaged: the table ${name} has ${count} rows, not ${rows}. Nothing was restored.`);
  }
};

/** Without keys in the backup the server makes new ones. */
const putSecrets = async (folder: string, { secrets }: Manifest, data: string): Promise<void> => {
  if (secrets === null) return;
  await mkdir(join(data, "secrets"), { recursive: true, mode: 0o700 });
  for (const { name } of secrets) {
    const target = join(data, "secrets", name);
    await copyFile(secretPath(folder, name), target);
    await settle(target, "r+");
  }
};
