// What flies or swims by moving its body: birds, butterflies, dragons, fish, whales, jellyfish, turtles.
import { lch } from "./colour.ts";
import { type Art, blob, type Ink, polygon } from "./ink.ts";
import type { SubjectKind } from "./lexicon.ts";
import type { Pen } from "./stage.ts";

/** One wing: `lift` -1 (down) to 1 (up). */
const wing = (pen: Pen, span: number, root: number, lift: number, near: boolean): void => {
  const tipX = -span * 0.34 + (near ? 0 : span * 0.16);
  const tipY = -lift * span * 0.86;
  pen.beginPath();
  pen.moveTo(root * 0.5, 0);
  pen.quadraticCurveTo(span * 0.14, tipY * 0.62, tipX, tipY);
  pen.quadraticCurveTo(-span * 0.26, tipY * 0.5, -span * 0.3, tipY * 0.34);
  pen.quadraticCurveTo(-span * 0.22, tipY * 0.2, -root * 0.6, 2);
  pen.closePath();
  pen.fill();
};

const drawBird = (pen: Pen, ink: Ink, time: number): void => {
  // Three strokes, then it glides.
  const beat = time * 1.9;
  const glide = time % 2.6 > 1.7;
  const lift = glide ? 0.42 + Math.sin(time * 3) * 0.05 : Math.sin(beat * Math.PI * 2) * 0.9;
  pen.fillStyle = ink.dim;
  wing(pen, 62, 20, lift * 0.92, false);
  polygon(pen, [
    [-20, -3],
    [-46, -7],
    [-44, 6],
    [-18, 5],
  ]);
  pen.fillStyle = ink.body;
  blob(pen, 0, 0, 25, 9.5, -0.06);
  blob(pen, 22, -6, 9, 8);
  pen.fillStyle = ink.second;
  blob(pen, 3, 4, 19, 5.5, -0.06);
  pen.fillStyle = ink.shade(lch(0.78, 0.16, 70));
  polygon(pen, [
    [29, -8],
    [41, -4],
    [29, -2],
  ]);
  pen.fillStyle = ink.dark;
  blob(pen, 24, -8, 1.7, 1.9);
  pen.fillStyle = ink.lit;
  wing(pen, 68, 24, lift, true);
};

const drawOwl = (pen: Pen, ink: Ink, time: number): void => {
  const lift = Math.sin(time * 5.4) * 0.75;
  for (const side of [-1, 1]) {
    pen.save();
    pen.scale(side, 1);
    pen.fillStyle = ink.dim;
    pen.beginPath();
    pen.moveTo(-10, -12);
    pen.quadraticCurveTo(-52, -30 - lift * 30, -92, -2 - lift * 50);
    pen.quadraticCurveTo(-66, 10 - lift * 22, -52, 16 - lift * 10);
    pen.quadraticCurveTo(-30, 24, -8, 18);
    pen.fill();
    pen.restore();
  }
  pen.fillStyle = ink.body;
  blob(pen, 0, 2, 24, 31);
  polygon(pen, [
    [-20, -22],
    [-24, -46],
    [-5, -29],
  ]);
  polygon(pen, [
    [20, -22],
    [24, -46],
    [5, -29],
  ]);
  pen.fillStyle = ink.second;
  blob(pen, 0, 12, 15, 19);
  blob(pen, -10, -13, 10.5, 10.5);
  blob(pen, 10, -13, 10.5, 10.5);
  pen.fillStyle = ink.dark;
  blob(pen, -9, -13, 5, 5);
  blob(pen, 9, -13, 5, 5);
  pen.fillStyle = ink.shade(lch(0.78, 0.15, 70));
  polygon(pen, [
    [-4, -7],
    [4, -7],
    [0, 2],
  ]);
};

const drawButterfly = (pen: Pen, ink: Ink, time: number): void => {
  const open = 0.3 + 0.7 * Math.abs(Math.cos(time * 7));
  for (const near of [false, true]) {
    pen.save();
    pen.scale(1, near ? 1 : 0.86);
    pen.rotate(near ? 0 : -0.25);
    pen.fillStyle = near ? ink.body : ink.dim;
    pen.beginPath();
    pen.moveTo(0, 0);
    pen.bezierCurveTo(8, -44 * open, -34, -58 * open, -38, -22 * open);
    pen.quadraticCurveTo(-30, -4, 0, 0);
    pen.bezierCurveTo(-30, 2, -34, 26 * open, -18, 30 * open);
    pen.quadraticCurveTo(2, 24 * open, 0, 0);
    pen.fill();
    pen.fillStyle = ink.second;
    blob(pen, -22, -28 * open, 7, 9 * open, 0.5);
    blob(pen, -15, 16 * open, 5, 6 * open);
    pen.restore();
  }
  pen.fillStyle = ink.dark;
  blob(pen, -2, 0, 13, 3.2, -0.2);
};

const drawDragon = (pen: Pen, ink: Ink, time: number): void => {
  const lift = Math.sin(time * 3.4);
  const spine = (share: number): readonly [number, number] => [70 - share * 190, Math.sin(share * 5 - time * 2.6) * 14 * share + share * 8];
  const wingShape = (near: boolean): void => {
    const up = (near ? 1 : 0.9) * lift;
    const tip: readonly [number, number] = [-40, -86 * up - 20];
    pen.beginPath();
    pen.moveTo(26, -6);
    pen.quadraticCurveTo(46, -50 * up - 22, tip[0], tip[1]);
    pen.quadraticCurveTo(-42, -38 * up, -72, -34 * up);
    pen.quadraticCurveTo(-48, -12 * up, -62, -2 * up + 4);
    pen.quadraticCurveTo(-24, -4, -18, 4);
    pen.fill();
  };
  pen.fillStyle = ink.dim;
  wingShape(false);
  pen.lineCap = "round";
  pen.strokeStyle = ink.body;
  for (let step = 0; step < 26; step++) {
    const [fromX, fromY] = spine(step / 26);
    const [toX, toY] = spine((step + 1) / 26);
    pen.lineWidth = 27 * Math.sin(Math.min(1, step / 26 + 0.34) * Math.PI) ** 0.8 + 2;
    pen.beginPath();
    pen.moveTo(fromX, fromY);
    pen.lineTo(toX, toY);
    pen.stroke();
  }
  const [endX, endY] = spine(1);
  pen.fillStyle = ink.dim;
  polygon(pen, [
    [endX + 6, endY - 4],
    [endX - 20, endY - 13],
    [endX - 14, endY + 12],
  ]);
  pen.fillStyle = ink.body;
  blob(pen, 84, -10, 20, 13, 0.1);
  blob(pen, 100, -6, 15, 8, 0.12);
  pen.fillStyle = ink.dim;
  polygon(pen, [
    [76, -20],
    [56, -40],
    [68, -16],
  ]);
  polygon(pen, [
    [84, -21],
    [70, -44],
    [78, -18],
  ]);
  pen.fillStyle = ink.light;
  blob(pen, 90, -14, 2.8, 2.8);
  pen.fillStyle = ink.second;
  wingShape(true);
};

const drawFish = (pen: Pen, ink: Ink, time: number): void => {
  const flick = Math.sin(time * 7);
  pen.fillStyle = ink.dim;
  pen.beginPath();
  pen.moveTo(-24, 0);
  pen.quadraticCurveTo(-40, -4 + flick * 4, -56, -20 + flick * 9);
  pen.quadraticCurveTo(-48, flick * 6, -56, 20 + flick * 9);
  pen.quadraticCurveTo(-40, 4 + flick * 4, -24, 0);
  pen.fill();
  pen.beginPath();
  pen.moveTo(-12, -14);
  pen.quadraticCurveTo(-4, -34, 16, -14);
  pen.fill();
  pen.fillStyle = ink.body;
  pen.beginPath();
  pen.moveTo(38, 0);
  pen.bezierCurveTo(24, -25, -14, -22, -32, flick * 2);
  pen.bezierCurveTo(-14, 22, 24, 23, 38, 0);
  pen.fill();
  pen.save();
  pen.clip();
  pen.fillStyle = ink.second;
  blob(pen, -4, 0, 5.5, 26);
  blob(pen, -22, 0, 3.5, 26);
  pen.fillStyle = ink.lit;
  blob(pen, 8, -16, 34, 8);
  pen.restore();
  pen.fillStyle = ink.dim;
  blob(pen, 6, 6, 9, 4.5, 0.5 + flick * 0.3);
  pen.fillStyle = ink.white;
  blob(pen, 24, -4, 5, 5);
  pen.fillStyle = ink.dark;
  blob(pen, 25.4, -4, 2.7, 2.7);
};

const drawWhale = (pen: Pen, ink: Ink, time: number): void => {
  const flick = Math.sin(time * 1.9);
  pen.save();
  pen.rotate(Math.sin(time * 0.8) * 0.06);
  pen.fillStyle = ink.body;
  pen.beginPath();
  pen.moveTo(112, -4);
  pen.bezierCurveTo(96, -58, 0, -60, -70, -12 + flick * 4);
  pen.quadraticCurveTo(-98, -4 + flick * 10, -118, -22 + flick * 24);
  pen.quadraticCurveTo(-138, -40 + flick * 24, -152, -34 + flick * 26);
  pen.quadraticCurveTo(-140, -12 + flick * 26, -120, -6 + flick * 22);
  pen.quadraticCurveTo(-138, 2 + flick * 26, -140, 16 + flick * 26);
  pen.quadraticCurveTo(-112, 12 + flick * 20, -88, 10 + flick * 8);
  pen.bezierCurveTo(-30, 50, 84, 52, 112, -4);
  pen.fill();
  pen.save();
  pen.clip();
  pen.fillStyle = ink.second;
  blob(pen, 44, 40, 90, 30, -0.12);
  pen.fillStyle = ink.lit;
  blob(pen, 20, -52, 80, 16, 0.04);
  pen.restore();
  pen.fillStyle = ink.dim;
  pen.beginPath();
  pen.moveTo(30, 22);
  pen.quadraticCurveTo(14, 58 + flick * 8, -14, 62 + flick * 10);
  pen.quadraticCurveTo(-6, 36, 6, 22);
  pen.fill();
  pen.fillStyle = ink.dark;
  blob(pen, 82, 0, 3.6, 3.6);
  pen.restore();
};

const drawJellyfish = (pen: Pen, ink: Ink, time: number): void => {
  const pulse = Math.sin(time * 2.3);
  const wide = 36 * (1 + pulse * 0.12);
  const tall = 34 * (1 - pulse * 0.1);
  pen.globalAlpha = 0.85;
  pen.strokeStyle = ink.lit;
  pen.lineCap = "round";
  for (let arm = -3; arm <= 3; arm++) {
    pen.lineWidth = arm % 2 === 0 ? 3.2 : 1.8;
    pen.beginPath();
    pen.moveTo(arm * wide * 0.25, 0);
    for (let step = 1; step <= 7; step++)
      pen.lineTo(arm * wide * 0.25 + Math.sin(time * 2.1 - step * 0.75 + arm) * (3 + step * 1.7), step * (10 + Math.abs(pulse) * 2));
    pen.stroke();
  }
  pen.fillStyle = ink.body;
  pen.beginPath();
  pen.moveTo(-wide, 2);
  pen.bezierCurveTo(-wide, -tall * 1.4, wide, -tall * 1.4, wide, 2);
  for (let scallop = 3; scallop >= -3; scallop--) pen.quadraticCurveTo(((scallop + 0.5) / 3.5) * wide, 9, (scallop / 3.5) * wide, 2);
  pen.closePath();
  pen.fill();
  pen.fillStyle = ink.second;
  pen.globalAlpha = 0.45;
  blob(pen, -wide * 0.28, -tall * 0.5, wide * 0.26, tall * 0.26, -0.5);
  pen.globalAlpha = 1;
};

const drawTurtle = (pen: Pen, ink: Ink, time: number): void => {
  const row = Math.sin(time * 2.2);
  pen.fillStyle = ink.second;
  pen.save();
  pen.translate(22, 4);
  pen.rotate(0.7 + row * 0.6);
  blob(pen, 0, 22, 10, 30);
  pen.restore();
  pen.save();
  pen.translate(-34, 4);
  pen.rotate(0.9 - row * 0.3);
  blob(pen, 0, 14, 7, 18);
  pen.restore();
  blob(pen, 56, -4 + row * 1.5, 18, 12, -0.1);
  pen.fillStyle = ink.body;
  pen.beginPath();
  pen.moveTo(-48, 6);
  pen.bezierCurveTo(-40, -44, 34, -44, 46, 6);
  pen.quadraticCurveTo(0, 20, -48, 6);
  pen.fill();
  pen.fillStyle = ink.dim;
  for (const [x, y, size] of [
    [-22, -12, 10],
    [2, -17, 12],
    [24, -9, 9],
  ] as const) {
    blob(pen, x, y, size, size * 0.8);
  }
  pen.fillStyle = ink.dark;
  blob(pen, 62, -7 + row * 1.5, 2.6, 2.6);
};

const flyer = (
  habitat: "air" | "water" | "surface",
  speed: number,
  width: number,
  height: number,
  draw: Art["draw"],
  colour: Art["colour"],
  second: Art["second"],
): Art => ({
  habitat,
  speed,
  width,
  height,
  draw,
  colour,
  second,
});

export const flyers = {
  bird: flyer("air", 70, 90, 60, drawBird, lch(0.5, 0.09, 250), lch(0.94, 0.02, 90)),
  owl: flyer("air", 46, 150, 80, drawOwl, lch(0.5, 0.06, 60), lch(0.86, 0.05, 80)),
  butterfly: flyer("air", 30, 60, 60, drawButterfly, lch(0.7, 0.18, 45), lch(0.93, 0.1, 95)),
  dragon: flyer("air", 74, 260, 130, drawDragon, lch(0.5, 0.14, 150), lch(0.62, 0.17, 35)),
  fish: flyer("water", 46, 90, 40, drawFish, lch(0.7, 0.18, 50), lch(0.97, 0.01, 90)),
  whale: flyer("water", 34, 250, 110, drawWhale, lch(0.45, 0.08, 250), lch(0.88, 0.02, 230)),
  jellyfish: flyer("water", 12, 80, 110, drawJellyfish, lch(0.76, 0.14, 330), lch(0.95, 0.04, 340)),
  turtle: flyer("water", 30, 120, 60, drawTurtle, lch(0.5, 0.1, 140), lch(0.64, 0.1, 130)),
} as const satisfies Partial<Record<SubjectKind, Art>>;
