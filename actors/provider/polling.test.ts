// The schedule as properties, and the service that keeps to it, on a clock that the tests own.
import fc from "fast-check";
import { Clock, Deferred, Effect, Exit, Fiber, Random, type Scope } from "effect";
import { TestClock } from "effect/testing";
import { describe, expect, it } from "vitest";
import { makePolling, type PollingOptions } from "./polling.ts";
import { backoffs, pauseOf, type Question, remainingBy } from "./polling-schedule.ts";
import type { ProviderFailure } from "./provider.ts";
import type { Pace, Polling, Status } from "./tools.ts";

const free: Pace = { least: 0, gap: 0 };
const question: Question = { ageMs: 0, remainingMs: null, failures: 0, retryAfterMs: 0, spread: 0.5 };
const spread = fc.double({ min: 0, max: 1, noNaN: true });
const questions = fc.record({
  ageMs: fc.integer({ min: 0, max: 7_200_000 }),
  remainingMs: fc.option(fc.integer({ min: -7_200_000, max: 7_200_000 })),
  failures: fc.integer({ min: 0, max: 20 }),
  retryAfterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 600_000 })),
  spread,
});

describe("the schedule", () => {
  it("is 2 s up to 20 s of age, 4 s up to 75 s, 6 s up to 180 s near the time it goes by, and longer after that", () => {
    const pauses = [0, 19_999, 20_000, 74_999, 75_000, 179_999, 180_000, 600_000].map((ageMs) => pauseOf({ ...question, ageMs }, free));
    expect(pauses).toEqual([2000, 2000, 4000, 4000, 6000, 6000, 30_000, 30_000]);
  });

  it("backs off 10, 20, 30, 45 and 60 s while asking fails, whatever age and expectation say", () => {
    fc.assert(
      fc.property(questions, (each) => {
        fc.pre(each.failures > 0);
        const pause = pauseOf({ ...each, retryAfterMs: 0, spread: 0.5 }, free);
        expect(pause).toBe(backoffs[Math.min(each.failures, 5) - 1]);
      }),
    );
    expect(backoffs).toEqual([10_000, 20_000, 30_000, 45_000, 60_000]);
  });

  it("never asks before the pace or the provider's own word allows, nor waits over a minute beyond them", () => {
    fc.assert(
      fc.property(questions, fc.integer({ min: 0, max: 30_000 }), (each, least) => {
        const pause = pauseOf(each, { least, gap: 0 });
        const floor = Math.max(least, each.retryAfterMs);
        expect(pause).toBeGreaterThanOrEqual(Math.max(floor, 1800));
        expect(pause).toBeLessThanOrEqual(Math.max(floor, 66_000));
      }),
    );
  });

  it("jitters by a tenth at most", () => {
    fc.assert(
      fc.property(questions, (each) => {
        const middle = pauseOf({ ...each, retryAfterMs: 0, spread: 0.5 }, free);
        expect(Math.abs(pauseOf({ ...each, retryAfterMs: 0 }, free) - middle)).toBeLessThanOrEqual(middle * 0.1 + 1e-6);
      }),
    );
  });

  it("asks at least as often near the expected end as far before it", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 7_200_000 }),
        fc.integer({ min: 0, max: 3_600_000 }),
        fc.integer({ min: 0, max: 3_600_000 }),
        (ageMs, one, two) => {
          const near = pauseOf({ ...question, ageMs, remainingMs: Math.min(one, two) }, free);
          const far = pauseOf({ ...question, ageMs, remainingMs: Math.max(one, two) }, free);
          expect(near).toBeLessThanOrEqual(far);
        },
      ),
    );
    expect(pauseOf({ ...question, ageMs: 100_000, remainingMs: 1000 }, free)).toBe(2000);
    expect(pauseOf({ ...question, ageMs: 100_000, remainingMs: -1000 }, free)).toBe(2000);
  });

  it("finds out soon after the end, with few questions: a minute takes 15 at most", () => {
    fc.assert(
      fc.property(fc.integer({ min: 30_000, max: 120_000 }), spread, (doneAt, at) => {
        let ageMs = 0;
        let asked = 1;
        while (ageMs < doneAt) {
          ageMs += pauseOf({ ...question, ageMs, remainingMs: 60_000 - ageMs, spread: at }, free);
          asked++;
        }
        // The longest pause, of old age or a quarter of what is left when it ends early, and its jitter.
        expect(ageMs - doneAt).toBeLessThanOrEqual(Math.max(6000, (60_000 - 30_000) / 4) * 1.1);
        if (doneAt <= 60_000) expect(asked).toBeLessThanOrEqual(15);
      }),
    );
  });

  it("expects the end by the fraction where it says something, else by what was expected", () => {
    expect(remainingBy(30_000, 100_000, 0.5)).toBe(30_000);
    expect(remainingBy(30_000, 100_000, 0.01)).toBe(70_000);
    expect(remainingBy(130_000, 100_000, null)).toBe(-30_000);
  });
});

describe("polling", () => {
  const failing = (kind: ProviderFailure["kind"], more: Partial<ProviderFailure> = {}) =>
    Effect.fail<ProviderFailure>({ kind, message: `no: ${kind}`, ...more });
  const done: Status = { state: "done", charged: 45 };
  const running = (fraction: number | null = null): Status => ({ state: "running", fraction });
  const silent = (): Effect.Effect<void> => Effect.void;
  const options = { pace: { least: 1000, gap: 100 }, expectedMs: 60_000 };

  /** With a clock and a chance that never jitters. */
  const still = { nextIntUnsafe: () => 0, nextDoubleUnsafe: () => 0.5 };
  const polled = <A, E>(use: (polling: Polling) => Effect.Effect<A, E, Scope.Scope>, settings: PollingOptions = {}): Promise<A> =>
    Effect.runPromise(
      Effect.scoped(Effect.flatMap(makePolling(settings), use)).pipe(
        Effect.provideService(Random.Random, still),
        Effect.provide(TestClock.layer()),
      ),
    );

  /** Answers one after another, the last for ever; notes when it was asked, ms. */
  const script = (...answers: ReadonlyArray<Effect.Effect<Status, ProviderFailure>>) => {
    const times: Array<number> = [];
    const ask = Effect.gen(function* () {
      times.push(yield* Effect.clockWith((clock) => clock.currentTimeMillis));
      return yield* answers[Math.min(times.length, answers.length) - 1]!;
    });
    return { ask, times };
  };

  it("asks at once, then as the schedule says, tells progress that never falls, and ends with what was charged", async () => {
    const { ask, times } = script(
      Effect.succeed({ state: "waiting" }),
      Effect.succeed(running(0.5)),
      Effect.succeed({ state: "waiting" }),
      Effect.succeed(running(0.3)),
      Effect.succeed(done),
    );
    const told: Array<number> = [];
    const result = await polled((polling) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(
          polling.track(ask, (fraction) => Effect.sync(() => void told.push(fraction)), { ...options, expectedMs: 8000 }),
        );
        yield* TestClock.adjust("1 minute");
        return yield* Fiber.join(fiber);
      }),
    );
    expect(result).toEqual({ charged: 45 });
    expect(told).toEqual([0, 0.5, 0.5, 0.5, 1]);
    expect(times).toEqual([0, 2000, 4000, 6000, 8400]);
  });

  it.each([
    ["nothing for what the provider does not tell", null, 0],
    ["that the provider tells something, even if it is next to nothing", 0, 0.02],
  ] as const)("makes up no progress: tells %s, with each word that it goes on", async (_, fraction, expected) => {
    const { ask } = script(...Array.from({ length: 8 }, () => Effect.succeed(running(fraction))), Effect.succeed(done));
    const told: Array<number> = [];
    await polled((polling) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(polling.track(ask, (each) => Effect.sync(() => void told.push(each)), options));
        yield* TestClock.adjust("5 minutes");
        yield* Fiber.join(fiber);
      }),
    );
    expect(told).toEqual([...Array.from({ length: 8 }, () => expected), 1]);
  });

  it("goes on after failures that say nothing of the job, and starts the backing off anew with each answer", async () => {
    const { ask, times } = script(
      failing("network"),
      failing("timeout"),
      Effect.succeed({ state: "waiting" }),
      failing("network"),
      Effect.succeed(done),
    );
    await polled((polling) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(polling.track(ask, silent, options));
        yield* TestClock.adjust("5 minutes");
        yield* Fiber.join(fiber);
      }),
    );
    expect(times).toEqual([0, 10_000, 30_000, 34_000, 44_000]);
  });

  it("gives up after six failures in a row, so that the job decides", async () => {
    const { ask, times } = script(failing("timeout"));
    const failure = await polled((polling) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.flip(polling.track(ask, silent, options)));
        yield* TestClock.adjust("10 minutes");
        return yield* Fiber.join(fiber);
      }),
    );
    expect(failure).toMatchObject({ kind: "network", message: expect.stringContaining("no: timeout") });
    expect(times).toEqual([0, 10_000, 30_000, 60_000, 105_000, 165_000]);
  });

  it.each(["lost", "filtered", "provider", "authentication", "internal", "parameters"] as const)("ends at once with %s", async (kind) => {
    const { ask, times } = script(failing(kind));
    expect(await polled((polling) => Effect.flip(polling.track(ask, silent, options)))).toMatchObject({ kind });
    expect(times.length).toBe(1);
  });

  it("leaves the whole account alone for as long as the provider asks", async () => {
    const limited = script(failing("limit", { retryAfterMs: 90_000 }), Effect.succeed(done));
    const other = script(Effect.succeed({ state: "waiting" }), Effect.succeed(done));
    await polled((polling) =>
      Effect.gen(function* () {
        const fibers = yield* Effect.forEach([other, limited], ({ ask }) => Effect.forkChild(polling.track(ask, silent, options)));
        yield* TestClock.adjust("5 minutes");
        yield* Effect.forEach(fibers, Fiber.join);
      }),
    );
    expect(limited.times[1]).toBeGreaterThanOrEqual(90_000);
    expect(other.times[1]).toBeGreaterThanOrEqual(90_000);
  });

  it.each([-5, 5])("asks as often where the clock is set by %i hours meanwhile", async (hours) => {
    const { ask, times } = script(Effect.succeed(running(0.5)));
    await polled(() =>
      Effect.gen(function* () {
        let setBy = 0;
        const clock = yield* Clock.Clock;
        const at = (): number => clock.currentTimeMillisUnsafe() + setBy;
        const set = Object.assign(Object.create(clock) as Clock.Clock, { currentTimeMillisUnsafe: at, currentTimeMillis: Effect.sync(at) });
        const polling = yield* Effect.provideService(makePolling(), Clock.Clock, set);
        const fiber = yield* Effect.forkChild(polling.track(ask, silent, options));
        yield* TestClock.adjust("1 minute");
        const before = times.length;
        setBy = hours * 3_600_000;
        yield* TestClock.adjust("1 minute");
        expect(times.length).toBeGreaterThan(before + 2);
        expect(times.length).toBeLessThan(before + 40);
        yield* Fiber.interrupt(fiber);
      }),
    );
  });

  it("keeps the gap between any two questions of the account, and asks those first who are due first", async () => {
    const times: Array<number> = [];
    const ask = Effect.gen(function* () {
      times.push(yield* Effect.clockWith((clock) => clock.currentTimeMillis));
      return times.length > 40 ? done : running(0.5);
    });
    await polled((polling) =>
      Effect.gen(function* () {
        const fibers = yield* Effect.forEach(Array.from({ length: 20 }), () =>
          Effect.forkChild(polling.track(ask, silent, { ...options, pace: { least: 1000, gap: 250 } })),
        );
        yield* TestClock.adjust("10 minutes");
        yield* Effect.forEach(fibers, Fiber.join);
      }),
    );
    expect(times.length).toBe(60);
    expect(times.slice(1).every((time, index) => time - times[index]! >= 250)).toBe(true);
    // In whole moments of 100 ms.
    expect(times[19]).toBe(19 * 300);
  });

  it("delays nobody of another account by a slow answer, and of its own only when all places are taken", async () => {
    await polled(
      (slow) =>
        Effect.gen(function* () {
          const fast = yield* makePolling();
          const stuck = yield* Effect.forEach([1, 2], () => Effect.forkChild(slow.track(Effect.never, silent, options)));
          const third = yield* Effect.forkChild(slow.track(Effect.succeed(done), silent, options));
          yield* TestClock.adjust("1 minute");
          expect(yield* fast.track(Effect.succeed(done), silent, options)).toEqual({ charged: 45 });
          expect(third.pollUnsafe()).toBeUndefined();
          yield* Fiber.interrupt(stuck[0]!);
          yield* TestClock.adjust("1 second");
          expect(yield* Fiber.join(third)).toEqual({ charged: 45 });
        }),
      { concurrency: 2 },
    );
  });

  it("forgets those who no longer follow, whether they wait or ask", async () => {
    await polled(
      (polling) =>
        Effect.gen(function* () {
          const { ask, times } = script(Effect.succeed({ state: "waiting" }));
          const waiting = yield* Effect.forkChild(polling.track(ask, silent, options));
          yield* TestClock.adjust("1 second");
          yield* Fiber.interrupt(waiting);
          const begun = yield* Deferred.make<void>();
          const asking = yield* Effect.forkChild(
            polling.track(Effect.andThen(Deferred.succeed(begun, undefined), Effect.never), silent, options),
          );
          yield* TestClock.adjust("1 second");
          yield* Deferred.await(begun);
          yield* Fiber.interrupt(asking);
          yield* TestClock.adjust("1 hour");
          expect(times.length).toBe(1);
          expect(yield* polling.track(Effect.succeed(done), silent, options)).toEqual({ charged: 45 });
        }),
      { concurrency: 1 },
    );
  });

  it("lives as much faster as a simulator does", async () => {
    const { ask, times } = script(failing("network"), Effect.succeed({ state: "waiting" }), Effect.succeed(done));
    await polled(
      (polling) =>
        Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(polling.track(ask, silent, options));
          yield* TestClock.adjust("1 second");
          yield* Fiber.join(fiber);
        }),
      { speed: 100 },
    );
    expect(times).toEqual([0, 100, 120]);
  });

  it("sets no timer any more once its scope is closed", async () => {
    const exit = await Effect.runPromise(
      Effect.gen(function* () {
        const { ask, times } = script(Effect.succeed({ state: "waiting" }));
        const fiber = yield* Effect.scoped(
          Effect.gen(function* () {
            const polling = yield* makePolling();
            const following = yield* Effect.forkDetach(polling.track(ask, silent, options));
            yield* TestClock.adjust("1 second");
            return following;
          }),
        );
        yield* TestClock.adjust("1 hour");
        expect(times.length).toBe(1);
        yield* Fiber.interrupt(fiber);
        return yield* Fiber.await(fiber);
      }).pipe(Effect.provide(TestClock.layer())),
    );
    expect(Exit.hasInterrupts(exit)).toBe(true);
  });
});
