// The cluster domain on one process: itself, as the contract has it. Several processes are in ops/e2e.
import { Deferred, Effect, Layer, type Scope } from "effect";
import { TestClock } from "effect/testing";
import { expect, test } from "vitest";
import * as z from "zod";
import { cluster, Handover } from "#protocol/cluster.ts";
import { Actors } from "../actor/actors.ts";
import { Bus } from "../bus/bus.ts";
import { Placement } from "../cluster/placement.ts";
import { namedProcess } from "../cluster/single.ts";
import { GatewayCounters } from "../gateway/counters.ts";
import type { CallContext, TopicMessage } from "../gateway/handlers.ts";
import { clusterHandlers } from "./cluster.ts";

const stats = { resident: { job: 2, asset: 3 }, effectsRunning: 4 };
const actors = Layer.succeed(Actors, { stats: () => stats } as unknown as Actors["Service"]);
const context = {} as CallContext;

const run = <A>(effect: Effect.Effect<A, unknown, Layer.Success<typeof layer> | Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(Effect.provide(effect, layer)));
const layer = Layer.mergeAll(actors, GatewayCounters.layer, Bus.layer).pipe(
  Layer.provideMerge(namedProcess("1.2.3", 5)),
  Layer.provideMerge(TestClock.layer()),
);

/** Follows until so many messages have come. */
const collector = Effect.fnUntraced(function* (count: number) {
  const done = yield* Deferred.make<ReadonlyArray<TopicMessage>>();
  const messages: Array<TopicMessage> = [];
  const emit = (message: TopicMessage): void => {
    messages.push(message);
    if (messages.length === count) Deferred.doneUnsafe(done, Effect.succeed(messages));
  };
  return { emit, all: Deferred.await(done) };
});
const bodies = (messages: ReadonlyArray<TopicMessage>): ReadonlyArray<unknown> =>
  messages.map((message) => (message.type === "resumed" ? null : (JSON.parse(message.json) as unknown)));

test("one process is a cluster of one: it has all cells, and tells its load each second", () =>
  run(
    Effect.gen(function* () {
      (yield* GatewayCounters).connections = 7;
      const { calls, topics } = yield* clusterHandlers;
      const first = cluster.calls.runners.output.parse(yield* calls["cluster.runners"]());
      expect(first.runners).toEqual([
        expect.objectContaining({ address: "local", version: "1.2.3", startedAt: 5, weight: 1, cells: 256 }) as unknown,
      ]);
      const { owners, free } = cluster.calls.cells.output.parse(yield* calls["cluster.cells"]());
      expect(owners).toEqual([{ runner: "local", cells: Array.from({ length: 256 }, (_, cell) => cell) }]);
      expect(free).toEqual([]);

      const { emit, all } = yield* collector(3);
      yield* topics["cluster.load"]({}, context, undefined, emit);
      yield* TestClock.adjust("2 seconds");
      const messages = (yield* all).slice(0, 3);
      expect(messages.map(({ type }) => type)).toEqual(["snapshot", "delta", "delta"]);
      const [, , last] = bodies(messages);
      const [state] = z.array(cluster.topics.load.delta).parse(last);
      expect(state!.runners[0]!.load).toMatchObject({ connections: 7, resident: 5, effectsRunning: 4 });
      expect(state!.runners[0]!.load!.memory).toBeGreaterThan(1e6);
    }),
  ));

test("handovers are told as they happen, and kept for whoever comes later", () =>
  run(
    Effect.gen(function* () {
      const { handovers } = yield* Placement;
      // Before anybody could listen.
      handovers.note("taken", [2, 1]);
      yield* TestClock.adjust("600 millis");
      const { topics } = yield* clusterHandlers;
      const { emit, all } = yield* collector(2);
      yield* topics["cluster.handovers"]({}, context, undefined, emit);
      handovers.note("lost", [1]);
      yield* TestClock.adjust("600 millis");
      const [snapshot, delta] = bodies(yield* all);
      expect(cluster.topics.handovers.snapshot.parse(snapshot)).toEqual({
        handovers: [{ at: 600, runner: "local", way: "taken", cells: [1, 2] }],
      });
      expect(z.array(Handover).parse(delta)).toEqual([{ at: 1200, runner: "local", way: "lost", cells: [1] }]);
      const later = yield* collector(1);
      yield* topics["cluster.handovers"]({}, context, undefined, later.emit);
      expect(bodies(yield* later.all)).toMatchObject([{ handovers: [{ way: "taken" }, { way: "lost" }] }]);
    }),
  ));
