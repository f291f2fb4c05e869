// Pictures of any shape in rows of equal width: each row is filled, none is cut. Pure; all lengths in px.
import { rowAt } from "#web/ui/rows-in-view.ts";

/** Pictures narrower or wider than this are shown cut, so that one of them does not take a row for itself. */
const narrowest = 0.4;
const widest = 3;

export interface GridLayout {
  readonly count: number;
  /** For each picture. */
  readonly lefts: Float64Array;
  readonly widths: Float64Array;
  readonly rowOf: Uint32Array;
  /** The first picture of each row, and one more: the count. */
  readonly firsts: ReadonlyArray<number>;
  /** The top of each row, and one more: where a further row would stand. */
  readonly tops: ReadonlyArray<number>;
  readonly heights: ReadonlyArray<number>;
  /** Of the whole. */
  readonly height: number;
}

/**
 * `aspect`: width by height of the picture at an index; what is not a positive number counts as a square.
 * `target`: the height that rows come near to; a row is never higher, and the last one is not stretched.
 * `before`: a layout of the same width, target and gap whose first `same` pictures are the first ones now; their full rows are taken over.
 */
export const layoutGrid = (
  count: number,
  aspect: (index: number) => number,
  { width, target, gap }: { readonly width: number; readonly target: number; readonly gap: number },
  before?: { readonly layout: GridLayout; readonly same: number },
): GridLayout => {
  const lefts = new Float64Array(count);
  const widths = new Float64Array(count);
  const rowOf = new Uint32Array(count);
  const kept = before === undefined ? 0 : rowsToKeep(before.layout, Math.min(before.same, count));
  const firsts = before?.layout.firsts.slice(0, kept) ?? [];
  const tops = before?.layout.tops.slice(0, kept) ?? [];
  const heights = before?.layout.heights.slice(0, kept) ?? [];
  let first = before?.layout.firsts[kept] ?? 0;
  let top = before?.layout.tops[kept] ?? 0;
  if (before !== undefined) {
    lefts.set(before.layout.lefts.subarray(0, first));
    widths.set(before.layout.widths.subarray(0, first));
    rowOf.set(before.layout.rowOf.subarray(0, first));
  }
  const close = (last: number, sum: number, filled: boolean) => {
    const room = Math.max(width - gap * (last - first), 1);
    const height = filled ? room / sum : Math.min(target, room / sum);
    let left = 0;
    for (let index = first; index <= last; index++) {
      lefts[index] = left;
      left += (widths[index] ?? 0) * height + gap;
      widths[index] = (widths[index] ?? 0) * height;
      rowOf[index] = firsts.length;
    }
    firsts.push(first);
    tops.push(top);
    heights.push(height);
    top += height + gap;
  };
  let sum = 0;
  for (let index = first; index < count; index++) {
    const own = aspect(index);
    // Held here until the height of the row is known.
    const shape = own > 0 && own < Infinity ? Math.min(Math.max(own, narrowest), widest) : 1;
    widths[index] = shape;
    sum += shape;
    if (sum * target + gap * (index - first) >= width) {
      close(index, sum, true);
      first = index + 1;
      sum = 0;
    }
  }
  if (first < count) {
    close(count - 1, sum, false);
  }
  firsts.push(count);
  tops.push(top);
  return { count, lefts, widths, rowOf, firsts, tops, heights, height: Math.max(top - gap, 0) };
};

/** Rows in which nothing changes when the first `same` pictures stay: all before the one in which another follows, and never the last. */
const rowsToKeep = (layout: GridLayout, same: number): number => {
  const last = Math.max(layout.firsts.length - 2, 0);
  return same < layout.count ? Math.min(layout.rowOf[same] ?? 0, last) : last;
};

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export const boxOf = (layout: GridLayout, index: number): Box => {
  const row = layout.rowOf[index] ?? 0;
  return {
    left: layout.lefts[index] ?? 0,
    top: layout.tops[row] ?? 0,
    width: layout.widths[index] ?? 0,
    height: layout.heights[row] ?? 0,
  };
};

/** The picture in the row above (-1) or below (1) that stands under the middle of this one; itself where there is no such row. */
export const besideRow = (layout: GridLayout, index: number, by: number): number => {
  const row = (layout.rowOf[index] ?? 0) + by;
  const [first, end] = [layout.firsts[row], layout.firsts[row + 1]];
  if (row < 0 || first === undefined || end === undefined) {
    return index;
  }
  const middle = (layout.lefts[index] ?? 0) + (layout.widths[index] ?? 0) / 2;
  let at = first;
  while (at + 1 < end && (layout.lefts[at + 1] ?? 0) <= middle) {
    at += 1;
  }
  return at;
};

/** The pictures that a box touches, in order. */
export const touchedBy = (layout: GridLayout, box: Box): ReadonlyArray<number> => {
  const found: Array<number> = [];
  const last = rowAt(layout.tops, box.top + box.height);
  for (let row = Math.max(rowAt(layout.tops, box.top), 0); row <= last; row++) {
    const top = layout.tops[row] ?? 0;
    if (top < box.top + box.height && top + (layout.heights[row] ?? 0) > box.top) {
      for (let index = layout.firsts[row] ?? 0; index < (layout.firsts[row + 1] ?? 0); index++) {
        const left = layout.lefts[index] ?? 0;
        if (left < box.left + box.width && left + (layout.widths[index] ?? 0) > box.left) {
          found.push(index);
        }
      }
    }
  }
  return found;
};
