// How late this process does what is due: its event loop is asked ten times a second, as each asking wakes it up.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Effect, type Scope } from "effect";

const everyMs = 100;

/** How late the event loop was, ms, since it was read before. */
export interface LoopDelay {
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** Measures while the scope is open. What it gives reads, and begins anew; null: nothing was measured since. */
export const measureLoopDelay: Effect.Effect<() => LoopDelay | null, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => {
    const histogram = monitorEventLoopDelay({ resolution: everyMs });
    histogram.enable();
    return histogram;
  }),
  (histogram) => Effect.sync(() => histogram.disable()),
).pipe(
  Effect.map((histogram) => () => {
    // Without a sample its figures are not numbers.
    if (histogram.count === 0) return null;
    // What it counts is the time from one sample to the next.
    const late = (nanos: number): number => Math.max(0, nanos / 1e6 - everyMs);
    const read = { median: late(histogram.percentile(50)), p99: late(histogram.percentile(99)), max: late(histogram.max) };
    histogram.reset();
    return read;
  }),
);
