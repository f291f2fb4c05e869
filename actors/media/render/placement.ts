// Where the subjects of a fusion stand and how they move: read from the words beside their names. Pure.
import { hashText, makeChance } from "./random.ts";

export interface Pose {
  /** Middle of the feet, as shares of the picture. */
  readonly x: number;
  readonly y: number;
  /** Radians. */
  readonly tilt: number;
  readonly stretchX: number;
  readonly stretchY: number;
}

export interface Placement {
  /** Height as a share of the picture's. */
  readonly size: number;
  /** y of the ground under it; those with a lower one are nearer. */
  readonly floor: number;
  /** Throws a shadow. */
  readonly grounded: boolean;
  readonly at: (time: number) => Pose;
}

type Act = "stand" | "walk" | "fly" | "jump" | "dance" | "swim";

const acts: ReadonlyMap<string, Act> = new Map(
  (
    [
      ["walk", "walks walk walking runs run running strolls marches chases races"],
      ["fly", "flies fly flying floats float floating soars hovers above"],
      ["jump", "jumps jump jumping hops hop leaps bounces"],
      ["dance", "dances dance dancing sings plays playing spins celebrates"],
      ["swim", "swims swim swimming dives sails drifts"],
      ["stand", "stands stand sits sleeps waits watches looks"],
    ] as const
  ).flatMap(([act, words]) => words.split(" ").map((word) => [word, act] as const)),
);

export interface SubjectToPlace {
  readonly name: string | null;
  /** Was cut out: may stand on the ground; a framed picture floats a little. */
  readonly free: boolean;
}

/** The words after each mention of a name, up to the next name or the end of the sentence. */
const wordsBeside = (prompt: string, name: string | null): ReadonlyArray<string> => {
  if (name === null) return [];
  const words: Array<string> = [];
  for (const piece of prompt.split(/(?=@)/)) {
    if (!piece.toLowerCase().startsWith(`@${name.toLowerCase()}`) || /^\w/.test(piece.slice(name.length + 1))) continue;
    const [sentence = ""] = piece.slice(name.length + 1).split(/[.;!?]/);
    words.push(...sentence.toLowerCase().split(/[^a-z]+/));
  }
  return words;
};

const poseOf = (act: Act, x: number, floor: number, time: number, seconds: number, pace: number, phase: number): Pose => {
  const beat = time * pace * Math.PI * 2 + phase;
  const breath = 0.006 * Math.sin(beat * 0.4);
  switch (act) {
    case "stand":
      return { x, y: floor, tilt: 0.01 * Math.sin(beat * 0.25), stretchX: 1 - breath, stretchY: 1 + breath };
    case "walk": {
      const way = x < 0.5 ? 1 : -1;
      const along = way * 0.24 * (time / seconds - 0.5);
      return { x: x + along, y: floor - 0.018 * Math.abs(Math.sin(beat)), tilt: 0.035 * Math.sin(beat), stretchX: 1, stretchY: 1 };
    }
    case "fly":
      return {
        x: x + 0.05 * Math.sin(beat * 0.17),
        y: floor - 0.3 + 0.035 * Math.sin(beat * 0.3),
        tilt: 0.06 * Math.sin(beat * 0.22),
        stretchX: 1,
        stretchY: 1,
      };
    case "jump": {
      const up = Math.abs(Math.sin(beat * 0.5));
      const squash = 0.1 * (1 - Math.min(1, up * 3));
      return { x, y: floor - 0.16 * up, tilt: 0.03 * Math.sin(beat * 0.5), stretchX: 1 + squash, stretchY: 1 - squash };
    }
    case "dance":
      return {
        x: x + 0.02 * Math.sin(beat * 0.5),
        y: floor - 0.015 * Math.abs(Math.sin(beat)),
        tilt: 0.11 * Math.sin(beat * 0.5),
        stretchX: 1 - 0.03 * Math.sin(beat),
        stretchY: 1 + 0.03 * Math.sin(beat),
      };
    case "swim":
      return {
        x: x + 0.12 * Math.sin(beat * 0.12),
        y: floor - 0.16 + 0.03 * Math.sin(beat * 0.3),
        tilt: 0.09 * Math.sin(beat * 0.35),
        stretchX: 1,
        stretchY: 1,
      };
  }
};

/** One placement for each subject, spread over the width unless words say otherwise. */
export const placeSubjects = (
  subjects: ReadonlyArray<SubjectToPlace>,
  prompt: string,
  scene: { readonly seconds: number; readonly pace: number; readonly seed: number },
): ReadonlyArray<Placement> =>
  subjects.map((subject, index) => {
    const words = wordsBeside(prompt, subject.name);
    const has = (...list: ReadonlyArray<string>) => list.some((word) => words.includes(word));
    const chance = makeChance(hashText(subject.name ?? `subject${index}`, scene.seed));
    const said = words.map((word) => acts.get(word)).find((act) => act !== undefined);
    const act: Act = said ?? (subject.free ? "stand" : "fly");
    const slot = (index + 0.5) / subjects.length;
    const x = has("left")
      ? 0.24
      : has("right")
        ? 0.76
        : has("center", "centre", "middle")
          ? 0.5
          : subjects.length === 1
            ? 0.5
            : 0.12 + slot * 0.76;
    const far = has("behind", "background", "far", "distance");
    const near = has("front", "foreground", "near", "close");
    const floor = far ? 0.8 : near ? 0.97 : 0.9 + (index % 2 === 0 ? 0.02 : -0.015);
    const grown = has("giant", "huge", "big", "large") ? 1.35 : has("tiny", "small", "little") ? 0.65 : 1;
    const size = Math.min(0.9, (subjects.length > 3 ? 0.36 : subjects.length > 1 ? 0.46 : 0.56) * grown * (far ? 0.7 : near ? 1.15 : 1));
    const phase = chance.range(0, 6.28);
    return {
      size,
      floor,
      grounded: act !== "swim" && (subject.free || act === "walk" || act === "jump" || act === "dance"),
      at: (time) => poseOf(act, x, floor, time, scene.seconds, scene.pace * 0.9, phase),
    };
  });
