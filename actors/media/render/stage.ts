// What every part of a scene is drawn with. Lengths are stage units: a stage has the area of 960 by 540 of them, whatever
// its shape and its pixels, so that nothing depends on the quality that was asked for.
import { Canvas, type Path2D, type SKRSContext2D } from "@napi-rs/canvas";
import type { Palette } from "./palette.ts";
import type { ScenePlan } from "./plan.ts";
import type { Chance } from "./random.ts";

export type Pen = SKRSContext2D;

const stageArea = 960 * 540;

export interface Stage {
  readonly width: number;
  readonly height: number;
  /** Pixels of one unit. */
  readonly scale: number;
  /** y of the horizon. */
  readonly horizon: number;
  /** y on which subjects stand, in the middle of the picture. */
  readonly ground: number;
  /** s */
  readonly seconds: number;
  /** How far the camera goes sideways, in units of the subjects' depth. */
  readonly from: number;
  readonly to: number;
  readonly plan: ScenePlan;
  readonly palette: Palette;
  readonly chance: (name: string) => Chance;
}

/** From x to x, in units of a layer. */
export type Span = readonly [left: number, right: number];

/** A part of the picture at a depth: 0 is infinitely far and stands still, 1 moves with the subjects, above 1 is nearer. */
export interface Layer {
  readonly depth: number;
  /** `time` in s from the start; `view`: what of the layer is in the picture. */
  readonly draw: (pen: Pen, time: number, view: Span) => void;
}

export const unitScale = (pixelWidth: number, pixelHeight: number): number => Math.sqrt((pixelWidth * pixelHeight) / stageArea);

/** The strip of a layer that the camera can see: from x to x. */
export const extent = (stage: Stage, depth: number, margin = 60): readonly [number, number] => [
  stage.from * depth - margin,
  stage.to * depth + stage.width + margin,
];

export const makeCanvas = (width: number, height: number): Canvas => new Canvas(width, height);

export const fillPath = (pen: Pen, path: Path2D): void => pen.fill(path);

/** Vertical gradient through colours at even distances, or at the stops given. */
export const verticalGradient = (
  pen: Pen,
  top: number,
  bottom: number,
  colours: ReadonlyArray<string>,
  stops?: ReadonlyArray<number>,
): CanvasGradient => {
  const gradient = pen.createLinearGradient(0, top, 0, bottom);
  colours.forEach((colour, index) => gradient.addColorStop(stops?.[index] ?? index / Math.max(1, colours.length - 1), colour));
  return gradient;
};

/** A soft spot of light: full in the middle, nothing at the radius. */
export const glowGradient = (
  pen: Pen,
  x: number,
  y: number,
  radius: number,
  colour: (alpha: number) => string,
  strength: number,
): CanvasGradient => {
  const gradient = pen.createRadialGradient(x, y, 0, x, y, radius);
  // Falls as light does; a straight ramp shows its edge.
  for (const stop of [0, 0.12, 0.25, 0.4, 0.6, 0.8, 1]) gradient.addColorStop(stop, colour(strength * (1 - stop) ** 2.4));
  return gradient;
};

/** 0 to 1 with a soft start and end. */
export const ease = (share: number): number => {
  const bounded = Math.min(1, Math.max(0, share));
  return bounded * bounded * (3 - 2 * bounded);
};
