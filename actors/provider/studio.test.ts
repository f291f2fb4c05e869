// The studio keeps to the suite of all providers, and what only it promises: nothing is drawn twice, a restart goes on.
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Context, Deferred, Effect, Exit, Fiber, Layer, Queue, Scope } from "effect";
import { TestClock } from "effect/testing";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeClip } from "#actors/media/testing.ts";
import { Media, type RenderSpec } from "#actors/media/media.ts";
import { mediaPool } from "#actors/media/pool.ts";
import { Database } from "#db/client/database.ts";
import { testDatabases } from "#db/client/testing.ts";
import { readSettings, Settings } from "#runtime/config/settings.ts";
import { providerConformance } from "./conformance.ts";
import type { Connection, Provider, ProviderAccount, ProviderRequest } from "./provider.ts";
import { makeStudio } from "./studio.ts";
import { testInput } from "./testing.ts";

const [{ layer: embedded }] = testDatabases as [(typeof testDatabases)[number]];
const settings = (folder: string) => Layer.succeed(Settings, readSettings({ PIXSIM_DATA: folder, PIXSIM_RENDERERS: "2" }));

const small = { duration: 1, quality: "360p" };
const words = (prompt: string): ProviderRequest => ({ operation: "text_to_video", params: { prompt, ...small }, inputs: [] });

/** The studio needs neither account nor tools. */
const account: ProviderAccount = { id: "acc_builtin", settings: {}, secrets: {} };
const connectionOf = (provider: Provider): Connection =>
  provider.connect(account, {
    http: { json: () => Effect.die("unused"), download: () => Effect.die("unused"), socket: () => Effect.die("unused") },
    polling: { track: () => Effect.die("unused") },
    uploads: { once: () => Effect.die("unused"), forget: () => Effect.die("unused"), forgetAll: Effect.die("unused") },
    videos: { taken: () => Effect.die("unused") },
  });

const picture = async (path: string, background: string): Promise<string> => {
  await sharp({ create: { width: 320, height: 200, channels: 3, background } })
    .png()
    .toFile(path);
  return path;
};

providerConformance({
  name: "studio",
  start: async (folder) => {
    const scope = Scope.makeUnsafe();
    const layer = Layer.mergeAll(mediaPool(), embedded).pipe(Layer.provideMerge(settings(folder)));
    const context = await Effect.runPromise(Layer.buildWithScope(layer, scope));
    const provider = await Effect.runPromise(makeStudio.pipe(Effect.provide(context), Scope.provide(scope)));
    return {
      provider,
      connection: connectionOf(provider),
      probe: (path) => Effect.runPromise(Context.get(context, Media).probe(path)),
      asked: () => 0,
      close: () => Effect.runPromise(Scope.close(scope, Exit.void)),
    };
  },
  orders: async (folder) => {
    const first = await picture(join(folder, "first.png"), "#204060");
    const second = await picture(join(folder, "second.png"), "#c08030");
    const clip = join(folder, "clip.mp4");
    await makeClip(clip, { width: 320, height: 180, frames: 12, audio: "aac" });
    return {
      text_to_video: words("a fox in the snow"),
      image_to_video: {
        operation: "image_to_video",
        params: { prompt: "pan left", ...small, audio: true },
        inputs: [testInput("image", first)],
      },
      video_extend: {
        operation: "video_extend",
        params: { ...small },
        inputs: [testInput("video", clip, { mediaType: "video", mime: "video/mp4" })],
      },
      video_transition: {
        operation: "video_transition",
        params: { duration: 1, quality: "360p", style: "iris" },
        inputs: [testInput("frame", first), testInput("frame", second)],
      },
      fusion: {
        operation: "fusion",
        params: { prompt: "@box flies over the sea", ...small },
        inputs: [testInput("subject", first, { name: "box" }), testInput("background", second)],
      },
    };
  },
  failing: [
    { request: words("a fox #fail"), kind: "provider" },
    { request: words("a fox #filtered"), kind: "filtered" },
  ],
  endless: words("a fox #stall"),
  unknownJob: "ren_nobody",
});

/** Media that draws nothing: it says what it was told to do, and ends when the test lets it. */
class Easel {
  readonly drawn: Array<RenderSpec> = [];
  stopped = 0;
  outcome: Effect.Effect<void> = Effect.void;
  readonly layer = Layer.succeed(Media, {
    concurrency: 1,
    convert: () => Effect.die("not for these tests"),
    probe: () => Effect.die("not for these tests"),
    derive: () => Effect.die("not for these tests"),
    frame: () => Effect.die("not for these tests"),
    render: (spec, output, progress) =>
      Effect.suspend(() => {
        this.drawn.push(spec);
        progress(0.5);
        return this.outcome;
      }).pipe(
        Effect.andThen(Effect.promise(() => writeFile(output, "video"))),
        Effect.onInterrupt(() => Effect.sync(() => void this.stopped++)),
      ),
  });
}

describe.each(testDatabases)("the studio's ledger ($engine)", ({ layer }) => {
  let folder: string;
  let scope: Scope.Closeable;
  let stored: Context.Context<Database>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pixsim-studio-"));
    scope = Scope.makeUnsafe();
    stored = await Effect.runPromise(Layer.buildWithScope(layer, scope));
  });
  afterAll(async () => {
    await Effect.runPromise(Scope.close(scope, Exit.void));
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs with a studio that lives only as long: as a server from start to stop. */
  const withStudio = <A, E>(easel: Easel, use: (studio: Connection) => Effect.Effect<A, E>): Effect.Effect<A, unknown> =>
    Effect.scoped(Effect.flatMap(makeStudio, (provider) => use(connectionOf(provider)))).pipe(
      Effect.provide(Layer.mergeAll(easel.layer, settings(folder), Layer.succeedContext(stored))),
    );

  const progressSeen = (studio: Connection, id: string) =>
    Effect.gen(function* () {
      const told = yield* Queue.unbounded<number>();
      const fiber = yield* Effect.forkChild(studio.track(id, (fraction) => Effect.asVoid(Queue.offer(told, fraction))));
      while ((yield* Queue.take(told)) < 0.5);
      return fiber;
    });

  it("goes on after a restart with what it had accepted, and draws it once", async () => {
    const easel = new Easel();
    easel.outcome = Effect.never;
    const id = await Effect.runPromise(
      withStudio(easel, (studio) =>
        Effect.gen(function* () {
          const { providerJobId } = yield* studio.submit("restart", words("a boat"));
          yield* progressSeen(studio, providerJobId);
          return providerJobId;
        }),
      ),
    );
    expect([easel.drawn.length, easel.stopped]).toEqual([1, 1]);
    easel.outcome = Effect.void;
    await Effect.runPromise(
      withStudio(easel, (studio) =>
        Effect.gen(function* () {
          expect(yield* studio.submit("restart", words("a boat"))).toEqual({ providerJobId: id, charged: 0 });
          yield* studio.track(id, () => Effect.void);
          yield* studio.track(id, () => Effect.void);
          yield* studio.download(id, join(folder, "boat.mp4"));
        }),
      ),
    );
    expect(easel.drawn.length).toBe(2);
    const [row] = await Effect.runPromise(
      Context.get(stored, Database).query(
        (sql) => sql<Array<{ state: string; accepted_count: number }>>`select state, accepted_count from studio_render where id = ${id}`,
      ),
    );
    expect(row).toEqual({ state: "done", accepted_count: 2 });
  });

  it("removes files that no render has, such as a killed process leaves, and keeps the others", async () => {
    const renders = join(folder, "renders");
    const kept = await Effect.runPromise(
      withStudio(new Easel(), (studio) =>
        Effect.gen(function* () {
          const { providerJobId } = yield* studio.submit("kept", words("a boat"));
          yield* studio.track(providerJobId, () => Effect.void);
          return `${providerJobId}.mp4`;
        }),
      ),
    );
    await Promise.all(["ren_nobody.mp4", "ren_half.mp4.part"].map((name) => writeFile(join(renders, name), "left over")));
    await Effect.runPromise(withStudio(new Easel(), () => Effect.void));
    const names = await readdir(renders);
    expect(names).toContain(kept);
    expect(names.filter((name) => /nobody|half/.test(name))).toEqual([]);
  });

  it("stops drawing when nobody follows any more, and begins again for the next one", async () => {
    const easel = new Easel();
    easel.outcome = Effect.never;
    await Effect.runPromise(
      withStudio(easel, (studio) =>
        Effect.gen(function* () {
          const { providerJobId } = yield* studio.submit("left-alone", words("a boat"));
          yield* Fiber.interrupt(yield* progressSeen(studio, providerJobId));
          expect(easel.stopped).toBe(1);
          easel.outcome = Effect.void;
          yield* studio.track(providerJobId, () => Effect.void);
        }),
      ),
    );
    expect(easel.drawn.length).toBe(2);
  });

  it("begins again for who comes while a drawing is still being stopped, whoever else goes meanwhile", async () => {
    const easel = new Easel();
    const released = Deferred.makeUnsafe<void>();
    easel.outcome = Effect.onInterrupt(Effect.never, () => Deferred.await(released));
    await Effect.runPromise(
      withStudio(easel, (studio) =>
        Effect.gen(function* () {
          const { providerJobId } = yield* studio.submit("still-stopping", words("a boat"));
          const stopping = yield* Effect.forkChild(Fiber.interrupt(yield* progressSeen(studio, providerJobId)));
          easel.outcome = Effect.void;
          const [next, gone] = [
            yield* Effect.forkChild(studio.track(providerJobId, () => Effect.void)),
            yield* Effect.forkChild(studio.track(providerJobId, () => Effect.void)),
          ];
          // Until both have found what is being stopped.
          yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 50)));
          expect(easel.drawn.length).toBe(1);
          const going = yield* Effect.forkChild(Fiber.interruptAll([gone]));
          yield* Deferred.succeed(released, undefined);
          yield* Fiber.joinAll([stopping, going, next]);
        }),
      ),
    );
    expect(easel.drawn.length).toBe(2);
  });

  it("begins again after a drawing that was stopped before it had begun", async () => {
    const easel = new Easel();
    const released = Deferred.makeUnsafe<void>();
    easel.outcome = Effect.onInterrupt(Effect.never, () => Deferred.await(released));
    await Effect.runPromise(
      withStudio(easel, (studio) =>
        Effect.gen(function* () {
          const { providerJobId } = yield* studio.submit("not-begun", words("a boat"));
          const stopping = yield* Effect.forkChild(Fiber.interrupt(yield* progressSeen(studio, providerJobId)));
          easel.outcome = Effect.void;
          const waiting = yield* Effect.forkChild(studio.track(providerJobId, () => Effect.void));
          yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 50)));
          // It goes while it waits for the one before to end.
          const going = yield* Effect.forkChild(Fiber.interrupt(waiting));
          yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 50)));
          yield* Deferred.succeed(released, undefined);
          yield* Fiber.joinAll([stopping, going]);
          yield* studio.track(providerJobId, () => Effect.void);
        }),
      ),
    );
    expect(easel.drawn.length).toBe(2);
  });

  it("refuses another request under a key that was used", async () => {
    const failure = await Effect.runPromise(
      withStudio(new Easel(), (studio) =>
        Effect.andThen(studio.submit("twice", words("a boat")), Effect.flip(studio.submit("twice", words("a train")))),
      ),
    );
    expect(failure).toMatchObject({ kind: "internal" });
  });

  it("refuses inputs that are not there", async () => {
    const request: ProviderRequest = { operation: "image_to_video", params: small, inputs: [testInput("image", join(folder, "gone.png"))] };
    expect(await Effect.runPromise(withStudio(new Easel(), (studio) => Effect.flip(studio.submit("gone", request))))).toMatchObject({
      kind: "input",
    });
  });

  it("waits as long as #slow says before it draws", async () => {
    const easel = new Easel();
    const seen: Array<number> = [];
    await Effect.runPromise(
      withStudio(easel, (studio) =>
        Effect.gen(function* () {
          const { providerJobId } = yield* studio.submit("slow", words("a boat #slow:60"));
          const begun = yield* Deferred.make<void>();
          const fiber = yield* Effect.forkChild(
            studio.track(providerJobId, (fraction) =>
              Effect.andThen(
                Effect.sync(() => void seen.push(fraction)),
                Deferred.succeed(begun, undefined),
              ),
            ),
          );
          yield* Deferred.await(begun);
          yield* TestClock.adjust("59 seconds");
          expect(easel.drawn.length).toBe(0);
          yield* TestClock.adjust("2 seconds");
          yield* Fiber.join(fiber);
        }),
      ).pipe(Effect.provide(TestClock.layer())),
    );
    expect(easel.drawn.length).toBe(1);
    expect(seen.at(-1)).toBe(1);
  });

  it("sweeps files after an hour and draws them again when they are asked for", async () => {
    const easel = new Easel();
    await Effect.runPromise(
      withStudio(easel, (studio) =>
        Effect.gen(function* () {
          // What the studio of an earlier test has asked of the server in its last moment may be done only now, and by this time: a row
          // of 1970 would be forgotten as very old.
          yield* TestClock.setTime(Date.now());
          const { providerJobId } = yield* studio.submit("swept", words("a boat"));
          yield* studio.track(providerJobId, () => Effect.void);
          const file = join(folder, "renders", `${providerJobId}.mp4`);
          yield* TestClock.adjust("2 hours");
          // The sweep works on the real disk and database, and begins to wait for its next turn only when it has ended the last. Days
          // must not go by meanwhile: the render itself would be forgotten.
          while (existsSync(file)) {
            yield* TestClock.adjust("10 minutes");
            yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 20)));
          }
          yield* studio.download(providerJobId, join(folder, "again.mp4"));
        }),
      ).pipe(Effect.provide(TestClock.layer())),
    );
    expect(easel.drawn.length).toBe(2);
    expect((await stat(join(folder, "again.mp4"))).size).toBe(5);
  });
});
