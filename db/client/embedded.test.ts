import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Effect, Layer, ManagedRuntime } from "effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Database, type DatabaseError, type Sql } from "./database.ts";
import { embeddedDatabase, type EmbeddedOptions } from "./embedded.ts";
import { makeMaintenance } from "./maintenance.ts";
import { makeTemplate } from "./template-maker.ts";
import { freshDataFolder } from "./testing.ts";

// Where it is not there yet, a busy machine takes longer to make it than a test may.
beforeAll(() => makeTemplate());

const refusal = (options: EmbeddedOptions): Promise<DatabaseError> =>
  Effect.runPromise(Effect.flip(Effect.scoped(Layer.build(embeddedDatabase(options)))));

/** Writes rows from several fibers for ever, and says each that was acknowledged. */
const writer = (dataDir: string): string => `
  import { Effect } from "effect";
  import { Database } from ${JSON.stringify(new URL("./database.ts", import.meta.url).href)};
  import { embeddedDatabase } from ${JSON.stringify(new URL("./embedded.ts", import.meta.url).href)};
  const program = Effect.gen(function* () {
    const { query, transaction } = yield* Database;
    yield* query((sql) => sql\`create table if not exists kept (id text primary key, pad text)\`);
    const pad = "x".repeat(2000);
    const write = (fiber) => Effect.gen(function* () {
      for (let n = 0; ; n++) {
        const id = process.pid + "-" + fiber + "-" + n;
        yield* n % 2 === 0
          ? query((sql) => sql\`insert into kept values (\${id}, \${pad})\`)
          : transaction(async (tx) => { await tx\`insert into kept values (\${id}, \${pad})\`; await tx\`update kept set pad = 'y' where id = \${id}\`; });
        process.stdout.write(id + "\\n");
      }
    });
    yield* Effect.all(Array.from({ length: 8 }, (_, fiber) => write(fiber)), { concurrency: "unbounded" });
  });
  await Effect.runPromise(Effect.scoped(Effect.provide(program, embeddedDatabase({ dataDir: ${JSON.stringify(dataDir)} }))));`;

test("a process that is killed while it writes loses no acknowledged commit", async () => {
  const dataDir = await freshDataFolder();
  const acknowledged: Array<string> = [];
  for (let round = 0; round < 2; round++) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", writer(dataDir)], { stdio: ["ignore", "pipe", "inherit"] });
    // What it wrote ends a moment before it does.
    const exited = once(child, "exit");
    const enough = acknowledged.length + 100 + round * 57;
    for await (const id of createInterface(child.stdout!)) {
      acknowledged.push(id);
      if (acknowledged.length === enough) child.kill("SIGKILL");
    }
    await exited;
    expect(acknowledged.length).toBeGreaterThanOrEqual(enough);
  }
  const runtime = ManagedRuntime.make(embeddedDatabase({ dataDir }));
  const { query } = await runtime.runPromise(Database);
  const stored = await runtime.runPromise(query((sql) => sql<Array<{ id: string }>>`select id from kept`));
  const ids = new Set(stored.map(({ id }) => id));
  expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
  await runtime.dispose();
  await rm(dataDir, { recursive: true });
});

test("a data folder that is in use, no folder, or may not be written is refused with a sentence", async () => {
  const dataDir = await freshDataFolder();
  const runtime = ManagedRuntime.make(embeddedDatabase({ dataDir }));
  await runtime.runPromise(Database);
  expect((await refusal({ dataDir })).message).toContain(`${dataDir} is used by process ${process.pid}`);
  await runtime.dispose();
  await rm(dataDir, { recursive: true });

  const parent = await mkdtemp(join(tmpdir(), "pixsim-refused-"));
  await writeFile(join(parent, "file"), "");
  expect((await refusal({ dataDir: join(parent, "file") })).message).toContain("is not a folder");
  await rm(parent, { recursive: true });
});

test.runIf(process.platform === "linux")("a folder on a system that cannot be written is refused with what to do", async () => {
  const error = await refusal({ dataDir: "/sys/pixsim" });
  expect(error).toMatchObject({ reason: "full", message: expect.stringContaining("cannot be written. Give it to this user") as string });
});

describe("with a limit that a test can wait for", () => {
  /** A database for one test: on a busy machine such a limit ends the statements of others too. */
  const limited = async (limit: Omit<EmbeddedOptions, "dataDir">, use: (database: Database["Service"]) => Promise<void>): Promise<void> => {
    const dataDir = await freshDataFolder();
    const runtime = ManagedRuntime.make(embeddedDatabase({ dataDir, ...limit }));
    const database = await runtime.runPromise(Database);
    await Effect.runPromise(Effect.eventually(database.query((sql) => sql`create table if not exists item (id int, text text)`)));
    await use(database);
    await runtime.dispose();
    await rm(dataDir, { recursive: true });
  };

  test("awaiting the outer client within a transaction ends that transaction, and nobody waits for ever", () =>
    limited({ idleTransactionMs: 300 }, async (database) => {
      const stuck = database.transaction(async (tx) => {
        await tx`insert into item values (2, 'gone')`;
        await database.sql`select 1`;
        await tx`insert into item values (2, 'gone')`;
      });
      const [error, others] = await Effect.runPromise(
        Effect.all([Effect.flip(stuck), database.query((sql) => sql`select 2 as two`)], { concurrency: "unbounded" }),
      );
      expect(error.reason).toBe("unavailable");
      expect(others).toEqual([{ two: 2 }]);
      expect(await Effect.runPromise(database.query((sql) => sql`select * from item where id = 2`))).toEqual([]);
    }));

  test("a statement that hangs is ended, and the database opened anew with all that was committed", () =>
    limited({ batchMs: 1500 }, async (database) => {
      await Effect.runPromise(Effect.eventually(database.query((sql) => sql`insert into item values (3, 'kept')`)));
      const late = await Effect.runPromise(Effect.flip(database.query((sql) => sql`select pg_sleep(60)`)));
      expect(late.reason).toBe("unavailable");
      // The first statement of one that was just opened may itself take longer than that.
      const kept = Effect.eventually(database.query((sql) => sql`select distinct text from item where id = 3`));
      expect(await Effect.runPromise(kept)).toEqual([{ text: "kept" }]);
    }));
});

describe("the embedded database", () => {
  let dataDir: string;
  let runtime: ManagedRuntime.ManagedRuntime<Database, DatabaseError>;
  let database: Database["Service"];
  const run = <A, E>(effect: Effect.Effect<A, E>) => runtime.runPromise(effect);
  const query = <T>(statement: (sql: Sql) => PromiseLike<T>) => run(database.query(statement));

  beforeAll(async () => {
    dataDir = await freshDataFolder();
    runtime = ManagedRuntime.make(embeddedDatabase({ dataDir }));
    database = await runtime.runPromise(Database);
    await query((sql) => sql`create table item (id int, text text)`);
    await query((sql) => sql`insert into item values (3, 'kept')`);
  });
  afterAll(async () => {
    await runtime.dispose();
    await rm(dataDir, { recursive: true });
  });

  test("has vectors and trigrams for migrations that want them", async () => {
    const rows = await query((sql) => sql`select name from pg_available_extensions where name in ('vector', 'pg_trgm') order by name`);
    expect(rows).toEqual([{ name: "pg_trgm" }, { name: "vector" }]);
  });

  test("COPY is refused with what to use instead, also within a transaction", async () => {
    const refused = await run(Effect.flip(database.query((sql) => sql.unsafe("copy item from stdin"))));
    expect(refused.message).toContain("COPY is not available in the embedded database");
    const within = database.transaction(async (tx) => {
      await tx`insert into item values (1, 'gone')`;
      await tx`copy item from stdin`.writable();
    });
    expect((await run(Effect.flip(within))).message).toContain("COPY is not available");
    expect(await query((sql) => sql`select * from item where id = 1`)).toEqual([]);
  });

  test("an error that PGlite does not survive is told, and the next statement meets a sound database", async () => {
    const failure = (code: string) =>
      run(Effect.flip(database.query((sql) => sql.unsafe(`do $$ begin raise exception 'broken' using errcode = '${code}'; end $$`))));
    expect(await failure("53100")).toMatchObject({ reason: "full", message: "broken" });
    expect(await query((sql) => sql`select text from item where id = 3`)).toEqual([{ text: "kept" }]);
    expect(await failure("58030")).toMatchObject({ reason: "fault", message: "broken" });
    expect(await query((sql) => sql`select text from item where id = 3`)).toEqual([{ text: "kept" }]);
  });

  test("below the reserve of the disk it is read-only and says that it is full; above it, it can be written again", async () => {
    const write = database.query((sql) => sql`insert into item values (4, 'x')`);
    await run(makeMaintenance(database, { folder: dataDir, reserveBytes: Number.MAX_SAFE_INTEGER })(0));
    expect((await run(Effect.flip(write))).reason).toBe("full");
    expect(await query((sql) => sql`select text from item where id = 3`)).toEqual([{ text: "kept" }]);
    await query((sql) => sql`set default_transaction_read_only = off`);
    const look = makeMaintenance(database, { folder: dataDir, reserveBytes: 1 });
    await run(look(0));
    await run(write);
  });

  test("checkpoints cut the log, and vacuum clears what was deleted", async () => {
    const look = makeMaintenance(database, { folder: dataDir, reserveBytes: 1 });
    const logged = () =>
      query(
        (sql) =>
          sql<
            Array<{ bytes: number }>
          >`select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn)::bigint as bytes from pg_control_checkpoint()`,
      );
    await query((sql) => sql`insert into item select n, repeat(md5(n::text), 20) from generate_series(1, 4000) as n`);
    await query((sql) => sql`delete from item where id > 3`);
    expect((await logged())[0]!.bytes).toBeGreaterThan(1_000_000);
    await run(look(0));
    expect((await logged())[0]!.bytes).toBeGreaterThan(1_000_000);
    await run(look(23));
    expect((await logged())[0]!.bytes).toBeLessThan(1_000_000);
    await query((sql) => sql`select pg_stat_force_next_flush()`);
    expect(await query((sql) => sql`select n_dead_tup::int as dead from pg_stat_user_tables where relname = 'item'`)).toEqual([
      { dead: 0 },
    ]);
  });
});
