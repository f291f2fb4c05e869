// The pure step of the actor host on the real job machine: whole lives of jobs, one after the other. A unit is an event.
import { makeStepper } from "#runtime/actor/step.ts";
import { jobMachine } from "#actors/job/machine.ts";
import type { Contender } from "../contender.ts";
import { jobEvents, jobInput } from "../job-life.ts";

export const open = (): Promise<Contender> => {
  const stepper = makeStepper(jobMachine);
  return Promise.resolve({
    run: (count) => {
      for (let done = 0; done < count; done += jobEvents.length) {
        let { snapshot } = stepper.initial(jobInput);
        for (const event of jobEvents) snapshot = stepper.next(snapshot, event).snapshot;
        if (snapshot.value !== "completed") throw new Error(`The job ended as ${JSON.stringify(snapshot.value)}.`);
      }
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
};
