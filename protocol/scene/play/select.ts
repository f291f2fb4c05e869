// Which segments of a video node are played this time. Pure.
import type { NodeOf } from "../scene.ts";

/** Ids in the order of playing. `draw`: 0 to 1, without 1. */
export const selectSegments = ({ segments, selection, playback }: NodeOf<"video">, draw: () => number): ReadonlyArray<string> => {
  if (playback.mode === "progression") return playback.steps.slice(0, 1).map(({ segment }) => segment);
  switch (selection.mode) {
    case "ordered":
      return segments.map(({ id }) => id);
    case "random":
      return segments.length === 0 ? [] : [segments[Math.floor(draw() * segments.length)]!.id];
    case "pool": {
      const left = segments.filter(({ tags }) => selection.tags.every((tag) => tags.includes(tag))).map(({ id }) => id);
      return Array.from({ length: Math.min(selection.count, left.length) }, () => left.splice(Math.floor(draw() * left.length), 1)[0]!);
    }
  }
};
