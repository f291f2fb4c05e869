// Puts the subjects of a plan into a place and moves them.
import { beasts } from "./beasts.ts";
import { lighten, mix } from "./colour.ts";
import { figures } from "./figures.ts";
import { flyers } from "./flyers.ts";
import { type Art, type Habitat, makeInk } from "./ink.ts";
import { landmarks } from "./landmarks.ts";
import type { SubjectKind } from "./lexicon.ts";
import type { ScenePlan } from "./plan.ts";
import type { Setting } from "./place-kit.ts";
import { noiseAt } from "./random.ts";
import type { Layer, Stage } from "./stage.ts";
import { vehicles } from "./vehicles.ts";
import type { SubjectRead } from "./words.ts";

const arts: Readonly<Record<SubjectKind, Art>> = { ...beasts, ...flyers, ...figures, ...vehicles, ...landmarks };

/** Units a second at which the camera goes along with the first subject that travels; at most so fast. */
export const followSpeed = (plan: ScenePlan): number => {
  for (const { kind } of plan.subjects) {
    const { speed, habitat } = arts[kind];
    if (speed > 0 && habitat !== "surface") return Math.min(220, speed * plan.pace) * (plan.place === "space" ? 0.5 : 0.85);
  }
  return 0;
};

interface Spot {
  readonly x: number;
  readonly y: number;
  /** Radians. */
  readonly tilt: number;
}

const habitatIn = (setting: Setting, stage: Stage, habitat: Habitat): Habitat => {
  const { place } = stage.plan;
  if (place === "underwater") return habitat === "ground" || habitat === "fixed" ? habitat : "air";
  if (habitat === "water" && setting.surface === null) return "air";
  if (habitat === "surface" && setting.surface === null) return "ground";
  return habitat;
};

/** Where a subject is at a time, at its layer's depth. */
const pathOf = (stage: Stage, setting: Setting, art: Art, name: string, slot: number, size: number): ((time: number) => Spot) => {
  const chance = stage.chance(name);
  const { plan } = stage;
  const speed = art.speed * plan.pace * chance.range(0.94, 1.06);
  const start = stage.width * slot - speed * stage.seconds * 0.06;
  const phase = chance.range(0, 6);
  const habitat = habitatIn(setting, stage, art.habitat);
  const seed = Math.round(phase * 1000);
  const high =
    plan.place === "underwater" || plan.place === "space"
      ? stage.height * chance.range(0.36, 0.62)
      : stage.horizon * chance.range(0.4, 0.72);
  switch (habitat) {
    case "fixed": {
      const y = setting.groundAt(stage.width * slot) + 3;
      return () => ({ x: stage.width * slot, y, tilt: 0 });
    }
    case "ground":
      return (time) => {
        const x = start + speed * time;
        const slope = (setting.groundAt(x + 14) - setting.groundAt(x - 14)) / 28;
        return { x, y: setting.groundAt(x) + 2 + (slot - 0.5) * 5, tilt: Math.atan(slope) * 0.7 };
      };
    case "surface":
      return (time) => ({
        x: start + speed * time,
        y: (setting.surface ?? stage.ground) + 6 + (slot - 0.5) * 10 + Math.sin(time * 1.3 + phase) * 2,
        tilt: 0,
      });
    case "water":
      // Leaps out of the water and in again.
      return (time) => {
        const cycle = time * 0.5 * plan.pace + phase;
        const height = (60 + art.height * 0.55) * size;
        return {
          x: start + speed * time * 1.4,
          y:
            (setting.surface ?? stage.ground) + art.height * 0.35 * size - height * (0.3 + 0.7 * Math.max(-0.4, Math.sin(cycle * Math.PI))),
          tilt: -0.75 * Math.cos(cycle * Math.PI),
        };
      };
    case "air":
      return (time) => {
        const rise = noiseAt(seed, time * 0.35) * 20 + Math.sin(time * 1.1 + phase) * 6;
        return { x: start + speed * time, y: high + rise, tilt: -noiseAt(seed + 1, time * 0.4) * 0.1 };
      };
  }
};

const distanceOf = (habitat: Habitat, place: string): number => (habitat === "fixed" ? 0.14 : place === "underwater" ? 0.02 : 0.03);

const makeMember = (stage: Stage, setting: Setting, subject: SubjectRead, name: string, slot: number, row: number): Layer => {
  const art = arts[subject.kind];
  const fixed = art.habitat === "fixed";
  // Those behind are smaller and paler.
  const size = subject.size * (fixed ? 0.95 : 1.12) * (1 - row * 0.17) * Math.min(1.25, Math.max(0.8, stage.height / 540));
  const distance = distanceOf(art.habitat, stage.plan.place) + row * 0.09;
  const colour = subject.colour ?? (row % 2 === 1 ? lighten(art.colour, 0.05) : art.colour);
  // A little of its own colour whatever the light: a subject has to be seen at night too.
  // A white horse has no brown muzzle.
  const second = subject.colour !== null && subject.kind in beasts && colour[0] > 0.8 ? lighten(colour, -0.1) : art.second;
  const ink = makeInk(colour, second, (own) => mix(setting.shade(own, distance), own, 0.24), stage.palette.css);
  const path = pathOf(stage, setting, art, name, slot, size);
  const offset = stage.chance(`${name}phase`).range(0, 3);
  const surface = setting.surface;
  const leaps = habitatIn(setting, stage, art.habitat) === "water";
  return {
    depth: fixed ? 0.86 : 1,
    draw: (pen, time, [left, right]) => {
      const { x, y, tilt } = path(time);
      // A train is longer than wide, a beam of light reaches far: they stay until all of it is out of view.
      if (x + art.width * size + 300 < left || x - art.width * size - 300 > right) return;
      pen.save();
      if (leaps && surface !== null) {
        pen.beginPath();
        pen.rect(x - 400, -400, 800, surface + 408);
        pen.clip();
      }
      pen.translate(x, y);
      pen.rotate(tilt);
      pen.scale(size, size);
      art.draw(pen, ink, time * stage.plan.pace + offset, stage.chance(name));
      pen.restore();
    },
  };
};

/** All subjects as layers, those that are behind first. */
export const makeCast = (stage: Stage, setting: Setting): ReadonlyArray<Layer> => {
  const movers = stage.plan.subjects.filter(({ kind }) => arts[kind].habitat !== "fixed");
  const layers: Array<{ readonly layer: Layer; readonly order: number }> = [];
  let moving = 0;
  let fixed = 0;
  for (const subject of stage.plan.subjects) {
    const stands = arts[subject.kind].habitat === "fixed";
    const chance = stage.chance(`cast${subject.kind}`);
    for (let copy = 0; copy < subject.count; copy++) {
      const alone = subject.count === 1;
      const slot = stands
        ? movers.length > 0
          ? ([0.74, 0.24, 0.9, 0.1][fixed % 4] ?? 0.74)
          : alone && stage.plan.subjects.length === 1
            ? 0.56
            : 0.2 + ((fixed * 0.31) % 0.7)
        : alone && movers.length === 1
          ? 0.44
          : alone
            ? 0.3 + 0.3 * moving
            : 0.5 + (copy - (subject.count - 1) / 2) * Math.min(0.2, 0.85 / subject.count) + chance.range(-0.02, 0.02);
      const row = alone ? 0 : copy % 3;
      layers.push({ layer: makeMember(stage, setting, subject, `${subject.kind}${copy}`, slot, row), order: (stands ? -10 : 0) - row });
      if (stands) fixed++;
    }
    if (!stands) moving++;
  }
  return layers.toSorted((a, b) => a.order - b.order).map(({ layer }) => layer);
};
