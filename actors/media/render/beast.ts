// How an animal on four legs is drawn: one body plan, told apart by its measures.
import type { Colour } from "./colour.ts";
import { type Art, blob, type Ink, limb, polygon } from "./ink.ts";
import type { Pen } from "./stage.ts";

export interface BodyPlan {
  readonly length: number;
  readonly thick: number;
  readonly leg: number;
  readonly legWidth: number;
  /** How far the head is before and above the shoulder. */
  readonly neck: readonly [forward: number, up: number];
  readonly neckWidth: number;
  readonly head: number;
  readonly snout: number;
  readonly ears: "pointed" | "long" | "round" | "flap" | "antlers";
  readonly tail: "bushy" | "thin" | "short" | "hair" | "rope";
  /** Strides a second. */
  readonly stride: number;
  readonly hop?: boolean;
  readonly trunk?: boolean;
}

const drawTail = (pen: Pen, ink: Ink, plan: BodyPlan, x: number, y: number, sway: number): void => {
  pen.save();
  pen.translate(x, y);
  pen.rotate(sway * 0.14);
  pen.fillStyle = ink.body;
  switch (plan.tail) {
    case "bushy":
      pen.beginPath();
      pen.moveTo(4, -5);
      pen.bezierCurveTo(-18, -26, -46, -24, -58, -6);
      pen.bezierCurveTo(-46, 8, -20, 10, 4, 8);
      pen.fill();
      pen.fillStyle = ink.second;
      pen.beginPath();
      pen.moveTo(-42, -18);
      pen.bezierCurveTo(-52, -16, -56, -10, -58, -6);
      pen.bezierCurveTo(-52, 2, -46, 4, -40, 5);
      pen.quadraticCurveTo(-36, -6, -42, -18);
      pen.fill();
      break;
    case "thin":
      pen.strokeStyle = ink.body;
      pen.lineWidth = 6;
      pen.lineCap = "round";
      pen.beginPath();
      pen.moveTo(2, 0);
      pen.bezierCurveTo(-20, 2, -30, -18, -26 + sway * 6, -44);
      pen.stroke();
      break;
    case "short":
      blob(pen, -3, -4, 8, 7);
      break;
    case "hair":
      pen.fillStyle = ink.dim;
      pen.beginPath();
      pen.moveTo(4, -6);
      pen.bezierCurveTo(-16, -10, -26, 12, -20 + sway * 4, 42);
      pen.bezierCurveTo(-10, 30, -6, 14, 4, 6);
      pen.fill();
      break;
    case "rope":
      pen.strokeStyle = ink.dim;
      pen.lineWidth = 3.4;
      pen.lineCap = "round";
      pen.beginPath();
      pen.moveTo(0, 0);
      pen.quadraticCurveTo(-10, 14, -8 + sway * 3, 34);
      pen.stroke();
      break;
  }
  pen.restore();
};

const drawEars = (pen: Pen, ink: Ink, plan: BodyPlan, size: number): void => {
  switch (plan.ears) {
    case "pointed":
      pen.fillStyle = ink.dim;
      polygon(pen, [
        [-size * 0.62, -size * 0.5],
        [-size * 0.62, -size * 1.5],
        [size * 0.05, -size * 0.85],
      ]);
      pen.fillStyle = ink.body;
      polygon(pen, [
        [-size * 0.15, -size * 0.7],
        [size * 0.1, -size * 1.6],
        [size * 0.6, -size * 0.6],
      ]);
      break;
    case "long":
      pen.fillStyle = ink.dim;
      blob(pen, -size * 0.5, -size * 1.5, size * 0.24, size * 0.95, -0.35);
      pen.fillStyle = ink.body;
      blob(pen, -size * 0.1, -size * 1.6, size * 0.26, size, -0.15);
      break;
    case "round":
      pen.fillStyle = ink.dim;
      blob(pen, -size * 0.62, -size * 0.8, size * 0.34, size * 0.34);
      pen.fillStyle = ink.body;
      blob(pen, size * 0.18, -size * 0.92, size * 0.34, size * 0.34);
      break;
    case "flap":
      pen.fillStyle = ink.dim;
      blob(pen, -size * 0.62, size * 0.05, size * 0.62, size * 0.85, 0.2);
      break;
    case "antlers":
      pen.strokeStyle = ink.second;
      pen.lineWidth = size * 0.17;
      pen.lineCap = "round";
      pen.beginPath();
      for (const side of [-0.45, 0.15]) {
        pen.moveTo(side * size, -size * 0.8);
        pen.quadraticCurveTo(side * size - size * 0.7, -size * 1.8, side * size - size * 0.2, -size * 2.9);
        pen.moveTo(side * size - size * 0.34, -size * 1.7);
        pen.lineTo(side * size + size * 0.5, -size * 2.3);
        pen.moveTo(side * size - size * 0.38, -size * 2.2);
        pen.lineTo(side * size - size * 1.05, -size * 2.6);
      }
      pen.stroke();
      pen.fillStyle = ink.body;
      blob(pen, -size * 0.7, -size * 0.62, size * 0.4, size * 0.18, 0.5);
      break;
  }
};

const drawBeast = (pen: Pen, ink: Ink, plan: BodyPlan, time: number): void => {
  const cycle = time * plan.stride * Math.PI * 2;
  const hop = plan.hop === true ? Math.max(0, Math.sin(cycle)) * 26 : Math.abs(Math.sin(cycle)) * plan.leg * 0.06;
  const sway = Math.sin(cycle * 0.5 + 1);
  const half = plan.length / 2;
  const hipY = -plan.leg - plan.thick * 0.3;
  pen.save();
  pen.translate(0, -hop);
  if (plan.hop === true) pen.rotate(-0.12 * Math.cos(cycle));
  const legs = (near: boolean): void => {
    pen.strokeStyle = near ? ink.body : ink.dim;
    for (const [at, offset] of [
      [-half * 0.72, near ? 0 : Math.PI],
      [half * 0.66, near ? Math.PI * 0.9 : Math.PI * 1.9],
    ] as const) {
      const swing = plan.hop === true ? 0.5 * Math.cos(cycle) : Math.sin(cycle + offset) * 0.5;
      const lift = Math.max(0, Math.cos(cycle + offset));
      const [footX, footY] = limb(
        pen,
        at + (near ? 0 : 5),
        hipY,
        swing,
        (at < 0 ? 0.5 : -0.55) * lift - swing * 0.25,
        plan.leg + plan.thick * 0.3,
        plan.legWidth,
      );
      pen.fillStyle = near ? ink.dim : ink.dark;
      blob(pen, footX + plan.legWidth * 0.25, footY, plan.legWidth * 0.72, plan.legWidth * 0.45);
    }
  };
  legs(false);
  drawTail(pen, ink, plan, -half - 2, -plan.leg - plan.thick * 0.6, sway);
  // Trunk of the body, then its shadowed belly.
  const middle = -plan.leg - plan.thick * 0.5;
  const shape = (): void => {
    pen.beginPath();
    pen.moveTo(-half - plan.thick * 0.2, middle);
    pen.bezierCurveTo(
      -half - plan.thick * 0.2,
      middle - plan.thick * 0.75,
      -half * 0.2,
      middle - plan.thick * 0.52,
      half * 0.2,
      middle - plan.thick * 0.5,
    );
    pen.bezierCurveTo(
      half,
      middle - plan.thick * 0.62,
      half + plan.thick * 0.3,
      middle - plan.thick * 0.3,
      half + plan.thick * 0.22,
      middle + plan.thick * 0.1,
    );
    pen.bezierCurveTo(half, middle + plan.thick * 0.68, half * 0.1, middle + plan.thick * 0.42, -half * 0.3, middle + plan.thick * 0.38);
    pen.bezierCurveTo(
      -half,
      middle + plan.thick * 0.6,
      -half - plan.thick * 0.2,
      middle + plan.thick * 0.3,
      -half - plan.thick * 0.2,
      middle,
    );
  };
  pen.fillStyle = ink.body;
  shape();
  pen.fill();
  pen.save();
  shape();
  pen.clip();
  pen.fillStyle = ink.dim;
  blob(pen, 0, middle + plan.thick * 0.62, half * 1.2, plan.thick * 0.42);
  pen.restore();
  legs(true);
  const [forward, up] = plan.neck;
  const shoulderX = half * 0.86;
  const shoulderY = middle - plan.thick * 0.12;
  const nod = Math.sin(cycle * 2) * 1.2;
  const headX = shoulderX + forward;
  const headY = shoulderY - up + nod;
  pen.strokeStyle = ink.body;
  pen.lineWidth = plan.neckWidth;
  pen.lineCap = "round";
  pen.beginPath();
  pen.moveTo(shoulderX - plan.neckWidth * 0.15, shoulderY);
  pen.lineTo(headX, headY);
  pen.stroke();
  if (plan.tail === "bushy") {
    pen.fillStyle = ink.second;
    blob(pen, shoulderX + 8, shoulderY + plan.thick * 0.16, plan.thick * 0.3, plan.thick * 0.42, 0.5);
  }
  if (plan.tail === "hair") {
    pen.strokeStyle = ink.dim;
    pen.lineWidth = plan.neckWidth * 0.42;
    pen.beginPath();
    pen.moveTo(shoulderX - plan.neckWidth * 0.5, shoulderY - plan.thick * 0.3);
    pen.lineTo(headX - plan.neckWidth * 0.45, headY - plan.head * 0.7);
    pen.stroke();
  }
  pen.translate(headX, headY);
  const size = plan.head;
  drawEars(pen, ink, plan, size);
  pen.fillStyle = ink.body;
  blob(pen, 0, 0, size * 0.95, size * 0.88);
  pen.beginPath();
  pen.moveTo(size * 0.2, -size * 0.62);
  pen.quadraticCurveTo(size * 0.8 + plan.snout, -size * 0.15, size * 0.72 + plan.snout, size * 0.3);
  pen.quadraticCurveTo(size * 0.5 + plan.snout * 0.5, size * 0.85, -size * 0.1, size * 0.85);
  pen.fill();
  if (plan.trunk === true) {
    pen.strokeStyle = ink.body;
    pen.lineWidth = size * 0.5;
    pen.beginPath();
    pen.moveTo(size * 0.8, size * 0.2);
    pen.bezierCurveTo(size * 1.4, size * 0.8, size * 1.05, size * 1.8, size * (1.35 + sway * 0.12), size * 2.4);
    pen.stroke();
    pen.fillStyle = ink.white;
    polygon(pen, [
      [size * 0.5, size * 0.6],
      [size * 1.5, size * 1.15],
      [size * 0.75, size * 0.9],
    ]);
  } else {
    pen.fillStyle = ink.second;
    pen.beginPath();
    pen.moveTo(size * 0.5 + plan.snout * 0.3, size * 0.18);
    pen.quadraticCurveTo(size * 0.75 + plan.snout, size * 0.05, size * 0.72 + plan.snout, size * 0.3);
    pen.quadraticCurveTo(size * 0.5 + plan.snout * 0.5, size * 0.85, -size * 0.1, size * 0.85);
    pen.quadraticCurveTo(size * 0.1, size * 0.3, size * 0.5 + plan.snout * 0.3, size * 0.18);
    pen.fill();
    pen.fillStyle = ink.dark;
    blob(pen, size * 0.72 + plan.snout, size * 0.12, size * 0.15, size * 0.13);
  }
  pen.fillStyle = ink.dark;
  // Blinks once in about four seconds.
  const blink = time % 3.7 < 0.12 ? 0.02 : 0.17;
  blob(pen, size * 0.38, -size * 0.12, size * 0.13, size * blink);
  pen.restore();
};

export const beast = (plan: BodyPlan, speed: number, colour: Colour, second: Colour): Art => ({
  habitat: "ground",
  speed,
  width: plan.length * 1.6,
  height: plan.leg + plan.thick + plan.neck[1] + plan.head,
  colour,
  second,
  draw: (pen, ink, time) => drawBeast(pen, ink, plan, time),
});
