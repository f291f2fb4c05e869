// Real threads: what the pool promises about where work runs, how much of it, and what becomes of it when nobody wants it any more.
import { availableParallelism } from "node:os";
import { threadId } from "node:worker_threads";
import { Effect, Exit, Fiber, type Scope } from "effect";
import { expect, test } from "vitest";
import { makePool, type Pool, type Work } from "./pool.ts";
import type * as works from "./testing-work.ts";

const module = new URL("testing-work.ts", import.meta.url).href;
const whereami: Work<typeof works.whereami> = { module, name: "whereami" };
const fail: Work<typeof works.fail> = { module, name: "fail" };
const spin: Work<typeof works.spin> = { module, name: "spin" };

const withPool = <A, E>(
  options: Parameters<typeof makePool>[0],
  use: (pool: Pool["Service"]) => Effect.Effect<A, E, Scope.Scope>,
): Promise<A> => Effect.runPromise(Effect.scoped(Effect.flatMap(makePool(options), use)));

/** Shared with a thread that spins: it counts who has begun, and ends them. */
const makeFlags = () => new Int32Array(new SharedArrayBuffer(8));
/** Resolves once `count` have begun. */
const begun = (flags: Int32Array<SharedArrayBuffer>, count: number): Effect.Effect<void> =>
  Effect.promise(async () => {
    for (let seen = Atomics.load(flags, 0); seen < count; seen = Atomics.load(flags, 0)) await Atomics.waitAsync(flags, 0, seen).value;
  });
const end = (flags: Int32Array<SharedArrayBuffer>): void => {
  Atomics.store(flags, 1, 1);
  Atomics.notify(flags, 1);
};
const startNow = { startImmediately: true } as const;

test("work runs in another thread, which is started with the first and used again", () =>
  withPool({ threads: 1 }, (pool) =>
    Effect.gen(function* () {
      expect(pool.stats().threads).toBe(0);
      const first = yield* pool.run(whereami, undefined);
      expect(first).not.toBe(threadId);
      expect(yield* pool.run(whereami, undefined)).toBe(first);
      expect(pool.stats()).toMatchObject({ threads: 1, waiting: 0, ended: { done: 2, failed: 0, refused: 0 } });
    }),
  ));

test("an error keeps its message and the system's code", () =>
  withPool({ threads: 1 }, (pool) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(pool.run(fail, "ENOSPC"));
      expect(error).toMatchObject({ reason: "failed", message: "ENOSPC: no", cause: { code: "ENOSPC" } });
      expect(yield* Effect.flip(pool.run({ module, name: "nothing" } as Work<() => void>, undefined))).toMatchObject({
        reason: "failed",
        message: expect.stringContaining('exports no "nothing"'),
      });
    }),
  ));

test("no more threads run than were allowed, and by default fewer than there are cores", () =>
  withPool({ threads: 2 }, (pool) =>
    Effect.gen(function* () {
      const flags = makeFlags();
      const all = yield* Effect.forEach([1, 2, 3], () => Effect.forkChild(pool.run(spin, flags), startNow));
      yield* begun(flags, 2);
      expect(pool.stats()).toMatchObject({ threads: 2, waiting: 1 });
      expect(Atomics.load(flags, 0)).toBe(2);
      end(flags);
      expect(yield* Effect.forEach(all, Fiber.join)).toEqual(["ended", "ended", "ended"]);
      const usual = yield* makePool({});
      const others = makeFlags();
      const cores = availableParallelism();
      const many = yield* Effect.forEach(Array.from({ length: cores + 2 }), () => Effect.forkChild(usual.run(spin, others), startNow));
      yield* begun(others, Math.max(1, cores - 1));
      expect(usual.stats().threads).toBe(Math.max(1, cores - 1));
      end(others);
      yield* Effect.forEach(many, Fiber.join);
    }),
  ));

test("what somebody waits for in front of a screen waits for no work that nobody does, and is refused for none", () =>
  withPool({ threads: 1, bound: 1 }, (pool) =>
    Effect.gen(function* () {
      const flags = makeFlags();
      const running = yield* Effect.forEach([1, 2], () => Effect.forkChild(pool.run(spin, flags), startNow));
      yield* begun(flags, 1);
      expect(yield* Effect.flip(pool.run(whereami, undefined))).toMatchObject({ reason: "overloaded" });
      expect(yield* pool.run({ ...whereami, lane: "interactive" }, undefined)).not.toBe(threadId);
      expect(pool.stats()).toMatchObject({ threads: 2, waiting: 1 });
      end(flags);
      yield* Effect.forEach(running, Fiber.join);
    }),
  ));

test("what would wait too long a line is refused at once", () =>
  withPool({ threads: 1, bound: 1 }, (pool) =>
    Effect.gen(function* () {
      const flags = makeFlags();
      const running = yield* Effect.forkChild(pool.run(spin, flags), startNow);
      yield* begun(flags, 1);
      const waiting = yield* Effect.forkChild(pool.run(whereami, undefined), startNow);
      expect(yield* Effect.flip(pool.run(whereami, undefined))).toMatchObject({ reason: "overloaded" });
      end(flags);
      yield* Fiber.join(running);
      yield* Fiber.join(waiting);
      expect(pool.stats().ended).toEqual({ done: 2, failed: 0, refused: 1 });
    }),
  ));

test("work that nobody wants any more is ended where it is, and its thread replaced; what waits never begins", () =>
  withPool({ threads: 1 }, (pool) =>
    Effect.gen(function* () {
      const flags = makeFlags();
      const running = yield* Effect.forkChild(pool.run(spin, flags), startNow);
      yield* begun(flags, 1);
      const waiting = yield* Effect.forkChild(pool.run(spin, flags), startNow);
      yield* Fiber.interrupt(waiting);
      yield* Fiber.interrupt(running);
      expect(Exit.hasInterrupts(yield* Fiber.await(running))).toBe(true);
      expect(yield* pool.run(whereami, undefined)).toBeGreaterThan(0);
      expect(Atomics.load(flags, 0)).toBe(1);
    }),
  ));

test("its end ends its threads and fails what ran in them", async () => {
  const flags = makeFlags();
  const left = await withPool({ threads: 1 }, (pool) =>
    Effect.gen(function* () {
      const running = yield* Effect.forkDetach(pool.run(spin, flags), startNow);
      yield* begun(flags, 1);
      return running;
    }),
  );
  expect(await Effect.runPromise(Effect.flip(Fiber.join(left)))).toMatchObject({ reason: "failed" });
});
