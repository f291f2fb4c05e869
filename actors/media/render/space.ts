// Outer space: nebulae (drawn once), a planet, asteroids and a moon's ground.
import { Path2D } from "@napi-rs/canvas";
import { type Colour, lch, lighten, mix, turn } from "./colour.ts";
import { fractalAt, hashText } from "./random.ts";
import { areaBelow, makeStrip } from "./strip.ts";
import { extent, glowGradient, type Layer, type Pen, type Stage, verticalGradient, fillPath } from "./stage.ts";

export const drawNebula = (pen: Pen, stage: Stage): void => {
  const chance = stage.chance("nebula");
  const { palette, plan } = stage;
  const [wished] = plan.colours;
  pen.fillStyle = verticalGradient(pen, 0, stage.height, [
    palette.css(lch(0.13, 0.05, 285)),
    palette.css(lch(0.17, 0.07, 265)),
    palette.css(lch(0.12, 0.05, 250)),
  ]);
  pen.fillRect(-60, -60, stage.width + 120, stage.height + 120);
  const hue = chance.range(190, 350);
  pen.globalCompositeOperation = "lighter";
  for (let cloud = 0; cloud < 16; cloud++) {
    const along = chance.next();
    const x = stage.width * along;
    const y = stage.height * (0.75 - along * 0.5) + chance.range(-120, 120);
    const radius = chance.range(90, 300);
    const colour: Colour =
      wished !== undefined && chance.flip(0.6)
        ? turn([0.5, wished[1], wished[2]], chance.range(-20, 20))
        : lch(0.5, 0.17, hue + chance.range(-45, 60));
    pen.fillStyle = glowGradient(pen, x, y, radius, (alpha) => palette.css(colour, alpha), chance.range(0.18, 0.36));
    pen.fillRect(-60, -60, stage.width + 120, stage.height + 120);
  }
  pen.globalCompositeOperation = "source-over";
};

/** Stars at a depth of their own: the near ones pass faster. */
export const starfield = (stage: Stage, depth: number, count: number, size: number): Layer => {
  const chance = stage.chance(`starfield${depth}`);
  const [left, right] = extent(stage, depth);
  const path = makeStrip(4);
  for (let star = 0; star < (count * (right - left)) / stage.width; star++) {
    const x = chance.range(left, right);
    const y = chance.range(-40, stage.height + 40);
    const radius = size * chance.range(0.4, 1);
    path.at(x).moveTo(x + radius, y);
    path.at(x).arc(x, y, radius, 0, Math.PI * 2);
  }
  return {
    depth,
    draw: (pen, time, view) => {
      pen.fillStyle = stage.palette.css(lch(0.96, 0.03, 250), 0.75 + 0.2 * Math.sin(time * 1.7 + depth * 20));
      path.fill(pen, view);
    },
  };
};

/** A banded planet, half in shadow, maybe with a ring. */
export const planet = (stage: Stage): Layer => {
  const chance = stage.chance("planet");
  const { palette, plan } = stage;
  const radius = Math.min(stage.width, stage.height) * chance.range(0.2, 0.34);
  const x = stage.width * (chance.flip() ? chance.range(0.18, 0.34) : chance.range(0.64, 0.82));
  const y = stage.height * chance.range(0.28, 0.5);
  const base = plan.colours[0] ?? lch(0.68, 0.13, chance.range(0, 360));
  const disc = new Path2D();
  disc.arc(0, 0, radius, 0, Math.PI * 2);
  const seed = hashText("bands", plan.seed);
  const bands = Array.from({ length: 9 }, (_, band) => {
    const path = new Path2D();
    const top = -radius + (band * radius * 2) / 9;
    path.moveTo(-radius, top + radius * 0.22);
    for (let px = -radius; px <= radius; px += radius / 10) path.lineTo(px, top + 5 * fractalAt(seed + band, px / 60, 2));
    for (let px = radius; px >= -radius; px -= radius / 10)
      path.lineTo(px, top + radius * 0.22 + 5 * fractalAt(seed + band + 50, px / 60, 2));
    return { path, by: chance.range(-0.09, 0.09), twist: chance.range(-18, 18) };
  });
  const ringed = chance.flip(0.65);
  const tilt = chance.range(-0.5, -0.2);
  const ring = (pen: Pen, front: boolean): void => {
    pen.save();
    pen.rotate(tilt);
    for (const [size, width, alpha] of [
      [1.5, 0.1, 0.75],
      [1.7, 0.16, 0.5],
      [1.95, 0.05, 0.6],
    ] as const) {
      pen.strokeStyle = palette.css(lighten(turn(base, 40), 0.12), alpha);
      pen.lineWidth = radius * width;
      pen.beginPath();
      pen.ellipse(0, 0, radius * size, radius * size * 0.26, 0, front ? 0 : Math.PI, front ? Math.PI : Math.PI * 2);
      pen.stroke();
    }
    pen.restore();
  };
  return {
    depth: 0.18,
    draw: (pen, time) => {
      pen.save();
      pen.translate(x, y);
      pen.fillStyle = glowGradient(pen, 0, 0, radius * 1.5, (alpha) => palette.css(lighten(base, 0.1), alpha), 0.5);
      pen.fillRect(-radius * 1.5, -radius * 1.5, radius * 3, radius * 3);
      if (ringed) ring(pen, false);
      pen.save();
      pen.clip(disc);
      pen.rotate(tilt * 0.6);
      pen.fillStyle = palette.css(base);
      pen.fillRect(-radius, -radius, radius * 2, radius * 2);
      for (const band of bands) {
        pen.save();
        pen.translate(Math.sin(time * 0.15 + band.twist) * 6, 0);
        pen.fillStyle = palette.css(turn(lighten(base, band.by), band.twist));
        pen.fill(band.path);
        pen.restore();
      }
      pen.restore();
      const shadow = pen.createRadialGradient(-radius * 0.45, -radius * 0.4, radius * 0.2, -radius * 0.2, -radius * 0.15, radius * 1.25);
      shadow.addColorStop(0, "rgba(255,255,255,0.16)");
      shadow.addColorStop(0.45, "rgba(6,4,24,0)");
      shadow.addColorStop(1, "rgba(6,4,24,0.9)");
      pen.fillStyle = shadow;
      fillPath(pen, disc);
      if (ringed) ring(pen, true);
      pen.restore();
    },
  };
};

/** Tumbling rocks before and behind the subject. */
export const asteroids = (stage: Stage, depth: number, count: number, size: number): Layer => {
  const chance = stage.chance(`asteroids${depth}`);
  const { palette } = stage;
  const [left, right] = extent(stage, depth);
  const rocks = Array.from({ length: count }, (_, index) => {
    const radius = size * chance.range(0.4, 1);
    const path = new Path2D();
    for (let corner = 0; corner < 9; corner++) {
      const angle = (corner / 9) * Math.PI * 2;
      const reach = radius * chance.range(0.75, 1.1);
      if (corner === 0) path.moveTo(Math.cos(angle) * reach, Math.sin(angle) * reach);
      else path.lineTo(Math.cos(angle) * reach, Math.sin(angle) * reach);
    }
    path.closePath();
    return {
      path,
      x: left + ((right - left) * (index + chance.next())) / count,
      y: chance.range(0, stage.height),
      spin: chance.range(-0.6, 0.6),
      drift: chance.range(-9, 9),
      radius,
    };
  });
  return {
    depth,
    draw: (pen, time) => {
      for (const rock of rocks) {
        pen.save();
        pen.translate(rock.x + rock.drift * time * stage.plan.pace, rock.y);
        pen.rotate(rock.spin * time * stage.plan.pace);
        const tone = lch(0.42, 0.03, 290);
        pen.fillStyle = verticalGradient(pen, -rock.radius, rock.radius, [
          palette.css(lighten(tone, 0.12)),
          palette.css(lighten(tone, -0.14)),
        ]);
        pen.fill(rock.path);
        pen.restore();
      }
    },
  };
};

/** A grey moon's ground with craters, for those who stand on it. */
export const moonGround = (stage: Stage): Layer => {
  const chance = stage.chance("moon");
  const { palette } = stage;
  const seed = hashText("moonground", stage.plan.seed);
  const [left, right] = extent(stage, 1);
  const path = areaBelow(left, right, stage.height + 160, (x) => stage.ground - 8 * fractalAt(seed, x / 160, 3));
  const craters = makeStrip(80);
  const rims = makeStrip(80);
  for (let x = left; x < right; x += chance.range(50, 150)) {
    const y = stage.ground + chance.range(18, 110);
    const size = chance.range(10, 42) * (0.6 + (y - stage.ground) / 110);
    craters.at(x).moveTo(x + size, y);
    craters.at(x).ellipse(x, y, size, size * 0.3, 0, 0, Math.PI * 2);
    rims.at(x).moveTo(x + size * 1.06, y + 2);
    rims.at(x).ellipse(x, y + 3, size * 1.06, size * 0.32, 0, 0, Math.PI * 2);
  }
  const grey = mix(lch(0.66, 0.02, 270), palette.sky[2], 0.15);
  return {
    depth: 1,
    draw: (pen, _, view) => {
      pen.fillStyle = verticalGradient(pen, stage.ground - 10, stage.height + 40, [palette.css(grey), palette.css(lighten(grey, -0.3))]);
      path.fill(pen, view);
      pen.fillStyle = palette.css(lighten(grey, 0.08), 0.5);
      rims.fill(pen, view);
      pen.fillStyle = palette.css(lighten(grey, -0.2), 0.7);
      craters.fill(pen, view);
    },
  };
};
