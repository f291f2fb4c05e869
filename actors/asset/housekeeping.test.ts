import { existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Effect, Layer, ManagedRuntime } from "effect";
import { TestClock } from "effect/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Database } from "#db/client/database.ts";
import { testDatabases } from "#db/client/testing.ts";
import { archivePath } from "#runtime/blobs/archive.ts";
import { Blobs } from "#runtime/blobs/blobs.ts";
import { singleProcess } from "#runtime/cluster/single.ts";
import { assetHousekeeping, sweepOrphans } from "./housekeeping.ts";
import { testAssets, testFolder } from "./testing.ts";

const store = Effect.fnUntraced(function* (content: string) {
  const blobs = yield* Blobs;
  const path = blobs.stage("file");
  writeFileSync(path, content);
  return (yield* blobs.adopt(path)).sha256;
});

/** Completes once a round of housekeeping has removed the blob; does `meanwhile` until then. */
const goneFrom = (blobs: Blobs["Service"], sha256: string, meanwhile: Effect.Effect<void> = Effect.yieldNow): Effect.Effect<void> =>
  Effect.flatMap(blobs.has(sha256), (there) => (there ? Effect.andThen(meanwhile, goneFrom(blobs, sha256, meanwhile)) : Effect.void));

describe.each(testDatabases)("housekeeping ($engine)", ({ layer }) => {
  const folder = testFolder();
  const archive = testFolder();
  const runtime = ManagedRuntime.make(testAssets(folder.path, layer, undefined, { PIXSIM_ARCHIVE: archive.path }));
  /** A copy that was made then, ms epoch. */
  const archived = (digit: string, madeAt: number): string => {
    const path = archivePath(archive.path, digit.repeat(64));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "copy");
    utimesSync(path, madeAt / 1000, madeAt / 1000);
    return path;
  };
  beforeAll(() => runtime.runPromise(Effect.void));
  afterAll(async () => {
    await runtime.dispose();
    folder.remove();
    archive.remove();
  });

  test("sweeps at its start what earlier runs left, and each hour what has become old", async () => {
    await runtime.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const blobs = yield* Blobs;
          yield* TestClock.setTime(Date.UTC(2030, 0, 1));
          const database = yield* Database;
          const [yesterday, longAgo] = [Date.UTC(2029, 11, 31), Date.UTC(2029, 11, 1)];
          yield* database.query(
            (sql) => sql`insert into user_day (user_id, day, jobs) values ('u', ${yesterday}, 3), ('u', ${longAgo}, 4)`,
          );
          yield* database.query(
            (sql) => sql`
              insert into play_session (id, owner_id, version_id, scene_id, title, created_at, changed_at, rev)
              values ('left', 'u', 'v', 's', '', ${longAgo}, 0, -1), ('begun', 'u', 'v', 's', '', ${longAgo}, 0, 0),
                ('beginning', 'u', 'v', 's', '', ${Date.UTC(2030, 0, 1)}, 0, -1)`,
          );
          yield* database.query((sql) => sql`insert into original (sha256, used_at) values ('of no asset', ${yesterday})`);
          const copies = [archived("1", longAgo), archived("2", Date.UTC(2040, 0, 1))];
          const earlier = yield* store("from an earlier run");
          yield* TestClock.adjust("1 minute");
          yield* Layer.build(Layer.provide(assetHousekeeping, singleProcess));
          const fresh = yield* store("its row is about to be written");
          yield* goneFrom(blobs, earlier);
          expect(yield* blobs.has(fresh)).toBe(true);
          expect(yield* database.query((sql) => sql`select day from user_day`)).toEqual([{ day: yesterday }]);
          const places = yield* database.query((sql) => sql`select id from play_session order by id`);
          expect(places).toEqual([{ id: "beginning" }, { id: "begun" }]);
          yield* goneFrom(blobs, fresh, TestClock.adjust("1 hour"));
          // One whose asset is about to be written is spared here and there.
          expect(copies.map((path) => existsSync(path))).toEqual([false, true]);
          expect(yield* database.query((sql) => sql`select sha256 from original`)).toEqual([]);
        }),
      ).pipe(Effect.provide(TestClock.layer())),
    );
  });

  test("removes nothing when most of many blobs seem to be orphans: then the database is another's", async () => {
    const files = Array.from({ length: 1500 }, (_, index) => ({
      sha256: index.toString(16).padStart(64, "0"),
      size: 1,
      adoptedAt: 0,
    }));
    const removed: Array<string> = [];
    const blobs = (count: number) =>
      Layer.mock(Blobs, {
        list: Effect.succeed(files.slice(0, count)),
        remove: (sha256) => Effect.sync(() => void removed.push(sha256)),
        path: (sha256) => sha256,
        stage: (name) => name,
      });
    const sweep = (count: number) => Effect.provide(sweepOrphans(1), blobs(count));
    const counts = await runtime.runPromise(Effect.all([sweep(1500), sweep(900)]));
    expect(counts).toEqual([0, 900]);
    expect(removed).toHaveLength(900);
  });
});
