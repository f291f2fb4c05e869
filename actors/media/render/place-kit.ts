// What places share: the sky over them, ranges far away, rolling land, the grass in front.
import { type Colour, lch, lighten } from "./colour.ts";
import { grass } from "./growth.ts";
import { clouds, drawSky, stars } from "./sky.ts";
import type { Layer, Pen, Stage } from "./stage.ts";
import { hillOutline, hills, mountains, type Outline } from "./terrain.ts";

export interface Setting {
  /** What never moves: drawn once. */
  readonly backdrop: (pen: Pen) => void;
  readonly layers: ReadonlyArray<Layer>;
  /** y on which one stands at x, at the subjects' depth. */
  readonly groundAt: Outline;
  /** y on which one floats, where there is water. */
  readonly surface: number | null;
  /** Colour of a thing here, at a distance. */
  readonly shade: (local: Colour, distance: number) => Colour;
}

export const sky = (stage: Stage): { readonly backdrop: (pen: Pen) => void; readonly layers: ReadonlyArray<Layer> } => ({
  backdrop: (pen) => drawSky(pen, stage),
  layers: [
    ...(stage.palette.night && stage.plan.weather !== "storm"
      ? [stars(stage, stage.plan.weather === "clear" ? 210 : 90, stage.horizon)]
      : []),
    ...(stage.plan.look === "neon" && stage.plan.weather === "clear" ? [] : [clouds(stage)]),
  ],
});

export const greens = {
  far: lch(0.62, 0.09, 160),
  mid: lch(0.6, 0.12, 140),
  near: lch(0.55, 0.14, 132),
  front: lch(0.4, 0.1, 140),
} as const;
export const rock = lch(0.56, 0.05, 280);

/** Distant mountains for any land, more of them where they are the place. */
export const ranges = (stage: Stage, count: number, snow: boolean, colour = rock): ReadonlyArray<Layer> => {
  const tall = Math.min(stage.horizon * 0.75, 300);
  return Array.from({ length: count }, (_, index) => {
    const near = (index + 1) / (count + 0.6);
    return mountains(stage, {
      name: `range${index}`,
      depth: 0.08 + near * 0.2,
      base: stage.horizon + 46 + index * 14,
      height: tall * (1 - index * 0.2) * (count === 1 ? 0.5 : 1),
      colour,
      distance: 0.66 - near * 0.4,
      snow,
    });
  });
};

export const frontGrass = (stage: Stage, outline: Outline, colour: Colour, flowers: ReadonlyArray<Colour>): ReadonlyArray<Layer> => [
  grass(stage, { name: "grass", depth: 1, outline, height: 15, spacing: 5, colour: lighten(colour, 0.03), flowers }),
];

export const edge = (stage: Stage, colour: Colour, flowers: ReadonlyArray<Colour>): ReadonlyArray<Layer> => {
  const outline = hillOutline(stage, { name: "edge", base: stage.height - 6, height: 12, width: 300, octaves: 2 });
  return [
    hills(stage, {
      name: "edge",
      depth: 1.45,
      base: stage.height - 6,
      height: 12,
      width: 300,
      octaves: 2,
      colour: lighten(colour, -0.12),
      distance: 0,
    }),
    grass(stage, { name: "edgegrass", depth: 1.45, outline, height: 46, spacing: 11, colour: lighten(colour, -0.1), flowers }),
  ];
};

type Hills = Layer & { readonly outline: Outline };

/** The land on which subjects stand. */
export const land = (stage: Stage, near: Colour): Hills =>
  hills(stage, { name: "land", depth: 1, base: stage.ground, height: 11, width: 420, octaves: 2, colour: near, distance: 0.02 });

/** Three rows of hills, each nearer than the one before. */
export const rolling = (stage: Stage, tones: readonly [Colour, Colour, Colour]): readonly [Hills, Hills, Hills] => {
  const row = (colour: Colour, index: number): Hills =>
    hills(stage, {
      name: `hill${index}`,
      depth: 0.3 + index * 0.2,
      base: stage.horizon + 10 + (index * (stage.ground - stage.horizon)) / 3.4,
      height: 42 - index * 7 + stage.plan.roughness * 8,
      width: 250 + index * 60,
      octaves: 3,
      colour,
      distance: 0.55 - index * 0.19,
    });
  return [row(tones[0], 0), row(tones[1], 1), row(tones[2], 2)];
};

export const flowerColours: ReadonlyArray<Colour> = [lch(0.88, 0.15, 95), lch(0.66, 0.2, 20), lch(0.93, 0.03, 320), lch(0.66, 0.16, 300)];
