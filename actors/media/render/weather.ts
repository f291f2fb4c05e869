// What falls and drifts before the scene: rain, snow, fog, lightning, fireflies.
import { lch, lighten, mix, toRgb } from "./colour.ts";
import { disc, type Pixels, streak } from "./pixels.ts";
import { noiseAt } from "./random.ts";
import { type Layer, type Stage, verticalGradient } from "./stage.ts";

const wrap = (value: number, span: number): number => ((value % span) + span) % span;

/** Falling things are put straight into the pixels: as paths they would cost more than all the land. */
export type Particles = (pixels: Pixels, time: number) => void;

export const rain = (stage: Stage, heavy: boolean): Particles => {
  const sheets = [0.5, 0.9, 1.4].map((depth) => {
    const chance = stage.chance(`rain${depth}`);
    const drops = Array.from({ length: heavy ? 130 : 90 }, () => ({
      x: chance.range(0, stage.width + 300),
      y: chance.range(0, stage.height + 80),
      length: chance.range(14, 26) * depth,
    }));
    return { depth, drops, speed: (heavy ? 900 : 640) * (0.5 + depth * 0.5) };
  });
  const slant = heavy ? -0.34 : -0.13;
  const colour = toRgb(mix(stage.palette.sky[3], lch(0.95, 0.02, 230), 0.6));
  return (pixels, time) => {
    for (const { depth, drops, speed } of sheets) {
      for (const drop of drops) {
        const y = wrap(drop.y + time * speed, stage.height + 80) - 40;
        const x = wrap(drop.x + time * speed * slant, stage.width + 300) - 150;
        streak(pixels, x, y, drop.length, slant, 0.8 + depth * 0.5, colour, 0.24 + depth * 0.16);
      }
    }
  };
};

export const snowfall = (stage: Stage): Particles => {
  const sheets = [0.4, 0.8, 1.5].map((depth) => {
    const chance = stage.chance(`snow${depth}`);
    const flakes = Array.from({ length: depth > 1 ? 40 : 110 }, () => ({
      x: chance.range(0, stage.width + 80),
      y: chance.range(0, stage.height + 40),
      radius: chance.range(0.9, 2.1) * (0.55 + depth),
      phase: chance.range(0, 6),
    }));
    return { depth, flakes };
  });
  const colour = toRgb(lch(0.98, 0.01, 240));
  return (pixels, time) => {
    for (const { depth, flakes } of sheets) {
      for (const flake of flakes) {
        const y = wrap(flake.y + time * (26 + 40 * depth) * stage.plan.pace, stage.height + 40) - 20;
        const x = wrap(flake.x + Math.sin(time * 0.9 + flake.phase) * 14 - time * 18 * depth, stage.width + 80) - 40;
        disc(pixels, x, y, flake.radius, colour, 0.55 + 0.2 * depth);
      }
    }
  };
};

/** A bank of fog at a depth: soft bands that drift. */
export const fogBank = (stage: Stage, depth: number, y: number, height: number, alpha: number): Layer => {
  const { palette } = stage;
  const tone = lighten(palette.haze, 0.05);
  return {
    depth: 0,
    draw: (pen, time) => {
      const drift = noiseAt(Math.round(depth * 100), time * 0.25 * stage.plan.pace) * 14;
      pen.fillStyle = verticalGradient(
        pen,
        y - height + drift,
        y + height + drift,
        [palette.css(tone, 0), palette.css(tone, alpha), palette.css(tone, alpha * 0.9), palette.css(tone, 0)],
        [0, 0.45, 0.6, 1],
      );
      pen.fillRect(-60, y - height + drift, stage.width + 120, height * 2);
    },
  };
};

/** Bright moments: at most three flashes a clip's five seconds, never faster than three a second. */
export const lightning = (stage: Stage): Layer => {
  const chance = stage.chance("lightning");
  const strikes = Array.from({ length: Math.max(1, Math.ceil(stage.seconds / 2)) }, (_, index) => {
    const points: Array<readonly [number, number]> = [];
    let x = stage.width * chance.range(0.15, 0.85);
    for (let y = -10; y < stage.horizon; y += chance.range(18, 40)) {
      points.push([x, y]);
      x += chance.range(-26, 26);
    }
    return { at: index * 2 + chance.range(0.4, 1.5), points };
  });
  return {
    depth: 0,
    draw: (pen, time) => {
      for (const { at, points } of strikes) {
        const age = time - at;
        if (age < 0 || age > 0.5) continue;
        const power = (1 - age / 0.5) ** 2;
        pen.fillStyle = stage.palette.css(lch(0.95, 0.03, 270), power * 0.28);
        pen.fillRect(-60, -60, stage.width + 120, stage.height + 120);
        pen.lineJoin = "round";
        for (const [width, alpha] of [
          [9, 0.18],
          [2.4, 0.95],
        ] as const) {
          pen.strokeStyle = stage.palette.css(lch(0.97, 0.03, 275), power * alpha);
          pen.lineWidth = width;
          pen.beginPath();
          points.forEach(([x, y], index) => (index === 0 ? pen.moveTo(x, y) : pen.lineTo(x, y)));
          pen.stroke();
        }
      }
    },
  };
};

/** Small lights that wander: fireflies, spores, motes of dust in the sun. */
export const motes = (stage: Stage, count: number, hue: number, size: number): Layer => {
  const chance = stage.chance("motes");
  const list = Array.from({ length: count }, (_, index) => ({
    seed: index * 17 + 3,
    x: chance.range(0, stage.width),
    y: stage.height * chance.range(0.35, 0.95),
    phase: chance.range(0, 6),
    radius: size * chance.range(0.6, 1.3),
  }));
  const colour = lch(0.92, 0.13, hue);
  return {
    depth: 0,
    draw: (pen, time) => {
      for (const mote of list) {
        const shine = 0.5 + 0.5 * Math.sin(time * 1.6 * stage.plan.pace + mote.phase);
        if (shine < 0.08) continue;
        const x = mote.x + noiseAt(mote.seed, time * 0.35) * 46;
        const y = mote.y + noiseAt(mote.seed + 7, time * 0.35) * 30;
        for (const [grow, alpha] of [
          [4.2, 0.09],
          [2.3, 0.2],
          [1, 0.95],
        ] as const) {
          pen.fillStyle = stage.palette.css(colour, alpha * shine);
          pen.beginPath();
          pen.arc(x, y, mote.radius * grow, 0, Math.PI * 2);
          pen.fill();
        }
      }
    },
  };
};
