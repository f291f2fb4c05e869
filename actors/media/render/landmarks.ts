// What stands still in the land: trees, houses, castles, lighthouses, windmills.
import { Path2D } from "@napi-rs/canvas";
import { lch } from "./colour.ts";
import { addLeafTree } from "./growth.ts";
import { type Art, blob, box, type Ink, polygon } from "./ink.ts";
import type { SubjectKind } from "./lexicon.ts";
import { fillPath, type Pen } from "./stage.ts";

const treeTrunk = new Path2D();
const treeCrown = new Path2D();
const treeLight = new Path2D();
addLeafTree(treeTrunk, treeCrown, treeLight, 0, 0, 220);

const drawTree = (pen: Pen, ink: Ink, time: number): void => {
  pen.fillStyle = ink.shade(lch(0.38, 0.05, 50));
  fillPath(pen, treeTrunk);
  pen.save();
  pen.transform(1, 0, Math.sin(time * 1.1) * 0.02, 1, 0, 0);
  pen.fillStyle = ink.body;
  fillPath(pen, treeCrown);
  pen.fillStyle = ink.lit;
  fillPath(pen, treeLight);
  pen.restore();
};

const smoke = (pen: Pen, ink: Ink, x: number, y: number, time: number): void => {
  for (let puff = 0; puff < 5; puff++) {
    const age = (time * 0.32 + puff / 5) % 1;
    pen.fillStyle = ink.css(lch(0.9, 0.01, 90), 0.42 * (1 - age));
    blob(pen, x + age * 26 + Math.sin(age * 6 + puff) * 5, y - age * 76, 5 + age * 13, 5 + age * 12);
  }
};

const drawHouse = (pen: Pen, ink: Ink, time: number): void => {
  smoke(pen, ink, 35, -112, time);
  pen.fillStyle = ink.dim;
  box(pen, 28, -114, 15, 36, 2);
  pen.fillStyle = ink.second;
  box(pen, -58, -62, 116, 66, 3);
  pen.fillStyle = ink.css(lch(0.2, 0.03, 280), 0.16);
  box(pen, 14, -62, 44, 66, 3);
  pen.fillStyle = ink.body;
  polygon(pen, [
    [-70, -58],
    [-44, -104],
    [44, -104],
    [70, -58],
  ]);
  pen.fillStyle = ink.dim;
  polygon(pen, [
    [22, -58],
    [36, -104],
    [44, -104],
    [70, -58],
  ]);
  pen.fillStyle = ink.shade(lch(0.42, 0.08, 50));
  box(pen, -10, -38, 22, 42, [9, 9, 0, 0]);
  pen.fillStyle = ink.light;
  for (const x of [-44, 26]) box(pen, x, -46, 22, 22, 3);
  pen.fillStyle = ink.shade(lch(0.42, 0.08, 50));
  for (const x of [-44, 26]) {
    box(pen, x + 10, -46, 2, 22);
    box(pen, x, -36, 22, 2);
  }
};

const tower = (pen: Pen, ink: Ink, x: number, width: number, height: number, roof: number, near: boolean): void => {
  pen.fillStyle = near ? ink.body : ink.dim;
  box(pen, x - width / 2, -height, width, height + 8);
  box(pen, x - width * 0.6, -height - 8, width * 1.2, 12, 2);
  pen.fillStyle = ink.css(lch(0.2, 0.03, 280), 0.18);
  box(pen, x + width * 0.1, -height, width * 0.4, height + 8);
  pen.fillStyle = ink.second;
  polygon(pen, [
    [x - width * 0.68, -height - 7],
    [x, -height - roof],
    [x + width * 0.68, -height - 7],
  ]);
  pen.fillStyle = ink.light;
  box(pen, x - 4, -height + 18, 8, 15, [4, 4, 0, 0]);
};

const drawCastle = (pen: Pen, ink: Ink, time: number): void => {
  tower(pen, ink, -20, 36, 190, 66, false);
  tower(pen, ink, 42, 30, 154, 56, false);
  pen.fillStyle = ink.body;
  box(pen, -92, -84, 184, 92);
  for (let merlon = 0; merlon < 9; merlon++) box(pen, -92 + merlon * 21.5, -94, 12, 12);
  tower(pen, ink, -84, 40, 128, 54, true);
  tower(pen, ink, 84, 40, 118, 54, true);
  pen.fillStyle = ink.dark;
  box(pen, -17, -46, 34, 54, [17, 17, 0, 0]);
  pen.fillStyle = ink.light;
  for (const x of [-48, 42]) box(pen, x, -60, 9, 16, [4, 4, 0, 0]);
  pen.strokeStyle = ink.dark;
  pen.lineWidth = 2;
  pen.beginPath();
  pen.moveTo(-20, -254);
  pen.lineTo(-20, -284);
  pen.stroke();
  pen.fillStyle = ink.second;
  polygon(pen, [
    [-20, -284],
    [8, -277 + Math.sin(time * 5) * 3],
    [-20, -269],
  ]);
};

const drawLighthouse = (pen: Pen, ink: Ink, time: number): void => {
  const reach = Math.cos(time * 1.3);
  const glow = pen.createLinearGradient(0, 0, 380 * reach, 0);
  glow.addColorStop(0, ink.css(lch(0.96, 0.09, 95), 0.5));
  glow.addColorStop(1, ink.css(lch(0.96, 0.09, 95), 0));
  pen.fillStyle = glow;
  polygon(pen, [
    [0, -214],
    [380 * reach, -262],
    [380 * reach, -150],
  ]);
  // The rock it stands on.
  pen.fillStyle = ink.shade(lch(0.42, 0.02, 270));
  pen.beginPath();
  pen.moveTo(-110, 26);
  pen.quadraticCurveTo(-84, -18, -40, -24);
  pen.quadraticCurveTo(10, -38, 52, -18);
  pen.quadraticCurveTo(92, -8, 118, 26);
  pen.fill();
  const wall = (): void => {
    pen.beginPath();
    pen.moveTo(-28, -20);
    pen.lineTo(-17, -196);
    pen.lineTo(17, -196);
    pen.lineTo(28, -20);
    pen.closePath();
  };
  pen.fillStyle = ink.second;
  wall();
  pen.fill();
  pen.save();
  wall();
  pen.clip();
  pen.fillStyle = ink.body;
  for (const y of [-170, -110, -50]) box(pen, -40, y, 80, 30);
  pen.fillStyle = ink.css(lch(0.2, 0.03, 280), 0.18);
  box(pen, 6, -200, 40, 190);
  pen.restore();
  pen.fillStyle = ink.dark;
  box(pen, -22, -201, 44, 7, 2);
  pen.fillStyle = ink.light;
  box(pen, -12, -226, 24, 26, 3);
  pen.fillStyle = ink.body;
  pen.beginPath();
  pen.ellipse(0, -225, 18, 17, 0, Math.PI, 0);
  pen.fill();
};

const drawWindmill = (pen: Pen, ink: Ink, time: number): void => {
  pen.fillStyle = ink.second;
  polygon(pen, [
    [-38, 6],
    [-22, -136],
    [22, -136],
    [38, 6],
  ]);
  pen.fillStyle = ink.css(lch(0.2, 0.03, 280), 0.15);
  polygon(pen, [
    [10, 6],
    [6, -136],
    [22, -136],
    [38, 6],
  ]);
  pen.fillStyle = ink.body;
  pen.beginPath();
  pen.ellipse(0, -136, 27, 30, 0, Math.PI, 0);
  pen.fill();
  pen.fillStyle = ink.dark;
  box(pen, -10, -28, 20, 34, [10, 10, 0, 0]);
  pen.fillStyle = ink.light;
  box(pen, -6, -92, 12, 15, 3);
  pen.save();
  pen.translate(0, -146);
  pen.rotate(time * 0.9);
  for (let sail = 0; sail < 4; sail++) {
    pen.rotate(Math.PI / 2);
    pen.fillStyle = ink.dark;
    box(pen, -2, -106, 4, 106, 1);
    pen.fillStyle = ink.white;
    pen.globalAlpha = 0.9;
    box(pen, 2, -104, 21, 80, 2);
    pen.globalAlpha = 1;
  }
  pen.fillStyle = ink.dark;
  blob(pen, 0, 0, 7, 7);
  pen.restore();
};

const cream = lch(0.92, 0.04, 85);

export const landmarks = {
  tree: { habitat: "fixed", speed: 0, width: 150, height: 220, colour: lch(0.56, 0.14, 138), second: lch(0.6, 0.15, 130), draw: drawTree },
  house: { habitat: "fixed", speed: 0, width: 150, height: 115, colour: lch(0.56, 0.15, 32), second: cream, draw: drawHouse },
  castle: {
    habitat: "fixed",
    speed: 0,
    width: 220,
    height: 260,
    colour: lch(0.72, 0.03, 280),
    second: lch(0.5, 0.14, 280),
    draw: drawCastle,
  },
  lighthouse: {
    habitat: "fixed",
    speed: 0,
    width: 140,
    height: 245,
    colour: lch(0.58, 0.2, 27),
    second: lch(0.97, 0.01, 90),
    draw: drawLighthouse,
  },
  windmill: { habitat: "fixed", speed: 0, width: 110, height: 250, colour: lch(0.5, 0.11, 40), second: cream, draw: drawWindmill },
} as const satisfies Partial<Record<SubjectKind, Art>>;
