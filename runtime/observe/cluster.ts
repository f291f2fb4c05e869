// The `cluster` domain of the contract. Each process tells the others its load each second and its handovers as they happen, by the
// bus, and keeps what it hears: whichever is asked can answer for all. What is lost on the way comes again, or is only history.
import { Clock, Effect } from "effect";
import * as z from "zod";
import { type ClusterState, Handover, RunnerLoad } from "#protocol/cluster.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { Bus } from "../bus/bus.ts";
import { ShardLocks } from "../cluster/locks.ts";
import { Placement } from "../cluster/placement.ts";
import type { DomainHandlers, TopicMessage } from "../gateway/handlers.ts";
import { loadMeter } from "./load.ts";

const loadChannel = "cluster.load";
const handoverChannel = "cluster.handovers";
/** Handovers that are kept for whoever comes to watch. */
const mostKept = 200;
/** A runner of which nothing was heard for so long is silent, ms. */
const silentMs = 5000;
const round = "1 second";

const ToldLoad = z.object({ runner: z.string(), load: RunnerLoad });
type ToldLoad = z.infer<typeof ToldLoad>;

const unknown = (): CallError => new CallError("unavailable", "Which runners there are cannot be told just now. Try again.");
const nothing = Effect.succeed(null);

export const clusterHandlers = Effect.gen(function* () {
  const bus = yield* Bus;
  const locks = yield* ShardLocks;
  const { handovers, owners } = yield* Placement;
  const meter = yield* loadMeter;
  const clock = yield* Clock.Clock;
  const { me } = locks;
  /** Of each process one, so that what it puts together is not told to the others' watchers. */
  const stateChannel = `cluster.state@${me}`;

  /** By runner; when each was heard, by the clock here. */
  const loads = new Map<string, { readonly load: RunnerLoad; readonly heardAt: number }>();
  const kept: Array<Handover> = [];

  /** Hears what is told on a channel, by this process too, as long as the scope is open. */
  const hear = <T>(channel: string, schema: z.ZodType<T>, take: (told: T) => void) =>
    Effect.acquireRelease(
      bus.follow(channel, undefined, nothing, (message: TopicMessage) => {
        if (message.type === "delta") for (const told of z.array(schema).parse(JSON.parse(message.json))) take(told);
      }),
      ({ close }) => Effect.sync(close),
    ).pipe(Effect.orDie);
  yield* hear(loadChannel, ToldLoad, ({ runner, load }) => void loads.set(runner, { load, heardAt: clock.currentTimeMillisUnsafe() }));
  yield* hear(handoverChannel, Handover, (handover) => {
    kept.push(handover);
    if (kept.length > mostKept) kept.shift();
  });

  const stop = handovers.onHandover(({ at, way, cells }) =>
    bus.publish(handoverChannel, { at, runner: me, way, cells: [...cells] } satisfies Handover),
  );
  yield* Effect.addFinalizer(() => Effect.sync(stop));

  const state: Effect.Effect<ClusterState, CallError> = Effect.gen(function* () {
    const [runners, held] = yield* Effect.all([locks.runners, owners], { concurrency: "unbounded" });
    if (runners === null || held === null) return yield* Effect.fail(unknown());
    const at = yield* Clock.currentTimeMillis;
    const counts = new Map<string | null, number>();
    for (const owner of held) counts.set(owner, (counts.get(owner) ?? 0) + 1);
    for (const address of loads.keys()) if (!runners.some((runner) => runner.address === address)) loads.delete(address);
    return {
      at,
      runners: runners
        .map(({ address, version, weight, startedAt }) => {
          const told = loads.get(address);
          const load = told !== undefined && at - told.heardAt < silentMs ? told.load : null;
          return { address, version, weight, startedAt, cells: counts.get(address) ?? 0, load };
        })
        .sort((a, b) => (a.address < b.address ? -1 : 1)),
    };
  });

  yield* Effect.forkScoped(
    Effect.gen(function* () {
      bus.publish(loadChannel, { runner: me, load: yield* meter.read } satisfies ToldLoad);
      if (bus.watchers(stateChannel) > 0) bus.publish(stateChannel, yield* state);
    }).pipe(
      Effect.ignoreCause({ log: "Debug", message: "the state of the cluster could not be told" }),
      Effect.andThen(Effect.sleep(round)),
      Effect.forever,
    ),
  );

  return {
    calls: {
      "cluster.runners": () => state,
      "cluster.cells": () =>
        Effect.flatMap(owners, (held) => {
          if (held === null) return Effect.fail(unknown());
          const byRunner = new Map<string, Array<number>>();
          const free: Array<number> = [];
          for (const [cell, runner] of held.entries()) {
            const cells = runner === null ? free : (byRunner.get(runner) ?? []);
            cells.push(cell);
            if (runner !== null) byRunner.set(runner, cells);
          }
          return Effect.succeed({ owners: Array.from(byRunner, ([runner, cells]) => ({ runner, cells })), free });
        }),
    },
    streams: {},
    topics: {
      "cluster.load": (_params, _context, from, emit) => bus.follow(stateChannel, from, state, emit),
      "cluster.handovers": (_params, _context, from, emit) =>
        bus.follow(
          handoverChannel,
          from,
          Effect.sync(() => ({ handovers: kept })),
          emit,
        ),
    },
  } satisfies DomainHandlers<"cluster">;
});
