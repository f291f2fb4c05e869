// Land: ranges of mountains, hills and dunes, each a layer of the picture.
import { Path2D, PathOp } from "@napi-rs/canvas";
import { type Colour, lch, lighten, mix } from "./colour.ts";
import { fractalAt, hashText, noiseAt } from "./random.ts";
import { extent, type Layer, type Stage, verticalGradient } from "./stage.ts";
import { areaBelow, type Strip } from "./strip.ts";

/** y of a line of hills at x. */
export type Outline = (x: number) => number;

export interface HillOptions {
  readonly name: string;
  readonly depth: number;
  /** Middle of the line, y. */
  readonly base: number;
  /** Largest deviation from it. */
  readonly height: number;
  /** Distance of two tops. */
  readonly width: number;
  readonly octaves: number;
  readonly colour: Colour;
  /** 0: near, 1: at the horizon. */
  readonly distance: number;
}

export const hillOutline = (stage: Stage, options: Pick<HillOptions, "name" | "base" | "height" | "width" | "octaves">): Outline => {
  const seed = hashText(options.name, stage.plan.seed);
  return (x) => options.base - options.height * fractalAt(seed, x / options.width, options.octaves);
};

/** How far the land of one layer shows before that of the next hides it. */
const hiddenBelow = 150;

/** The land below an outline: the nearest goes on to below the picture. */
export const landArea = (stage: Stage, depth: number, outline: Outline): Strip => {
  const [left, right] = extent(stage, depth);
  return areaBelow(left, right, stage.height + 160, outline, depth < 0.9 ? hiddenBelow : Number.POSITIVE_INFINITY);
};

/** Rolling land, lighter along its top. */
export const hills = (stage: Stage, options: HillOptions): Layer & { readonly outline: Outline } => {
  const outline = hillOutline(stage, options);
  const path = landArea(stage, options.depth, outline);
  const { palette } = stage;
  const top = palette.shade(lighten(options.colour, 0.07), options.distance);
  const foot = palette.shade(lighten(options.colour, -0.08), Math.max(0, options.distance - 0.16));
  const from = options.base - options.height;
  const to = Math.max(options.base + options.height + 40, stage.height);
  return {
    depth: options.depth,
    outline,
    draw: (pen, _, view) => {
      pen.fillStyle = verticalGradient(pen, from, Math.min(to, from + 320), [palette.css(top), palette.css(foot)]);
      path.fill(pen, view);
    },
  };
};

interface Mountain {
  readonly x: number;
  readonly half: number;
  readonly body: Path2D;
  readonly shadow: Path2D;
  readonly snow: Path2D;
  readonly snowShadow: Path2D;
  readonly top: number;
}

const makeMountain = (stage: Stage, name: string, x: number, base: number, height: number): Mountain => {
  const chance = stage.chance(name);
  const half = height * chance.range(0.95, 1.35);
  const top = base - height;
  const seed = hashText(name, stage.plan.seed);
  const rough = height * 0.06;
  // Down each flank by steps that waver; the ridge that parts light from shadow wavers more.
  const flank = (side: -1 | 1): ReadonlyArray<readonly [number, number]> =>
    Array.from({ length: 13 }, (_, step) => {
      const share = step / 12;
      const waver = step === 0 ? 0 : noiseAt(seed + side * 77, share * 6) * rough;
      return [x + side * half * share ** 1.12 + waver, top + height * share + (step === 0 ? 0 : waver * 0.5)] as const;
    });
  const ridge = Array.from({ length: 11 }, (_, step) => {
    const share = step / 10;
    return [x + noiseAt(seed + 5, share * 4.2) * half * 0.26 * share ** 0.6 + half * 0.12 * share, top + height * share] as const;
  });
  const polygon = (points: ReadonlyArray<readonly [number, number]>): Path2D => {
    const path = new Path2D();
    points.forEach(([px, py], index) => (index === 0 ? path.moveTo(px, py) : path.lineTo(px, py)));
    path.closePath();
    return path;
  };
  const left = flank(-1);
  const right = flank(1);
  const body = polygon([...left.toReversed(), ...right]);
  const shadow = polygon([...ridge.toReversed(), ...right]);
  const line = top + height * chance.range(0.3, 0.42);
  const zigzag: Array<readonly [number, number]> = [];
  for (let step = 0; step <= 14; step++) {
    const share = step / 14;
    zigzag.push([x - half + half * 2 * share, line + (step % 2 === 0 ? -1 : 1) * height * (0.05 + 0.035 * noiseAt(seed + 9, step))]);
  }
  const cap = polygon([[x - half, top - 20], [x + half, top - 20], ...zigzag.toReversed()]);
  return {
    x,
    half,
    body,
    shadow, // `op` changes the path it is called on.
    snow: new Path2D(body).op(cap, PathOp.Intersect),
    snowShadow: new Path2D(shadow).op(cap, PathOp.Intersect),
    top,
  };
};

export interface MountainOptions {
  readonly name: string;
  readonly depth: number;
  readonly base: number;
  readonly height: number;
  readonly colour: Colour;
  readonly distance: number;
  readonly snow: boolean;
}

/** A range of peaks with a lit and a shadowed flank. */
export const mountains = (stage: Stage, options: MountainOptions): Layer => {
  const chance = stage.chance(options.name);
  const [first, end] = extent(stage, options.depth, options.height);
  const list: Array<Mountain> = [];
  for (let x = first; x < end; x += options.height * chance.range(0.8, 1.4)) {
    list.push(makeMountain(stage, `${options.name}${list.length}`, x, options.base, options.height * chance.range(0.5, 1)));
  }
  list.sort((a, b) => a.top - b.top);
  const { palette } = stage;
  const lit = palette.shade(lighten(mix(options.colour, palette.light, 0.12), 0.05), options.distance);
  const foot = palette.shade(options.colour, Math.min(1, options.distance + 0.18));
  const shaded = palette.shade(lighten(options.colour, -0.08), options.distance * 0.98);
  const white = palette.shade(mix(lch(0.98, 0.01, 240), palette.light, 0.3), options.distance * 0.55);
  const blue = palette.shade(lch(0.8, 0.04, 260), options.distance * 0.7);
  return {
    depth: options.depth,
    draw: (pen, _, [left, right]) => {
      const body = verticalGradient(pen, options.base - options.height, options.base, [palette.css(lit), palette.css(foot)], [0.1, 1]);
      const shadow = palette.css(shaded);
      for (const mountain of list) {
        if (mountain.x + mountain.half * 1.2 < left || mountain.x - mountain.half * 1.2 > right) continue;
        pen.fillStyle = body;
        pen.fill(mountain.body);
        pen.fillStyle = shadow;
        pen.fill(mountain.shadow);
        if (!options.snow) continue;
        pen.fillStyle = palette.css(white);
        pen.fill(mountain.snow);
        pen.fillStyle = palette.css(blue);
        pen.fill(mountain.snowShadow);
      }
    },
  };
};
