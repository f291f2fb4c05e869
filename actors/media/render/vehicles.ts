// What drives, sails and flies by engine or wind.
import { lch } from "./colour.ts";
import { type Art, blob, box, type Ink, polygon } from "./ink.ts";
import type { SubjectKind } from "./lexicon.ts";
import type { Pen } from "./stage.ts";

const wheel = (pen: Pen, ink: Ink, x: number, y: number, radius: number, turned: number): void => {
  pen.fillStyle = ink.dark;
  blob(pen, x, y, radius, radius);
  pen.fillStyle = ink.shade(lch(0.75, 0.01, 250));
  blob(pen, x, y, radius * 0.55, radius * 0.55);
  pen.fillStyle = ink.dark;
  for (let spoke = 0; spoke < 3; spoke++) {
    const angle = turned + (spoke * Math.PI * 2) / 3;
    blob(pen, x + Math.cos(angle) * radius * 0.3, y + Math.sin(angle) * radius * 0.3, radius * 0.11, radius * 0.11);
  }
};

const beam = (pen: Pen, ink: Ink, x: number, y: number): void => {
  const light = pen.createLinearGradient(x, y, x + 150, y + 10);
  light.addColorStop(0, ink.css(lch(0.95, 0.08, 90), 0.5));
  light.addColorStop(1, ink.css(lch(0.95, 0.08, 90), 0));
  pen.fillStyle = light;
  polygon(pen, [
    [x, y - 3],
    [x + 150, y - 16],
    [x + 150, y + 26],
    [x, y + 4],
  ]);
};

const drawCar = (pen: Pen, ink: Ink, time: number): void => {
  const bounce = Math.sin(time * 9) * 0.5;
  pen.fillStyle = ink.css(lch(0.15, 0.02, 270), 0.3);
  blob(pen, 0, 1, 72, 6);
  beam(pen, ink, 66, -23);
  pen.save();
  pen.translate(0, bounce);
  pen.fillStyle = ink.body;
  pen.beginPath();
  pen.moveTo(-68, -12);
  pen.quadraticCurveTo(-72, -36, -56, -37);
  pen.lineTo(-44, -38);
  pen.quadraticCurveTo(-30, -62, -8, -62);
  pen.quadraticCurveTo(20, -62, 34, -39);
  pen.quadraticCurveTo(64, -36, 68, -24);
  pen.quadraticCurveTo(71, -12, 64, -11);
  pen.closePath();
  pen.fill();
  pen.fillStyle = ink.dim;
  box(pen, -67, -20, 134, 10, 4);
  pen.fillStyle = ink.shade(lch(0.86, 0.04, 220));
  pen.beginPath();
  pen.moveTo(-36, -40);
  pen.quadraticCurveTo(-26, -56, -9, -56);
  pen.lineTo(-9, -40);
  pen.closePath();
  pen.fill();
  pen.beginPath();
  pen.moveTo(-4, -56);
  pen.quadraticCurveTo(16, -56, 27, -40);
  pen.lineTo(-4, -40);
  pen.closePath();
  pen.fill();
  pen.fillStyle = ink.light;
  box(pen, 60, -29, 8, 8, 3);
  pen.fillStyle = ink.css(lch(0.6, 0.24, 25));
  box(pen, -69, -31, 6, 8, 2);
  pen.restore();
  wheel(pen, ink, -40, -12, 14, time * 12);
  wheel(pen, ink, 40, -12, 14, time * 12);
};

const drawTrain = (pen: Pen, ink: Ink, time: number): void => {
  for (let wagon = 2; wagon >= 0; wagon--) {
    const x = -wagon * 150;
    pen.save();
    pen.translate(x, Math.sin(time * 8 + wagon) * 0.6);
    pen.fillStyle = wagon === 0 ? ink.body : ink.dim;
    box(pen, -70, -66, 140, 54, wagon === 0 ? [10, 34, 8, 6] : 8);
    pen.fillStyle = ink.second;
    box(pen, -70, -30, 140, 7, 0);
    for (let pane = 0; pane < 4; pane++) {
      pen.fillStyle = wagon === 0 && pane === 3 ? ink.shade(lch(0.9, 0.05, 210)) : ink.light;
      box(pen, -60 + pane * 32, -56, 22, 20, 4);
    }
    pen.restore();
    for (const at of [-48, -26, 26, 48]) wheel(pen, ink, x + at, -9, 9, time * 14);
    if (wagon < 2) {
      pen.fillStyle = ink.dark;
      box(pen, x - 82, -22, 14, 6, 2);
    }
  }
  beam(pen, ink, 68, -30);
};

const drawBoat = (pen: Pen, ink: Ink, time: number): void => {
  pen.save();
  pen.translate(0, Math.sin(time * 1.5) * 3);
  pen.rotate(Math.sin(time * 1.1 + 0.6) * 0.045);
  const fill = Math.sin(time * 0.9) * 4;
  pen.strokeStyle = ink.dark;
  pen.lineWidth = 4;
  pen.beginPath();
  pen.moveTo(-2, -14);
  pen.lineTo(-2, -142);
  pen.stroke();
  pen.fillStyle = ink.second;
  pen.beginPath();
  pen.moveTo(2, -138);
  pen.quadraticCurveTo(46 + fill, -84, 56 + fill, -30);
  pen.quadraticCurveTo(30, -24, 2, -26);
  pen.fill();
  pen.fillStyle = ink.white;
  pen.globalAlpha = 0.86;
  pen.beginPath();
  pen.moveTo(-6, -128);
  pen.quadraticCurveTo(-36 + fill, -78, -46 + fill, -32);
  pen.quadraticCurveTo(-26, -26, -6, -28);
  pen.fill();
  pen.globalAlpha = 1;
  pen.fillStyle = ink.body;
  polygon(pen, [
    [-2, -142],
    [22 + fill, -137 + Math.sin(time * 6) * 2],
    [-2, -130],
  ]);
  pen.beginPath();
  pen.moveTo(-66, -20);
  pen.lineTo(74, -20);
  pen.quadraticCurveTo(58, 12, 36, 14);
  pen.lineTo(-42, 14);
  pen.quadraticCurveTo(-60, 8, -66, -20);
  pen.fill();
  pen.fillStyle = ink.white;
  box(pen, -66, -22, 140, 6, 2);
  pen.fillStyle = ink.dim;
  pen.beginPath();
  pen.moveTo(-60, -2);
  pen.lineTo(66, -2);
  pen.quadraticCurveTo(54, 12, 36, 14);
  pen.lineTo(-42, 14);
  pen.quadraticCurveTo(-56, 9, -60, -2);
  pen.fill();
  pen.restore();
};

const flame = (pen: Pen, ink: Ink, x: number, y: number, size: number, time: number): void => {
  const flicker = 1 + 0.16 * Math.sin(time * 31) + 0.1 * Math.sin(time * 47);
  for (const [scale, hue, lightness] of [
    [1, 35, 0.68],
    [0.7, 65, 0.82],
    [0.4, 95, 0.96],
  ] as const) {
    pen.fillStyle = ink.css(lch(lightness, 0.18, hue), 0.92);
    pen.beginPath();
    pen.moveTo(x, y - size * 0.42 * scale);
    pen.quadraticCurveTo(x - size * 1.1 * scale * flicker, y - size * 0.34 * scale, x - size * 2.1 * scale * flicker, y);
    pen.quadraticCurveTo(x - size * 1.1 * scale * flicker, y + size * 0.34 * scale, x, y + size * 0.42 * scale);
    pen.fill();
  }
};

const drawRocket = (pen: Pen, ink: Ink, time: number): void => {
  pen.rotate(-0.5 + Math.sin(time * 0.8) * 0.05);
  flame(pen, ink, -56, 0, 36, time);
  pen.fillStyle = ink.dim;
  polygon(pen, [
    [-56, -16],
    [-78, -40],
    [-30, -22],
  ]);
  polygon(pen, [
    [-56, 16],
    [-78, 40],
    [-30, 22],
  ]);
  pen.fillStyle = ink.second;
  pen.beginPath();
  pen.moveTo(-58, -16);
  pen.bezierCurveTo(-20, -31, 40, -28, 84, 0);
  pen.bezierCurveTo(40, 28, -20, 31, -58, 16);
  pen.closePath();
  pen.fill();
  pen.save();
  pen.clip();
  pen.fillStyle = ink.body;
  box(pen, 46, -40, 60, 80);
  box(pen, -60, -40, 16, 80);
  pen.fillStyle = ink.css(lch(0.2, 0.04, 270), 0.16);
  box(pen, -60, 6, 160, 40);
  pen.restore();
  pen.fillStyle = ink.dark;
  blob(pen, 18, -2, 12, 12);
  pen.fillStyle = ink.shade(lch(0.82, 0.1, 215));
  blob(pen, 18, -2, 8.5, 8.5);
  pen.fillStyle = ink.body;
  box(pen, -66, -5, 42, 10, 5);
};

const drawPlane = (pen: Pen, ink: Ink, time: number): void => {
  pen.rotate(-0.07 + Math.sin(time * 0.9) * 0.03);
  pen.fillStyle = ink.dim;
  polygon(pen, [
    [0, -8],
    [-26, -44],
    [-12, -44],
    [26, -8],
  ]);
  pen.fillStyle = ink.second;
  pen.beginPath();
  pen.moveTo(-82, -10);
  pen.quadraticCurveTo(0, -24, 62, -14);
  pen.quadraticCurveTo(88, -8, 84, 0);
  pen.quadraticCurveTo(70, 12, 30, 13);
  pen.quadraticCurveTo(-40, 12, -82, -4);
  pen.fill();
  pen.fillStyle = ink.body;
  polygon(pen, [
    [-84, -8],
    [-100, -42],
    [-78, -42],
    [-56, -13],
  ]);
  pen.beginPath();
  pen.moveTo(18, 3);
  pen.lineTo(-44, 42);
  pen.lineTo(-22, 42);
  pen.lineTo(44, 6);
  pen.fill();
  pen.fillStyle = ink.dark;
  for (let pane = 0; pane < 7; pane++) blob(pen, -38 + pane * 13, -7, 3.4, 3.8);
  pen.fillStyle = ink.shade(lch(0.7, 0.09, 225));
  polygon(pen, [
    [60, -12],
    [78, -6],
    [60, -4],
  ]);
};

const drawBalloon = (pen: Pen, ink: Ink, time: number): void => {
  pen.rotate(Math.sin(time * 0.7) * 0.03);
  pen.strokeStyle = ink.dark;
  pen.lineWidth = 1.3;
  pen.beginPath();
  for (const side of [-1, 1]) {
    pen.moveTo(side * 20, 36);
    pen.lineTo(side * 12, 76);
  }
  pen.stroke();
  const shape = (): void => {
    pen.beginPath();
    pen.moveTo(-18, 44);
    pen.bezierCurveTo(-34, 18, -66, 0, -66, -36);
    pen.bezierCurveTo(-66, -114, 66, -114, 66, -36);
    pen.bezierCurveTo(66, 0, 34, 18, 18, 44);
    pen.closePath();
  };
  pen.fillStyle = ink.body;
  shape();
  pen.fill();
  pen.save();
  shape();
  pen.clip();
  for (const [x, width, fill] of [
    [-52, 13, ink.second],
    [0, 17, ink.second],
    [50, 12, ink.second],
  ] as const) {
    pen.fillStyle = fill;
    blob(pen, x, -30, width, 86);
  }
  pen.fillStyle = ink.css(lch(0.2, 0.05, 290), 0.16);
  blob(pen, 62, -16, 46, 92);
  pen.fillStyle = ink.css(lch(1, 0, 0), 0.18);
  blob(pen, -34, -62, 15, 30, 0.4);
  pen.restore();
  pen.fillStyle = ink.css(lch(0.9, 0.15, 75), 0.5 + 0.5 * Math.max(0, Math.sin(time * 2.6)));
  blob(pen, 0, 52, 4, 8);
  pen.fillStyle = ink.shade(lch(0.5, 0.08, 60));
  box(pen, -14, 74, 28, 21, [3, 3, 7, 7]);
  pen.fillStyle = ink.shade(lch(0.4, 0.07, 55));
  box(pen, -15, 73, 30, 5, 2);
};

const drawUfo = (pen: Pen, ink: Ink, time: number): void => {
  const light = pen.createLinearGradient(0, 10, 0, 190);
  light.addColorStop(0, ink.css(lch(0.9, 0.15, 150), 0.42));
  light.addColorStop(1, ink.css(lch(0.9, 0.15, 150), 0));
  pen.fillStyle = light;
  polygon(pen, [
    [-20, 10],
    [20, 10],
    [76, 190],
    [-76, 190],
  ]);
  pen.fillStyle = ink.css(lch(0.88, 0.07, 200), 0.75);
  pen.beginPath();
  pen.ellipse(0, -10, 32, 34, 0, Math.PI, 0);
  pen.fill();
  pen.fillStyle = ink.body;
  blob(pen, 0, 0, 78, 19);
  pen.fillStyle = ink.dim;
  pen.beginPath();
  pen.ellipse(0, 0, 78, 19, 0, 0, Math.PI);
  pen.fill();
  for (let lamp = 0; lamp < 7; lamp++) {
    pen.fillStyle = ink.css(lch(0.85, 0.18, (lamp * 51 + time * 120) % 360), 0.55 + 0.45 * Math.sin(time * 6 + lamp));
    blob(pen, -60 + lamp * 20, 4 + Math.sin((lamp / 6) * Math.PI) * 8, 4.4, 4.4);
  }
};

const white = lch(0.96, 0.01, 90);

export const vehicles = {
  car: { habitat: "ground", speed: 190, width: 150, height: 64, colour: lch(0.6, 0.2, 27), second: white, draw: drawCar },
  train: {
    habitat: "ground",
    speed: 150,
    width: 460,
    height: 70,
    colour: lch(0.58, 0.18, 28),
    second: lch(0.88, 0.1, 85),
    draw: drawTrain,
  },
  boat: {
    habitat: "surface",
    speed: 34,
    width: 150,
    height: 150,
    colour: lch(0.55, 0.17, 30),
    second: lch(0.93, 0.04, 85),
    draw: drawBoat,
  },
  rocket: { habitat: "air", speed: 60, width: 190, height: 110, colour: lch(0.6, 0.21, 27), second: white, draw: drawRocket },
  plane: { habitat: "air", speed: 80, width: 190, height: 90, colour: lch(0.58, 0.17, 250), second: white, draw: drawPlane },
  balloon: {
    habitat: "air",
    speed: 14,
    width: 140,
    height: 190,
    colour: lch(0.63, 0.2, 28),
    second: lch(0.9, 0.12, 88),
    draw: drawBalloon,
  },
  ufo: { habitat: "air", speed: 26, width: 160, height: 60, colour: lch(0.72, 0.03, 250), second: white, draw: drawUfo },
} as const satisfies Partial<Record<SubjectKind, Art>>;
