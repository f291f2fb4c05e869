import { Effect, Fiber, Layer } from "effect";
import { TestClock } from "effect/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Database } from "#db/client/database.ts";
import { Actors, type ActorStats } from "../actor/actors.ts";
import { Bus } from "../bus/bus.ts";
import { Placement } from "../cluster/placement.ts";
import { singleProcess } from "../cluster/single.ts";
import { GatewayCounters } from "../gateway/counters.ts";
import { readSettings, Settings } from "../config/settings.ts";
import { logLayer } from "./log.ts";
import { catalogue, type MetricSpec } from "./catalogue.ts";
import { Histogram, Metrics, Registry } from "./metrics.ts";
import { streamOutput } from "./output.ts";
import { Pool } from "../pool/pool.ts";
import { serverMetrics } from "./server-metrics.ts";

/** Counted by the sink, which has tests of its own. */
const storeNames = ["pixsim_log_stored_total", "pixsim_log_dropped_total", "pixsim_log_store_seconds"];

test("counters, gauges and histograms are written as Prometheus reads them", () => {
  const metrics = new Registry({
    pixsim_things_total: { type: "counter", help: "Things.\nAll of them." },
    pixsim_rooms: { type: "gauge", help: "Rooms.", labels: ["name", "floor"] },
    pixsim_wait_seconds: { type: "histogram", help: "Waits." },
  });
  const counter = metrics.counter("pixsim_things_total");
  counter.add();
  counter.add(2.5);
  metrics.collect("pixsim_rooms", () => [{ labels: { name: 'a "quoted\\ \n one', floor: "1" }, value: 3 }, { value: -1 }]);
  const histogram = metrics.histogram("pixsim_wait_seconds", new Histogram([0.1, 1]));
  for (const value of [0.05, 0.1, 0.5, 2]) histogram.observe(value);
  expect(metrics.render()).toBe(
    [
      "# HELP pixsim_things_total Things.\\nAll of them.",
      "# TYPE pixsim_things_total counter",
      "pixsim_things_total 3.5",
      "# HELP pixsim_rooms Rooms.",
      "# TYPE pixsim_rooms gauge",
      'pixsim_rooms{name="a \\"quoted\\\\ \\n one",floor="1"} 3',
      "pixsim_rooms -1",
      "# HELP pixsim_wait_seconds Waits.",
      "# TYPE pixsim_wait_seconds histogram",
      'pixsim_wait_seconds_bucket{le="0.1"} 2',
      'pixsim_wait_seconds_bucket{le="1"} 3',
      'pixsim_wait_seconds_bucket{le="+Inf"} 4',
      "pixsim_wait_seconds_sum 2.65",
      "pixsim_wait_seconds_count 4",
      "",
    ].join("\n"),
  );
});

test("the buckets of a histogram never fall, and the last has all", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true })), (values) => {
      const histogram = new Histogram([0.001, 0.1, 1, 10]);
      for (const value of values) histogram.observe(value);
      const counts = [...histogram.lines()].filter(([suffix]) => suffix === "_bucket").map(([, , value]) => value);
      expect(counts).toEqual(counts.toSorted((a, b) => a - b));
      expect(counts.at(-1)).toBe(values.length);
      expect(histogram.count).toBe(values.length);
    }),
  );
});

test("names are of one form and used once; figures that cannot be read are left out", () => {
  const metrics = new Registry({
    pixsim_a_total: { type: "counter", help: "A." },
    pixsim_broken: { type: "gauge", help: "Broken." },
  });
  metrics.counter("pixsim_a_total");
  expect(() => metrics.counter("pixsim_a_total")).toThrow("already");
  expect(() => new Registry({ things: { type: "counter", help: "T." } })).toThrow("pixsim_");
  metrics.collect("pixsim_broken", () => {
    throw new Error("no");
  });
  expect(metrics.render()).toContain("pixsim_a_total 0\n");
  expect(metrics.render()).not.toContain("broken");
});

test("what has to be asked for is asked before each reading, and cannot hold it up", async () => {
  const metrics = new Registry({ pixsim_asked: { type: "gauge", help: "Asked." } });
  let asked = 0;
  metrics.collect("pixsim_asked", () => [{ value: asked }]);
  metrics.refresh(Effect.sync(() => asked++));
  metrics.refresh(Effect.die("a fault"));
  metrics.refresh(Effect.never);
  const read = Effect.gen(function* () {
    const reading = yield* Effect.forkChild(metrics.scrape);
    yield* TestClock.adjust("1 second");
    return yield* Fiber.join(reading);
  });
  const run = () => Effect.runPromise(Effect.provide(read, TestClock.layer()));
  expect(await run()).toContain("pixsim_asked 1\n");
  expect(await run()).toContain("pixsim_asked 2\n");
});

test("the conventions of Prometheus are kept by every name, and every metric says what it means", () => {
  for (const [name, { type, help }] of Object.entries<MetricSpec>(catalogue)) {
    expect({ name, total: name.endsWith("_total") }).toEqual({ name, total: type === "counter" });
    expect(`${name}: ${help}`).toMatch(/: \S.*\.$/);
  }
});

test("the server tells all that the catalogue promises, but for what the log's store and the providers' places count", async () => {
  const observed = new Histogram([1]);
  observed.observe(0.5);
  const stats = {
    resident: { job: 2 },
    effectsRunning: 1,
    effects: [{ kind: "job", effect: "submit", running: 3, retrying: 1 }],
    waiting: { commands: 12, deepest: 11 },
    routed: { sent: 1, moved: 2, failed: 3, received: 4 },
    cells: [0, 1, 2],
    followers: 4,
    timers: 5,
    steps: 6,
    committed: 7,
    flushes: 8,
    rolledBack: 9,
    stepTime: observed,
    commitTime: observed,
    timerLateness: observed,
    commitActors: observed,
  } satisfies ActorStats;
  const database = Layer.succeed(Database, {
    query: () => Effect.succeed([{ kind: "job", living: 10 }]),
  } as unknown as Database["Service"]);
  const actors = Layer.succeed(Actors, { stats: () => stats } as unknown as Actors["Service"]);
  const log = logLayer({ output: streamOutput({ write: () => {} }) }).pipe(Layer.provide(Layer.succeed(Settings, readSettings({}))));
  const text = await Effect.runPromise(
    Effect.gen(function* () {
      const counters = yield* GatewayCounters;
      counters.connections = 3;
      counters.closed.set("slow_consumer", 2);
      counters.outcomes.set("jobs.create", new Map([["ok", 5]]));
      yield* Effect.logInfo("a line");
      (yield* Placement).handovers.note("taken", [4, 5]);
      const metrics = yield* Metrics;
      expect(new Set([...metrics.names, ...storeNames, "pixsim_provider_slots_busy"])).toEqual(new Set(Object.keys(catalogue)));
      return yield* metrics.scrape;
    }).pipe(
      Effect.provide(
        serverMetrics.pipe(
          Layer.provide([actors, database, Bus.alone]),
          Layer.provideMerge(singleProcess),
          Layer.provideMerge(Layer.mergeAll(log, GatewayCounters.layer, Pool.layer, Metrics.layer)),
        ),
      ),
    ),
  );
  for (const line of [
    "pixsim_gateway_connections 3",
    'pixsim_gateway_closed_total{reason="slow_consumer"} 2',
    'pixsim_gateway_answers_total{name="jobs.create",outcome="ok"} 5',
    'pixsim_actors_resident{kind="job"} 2',
    'pixsim_actors_asleep{kind="job"} 8',
    "pixsim_actor_mailbox_commands 12",
    "pixsim_actor_mailbox_deepest 11",
    'pixsim_actor_commit_seconds_bucket{le="1"} 1',
    "pixsim_actor_timers_fired_total 1",
    'pixsim_effects_running{kind="job",effect="submit"} 3',
    'pixsim_effects_retrying{kind="job",effect="submit"} 1',
    "pixsim_cells_owned 3",
    'pixsim_cells_handed_over_total{way="taken"} 2',
    'pixsim_routed_commands_total{way="moved"} 2',
    'pixsim_bus_messages_total{direction="in"} 0',
    "pixsim_database_up 1",
    "pixsim_actor_steps_total 6",
    'pixsim_pool_works_total{outcome="done"} 0',
    'pixsim_log_lines_total{level="info"} 1',
  ])
    expect(text).toContain(`\n${line}\n`);
  expect(text).toMatch(/\npixsim_process_resident_memory_bytes \d{7,}\n/);
  // There is one process: whether Redis answers is no question.
  expect(text).not.toMatch(/^pixsim_redis_up/m);
  for (const [, name, labels] of text.matchAll(/^(pixsim_\w+?)(?:_bucket|_sum|_count)?\{([^}]+)\}/gm)) {
    const allowed = new Set([...((catalogue as Readonly<Record<string, MetricSpec>>)[name!]?.labels ?? []), "le"]);
    for (const [, label] of labels!.matchAll(/(\w+)=/g)) expect(allowed).toContain(label);
  }
  // Every line is one that a scraper can read.
  for (const line of text.trimEnd().split("\n"))
    expect(line).toMatch(/^(?:# (?:HELP|TYPE) pixsim_\w+ .+|pixsim_\w+(?:\{[^}]+\})? -?[\d.e+-]+)$/);
});
