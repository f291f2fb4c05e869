// What lies within a frame, without asking all: everything is noted in the squares of a coarse grid that it touches. Pure.
import { overlaps, type Rect } from "./geometry.ts";

const square = 640;
/** What touches more squares than this is asked for each time instead. */
const mostSquares = 64;

export interface Spatial {
  /** Ids of what touches the frame; in no order. */
  readonly within: (frame: Rect) => Set<string>;
}

const squaresOf = ({ x, y, width, height }: Rect): readonly [left: number, top: number, right: number, bottom: number] => [
  Math.floor(x / square),
  Math.floor(y / square),
  Math.floor((x + width) / square),
  Math.floor((y + height) / square),
];

export const spatialOf = (rects: Iterable<readonly [id: string, rect: Rect]>): Spatial => {
  const squares = new Map<string, Array<string>>();
  const all = new Map<string, Rect>();
  const large: Array<string> = [];
  for (const [id, rect] of rects) {
    all.set(id, rect);
    const [left, top, right, bottom] = squaresOf(rect);
    if ((right - left + 1) * (bottom - top + 1) > mostSquares) {
      large.push(id);
      continue;
    }
    for (let column = left; column <= right; column++) {
      for (let row = top; row <= bottom; row++) {
        const key = `${column} ${row}`;
        const list = squares.get(key);
        if (list === undefined) squares.set(key, [id]);
        else list.push(id);
      }
    }
  }
  return {
    within: (frame) => {
      const found = new Set<string>();
      const take = (id: string) => overlaps(all.get(id)!, frame) && found.add(id);
      const [left, top, right, bottom] = squaresOf(frame);
      if ((right - left + 1) * (bottom - top + 1) > squares.size) {
        for (const id of all.keys()) take(id);
        return found;
      }
      large.forEach(take);
      for (let column = left; column <= right; column++) {
        for (let row = top; row <= bottom; row++) squares.get(`${column} ${row}`)?.forEach(take);
      }
      return found;
    },
  };
};
