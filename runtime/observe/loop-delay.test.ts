import { Effect } from "effect";
import { expect, test } from "vitest";
import { measureLoopDelay } from "./loop-delay.ts";

const blockedMs = 500;

test("tells how late the event loop was, from one reading to the next", () =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const loopDelay = yield* measureLoopDelay;
        expect(loopDelay()).toBeNull();
        // The time from one sample to the next counts: there must be one before.
        yield* Effect.sleep(300);
        const end = performance.now() + blockedMs;
        while (performance.now() < end);
        yield* Effect.sleep(50);
        const read = loopDelay()!;
        // What is due every 100 ms was so late, or the rest of its time less.
        expect(read.max).toBeGreaterThan(blockedMs - 150);
        expect(read.max).toBeGreaterThanOrEqual(read.p99);
        expect(read.p99).toBeGreaterThanOrEqual(read.median);
        expect(loopDelay()).toBeNull();
      }),
    ),
  ));
