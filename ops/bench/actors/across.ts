// Events to actors of another host: from the router of the one to that of the other, with all that their messages cost but the
// socket between them. Both are in this process and share its CPU. A unit is an event.
import { Effect, Layer } from "effect";
import { Fanout } from "#runtime/bus/fanout.ts";
import { allCells } from "#runtime/actor/store.ts";
import { makeHandovers } from "#runtime/cluster/handovers.ts";
import { type CellServer, Placement } from "#runtime/cluster/placement.ts";
import type { Contender, Services } from "../durable/contender.ts";
import { openHost } from "../durable/pixsim.ts";
import { type EventsOptions, eventsTo } from "./events.ts";
import { tally } from "./kinds.ts";

/** Two processes of which the second has all cells. */
const twoPlaces = (): ReadonlyArray<Layer.Layer<Placement | Fanout>> => {
  let owner: CellServer;
  const place = (owns: boolean) =>
    Layer.merge(
      Fanout.alone,
      Layer.effect(
        Placement,
        Effect.map(makeHandovers, (handovers) =>
          Placement.of({
            stand: () => Effect.succeed(false),
            leave: Effect.void,
            serve: (server) => {
              if (!owns) return Effect.void;
              owner = server;
              return server.open(allCells);
            },
            areHere: (cells) => Effect.succeed(owns ? cells : []),
            leaseMs: () => Infinity,
            tenure: () => 0,
            call: (_cell, message) => Effect.suspend(() => owner.receive(message)),
            once: () => Effect.void,
            handovers,
            owners: Effect.succeed(allCells.map(() => "there")),
          }),
        ),
      ),
    );
  return [place(false), place(true)];
};

export const openAcross =
  (options: EventsOptions) =>
  async (services: Services): Promise<Contender> => {
    const [here, there] = twoPlaces();
    const other = await openHost([tally], services, there);
    const { run, close } = await eventsTo(await openHost([tally], services, here), options);
    return {
      run,
      close: async () => {
        await close();
        await other.close();
      },
    };
  };
