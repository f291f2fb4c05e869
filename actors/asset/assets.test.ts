import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Effect, ManagedRuntime } from "effect";
import { TestClock } from "effect/testing";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeClip, must } from "#actors/media/testing.ts";
import { Database } from "#db/client/database.ts";
import { testDatabases } from "#db/client/testing.ts";
import { insertScene, insertSceneVersion, lendAssets } from "#db/queries/scene.ts";
import { contract } from "#protocol/contract.ts";
import { Asset } from "#protocol/asset.ts";
import { Blobs } from "#runtime/blobs/blobs.ts";
import type { TopicMessage } from "#runtime/gateway/handlers.ts";
import { contextOf } from "#runtime/gateway/caller.ts";
import { Assets, type IngestRequest, pastAnyEnd } from "./assets.ts";
import { assetHandlers } from "./handlers.ts";
import { purgeTrash, sweepOrphans } from "./housekeeping.ts";
import { Intake } from "./intake.ts";
import { mediaWork, stagedIn, testAssets, testFolder } from "./testing.ts";

const day = 86_400_000;

describe.each(testDatabases)("assets on $engine", ({ layer }) => {
  const folder = testFolder();
  const runtime = ManagedRuntime.make(testAssets(folder.path, layer));
  type Services = ManagedRuntime.ManagedRuntime.Services<typeof runtime>;
  const run = <A, E>(effect: Effect.Effect<A, E, Services>): Promise<A> => runtime.runPromise(effect);

  const clip = join(folder.path, "clip.mp4");
  const otherClip = join(folder.path, "other.mp4");
  beforeAll(async () => {
    await makeClip(clip, { frames: 24, audio: "aac" });
    await makeClip(otherClip, { frames: 6, seed: 9 });
    await run(Effect.void);
  });
  afterAll(async () => {
    await runtime.dispose();
    folder.remove();
  });

  let users = 0;
  /** Tests share a database: each has its own user. */
  const freshUser = (): string => `usr_${++users}`;
  let ids = 0;
  const freshId = (): string => `ast_t${++ids}`;

  const ingest = Effect.fnUntraced(function* (ownerId: string, request: Partial<IngestRequest> = {}, source = clip) {
    const path = (yield* Blobs).stage("result.mp4");
    copyFileSync(source, path);
    return yield* (yield* Assets).ingest({
      assetId: freshId(),
      ownerId,
      name: "a fox in the snow",
      origin: { kind: "generation", jobId: "job_1" },
      prompt: "a fox, softly lit",
      parents: [],
      path,
      ...request,
    });
  });

  const staged = (): ReadonlyArray<string> => stagedIn(folder.path);

  test("a finished file becomes an asset with all its derivatives, and nothing is left in the staging folder", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const asset = yield* ingest(owner);
        expect(Asset.parse(asset)).toEqual(asset);
        expect(asset).toMatchObject({
          ownerId: owner,
          mediaType: "video",
          mime: "video/mp4",
          width: 64,
          height: 48,
          durationMs: 1000,
          fps: 24,
          audioCodec: "mp4a.40.2",
          origin: { kind: "generation", jobId: "job_1" },
          favourite: false,
          deletedAt: null,
        });
        const blobs = yield* Blobs;
        const { original, poster, thumbs, sprite, firstFrame, lastFrame, playVideo, playAudio } = asset.urls;
        const urls = [original, poster, thumbs?.s, thumbs?.m, thumbs?.l, sprite?.url, firstFrame, lastFrame, playVideo, playAudio];
        for (const url of urls) {
          const sha256 = /^\/media\/([0-9a-f]{64})\.(mp4|m4a|webp|jpg)$/.exec(url ?? "")?.[1];
          expect(yield* blobs.has(sha256 ?? "")).toBe(true);
        }
        expect(staged()).toEqual([]);
      }),
    ));

  test("ingesting the same id again answers the same asset and drops the file", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const assetId = freshId();
        const [first, second] = yield* Effect.all([ingest(owner, { assetId }), ingest(owner, { assetId }, otherClip)]);
        expect(second).toEqual(first);
        expect(staged()).toEqual([]);
      }),
    ));

  test("the same id twice at once makes one asset", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const assetId = freshId();
        const made = yield* Effect.all([ingest(owner, { assetId }), ingest(owner, { assetId })], { concurrency: "unbounded" });
        expect(made[0]).toEqual(made[1]);
        expect(staged()).toEqual([]);
      }),
    ));

  test("the same bytes under another id are another asset that shares all files, without working on them again", () =>
    run(
      Effect.gen(function* () {
        const asset = yield* ingest(freshUser());
        const before = { ...mediaWork };
        const count = (yield* (yield* Blobs).list).length;
        const twin = yield* ingest(freshUser());
        expect(twin.id).not.toBe(asset.id);
        expect(twin.urls).toEqual(asset.urls);
        expect(mediaWork).toEqual(before);
        expect((yield* (yield* Blobs).list).length).toBe(count);
      }),
    ));

  test("a server that dies before the rows are written leaves no asset, and the same ingest makes it later", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const assetId = freshId();
        const path = (yield* Blobs).stage("result.mp4");
        copyFileSync(clip, path);
        const request = { assetId, ownerId: owner, name: "x".repeat(900), origin: { kind: "generation" as const, jobId: "job_1" } };
        const parents = [{ assetId: (yield* ingest(owner)).id, relation: "SOURCE_VIDEO" as const, operation: null, timeMs: null }];
        const dies = () => Promise.reject(new Error("the server dies here"));
        const exit = yield* Effect.exit((yield* Intake).take({ ...request, prompt: null, parents, path, within: dies }));
        expect(exit._tag).toBe("Failure");
        expect(yield* Effect.flip((yield* Assets).get(owner, assetId))).toMatchObject({ code: "not_found" });
        const asset = yield* ingest(owner, { ...request, parents });
        expect(asset).toMatchObject({ id: assetId, name: "x".repeat(200) });
        const { edges } = yield* (yield* assetHandlers).calls["assets.lineage"]({ id: assetId, depth: 1 }, contextOf(owner));
        expect(edges).toHaveLength(1);
        expect(staged()).toEqual([]);
      }),
    ));

  test("a file that is no media is refused with a sentence and removed", () =>
    run(
      Effect.gen(function* () {
        const text = join(folder.path, "text.mp4");
        writeFileSync(text, "this is not a video at all");
        expect(yield* Effect.flip(ingest(freshUser(), {}, text))).toMatchObject({
          code: "unsupported_media",
          message: expect.stringContaining("PNG, JPEG"),
        });
        expect(staged()).toEqual([]);
      }),
    ));

  test("a file that is gone asks to be fetched again", () =>
    run(
      Effect.gen(function* () {
        const request = {
          assetId: freshId(),
          ownerId: freshUser(),
          name: "gone",
          origin: { kind: "upload" as const },
          prompt: null,
          parents: [],
        };
        const path = (yield* Blobs).stage("gone.mp4");
        expect(yield* Effect.flip((yield* Assets).ingest({ ...request, path }))).toMatchObject({ code: "unavailable" });
      }),
    ));

  test("an asset is there for its owner only", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const { id } = yield* ingest(owner);
        const handlers = yield* assetHandlers;
        const stranger = contextOf(freshUser());
        expect((yield* handlers.calls["assets.get"]({ id }, contextOf(owner))).id).toBe(id);
        for (const attempt of [
          handlers.calls["assets.get"]({ id }, stranger),
          handlers.calls["assets.many"]({ ids: [id] }, stranger),
          handlers.calls["assets.update"]({ id, favourite: true }, stranger),
          handlers.calls["assets.delete"]({ ids: [id] }, stranger),
          handlers.calls["assets.lineage"]({ id, depth: 5 }, stranger),
          handlers.calls["assets.captureFrame"]({ id, timeMs: 0 }, stranger),
          (yield* Assets).file(stranger.principal?.userId ?? "", id),
        ]) {
          expect(yield* Effect.flip(attempt as Effect.Effect<unknown, { code: string }>)).toMatchObject({ code: "not_found" });
        }
        expect(yield* Effect.flip(handlers.calls["assets.get"]({ id }, { ...stranger, principal: null }))).toMatchObject({
          code: "unauthenticated",
        });
      }),
    ));

  test("a provider gets the file of an asset; if the file is lost, a clear refusal", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const { id, sha256 } = yield* ingest(owner, {}, otherClip);
        const file = yield* (yield* Assets).file(owner, id);
        expect(file).toMatchObject({ mime: "video/mp4", mediaType: "video", sha256 });
        expect(existsSync(file.path)).toBe(true);
        rmSync(file.path);
        expect(yield* Effect.flip((yield* Assets).file(owner, id))).toMatchObject({ code: "not_found" });
        expect(yield* Effect.flip((yield* assetHandlers).calls["assets.captureFrame"]({ id, timeMs: 0 }, contextOf(owner)))).toMatchObject({
          code: "not_found",
        });
        // The same bytes heal it.
        yield* ingest(owner, {}, otherClip);
        expect(existsSync((yield* (yield* Assets).file(owner, id)).path)).toBe(true);
      }),
    ));

  test("lists page by page, newest first, with filters and search", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const { calls } = yield* assetHandlers;
        const context = contextOf(owner);
        const made: Array<string> = [];
        for (let index = 0; index < 7; index++) {
          made.unshift((yield* ingest(owner, { name: index % 2 === 0 ? `100% fox_${index}` : "bear", prompt: null })).id);
        }
        const seen: Array<string> = [];
        let cursor: string | undefined;
        do {
          const page: { assets: Array<Asset>; next: string | null } = yield* calls["assets.list"](
            { filter: { deleted: false }, limit: 3, cursor },
            context,
          );
          seen.push(...page.assets.map((asset) => asset.id));
          cursor = page.next ?? undefined;
        } while (cursor !== undefined);
        expect(new Set(seen)).toEqual(new Set(made));
        expect(seen).toHaveLength(7);

        const find = (filter: object) =>
          Effect.map(calls["assets.list"]({ filter: { deleted: false, ...filter }, limit: 100 }, context), (page) => page.assets.length);
        expect(yield* find({ search: "FOX" })).toBe(4);
        expect(yield* find({ search: "0% f" })).toBe(4);
        expect(yield* find({ search: "fox%4" })).toBe(0);
        expect(yield* find({ search: "fox_4" })).toBe(1);
        expect(yield* find({ search: "\\" })).toBe(0);
        expect(yield* find({ mediaType: "image" })).toBe(0);
        expect(yield* find({ mediaType: "video", origin: "generation" })).toBe(7);
        expect(yield* find({ favourite: true })).toBe(0);
        yield* calls["assets.update"]({ id: made[0] ?? "", favourite: true }, context);
        expect(yield* find({ favourite: true })).toBe(1);
        expect(yield* find({ deleted: true })).toBe(0);
        for (const bad of ["x", "zzzzzzzzzzzzzzzz.a", "1.", "0.' or 1=1", "1.a.b"]) {
          expect(yield* Effect.flip(calls["assets.list"]({ filter: { deleted: false }, limit: 3, cursor: bad }, context))).toMatchObject({
            code: "invalid_input",
          });
        }
      }),
    ));

  test("renames, and followers get the whole changed row with a higher rev", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const { calls, topics } = yield* assetHandlers;
        const context = contextOf(owner);
        const first = yield* ingest(owner);
        const messages: Array<TopicMessage> = [];
        const handle = yield* topics["assets.assets"]({}, context, undefined, (message) => messages.push(message));
        expect(messages[0]).toMatchObject({ type: "snapshot" });
        const snapshot = contract.assets.topics.assets.snapshot.parse(JSON.parse(messages[0]?.type === "snapshot" ? messages[0].json : ""));
        expect(snapshot).toMatchObject({ count: 1, assets: [{ id: first.id }], next: null });

        yield* calls["assets.update"]({ id: first.id, name: "renamed" }, context);
        yield* calls["assets.delete"]({ ids: [first.id] }, context);
        yield* calls["assets.restore"]({ ids: [first.id] }, context);
        const second = yield* ingest(owner);
        const deltas = messages.slice(1).flatMap((message) => (message.type === "delta" ? (JSON.parse(message.json) as Array<Asset>) : []));
        expect(deltas.map((asset) => [asset.id, asset.name, asset.deletedAt === null, asset.rev])).toEqual([
          [first.id, "renamed", true, 2],
          [first.id, "renamed", false, 3],
          [first.id, "renamed", true, 4],
          [second.id, "a fox in the snow", true, 1],
        ]);
        for (const delta of deltas) expect(Asset.parse(delta)).toEqual(delta);

        // Another user's followers hear nothing of it, and who comes back gets what was missed.
        const pos = messages[1]?.pos;
        handle.close();
        const missed: Array<TopicMessage> = [];
        yield* topics["assets.assets"]({}, context, pos, (message) => missed.push(message));
        expect(missed.map((message) => message.type)).toEqual(["resumed", "delta"]);
        const others: Array<TopicMessage> = [];
        yield* topics["assets.assets"]({}, contextOf(freshUser()), undefined, (message) => others.push(message));
        yield* calls["assets.update"]({ id: first.id, name: "again" }, context);
        expect(others.map((message) => message.type)).toEqual(["snapshot"]);
      }),
    ));

  test("the trash takes all or none, and gives back", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const { calls } = yield* assetHandlers;
        const context = contextOf(owner);
        const [a, b] = [yield* ingest(owner), yield* ingest(owner)];
        const live = () =>
          Effect.map(calls["assets.list"]({ filter: { deleted: false }, limit: 10 }, context), (page) => page.assets.length);
        expect(yield* Effect.flip(calls["assets.delete"]({ ids: [a.id, "ast_none"] }, context))).toMatchObject({
          code: "not_found",
          message: expect.stringContaining("ast_none"),
        });
        expect(yield* live()).toBe(2);
        expect(yield* calls["assets.delete"]({ ids: [a.id, b.id] }, context)).toEqual({ deleted: [a.id, b.id] });
        expect(yield* calls["assets.delete"]({ ids: [a.id] }, context)).toEqual({ deleted: [a.id] });
        expect(yield* live()).toBe(0);
        expect((yield* calls["assets.get"]({ id: a.id }, context)).deletedAt).toBeGreaterThan(0);
        yield* calls["assets.restore"]({ ids: [a.id] }, context);
        expect(yield* live()).toBe(1);
        const trash = yield* calls["assets.list"]({ filter: { deleted: true }, limit: 10 }, context);
        expect(trash.assets.map((asset) => asset.id)).toEqual([b.id]);
      }),
    ));

  test("the result of a job that was called off is not stored, and one stored just before goes to the trash", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const { calls } = yield* assetHandlers;
        const database = yield* Database;
        const assets = yield* Assets;
        const jobId = `job_${owner}`;
        yield* database.query(
          (sql) => sql`
            insert into job (id, rev, owner_id, operation, provider, state, progress, prompt, params, inputs, hash, priority, attempt,
              max_attempts, parked, created_at)
            values (${jobId}, 1, ${owner}, 'text_to_video', 'studio', 'ingesting', 0.95, '', '{}', '[]', '', 0, 1, 3, false, 0)`,
        );
        const request = { origin: { kind: "generation" as const, jobId } };
        const stored = yield* ingest(owner, request);
        yield* database.query((sql) => sql`update job set state = 'cancelling' where id = ${jobId}`);
        const late = freshId();
        expect(yield* Effect.flip(ingest(owner, { ...request, assetId: late }))).toMatchObject({ code: "cancelled" });
        expect(yield* Effect.flip(assets.get(owner, late))).toMatchObject({ code: "not_found" });
        yield* assets.withdraw(owner, stored.id);
        yield* assets.withdraw(owner, late);
        const trash = yield* calls["assets.list"]({ filter: { deleted: true }, limit: 10 }, contextOf(owner));
        expect(trash.assets.map(({ id }) => id)).toEqual([stored.id]);
      }),
    ));

  test("the same frame captured again is the same asset, also at once, and comes back from the trash", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const { calls } = yield* assetHandlers;
        const context = contextOf(owner);
        const video = yield* ingest(owner);
        const capture = (timeMs: number) => calls["assets.captureFrame"]({ id: video.id, timeMs }, context);
        const [first, same] = yield* Effect.all([capture(500), capture(510)], { concurrency: "unbounded" });
        expect(same.id).toBe(first.id);
        expect(first).toMatchObject({
          mediaType: "image",
          mime: "image/png",
          width: 64,
          height: 48,
          origin: { kind: "frame", assetId: video.id, timeMs: 500 },
          name: "a fox in the snow at 0.50 s",
        });
        expect((yield* capture(560)).id).not.toBe(first.id);
        yield* calls["assets.delete"]({ ids: [first.id] }, context);
        // What goes on from it brings nothing back that its owner has put away.
        const inTrash = yield* (yield* Assets).frame(owner, video.id, 505);
        expect([inTrash.id, inTrash.deletedAt]).toEqual([first.id, expect.any(Number)]);
        expect(yield* capture(505)).toMatchObject({ id: first.id, deletedAt: null });
        const lineage = yield* calls["assets.lineage"]({ id: first.id, depth: 5 }, context);
        expect(lineage.assets.map((asset) => asset.id)).toEqual([first.id, video.id]);
        expect(lineage.edges).toEqual([
          { childId: first.id, parentId: video.id, relation: "PAUSED_FRAME", operation: null, timeMs: 500, order: 0 },
        ]);
        expect(yield* Effect.flip(calls["assets.captureFrame"]({ id: first.id, timeMs: 0 }, context))).toMatchObject({
          code: "unsupported_media",
        });
        expect(staged()).toEqual([]);
      }),
    ));

  test("what others have lent to a version is a picture of its owner's, made once, without what is theirs; nothing else is", () =>
    run(
      Effect.gen(function* () {
        const [owner, friend] = [freshUser(), freshUser()];
        const photo = join(folder.path, "photo.jpg");
        yield* Effect.promise(() =>
          sharp({ create: { width: 40, height: 30, channels: 3, background: "#a04020" } })
            .withExif({ IFD0: { Copyright: "A friend" } })
            .withMetadata({ orientation: 6 })
            .jpeg()
            .toFile(photo),
        );
        const upload = (ownerId: string) => ingest(ownerId, { origin: { kind: "upload" }, prompt: null }, photo);
        const [own, ownPhoto, film, lent] = [yield* ingest(owner), yield* upload(owner), yield* ingest(friend), yield* upload(friend)];
        const foreign = yield* ingest(friend, {}, otherClip);
        const [sceneId, versionId] = [`scn_${owner}`, `scv_${owner}`];
        const story = { media: [own, ownPhoto, film, lent, foreign].map(({ id }) => ({ assetId: id })) };
        yield* (yield* Database).transaction(async (tx) => {
          const scene = { id: sceneId, owner_id: owner, title: "Forest", format: 1, body: "{}", nodes: 0, edges: 0, created_at: 1 };
          await insertScene(tx, scene);
          await lendAssets(tx, sceneId, friend, [film.id, lent.id]);
          const version = { id: versionId, scene_id: sceneId, owner_id: owner, number: 1, note: "", created_at: 1 };
          await insertSceneVersion(tx, { ...version, format: 1, story: JSON.stringify(story) }, [sceneId]);
        });
        const { picture } = yield* Assets;
        const shown = (id: string, timeMs = pastAnyEnd) => picture({ ownerId: owner, versionId }, id, timeMs);
        expect((yield* shown(ownPhoto.id)).id).toBe(ownPhoto.id);
        expect(yield* shown(own.id)).toMatchObject({
          origin: { kind: "frame", assetId: own.id, timeMs: 958 },
          prompt: "a fox, softly lit",
        });
        const [last, photographed] = [yield* shown(film.id), yield* shown(lent.id, 0)];
        expect(last).toMatchObject({ ownerId: owner, origin: { kind: "frame", assetId: film.id, timeMs: 958 }, prompt: null });
        // Upright as it was taken.
        expect(photographed).toMatchObject({ ownerId: owner, mime: "image/png", width: 30, height: 40, name: lent.name });
        const bytes = readFileSync((yield* Blobs).path(photographed.sha256));
        expect([bytes.includes("A friend"), readFileSync(photo).includes("A friend")]).toEqual([false, true]);
        expect([(yield* shown(film.id)).id, (yield* shown(lent.id)).id]).toEqual([last.id, photographed.id]);
        expect(yield* Effect.flip(shown(foreign.id))).toMatchObject({ code: "not_found" });
        expect(yield* Effect.flip(picture({ ownerId: friend, versionId: "scv_none" }, own.id, 0))).toMatchObject({ code: "not_found" });
        expect(staged()).toEqual([]);
      }),
    ));

  test("lineage reaches ancestors and descendants, as deep as asked", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const { calls } = yield* assetHandlers;
        const link = (parent: string, order = 0) => ({
          assetId: parent,
          relation: "SOURCE_VIDEO" as const,
          operation: "video_extend",
          timeMs: order,
        });
        const a = yield* ingest(owner);
        const b = yield* ingest(owner, { parents: [link(a.id)] });
        const c = yield* ingest(owner, { parents: [link(b.id), link(a.id, 1), link(b.id, 2)] });
        const d = yield* ingest(owner, { parents: [link(c.id)] });
        const unrelated = yield* ingest(owner, { parents: [link(a.id)] });
        const of = (id: string, depth: number) => calls["assets.lineage"]({ id, depth }, contextOf(owner));
        expect((yield* of(b.id, 1)).assets.map((asset) => asset.id).toSorted()).toEqual([a.id, b.id, c.id].toSorted());
        const whole = yield* of(c.id, 20);
        expect(whole.assets[0]?.id).toBe(c.id);
        expect(whole.assets.map((asset) => asset.id).toSorted()).toEqual([a.id, b.id, c.id, d.id].toSorted());
        expect(whole.assets.some((asset) => asset.id === unrelated.id)).toBe(false);
        expect(whole.edges.filter((edge) => edge.childId === c.id).map((edge) => [edge.parentId, edge.order])).toEqual([
          [b.id, 0],
          [a.id, 1],
          [b.id, 2],
        ]);
        expect(contract.assets.calls.lineage.output.parse(whole)).toEqual(whole);
      }),
    ));

  test("a parent that is gone, or another user's, makes no edge but does not stop the asset", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const foreign = yield* ingest(freshUser());
        const parents = ["ast_gone", foreign.id].map((assetId) => ({
          assetId,
          relation: "SOURCE_IMAGE" as const,
          operation: "image_to_video",
          timeMs: null,
        }));
        const asset = yield* ingest(owner, { parents });
        const lineage = yield* (yield* assetHandlers).calls["assets.lineage"]({ id: asset.id, depth: 5 }, contextOf(owner));
        expect(lineage).toMatchObject({ assets: [{ id: asset.id }], edges: [] });
      }),
    ));

  test("after 30 days in the trash an asset is gone, and its files once no other asset has them", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const blobs = yield* Blobs;
        const { calls } = yield* assetHandlers;
        const picture = join(folder.path, "purge.png");
        yield* Effect.promise(() =>
          sharp({ create: { width: 31, height: 17, channels: 3, background: "#935" } })
            .png()
            .toFile(picture),
        );
        const [a, b] = [yield* ingest(owner, {}, picture), yield* ingest(owner, {}, picture)];
        yield* Effect.gen(function* () {
          yield* TestClock.setTime(Date.UTC(2030, 0, 1));
          // What other tests left in the trash.
          yield* purgeTrash;
          yield* calls["assets.delete"]({ ids: [a.id] }, contextOf(owner));
          yield* TestClock.adjust(29 * day);
          expect(yield* purgeTrash).toBe(0);
          yield* TestClock.adjust(2 * day);
          expect(yield* purgeTrash).toBe(1);
          const now = Date.UTC(2030, 1, 1);
          yield* sweepOrphans(now);
          expect(yield* blobs.has(b.sha256)).toBe(true);
          yield* calls["assets.delete"]({ ids: [b.id] }, contextOf(owner));
          yield* TestClock.adjust(31 * day);
          expect(yield* purgeTrash).toBe(1);
          expect(yield* sweepOrphans(now)).toBeGreaterThanOrEqual(5);
          expect(yield* blobs.has(b.sha256)).toBe(false);
        }).pipe(Effect.provide(TestClock.layer()));
      }),
    ));

  test("files that a crash left without an asset are swept; fresh ones and used ones stay", () =>
    run(
      Effect.gen(function* () {
        const blobs = yield* Blobs;
        const asset = yield* ingest(freshUser());
        const orphan = blobs.stage("orphan");
        writeFileSync(orphan, "left by a crash");
        const { sha256 } = yield* blobs.adopt(orphan);
        const { adoptedAt } = must((yield* blobs.list).find((blob) => blob.sha256 === sha256));
        yield* sweepOrphans(adoptedAt);
        expect(yield* blobs.has(sha256)).toBe(true);
        expect(yield* sweepOrphans(adoptedAt + 1)).toBe(1);
        expect(yield* blobs.has(sha256)).toBe(false);
        for (const { sha256: kept } of yield* blobs.list) expect(kept).toMatch(/^[0-9a-f]{64}$/);
        expect(existsSync(blobs.path(asset.sha256))).toBe(true);
      }),
    ));

  test("lists of ten thousand assets stay quick and exact", () =>
    run(
      Effect.gen(function* () {
        const owner = freshUser();
        const { calls, topics } = yield* assetHandlers;
        const database = yield* Database;
        const { id } = yield* ingest(owner);
        yield* database.query(
          (sql) => sql`
            insert into asset (id, owner_id, media_type, mime, name, size, width, height, sha256, origin, created_at)
            select 'ast_many_' || ${owner}::text || n, owner_id, media_type, mime, 'number ' || n, size, width, height, sha256, 'generation', n / 3
            from asset, generate_series(1, 10000) n where id = ${id}`,
        );
        yield* database.query(
          (sql) => sql`
            insert into asset_file (asset_id, role, sha256, mime, size)
            select a.id, f.role, f.sha256, f.mime, f.size from asset a, asset_file f where a.owner_id = ${owner} and a.id <> ${id} and f.asset_id = ${id} and f.role in ('original', 'poster')`,
        );
        const seen = new Set<string>();
        let cursor: string | undefined;
        do {
          const page: { assets: Array<Asset>; next: string | null } = yield* calls["assets.list"](
            { filter: { deleted: false }, limit: 500, cursor },
            contextOf(owner),
          );
          for (const asset of page.assets) seen.add(asset.id);
          cursor = page.next ?? undefined;
        } while (cursor !== undefined);
        expect(seen.size).toBe(10_001);
        const messages: Array<TopicMessage> = [];
        yield* topics["assets.assets"]({}, contextOf(owner), undefined, (message) => messages.push(message));
        expect(JSON.parse(messages[0]?.type === "snapshot" ? messages[0].json : "{}")).toMatchObject({ count: 10_001 });
      }),
    ));
});
