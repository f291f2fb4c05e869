import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Effect, Exit, Layer, ManagedRuntime, Scope } from "effect";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Database, type Sql } from "./database.ts";
import { migrate } from "./migrate.ts";
import { readMigrations } from "./migrations.ts";
import { postgres } from "./postgres-mended.ts";
import { serverDatabase } from "./server.ts";
import { freshServerUrl, testDatabases } from "./testing.ts";

describe.each(testDatabases)("migrations of the $engine database", ({ layer }) => {
  const runtime = ManagedRuntime.make(layer);
  let sql: Sql;
  let folder: string;

  beforeAll(async () => {
    ({ sql } = await runtime.runPromise(Database));
  });
  afterAll(() => runtime.dispose());
  beforeEach(async () => {
    await sql`drop table if exists schema_migration, one, two`;
    folder = await mkdtemp(join(tmpdir(), "pixsim-migrate-"));
    await write("0001_one.sql", "create table one (id int);\ncreate index one_id on one (id);\n");
    await write("0002_two.sql", "create table two (id int);\ninsert into two values (1);\n");
    return () => rm(folder, { recursive: true });
  });
  const write = (name: string, text: string) => writeFile(join(folder, name), text);
  const run = () => migrate(sql, pathToFileURL(`${folder}/`));
  const refusal = () =>
    run().then(
      () => "not refused",
      (error: Error) => error.message,
    );

  test("are applied in order, once each", async () => {
    expect(await run()).toEqual(["0001_one.sql", "0002_two.sql"]);
    expect(await run()).toEqual([]);
    await write("0003_three.sql", "insert into two values (3)");
    expect(await run()).toEqual(["0003_three.sql"]);
    expect(await sql`select id from two order by id`).toEqual([{ id: 1 }, { id: 3 }]);
  });

  test("that run twice at the same time are applied once", async () => {
    const applied = await Promise.all([run(), run(), run()]);
    expect(applied.flat().sort()).toEqual(["0001_one.sql", "0002_two.sql"]);
    expect(await sql`select id from two`).toEqual([{ id: 1 }]);
  });

  test("that fail leave nothing, say which they are, and can be applied once corrected", async () => {
    await write("0002_two.sql", "create table two (id int); insert into nowhere values (1);");
    expect(await refusal()).toBe('The migration 0002_two.sql failed: relation "nowhere" does not exist');
    expect(await sql`select to_regclass('two')::text as two, to_regclass('one')::text as one`).toEqual([{ two: null, one: "one" }]);
    await write("0002_two.sql", "create table two (id int)");
    expect(await run()).toEqual(["0002_two.sql"]);
  });

  test("that were edited after they landed are refused; another line ending is no edit", async () => {
    await run();
    await write("0002_two.sql", "create table two (id int);\r\ninsert into two values (1);\r\n");
    expect(await run()).toEqual([]);
    await write("0002_two.sql", "create table two (id bigint)");
    expect(await refusal()).toContain("0002_two.sql was changed after it was applied");
  });

  test("of a newer program are refused before anything is applied", async () => {
    await run();
    await rm(join(folder, "0002_two.sql"));
    await write("0003_three.sql", "drop table one");
    expect(await refusal()).toContain("newer PixSim (it has the migration 0002_two.sql)");
    expect(await sql`select * from one`).toEqual([]);
  });

  test("that need an extension which the server has not are told as that", async () => {
    await write("0002_two.sql", "create extension if not exists pixsim_nowhere");
    expect(await refusal()).toBe("This PostgreSQL has no extension pixsim_nowhere. Install it there, then start again.");
  });

  test("with a wrong name or the same number are refused", async () => {
    await write("0002_again.sql", "select 1");
    expect(await refusal()).toContain("have the same number");
    await rm(join(folder, "0002_again.sql"));
    await write("3_three.sql", "select 1");
    expect(await refusal()).toContain("not named like 0001_name.sql");
  });
});

test("the migrations of the program are named as they must be, and numbered from 1 without a gap", async () => {
  const versions = (await readMigrations()).map(({ version }) => version);
  expect(versions.length).toBeGreaterThan(1);
  expect(versions).toEqual(versions.map((_, at) => at + 1));
});

test("a user who may not do what migrations need is told what an administrator does about it", async () => {
  const scope = Scope.makeUnsafe();
  const { url } = await Effect.runPromise(Effect.provideService(freshServerUrl, Scope.Scope, scope));
  const admin = postgres(url, { max: 1, onnotice: () => {} });
  const name = `weak_${crypto.randomUUID().replaceAll("-", "")}`;
  await admin.unsafe(`create role ${name} login`);
  const weak = new URL(url);
  weak.username = name;
  const folder = await mkdtemp(join(tmpdir(), "pixsim-migrate-"));
  const client = postgres(weak.href, { max: 1, onnotice: () => {} });
  try {
    const start = Effect.flip(Effect.scoped(Layer.build(serverDatabase({ url: weak.href }))));
    expect((await Effect.runPromise(start)).message).toMatch(
      /^PostgreSQL at \S+ refuses: permission denied .*\. Let the user of DATABASE_URL own/,
    );
    await admin.unsafe(`alter database ${new URL(url).pathname.slice(1)} owner to ${name}`);
    await admin.unsafe(`alter table schema_migration rename to schema_migration_before`);
    await writeFile(join(folder, "0001_one.sql"), "create extension dblink");
    await expect(migrate(client as unknown as Sql, pathToFileURL(`${folder}/`))).rejects.toThrow(
      "The user of DATABASE_URL may not add the extension dblink to the database. Let an administrator of it run `create extension dblink` there",
    );
  } finally {
    await client.end();
    await admin.unsafe(`drop owned by ${name}`).catch(() => {});
    await admin.end();
    await rm(folder, { recursive: true });
    await Effect.runPromise(Scope.close(scope, Exit.void));
  }
});
