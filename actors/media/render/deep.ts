// Under water: the light from above, the sea bed, kelp, coral and bubbles.
import { Path2D } from "@napi-rs/canvas";
import { type Colour, lch, lighten, mix } from "./colour.ts";
import { makeStrip } from "./strip.ts";
import { extent, glowGradient, type Layer, type Pen, type Stage, verticalGradient, fillPath } from "./stage.ts";

const waterTone = (stage: Stage): Colour => {
  const [wished] = stage.plan.colours;
  const tone = stage.palette.night ? lch(0.34, 0.1, 255) : lch(0.6, 0.12, 222 + stage.plan.hueShift);
  return wished === undefined ? tone : [tone[0], wished[1] * 0.8, wished[2] * 0.8];
};

/** Colour of a thing seen through the water. */
export const submerged = (stage: Stage, local: Colour, distance: number): Colour => {
  const tone = waterTone(stage);
  const dimmed: Colour = [local[0] * (stage.palette.night ? 0.62 : 0.92), local[1], local[2]];
  return mix(dimmed, lighten(tone, 0.02), Math.min(0.94, 0.1 + distance * 0.9));
};

export const drawDepths = (pen: Pen, stage: Stage): void => {
  const { palette } = stage;
  const tone = waterTone(stage);
  pen.fillStyle = verticalGradient(
    pen,
    0,
    stage.height,
    [
      palette.css(lighten(tone, 0.26)),
      palette.css(lighten(tone, 0.1)),
      palette.css(lighten(tone, -0.1)),
      palette.css(lighten(tone, -0.26)),
    ],
    [0, 0.25, 0.65, 1],
  );
  pen.fillRect(-60, -60, stage.width + 120, stage.height + 120);
  pen.fillStyle = glowGradient(pen, stage.width * 0.55, -60, stage.width * 0.6, (alpha) => palette.css(lighten(tone, 0.42), alpha), 0.75);
  pen.fillRect(-60, -60, stage.width + 120, stage.height + 120);
};

/** Shafts of light that sway. */
export const rays = (stage: Stage): Layer => {
  const chance = stage.chance("rays");
  const list = Array.from({ length: 7 }, (_, index) => ({
    x: stage.width * ((index + 0.5) / 7 + chance.range(-0.05, 0.05)),
    width: chance.range(14, 46),
    phase: chance.range(0, 6),
    alpha: chance.range(0.07, 0.17),
  }));
  return {
    depth: 0.1,
    draw: (pen, time) => {
      const light = lighten(waterTone(stage), 0.4);
      for (const ray of list) {
        const sway = Math.sin(time * 0.5 * stage.plan.pace + ray.phase);
        const strength = ray.alpha * (0.65 + 0.35 * Math.sin(time * 0.9 + ray.phase * 2));
        const foot = ray.x + (ray.x - stage.width * 0.55) * 0.5 + sway * 24;
        pen.fillStyle = verticalGradient(pen, 0, stage.height * 0.85, [stage.palette.css(light, strength), stage.palette.css(light, 0)]);
        pen.beginPath();
        pen.moveTo(ray.x - ray.width * 0.4, -30);
        pen.lineTo(ray.x + ray.width * 0.4, -30);
        pen.lineTo(foot + ray.width * 1.8, stage.height * 0.85);
        pen.lineTo(foot - ray.width * 1.8, stage.height * 0.85);
        pen.fill();
      }
    },
  };
};

/** Stalks from the ground that wave. */
export const kelp = (stage: Stage, depth: number, base: number, height: number, spacing: number, distance: number): Layer => {
  const chance = stage.chance(`kelp${depth}`);
  const [left, right] = extent(stage, depth);
  const stalks: Array<{ readonly x: number; readonly height: number; readonly phase: number }> = [];
  for (let x = left; x < right; x += spacing * chance.range(0.3, 1.8)) {
    stalks.push({ x, height: height * chance.range(0.45, 1.1), phase: chance.range(0, 6) });
  }
  return {
    depth,
    draw: (pen, time, view) => {
      const path = new Path2D();
      for (const { x, height: tall, phase } of stalks) {
        if (x + tall * 0.2 < view[0] || x - tall * 0.2 > view[1]) continue;
        const at = (share: number): number => x + Math.sin(time * 0.9 * stage.plan.pace + phase + share * 2.6) * tall * 0.09 * share;
        const wide = tall * 0.035;
        path.moveTo(x - wide, base);
        for (let step = 1; step <= 6; step++)
          path.lineTo(at(step / 6) - wide * (1 - step / 6.5) * (step % 2 === 0 ? 2.1 : 0.9), base - (tall * step) / 6);
        for (let step = 5; step >= 0; step--)
          path.lineTo(at(step / 6) + wide * (1 - step / 6.5) * (step % 2 === 0 ? 0.9 : 2.1), base - (tall * step) / 6);
        path.closePath();
      }
      pen.fillStyle = verticalGradient(pen, base - height, base, [
        stage.palette.css(submerged(stage, lch(0.58, 0.12, 140), distance)),
        stage.palette.css(submerged(stage, lch(0.34, 0.08, 165), distance)),
      ]);
      fillPath(pen, path);
    },
  };
};

/** Branches and domes of coral. */
export const coral = (stage: Stage, depth: number, base: number, size: number, distance: number): Layer => {
  const chance = stage.chance(`coral${depth}`);
  const [left, right] = extent(stage, depth);
  const hues = [15, 350, 50, 300, 80];
  const groups = hues.map((hue) => ({ colour: lch(0.66, 0.17, hue), branches: makeStrip(size), domes: makeStrip(size) }));
  for (let x = left; x < right; x += size * chance.range(0.5, 1.6)) {
    const group = groups[chance.int(0, groups.length - 1)] ?? groups[0];
    if (group === undefined) continue;
    const tall = size * chance.range(0.5, 1.1);
    if (chance.flip(0.45)) {
      group.domes.at(x).moveTo(x + tall * 0.5, base + 4);
      group.domes.at(x).ellipse(x, base + 4, tall * 0.5, tall * 0.42, 0, Math.PI, 0);
      continue;
    }
    const branch = (bx: number, by: number, angle: number, length: number, level: number): void => {
      const ex = bx + Math.cos(angle) * length;
      const ey = by + Math.sin(angle) * length;
      group.branches.at(x).moveTo(bx, by);
      group.branches.at(x).lineTo(ex, ey);
      if (level === 0) return;
      branch(ex, ey, angle - chance.range(0.2, 0.7), length * 0.72, level - 1);
      branch(ex, ey, angle + chance.range(0.2, 0.7), length * 0.72, level - 1);
    };
    branch(x, base + 6, -Math.PI / 2 + chance.range(-0.3, 0.3), tall * 0.38, 3);
  }
  return {
    depth,
    draw: (pen, _, view) => {
      pen.lineCap = "round";
      for (const { colour, branches, domes } of groups) {
        const tone = stage.palette.css(submerged(stage, colour, distance));
        pen.strokeStyle = tone;
        pen.lineWidth = size * 0.075;
        branches.stroke(pen, view);
        pen.fillStyle = tone;
        domes.fill(pen, view);
      }
    },
  };
};

export const bubbles = (stage: Stage, depth: number, count: number): Layer => {
  const chance = stage.chance(`bubbles${depth}`);
  const [left, right] = extent(stage, depth);
  const list = Array.from({ length: Math.round((count * (right - left)) / stage.width) }, () => ({
    x: chance.range(left, right),
    y: chance.range(0, stage.height),
    radius: chance.range(1.5, 5.5) * (0.5 + depth),
    speed: chance.range(22, 60),
    phase: chance.range(0, 6),
  }));
  return {
    depth,
    draw: (pen, time, view) => {
      const path = new Path2D();
      const shine = new Path2D();
      const span = stage.height + 40;
      for (const bubble of list) {
        if (bubble.x < view[0] - 20 || bubble.x > view[1] + 20) continue;
        const y = ((((bubble.y - time * bubble.speed * stage.plan.pace) % span) + span) % span) - 20;
        const x = bubble.x + Math.sin(time * 1.8 + bubble.phase) * 5;
        path.moveTo(x + bubble.radius, y);
        path.arc(x, y, bubble.radius, 0, Math.PI * 2);
        shine.moveTo(x, y - bubble.radius * 0.4);
        shine.arc(x - bubble.radius * 0.3, y - bubble.radius * 0.4, bubble.radius * 0.28, 0, Math.PI * 2);
      }
      const light = lighten(waterTone(stage), 0.34);
      pen.fillStyle = stage.palette.css(light, 0.22);
      fillPath(pen, path);
      pen.strokeStyle = stage.palette.css(light, 0.55);
      pen.lineWidth = 0.9;
      pen.stroke(path);
      pen.fillStyle = stage.palette.css(lch(0.98, 0.02, 210), 0.75);
      fillPath(pen, shine);
    },
  };
};
