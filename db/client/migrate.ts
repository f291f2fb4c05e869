// Applies db/migrations/NNNN_name.sql in order, each in a transaction, under a lock. A landed file is never edited: its
// checksum is kept and compared.
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import type { Sql } from "./database.ts";

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

const landed = new URL("../migrations/", import.meta.url);
/** Any number, as long as nobody else uses it. */
const lockKey = 7_704_231;

export const readMigrations = async (folder: URL = landed): Promise<ReadonlyArray<Migration>> => {
  const files = (await readdir(folder)).filter((file) => /^\d{4}_\w+\.sql$/.test(file)).sort();
  return Promise.all(
    files.map(async (name) => {
      const sql = await readFile(new URL(name, folder), "utf8");
      return { version: Number(name.slice(0, 4)), name, sql, sha256: createHash("sha256").update(sql).digest("hex") };
    }),
  );
};

/** Brings the schema up to date. Rejects with a sentence for a person where that cannot be. */
export const migrate = async (sql: Sql, folder: URL = landed): Promise<ReadonlyArray<string>> => {
  const migrations = await readMigrations(folder);
  await sql`create table if not exists schema_migration (
    version integer primary key, name text not null, sha256 text not null, applied_at timestamptz not null default now())`;
  const applied: Array<string> = [];
  for (const migration of migrations) {
    const done = await sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(${lockKey})`;
      const [known] = await tx<
        Array<{ name: string; sha256: string }>
      >`select name, sha256 from schema_migration where version = ${migration.version}`;
      if (known !== undefined) {
        if (known.sha256 === migration.sha256) return false;
        throw new Error(
          `The migration ${known.name} was changed after it was applied. Put the file back as it was, and add a new migration instead.`,
        );
      }
      await tx.unsafe(migration.sql).simple();
      await tx`insert into schema_migration (version, name, sha256) values (${migration.version}, ${migration.name}, ${migration.sha256})`;
      return true;
    });
    if (done) applied.push(migration.name);
  }
  const known = new Set(migrations.map(({ version }) => version));
  const newer = (await sql<Array<{ version: number; name: string }>>`select version, name from schema_migration order by version`).find(
    ({ version }) => !known.has(version),
  );
  if (newer !== undefined) {
    throw new Error(
      `The database was used by a newer PixSim (it has the migration ${newer.name}). Start that version, or use another database.`,
    );
  }
  return applied;
};
