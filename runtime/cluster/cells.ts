// Cells as entities of Effect Cluster: it decides which process builds which cell, and ends it when the cell moves.
// One entity holds many actors: an entity per actor costs 15 KB each and a fiber a message.
import { Effect, Layer, Queue } from "effect";
import * as Entity from "effect/cluster/Entity";
import * as Sharding from "effect/cluster/Sharding";
import * as Rpc from "effect/rpc/Rpc";
import { cellCount } from "../actor/store.ts";
import { type CellServer, Placement } from "./placement.ts";

/** A message that only makes sure that the cell is served. */
const Wake = Rpc.make("Wake");
const CellEntity = Entity.make("cell", [Wake]);

const entityId = (cell: number): string => `c${cell}`;
const allCells = Array.from({ length: cellCount }, (_, cell) => cell);

export const placementOnSharding: Layer.Layer<Placement, never, Sharding.Sharding> = Layer.effect(
  Placement,
  Effect.gen(function* () {
    const sharding = yield* Sharding.Sharding;

    const serve = Effect.fnUntraced(function* (server: CellServer) {
      // Cells arrive one by one; those that come together are opened together, in one statement.
      const arrived = yield* Queue.unbounded<{ readonly cell: number; readonly opened: Queue.Queue<void> }>();
      yield* Effect.forkScoped(
        Effect.forever(
          Effect.gen(function* () {
            const batch = yield* Queue.takeAll(arrived);
            yield* server.open(batch.map(({ cell }) => cell));
            for (const { opened } of batch) yield* Queue.offer(opened, undefined);
          }),
        ),
      );
      const build = Effect.gen(function* () {
        const address = yield* Entity.CurrentAddress;
        const cell = Number(address.entityId.slice(1));
        const opened = yield* Queue.unbounded<void>();
        yield* Effect.acquireRelease(Effect.andThen(Queue.offer(arrived, { cell, opened }), Queue.take(opened)), () => server.close(cell));
        return CellEntity.of({ Wake: () => Effect.void });
      });
      yield* Layer.build(CellEntity.toLayer(build, { maxIdleTime: "3650 days", concurrency: "unbounded" })).pipe(
        Effect.provideService(Sharding.Sharding, sharding),
      );
      const client = yield* Effect.provideService(CellEntity.client, Sharding.Sharding, sharding);
      yield* Effect.forEach(allCells, (cell) => Effect.orDie(client(entityId(cell)).Wake()), { concurrency: "unbounded", discard: true });
    });

    const isHere = (cell: number) =>
      Effect.map(Effect.provideService(CellEntity.getShardId(entityId(cell) as never), Sharding.Sharding, sharding), (shard) =>
        sharding.hasShardId(shard),
      );

    return Placement.of({ serve, isHere });
  }),
);
