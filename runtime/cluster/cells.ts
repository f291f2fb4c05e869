// Cells as entities of Effect Cluster: it decides which process builds which cell, and ends it when the cell moves.
// One entity holds many actors: an entity per actor costs 15 KB each and a fiber a message.
import { Effect, Exit, Fiber, Latch, Layer, Option, Queue, Schedule, Schema } from "effect";
import * as Entity from "effect/cluster/Entity";
import * as Sharding from "effect/cluster/Sharding";
import * as Rpc from "effect/rpc/Rpc";
import { CallError } from "#protocol/wire/errors.ts";
import { allCells } from "../actor/store.ts";
import { Fanout } from "../bus/fanout.ts";
import { makeHandovers } from "./handovers.ts";
import { ShardLocks } from "./locks.ts";
import { type CellServer, Placement } from "./placement.ts";

/** A message that only makes sure that the cell is served. */
const Wake = Rpc.make("Wake");
const Deliver = Rpc.make("Deliver", { payload: { message: Schema.String }, success: Schema.String });
const CellEntity = Entity.make("cell", [Wake, Deliver]);

const entityId = (cell: number): string => `c${cell}`;

/** A runner that has not answered by then is taken for frozen and asked again, or its successor is, ms. */
const attemptMs = 2000;
/** Whatever the caller's patience: longer than a take-over by far. */
const patienceMs = 30_000;
/** How often cells that came to this process without a message are looked for: so many times after it took locks, and at any other time. */
const soon = "25 millis";
const soonLooks = 40;
const seldom = "1 second";
/** Here each process says that it has left. */
const leftChannel = "left";
/** A start does not wait longer for others to serve their cells. */
const readyWithin = "15 seconds";

/**
 * The answer to one request, or none in time, which is over as soon as a runner has `departed`: it may be the one that was asked. Who
 * gives up waiting leaves the request to itself: a frozen runner would not answer an interruption either, and one here would end the
 * cell that is just being opened for it.
 */
const attempt = <A, E>(request: Effect.Effect<A, E>, departed: Effect.Effect<void>): Effect.Effect<Option.Option<A>> =>
  Effect.flatMap(Effect.forkDetach(request), (fiber) =>
    Effect.raceFirst(Fiber.await(fiber), departed).pipe(
      Effect.timeoutOption(attemptMs),
      Effect.map(Option.flatMap((exit) => (exit === undefined ? Option.none() : Exit.getSuccess(exit)))),
    ),
  );

/** Asks again and again, as long as a caller may wait. `departed`: completes when next a runner has gone. */
export const ask = <A, E>(request: Effect.Effect<A, E>, departed: Effect.Effect<void> = Effect.never): Effect.Effect<A, CallError> =>
  attempt(request, departed).pipe(
    Effect.flatMap(Effect.fromOption),
    Effect.retry(Schedule.spaced("50 millis")),
    Effect.timeoutOption(patienceMs),
    Effect.flatMap(Effect.fromOption),
    Effect.mapError(() => new CallError("unavailable", "The server process that has this actor does not answer. Try again.")),
  );

/** `gather`: from the first cell that arrives until those are opened that have arrived: what comes later waits for all of them. */
export const placementOnSharding = (gather: Effect.Effect<void>): Layer.Layer<Placement, never, Sharding.Sharding | ShardLocks | Fanout> =>
  Layer.effect(
    Placement,
    Effect.gen(function* () {
      const sharding = yield* Sharding.Sharding;
      const locks = yield* ShardLocks;
      const fanout = yield* Fanout;
      // Who misses it sees a moment later that the other is not there.
      yield* fanout.subscribe(leftChannel, { heard: locks.hasLeft, lost: () => {} });
      const onSharding = Effect.provideService(Sharding.Sharding, sharding);
      const client = yield* onSharding(CellEntity.client);
      const shards = yield* Effect.forEach(allCells, (cell) => onSharding(CellEntity.getShardId(entityId(cell) as never)));
      const names = shards.map(String);
      const handovers = yield* makeHandovers;
      /** Closes all cells that are served here. */
      let closeAll: Effect.Effect<void> = Effect.void;
      let leaving = false;

      const serve = Effect.fnUntraced(function* (server: CellServer) {
        /** Cells served here, each by the entity that came last: one before it may still be ending. */
        const open = new Map<number, object>();
        let looksSoon = 0;
        const mayHaveCome = Latch.makeUnsafe(false);
        const lookSoon = (): void => {
          looksSoon = soonLooks;
          mayHaveCome.openUnsafe();
        };
        locks.onTaken(lookSoon);
        // Their entities end when Effect Cluster finds them elsewhere.
        closeAll = Effect.suspend(() => {
          leaving = true;
          return Effect.forEach([...open.keys()], server.close, { concurrency: "unbounded", discard: true });
        });
        // Cells arrive one by one; those that come together are opened together, in one statement.
        const arrived = yield* Queue.unbounded<{ readonly cell: number; readonly opened: Queue.Queue<void> }>();
        yield* Effect.forkScoped(
          Effect.forever(
            Effect.gen(function* () {
              const first = yield* Queue.take(arrived);
              yield* gather;
              const batch = [first, ...(yield* Queue.clear(arrived))];
              // What came behind the close would be left open when its lock goes.
              if (!leaving) yield* server.open(batch.map(({ cell }) => cell));
              for (const { opened } of batch) yield* Queue.offer(opened, undefined);
            }),
          ),
        );
        const build = Effect.gen(function* () {
          const address = yield* Entity.CurrentAddress;
          const cell = Number(address.entityId.slice(1));
          const opened = yield* Queue.unbounded<void>();
          const me = {};
          open.set(cell, me);
          yield* Effect.acquireRelease(Effect.andThen(Queue.offer(arrived, { cell, opened }), Queue.take(opened)), () =>
            Effect.suspend(() => {
              if (open.get(cell) !== me) return Effect.void;
              open.delete(cell);
              lookSoon();
              return server.close(cell);
            }),
          );
          return CellEntity.of({ Wake: () => Effect.void, Deliver: ({ payload }) => server.receive(payload.message) });
        });
        yield* onSharding(Layer.build(CellEntity.toLayer(build, { maxIdleTime: "3650 days", concurrency: "unbounded" })));

        const wake = (cell: number) => ask(client(entityId(cell)).Wake(), locks.departed);
        yield* Effect.forEach(allCells, wake, { concurrency: "unbounded", discard: true }).pipe(
          Effect.timeoutOption(readyWithin),
          Effect.ignore,
        );
        // What was taken meanwhile may be known a moment later.
        lookSoon();
        // A cell that moves here comes without a message; its timers and effects wait for it all the same.
        const waking = new Set<number>();
        const awaken = (cell: number) => {
          waking.add(cell);
          return Effect.forkScoped(
            Effect.ensuring(
              Effect.ignore(wake(cell)),
              Effect.sync(() => void waking.delete(cell)),
            ),
          );
        };
        const look = Effect.suspend(() => {
          const came = allCells.filter((cell) => !open.has(cell) && !waking.has(cell) && sharding.hasShardId(shards[cell]!));
          return Effect.forEach(came, awaken, { discard: true });
        });
        const pause = Effect.suspend(() => {
          if (looksSoon > 0) {
            looksSoon--;
            return Effect.sleep(soon);
          }
          mayHaveCome.closeUnsafe();
          return Effect.ignore(Effect.timeout(mayHaveCome.await, seldom));
        });
        yield* Effect.forkScoped(Effect.forever(Effect.andThen(look, pause)));
      });

      return Placement.of({
        serve,
        areHere: (cells) =>
          Effect.map(locks.confirm(cells.map((cell) => names[cell]!)), (held) => cells.filter((cell) => held.has(names[cell]!))),
        leaseMs: (cell) => locks.leaseMs(names[cell]!),
        tenure: (cell) => locks.tenure(names[cell]!),
        call: (cell, message) => ask(client(entityId(cell)).Deliver({ message }), locks.departed),
        once: (name, work) => sharding.registerSingleton(name, work),
        stand: locks.stand,
        leave: Effect.map(
          Effect.suspend(() => locks.leave(closeAll)),
          (left) => {
            if (left) fanout.publish(leftChannel, locks.me);
          },
        ),
        handovers,
        owners: locks.holders(names),
      });
    }),
  );
