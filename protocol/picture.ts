// How large the pictures are that stand for others. Pure, and loads nothing: children that work on media need it, too.

/** Longest edges of the pictures that are made of one, px. */
export const posterEdge = 1280;
export const stillEdge = 3840;

export const isLargerThan = ({ width, height }: { readonly width: number; readonly height: number }, edge: number): boolean =>
  Math.max(width, height) > edge;
