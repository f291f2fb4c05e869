// How the camera moves over a still picture: from the words and choices of an order to a look for each time. Pure.
import { glide } from "./camera.ts";
import type { CameraWord } from "./lexicon.ts";
import type { Camera, Motion } from "./params.ts";
import { hashText, makeChance } from "./random.ts";
import type { Look } from "./warp.ts";
import { readPrompt } from "./words.ts";

const strengths = { calm: 0.6, normal: 1, lively: 1.5 } as const satisfies Record<Motion, number>;

export interface StillMotion {
  readonly prompt: string;
  readonly seed?: number | undefined;
  readonly camera: Camera;
  readonly motion: Motion;
}

/** Looks over `seconds`. `fromStill`: the first look is the whole picture, untouched, and the motion grows out of it. */
export const moveOver = (order: StillMotion, seconds: number, fromStill: boolean): ((time: number) => Look) => {
  const reading = readPrompt(order.prompt);
  const seed = order.seed ?? hashText(order.prompt);
  const chance = makeChance(seed).fork("motion");
  const kinds: readonly [CameraWord, ...Array<CameraWord>] = ["pushIn", "panRight", "panLeft", "drift"];
  const kind = order.camera === "auto" ? (reading.camera ?? chance.pick(kinds)) : order.camera;
  const strength = strengths[order.motion] * Math.min(1.3, reading.pace) * Math.min(1, 0.4 + seconds / 8);
  const windy = reading.weather === "storm" || reading.places.includes("sea") || reading.places.includes("underwater");
  const wave = (windy ? 0.0045 : 0.0012) * strength * (kind === "still" ? 0.4 : 1);
  const room = 1 + 0.14 * strength;
  return (time) => {
    const share = glide(time / seconds);
    // From an untouched picture there is no room beside it yet: it is made in the first part of the motion.
    const grown = fromStill ? glide(Math.min(1, (time / seconds) * 1.15)) : 1;
    const margin = 1 + (room - 1) * grown;
    const base = { sway: wave * Math.min(1, fromStill ? time / 0.8 : 1), phase: time * 1.7, y: 0, x: 0, parallax: 0 };
    switch (kind) {
      case "still":
        return { ...base, zoom: fromStill ? 1 + 0.015 * grown : 1.015 };
      case "pushIn":
        return { ...base, zoom: (fromStill ? 1 : 1.02) + 0.24 * strength * share, y: 0.3 * share, parallax: 0.012 * strength * share };
      case "pullOut":
        return fromStill
          ? { ...base, zoom: 1 + 0.1 * strength * Math.sin(share * Math.PI) }
          : { ...base, zoom: 1.02 + 0.24 * strength * (1 - share), y: 0.3 * (1 - share), parallax: 0.012 * strength * (1 - share) };
      case "panLeft":
      case "panRight": {
        const way = kind === "panRight" ? 1 : -1;
        const from = fromStill ? 0 : -0.85;
        return {
          ...base,
          zoom: margin,
          x: way * (from + (0.85 - from) * share),
          parallax: way * 0.03 * strength * (share - (fromStill ? 0 : 0.5)),
        };
      }
      case "rise": {
        const from = fromStill ? 0 : 0.85;
        return { ...base, zoom: margin, y: from + (-0.85 - from) * share, parallax: 0.01 * strength * (share - (fromStill ? 0 : 0.5)) };
      }
      case "drift": {
        const turn = (time / seconds) * Math.PI * 1.6;
        return {
          ...base,
          zoom: margin,
          x: 0.7 * Math.sin(turn) * grown,
          y: 0.35 * Math.sin(turn * 1.3) * grown,
          parallax: 0.03 * strength * Math.sin(turn) * grown,
        };
      }
    }
  };
};
