// Applies db/migrations/NNNN_name.sql in order, each in a transaction, under a lock. A landed file is never edited: its
// checksum is kept and compared.
import type { Queryable, Sql, Tx } from "./database.ts";
import { type Applied, type Migration, readMigrations } from "./migrations.ts";
import { codeOf } from "./postgres-js.ts";

/** Any number, as long as nobody else uses it. */
const lockKey = 7_704_231;

/** Rejects where what a database has does not fit the files. */
export const checkApplied = (rows: ReadonlyArray<Applied>, migrations: ReadonlyArray<Applied>): void => {
  for (const row of rows) {
    const migration = migrations.find(({ version }) => version === row.version);
    if (migration === undefined)
      throw new Error(
        `The database was used by a newer PixSim (it has the migration ${row.name}). Start that version, or use another database.`,
      );
    if (migration.sha256 !== row.sha256)
      throw new Error(
        `The migration ${row.name} was changed after it was applied. Put the file back as it was, and add a new migration instead.`,
      );
  }
};

/** The migrations that a database has, in order; none where it is no database of PixSim's. */
export const readApplied = async (sql: Queryable): Promise<ReadonlyArray<Applied>> => {
  const [table] = await sql<Array<{ exists: boolean }>>`select to_regclass('schema_migration') is not null as exists`;
  return table?.exists === true ? sql<Array<Applied>>`select version, name, sha256 from schema_migration order by version` : [];
};

/** What the database has, once no other process is migrating it. Rejects where that does not fit the files. */
const applied = async (tx: Tx, migrations: ReadonlyArray<Migration>): Promise<ReadonlySet<number>> => {
  // It takes as long as it takes.
  await tx`set local statement_timeout = 0`;
  await tx`select pg_advisory_xact_lock(${lockKey})`;
  const [table] = await tx<Array<{ exists: boolean }>>`select to_regclass('schema_migration') is not null as exists`;
  if (table?.exists !== true) {
    await tx`create table schema_migration (
      version integer primary key, name text not null, sha256 text not null, applied_at timestamptz not null default now())`;
  }
  const rows = await readApplied(tx);
  checkApplied(rows, migrations);
  return new Set(rows.map(({ version }) => version));
};

/** What only whoever installed the server can change is said as that. */
const failure = ({ name, sql }: Migration, cause: unknown): Error => {
  const message = cause instanceof Error ? cause.message : String(cause);
  const extension = /create extension (?:if not exists )?"?(\w+)/i.exec(sql)?.[1] ?? "";
  if (/^extension ".*" is not available|could not open extension control file/.test(message))
    return new Error(
      `This PostgreSQL has no extension ${extension}. Install it there${extension === "vector" ? " (pgvector; Debian: postgresql-<version>-pgvector)" : ""}, then start again.`,
      { cause },
    );
  if (message.startsWith("permission denied to create extension"))
    return new Error(
      `The user of DATABASE_URL may not add the extension ${extension} to the database. Let an administrator of it run \`create extension ${extension}\` there, then start again.`,
      { cause },
    );
  return Object.assign(new Error(`The migration ${name} failed: ${message}`, { cause }), { code: codeOf(cause) });
};

/** Brings the schema up to date, or up to `last`; answers what it applied. Rejects with a sentence for a person where that cannot be. */
export const migrate = async (sql: Sql, folder?: URL, last = Infinity): Promise<ReadonlyArray<string>> => {
  const migrations = await readMigrations(folder);
  const done: Array<string> = [];
  const before = await sql.begin((tx) => applied(tx, migrations));
  for (const migration of migrations.filter(({ version }) => version <= last && !before.has(version))) {
    const wasNew = await sql.begin(async (tx) => {
      // Another process may have been faster.
      if ((await applied(tx, migrations)).has(migration.version)) return false;
      await tx.unsafe(migration.sql).catch((cause: unknown) => {
        throw failure(migration, cause);
      });
      await tx`insert into schema_migration (version, name, sha256) values (${migration.version}, ${migration.name}, ${migration.sha256})`;
      return true;
    });
    if (wasNew) done.push(migration.name);
  }
  return done;
};
