// Where things stand on the canvas: sizes of nodes, curves of edges, what a point or a frame hits, the grid that is snapped to. Pure; lengths
// in px of the canvas at scale 1.
import type { SceneEdge, SceneNode } from "#protocol/scene/scene.ts";
import type { Point, View } from "#web/ui/pan-zoom.ts";

export interface Rect extends Point {
  readonly width: number;
  readonly height: number;
}

export const gridStep = 16;
export const nodeWidth = 208;
const heights: Readonly<Record<Exclude<SceneNode["type"], "group">, number>> = {
  video: 160,
  choice: 64,
  action: 64,
  condition: 64,
  end: 64,
  scene_call: 64,
  return: 64,
  generation: 64,
  minigame: 64,
};

export const sizeOf = (node: SceneNode): { readonly width: number; readonly height: number } =>
  node.type === "group" ? { width: node.width, height: node.height } : { width: nodeWidth, height: heights[node.type] };

export const rectOf = (node: SceneNode): Rect => ({ x: node.x, y: node.y, ...sizeOf(node) });

export const centreOf = ({ x, y, width, height }: Rect): Point => ({ x: x + width / 2, y: y + height / 2 });

export const snapped = (value: number): number => Math.round(value / gridStep) * gridStep + 0;

export const rectBetween = (a: Point, b: Point): Rect => ({
  x: Math.min(a.x, b.x),
  y: Math.min(a.y, b.y),
  width: Math.abs(a.x - b.x),
  height: Math.abs(a.y - b.y),
});

export const overlaps = (a: Rect, b: Rect): boolean =>
  a.x <= b.x + b.width && b.x <= a.x + a.width && a.y <= b.y + b.height && b.y <= a.y + a.height;

export const contains = (outer: Rect, inner: Rect): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

export const grown = ({ x, y, width, height }: Rect, by: number): Rect => ({
  x: x - by,
  y: y - by,
  width: width + by * 2,
  height: height + by * 2,
});

/** The place on the grid at or below the one of `rect` where it covers none of these, a step away from what stands above it. */
export const freePlace = (rect: Rect, taken: ReadonlyArray<Rect>): Point => {
  let { y } = rect;
  // From the top: what it was moved below is behind it.
  for (const other of taken.toSorted((a, b) => a.y - b.y)) {
    if (overlaps({ ...rect, y }, other)) y = Math.ceil((other.y + other.height + 1) / gridStep) * gridStep + gridStep;
  }
  return { x: rect.x, y };
};

/** Around all of them; null for none. */
export const boundsOf = (rects: Iterable<Rect>): Rect | null => {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y, width, height } of rects) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x + width);
    bottom = Math.max(bottom, y + height);
  }
  return left === Infinity ? null : { x: left, y: top, width: right - left, height: bottom - top };
};

/** What of the canvas a pane shows. */
export const seenIn = (view: View, pane: { readonly width: number; readonly height: number }): Rect => ({
  x: -view.x / view.scale,
  y: -view.y / view.scale,
  width: pane.width / view.scale,
  height: pane.height / view.scale,
});

export const toCanvas = (view: View, { x, y }: Point): Point => ({ x: (x - view.x) / view.scale, y: (y - view.y) / view.scale });

export const scales = { least: 0.05, most: 2 } as const;

/** Larger or smaller by `factor`; what is at `at` of the pane stays there. */
export const zoomedAt = (view: View, at: Point, factor: number): View => {
  const scale = Math.min(scales.most, Math.max(scales.least, view.scale * factor));
  const ratio = scale / view.scale;
  return { scale, x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio };
};

/** A cubic curve: from, two handles, to. */
export type Curve = readonly [Point, Point, Point, Point];

/** How wide words in the middle of a curve may be and not lie under the nodes that it leads between. */
export const roomOn = ([from, , , to]: Curve): number =>
  to.x < from.x || Math.abs(to.y - from.y) > heights.video ? Infinity : to.x - from.x;

/** As much of the words as has room, with a sign of what was left out; none where that says nothing. `widthOf`: of a text, as `room` is. */
export const shortened = (words: string, room: number, widthOf: (text: string) => number): string => {
  const all = widthOf(words);
  if (all <= room) return words;
  const most = Math.floor((words.length * room) / all) - 1;
  return most < leastWords ? "" : `${words.slice(0, most).replace(halfAtEnd, "").trimEnd()}…`;
};
/** Letters that still say something. */
const leastWords = 3;
/** Of a letter that takes two units. */
const halfAtEnd = /\p{Surrogate}$/u;

/** Of one that leads away at `share` (0 to 1) of a node's right side, to the middle of the other's left side. */
export const curveOf = (from: Rect, to: Rect, share: number): Curve => {
  const a = { x: from.x + from.width, y: from.y + from.height * share };
  const b = { x: to.x, y: to.y + to.height / 2 };
  // Backwards it swings out, so that it does not run through its own nodes.
  const reach = b.x >= a.x ? Math.max((b.x - a.x) / 2, 24) : Math.min(80 + (a.x - b.x) / 4, 240);
  const sag = b.x >= a.x ? 0 : from === to || Math.abs(a.y - b.y) < 48 ? from.height / 2 + 48 : 0;
  return [a, { x: a.x + reach, y: a.y + sag }, { x: b.x - reach, y: b.y + sag }, b];
};

/** Where along the right side the edges of a node leave it. */
export const shareOf = (at: number, count: number): number => (at + 1) / (count + 1);

export const pointOn = ([a, b, c, d]: Curve, t: number): Point => {
  const s = 1 - t;
  const mix = (p: number, q: number, r: number, u: number) => s * s * s * p + 3 * s * s * t * q + 3 * s * t * t * r + t * t * t * u;
  return { x: mix(a.x, b.x, c.x, d.x), y: mix(a.y, b.y, c.y, d.y) };
};

/** A frame that the curve does not leave: that of its four points. */
export const boxOf = (curve: Curve): Rect => boundsOf(curve.map(({ x, y }) => ({ x, y, width: 0, height: 0 })))!;

/** How far a point is from a curve, by as many straight pieces as the eye takes for one. */
export const distanceTo = (curve: Curve, { x, y }: Point): number => {
  const pieces = 24;
  let best = Infinity;
  let before = curve[0];
  for (let piece = 1; piece <= pieces; piece++) {
    const next = pointOn(curve, piece / pieces);
    const [dx, dy] = [next.x - before.x, next.y - before.y];
    const length = dx * dx + dy * dy;
    const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - before.x) * dx + (y - before.y) * dy) / length));
    best = Math.min(best, Math.hypot(x - before.x - along * dx, y - before.y - along * dy));
    before = next;
  }
  return best;
};

/** Nodes and curves of what stands on the canvas. */
export interface Placed {
  readonly rects: ReadonlyMap<string, Rect>;
  readonly curves: ReadonlyMap<string, Curve>;
}

export const placedOf = (
  nodes: ReadonlyMap<string, SceneNode>,
  from: ReadonlyMap<string, ReadonlyArray<SceneEdge>>,
  rect: (node: SceneNode) => Rect = rectOf,
): Placed => {
  const rects = new Map([...nodes].map(([id, node]) => [id, rect(node)]));
  const curves = new Map<string, Curve>();
  for (const [id, edges] of from) {
    const start = rects.get(id);
    for (const [at, edge] of edges.entries()) {
      const end = rects.get(edge.to);
      if (start !== undefined && end !== undefined) curves.set(edge.id, curveOf(start, end, shareOf(at, edges.length)));
    }
  }
  return { rects, curves };
};
