// The places by name, and the height of the horizon in each.
import { city, cloudscape, space } from "./far-places.ts";
import { desert, forest, meadow, mountainPlace } from "./land-places.ts";
import type { Place } from "./lexicon.ts";
import type { Setting } from "./place-kit.ts";
import type { Stage } from "./stage.ts";
import { lake, sea, underwater } from "./water-places.ts";

/** Height of the horizon and of the subjects' ground, as shares of the picture. */
export const levels: Readonly<Record<Place, readonly [horizon: number, ground: number]>> = {
  meadow: [0.62, 0.83],
  hills: [0.6, 0.84],
  mountains: [0.66, 0.86],
  forest: [0.66, 0.85],
  desert: [0.6, 0.83],
  snow: [0.63, 0.84],
  sea: [0.52, 0.8],
  beach: [0.48, 0.83],
  lake: [0.56, 0.88],
  city: [0.72, 0.82],
  village: [0.6, 0.83],
  space: [0.7, 0.84],
  underwater: [0.3, 0.9],
  clouds: [0.74, 0.86],
};

export const makeSetting = (stage: Stage): Setting => {
  switch (stage.plan.place) {
    case "meadow":
      return meadow(stage, 0, 1);
    case "village":
      return meadow(stage, 1, 1.6);
    case "hills":
      return meadow(stage, 2, 1.3);
    case "mountains":
      return mountainPlace(stage, stage.plan.weather === "snow");
    case "snow":
      return mountainPlace(stage, true);
    case "forest":
      return forest(stage);
    case "desert":
      return desert(stage);
    case "sea":
      return sea(stage, false);
    case "beach":
      return sea(stage, true);
    case "lake":
      return lake(stage);
    case "city":
      return city(stage);
    case "space":
      return space(stage);
    case "underwater":
      return underwater(stage);
    case "clouds":
      return cloudscape(stage);
  }
};
