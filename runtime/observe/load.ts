// How this process does, measured from one reading to the next.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Clock, Effect, type Scope } from "effect";
import type { RunnerLoad } from "#protocol/cluster.ts";
import { Actors } from "../actor/actors.ts";
import { GatewayCounters } from "../gateway/counters.ts";

export interface LoadMeter {
  /** The load since it was read last. */
  readonly read: Effect.Effect<RunnerLoad>;
}

export const loadMeter: Effect.Effect<LoadMeter, never, Actors | GatewayCounters | Scope.Scope> = Effect.gen(function* () {
  const actors = yield* Actors;
  const counters = yield* GatewayCounters;
  const delay = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const histogram = monitorEventLoopDelay({ resolution: 20 });
      histogram.enable();
      return histogram;
    }),
    (histogram) => Effect.sync(() => histogram.disable()),
  );
  let usage = process.cpuUsage();
  let measured = yield* Clock.monotonicTimeNanos;
  let cpu = 0;
  const read = Effect.gen(function* () {
    const now = yield* Clock.monotonicTimeNanos;
    if (now > measured) {
      const { user, system } = process.cpuUsage(usage);
      cpu = ((user + system) * 1000) / Number(now - measured);
      usage = process.cpuUsage();
      measured = now;
    }
    // The histogram counts the time between its own turns: what is beyond them is delay. Without a turn it has no figures.
    const loopDelay = delay.count === 0 ? 0 : Math.max(0, delay.percentile(99) / 1e6 - 20);
    delay.reset();
    const { resident, effectsRunning } = actors.stats();
    return {
      at: yield* Clock.currentTimeMillis,
      cpu,
      memory: process.memoryUsage.rss(),
      loopDelay,
      connections: counters.connections,
      resident: Object.values(resident).reduce((all, count) => all + count, 0),
      effectsRunning,
    };
  });
  return { read };
});
