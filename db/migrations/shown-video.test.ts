// Videos that were uploaded when players were still shown their originals.
import { ManagedRuntime } from "effect";
import { afterAll, describe, expect, test } from "vitest";
import { Database, type Queryable } from "../client/database.ts";
import { testDatabases } from "../client/testing.ts";
import { takeDerivation } from "../queries/derivation.ts";
import { migrated } from "./testing.ts";

describe.each(testDatabases)("an older $engine database", ({ layer }) => {
  const runtime = ManagedRuntime.make(layer);
  afterAll(() => runtime.dispose());

  test("has a copy made of its long uploads, of which there is nothing else that plays", async () => {
    const { sql } = await runtime.runPromise(Database);
    const fill = async (tx: Queryable): Promise<void> => {
      await tx`
        insert into asset (id, owner_id, media_type, mime, name, size, width, height, sha256, origin, phash, created_at)
        select id, 'usr', media, 'video/mp4', id, 1, 640, 360, repeat(left(id, 1), 64), origin, phash, 1 from (values
          ('a', 'video', 'upload', '0'), ('b', 'video', 'upload', '0'), ('c', 'video', 'upload', '0'), ('d', 'video', 'upload', null),
          ('e', 'video', 'generation', '0'), ('g', 'image', 'upload', null), ('f', 'image', 'upload', '0')) as v(id, media, origin, phash)`;
      await tx`
        insert into asset_file (asset_id, role, sha256, mime, size)
        values ('a', 'poster', repeat('0', 64), 'image/webp', 1), ('b', 'play-video', repeat('1', 64), 'video/mp4', 1),
          ('c', 'faststart', repeat('2', 64), 'video/mp4', 1)`;
      await tx`insert into derivation (asset_id, due_at) values ('d', 7), ('g', 0)`;
    };
    const taken = async (tx: Queryable): Promise<ReadonlyArray<string | undefined>> => {
      const ids: Array<string | undefined> = [];
      for (let turn = 0; turn < 4; turn++) ids.push((await takeDerivation(tx, 10, 1000, 1))[0]?.id);
      return ids;
    };
    // Before what was uploaded since then, and before old pictures, which are shown meanwhile.
    expect(await migrated(sql, "0037_shown_video.sql", fill, taken)).toEqual(["a", "d", "g", undefined]);
  });
});
