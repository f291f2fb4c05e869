// The real actor host on a real database, in this process: what the contenders of this project share.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Effect, Layer, Logger, ManagedRuntime } from "effect";
import { embeddedDatabase } from "#db/client/embedded.ts";
import { serverDatabase } from "#db/client/server.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import { Actors } from "#runtime/actor/actors.ts";
import { actorHost } from "#runtime/actor/host.ts";
import type { AnyActorDefinition } from "#runtime/actor/resident.ts";
import type { Fanout } from "#runtime/bus/fanout.ts";
import type { Placement } from "#runtime/cluster/placement.ts";
import { singleProcess } from "#runtime/cluster/single.ts";
import type { Contender, Services } from "./contender.ts";

export interface OpenHost {
  readonly actors: Actors["Service"];
  readonly run: <A, E>(effect: Effect.Effect<A, E>) => Promise<A>;
  readonly close: () => Promise<void>;
}

/** On the server given; without one on the embedded database in a folder that goes with it. `place`: among other hosts. */
export const openHost = async (
  definitions: ReadonlyArray<AnyActorDefinition<never>>,
  { postgres }: Services,
  place: Layer.Layer<Placement | Fanout> = singleProcess,
): Promise<OpenHost> => {
  const dataDir = await mkdtemp(join(tmpdir(), "pixsim-bench-"));
  const database = postgres === undefined ? embeddedDatabase({ dataDir }) : serverDatabase({ url: postgres });
  const runtime = ManagedRuntime.make(
    actorHost(definitions).pipe(Layer.provide(database), Layer.provide(place), Layer.provideMerge(Logger.layer([]))),
  );
  return {
    actors: await runtime.runPromise(Actors),
    run: (effect) => runtime.runPromise(effect),
    close: async () => {
      await runtime.dispose();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};

/** Runs `work` so many times, `inFlight` at a time. */
export const each = <E, R>(count: number, inFlight: number, work: () => Effect.Effect<unknown, E, R>): Effect.Effect<void, E, R> =>
  Effect.suspend(() => {
    let left = count;
    const lane = Effect.whileLoop({ while: () => left-- > 0, body: work, step: () => {} });
    return Effect.forEach(Array.from({ length: Math.min(inFlight, count) }), () => lane, { concurrency: "unbounded", discard: true });
  });

/** Whole lives of actors of one kind: `kindOf` is given what to call at the end of each, `create` begins one. */
export const openLives = async <D extends AnyActorDefinition<never>>(
  kindOf: (done: () => void) => D,
  create: (actors: Actors["Service"]) => Effect.Effect<unknown, CallError>,
  services: Services,
): Promise<Contender> => {
  let left = 0;
  let finished = (): void => {};
  const done = (): void => {
    if (--left === 0) finished();
  };
  const { actors, run, close } = await openHost([kindOf(done)], services);
  return {
    run: async (count, inFlight) => {
      left = count;
      const all = new Promise<void>((resolve) => (finished = resolve));
      await run(each(count, inFlight, () => create(actors)));
      await all;
    },
    close,
  };
};
