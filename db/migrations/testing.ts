// What a migration makes of what was there before it, for its test.
import type { Queryable, Sql } from "../client/database.ts";
import { readMigrations } from "../client/migrations.ts";

/** Of a database with all migrations before that of this name, and what `fill` writes then: what `read` finds in it after that migration. */
export const migrated = async <Found>(
  sql: Sql,
  name: string,
  fill: (tx: Queryable) => Promise<unknown>,
  read: (tx: Queryable) => PromiseLike<Found>,
): Promise<Found> => {
  const migrations = await readMigrations();
  const at = migrations.findIndex((migration) => migration.name === name);
  const [found] = await sql.begin(async (tx) => {
    await tx`create schema older`;
    await tx`set local search_path to older`;
    for (const { sql: text } of migrations.slice(0, at)) await tx.unsafe(text);
    await fill(tx);
    await tx.unsafe(migrations[at]!.sql);
    return [await read(tx)];
  });
  return found as Found;
};
