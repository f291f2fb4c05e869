// Looking at something larger than its pane: where it stands and how large, by wheel, pinch, drag or key. Pure; px.

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The content's corner stands at (x, y) of the pane. */
export interface View extends Point {
  readonly scale: number;
}

/** Whole content in the middle of the pane, at most `most` times its size. */
export const fitView = (content: Size, pane: Size, most: number): View => {
  const scale = Math.min(most, pane.width / content.width, pane.height / content.height);
  // A pane or a content without a size (hidden, not loaded) is looked at as it is.
  const usable = Number.isFinite(scale) && scale > 0 ? scale : 1;
  return { scale: usable, x: (pane.width - content.width * usable) / 2, y: (pane.height - content.height * usable) / 2 };
};

const inAxis = (at: number, content: number, pane: number): number =>
  content <= pane ? (pane - content) / 2 : Math.min(0, Math.max(at, pane - content));

/** Keeps the pane filled as far as the content reaches; what is smaller stands in the middle. */
export const keepInView = (view: View, content: Size, pane: Size): View => ({
  scale: view.scale,
  x: inAxis(view.x, content.width * view.scale, pane.width),
  y: inAxis(view.y, content.height * view.scale, pane.height),
});

/** Larger or smaller by `factor`, so that what is at `point` of the pane stays there. */
export const zoomAt = (
  view: View,
  point: Point,
  factor: number,
  scales: { readonly least: number; readonly most: number },
  content: Size,
  pane: Size,
): View => {
  const scale = Math.min(scales.most, Math.max(scales.least, view.scale * factor));
  const ratio = scale / view.scale;
  const moved = { scale, x: point.x - (point.x - view.x) * ratio, y: point.y - (point.y - view.y) * ratio };
  return keepInView(moved, content, pane);
};

export const panBy = (view: View, by: Point, content: Size, pane: Size): View =>
  keepInView({ scale: view.scale, x: view.x + by.x, y: view.y + by.y }, content, pane);
