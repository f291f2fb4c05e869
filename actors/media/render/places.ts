// The places: which layers each is made of, and where things stand in it.
import { type Colour, lch, lighten, mix } from "./colour.ts";
import { signs, skyline, street } from "./city.ts";
import { bubbles, coral, drawDepths, kelp, rays, submerged } from "./deep.ts";
import { conifers, grass, grove } from "./growth.ts";
import type { Place } from "./lexicon.ts";
import { clouds, drawSky, stars } from "./sky.ts";
import { asteroids, drawNebula, moonGround, planet, starfield } from "./space.ts";
import type { Layer, Pen, Stage } from "./stage.ts";
import { hillOutline, hills, mountains, type Outline } from "./terrain.ts";
import { glitter, water, waves } from "./water.ts";
import { fogBank } from "./weather.ts";

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

const sky = (stage: Stage): { readonly backdrop: (pen: Pen) => void; readonly layers: ReadonlyArray<Layer> } => ({
  backdrop: (pen) => drawSky(pen, stage),
  layers: [
    ...(stage.palette.night && stage.plan.weather !== "storm"
      ? [stars(stage, stage.plan.weather === "clear" ? 210 : 90, stage.horizon)]
      : []),
    ...(stage.plan.look === "neon" && stage.plan.weather === "clear" ? [] : [clouds(stage)]),
  ],
});

const greens = { far: lch(0.62, 0.09, 160), mid: lch(0.6, 0.12, 140), near: lch(0.55, 0.14, 132), front: lch(0.4, 0.1, 140) } as const;
const rock = lch(0.56, 0.05, 280);

/** Distant mountains for any land, more of them where they are the place. */
const ranges = (stage: Stage, count: number, snow: boolean, colour = rock): ReadonlyArray<Layer> => {
  const tall = Math.min(stage.horizon * 0.75, 300);
  return Array.from({ length: count }, (_, index) => {
    const near = (index + 1) / (count + 0.6);
    return mountains(stage, {
      name: `range${index}`,
      depth: 0.08 + near * 0.2,
      base: stage.horizon + 22 + index * 12,
      height: tall * (1 - index * 0.2) * (count === 1 ? 0.5 : 1),
      colour,
      distance: 0.66 - near * 0.4,
      snow,
    });
  });
};

const frontGrass = (stage: Stage, outline: Outline, colour: Colour, flowers: ReadonlyArray<Colour>): ReadonlyArray<Layer> => [
  grass(stage, { name: "grass", depth: 1, outline, height: 15, spacing: 5, colour: lighten(colour, 0.03), flowers }),
];

const edge = (stage: Stage, colour: Colour, flowers: ReadonlyArray<Colour>): ReadonlyArray<Layer> => {
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

const land = (stage: Stage, near: Colour): Layer & { readonly outline: Outline } =>
  hills(stage, { name: "land", depth: 1, base: stage.ground, height: 11, width: 420, octaves: 2, colour: near, distance: 0.02 });

const rolling = (stage: Stage, tones: readonly [Colour, Colour, Colour]): ReadonlyArray<Layer & { readonly outline: Outline }> =>
  tones.map((colour, index) =>
    hills(stage, {
      name: `hill${index}`,
      depth: 0.3 + index * 0.2,
      base: stage.horizon + 10 + (index * (stage.ground - stage.horizon)) / 3.4,
      height: 42 - index * 7 + stage.plan.roughness * 8,
      width: 250 + index * 60,
      octaves: 3,
      colour,
      distance: 0.55 - index * 0.19,
    }),
  );

const flowerColours: ReadonlyArray<Colour> = [lch(0.88, 0.15, 95), lch(0.66, 0.2, 20), lch(0.93, 0.03, 320), lch(0.66, 0.16, 300)];

const meadow = (stage: Stage, mountainCount: number, trees: number): Setting => {
  const above = sky(stage);
  const [far, mid, near] = rolling(stage, [greens.far, greens.mid, greens.near]) as [
    Layer & { outline: Outline },
    Layer & { outline: Outline },
    Layer & { outline: Outline },
  ];
  const ground = land(stage, lighten(greens.near, 0.04));
  const flowers = stage.plan.colours.length > 0 ? stage.plan.colours : flowerColours;
  return {
    ...above,
    layers: [
      ...above.layers,
      ...ranges(stage, mountainCount, false),
      far,
      mid,
      grove(stage, {
        name: "grove1",
        depth: 0.5,
        outline: mid.outline,
        height: 54,
        spacing: 90 / trees,
        colour: greens.mid,
        distance: 0.34,
        gaps: 0.35,
      }),
      near,
      grove(stage, {
        name: "grove2",
        depth: 0.7,
        outline: near.outline,
        height: 96,
        spacing: 200 / trees,
        colour: greens.near,
        distance: 0.16,
        gaps: 0.45,
      }),
      ground,
      ...frontGrass(stage, ground.outline, greens.near, flowers),
      ...edge(stage, greens.front, flowers),
    ],
    groundAt: ground.outline,
    surface: null,
    shade: stage.palette.shade,
  };
};

const mountainPlace = (stage: Stage, snowy: boolean): Setting => {
  const above = sky(stage);
  const forestTone = snowy ? lch(0.46, 0.05, 190) : lch(0.44, 0.08, 165);
  const landTone = snowy ? lch(0.94, 0.015, 240) : greens.near;
  const slope = hillOutline(stage, { name: "slope", base: stage.horizon + 36, height: 26, width: 260, octaves: 3 });
  const near = hillOutline(stage, { name: "nearslope", base: stage.ground - 22, height: 18, width: 330, octaves: 3 });
  const ground = land(stage, landTone);
  return {
    ...above,
    layers: [
      ...above.layers,
      ...ranges(stage, 3, true, snowy ? lch(0.66, 0.035, 265) : rock),
      conifers(stage, {
        name: "slope",
        depth: 0.42,
        outline: slope,
        height: 38,
        spacing: 13,
        colour: forestTone,
        distance: 0.42,
        land: snowy ? lch(0.9, 0.02, 245) : forestTone,
      }),
      ...(stage.plan.weather === "clear" ? [fogBank(stage, 0.42, stage.horizon + 44, 34, 0.4)] : []),
      conifers(stage, {
        name: "nearslope",
        depth: 0.72,
        outline: near,
        height: 84,
        spacing: 42,
        colour: lighten(forestTone, -0.05),
        distance: 0.16,
        land: snowy ? lch(0.92, 0.02, 245) : lighten(greens.near, -0.02),
      }),
      ground,
      ...(snowy ? [] : frontGrass(stage, ground.outline, greens.near, flowerColours)),
      ...(snowy
        ? [
            hills(stage, {
              name: "drift",
              depth: 1.4,
              base: stage.height - 4,
              height: 16,
              width: 320,
              octaves: 2,
              colour: lch(0.97, 0.01, 240),
              distance: 0,
            }),
          ]
        : edge(stage, greens.front, [])),
    ],
    groundAt: ground.outline,
    surface: null,
    shade: stage.palette.shade,
  };
};

const forest = (stage: Stage): Setting => {
  const above = sky(stage);
  const snowy = stage.plan.weather === "snow";
  const tone = snowy ? lch(0.48, 0.05, 195) : lch(0.46, 0.09, 158);
  const floor = snowy ? lch(0.93, 0.015, 240) : lch(0.47, 0.1, 130);
  const rows = [0, 1, 2, 3].map((index) => {
    const outline = hillOutline(stage, {
      name: `row${index}`,
      base: stage.horizon - 14 + (index * (stage.ground - stage.horizon)) / 3.4,
      height: 22,
      width: 280,
      octaves: 3,
    });
    return conifers(stage, {
      name: `row${index}`,
      depth: 0.16 + index * 0.2,
      outline,
      height: 70 + index * 42,
      spacing: 15 + index * 15,
      colour: lighten(tone, -0.02 * index),
      distance: 0.72 - index * 0.19,
      land: mix(tone, floor, 0.35 + index * 0.2),
    });
  });
  const ground = land(stage, floor);
  const front = hillOutline(stage, { name: "front", base: stage.height + 34, height: 10, width: 300, octaves: 2 });
  return {
    ...above,
    layers: [
      ...above.layers,
      ...ranges(stage, 1, true),
      ...rows.flatMap((row, index) =>
        index === 1 || index === 2 ? [row, fogBank(stage, 0.2 * index, stage.horizon + 16 + index * 34, 40, 0.3)] : [row],
      ),
      ground,
      ...(snowy ? [] : frontGrass(stage, ground.outline, floor, [lch(0.93, 0.05, 320), lch(0.7, 0.16, 35)])),
      conifers(stage, {
        name: "front",
        depth: 1.5,
        outline: front,
        height: 250,
        spacing: 420,
        colour: lch(0.24, 0.04, 180),
        distance: 0,
        land: lch(0.2, 0.03, 180),
      }),
    ],
    groundAt: ground.outline,
    surface: null,
    shade: stage.palette.shade,
  };
};

const desert = (stage: Stage): Setting => {
  const above = sky(stage);
  const sand = lch(0.78, 0.1, 70);
  const dunes = rolling(stage, [lighten(sand, 0.02), sand, lighten(sand, -0.03)]);
  const ground = land(stage, sand);
  return {
    ...above,
    layers: [
      ...above.layers,
      ...ranges(stage, 1, false, lch(0.55, 0.09, 40)),
      ...dunes,
      ground,
      hills(stage, {
        name: "dune",
        depth: 1.4,
        base: stage.height - 8,
        height: 18,
        width: 360,
        octaves: 2,
        colour: lighten(sand, -0.12),
        distance: 0,
      }),
    ],
    groundAt: ground.outline,
    surface: null,
    shade: stage.palette.shade,
  };
};

const sea = (stage: Stage, beach: boolean): Setting => {
  const above = sky(stage);
  const options = { top: stage.horizon, bottom: beach ? stage.ground + 10 : stage.height, waves: beach ? 0.35 : 0.8 };
  const rolls = waves(stage, options);
  const sand = lch(0.86, 0.06, 78);
  const ground = land(stage, sand);
  const isle = stage.plan.beyond.includes("mountains") || stage.chance("isle").flip(0.5);
  const surface = stage.horizon + (options.bottom - stage.horizon) * (beach ? 0.35 : 0.42);
  return {
    ...above,
    layers: [
      ...above.layers,
      ...(isle ? ranges(stage, 1, false) : []),
      water(stage, options),
      glitter(stage, options),
      ...rolls,
      ...(beach
        ? [
            ground,
            hills(stage, {
              name: "sand",
              depth: 1.4,
              base: stage.height - 2,
              height: 10,
              width: 300,
              octaves: 2,
              colour: lighten(sand, -0.08),
              distance: 0,
            }),
            grass(stage, {
              name: "reeds",
              depth: 1.4,
              outline: () => stage.height + 2,
              height: 48,
              spacing: 60,
              colour: lch(0.5, 0.1, 125),
              flowers: [],
            }),
          ]
        : []),
    ],
    groundAt: beach ? ground.outline : () => surface,
    surface,
    shade: stage.palette.shade,
  };
};

const lake = (stage: Stage): Setting => {
  const above = sky(stage);
  const options = { top: stage.horizon + 40, bottom: stage.height, waves: 0.15 };
  const range = ranges(stage, 2, true);
  const shore = hillOutline(stage, { name: "shore", base: stage.horizon + 36, height: 10, width: 300, octaves: 2 });
  const woods = conifers(stage, {
    name: "shore",
    depth: 0.36,
    outline: shore,
    height: 46,
    spacing: 12,
    colour: lch(0.4, 0.07, 165),
    distance: 0.36,
    land: lch(0.42, 0.07, 160),
  });
  const mirrored = (layer: Layer): Layer => ({
    depth: layer.depth,
    draw: (pen, time, view) => {
      pen.save();
      pen.beginPath();
      pen.rect(stage.from - 400, options.top, stage.width + stage.to - stage.from + 800, stage.height);
      pen.clip();
      pen.transform(1, 0, Math.sin(time * 1.2) * 0.006, -0.72, 0, options.top * 1.72);
      pen.globalAlpha = 0.4;
      layer.draw(pen, time, view);
      pen.restore();
    },
  });
  const bank = hills(stage, {
    name: "bank",
    depth: 1,
    base: stage.ground,
    height: 14,
    width: 420,
    octaves: 2,
    colour: greens.near,
    distance: 0.02,
  });
  return {
    ...above,
    layers: [
      ...above.layers,
      ...range,
      woods,
      water(stage, options),
      ...range.map(mirrored),
      mirrored(woods),
      glitter(stage, options),
      bank,
      ...frontGrass(stage, bank.outline, greens.near, flowerColours),
      ...edge(stage, greens.front, []),
    ],
    groundAt: bank.outline,
    surface: options.top + (stage.ground - options.top) * 0.45,
    shade: stage.palette.shade,
  };
};

const city = (stage: Stage): Setting => {
  const above = sky(stage);
  const tall = stage.horizon;
  return {
    ...above,
    layers: [
      ...above.layers,
      ...(stage.plan.beyond.includes("mountains") ? ranges(stage, 1, true) : []),
      skyline(stage, { name: "far", depth: 0.15, base: stage.horizon, height: tall * 0.62, width: 34, distance: 0.72, windows: 0 }),
      fogBank(stage, 0.2, stage.horizon - 30, 70, 0.35),
      skyline(stage, { name: "middle", depth: 0.34, base: stage.ground - 8, height: tall * 0.7, width: 62, distance: 0.42, windows: 0.85 }),
      skyline(stage, { name: "near", depth: 0.66, base: stage.ground - 6, height: tall * 0.56, width: 104, distance: 0.12, windows: 0.6 }),
      ...(stage.plan.look === "neon" || stage.palette.night ? [signs(stage, 0.66, stage.ground - 20)] : []),
      ...street(stage, stage.ground - 14),
    ],
    groundAt: () => stage.ground + (stage.height - stage.ground) * 0.3,
    surface: null,
    shade: stage.palette.shade,
  };
};

const space = (stage: Stage): Setting => {
  const onMoon = stage.plan.subjects.some(
    ({ kind }) => kind === "person" || kind === "robot" || kind === "car" || kind === "house" || kind === "castle",
  );
  return {
    backdrop: (pen) => drawNebula(pen, stage),
    layers: [
      starfield(stage, 0.04, 130, 1.3),
      planet(stage),
      starfield(stage, 0.12, 70, 1.7),
      starfield(stage, 0.3, 26, 2.2),
      asteroids(stage, 0.5, 7, 15),
      ...(onMoon ? [moonGround(stage)] : [asteroids(stage, 1.5, 4, 30)]),
    ],
    groundAt: () => stage.ground + 4,
    surface: null,
    shade: (local) => lighten(local, -0.03),
  };
};

const underwater = (stage: Stage): Setting => {
  const sand = submerged(stage, lch(0.78, 0.06, 85), 0.3);
  const bed = (name: string, depth: number, base: number, distance: number) =>
    hills(stage, { name, depth, base, height: 14, width: 300, octaves: 3, colour: lighten(sand, -distance * 0.1), distance: 0 });
  const raw = { ...stage, palette: { ...stage.palette, shade: (local: Colour, distance: number) => submerged(stage, local, distance) } };
  const far = hills(raw, {
    name: "farbed",
    depth: 0.3,
    base: stage.height * 0.76,
    height: 46,
    width: 240,
    octaves: 3,
    colour: lch(0.5, 0.05, 220),
    distance: 0.75,
  });
  return {
    backdrop: (pen) => drawDepths(pen, stage),
    layers: [
      rays(stage),
      far,
      kelp(stage, 0.4, stage.height * 0.86, 210, 64, 0.62),
      bed("bed1", 0.6, stage.height * 0.87, 0),
      coral(stage, 0.7, stage.height * 0.88, 62, 0.35),
      bubbles(stage, 0.7, 12),
      bed("bed", 1, stage.ground + 8, 0.4),
      coral(stage, 1, stage.ground + 14, 74, 0.08),
      kelp(stage, 1.4, stage.height + 20, 260, 330, 0.02),
      bubbles(stage, 1.2, 8),
    ],
    groundAt: () => stage.ground + 6,
    surface: null,
    shade: (local, distance) => submerged(stage, local, 0.08 + distance),
  };
};

const cloudscape = (stage: Stage): Setting => {
  const above = sky(stage);
  const { palette } = stage;
  const bright = mix(palette.sky[3], lch(0.98, 0.01, 80), palette.night ? 0.08 : 0.5);
  const banks = [0, 1, 2, 3].map((index) =>
    hills(
      { ...stage, palette: { ...palette, shade: (local, distance) => mix(local, palette.sky[2], distance) } },
      {
        name: `bank${index}`,
        depth: 0.2 + index * 0.28,
        base: stage.horizon - 30 + index * ((stage.height - stage.horizon) / 3.2),
        height: 34 + index * 10,
        width: 90 + index * 50,
        octaves: 4,
        colour: lighten(bright, -0.015 * index),
        distance: 0.55 - index * 0.16,
      },
    ),
  );
  return {
    ...above,
    layers: [...above.layers, ...banks],
    groundAt: banks[2]?.outline ?? (() => stage.ground),
    surface: null,
    shade: palette.shade,
  };
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
