// Which rows of differing heights are in view. Pure.
//
// `tops` has one entry for each row, in px from the first, ascending, and one more: the end of the last row.

/** The row that stands at `y`; the nearest one for a `y` outside of them. -1: there is none. */
export const rowAt = (tops: ArrayLike<number>, y: number): number => {
  const rows = tops.length - 1;
  if (rows <= 0) {
    return -1;
  }
  let low = 0;
  let high = rows - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((tops[middle] ?? 0) <= y) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
};

/** The rows that touch the stretch from `top` on, and those within `spare` px of it; `last` is not among them. */
export const rowsInView = (
  tops: ArrayLike<number>,
  top: number,
  height: number,
  spare: number,
): { readonly first: number; readonly last: number } => {
  const first = rowAt(tops, top - spare);
  return first < 0 ? { first: 0, last: 0 } : { first, last: rowAt(tops, top + height + spare) + 1 };
};
