import { Effect, Layer } from "effect";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Actors } from "../actor/actors.ts";
import { GatewayCounters } from "../gateway/counters.ts";
import { readSettings, Settings } from "../config/settings.ts";
import { logLayer } from "./log.ts";
import { Histogram, Metrics } from "./metrics.ts";
import { streamOutput } from "./output.ts";
import { Pool } from "../pool/pool.ts";
import { serverMetrics } from "./server-metrics.ts";

const registry = () => Effect.runSync(Effect.provide(Metrics, Metrics.layer));

test("counters, gauges and histograms are written as Prometheus reads them", () => {
  const metrics = registry();
  const counter = metrics.counter("pixsim_things_total", "Things.\nAll of them.");
  counter.add();
  counter.add(2.5);
  metrics.collect("pixsim_rooms", "gauge", "Rooms.", () => [
    { labels: { name: 'a "quoted\\ \n one', floor: "1" }, value: 3 },
    { value: -1 },
  ]);
  const histogram = metrics.histogram("pixsim_wait_seconds", "Waits.", [0.1, 1]);
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
    }),
  );
});

test("names are of one form and used once; figures that cannot be read are left out", () => {
  const metrics = registry();
  metrics.counter("pixsim_a_total", "A.");
  expect(() => metrics.counter("pixsim_a_total", "A.")).toThrow("already");
  expect(() => metrics.counter("things", "T.")).toThrow("pixsim_");
  metrics.collect("pixsim_broken", "gauge", "Broken.", () => {
    throw new Error("no");
  });
  expect(metrics.render()).toContain("pixsim_a_total 0\n");
  expect(metrics.render()).not.toContain("broken");
});

test("the server tells of process, gateway, actors and log", async () => {
  const stats = { resident: { job: 2 }, effectsRunning: 1, followers: 4, timers: 5, steps: 6, committed: 7, flushes: 8, rolledBack: 9 };
  const actors = Layer.succeed(Actors, { stats: () => stats } as unknown as Actors["Service"]);
  const log = logLayer({ output: streamOutput({ write: () => {} }) }).pipe(Layer.provide(Layer.succeed(Settings, readSettings({}))));
  const text = await Effect.runPromise(
    Effect.gen(function* () {
      const counters = yield* GatewayCounters;
      counters.connections = 3;
      counters.closed.set("slow_consumer", 2);
      counters.outcomes.set("jobs.create", new Map([["ok", 5]]));
      yield* Effect.logInfo("a line");
      return (yield* Metrics).render();
    }).pipe(
      Effect.provide(
        serverMetrics.pipe(
          Layer.provide(actors),
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
    "pixsim_actor_steps_total 6",
    'pixsim_pool_works_total{outcome="done"} 0',
    'pixsim_log_lines_total{level="info"} 1',
  ])
    expect(text).toContain(`\n${line}\n`);
  expect(text).toMatch(/\npixsim_process_resident_memory_bytes \d{7,}\n/);
  // Every line is one that a scraper can read.
  for (const line of text.trimEnd().split("\n"))
    expect(line).toMatch(/^(?:# (?:HELP|TYPE) pixsim_\w+ .+|pixsim_\w+(?:\{[^}]+\})? -?[\d.e+-]+)$/);
});
