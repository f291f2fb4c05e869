import { Effect, ManagedRuntime } from "effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Database, DatabaseError } from "./database.ts";
import { testDatabases } from "./testing.ts";

describe.each(testDatabases)("the $engine database", ({ engine, layer }) => {
  const runtime = ManagedRuntime.make(layer);
  let database: Database["Service"];
  const run = <A, E>(effect: Effect.Effect<A, E>) => runtime.runPromise(effect);

  beforeAll(async () => {
    database = await runtime.runPromise(Database);
    await run(database.query((sql) => sql`create table item (id int primary key, name text, data jsonb, at bigint, raw bytea)`));
  });
  afterAll(() => runtime.dispose());

  test("says which engine it is and has all migrations", async () => {
    expect(database.engine).toBe(engine);
    const rows = await run(database.query((sql) => sql<Array<{ version: number }>>`select version from schema_migration order by version`));
    expect(rows[0]?.version).toBe(1);
  });

  test("round-trips values of all the types we use", async () => {
    const data = { text: 'quotes " and \\ and ünïcode 🦊', nested: [1, 2.5, null, true] };
    const raw = Buffer.from([0, 1, 2, 255]);
    await run(database.query((sql) => sql`insert into item values (1, ${"näme"}, ${sql.json(data)}, ${1_764_000_000_000}, ${raw})`));
    const [row] = await run(database.query((sql) => sql`select * from item where id = 1`));
    expect(row).toEqual({ id: 1, name: "näme", data, at: 1_764_000_000_000, raw });
  });

  test("a statement of over a megabyte passes both ways", async () => {
    const large = "x".repeat(3_000_000);
    const [row] = await run(database.query((sql) => sql<Array<{ large: string }>>`select ${large}::text as large`));
    expect(row?.large.length).toBe(large.length);
  });

  test("64 callers at once each get their own answer", async () => {
    const answers = await run(
      Effect.forEach(
        Array.from({ length: 640 }, (_, n) => n),
        (n) =>
          n % 7 === 0
            ? database.transaction(async (tx) => {
                await tx`select pg_sleep(0)`;
                const [row] = await tx<Array<{ n: number }>>`select ${n}::int as n`;
                return row?.n;
              })
            : Effect.map(
                database.query((sql) => sql<Array<{ n: number }>>`select ${n}::int as n`),
                ([row]) => row?.n,
              ),
        { concurrency: 64 },
      ),
    );
    expect(answers).toEqual(Array.from({ length: 640 }, (_, n) => n));
  });

  test("a transaction that fails leaves nothing, and others go on", async () => {
    const failing = database.transaction(async (tx) => {
      await tx`insert into item (id, name) values (100, 'gone')`;
      await tx`select 1 / 0`;
    });
    const [error, rows] = await run(
      Effect.all([Effect.flip(failing), database.query((sql) => sql`select 1 as one`)], { concurrency: "unbounded" }),
    );
    expect(error).toBeInstanceOf(DatabaseError);
    expect(rows).toHaveLength(1);
    expect(await run(database.query((sql) => sql`select * from item where id = 100`))).toHaveLength(0);
  });

  test("savepoints take back their part only", async () => {
    await run(
      database.transaction(async (tx) => {
        await tx`insert into item (id) values (200)`;
        await tx
          .savepoint(async (inner) => {
            await inner`insert into item (id) values (201)`;
            throw new Error("back");
          })
          .catch(() => {});
      }),
    );
    expect(await run(database.query((sql) => sql`select id from item where id >= 200 order by id`))).toEqual([{ id: 200 }]);
  });

  test("a broken rule is a conflict, a bad statement is a fault", async () => {
    const twice = database.query((sql) => sql`insert into item (id) values (300), (300)`);
    expect((await run(Effect.flip(twice))).reason).toBe("conflict");
    expect((await run(Effect.flip(database.query((sql) => sql.unsafe("selec 1"))))).reason).toBe("fault");
  });

  test("listeners hear of notifications", async () => {
    const heard = Promise.withResolvers<string>();
    const listening = await database.sql.listen("news", (payload) => heard.resolve(payload));
    await run(database.query((sql) => sql`select pg_notify('news', 'hello')`));
    expect(await heard.promise).toBe("hello");
    await listening.unlisten();
  });

  test("a statement stays prepared over many uses", async () => {
    for (let n = 0; n < 50; n++) {
      const [row] = await run(database.query((sql) => sql<Array<{ sum: number }>>`select (${n}::int + 1) as sum`));
      expect(row?.sum).toBe(n + 1);
    }
  });
});
