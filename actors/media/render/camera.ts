// Where the camera is at a time. Pure.
import type { ScenePlan } from "./plan.ts";
import { noiseAt } from "./random.ts";

export interface View {
  /** Units at the subjects' depth: right and down are positive. */
  readonly x: number;
  readonly y: number;
  /** 1: the whole picture; never below. */
  readonly zoom: number;
}

/** Soft at both ends, even between. */
export const glide = (share: number): number => {
  const soft = 0.18;
  const bounded = Math.min(1, Math.max(0, share));
  const speed = 1 / (1 - soft);
  if (bounded < soft) return (speed * bounded * bounded) / (2 * soft);
  if (bounded > 1 - soft) return 1 - (speed * (1 - bounded) ** 2) / (2 * soft);
  return speed * (bounded - soft / 2);
};

/** The camera's path; `follow`: units a second at which it goes along with a subject. */
export const cameraPath = (plan: ScenePlan, seconds: number, follow: number): ((time: number) => View) => {
  const reach = 26 * Math.min(seconds, 8) * Math.min(1.4, plan.pace);
  return (time) => {
    const share = glide(time / seconds);
    const along = follow * time;
    const breath = noiseAt(plan.seed, time * 0.35) * 1.6;
    switch (plan.camera) {
      case "still":
        return { x: along, y: 0, zoom: 1 };
      case "panLeft":
        return { x: along + reach * (0.5 - share), y: breath, zoom: 1.01 };
      case "panRight":
        return { x: along + reach * (share - 0.5), y: breath, zoom: 1.01 };
      case "pushIn":
        return { x: along + 8 * share, y: -4 * share, zoom: 1 + 0.2 * share };
      case "pullOut":
        return { x: along, y: -4 * (1 - share), zoom: 1.22 - 0.22 * share };
      case "rise":
        return { x: along + 10 * share, y: -54 * share, zoom: 1.02 };
      case "drift":
        return {
          x: along + 22 * Math.sin((time / seconds) * Math.PI * 1.2 - 0.6),
          y: 7 * Math.sin(time * 0.7),
          zoom: 1.05 + 0.03 * Math.sin(time * 0.5),
        };
    }
  };
};
