// PixSim, the least that is a job: created and acknowledged, two effects run one after the other, each with its intent stored
// first, ended; every step with its history. A unit is such a job of three steps.
import type { Contender, Services } from "../contender.ts";
import { errand } from "../kinds.ts";
import { openLives } from "../pixsim.ts";
import { newIds, prompt } from "../work.ts";

export const open = (services: Services): Promise<Contender> => {
  const newId = newIds();
  return openLives(errand, ({ create }) => create(`errand/${newId()}`, { prompt }, { novel: true }), services);
};
