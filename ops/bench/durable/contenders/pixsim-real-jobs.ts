// PixSim, the real job machine with its effects, timers and stored row, whose outside succeeds at once. A unit is a job of six
// steps.
import type { Contender, Services } from "../contender.ts";
import { jobOrder } from "../job-life.ts";
import { job } from "../kinds.ts";
import { openLives } from "../pixsim.ts";
import { newIds } from "../work.ts";

export const open = (services: Services): Promise<Contender> => {
  const newId = newIds();
  return openLives(
    job,
    ({ create }) => {
      const id = `job_${newId()}`;
      return create(`job/${id}`, { order: { ...jobOrder, id } }, { novel: true });
    },
    services,
  );
};
