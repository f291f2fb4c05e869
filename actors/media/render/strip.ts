// Many small shapes along a layer, kept in tiles, so that only those in view are filled: a path costs by all of its edges.
import { Path2D } from "@napi-rs/canvas";
import type { Pen, Span } from "./stage.ts";

export interface Strip {
  /** The path to which a shape at x is added; it may reach `reach` beyond x on both sides. */
  readonly at: (x: number) => Path2D;
  /** Fills what is in view with the present style. */
  readonly fill: (pen: Pen, view: Span) => void;
  readonly stroke: (pen: Pen, view: Span) => void;
}

const tileWidth = 240;
const outlineStep = 8;

export const makeStrip = (reach: number): Strip => {
  const tiles = new Map<number, Path2D>();
  const visit = ([left, right]: Span, use: (path: Path2D) => void): void => {
    const last = Math.floor((right + reach) / tileWidth);
    for (let tile = Math.floor((left - reach) / tileWidth); tile <= last; tile++) {
      const path = tiles.get(tile);
      if (path !== undefined) use(path);
    }
  };
  return {
    at: (x) => {
      const tile = Math.floor(x / tileWidth);
      const present = tiles.get(tile);
      if (present !== undefined) return present;
      const fresh = new Path2D();
      tiles.set(tile, fresh);
      return fresh;
    },
    fill: (pen, view) => visit(view, (path) => pen.fill(path)),
    stroke: (pen, view) => visit(view, (path) => pen.stroke(path)),
  };
};

/**
 * The area below an outline, at most `depth` deep and down to `bottom`, in tiles that overlap a little, lest seams show.
 * What nearer land hides anyway is better not filled: that is half of the work.
 */
export const areaBelow = (
  from: number,
  to: number,
  bottom: number,
  outline: (x: number) => number,
  depth = Number.POSITIVE_INFINITY,
): Strip => {
  const strip = makeStrip(0);
  for (let left = Math.floor(from / tileWidth) * tileWidth; left < to; left += tileWidth) {
    const path = strip.at(left);
    let lowest = Number.NEGATIVE_INFINITY;
    path.moveTo(left - 1, outline(left - 1));
    for (let x = left - 1; x <= left + tileWidth; x += outlineStep) {
      const y = outline(x);
      lowest = Math.max(lowest, y);
      path.lineTo(x, y);
    }
    const foot = Math.min(bottom, lowest + depth);
    path.lineTo(left + tileWidth + 1, outline(left + tileWidth + 1));
    path.lineTo(left + tileWidth + 1, foot);
    path.lineTo(left - 1, foot);
    path.closePath();
  }
  return strip;
};
