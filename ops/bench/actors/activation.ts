// Actors that another host stored, on PostgreSQL, and that are not in memory here: each is loaded and its state answered. A unit is
// an actor.
import type { Contender, Services } from "../durable/contender.ts";
import { each, openHost } from "../durable/pixsim.ts";
import { newIds } from "../durable/work.ts";
import { tally } from "./kinds.ts";

/** `stored`: enough for all rounds; no actor is asleep a second time. */
export const openActivation =
  (stored: number) =>
  async (services: Services): Promise<Contender> => {
    const newId = newIds();
    const asleep = Array.from({ length: stored }, () => `tally/${newId()}`);
    const maker = await openHost([tally], services);
    const toMake = [...asleep];
    await maker.run(each(stored, 1000, () => maker.actors.create(toMake.pop()!, {}, { novel: true })));
    await maker.close();
    const { actors, run, close } = await openHost([tally], services);
    return { run: (count, inFlight) => run(each(count, inFlight, () => actors.view(asleep.pop()!))), close };
  };
