// PostgreSQL behind a way that is cut: what fails, when, and how soon it is there again.
import { Effect, Exit, Layer, ManagedRuntime, Scope } from "effect";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Database, type Sql } from "#db/client/database.ts";
import { serverDatabase } from "#db/client/server.ts";
import { freshServerUrl } from "#db/client/testing.ts";
import { makeSqlStore } from "#runtime/actor/sql-store.ts";
import { commitOf } from "#runtime/actor/store-testing.ts";
import type { StoreResult } from "#runtime/actor/store.ts";
import { keptPort } from "../services/port.ts";
import { type Link, link } from "./link.ts";

const connections = 4;
let scope: Scope.Closeable;
let way: Link;
let port: number;
let url: string;
const opened: Array<{ dispose: () => Promise<void> }> = [];

beforeEach(async () => {
  scope = Scope.makeUnsafe();
  const behind = new URL((await Effect.runPromise(Effect.provideService(freshServerUrl, Scope.Scope, scope))).url);
  port = Number(behind.port);
  way = await link(port, await keptPort());
  behind.hostname = "127.0.0.1";
  behind.port = String(way.port);
  url = behind.href;
});
afterEach(async () => {
  way.mend();
  await Promise.all(opened.splice(0).map((runtime) => runtime.dispose()));
  await way.close();
  await Effect.runPromise(Scope.close(scope, Exit.void));
});

const open = async (more: { readonly statementMs?: number } = {}) => {
  const runtime = ManagedRuntime.make(Layer.fresh(serverDatabase({ url, connections, ...more })));
  opened.push(runtime);
  return { database: await runtime.runPromise(Database), run: <A, E>(effect: Effect.Effect<A, E>) => runtime.runPromise(effect) };
};
const one = (sql: Sql) => sql`select 1 as one`;

const onAll = <A, E>(each: Effect.Effect<A, E>) =>
  Effect.all(
    Array.from({ length: connections }, () => each),
    { concurrency: "unbounded" },
  );

test("a server that was away for long is there again within seconds of its return", { timeout: 60_000 }, async () => {
  const { database, run } = await open();
  await run(onAll(database.query(one)));
  await way.close();
  // So often that the client would wait longest for the next try.
  for (let round = 0; round < 4; round++)
    for (const { reason } of await run(onAll(Effect.flip(database.query(one))))) expect(reason).toBe("unavailable");
  way = await link(port, way.port);
  const back = performance.now();
  await run(onAll(Effect.retry(database.query(one), { times: 2 })));
  expect(performance.now() - back).toBeLessThan(9000);
});

test("who takes connections and closes them is no server, and keeps nobody waiting", { timeout: 60_000 }, async () => {
  const { database, run } = await open();
  way.cut("closed");
  for (const { reason } of await run(onAll(Effect.flip(database.query(one))))) expect(reason).toBe("unavailable");
  way.mend();
  await run(onAll(Effect.retry(database.query(one), { times: 2 })));
});

test("a connection on which nothing is heard is closed after a statement's time, and another one serves", { timeout: 60_000 }, async () => {
  const { database, run } = await open({ statementMs: 500 });
  await run(database.query(one));
  way.cut("silent");
  const lost = run(Effect.flip(database.query(one)));
  // Others are sent after it, which is no answer.
  const others: Array<Promise<void>> = [];
  const more = setInterval(() => others.push(run(Effect.ignore(database.query(one)))), 200);
  expect((await lost).reason).toBe("unavailable");
  clearInterval(more);
  way.mend();
  await Promise.all(others);
  await run(Effect.retry(database.query(one), { times: 2 }));
});

test("a slow statement and an idle connection are no silence", { timeout: 60_000 }, async () => {
  const { database, run } = await open({ statementMs: 3000 });
  const pid = (sql: Sql) => sql`select pg_backend_pid() as pid from pg_sleep(1)`;
  const before = await run(database.query(pid));
  await new Promise((resolve) => setTimeout(resolve, 6000));
  expect(
    await run(
      Effect.map(
        Effect.all(
          Array.from({ length: connections }, () => database.query(pid)),
          { concurrency: "unbounded" },
        ),
        (rows) => rows.flat(),
      ),
    ),
  ).toContainEqual(before[0]);
});

const commit = commitOf("one", { cell: 7 });

test(
  "what the actors' store has no answer to cannot be reached; what arrives after its time changes nothing in a cell that was taken anew",
  { timeout: 60_000 },
  async () => {
    const { database } = await open();
    const patient = makeSqlStore(database, new Map());
    const store = makeSqlStore(database, new Map(), 300);
    const answer = <T>(question: (done: (result: StoreResult<T>) => void) => void) => new Promise<StoreResult<T>>(question);
    const claim = (epoch: number) => answer<ReadonlyMap<number, number>>((done) => patient.claim(new Map([[7, epoch]]), done));
    const heads = () => answer<ReadonlyMap<string, number>>((done) => patient.heads([commit.address], done));
    expect(await claim(0)).toEqual({ ok: true, value: new Map([[7, 1]]) });
    way.cut("silent");
    const lost = { ok: false, reason: "unavailable" };
    expect(await answer((done) => store.claim(new Map([[7, 1]]), done))).toMatchObject(lost);
    expect(await answer((done) => store.epochs([7], done))).toMatchObject(lost);
    expect(await answer((done) => store.commit({ fence: new Map([[7, 1]]), actors: [commit] }, done))).toMatchObject(lost);
    way.mend();
    // All three arrive now, on their connections; the claim first or last.
    const epoch = async () => {
      const known = await answer<ReadonlyMap<number, number>>((done) => patient.epochs([7], done));
      return known.ok ? known.value.get(7) : undefined;
    };
    await expect.poll(epoch, { timeout: 20_000 }).toBe(2);
    expect(await claim(2)).toEqual({ ok: true, value: new Map([[7, 3]]) });
    const settled = await heads();
    const late = await answer<{ readonly deposed: ReadonlyArray<number> }>((done) =>
      patient.commit({ fence: new Map([[7, 2]]), actors: [commit] }, done),
    );
    expect(late).toEqual({ ok: true, value: { deposed: [7] } });
    expect(await heads()).toEqual(settled);
  },
);
