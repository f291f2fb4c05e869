// Towns: rows of buildings with lit windows, signs and streets.
import { type Colour, lch, lighten, mix } from "./colour.ts";
import type { Chance } from "./random.ts";
import { makeStrip, type Strip } from "./strip.ts";
import { extent, type Layer, type Stage, verticalGradient } from "./stage.ts";

export interface SkylineOptions {
  readonly name: string;
  readonly depth: number;
  readonly base: number;
  /** Of the tallest building. */
  readonly height: number;
  /** Width of a usual building. */
  readonly width: number;
  readonly distance: number;
  /** 0: no windows are drawn, they would be too small. */
  readonly windows: number;
}

const addRoof = (path: ReturnType<Strip["at"]>, chance: Chance, x: number, y: number, width: number): void => {
  switch (chance.int(0, 4)) {
    case 0:
      path.rect(x + width * 0.46, y - width * 0.9, width * 0.06, width * 0.9);
      path.rect(x + width * 0.25, y - width * 0.14, width * 0.5, width * 0.15);
      break;
    case 1:
      // The same way round as the walls: else what overlaps would cancel out.
      path.moveTo(x, y + 0.5);
      path.lineTo(x + width, y - width * 0.4);
      path.lineTo(x + width, y + 0.5);
      path.closePath();
      break;
    case 2:
      path.rect(x + width * 0.15, y - width * 0.24, width * 0.7, width * 0.25);
      path.rect(x + width * 0.3, y - width * 0.45, width * 0.4, width * 0.22);
      break;
    case 3:
      path.moveTo(x + width * 0.1, y + 0.5);
      path.lineTo(x + width / 2, y - width * 1.1);
      path.lineTo(x + width * 0.9, y + 0.5);
      path.closePath();
      break;
    default:
      path.rect(x + width * 0.6, y - width * 0.18, width * 0.22, width * 0.19);
  }
};

const windowColours = (stage: Stage): ReadonlyArray<Colour> =>
  stage.plan.look === "neon"
    ? [lch(0.82, 0.14, 200), lch(0.72, 0.24, 340), lch(0.88, 0.14, 90)]
    : [lch(0.9, 0.13, 85), lch(0.85, 0.1, 70), lch(0.9, 0.05, 220)];

/** A row of buildings; at night most windows shine, some go on and off. */
export const skyline = (stage: Stage, options: SkylineOptions): Layer => {
  const chance = stage.chance(options.name);
  const { palette, plan } = stage;
  const [left, right] = extent(stage, options.depth, options.width * 2);
  const dark = palette.night || plan.time === "sunset" || plan.weather === "storm" || plan.look === "neon";
  const reach = options.width * 1.5;
  const bodies = [makeStrip(reach), makeStrip(reach)] as const;
  const shades = makeStrip(reach);
  const colours = windowColours(stage);
  const lit = colours.map(() => makeStrip(reach));
  const blinking = makeStrip(reach);
  const dull = makeStrip(reach);
  for (let x = left; x < right;) {
    const width = options.width * chance.range(0.65, 1.35);
    const height = options.height * (0.3 + 0.7 * chance.next() ** 1.4);
    const top = options.base - height;
    const body = (bodies[chance.int(0, 1)] ?? bodies[0]).at(x);
    body.rect(x, top, width, height + 34);
    addRoof(body, chance, x, top, width);
    shades.at(x).rect(x + width * 0.68, top, width * 0.32, height + 34);
    if (options.windows > 0) {
      const columns = Math.max(2, Math.round(width / (11 / options.windows)));
      const cell = width / (columns + 0.6);
      const rows = Math.floor((height - cell) / (cell * 1.35));
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const wx = x + cell * (0.45 + column);
          const wy = top + cell * 0.8 + row * cell * 1.35;
          const shining = chance.flip(dark ? 0.42 : 0.08);
          const target = !shining
            ? chance.flip(dark ? 0.2 : 0.55)
              ? dull
              : undefined
            : chance.flip(0.06)
              ? blinking
              : lit[chance.int(0, lit.length - 1)];
          target?.at(x).rect(wx, wy, cell * 0.56, cell * 0.74);
        }
      }
    }
    x += width + (chance.flip(0.25) ? options.width * chance.range(0.1, 0.5) : 0);
  }
  const wall = lch(plan.look === "neon" ? 0.3 : 0.52, 0.05, plan.look === "neon" ? 290 : 262);
  const tint = (by: number): Colour => palette.shade(lighten(wall, by), options.distance);
  const shine = 1 - options.distance * 0.55;
  const far = options.windows === 0;
  return {
    depth: options.depth,
    draw: (pen, time, view) => {
      bodies.forEach((path, index) => {
        const tone = tint((index - 0.5) * 0.06);
        // Far walls are flat: a gradient and a shadowed side would cost twice as much and hardly show.
        pen.fillStyle = far
          ? palette.css(mix(tone, palette.haze, 0.12))
          : verticalGradient(pen, options.base - options.height, options.base + 30, [
              palette.css(tone),
              palette.css(mix(tone, palette.haze, 0.35)),
            ]);
        path.fill(pen, view);
      });
      if (far) return;
      pen.fillStyle = palette.css(tint(-0.12), 0.4);
      shades.fill(pen, view);
      pen.fillStyle = palette.css(tint(dark ? -0.08 : 0.12), 0.7);
      dull.fill(pen, view);
      lit.forEach((path, index) => {
        pen.fillStyle = palette.css(colours[index] ?? palette.light, shine);
        path.fill(pen, view);
      });
      if (Math.sin(time * 2.1 + options.depth * 9) > -0.2) {
        pen.fillStyle = palette.css(colours[0] ?? palette.light, shine);
        blinking.fill(pen, view);
      }
    },
  };
};

/** Glowing signs on near walls. */
export const signs = (stage: Stage, depth: number, base: number): Layer => {
  const chance = stage.chance("signs");
  const { palette } = stage;
  const [left, right] = extent(stage, depth);
  const hues = [340, 200, 300, 90, 150];
  const list: Array<{
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly colour: Colour;
    readonly phase: number;
  }> = [];
  for (let x = left; x < right; x += chance.range(90, 190)) {
    const tall = chance.flip(0.6);
    list.push({
      x,
      y: base - chance.range(70, 200),
      width: tall ? chance.range(10, 16) : chance.range(34, 58),
      height: tall ? chance.range(40, 80) : chance.range(12, 18),
      colour: lch(0.74, 0.22, (hues[chance.int(0, hues.length - 1)] ?? 340) + stage.plan.hueShift),
      phase: chance.range(0, 6),
    });
  }
  return {
    depth,
    draw: (pen, time, [viewLeft, viewRight]) => {
      for (const sign of list) {
        if (sign.x + 80 < viewLeft || sign.x - 20 > viewRight) continue;
        const power = Math.sin(time * 9 + sign.phase * 5) > 0.97 ? 0.4 : 1;
        for (const [grow, alpha] of [
          [16, 0.1],
          [9, 0.16],
          [4, 0.24],
        ] as const) {
          pen.fillStyle = palette.css(sign.colour, alpha * power);
          pen.beginPath();
          pen.roundRect(sign.x - grow, sign.y - grow, sign.width + grow * 2, sign.height + grow * 2, grow + 3);
          pen.fill();
        }
        pen.fillStyle = palette.css(sign.colour, power);
        pen.beginPath();
        pen.roundRect(sign.x, sign.y, sign.width, sign.height, 3);
        pen.fill();
        pen.fillStyle = palette.css(lighten(sign.colour, -0.45), 0.75);
        const strokes = sign.height > sign.width ? Math.floor(sign.height / 12) : Math.floor(sign.width / 11);
        for (let stroke = 0; stroke < strokes; stroke++) {
          if (sign.height > sign.width) pen.fillRect(sign.x + 3, sign.y + 4 + stroke * 12, sign.width - 6, 6);
          else pen.fillRect(sign.x + 4 + stroke * 11, sign.y + 4, 6, sign.height - 8);
        }
      }
    },
  };
};

/** A street across the picture, wet in the rain. */
export const street = (stage: Stage, top: number): ReadonlyArray<Layer> => {
  const { palette, plan } = stage;
  const wet = plan.weather === "rain" || plan.weather === "storm" || plan.look === "neon";
  const asphalt = palette.shade(lch(0.36, 0.015, 270), 0.05);
  const pavement = palette.shade(lch(0.55, 0.02, 260), 0.08);
  const [left, right] = extent(stage, 1, 200);
  const dashes = makeStrip(40);
  for (let x = left; x < right; x += 74) dashes.at(x).rect(x, top + (stage.height - top) * 0.52, 38, 3.4);
  const posts = makeStrip(40);
  const lamps: Array<number> = [];
  for (let x = left; x < right; x += 230) {
    posts.at(x).rect(x, top - 112, 4, 116);
    posts.at(x).roundRect(x - 2, top - 116, 34, 4, 2);
    lamps.push(x + 28);
  }
  const body: Layer = {
    depth: 1,
    draw: (pen, _, view) => {
      pen.fillStyle = palette.css(pavement);
      pen.fillRect(left, top - 6, right - left, 16);
      pen.fillStyle = verticalGradient(pen, top + 8, stage.height, [
        palette.css(wet ? mix(asphalt, palette.sky[3], 0.3) : lighten(asphalt, 0.04)),
        palette.css(lighten(asphalt, -0.05)),
      ]);
      pen.fillRect(left, top + 8, right - left, stage.height - top + 120);
      pen.fillStyle = palette.css(palette.shade(lch(0.9, 0.03, 95), 0.1), 0.75);
      dashes.fill(pen, view);
      pen.fillStyle = palette.css(palette.shade(lch(0.25, 0.02, 270), 0));
      posts.fill(pen, view);
      const glowing = palette.night || plan.time === "sunset" || plan.look === "neon";
      for (const x of lamps) {
        if (x + 60 < view[0] || x - 60 > view[1]) continue;
        pen.fillStyle = palette.css(lch(0.95, 0.08, 88), glowing ? 1 : 0.7);
        pen.beginPath();
        pen.roundRect(x - 7, top - 113, 14, 4, 2);
        pen.fill();
        if (!glowing) continue;
        pen.fillStyle = verticalGradient(pen, top - 110, top + 10, [
          palette.css(lch(0.93, 0.09, 85), 0.22),
          palette.css(lch(0.93, 0.09, 85), 0.02),
        ]);
        pen.beginPath();
        pen.moveTo(x - 6, top - 109);
        pen.lineTo(x + 6, top - 109);
        pen.lineTo(x + 46, top + 10);
        pen.lineTo(x - 46, top + 10);
        pen.fill();
        pen.fillStyle = palette.css(lch(0.9, 0.1, 80), wet ? 0.2 : 0.1);
        pen.beginPath();
        pen.ellipse(x, top + 26, 52, 13, 0, 0, Math.PI * 2);
        pen.fill();
      }
    },
  };
  return [body];
};
