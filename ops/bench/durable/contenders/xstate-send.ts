// XState as it comes: an actor of the real job machine, sent the same events. Its effects are started and end never, and its
// timers are the real ones. A unit is an event.
import { createActor, fromPromise } from "xstate";
import { jobMachine } from "#actors/job/machine.ts";
import type { Contender } from "../contender.ts";
import { jobEvents, jobInput } from "../job-life.ts";

const never = <Output, Input>() => fromPromise<Output, Input>(() => new Promise(() => {}));
const machine = jobMachine.provide({
  actors: { acquireSlot: never(), submit: never(), track: never(), download: never(), ingest: never(), cancelAtProvider: never() },
});

export const open = (): Promise<Contender> =>
  Promise.resolve({
    run: (count) => {
      for (let done = 0; done < count; done += jobEvents.length) {
        const actor = createActor(machine, { input: jobInput }).start();
        // The outcomes of effects are XState's own events, which the machine's type leaves out.
        for (const event of jobEvents) actor.send(event as never);
        const { value } = actor.getSnapshot();
        if (value !== "completed") throw new Error(`The job ended as ${JSON.stringify(value)}.`);
      }
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
