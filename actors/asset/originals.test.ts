// Originals between the data folder and an archive, on real files: whatever happens in whatever order, a whole copy of each is somewhere.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Effect, Exit, Layer, ManagedRuntime } from "effect";
import { TestClock } from "effect/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Database } from "#db/client/database.ts";
import { testDatabases } from "#db/client/testing.ts";
import { Archive, archivePath, damagedCopy } from "#runtime/blobs/archive.ts";
import { Blobs } from "#runtime/blobs/blobs.ts";
import { blobPath } from "#runtime/blobs/local.ts";
import { withLongestFile } from "#runtime/blobs/testing.ts";
import { AssetLibrary } from "./library.ts";
import { Originals } from "./originals.ts";
import { testAssets, testFolder } from "./testing.ts";

const hashOf = (bytes: string | Buffer): string => createHash("sha256").update(bytes).digest("hex");
const isWhole = (path: string, sha256: string): boolean => existsSync(path) && hashOf(readFileSync(path)) === sha256;

/** A data folder and a disk for the archive, which can be taken away. */
class Place {
  readonly #root = testFolder();
  readonly data = join(this.#root.path, "data");
  readonly archive = join(this.#root.path, "archive");
  readonly #unmounted = join(this.#root.path, "unmounted");

  constructor() {
    mkdirSync(this.archive);
  }

  get isMounted(): boolean {
    return !existsSync(this.#unmounted);
  }

  /** With or without the empty folder that a disk is mounted on. */
  unmount(emptyFolder: boolean): void {
    if (!this.isMounted) return;
    renameSync(this.archive, this.#unmounted);
    if (emptyFolder) mkdirSync(this.archive);
  }

  mount(): void {
    if (this.isMounted) return;
    rmSync(this.archive, { recursive: true, force: true });
    renameSync(this.#unmounted, this.archive);
  }

  local(sha256: string): string {
    return blobPath(this.data, sha256);
  }

  copy(sha256: string): string {
    return archivePath(this.isMounted ? this.archive : this.#unmounted, sha256);
  }

  remove(): void {
    this.#root.remove();
  }
}

const owner = "usr_1";
const [embedded] = testDatabases;
const databases = ManagedRuntime.make(embedded!.layer);
let database: Database["Service"];
beforeAll(async () => {
  database = await databases.runPromise(Database);
});
afterAll(() => databases.dispose());

const assetOf = (sha256: string): string => `ast_${sha256.slice(0, 40)}`;

/** Stores the content as an asset's original. */
const keep = Effect.fnUntraced(function* (content: string) {
  const blobs = yield* Blobs;
  const path = blobs.stage("original");
  writeFileSync(path, content);
  const { sha256, size } = yield* blobs.adopt(path);
  yield* database.query(
    (sql) => sql`
      with made as (
        insert into asset (id, owner_id, media_type, mime, name, size, width, height, sha256, origin, created_at)
        values (${assetOf(sha256)}, ${owner}, 'video', 'video/mp4', 'film', ${size}, 1, 1, ${sha256}, 'generation', 1)
        on conflict do nothing returning id
      )
      insert into asset_file (asset_id, role, sha256, mime, size) select id, 'original', ${sha256}, 'video/mp4', ${size} from made`,
  );
  return sha256;
});

const services = (place: Place, bytes: number) =>
  testAssets(place.data, Layer.succeed(Database, database), undefined, {
    PIXSIM_ARCHIVE: place.archive,
    PIXSIM_LOCAL_ORIGINALS: String(bytes / 1e9),
  });
type Services = Archive | AssetLibrary | Blobs | Originals;

const inPlace = <A>(run: (place: Place) => Effect.Effect<A, unknown>): Promise<A> => {
  const place = new Place();
  return Effect.runPromise(
    run(place).pipe(
      Effect.provide(TestClock.layer()),
      Effect.ensuring(
        Effect.promise(() =>
          databases.runPromise(
            Effect.andThen(
              database.query((sql) => sql`delete from asset`),
              database.query((sql) => sql`delete from original`),
            ),
          ),
        ),
      ),
      Effect.ensuring(Effect.sync(() => place.remove())),
    ),
  );
};
const withRoom = <A>(place: Place, bytes: number, run: Effect.Effect<A, unknown, Services>): Effect.Effect<A, unknown> =>
  Effect.scoped(Effect.provide(run, services(place, bytes), { local: true }));

type Event =
  | { readonly kind: "made"; readonly size: number }
  | { readonly kind: "shown" | "read" | "damaged" | "madeAgain"; readonly which: number }
  | { readonly kind: "later"; readonly hours: number }
  | { readonly kind: "unmounted"; readonly emptyFolder: boolean }
  | { readonly kind: "mounted" | "sentAway" }
  | { readonly kind: "cutShort"; readonly turns: number }
  | { readonly kind: "readMeanwhile"; readonly which: ReadonlyArray<number> };

const which = fc.nat({ max: 9 });
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("made" as const), size: fc.integer({ min: 1, max: 60 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constantFrom("shown" as const, "read" as const, "damaged" as const, "madeAgain" as const), which }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("later" as const), hours: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("unmounted" as const), emptyFolder: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom("mounted" as const, "sentAway" as const, "sentAway" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cutShort" as const), turns: fc.nat({ max: 60 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("readMeanwhile" as const), which: fc.array(which, { maxLength: 3 }) }) },
);
/** Something is there, and was not used lately. */
const prelude: ReadonlyArray<Event> = [
  { kind: "made", size: 30 },
  { kind: "made", size: 40 },
  { kind: "later", hours: 2 },
];
/** Each part is one run of the server, with its own limit. */
const life = fc.array(fc.record({ room: fc.integer({ min: 0, max: 100 }), events: fc.array(event, { minLength: 4, maxLength: 16 }) }), {
  minLength: 1,
  maxLength: 3,
});

describe("originals", () => {
  test("whatever is used, limited, unmounted, damaged and cut short in whatever order: a whole copy of each is somewhere", async () => {
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(life, (parts) =>
        inPlace(
          Effect.fnUntraced(function* (place) {
            const contents = new Map<string, string>();
            const chosen = (index: number): string | undefined => [...contents.keys()][index % Math.max(1, contents.size)];
            const happen = Effect.fnUntraced(function* (now: Event) {
              const originals = yield* Originals;
              const read = Effect.fnUntraced(function* (sha256: string) {
                const found = yield* Effect.exit(originals.path(sha256));
                const isKept = place.isMounted && isWhole(place.copy(sha256), sha256);
                if (Exit.isFailure(found)) expect(isWhole(place.local(sha256), sha256) || isKept).toBe(false);
                return found;
              });
              switch (now.kind) {
                case "made": {
                  const content = `${contents.size}`.padEnd(now.size, "x");
                  contents.set(yield* keep(content), content);
                  return;
                }
                case "later":
                  return yield* TestClock.adjust(`${now.hours} hours`);
                case "unmounted":
                  return place.unmount(now.emptyFolder);
                case "mounted":
                  return place.mount();
                case "sentAway": {
                  const outcome = yield* Effect.exit(originals.sendAway);
                  if (Exit.isSuccess(outcome)) sent += outcome.value;
                  else expect(place.isMounted).toBe(false);
                  return;
                }
                case "cutShort": {
                  const turns = Effect.repeat(Effect.yieldNow, { times: now.turns });
                  return yield* Effect.ignore(Effect.raceFirst(originals.sendAway, turns));
                }
                case "readMeanwhile": {
                  const names = now.which.flatMap((index) => chosen(index) ?? []);
                  const [, found] = yield* Effect.all(
                    [Effect.exit(originals.sendAway), Effect.forEach(names, read, { concurrency: "unbounded" })],
                    { concurrency: "unbounded" },
                  );
                  // Who was given a path reads it afterwards.
                  for (const [index, outcome] of found.entries())
                    if (Exit.isSuccess(outcome)) expect(isWhole(outcome.value, names[index]!)).toBe(true);
                  return;
                }
                case "shown":
                case "read":
                case "damaged":
                case "madeAgain": {
                  const sha256 = chosen(now.which);
                  if (sha256 === undefined) return;
                  if (now.kind === "shown") return originals.used(sha256);
                  if (now.kind === "madeAgain") return yield* keep(contents.get(sha256)!);
                  if (now.kind === "read") return yield* read(sha256);
                  // The disk of the archive does harm: only where that is not the only copy.
                  const copy = place.copy(sha256);
                  if (existsSync(copy) && isWhole(place.local(sha256), sha256)) writeFileSync(copy, "broken");
                }
              }
            });
            for (const { room, events } of parts) {
              yield* withRoom(
                place,
                room,
                Effect.gen(function* () {
                  if (contents.size === 0 && place.isMounted) yield* (yield* Archive).list;
                  for (const now of [...prelude, ...events]) {
                    yield* happen(now);
                    for (const sha256 of contents.keys()) {
                      expect([isWhole(place.local(sha256), sha256), isWhole(place.copy(sha256), sha256)]).toContain(true);
                    }
                  }
                }),
              );
            }
          }),
        ),
      ),
      { numRuns: 20 },
    );
    expect(sent).toBeGreaterThan(10);
  });

  const names = ["first", "second", "third"] as const;
  /** Three of 10 bytes each, stored an hour after the other, then some hours later. */
  const three = Effect.gen(function* () {
    const made: Array<string> = [];
    for (const name of names) {
      made.push(yield* keep(name.padEnd(10)));
      yield* TestClock.adjust("1 hour");
    }
    yield* TestClock.adjust("2 hours");
    return made as [string, string, string];
  });
  const archived = Effect.fnUntraced(function* (sha256: string) {
    const library = yield* AssetLibrary;
    return library.view(yield* library.row(owner, assetOf(sha256))).archived ?? false;
  });

  test("those that were not used for longest leave, and come back when they are read; the asset says where its original is", () =>
    inPlace((place) =>
      withRoom(
        place,
        20,
        Effect.gen(function* () {
          const originals = yield* Originals;
          const [first, second, third] = yield* three;
          originals.used(first);
          expect(yield* originals.sendAway).toBe(1);
          expect([first, second, third].map((sha256) => existsSync(place.local(sha256)))).toEqual([true, false, true]);
          expect([yield* archived(first), yield* archived(second)]).toEqual([false, true]);
          const paths = yield* Effect.all([originals.path(second), originals.recall(second), originals.path(second)], {
            concurrency: "unbounded",
          });
          expect(paths.map((path) => readFileSync(path, "utf8"))).toEqual(paths.map(() => "second".padEnd(10)));
          expect(yield* archived(second)).toBe(false);
          // It stays now, and the copy that is there already is not made anew.
          yield* TestClock.adjust("2 hours");
          expect(yield* originals.sendAway).toBe(1);
          expect(existsSync(place.local(second))).toBe(true);
          expect(existsSync(place.local(third))).toBe(false);
        }),
      ),
    ));

  test("nothing leaves while the archive's disk is not mounted, nor for another's archive, and what lies there is told with a sentence", () =>
    inPlace((place) =>
      withRoom(
        place,
        0,
        Effect.gen(function* () {
          const originals = yield* Originals;
          const [first, , third] = yield* three;
          originals.used(third);
          expect(yield* originals.sendAway).toBe(2);
          place.unmount(true);
          yield* TestClock.adjust("2 hours");
          const refused = {
            code: "unavailable",
            message: expect.stringMatching(/not the one that was used before: is its disk mounted\?/),
          };
          expect(yield* Effect.flip(originals.sendAway)).toMatchObject(refused);
          expect(yield* Effect.flip(originals.path(first))).toMatchObject(refused);
          expect(readdirSync(place.archive)).toEqual([]);
          place.mount();
          expect(yield* originals.sendAway).toBe(1);
          // What cannot be listed is told too: the round of keeping house goes on.
          const archive = yield* Archive;
          writeFileSync(join(place.archive, "00"), "no folder");
          expect(yield* Effect.flip(archive.list)).toMatchObject({ code: "unavailable", message: expect.stringMatching(/ENOTDIR/) });
          rmSync(join(place.data, "pixsim-archive"));
          expect(yield* Effect.flip(originals.path(first))).toMatchObject({ message: expect.stringMatching(/belongs to another PixSim/) });
        }),
      ),
    ));

  test.runIf(process.platform === "linux")(
    "one that the data folder has no room for stays in the archive, and the disk is named that is full",
    () =>
      inPlace((place) =>
        withRoom(
          place,
          0,
          Effect.gen(function* () {
            const [first] = yield* three;
            yield* (yield* Originals).sendAway;
            const archive = yield* Archive;
            const target = join(place.data, "back");
            const run = Effect.runPromiseWith(yield* Effect.context());
            const fetched = Effect.flip(archive.fetch(first, target));
            expect(yield* Effect.promise(() => withLongestFile(4, () => run(fetched)))).toMatchObject({
              code: "storage_full",
              message: expect.stringMatching(/^The disk of the data folder/),
            });
            expect([existsSync(target), isWhole(place.copy(first), first)]).toEqual([false, true]);
          }),
        ),
      ),
  );

  test("a damaged file is not sent away, a damaged copy is made anew, and none is given out", () =>
    inPlace((place) =>
      withRoom(
        place,
        0,
        Effect.gen(function* () {
          const originals = yield* Originals;
          const [first, second, third] = yield* three;
          writeFileSync(place.local(first), "first, hit");
          yield* (yield* Archive).keep(place.local(second), { sha256: second, size: 10 });
          writeFileSync(place.copy(second), "second hit");
          expect(yield* originals.sendAway).toBe(2);
          expect(existsSync(place.local(first))).toBe(true);
          expect(isWhole(place.copy(second), second)).toBe(true);
          writeFileSync(place.copy(third), "third, hit");
          expect(yield* Effect.flip(originals.path(third))).toBe(damagedCopy);
          expect(existsSync(place.local(third))).toBe(false);
          rmSync(place.copy(third));
          expect(yield* Effect.flip(originals.path(third))).toMatchObject({
            code: "not_found",
            message: "This file is not here any more.",
          });
        }),
      ),
    ));
});
