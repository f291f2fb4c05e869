// The figures of the server: the process, the gateway, the actors, the log. Read from where they are counted anyway.
import { Clock, Effect, Layer } from "effect";
import { Database } from "#db/client/database.ts";
import { countLiving } from "#db/queries/actor.ts";
import { Actors } from "../actor/actors.ts";
import { Bus } from "../bus/bus.ts";
import { Fanout } from "../bus/fanout.ts";
import { ShardLocks } from "../cluster/locks.ts";
import { Placement } from "../cluster/placement.ts";
import { GatewayCounters } from "../gateway/counters.ts";
import { Pool } from "../pool/pool.ts";
import { Log } from "./log.ts";
import { measureLoopDelay } from "./loop-delay.ts";
import { Metrics } from "./metrics.ts";

const one = (value: number) => [{ value }];

const processMetrics = Effect.gen(function* () {
  const metrics = yield* Metrics;
  const startedAt = yield* Clock.currentTimeMillis;
  const loopDelay = yield* measureLoopDelay;
  metrics.collect("pixsim_process_start_time_seconds", () => one(startedAt / 1000));
  metrics.collect("pixsim_process_resident_memory_bytes", () => one(process.memoryUsage.rss()));
  metrics.collect("pixsim_process_heap_bytes", () => one(process.memoryUsage().heapUsed));
  metrics.collect("pixsim_process_cpu_seconds_total", () => {
    const { user, system } = process.cpuUsage();
    return [
      { labels: { mode: "user" }, value: user / 1e6 },
      { labels: { mode: "system" }, value: system / 1e6 },
    ];
  });
  metrics.collect("pixsim_event_loop_delay_seconds", () => {
    const delay = loopDelay();
    if (delay === null) return [];
    return [
      { labels: { quantile: "0.5" }, value: delay.median / 1000 },
      { labels: { quantile: "0.99" }, value: delay.p99 / 1000 },
      { labels: { quantile: "1" }, value: delay.max / 1000 },
    ];
  });
});

const gatewayMetrics = Effect.gen(function* () {
  const metrics = yield* Metrics;
  const counters = yield* GatewayCounters;
  metrics.collect("pixsim_gateway_connections", () => one(counters.connections));
  metrics.collect("pixsim_gateway_connections_total", () => one(counters.connected));
  metrics.collect("pixsim_gateway_closed_total", () => Array.from(counters.closed, ([reason, value]) => ({ labels: { reason }, value })));
  metrics.collect("pixsim_gateway_answers_total", function* () {
    for (const [name, outcomes] of counters.outcomes) for (const [outcome, value] of outcomes) yield { labels: { name, outcome }, value };
  });
  metrics.collect("pixsim_gateway_frames_total", () => [
    { labels: { direction: "in" }, value: counters.framesIn },
    { labels: { direction: "out" }, value: counters.framesOut },
  ]);
  metrics.collect("pixsim_gateway_bytes_total", () => [
    { labels: { direction: "in" }, value: counters.bytesIn },
    { labels: { direction: "out" }, value: counters.bytesOut },
  ]);
  metrics.collect("pixsim_gateway_subscriptions", () => one(counters.subscriptions));
  metrics.collect("pixsim_gateway_uploads", () => one(counters.uploads));
  metrics.collect("pixsim_gateway_deltas_dropped_total", () => one(counters.deltasDropped));
  metrics.collect("pixsim_gateway_resyncs_total", () => one(counters.resyncs));
  metrics.collect("pixsim_http_requests_total", () => one(counters.httpRequests));
  metrics.collect("pixsim_http_bytes_total", () => one(counters.httpBytes));
});

/** How long a count of all actors is good for, ms. */
const countedForMs = 60_000;

const actorMetrics = Effect.gen(function* () {
  const metrics = yield* Metrics;
  const actors = yield* Actors;
  const database = yield* Database;
  const stats = actors.stats;
  metrics.collect("pixsim_actors_resident", () => Object.entries(stats().resident).map(([kind, value]) => ({ labels: { kind }, value })));

  /** Actors of the own cells that have not ended, in memory or not. */
  let living: ReadonlyMap<string, number> = new Map();
  let countedAt = -Infinity;
  metrics.refresh(
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis;
      if (now - countedAt < countedForMs) return;
      const rows = yield* database.query((sql) => countLiving(sql, stats().cells));
      living = new Map(rows.map(({ kind, living: count }) => [kind, count]));
      countedAt = now;
    }).pipe(Effect.ignore),
  );
  metrics.collect("pixsim_actors_asleep", () => {
    const { resident } = stats();
    return Array.from(living, ([kind, count]) => ({ labels: { kind }, value: Math.max(0, count - (resident[kind] ?? 0)) }));
  });

  metrics.collect("pixsim_actor_mailbox_commands", () => one(stats().waiting.commands));
  metrics.collect("pixsim_actor_mailbox_deepest", () => one(stats().waiting.deepest));
  metrics.collect("pixsim_actor_followers", () => one(stats().followers));
  metrics.collect("pixsim_actor_timers", () => one(stats().timers));
  metrics.collect("pixsim_actor_timers_fired_total", () => one(stats().timerLateness.count));
  metrics.histogram("pixsim_actor_timer_lateness_seconds", stats().timerLateness);
  metrics.collect("pixsim_actor_steps_total", () => one(stats().steps));
  metrics.histogram("pixsim_actor_step_seconds", stats().stepTime);
  metrics.collect("pixsim_actor_steps_committed_total", () => one(stats().committed));
  metrics.collect("pixsim_actor_flushes_total", () => one(stats().flushes));
  metrics.histogram("pixsim_actor_commit_seconds", stats().commitTime);
  metrics.histogram("pixsim_actor_commit_actors", stats().commitActors);
  metrics.collect("pixsim_actor_rollbacks_total", () => one(stats().rolledBack));
  metrics.collect("pixsim_effects_running", () =>
    stats().effects.map(({ kind, effect, running }) => ({ labels: { kind, effect }, value: running })),
  );
  metrics.collect("pixsim_effects_retrying", () =>
    stats().effects.map(({ kind, effect, retrying }) => ({ labels: { kind, effect }, value: retrying })),
  );
  metrics.collect("pixsim_routed_commands_total", () => Object.entries(stats().routed).map(([way, value]) => ({ labels: { way }, value })));
});

const clusterMetrics = Effect.gen(function* () {
  const metrics = yield* Metrics;
  const actors = yield* Actors;
  const database = yield* Database;
  const fanout = yield* Fanout;
  const bus = yield* Bus;
  const locks = yield* ShardLocks;
  const { handovers } = yield* Placement;
  metrics.collect("pixsim_cells_owned", () => one(actors.stats().cells.length));
  metrics.collect("pixsim_cells_handed_over_total", () =>
    Object.entries(handovers.counts).map(([way, value]) => ({ labels: { way }, value })),
  );
  metrics.collect("pixsim_bus_watchers", () => one(bus.watching()));
  metrics.collect("pixsim_bus_messages_total", () => [
    { labels: { direction: "in" }, value: fanout.counts.heard },
    { labels: { direction: "out" }, value: fanout.counts.sent },
  ]);
  metrics.collect("pixsim_bus_unsent_total", () => one(fanout.counts.unsent));
  metrics.collect("pixsim_bus_losses_total", () => one(fanout.counts.losses));

  let databaseUp = 0;
  let redisUp = 0;
  // Down until it has answered: the time for an answer is bounded, and ends this effect.
  metrics.refresh(
    Effect.suspend(() => {
      databaseUp = 0;
      return Effect.map(
        database.query((sql) => sql`select 1`),
        () => (databaseUp = 1),
      ).pipe(Effect.ignore);
    }),
  );
  metrics.refresh(
    Effect.suspend(() => {
      redisUp = 0;
      return Effect.map(locks.runners, (runners) => (redisUp = runners === null ? 0 : 1));
    }),
  );
  metrics.collect("pixsim_database_up", () => one(databaseUp));
  metrics.collect("pixsim_redis_up", () => (fanout.shared ? one(redisUp) : []));
});

const logMetrics = Effect.gen(function* () {
  const metrics = yield* Metrics;
  const log = yield* Log;
  metrics.collect("pixsim_log_lines_total", () => Object.entries(log.written).map(([level, value]) => ({ labels: { level }, value })));
  metrics.collect("pixsim_log_output_dropped_total", () => one(log.dropped()));
  metrics.collect("pixsim_log_waiting", () => one(log.queue.size));
});

const poolMetrics = Effect.gen(function* () {
  const metrics = yield* Metrics;
  const pool = yield* Pool;
  metrics.collect("pixsim_pool_threads", () => one(pool.stats().threads));
  metrics.collect("pixsim_pool_waiting", () => one(pool.stats().waiting));
  metrics.collect("pixsim_pool_works_total", () =>
    Object.entries(pool.stats().ended).map(([outcome, value]) => ({ labels: { outcome }, value })),
  );
});

export const serverMetrics = Layer.effectDiscard(
  Effect.all([processMetrics, gatewayMetrics, actorMetrics, clusterMetrics, poolMetrics, logMetrics]),
);
