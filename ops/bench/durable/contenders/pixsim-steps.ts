// PixSim, durable steps: each is asked for from outside, committed with its history under the cell's epoch, and acknowledged. A
// unit is a step.
import { Effect } from "effect";
import type { Contender, Services } from "../contender.ts";
import { walk, walkEvents } from "../kinds.ts";
import { each, openHost } from "../pixsim.ts";
import { newIds, prompt } from "../work.ts";

export const open = async (services: Services): Promise<Contender> => {
  const { actors, run, close } = await openHost([walk], services);
  const newId = newIds();
  const wholeWalk = () => {
    const address = `walk/${newId()}`;
    let sent = 0;
    return Effect.andThen(
      actors.create(address, { prompt }, { novel: true }),
      Effect.whileLoop({
        while: () => sent < walkEvents,
        body: () => actors.send(address, { type: "advance" }),
        step: () => void sent++,
      }),
    );
  };
  return { run: (count, inFlight) => run(each(Math.ceil(count / (walkEvents + 1)), inFlight, wholeWalk)), close };
};
