import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ManagedRuntime } from "effect";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Database, type Sql } from "./database.ts";
import { migrate, readMigrations } from "./migrate.ts";
import { testDatabases } from "./testing.ts";

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

  test("with a wrong name or the same number are refused", async () => {
    await write("0002_again.sql", "select 1");
    expect(await refusal()).toContain("have the same number");
    await rm(join(folder, "0002_again.sql"));
    await write("3_three.sql", "select 1");
    expect(await refusal()).toContain("not named like 0001_name.sql");
  });
});

test("the migrations of the program are numbered and named as they must be", async () => {
  expect((await readMigrations()).map(({ version }) => version)[0]).toBe(1);
});
