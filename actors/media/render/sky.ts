// The sky: what stands still of it (drawn once), and stars and clouds that move.
import { Path2D, PathOp } from "@napi-rs/canvas";
import { type Colour, lch, lighten, mix } from "./colour.ts";
import { noiseAt } from "./random.ts";
import { extent, glowGradient, type Layer, type Pen, type Stage, verticalGradient } from "./stage.ts";

export interface Celestial {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** Where sun or moon stands. */
export const celestial = (stage: Stage): Celestial => {
  const chance = stage.chance("celestial");
  const x = stage.width * (chance.flip() ? chance.range(0.22, 0.4) : chance.range(0.6, 0.78));
  const heights = { dawn: 0.16, day: 0.72, sunset: 0.1, night: 0.66 } as const;
  const y = stage.horizon * (1 - heights[stage.plan.time] - chance.range(0, 0.06));
  return { x, y, radius: stage.plan.time === "night" ? 26 : stage.plan.time === "day" ? 24 : chance.range(34, 46) };
};

const drawMoon = (pen: Pen, stage: Stage, { x, y, radius }: Celestial): void => {
  const { palette } = stage;
  pen.fillStyle = palette.css(palette.light);
  pen.beginPath();
  pen.arc(x, y, radius, 0, Math.PI * 2);
  pen.fill();
  pen.fillStyle = palette.css(lighten(palette.light, -0.07), 0.6);
  for (const [dx, dy, size] of [
    [-0.35, -0.2, 0.24],
    [0.3, 0.25, 0.3],
    [0.15, -0.45, 0.14],
    [-0.2, 0.45, 0.16],
  ] as const) {
    pen.beginPath();
    pen.arc(x + dx * radius, y + dy * radius, size * radius, 0, Math.PI * 2);
    pen.fill();
  }
};

/** Neon looks have the striped sun of the eighties. */
const drawStripedSun = (pen: Pen, stage: Stage): void => {
  const { palette } = stage;
  const radius = stage.height * 0.26;
  const x = stage.width / 2;
  const y = stage.horizon - radius * 0.55;
  pen.fillStyle = verticalGradient(pen, y - radius, y + radius, [
    palette.css(lch(0.9, 0.16, 95)),
    palette.css(lch(0.72, 0.2, 40)),
    palette.css(lch(0.6, 0.26, 350)),
  ]);
  const sun = new Path2D();
  sun.arc(x, y, radius, 0, Math.PI * 2);
  pen.save();
  pen.clip(sun);
  let top = y - radius;
  for (let band = 0; band < 9; band++) {
    const height = band < 3 ? radius * 0.3 : radius * (0.24 - band * 0.018);
    pen.fillRect(x - radius, top, radius * 2, height);
    top += height + (band < 2 ? 0 : band * 0.9);
  }
  pen.restore();
};

/** Gradient, glow and the disc of sun or moon: never moves, so it is drawn once. */
export const drawSky = (pen: Pen, stage: Stage): void => {
  const { palette, plan } = stage;
  const [top, upper, lower, horizon] = palette.sky;
  pen.fillStyle = verticalGradient(
    pen,
    0,
    stage.horizon + 30,
    [top, upper, lower, horizon].map((colour) => palette.css(colour)),
    [0, 0.42, 0.76, 1],
  );
  pen.fillRect(-50, -50, stage.width + 100, stage.height + 100);
  if (plan.look === "neon") {
    pen.fillStyle = glowGradient(
      pen,
      stage.width / 2,
      stage.horizon,
      stage.width * 0.6,
      (alpha) => palette.css(lch(0.7, 0.24, 345), alpha),
      0.6,
    );
    pen.fillRect(-50, -50, stage.width + 100, stage.height + 100);
    drawStripedSun(pen, stage);
    return;
  }
  const disc = celestial(stage);
  const wide = Math.max(stage.width, stage.height) * (palette.night ? 0.5 : 0.85);
  const warm: Colour = mix(palette.light, horizon, 0.35);
  pen.fillStyle = glowGradient(pen, disc.x, disc.y, wide, (alpha) => palette.css(warm, alpha), 0.75 * palette.glow);
  pen.fillRect(-50, -50, stage.width + 100, stage.height + 100);
  if (palette.glow < 0.4) return;
  pen.fillStyle = glowGradient(pen, disc.x, disc.y, disc.radius * 4.5, (alpha) => palette.css(palette.light, alpha), palette.glow);
  pen.fillRect(-50, -50, stage.width + 100, stage.height + 100);
  if (palette.night) return drawMoon(pen, stage, disc);
  pen.fillStyle = palette.css(palette.light, 0.95);
  pen.beginPath();
  pen.arc(disc.x, disc.y, disc.radius, 0, Math.PI * 2);
  pen.fill();
};

/** Stars that twinkle in three rhythms. */
export const stars = (stage: Stage, count: number, bottom: number): Layer => {
  const chance = stage.chance("stars");
  const groups = [0, 1, 2].map((group) => {
    const path = new Path2D();
    for (let star = 0; star < count / 3; star++) {
      const x = chance.range(-20, stage.width + 20);
      const y = bottom * chance.next() ** 1.25;
      const radius = group === 0 ? chance.range(0.9, 1.7) : chance.range(0.5, 1.1);
      path.moveTo(x + radius, y);
      path.arc(x, y, radius, 0, Math.PI * 2);
    }
    return path;
  });
  return {
    depth: 0,
    draw: (pen, time) => {
      groups.forEach((path, group) => {
        pen.fillStyle = stage.palette.css(stage.palette.light, 0.62 + 0.3 * Math.sin(time * (1.1 + group * 0.7) + group * 2));
        pen.fill(path);
      });
    },
  };
};

/** A cloud of round heads on a flat base; its origin is the middle of the base. */
const cloudShape = (stage: Stage, name: string, width: number): Path2D => {
  const chance = stage.chance(name);
  const path = new Path2D();
  const heads = chance.int(4, 6);
  const height = width * chance.range(0.2, 0.28);
  for (let head = 0; head < heads; head++) {
    const share = (head + 0.5) / heads;
    const x = (share - 0.5) * width * 0.82;
    const radius = height * (0.42 + 0.75 * Math.sin(share * Math.PI) * chance.range(0.7, 1));
    path.moveTo(x + radius, -radius * 0.55);
    path.arc(x, -radius * 0.55, radius, 0, Math.PI * 2);
  }
  path.roundRect(-width / 2, -height * 0.42, width, height * 0.42, height * 0.21);
  const base = new Path2D();
  base.rect(-width, -width, width * 2, width);
  return path.op(base, PathOp.Intersect);
};

/** Clouds that drift; rain and storm bring more and darker ones. */
export const clouds = (stage: Stage): Layer => {
  const { palette, plan } = stage;
  const chance = stage.chance("clouds");
  const counts = { clear: 3, cloudy: 7, rain: 9, snow: 7, fog: 5, storm: 11 } as const;
  const depth = 0.12;
  const [left, right] = extent(stage, depth, 260);
  const heavy = plan.weather === "storm" || plan.weather === "rain";
  const lit = heavy ? lighten(palette.sky[1], 0.06) : mix(palette.sky[3], palette.light, palette.night ? 0.06 : 0.5);
  const dim = heavy ? lighten(palette.sky[0], -0.05) : mix(palette.sky[2], palette.sky[1], 0.45);
  const list = Array.from({ length: counts[plan.weather] }, (_, index) => {
    const size = chance.range(110, 250) * (heavy ? 1.5 : 1);
    return {
      shape: cloudShape(stage, `cloud${index}`, size),
      size,
      x: left + ((right - left) * (index + chance.range(0.1, 0.9))) / counts[plan.weather],
      y: stage.horizon * chance.range(0.12, 0.68) + (heavy ? -30 : 10),
      speed: chance.range(3, 8) * (plan.weather === "storm" ? 3 : 1),
      alpha: chance.range(0.55, 0.9) * (palette.night ? 0.45 : 1),
    };
  }).toSorted((a, b) => a.size - b.size);
  const span = right - left;
  return {
    depth,
    draw: (pen, time, view) => {
      for (const cloud of list) {
        const x = left + ((((cloud.x - left + time * cloud.speed * plan.pace) % span) + span) % span);
        if (x + cloud.size < view[0] || x - cloud.size > view[1]) continue;
        pen.save();
        pen.translate(x, cloud.y + noiseAt(cloud.size | 0, time * 0.2) * 2);
        pen.fillStyle = verticalGradient(pen, -cloud.size * 0.26, 0, [palette.css(lit, cloud.alpha), palette.css(dim, cloud.alpha * 0.55)]);
        pen.fill(cloud.shape);
        pen.restore();
      }
    },
  };
};
