// The files of db/migrations.
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";

export interface Applied {
  readonly version: number;
  readonly name: string;
  readonly sha256: string;
}

export interface Migration extends Applied {
  readonly sql: string;
}

const landed = new URL("../migrations/", import.meta.url);
/** The migrations in a folder, in order. Rejects where a name is not NNNN_name.sql or a number is there twice. */
export const readMigrations = async (folder: URL = landed): Promise<ReadonlyArray<Migration>> => {
  const names = (await readdir(folder)).filter((file) => file.endsWith(".sql")).sort();
  const migrations = await Promise.all(
    names.map(async (name) => {
      if (!/^\d{4}_\w+\.sql$/.test(name)) throw new Error(`The migration ${name} is not named like 0001_name.sql.`);
      // Some checkouts end lines with CR LF: the file is the same.
      const sql = (await readFile(new URL(name, folder), "utf8")).replaceAll("\r\n", "\n");
      return { version: Number(name.slice(0, 4)), name, sql, sha256: createHash("sha256").update(sql).digest("hex") };
    }),
  );
  migrations.reduce<Migration | undefined>((before, migration) => {
    if (before?.version === migration.version) throw new Error(`The migrations ${before.name} and ${migration.name} have the same number.`);
    return migration;
  }, undefined);
  return migrations;
};
