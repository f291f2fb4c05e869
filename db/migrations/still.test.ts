// Pictures that were uploaded before players got larger ones than posters.
import { ManagedRuntime } from "effect";
import { afterAll, describe, expect, test } from "vitest";
import { Database, type Queryable } from "../client/database.ts";
import { testDatabases } from "../client/testing.ts";
import { migrated } from "./testing.ts";

describe.each(testDatabases)("an older $engine database", ({ layer }) => {
  const runtime = ManagedRuntime.make(layer);
  afterAll(() => runtime.dispose());

  test("has what follows its large uploads made once more, where their originals are at hand", async () => {
    const { sql } = await runtime.runPromise(Database);
    const fill = async (tx: Queryable): Promise<void> => {
      await tx`
        insert into asset (id, owner_id, media_type, mime, name, size, width, height, sha256, origin, phash, created_at)
        select id, 'usr', media, 'image/jpeg', id, 1, width, height, repeat(left(id, 1), 64), origin, phash, 1 from (values
          ('a', 'image', 4000, 3000, 'upload', '0'), ('b', 'image', 3000, 4000, 'upload', '0'), ('c', 'image', 1280, 720, 'upload', '0'),
          ('d', 'image', 4000, 3000, 'generation', '0'), ('e', 'video', 4000, 3000, 'upload', '0'), ('f', 'image', 4000, 3000, 'upload', null),
          ('g', 'image', 4000, 3000, 'upload', '0')) as v(id, media, width, height, origin, phash)`;
      await tx`insert into derivation (asset_id, due_at) values ('f', 7)`;
      await tx`insert into original (sha256, used_at, away) values (repeat('g', 64), 1, true), (repeat('b', 64), 1, false)`;
    };
    const found = await migrated(
      sql,
      "0036_still.sql",
      fill,
      (tx) => tx`select a.id, a.phash, d.due_at from asset a left join derivation d on d.asset_id = a.id order by a.id`,
    );
    expect(found.map(({ id, phash, due_at }) => [id, phash, due_at])).toEqual([
      ["a", null, 0],
      ["b", null, 0],
      ["c", "0", null],
      ["d", "0", null],
      ["e", "0", null],
      ["f", null, 7],
      ["g", "0", null],
    ]);
  });
});
