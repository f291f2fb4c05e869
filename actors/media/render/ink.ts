// The colours a subject is drawn with, already in the light of the scene, and how its body is described.
import { type Colour, type css, lch, lighten, vivid } from "./colour.ts";
import type { Chance } from "./random.ts";
import type { Pen } from "./stage.ts";

export interface Ink {
  readonly body: string;
  readonly lit: string;
  readonly dim: string;
  /** Belly, sails, trims. */
  readonly second: string;
  readonly dark: string;
  readonly white: string;
  /** Windows, eyes and lamps that shine. */
  readonly light: string;
  readonly css: (colour: Colour, alpha?: number) => string;
  /** A colour of the subject's own in this light. */
  readonly shade: (colour: Colour) => string;
}

export type Habitat = "ground" | "air" | "surface" | "water" | "fixed";

/** How one kind of subject looks. Origin: where it touches the ground or water, or its middle in the air; it faces right. */
export interface Art {
  readonly habitat: Habitat;
  /** Units a second at the usual pace. */
  readonly speed: number;
  /** Space it takes sideways. */
  readonly width: number;
  readonly height: number;
  readonly colour: Colour;
  readonly second: Colour;
  readonly draw: (pen: Pen, ink: Ink, time: number, chance: Chance) => void;
}

export const makeInk = (colour: Colour, second: Colour, shade: (colour: Colour) => Colour, toCss: typeof css): Ink => ({
  body: toCss(shade(colour)),
  lit: toCss(shade(lighten(colour, 0.09))),
  dim: toCss(shade(lighten(vivid(colour, 0.9), -0.11))),
  second: toCss(shade(second)),
  dark: toCss(shade(lch(0.24, 0.03, 280))),
  white: toCss(shade(lch(0.97, 0.01, 90))),
  light: toCss(lch(0.92, 0.12, 85)),
  css: toCss,
  shade: (own) => toCss(shade(own)),
});

export const blob = (pen: Pen, x: number, y: number, rx: number, ry: number, angle = 0): void => {
  pen.beginPath();
  pen.ellipse(x, y, rx, ry, angle, 0, Math.PI * 2);
  pen.fill();
};

export const polygon = (pen: Pen, points: ReadonlyArray<readonly [number, number]>): void => {
  pen.beginPath();
  points.forEach(([x, y], index) => (index === 0 ? pen.moveTo(x, y) : pen.lineTo(x, y)));
  pen.closePath();
  pen.fill();
};

export const box = (pen: Pen, x: number, y: number, width: number, height: number, radius: number | Array<number> = 0): void => {
  pen.beginPath();
  pen.roundRect(x, y, width, height, radius);
  pen.fill();
};

/** A limb: a tapering, rounded stroke through a joint. */
export const limb = (
  pen: Pen,
  x: number,
  y: number,
  angle: number,
  bend: number,
  length: number,
  width: number,
): readonly [number, number] => {
  const jointX = x + Math.sin(angle) * length * 0.5;
  const jointY = y + Math.cos(angle) * length * 0.5;
  const endX = jointX + Math.sin(angle + bend) * length * 0.5;
  const endY = jointY + Math.cos(angle + bend) * length * 0.5;
  pen.lineCap = "round";
  pen.lineJoin = "round";
  pen.lineWidth = width;
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(jointX, jointY);
  pen.lineTo(endX, endY);
  pen.stroke();
  return [endX, endY];
};
