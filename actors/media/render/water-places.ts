// Places on, at and under the water.
import { type Colour, lch, lighten } from "./colour.ts";
import { bubbles, coral, drawDepths, kelp, rays, submerged } from "./deep.ts";
import { conifers, grass } from "./growth.ts";
import { edge, flowerColours, frontGrass, greens, land, ranges, type Setting, sky } from "./place-kit.ts";
import type { Layer, Stage } from "./stage.ts";
import { hillOutline, hills } from "./terrain.ts";
import { glitter, water, waves } from "./water.ts";

export const sea = (stage: Stage, beach: boolean): Setting => {
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

export const lake = (stage: Stage): Setting => {
  const above = sky(stage);
  const options = { top: stage.horizon + 40, bottom: stage.height, waves: 0.15 };
  const range = ranges(stage, 2, true);
  const shore = hillOutline(stage, { name: "shore", base: stage.horizon + 36, height: 10, width: 300, octaves: 2 });
  const woods = conifers(stage, {
    name: "shore",
    depth: 0.36,
    outline: shore,
    height: 46,
    spacing: 16,
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
      // Only the nearer range: what is behind it would hardly be seen in the water.
      ...range.slice(-1).map(mirrored),
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

export const underwater = (stage: Stage): Setting => {
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
