import { createServer } from "node:net";
import { Effect, Exit, Layer, ManagedRuntime, Scope } from "effect";
import { expect, test } from "vitest";
import { Database, type DatabaseError } from "./database.ts";
import { serverDatabase } from "./server.ts";
import { freshServerUrl } from "./testing.ts";

const refusal = (url: string): Promise<DatabaseError> =>
  Effect.runPromise(Effect.flip(Effect.scoped(Layer.build(serverDatabase({ url })))));

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

test("a server that does not answer is told with its place and without the password", async () => {
  const port = await freePort();
  const error = await refusal(`postgres://ada:hush@127.0.0.1:${port}/pixsim`);
  expect(error).toMatchObject({ reason: "unavailable" });
  expect(error.message).toContain(`PostgreSQL at 127.0.0.1:${port} does not answer`);
  expect(error.message).toContain("DATABASE_URL");
  expect(error.message).not.toContain("hush");
});

test("a database that is not there is told", async () => {
  const scope = Scope.makeUnsafe();
  const { url } = await Effect.runPromise(Effect.provideService(freshServerUrl, Scope.Scope, scope));
  const error = await refusal(`${url}x`);
  expect(error.message).toMatch(/^PostgreSQL at .+ refuses: database ".+" does not exist. Correct DATABASE_URL.$/);
  await Effect.runPromise(Scope.close(scope, Exit.void));
});

test("a Unix socket is found by its folder, and one that is not there is no full disk", async () => {
  const scope = Scope.makeUnsafe();
  const { url } = await Effect.runPromise(Effect.provideService(freshServerUrl, Scope.Scope, scope));
  const tcp = ManagedRuntime.make(serverDatabase({ url, connections: 1 }));
  const { sql } = await tcp.runPromise(Database);
  const [row] = await sql<Array<{ folder: string }>>`select current_setting('unix_socket_directories') as folder`;
  await tcp.dispose();
  const { port, pathname, username } = new URL(url);
  const folder = row!.folder;
  for (const address of [
    `postgres://${username}@${encodeURIComponent(folder)}:${port}${pathname}`,
    `postgres://${username}@localhost:${port}${pathname}?host=${folder}`,
  ]) {
    const runtime = ManagedRuntime.make(serverDatabase({ url: address, connections: 1 }));
    const database = await runtime.runPromise(Database);
    expect(await database.sql`select inet_client_addr() is null as local`).toEqual([{ local: true }]);
    await runtime.dispose();
  }
  const error = await refusal(`postgres://${username}@${encodeURIComponent(`${folder}/none`)}:${port}${pathname}`);
  expect(error).toMatchObject({ reason: "unavailable" });
  expect(error.message).toMatch(
    /^PostgreSQL at \/.*\/none\/\.s\.PGSQL\.\d+ does not answer \(connect ENOENT .*Start it, or correct DATABASE_URL\.$/,
  );
  await Effect.runPromise(Scope.close(scope, Exit.void));
});

test("a transaction whose connection was lost does nothing more, neither alone nor in another transaction", async () => {
  const runtime = ManagedRuntime.make(Layer.unwrap(Effect.map(freshServerUrl, ({ url }) => serverDatabase({ url, connections: 1 }))));
  const { sql, query, transaction } = await runtime.runPromise(Database);
  const run = <A, E>(effect: Effect.Effect<A, E>) => runtime.runPromise(effect);
  await run(query(() => sql`create table note (text text)`));
  const closed = Promise.withResolvers<void>();
  const dead = run(
    Effect.flip(
      transaction(async (tx) => {
        await tx`insert into note values ('before')`;
        await tx`set local idle_in_transaction_session_timeout = 20`;
        await closed.promise;
        await tx`insert into note values ('after')`;
      }),
    ),
  );
  // The only connection comes free when the server ends the idle transaction; this is a new one.
  await run(
    Effect.retry(
      transaction(async (tx) => {
        await tx`insert into note values ('other')`;
        closed.resolve();
        await tx`select pg_sleep(0.02)`;
      }),
      { times: 5, while: ({ reason }) => reason === "unavailable" },
    ),
  );
  expect((await dead).reason).toBe("unavailable");
  expect(await run(query(() => sql`select text from note`))).toEqual([{ text: "other" }]);
  await runtime.dispose();
});

test("a statement that takes too long has failed for the moment", async () => {
  const runtime = ManagedRuntime.make(Layer.unwrap(Effect.map(freshServerUrl, ({ url }) => serverDatabase({ url, connections: 1 }))));
  const { query, transaction } = await runtime.runPromise(Database);
  const slow = transaction(async (tx) => {
    await tx`set local statement_timeout = 20`;
    await tx`select pg_sleep(10)`;
  });
  expect((await runtime.runPromise(Effect.flip(slow))).reason).toBe("unavailable");
  expect(await runtime.runPromise(query((sql) => sql`select 1 as one`))).toEqual([{ one: 1 }]);
  await runtime.dispose();
});

test("a server that is restarted under load costs the statements under way and nothing else", async () => {
  const runtime = ManagedRuntime.make(Layer.unwrap(Effect.map(freshServerUrl, ({ url }) => serverDatabase({ url, connections: 4 }))));
  const { sql, query, transaction } = await runtime.runPromise(Database);
  const run = <A, E>(effect: Effect.Effect<A, E>) => runtime.runPromise(effect);
  await run(query(() => sql`create table item (id int primary key)`));
  const acknowledged: Array<number> = [];
  const add = (id: number) =>
    (id % 2 === 0
      ? query(() => sql`insert into item values (${id})`)
      : transaction(async (tx) => {
          await tx`insert into item values (${id})`;
          await tx`select 1`;
        })
    ).pipe(
      Effect.tap(() => Effect.sync(() => void acknowledged.push(id))),
      Effect.ignore,
    );
  const end = query(() => sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()`);
  await run(
    Effect.forEach(
      Array.from({ length: 400 }, (_, id) => id),
      (id) => (id % 50 === 25 ? Effect.ignore(end) : add(id)),
      { concurrency: 16, discard: true },
    ),
  );
  const stored = (await run(query(() => sql<Array<{ id: number }>>`select id from item`))).map(({ id }) => id);
  expect(acknowledged.length).toBeGreaterThan(100);
  expect(stored).toEqual(expect.arrayContaining(acknowledged));
  expect(
    await run(
      query(
        () => sql`select count(*)::int as n from pg_stat_activity where state like 'idle in transaction%' and datname = current_database()`,
      ),
    ),
  ).toEqual([{ n: 0 }]);
  await runtime.dispose();
});

test("commits have connections of their own, whose statements are planned once", async () => {
  const scope = Scope.makeUnsafe();
  const { url } = await Effect.runPromise(Effect.provideService(freshServerUrl, Scope.Scope, scope));
  const runtime = ManagedRuntime.make(serverDatabase({ url, connections: 3 }));
  const database = await runtime.runPromise(Database);
  const many = Array.from({ length: 20 });
  const seen = (where: "query" | "commit") =>
    Effect.runPromise(
      Effect.forEach(
        many,
        () =>
          Effect.map(
            database[where](
              (sql) => sql<Array<{ pid: number; plan: string }>>`
                select pg_backend_pid() as pid, current_setting('plan_cache_mode') as plan from pg_sleep(0.01)`,
            ),
            ([row]) => row!,
          ),
        { concurrency: "unbounded" },
      ),
    );
  const [asked, committed] = [await seen("query"), await seen("commit")];
  const pids = (rows: typeof asked) => new Set(rows.map(({ pid }) => pid));
  expect([pids(asked).size, pids(committed).size]).toEqual([3, 2]);
  expect([...pids(asked)].filter((pid) => pids(committed).has(pid))).toEqual([]);
  expect(new Set(asked.map(({ plan }) => plan))).toEqual(new Set(["auto"]));
  expect(new Set(committed.map(({ plan }) => plan))).toEqual(new Set(["force_generic_plan"]));
  await runtime.dispose();
  await Effect.runPromise(Scope.close(scope, Exit.void));
});
