// Places on land: meadows, mountains, forest, desert.
import { lch, lighten, mix } from "./colour.ts";
import { conifers, grove } from "./growth.ts";
import { edge, flowerColours, frontGrass, greens, land, ranges, rock, rolling, type Setting, sky } from "./place-kit.ts";
import type { Stage } from "./stage.ts";
import { hillOutline, hills } from "./terrain.ts";
import { fogBank } from "./weather.ts";

export const meadow = (stage: Stage, mountainCount: number, trees: number): Setting => {
  const above = sky(stage);
  const [far, mid, near] = rolling(stage, [greens.far, greens.mid, greens.near]);
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

export const mountainPlace = (stage: Stage, snowy: boolean): Setting => {
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
        height: 40,
        spacing: 16,
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

export const forest = (stage: Stage): Setting => {
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

export const desert = (stage: Stage): Setting => {
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
