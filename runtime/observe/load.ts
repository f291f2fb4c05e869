// How this process does, measured from one reading to the next.
import { Clock, Effect, type Scope } from "effect";
import type { RunnerLoad } from "#protocol/cluster.ts";
import { Actors } from "../actor/actors.ts";
import { GatewayCounters } from "../gateway/counters.ts";
import { measureLoopDelay } from "./loop-delay.ts";

export interface LoadMeter {
  /** The load since it was read last. */
  readonly read: Effect.Effect<RunnerLoad>;
}

export const loadMeter: Effect.Effect<LoadMeter, never, Actors | GatewayCounters | Scope.Scope> = Effect.gen(function* () {
  const actors = yield* Actors;
  const counters = yield* GatewayCounters;
  const loopDelay = yield* measureLoopDelay;
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
    const { resident, effectsRunning } = actors.stats();
    return {
      at: yield* Clock.currentTimeMillis,
      cpu,
      memory: process.memoryUsage.rss(),
      loopDelay: loopDelay()?.max ?? 0,
      connections: counters.connections,
      resident: Object.values(resident).reduce((all, count) => all + count, 0),
      effectsRunning,
    };
  });
  return { read };
});
