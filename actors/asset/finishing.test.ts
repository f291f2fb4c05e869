// The end of an upload whose file takes long to be taken in. The test holds the media work back; all else is real.
import { createHash } from "node:crypto";
import { Deferred, Effect, Fiber, Latch, Layer, ManagedRuntime } from "effect";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Media, MediaError } from "#actors/media/media.ts";
import { must } from "#actors/media/testing.ts";
import { testDatabases } from "#db/client/testing.ts";
import { stagedIn, testAssets, testFolder, testMedia } from "./testing.ts";
import { Uploads } from "./uploads.ts";

const owner = "usr_1";
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe("a file that takes long to be taken in", () => {
  const folder = testFolder();
  const work = { begun: 0, damaged: false, atWork: Deferred.makeUnsafe<void>(), goOn: Latch.makeUnsafe() };
  const slow = Layer.effect(
    Media,
    Effect.map(Media, (media): Media["Service"] => ({
      ...media,
      derive: (...task) =>
        Effect.suspend(() => {
          work.begun++;
          Deferred.doneUnsafe(work.atWork, Effect.void);
          const ended = work.damaged
            ? Effect.fail(new MediaError({ reason: "unsupported", message: "The video is damaged." }))
            : media.derive(...task);
          return Effect.andThen(work.goOn.await, ended);
        }),
    })),
  ).pipe(Layer.provide(testMedia));
  const runtime = ManagedRuntime.make(testAssets(folder.path, must(testDatabases[0]).layer, slow));
  type Services = ManagedRuntime.ManagedRuntime.Services<typeof runtime>;
  const run = <A, E>(effect: Effect.Effect<A, E, Services>): Promise<A> => runtime.runPromise(effect);
  beforeAll(() => run(Effect.void));
  afterAll(async () => {
    await runtime.dispose();
    folder.remove();
  });

  let pictures = 0;
  /** A picture whose bytes have all come; its media work waits to be let go on. */
  const sent = Effect.gen(function* () {
    Object.assign(work, { begun: 0, damaged: false, atWork: Deferred.makeUnsafe<void>(), goOn: Latch.makeUnsafe() });
    const create = { width: 20 + ++pictures, height: 20, channels: 3, background: "red" } as const;
    const bytes = yield* Effect.promise(() => sharp({ create }).png().toBuffer());
    const uploads = yield* Uploads;
    const { uploadId, sink } = yield* uploads.begin(owner, { name: "a.png", size: bytes.length });
    yield* sink.write(0, bytes);
    yield* sink.close;
    return { uploadId, hash: sha256(bytes), finish: uploads.finish(owner, uploadId, sha256(bytes)) };
  });

  test("is taken in once, however many calls for it end before it is", () =>
    run(
      Effect.gen(function* () {
        const { hash, finish } = yield* sent;
        for (let calls = 0; calls < 3; calls++) {
          const waiting = yield* Effect.forkChild(finish, { startImmediately: true });
          yield* Deferred.await(work.atWork);
          yield* Fiber.interrupt(waiting);
        }
        const last = yield* Effect.forkChild(finish, { startImmediately: true });
        yield* work.goOn.open;
        const asset = yield* Fiber.join(last);
        expect(asset).toMatchObject({ sha256: hash });
        expect(work.begun).toBe(1);
        expect(yield* finish).toEqual(asset);
      }),
    ));

  test("that is refused while nobody waits is refused with the reason when somebody asks, and to its owner alone", () =>
    run(
      Effect.gen(function* () {
        const { uploadId, hash, finish } = yield* sent;
        work.damaged = true;
        const first = yield* Effect.forkChild(finish, { startImmediately: true });
        yield* Deferred.await(work.atWork);
        const second = yield* Effect.forkChild(Effect.flip(finish), { startImmediately: true });
        yield* Fiber.interrupt(first);
        yield* work.goOn.open;
        const refused = { code: "unsupported_media", message: "The video is damaged." };
        expect(yield* Fiber.join(second)).toMatchObject(refused);
        expect(yield* Effect.flip(finish)).toMatchObject(refused);
        const stranger = (yield* Uploads).finish("usr_2", uploadId, hash);
        expect(yield* Effect.flip(stranger)).toMatchObject({ code: "not_found" });
      }),
    ));

  test("is given up when the upload is cancelled, with all it left", () =>
    run(
      Effect.gen(function* () {
        const { uploadId, finish } = yield* sent;
        const uploads = yield* Uploads;
        const waiting = yield* Effect.forkChild(Effect.flip(finish), { startImmediately: true });
        yield* Deferred.await(work.atWork);
        expect(yield* Effect.flip(uploads.cancel("usr_2", uploadId))).toMatchObject({ code: "not_found" });
        yield* uploads.cancel(owner, uploadId);
        expect(yield* Fiber.join(waiting)).toMatchObject({ code: "cancelled" });
        expect(yield* Effect.flip(finish)).toMatchObject({ code: "not_found" });
        expect(stagedIn(folder.path)).toEqual([]);
      }),
    ));

  test("asked for with another hash meanwhile, is first taken in", () =>
    run(
      Effect.gen(function* () {
        const { uploadId, hash, finish } = yield* sent;
        const right = yield* Effect.forkChild(finish, { startImmediately: true });
        yield* Deferred.await(work.atWork);
        const wrong = yield* Effect.forkChild(Effect.flip((yield* Uploads).finish(owner, uploadId, "0".repeat(64))), {
          startImmediately: true,
        });
        yield* work.goOn.open;
        expect(yield* Fiber.join(right)).toMatchObject({ sha256: hash });
        expect(yield* Fiber.join(wrong)).toMatchObject({ code: "upload_mismatch" });
      }),
    ));
});
