// Places away from land and water: the city, outer space, the clouds.
import { lch, lighten, mix } from "./colour.ts";
import { signs, skyline, street } from "./city.ts";
import { ranges, type Setting, sky } from "./place-kit.ts";
import { asteroids, drawNebula, moonGround, planet, starfield } from "./space.ts";
import type { Stage } from "./stage.ts";
import { hills } from "./terrain.ts";
import { fogBank } from "./weather.ts";

export const city = (stage: Stage): Setting => {
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

export const space = (stage: Stage): Setting => {
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

export const cloudscape = (stage: Stage): Setting => {
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
