// What grows and stands on land: trees, grass, flowers, reeds, kelp. All of a layer's plants are few paths, since each path costs.
import type { Path2D } from "@napi-rs/canvas";
import { type Colour, lch, lighten } from "./colour.ts";
import { extent, type Layer, type Stage } from "./stage.ts";
import { makeStrip } from "./strip.ts";
import { landArea, type Outline } from "./terrain.ts";

const addConifer = (path: Path2D, x: number, y: number, height: number, lean = 0): void => {
  const half = height * 0.24;
  // Far trees are small: straight edges will do, and cost a third.
  if (height < 70) {
    path.rect(x - height * 0.025, y - height * 0.14, height * 0.05, height * 0.18);
    for (let tier = 0; tier < 3; tier++) {
      const wide = half * (1 - tier * 0.27);
      path.moveTo(x - wide, y - height * (0.1 + tier * 0.26));
      path.lineTo(x + lean, tier === 2 ? y - height : y - height * (0.56 + tier * 0.2));
      path.lineTo(x + wide, y - height * (0.1 + tier * 0.26));
      path.closePath();
    }
    return;
  }
  path.rect(x - height * 0.025, y - height * 0.14, height * 0.05, height * 0.18);
  for (let tier = 0; tier < 4; tier++) {
    const low = y - height * (0.1 + tier * 0.2);
    const high = y - height * (0.46 + tier * 0.18);
    const wide = half * (1 - tier * 0.21);
    path.moveTo(x - wide, low);
    path.quadraticCurveTo(x - wide * 0.3, low - height * 0.05, x + lean, tier === 3 ? y - height : high);
    path.quadraticCurveTo(x + wide * 0.3, low - height * 0.05, x + wide, low);
    path.closePath();
  }
};

export const addLeafTree = (trunk: Path2D, crown: Path2D, light: Path2D, x: number, y: number, height: number): void => {
  trunk.moveTo(x - height * 0.045, y + 3);
  trunk.quadraticCurveTo(x - height * 0.02, y - height * 0.3, x - height * 0.03, y - height * 0.5);
  trunk.lineTo(x + height * 0.03, y - height * 0.5);
  trunk.quadraticCurveTo(x + height * 0.02, y - height * 0.3, x + height * 0.05, y + 3);
  trunk.closePath();
  for (const [dx, dy, size] of [
    [-0.2, -0.52, 0.2],
    [0.2, -0.5, 0.19],
    [0, -0.72, 0.27],
    [-0.13, -0.68, 0.2],
    [0.16, -0.68, 0.19],
    [0, -0.5, 0.22],
  ] as const) {
    crown.moveTo(x + (dx + size) * height, y + dy * height);
    crown.arc(x + dx * height, y + dy * height, size * height, 0, Math.PI * 2);
  }
  for (const [dx, dy, size] of [
    [-0.1, -0.78, 0.15],
    [-0.22, -0.58, 0.1],
    [0.1, -0.66, 0.09],
  ] as const) {
    light.moveTo(x + (dx + size) * height, y + dy * height);
    light.arc(x + dx * height, y + dy * height, size * height, 0, Math.PI * 2);
  }
};

export interface WoodOptions {
  readonly name: string;
  readonly depth: number;
  readonly outline: Outline;
  /** Height of a usual tree. */
  readonly height: number;
  /** Distance of two trees. */
  readonly spacing: number;
  readonly colour: Colour;
  readonly distance: number;
  readonly land: Colour;
}

/** A row of conifers with the land they stand on. */
export const conifers = (stage: Stage, options: WoodOptions): Layer => {
  const chance = stage.chance(options.name);
  const { palette } = stage;
  const [left, right] = extent(stage, options.depth, options.height);
  const dark = makeStrip(options.height * 0.4);
  const bright = makeStrip(options.height * 0.4);
  for (let x = left; x < right; x += options.spacing * chance.range(0.35, 1.7)) {
    addConifer(
      (chance.flip(0.4) ? bright : dark).at(x),
      x,
      options.outline(x) + 4,
      options.height * chance.range(0.6, 1.25),
      chance.range(-2, 2),
    );
  }
  const ground = landArea(stage, options.depth, options.outline);
  const base = palette.shade(options.colour, options.distance);
  const lit = palette.shade(lighten(options.colour, 0.045), options.distance);
  return {
    depth: options.depth,
    draw: (pen, _, view) => {
      pen.fillStyle = palette.css(base);
      dark.fill(pen, view);
      pen.fillStyle = palette.css(lit);
      bright.fill(pen, view);
      pen.fillStyle = palette.css(palette.shade(options.land, options.distance));
      ground.fill(pen, view);
    },
  };
};

export interface GroveOptions {
  readonly name: string;
  readonly depth: number;
  readonly outline: Outline;
  readonly height: number;
  readonly spacing: number;
  readonly colour: Colour;
  readonly distance: number;
  /** Share of places that stay empty. */
  readonly gaps: number;
}

/** Trees with round crowns. */
export const grove = (stage: Stage, options: GroveOptions): Layer => {
  const chance = stage.chance(options.name);
  const { palette } = stage;
  const reach = options.height * 0.6;
  const trunk = makeStrip(reach);
  const crown = makeStrip(reach);
  const light = makeStrip(reach);
  const [left, right] = extent(stage, options.depth, options.height);
  for (let x = left; x < right; x += options.spacing * chance.range(0.5, 1.5)) {
    const height = options.height * chance.range(0.6, 1.2);
    if (!chance.flip(options.gaps)) addLeafTree(trunk.at(x), crown.at(x), light.at(x), x, options.outline(x) + 2, height);
  }
  return {
    depth: options.depth,
    draw: (pen, _, view) => {
      pen.fillStyle = palette.css(palette.shade(lch(0.36, 0.05, 50), options.distance));
      trunk.fill(pen, view);
      pen.fillStyle = palette.css(palette.shade(options.colour, options.distance));
      crown.fill(pen, view);
      pen.fillStyle = palette.css(palette.shade(lighten(options.colour, 0.08), options.distance));
      light.fill(pen, view);
    },
  };
};

/** Blades and flowers along an outline; they bend in the wind in three groups. */
export const grass = (
  stage: Stage,
  options: {
    readonly name: string;
    readonly depth: number;
    readonly outline: Outline;
    readonly height: number;
    readonly spacing: number;
    readonly colour: Colour;
    readonly flowers: ReadonlyArray<Colour>;
  },
): Layer => {
  const chance = stage.chance(options.name);
  const { palette } = stage;
  const [left, right] = extent(stage, options.depth);
  const blades = [makeStrip(options.height), makeStrip(options.height), makeStrip(options.height)] as const;
  const heads = options.flowers.map(() => makeStrip(options.height));
  for (let x = left; x < right; x += options.spacing * chance.range(0.4, 1.6)) {
    const group = (blades[chance.int(0, 2)] ?? blades[0]).at(x);
    const y = options.outline(x) + 3;
    const height = options.height * chance.range(0.5, 1.2);
    const lean = chance.range(-0.35, 0.35) * height;
    group.moveTo(x - height * 0.07, y);
    group.quadraticCurveTo(x + lean * 0.2, y - height * 0.6, x + lean, y - height);
    group.quadraticCurveTo(x + lean * 0.5, y - height * 0.5, x + height * 0.07, y);
    const head = heads.length > 0 && chance.flip(0.22) ? heads[chance.int(0, heads.length - 1)]?.at(x) : undefined;
    if (head === undefined) continue;
    const radius = options.height * chance.range(0.09, 0.15);
    head.moveTo(x + lean + radius, y - height);
    head.arc(x + lean, y - height, radius, 0, Math.PI * 2);
  }
  const windy = stage.plan.weather === "storm" ? 3 : 1;
  const shear = (time: number, group: number): number => 0.1 * windy * Math.sin(time * (1.3 + group * 0.35) * stage.plan.pace + group * 2);
  return {
    depth: options.depth,
    draw: (pen, time, view) => {
      blades.forEach((path, group) => {
        pen.save();
        // Bending about the ground: what is higher moves more.
        pen.transform(1, 0, shear(time, group), 1, -shear(time, group) * stage.ground, 0);
        pen.fillStyle = palette.css(palette.shade(lighten(options.colour, (group - 1) * 0.05), 0));
        path.fill(pen, view);
        pen.restore();
      });
      heads.forEach((path, index) => {
        pen.save();
        pen.transform(1, 0, shear(time, 1), 1, -shear(time, 1) * stage.ground, 0);
        pen.fillStyle = palette.css(palette.shade(options.flowers[index] ?? options.colour, 0));
        path.fill(pen, view);
        pen.restore();
      });
    },
  };
};
