import { copyFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Deferred, Effect, ManagedRuntime, Schedule } from "effect";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeClip } from "#actors/media/testing.ts";
import { Database } from "#db/client/database.ts";
import { testDatabases } from "#db/client/testing.ts";
import { takeDerivation } from "#db/queries/derivation.ts";
import type { Asset } from "#protocol/asset.ts";
import { Blobs } from "#runtime/blobs/blobs.ts";
import { Bus } from "#runtime/bus/bus.ts";
import { Assets } from "./assets.ts";
import { Derivatives } from "./derivatives.ts";
import { Intake } from "./intake.ts";
import { assetChannel } from "./library.ts";
import { mediaWork, stagedIn, testAssets, testFolder } from "./testing.ts";

describe.each(testDatabases)("derivatives that follow their asset, on $engine", ({ layer }) => {
  const folder = testFolder();
  const runtime = ManagedRuntime.make(testAssets(folder.path, layer));
  type Services = ManagedRuntime.ManagedRuntime.Services<typeof runtime>;
  const run = <A, E>(effect: Effect.Effect<A, E, Services>): Promise<A> => runtime.runPromise(effect);

  const clip = join(folder.path, "clip.mp4");
  beforeAll(() => makeClip(clip, { frames: 12, audio: "aac", faststart: false }));
  afterAll(async () => {
    await runtime.dispose();
    folder.remove();
  });

  let made = 0;
  const requestOf = Effect.fnUntraced(function* (source: string) {
    const n = ++made;
    const path = (yield* Blobs).stage("result.mp4");
    copyFileSync(source, path);
    const origin = { kind: "generation" as const, jobId: `job_${n}` };
    return { assetId: `ast_${n}`, ownerId: `usr_${n}`, name: "x", origin, prompt: null, parents: [], path, early: true as const };
  });
  const isWhole = ({ urls, phash, thumbhash }: Asset): boolean =>
    phash !== null && thumbhash !== null && urls.faststart !== undefined && Object.values(urls).every((url) => url !== null);

  /** The asset as it is told once it has what `is` asks for. */
  const told = Effect.fnUntraced(function* (ownerId: string, is: (asset: Asset) => boolean) {
    const found = Deferred.makeUnsafe<Asset>();
    const bus = yield* Bus;
    yield* bus.follow(assetChannel(ownerId), undefined, Effect.succeed({}), (message) => {
      if (message.type !== "delta") return;
      const asset = (JSON.parse(message.json) as ReadonlyArray<Asset>).find(is);
      if (asset !== undefined) Deferred.doneUnsafe(found, Effect.succeed(asset));
    });
    return found;
  });
  const waiting = Effect.gen(function* () {
    const database = yield* Database;
    return yield* database.query((sql) => sql<Array<{ asset_id: string }>>`select asset_id from derivation`);
  });

  test("the asset is there before them, and told again with all of them", () =>
    run(
      Effect.gen(function* () {
        const request = yield* requestOf(clip);
        const whole = yield* told(request.ownerId, isWhole);
        const asset = yield* (yield* Assets).ingest(request);
        expect(asset).toMatchObject({ rev: 1, phash: null, durationMs: 500, urls: { poster: null, playVideo: null } });
        const followed = yield* Deferred.await(whole);
        expect(followed).toMatchObject({ id: asset.id, rev: 2 });
        expect(yield* (yield* Assets).get(request.ownerId, asset.id)).toEqual(followed);
        expect(yield* waiting).toEqual([]);
        expect(stagedIn(folder.path)).toEqual([]);
        // The same bytes once more have them at once.
        const before = { ...mediaWork };
        expect(isWhole(yield* (yield* Assets).ingest(yield* requestOf(clip)))).toBe(true);
        expect(mediaWork).toEqual(before);
      }),
    ));

  test("what a process that died did not make is made by who looks, once that is due", () =>
    run(
      Effect.gen(function* () {
        const database = yield* Database;
        const derivatives = yield* Derivatives;
        const { path, ...request } = yield* requestOf(clip);
        yield* makeOther(path, made);
        const whole = yield* told(request.ownerId, isWhole);
        // It writes its rows and is no more.
        const { early: _, ...late } = request;
        yield* (yield* Intake).take({ ...late, path });
        yield* database.query(
          (sql) => sql`
            with bare as (update asset set phash = null, thumbhash = null, sprite = null where id = ${request.assetId}),
              gone as (delete from asset_file where asset_id = ${request.assetId} and role <> 'original')
            insert into derivation (asset_id, due_at) values (${request.assetId}, ${Date.now() + 60_000})`,
        );
        expect(yield* derivatives.catchUp).toBe(0);
        // The next process, if it is the only one, need not wait.
        yield* derivatives.takeOver;
        expect(yield* derivatives.catchUp).toBe(1);
        expect(yield* Deferred.await(whole)).toMatchObject({ id: request.assetId });
        expect(yield* waiting).toEqual([]);
        expect(yield* derivatives.catchUp).toBe(0);
      }),
    ));

  test("a picture whose larger one was not made with the others gets it, and keeps those", () =>
    run(
      Effect.gen(function* () {
        const database = yield* Database;
        const assets = yield* Assets;
        const n = ++made;
        const path = (yield* Blobs).stage("photo.jpg");
        yield* Effect.promise(() =>
          sharp({ create: { width: 1600, height: 900, channels: 3, background: "#284" } })
            .jpeg()
            .toFile(path),
        );
        const own = { assetId: `ast_${n}`, ownerId: `usr_${n}` };
        const asset = yield* assets.ingest({ ...own, name: "x", origin: { kind: "upload" }, prompt: null, parents: [], path });
        expect(asset.urls.still).toMatch(/\.webp/);
        yield* database.query(
          (sql) => sql`
            with bare as (update asset set phash = null where id = ${asset.id}),
              gone as (delete from asset_file where asset_id = ${asset.id} and role = 'still')
            insert into derivation (asset_id, due_at) values (${asset.id}, 0)`,
        );
        expect((yield* assets.get(own.ownerId, asset.id)).urls.still).toBeUndefined();
        expect(yield* (yield* Derivatives).catchUp).toBe(1);
        const { urls, phash } = yield* assets.get(own.ownerId, asset.id);
        expect([urls, phash]).toEqual([asset.urls, asset.phash]);
      }),
    ));

  test("a picture whose bytes another has without the larger one gets it, and who has all of them gives them", () =>
    run(
      Effect.gen(function* () {
        const database = yield* Database;
        const assets = yield* Assets;
        const blobs = yield* Blobs;
        const derivatives = yield* Derivatives;
        const photo = yield* Effect.promise(() =>
          sharp({ create: { width: 1920, height: 1080, channels: 3, background: "#b52" } })
            .png()
            .toBuffer(),
        );
        const ingest = Effect.fnUntraced(function* (kind: "generation" | "upload", more: { readonly early?: true } = {}) {
          const n = ++made;
          const path = blobs.stage("photo.png");
          writeFileSync(path, photo);
          const origin = kind === "upload" ? { kind } : { kind, jobId: `job_${n}` };
          const asset = yield* assets.ingest({
            ...more,
            assetId: `ast_${n}`,
            ownerId: `usr_${n}`,
            name: "x",
            origin,
            prompt: null,
            parents: [],
            path,
          });
          return { asset, now: assets.get(`usr_${n}`, `ast_${n}`) };
        });
        const withoutStills = database.query((sql) => sql`delete from asset_file where role = 'still'`);
        const hasStill = ({ urls }: Asset): boolean => urls.still !== undefined;

        // One that was generated before there were larger ones, and an upload of the same bytes that waits for its own.
        const generated = yield* ingest("generation");
        const upload = yield* ingest("upload");
        yield* withoutStills;
        yield* database.query(
          (sql) => sql`
            with bare as (update asset set phash = null where id = ${upload.asset.id})
            insert into derivation (asset_id, due_at) values (${upload.asset.id}, 0)`,
        );
        expect(yield* derivatives.catchUp).toBe(1);
        expect([hasStill(yield* generated.now), hasStill(yield* upload.now)]).toEqual([false, true]);
        // The next takes them from the one that has all.
        const before = { ...mediaWork };
        expect(hasStill((yield* ingest("upload")).asset)).toBe(true);
        expect(mediaWork).toEqual(before);
        // Where nobody has all, they are made: at once, or right after the asset.
        yield* withoutStills;
        expect(hasStill((yield* ingest("upload")).asset)).toBe(true);
        yield* withoutStills;
        const early = yield* ingest("generation", { early: true });
        expect(early.asset).toMatchObject({ width: 1920, phash: null });
        yield* Effect.repeat(early.now, { until: hasStill, schedule: Schedule.spaced(20) });
        expect((yield* early.now).phash).toBe(generated.asset.phash);
      }),
    ));

  test("those of old assets wait until no other is due", () =>
    run(
      Effect.gen(function* () {
        const database = yield* Database;
        const left = [];
        for (const dueAt of [0, 7, 5]) {
          const { early: _, ...request } = yield* requestOf(clip);
          const { id } = yield* (yield* Intake).take(request);
          yield* database.query((sql) => sql`insert into derivation (asset_id, due_at) values (${id}, ${dueAt})`);
          left.push(id);
        }
        const taken = [];
        for (const _ of left) {
          const [due] = yield* database.query((sql) => takeDerivation(sql, Date.now(), 60_000, 10));
          taken.push(due?.id);
        }
        expect(taken).toEqual([left[2], left[1], left[0]]);
        yield* database.query((sql) => sql`delete from derivation`);
      }),
    ));

  test("of a file that can be read and not worked on there are none, and nobody tries again", () =>
    run(
      Effect.gen(function* () {
        const derivatives = yield* Derivatives;
        const blobs = yield* Blobs;
        const database = yield* Database;
        const { path, ...request } = yield* requestOf(clip);
        yield* makeOther(path, made);
        const { early: _, ...late } = request;
        const asset = yield* (yield* Intake).take({ ...late, path });
        yield* database.query(
          (sql) => sql`
            with bare as (update asset set phash = null where id = ${asset.id})
            insert into derivation (asset_id, due_at) values (${asset.id}, 0)`,
        );
        const file = blobs.path(asset.sha256);
        truncateSync(file, Math.floor(statSync(file).size / 3));
        expect(yield* derivatives.catchUp).toBe(1);
        expect(yield* waiting).toEqual([]);
        expect(yield* (yield* Assets).get(request.ownerId, asset.id)).toMatchObject({ id: asset.id, phash: null });
      }),
    ));
});

/** A video that no other test has. */
const makeOther = (path: string, seed: number): Effect.Effect<void> =>
  Effect.promise(() => makeClip(path, { frames: 12, audio: "aac", faststart: false, seed }));
