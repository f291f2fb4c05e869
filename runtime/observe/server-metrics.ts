// The figures of the server: the process, the gateway, the actors, the log. Read from where they are counted anyway.
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { Clock, Effect, Layer } from "effect";
import { Actors } from "../actor/actors.ts";
import { GatewayCounters } from "../gateway/counters.ts";
import { Pool } from "../pool/pool.ts";
import { Log } from "./log.ts";
import { Metrics } from "./metrics.ts";

const nanosPerSecond = 1e9;
const one = (value: number) => [{ value }];

const loopDelay = Effect.acquireRelease(
  Effect.sync((): IntervalHistogram => {
    const histogram = monitorEventLoopDelay({ resolution: 20 });
    histogram.enable();
    return histogram;
  }),
  (histogram) => Effect.sync(() => histogram.disable()),
);

const processMetrics = Effect.gen(function* () {
  const metrics = yield* Metrics;
  const startedAt = yield* Clock.currentTimeMillis;
  const delay = yield* loopDelay;
  metrics.collect("pixsim_process_start_time_seconds", "gauge", "When the server started, s since 1970.", () => one(startedAt / 1000));
  metrics.collect("pixsim_process_resident_memory_bytes", "gauge", "Memory of the process.", () => one(process.memoryUsage.rss()));
  metrics.collect("pixsim_process_heap_bytes", "gauge", "Memory of JavaScript objects.", () => one(process.memoryUsage().heapUsed));
  metrics.collect("pixsim_process_cpu_seconds_total", "counter", "Processor time used.", () => {
    const { user, system } = process.cpuUsage();
    return [
      { labels: { mode: "user" }, value: user / 1e6 },
      { labels: { mode: "system" }, value: system / 1e6 },
    ];
  });
  metrics.collect("pixsim_event_loop_delay_seconds", "gauge", "How late the event loop was since the last reading.", () => {
    // Without a sample its figures are not numbers.
    if (delay.count === 0) return [];
    const samples = [
      { labels: { quantile: "0.5" }, value: delay.percentile(50) / nanosPerSecond },
      { labels: { quantile: "0.99" }, value: delay.percentile(99) / nanosPerSecond },
      { labels: { quantile: "1" }, value: delay.max / nanosPerSecond },
    ];
    delay.reset();
    return samples;
  });
});

const gatewayMetrics = Effect.gen(function* () {
  const metrics = yield* Metrics;
  const counters = yield* GatewayCounters;
  metrics.collect("pixsim_gateway_connections", "gauge", "Sockets that are open.", () => one(counters.connections));
  metrics.collect("pixsim_gateway_connections_total", "counter", "Sockets that were opened.", () => one(counters.connected));
  metrics.collect("pixsim_gateway_closed_total", "counter", "Connections closed by the server, by reason.", () =>
    Array.from(counters.closed, ([reason, value]) => ({ labels: { reason }, value })),
  );
  metrics.collect("pixsim_gateway_answers_total", "counter", "Answers, by call, stream or topic and by outcome.", function* () {
    for (const [name, outcomes] of counters.outcomes) for (const [outcome, value] of outcomes) yield { labels: { name, outcome }, value };
  });
  metrics.collect("pixsim_gateway_frames_total", "counter", "Frames over all connections.", () => [
    { labels: { direction: "in" }, value: counters.framesIn },
    { labels: { direction: "out" }, value: counters.framesOut },
  ]);
  metrics.collect("pixsim_gateway_bytes_total", "counter", "Bytes of frames; out: characters.", () => [
    { labels: { direction: "in" }, value: counters.bytesIn },
    { labels: { direction: "out" }, value: counters.bytesOut },
  ]);
  metrics.collect("pixsim_gateway_subscriptions", "gauge", "Topics that are followed.", () => one(counters.subscriptions));
  metrics.collect("pixsim_gateway_uploads", "gauge", "Upload streams that are open.", () => one(counters.uploads));
  metrics.collect("pixsim_gateway_deltas_dropped_total", "counter", "Changes not sent to connections that read too slowly.", () =>
    one(counters.deltasDropped),
  );
  metrics.collect("pixsim_gateway_resyncs_total", "counter", "Snapshots sent in place of dropped changes.", () => one(counters.resyncs));
  metrics.collect("pixsim_http_requests_total", "counter", "HTTP requests.", () => one(counters.httpRequests));
  metrics.collect("pixsim_http_bytes_total", "counter", "Bytes of HTTP answers.", () => one(counters.httpBytes));
});

const actorMetrics = Effect.gen(function* () {
  const metrics = yield* Metrics;
  const actors = yield* Actors;
  metrics.collect("pixsim_actors_resident", "gauge", "Actors in memory, by kind.", () =>
    Object.entries(actors.stats().resident).map(([kind, value]) => ({ labels: { kind }, value })),
  );
  metrics.collect("pixsim_actor_effects_running", "gauge", "Effects that are running.", () => one(actors.stats().effectsRunning));
  metrics.collect("pixsim_actor_followers", "gauge", "Followers of single actors.", () => one(actors.stats().followers));
  metrics.collect("pixsim_actor_timers", "gauge", "Timers that are due within a minute.", () => one(actors.stats().timers));
  metrics.collect("pixsim_actor_steps_total", "counter", "Steps taken.", () => one(actors.stats().steps));
  metrics.collect("pixsim_actor_steps_committed_total", "counter", "Steps committed.", () => one(actors.stats().committed));
  metrics.collect("pixsim_actor_flushes_total", "counter", "Commits, each of the steps of many actors.", () => one(actors.stats().flushes));
  metrics.collect("pixsim_actor_rollbacks_total", "counter", "Actors rolled back to their last commit.", () =>
    one(actors.stats().rolledBack),
  );
});

const logMetrics = Effect.gen(function* () {
  const metrics = yield* Metrics;
  const log = yield* Log;
  metrics.collect("pixsim_log_lines_total", "counter", "Lines logged, by level.", () =>
    Object.entries(log.written).map(([level, value]) => ({ labels: { level }, value })),
  );
  metrics.collect("pixsim_log_output_dropped_total", "counter", "Lines that could not be written to the output.", () => one(log.dropped()));
  metrics.collect("pixsim_log_waiting", "gauge", "Lines that wait to be stored.", () => one(log.queue.size));
});

const poolMetrics = Effect.gen(function* () {
  const metrics = yield* Metrics;
  const pool = yield* Pool;
  metrics.collect("pixsim_pool_threads", "gauge", "Threads for work that would hold the event loop.", () => one(pool.stats().threads));
  metrics.collect("pixsim_pool_waiting", "gauge", "Works that wait for a thread.", () => one(pool.stats().waiting));
  metrics.collect("pixsim_pool_works_total", "counter", "Works of the pool, by how they ended.", () =>
    Object.entries(pool.stats().ended).map(([outcome, value]) => ({ labels: { outcome }, value })),
  );
});

export const serverMetrics = Layer.effectDiscard(Effect.all([processMetrics, gatewayMetrics, actorMetrics, poolMetrics, logMetrics]));
