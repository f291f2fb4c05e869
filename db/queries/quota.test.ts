// What is kept of each user's assets equals what counting them says, whatever happens to them.
import * as fc from "fast-check";
import { Effect, ManagedRuntime } from "effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Database, type Queryable } from "#db/client/database.ts";
import { testDatabases } from "#db/client/testing.ts";
import { usageOf } from "./quota.ts";

const owners = ["usr_1", "usr_2", "usr_3"] as const;
const owner = fc.constantFrom(...owners);
const id = fc.nat(12).map((number) => `ast_${number}`);

type Step = (sql: Queryable) => PromiseLike<unknown>;
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(fc.uniqueArray(id, { minLength: 1, maxLength: 4 }), owner, fc.nat(1000)).map(
    ([ids, ownerId, size]): Step =>
      (sql) =>
        sql`
        insert into asset (id, owner_id, media_type, mime, name, size, width, height, sha256, origin, created_at)
        select id, ${ownerId}, 'image', 'image/png', id, ${size}, 1, 1, id, 'generation', 0
        from unnest(${sql.array(ids, 25)}::text[]) as i (id) on conflict do nothing`,
  ),
  fc.tuple(fc.array(id, { maxLength: 6 }), fc.boolean()).map(
    ([ids, gone]): Step =>
      (sql) =>
        sql`update asset set deleted_at = ${gone ? 5 : null} where id = any(${sql.array(ids, 25)}::text[])`,
  ),
  fc.array(id, { maxLength: 6 }).map(
    (ids): Step =>
      (sql) =>
        sql`delete from asset where id = any(${sql.array(ids, 25)}::text[])`,
  ),
  fc.tuple(id, fc.nat(1000), owner).map(
    ([which, size, ownerId]): Step =>
      (sql) =>
        sql`update asset set size = ${size}, owner_id = ${ownerId}, favourite = not favourite where id = ${which}`,
  ),
  fc.constant((sql: Queryable) => sql`update asset set name = 'renamed'`),
);
const transaction = fc.record({ steps: fc.array(step, { minLength: 1, maxLength: 4 }), fails: fc.boolean() });

describe.each(testDatabases)("usage ($engine)", ({ layer }) => {
  const runtime = ManagedRuntime.make(layer);
  const run = <A, E>(effect: Effect.Effect<A, E, Database>): Promise<A> => runtime.runPromise(effect);
  const sql = <A>(query: (sql: Queryable) => PromiseLike<A>): Promise<A> =>
    run(Effect.flatMap(Database, (database) => database.query(query)));
  beforeAll(() => run(Effect.void));
  afterAll(() => runtime.dispose());

  test("it is what counting says, after any steps of several transactions at once, also of those that fail", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(transaction, { maxLength: 4 }), { minLength: 1, maxLength: 3 }), async (clients) => {
        await sql((db) => db`delete from asset`);
        const one = ({ steps, fails }: { steps: ReadonlyArray<Step>; fails: boolean }) =>
          run(
            Effect.flatMap(Database, (database) =>
              // Statements of several owners may be called off where they wait for each other's assets: then nothing of them is there.
              Effect.ignore(
                database.transaction(async (tx) => {
                  for (const each of steps) await each(tx);
                  if (fails) throw new Error("called off");
                }),
              ),
            ),
          );
        await Promise.all(
          clients.map(async (transactions) => {
            for (const each of transactions) await one(each);
          }),
        );
        for (const ownerId of owners) {
          const [counted] = await sql(
            (db) => db<Array<{ assets: number; bytes: number }>>`
              select count(*)::int as assets, coalesce(sum(size), 0)::int as bytes from asset where owner_id = ${ownerId} and deleted_at is null`,
          );
          expect(await sql((db) => usageOf(db, ownerId))).toMatchObject(counted!);
        }
      }),
      { numRuns: 60 },
    );
  });
});
