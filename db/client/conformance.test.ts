// What both engines must do alike.
import { Effect, ManagedRuntime } from "effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Database, DatabaseError, type Sql } from "./database.ts";
import { storableJson } from "./storable.ts";
import { testDatabases } from "./testing.ts";

describe.each(testDatabases)("the $engine database", ({ engine, layer }) => {
  const runtime = ManagedRuntime.make(layer);
  let database: Database["Service"];
  const run = <A, E>(effect: Effect.Effect<A, E>) => runtime.runPromise(effect);
  const failure = (effect: Effect.Effect<unknown, DatabaseError>) => run(Effect.flip(effect));
  const query = <T>(statement: (sql: Sql) => PromiseLike<T>) => run(database.query(statement));

  beforeAll(async () => {
    database = await runtime.runPromise(Database);
    await query(
      (sql) => sql`
        create table item (id int primary key, name text, short varchar(40), data jsonb, exact json, at bigint, ratio double precision,
          yes boolean, raw bytea, words text[], numbers bigint[], day timestamptz, parent int references item (id))`,
    );
  });
  afterAll(() => runtime.dispose());

  test("says which engine it is and has all migrations", async () => {
    expect(database.engine).toBe(engine);
    const rows = await query((sql) => sql<Array<{ version: number }>>`select version from schema_migration order by version`);
    expect(rows[0]?.version).toBe(1);
  });

  test("round-trips values of all the types we use", async () => {
    const data = { text: 'quotes " and \\ and ünïcode 🦊', nested: [1, 2.5, null, true] };
    const row = {
      id: 1,
      name: "näme",
      short: "short",
      data,
      exact: data,
      at: 1_764_000_000_000,
      ratio: 0.1 + 0.2,
      yes: true,
      raw: Buffer.from([0, 1, 2, 255]),
      words: ["a", 'b"c', "", "d,e", "\\", "{}"],
      numbers: [1, 2 ** 53 - 1, -5],
      day: new Date("2026-11-24T01:02:03.456Z"),
      parent: null,
    };
    await query(
      (sql) => sql`
        insert into item values (${row.id}, ${row.name}, ${row.short}, ${sql.json(data)}, ${sql.json(data)}, ${row.at}, ${row.ratio}, ${row.yes},
          ${row.raw}, ${row.words}, ${row.numbers}, ${row.day}, ${row.parent})`,
    );
    expect(await query((sql) => sql`select * from item where id = 1`)).toEqual([row]);
    expect(await query((sql) => sql`select count(*) as n, sum(at)::bigint as sum from item where id = 1`)).toEqual([{ n: 1, sum: row.at }]);
    expect(await query((sql) => sql`select id from item where id = any(${[1, 7]}) and name = any(${["näme"]})`)).toEqual([{ id: 1 }]);
  });

  test("characters that cannot be stored become the replacement character, in text, arrays and JSON", async () => {
    const text = "a\0b";
    await query(
      (sql) => sql`
        insert into item (id, name, short, data, exact, words)
        values (10, ${text}, ${text}, ${sql.json({ text, half: "\uD83E" })}, ${sql.json({ text })}, ${[text]})`,
    );
    const [row] = await query((sql) => sql`select name, short, data, exact, words from item where id = 10`);
    const rows = await query(
      (sql) => sql`select * from json_to_recordset(${storableJson(JSON.stringify([{ id: 1, text }]))}::text::json) as r(id int, text text)`,
    );
    expect(rows).toEqual([{ id: 1, text: "a\uFFFDb" }]);
    const clean = "a\uFFFDb";
    expect(row).toEqual({ name: clean, short: clean, data: { text: clean, half: "\uFFFD" }, exact: { text: clean }, words: [clean] });
  });

  test("a statement of over a megabyte passes both ways", async () => {
    const large = "x".repeat(3_000_000);
    const [row] = await query((sql) => sql<Array<{ large: string }>>`select ${large}::text as large`);
    expect(row?.large.length).toBe(large.length);
    const rows = await query((sql) => sql<Array<{ n: number }>>`select n, repeat('y', 100) as pad from generate_series(1, 20000) as n`);
    expect(rows.length).toBe(20_000);
    expect(rows[19_999]?.n).toBe(20_000);
  });

  test("64 callers at once each get their own answer, be it a row, a transaction or an error", async () => {
    const numbers = Array.from({ length: 640 }, (_, n) => n);
    const answers = await run(
      Effect.forEach(
        numbers,
        (n) => {
          switch (n % 8) {
            case 0:
              return database.transaction(async (tx) => {
                await tx`select pg_sleep(0)`;
                const [row] = await tx<Array<{ n: number }>>`select ${n}::int as n`;
                return row?.n;
              });
            case 1:
              return Effect.match(
                database.query((sql) => sql`select ${n}::int / 0`),
                { onSuccess: () => -1, onFailure: ({ message }) => (message === "division by zero" ? n : -1) },
              );
            case 2:
              return Effect.map(
                database.query((sql) => sql.unsafe<Array<{ n: number }>>(`select ${n} as n`)),
                ([row]) => row?.n,
              );
            default:
              return Effect.map(
                database.query((sql) => sql<Array<{ n: number }>>`select ${n}::int as n`),
                ([row]) => row?.n,
              );
          }
        },
        { concurrency: 64 },
      ),
    );
    expect(answers).toEqual(numbers);
  });

  test("transactions that add to one row at the same time all count", async () => {
    await query((sql) => sql`insert into item (id, at) values (50, 0)`);
    const add = database.transaction(async (tx) => {
      const [row] = await tx<Array<{ at: number }>>`select at from item where id = 50 for update`;
      await tx`update item set at = ${row!.at + 1} where id = 50`;
    });
    await run(
      Effect.all(
        Array.from({ length: 40 }, () => add),
        { concurrency: "unbounded", discard: true },
      ),
    );
    expect(await query((sql) => sql`select at from item where id = 50`)).toEqual([{ at: 40 }]);
  });

  test("a transaction that fails leaves nothing, and others go on", async () => {
    const failing = database.transaction(async (tx) => {
      await tx`insert into item (id, name) values (100, 'gone')`;
      await tx`select 1 / 0`;
    });
    const thrown = database.transaction(async (tx) => {
      await tx`insert into item (id, name) values (101, 'gone')`;
      throw new Error("changed my mind");
    });
    const [error, mind, rows] = await run(
      Effect.all([Effect.flip(failing), Effect.flip(thrown), database.query((sql) => sql`select 1 as one`)], { concurrency: "unbounded" }),
    );
    expect(error).toBeInstanceOf(DatabaseError);
    expect(mind).toMatchObject({ reason: "fault", message: "changed my mind" });
    expect(rows).toHaveLength(1);
    expect(await query((sql) => sql`select * from item where id in (100, 101)`)).toHaveLength(0);
  });

  test("savepoints within savepoints take back their part only", async () => {
    await run(
      database.transaction(async (tx) => {
        await tx`insert into item (id) values (200)`;
        await tx.savepoint(async (outer) => {
          await outer`insert into item (id) values (201)`;
          await outer
            .savepoint(async (inner) => {
              await inner`insert into item (id) values (202)`;
              await inner`insert into item (id) values (201)`;
            })
            .catch(() => {});
          await outer`insert into item (id) values (203)`;
        });
      }),
    );
    expect(await query((sql) => sql`select id from item where id between 200 and 299 order by id`)).toEqual([
      { id: 200 },
      { id: 201 },
      { id: 203 },
    ]);
  });

  test("a broken rule is a conflict, a bad statement is a fault, a forbidden write is a full disk", async () => {
    expect((await failure(database.query((sql) => sql`insert into item (id) values (300), (300)`))).reason).toBe("conflict");
    expect((await failure(database.query((sql) => sql`insert into item (id, parent) values (301, 999)`))).reason).toBe("conflict");
    expect((await failure(database.query((sql) => sql.unsafe("selec 1")))).reason).toBe("fault");
    expect((await failure(database.query((sql) => sql`select ${"x"}::int`))).reason).toBe("fault");
    const readOnly = database.transaction(async (tx) => {
      await tx`set transaction read only`;
      await tx`insert into item (id) values (302)`;
    });
    expect((await failure(readOnly)).reason).toBe("full");
  });

  test("a connection that is lost within a transaction takes the transaction back, and the next statement works", async () => {
    const lost = await failure(
      database.transaction(async (tx) => {
        await tx`insert into item (id) values (400)`;
        if (engine === "postgres") await tx`select pg_terminate_backend(pg_backend_pid())`;
        // As the embedded engine does when it cannot go on.
        else await tx.unsafe("do $$ begin raise exception 'no space' using errcode = '53100'; end $$");
      }),
    );
    expect(lost.reason).toBe(engine === "postgres" ? "unavailable" : "full");
    const again = await run(
      Effect.retry(
        database.query((sql) => sql`select id from item where id = 400`),
        { times: 5, while: ({ reason }) => reason === "unavailable" },
      ),
    );
    expect(again).toHaveLength(0);
  });

  test("listeners hear of notifications, of their channel and after the commit only", async () => {
    const heard: Array<string> = [];
    const done = Promise.withResolvers<void>();
    const listening = await database.sql.listen("news", (payload) => {
      heard.push(payload);
      if (payload === "last") done.resolve();
    });
    await query((sql) => sql`select pg_notify('news', 'first'), pg_notify('other', 'unheard')`);
    const gone = database.transaction(async (tx) => {
      await tx`select pg_notify('news', 'taken back')`;
      await tx`select 1 / 0`;
    });
    await failure(gone);
    await run(database.transaction(async (tx) => tx`select pg_notify('news', 'last')`));
    await done.promise;
    expect(heard).toEqual(["first", "last"]);
    await listening.unlisten();
  });

  test("a statement stays prepared over many uses, also when its table changes", async () => {
    for (let n = 0; n < 50; n++) {
      const [row] = await query((sql) => sql<Array<{ sum: number }>>`select (${n}::int + 1) as sum`);
      expect(row?.sum).toBe(n + 1);
    }
    const first = () => query((sql) => sql`select * from item where id = ${1}`);
    await first();
    await query((sql) => sql`alter table item add column later text default 'new'`);
    expect((await first())[0]?.["later"]).toBe("new");
  });

  test("rows can be taken in pieces", async () => {
    const sizes: Array<number> = [];
    await database.sql`select n from generate_series(1, 250) as n`.cursor(100, (rows) => {
      sizes.push(rows.length);
    });
    expect(sizes).toEqual([100, 100, 50]);
  });
});
