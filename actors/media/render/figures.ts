// Those who walk upright: people, astronauts, robots.
import { lch } from "./colour.ts";
import { type Art, blob, box, type Ink, limb, polygon } from "./ink.ts";
import type { SubjectKind } from "./lexicon.ts";
import type { Pen } from "./stage.ts";

const step = (time: number): { readonly swing: number; readonly lift: (offset: number) => number; readonly bob: number } => {
  const cycle = time * Math.PI * 2 * 0.95;
  return { swing: Math.sin(cycle), lift: (offset) => Math.max(0, Math.cos(cycle + offset)), bob: Math.abs(Math.cos(cycle)) * 2.4 };
};

const drawPerson = (pen: Pen, ink: Ink, time: number): void => {
  const { swing, lift, bob } = step(time);
  pen.save();
  pen.translate(0, -bob);
  pen.strokeStyle = ink.dark;
  limb(pen, -1, -48, -swing * 0.5, -0.7 * lift(Math.PI), 48, 10);
  pen.strokeStyle = ink.dim;
  limb(pen, 0, -88, swing * 0.6, 0.35, 38, 8);
  pen.strokeStyle = ink.shade(lch(0.34, 0.04, 265));
  limb(pen, 1, -48, swing * 0.5, -0.7 * lift(0), 48, 11);
  // A coat, wider below.
  pen.fillStyle = ink.body;
  pen.beginPath();
  pen.moveTo(-12, -92);
  pen.quadraticCurveTo(0, -101, 12, -92);
  pen.quadraticCurveTo(15, -66, 17 + swing * 2, -36);
  pen.quadraticCurveTo(0, -31, -18 + swing * 2, -37);
  pen.quadraticCurveTo(-15, -66, -12, -92);
  pen.fill();
  pen.fillStyle = ink.dim;
  pen.beginPath();
  pen.moveTo(-12, -92);
  pen.quadraticCurveTo(-15, -66, -18 + swing * 2, -37);
  pen.lineTo(-5 + swing * 2, -33);
  pen.quadraticCurveTo(-6, -66, -4, -95);
  pen.fill();
  pen.fillStyle = ink.shade(lch(0.78, 0.07, 60));
  box(pen, -4, -104, 9, 12, 3);
  blob(pen, 2, -112, 11.5, 13);
  // Hair, then a scarf that blows behind.
  pen.fillStyle = ink.shade(lch(0.3, 0.05, 50));
  pen.beginPath();
  pen.moveTo(13, -117);
  pen.bezierCurveTo(12, -131, -12, -131, -12, -113);
  pen.quadraticCurveTo(-12, -103, -8, -100);
  pen.quadraticCurveTo(-4, -112, 4, -119);
  pen.fill();
  pen.fillStyle = ink.second;
  box(pen, -9, -101, 19, 7.5, 3.5);
  pen.beginPath();
  pen.moveTo(-7, -100);
  pen.quadraticCurveTo(-24, -98 + Math.sin(time * 5) * 5, -40, -103 + Math.sin(time * 5 + 1) * 7);
  pen.lineTo(-38, -93 + Math.sin(time * 5 + 1) * 7);
  pen.quadraticCurveTo(-22, -89 + Math.sin(time * 5) * 5, -7, -94);
  pen.fill();
  pen.strokeStyle = ink.lit;
  limb(pen, 2, -88, -swing * 0.6, 0.35, 38, 8.5);
  pen.fillStyle = ink.dark;
  blob(pen, 8.5, -113, 1.4, 1.9);
  pen.restore();
};

const drawAstronaut = (pen: Pen, ink: Ink, time: number): void => {
  pen.save();
  pen.rotate(Math.sin(time * 0.6) * 0.16);
  const wave = Math.sin(time * 1.6) * 0.35;
  pen.fillStyle = ink.dim;
  box(pen, -34, -32, 24, 54, 8);
  pen.strokeStyle = ink.dim;
  limb(pen, -6, 24, -0.35 + wave * 0.4, 0.5, 46, 17);
  limb(pen, -6, -20, -0.9 - wave * 0.5, -0.4, 42, 15);
  pen.strokeStyle = ink.body;
  limb(pen, 8, 24, 0.35 - wave * 0.4, -0.5, 46, 18);
  pen.fillStyle = ink.body;
  box(pen, -21, -32, 42, 64, 17);
  pen.fillStyle = ink.second;
  box(pen, -10, -8, 20, 13, 3);
  pen.fillStyle = ink.shade(lch(0.65, 0.2, 28));
  blob(pen, -4, -1.5, 2.2, 2.2);
  pen.fillStyle = ink.light;
  blob(pen, 4, -1.5, 2.2, 2.2);
  pen.strokeStyle = ink.lit;
  limb(pen, 15, -20, 2.2 + wave, 0.5, 44, 15);
  pen.fillStyle = ink.white;
  blob(pen, 2, -50, 26, 25);
  pen.fillStyle = ink.shade(lch(0.3, 0.08, 270));
  blob(pen, 8, -50, 18.5, 17);
  pen.fillStyle = ink.shade(lch(0.8, 0.15, 75));
  pen.globalAlpha = 0.75;
  pen.beginPath();
  pen.ellipse(8, -50, 18.5, 17, 0, -2.4, -0.4);
  pen.quadraticCurveTo(10, -62, -6, -59);
  pen.fill();
  pen.globalAlpha = 1;
  pen.restore();
};

const drawRobot = (pen: Pen, ink: Ink, time: number): void => {
  const { swing, lift, bob } = step(time * 0.85);
  pen.save();
  pen.translate(0, -bob);
  pen.strokeStyle = ink.dark;
  limb(pen, -8, -44, -swing * 0.42, -0.6 * lift(Math.PI), 42, 12);
  limb(pen, -14, -84, swing * 0.5, 0.3, 42, 10);
  pen.strokeStyle = ink.dim;
  limb(pen, 8, -44, swing * 0.42, -0.6 * lift(0), 42, 13);
  pen.fillStyle = ink.body;
  box(pen, -25, -96, 50, 56, 12);
  pen.fillStyle = ink.dim;
  box(pen, -25, -96, 15, 56, [12, 0, 0, 12]);
  pen.fillStyle = ink.dark;
  box(pen, -8, -84, 25, 19, 5);
  const pulse = 0.55 + 0.45 * Math.sin(time * 4);
  pen.fillStyle = ink.css(lch(0.8, 0.16, 200), pulse);
  blob(pen, 4.5, -74.5, 5.5, 5.5);
  pen.fillStyle = ink.dim;
  box(pen, -6, -104, 12, 10, 2);
  pen.save();
  pen.translate(0, -106);
  pen.rotate(Math.sin(time * 1.1) * 0.07);
  pen.fillStyle = ink.lit;
  box(pen, -22, -36, 46, 36, 11);
  pen.fillStyle = ink.dark;
  box(pen, -8, -28, 30, 18, 8);
  pen.fillStyle = ink.css(lch(0.86, 0.15, 195));
  const blink = time % 3.1 < 0.12 ? 0.8 : 4;
  blob(pen, 1, -19, 3.6, blink);
  blob(pen, 14, -19, 3.6, blink);
  pen.strokeStyle = ink.dim;
  pen.lineWidth = 3;
  pen.beginPath();
  pen.moveTo(0, -36);
  pen.lineTo(-2, -50);
  pen.stroke();
  pen.fillStyle = ink.second;
  blob(pen, -2, -53, 4.6, 4.6);
  pen.restore();
  pen.strokeStyle = ink.lit;
  limb(pen, 18, -84, -swing * 0.5, 0.3, 42, 11);
  pen.restore();
};

const drawLantern = (pen: Pen, ink: Ink, time: number): void => {
  pen.rotate(Math.sin(time * 1.3) * 0.08);
  for (const [radius, alpha] of [
    [78, 0.08],
    [52, 0.12],
    [32, 0.2],
  ] as const) {
    pen.fillStyle = ink.css(lch(0.86, 0.14, 70), alpha * (0.85 + 0.15 * Math.sin(time * 3.3)));
    blob(pen, 0, 0, radius, radius);
  }
  pen.fillStyle = ink.body;
  pen.beginPath();
  pen.moveTo(-13, 24);
  pen.quadraticCurveTo(-30, -6, -17, -26);
  pen.quadraticCurveTo(0, -33, 17, -26);
  pen.quadraticCurveTo(30, -6, 13, 24);
  pen.fill();
  pen.fillStyle = ink.css(lch(0.95, 0.1, 90), 0.85);
  blob(pen, 0, 8, 11, 16);
  pen.fillStyle = ink.dim;
  box(pen, -13, 22, 26, 5, 2);
};

/** A turning many-sided thing: for what has no picture here. */
const drawShape: Art["draw"] = (pen, ink, time, chance) => {
  const corners = chance.int(3, 8);
  const inner = chance.flip() ? chance.range(0.45, 0.75) : 1;
  const turn = time * 0.6;
  const at = (index: number, radius: number): readonly [number, number] => {
    const angle = (index / corners) * Math.PI + turn;
    const reach = index % 2 === 0 ? radius : radius * inner;
    return [Math.cos(angle) * reach, Math.sin(angle) * reach];
  };
  for (const [radius, alpha] of [
    [86, 0.08],
    [64, 0.12],
  ] as const) {
    pen.fillStyle = ink.css(lch(0.85, 0.1, 80), alpha);
    blob(pen, 0, 0, radius, radius);
  }
  const points = Array.from({ length: corners * 2 }, (_, index) => at(index, 44));
  points.forEach((point, index) => {
    const following = points[(index + 1) % points.length] ?? point;
    pen.fillStyle = [ink.body, ink.lit, ink.second, ink.dim][index % 4] ?? ink.body;
    polygon(pen, [[0, 0], point, following]);
  });
};

export const figures = {
  person: {
    habitat: "ground",
    speed: 44,
    width: 50,
    height: 126,
    colour: lch(0.6, 0.18, 30),
    second: lch(0.85, 0.14, 88),
    draw: drawPerson,
  },
  astronaut: {
    habitat: "air",
    speed: 12,
    width: 80,
    height: 130,
    colour: lch(0.92, 0.01, 250),
    second: lch(0.6, 0.03, 250),
    draw: drawAstronaut,
  },
  robot: {
    habitat: "ground",
    speed: 36,
    width: 60,
    height: 160,
    colour: lch(0.74, 0.07, 210),
    second: lch(0.72, 0.18, 45),
    draw: drawRobot,
  },
  lantern: { habitat: "air", speed: 8, width: 60, height: 60, colour: lch(0.68, 0.19, 45), second: lch(0.9, 0.1, 85), draw: drawLantern },
  shape: { habitat: "air", speed: 14, width: 90, height: 90, colour: lch(0.68, 0.17, 300), second: lch(0.82, 0.14, 80), draw: drawShape },
} as const satisfies Partial<Record<SubjectKind, Art>>;
