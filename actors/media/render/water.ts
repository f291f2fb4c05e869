// Water seen from above its surface: its colour, the path of light on it, waves.
import { Path2D } from "@napi-rs/canvas";
import { type Colour, lch, lighten, mix } from "./colour.ts";
import { noiseAt } from "./random.ts";
import { celestial } from "./sky.ts";
import { type Layer, type Stage, verticalGradient, fillPath } from "./stage.ts";

export interface WaterOptions {
  /** y of the far shore. */
  readonly top: number;
  readonly bottom: number;
  /** 0: a mirror, 1: open sea. */
  readonly waves: number;
}

const waterColour = (stage: Stage): Colour => {
  const { palette, plan } = stage;
  if (palette.night) return lch(0.24, 0.07, 250);
  const clear = plan.weather === "clear" || plan.weather === "cloudy";
  return palette.shade(clear ? lch(0.58, 0.11, 222) : lch(0.46, 0.05, 230), 0);
};

/** The body of water: the sky's colours upside down, deeper towards the viewer. */
export const water = (stage: Stage, options: WaterOptions): Layer => {
  const { palette } = stage;
  const deep = waterColour(stage);
  const far = mix(palette.sky[3], deep, 0.22);
  const middle = mix(mix(palette.sky[2], palette.sky[1], 0.5), deep, 0.5);
  return {
    depth: 0,
    draw: (pen) => {
      pen.fillStyle = verticalGradient(
        pen,
        options.top,
        options.bottom,
        [palette.css(far), palette.css(middle), palette.css(deep), palette.css(lighten(deep, -0.06))],
        [0, 0.3, 0.7, 1],
      );
      pen.fillRect(-80, options.top, stage.width + 160, options.bottom - options.top + 80);
    },
  };
};

/** Short strokes of light on the water, under sun or moon and thinly elsewhere; they come and go. */
export const glitter = (stage: Stage, options: WaterOptions): Layer => {
  const { palette } = stage;
  const chance = stage.chance("glitter");
  const disc = stage.plan.look === "neon" ? { x: stage.width / 2, radius: 90 } : celestial(stage);
  const depth = options.bottom - options.top;
  const strokes = Array.from({ length: 110 }, (_, index) => {
    const near = chance.next() ** 1.6;
    const spread = (disc.radius * 0.9 + near * 130) * (index % 3 === 0 ? 3.2 : 1);
    return {
      x: disc.x + (chance.next() + chance.next() - 1) * spread,
      y: options.top + 2 + near * depth * 0.92,
      length: 6 + near * 46 * chance.range(0.4, 1.2),
      thick: 0.9 + near * 2.6,
      phase: chance.range(0, 6.3),
      pace: chance.range(1.2, 3),
    };
  });
  const strength = 0.35 + 0.65 * palette.glow;
  const colour = mix(palette.light, palette.sky[3], 0.25);
  return {
    depth: 0.05,
    draw: (pen, time) => {
      for (const level of [0.35, 0.8] as const) {
        const path = new Path2D();
        for (const stroke of strokes) {
          const shine = Math.sin(time * stroke.pace * stage.plan.pace + stroke.phase);
          if (shine < -0.2 || shine > 0.55 !== level > 0.5) continue;
          const half = (stroke.length * (0.5 + 0.5 * shine)) / 2;
          const x = stroke.x + Math.sin(time * 0.7 + stroke.phase) * 5;
          path.ellipse(x, stroke.y, Math.max(1, half), stroke.thick * 0.5, 0, 0, Math.PI * 2);
          path.closePath();
        }
        pen.fillStyle = palette.css(colour, level * strength);
        fillPath(pen, path);
      }
    },
  };
};

/** Bands of waves, nearer ones larger, that roll sideways and heave. */
export const waves = (stage: Stage, options: WaterOptions): ReadonlyArray<Layer> => {
  const { palette } = stage;
  const deep = waterColour(stage);
  const storm = stage.plan.weather === "storm" ? 2.4 : 1;
  const bands = Math.round(3 + options.waves * 4);
  return Array.from({ length: bands }, (_, band): Layer => {
    const near = (band + 1) / bands;
    const y = options.top + (options.bottom - options.top) * (0.06 + 0.94 * near ** 1.7);
    const height = (2 + 13 * near ** 1.5 * options.waves) * storm;
    const length = 50 + 170 * near;
    const depth = 0.15 + near * 0.95;
    const crest = mix(lighten(deep, 0.17 - near * 0.13), palette.sky[2], 0.4 - near * 0.3);
    return {
      depth,
      draw: (pen, time, [left, right]) => {
        const from = Math.floor(left / 9) * 9 - 18;
        const to = right + 18;
        const shift = time * (14 + 26 * near) * stage.plan.pace * (band % 2 === 0 ? 1 : -0.6);
        const heave = Math.sin(time * 1.1 * stage.plan.pace + band * 1.7) * height * 0.25;
        const path = new Path2D();
        // Below it fades into the water behind it: it need not be filled to the bottom.
        const foot = y + height + 70 + 60 * near;
        path.moveTo(from, foot);
        for (let x = from; x <= to; x += 9) {
          const at = (x + shift) / length + band * 3.1;
          path.lineTo(x, y + heave - height * (0.55 * Math.sin(at * 4.2) + 0.45 * noiseAt(band * 91 + 7, at * 1.8)));
        }
        path.lineTo(to, foot);
        path.closePath();
        pen.fillStyle = verticalGradient(
          pen,
          y - height,
          foot,
          [palette.css(crest, 0.75), palette.css(deep, 0.3 + 0.35 * near), palette.css(deep, 0)],
          [0, 0.4, 1],
        );
        fillPath(pen, path);
      },
    };
  });
};
