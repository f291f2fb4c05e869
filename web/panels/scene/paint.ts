// Draws all edges of the part that is seen onto one canvas, in few strokes: those that look alike are one path.
import type { SceneEdge, SceneNode } from "#protocol/scene/scene.ts";
import type { Point } from "#web/ui/pan-zoom.ts";
import { shortened, gridStep, overlaps, pointOn, roomOn, type Curve, type Rect } from "./geometry.ts";

/** Colours by name, as the page has them at the moment. */
export type Inks = Readonly<Record<SceneEdge["kind"] | "accent" | "words" | "behind" | "grid", string>>;

interface Drawing {
  readonly part: Rect;
  readonly scale: number;
  readonly edges: ReadonlyArray<{
    readonly edge: SceneEdge;
    readonly curve: Curve;
    readonly words: string;
    /** 0 to 1: how much of what is played goes there. */ readonly weight: number;
  }>;
  /** Nodes that are too small to be elements of the page. */
  readonly marks: ReadonlyArray<{ readonly rect: Rect; readonly type: SceneNode["type"]; readonly selected: boolean }>;
  /** Edges of what is selected. */
  readonly lit: (edge: SceneEdge) => boolean;
  /** The one that is being drawn, by hand. */
  readonly hand: Curve | null;
  readonly inks: Inks;
}

/** Steps of the width of edges by their weight, and by how much the widest is wider. */
const weights = 6;
const widest = 7;
/** Below this scale words cannot be read. */
const wordsFrom = 0.5;
/** Below this one points of the grid would be a haze. */
const gridFrom = 0.4;
const fontPx = 11;
const mostWords = 28;
/** Of the words to what is behind them, px. */
const besideWords = 6;
const arrow = { length: 9, half: 4.5 };

/** As the stripes of the nodes are coloured. */
const markInks: Readonly<Record<SceneNode["type"], keyof Inks>> = {
  video: "accent",
  generation: "accent",
  choice: "choice",
  minigame: "choice",
  condition: "conditional",
  action: "conditional",
  end: "return",
  return: "default",
  scene_call: "default",
  group: "grid",
};

const trace = (path: Path2D, [a, b, c, d]: Curve) => {
  path.moveTo(a.x, a.y);
  path.bezierCurveTo(b.x, b.y, c.x, c.y, d.x - arrow.length, d.y);
};

/** They come in from the left. */
const point = (path: Path2D, { x, y }: Point) => {
  path.moveTo(x, y);
  path.lineTo(x - arrow.length, y - arrow.half);
  path.lineTo(x - arrow.length, y + arrow.half);
  path.closePath();
};

export const paintEdges = (canvas: HTMLCanvasElement, drawing: Drawing): void => {
  const { part, scale, inks } = drawing;
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [Math.ceil(part.width * scale * ratio), Math.ceil(part.height * scale * ratio)];
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
    canvas.style.width = `${width / ratio}px`;
    canvas.style.height = `${height / ratio}px`;
  }
  const context = canvas.getContext("2d");
  if (context === null) {
    return;
  }
  const size = scale * ratio;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  context.setTransform(size, 0, 0, size, -part.x * size, -part.y * size);
  const thin = Math.max(1.5, 1 / scale);
  if (scale >= gridFrom) {
    const step = gridStep * 2;
    context.fillStyle = inks.grid;
    for (let x = Math.ceil(part.x / step) * step; x < part.x + part.width; x += step) {
      for (let y = Math.ceil(part.y / step) * step; y < part.y + part.height; y += step) context.fillRect(x - 0.75, y - 0.75, 1.5, 1.5);
    }
  }

  const looks = new Map<
    string,
    { readonly kind: SceneEdge["kind"]; readonly lit: boolean; readonly step: number; readonly line: Path2D; readonly tip: Path2D }
  >();
  for (const { edge, curve, weight } of drawing.edges) {
    const lit = drawing.lit(edge);
    const step = Math.ceil(weight * weights);
    const key = `${edge.kind} ${lit} ${step}`;
    let look = looks.get(key);
    if (look === undefined) {
      look = { kind: edge.kind, lit, step, line: new Path2D(), tip: new Path2D() };
      looks.set(key, look);
    }
    trace(look.line, curve);
    point(look.tip, curve[3]);
  }
  // What is lit comes on top.
  for (const { kind, lit, step, line, tip } of [...looks.values()].sort((a, b) => Number(a.lit) - Number(b.lit))) {
    context.strokeStyle = lit ? inks.accent : inks[kind];
    context.fillStyle = context.strokeStyle;
    context.lineWidth = (lit ? thin * 1.8 : thin) + (step / weights) * widest;
    context.setLineDash(kind === "conditional" ? [7, 5] : []);
    context.stroke(line);
    context.fill(tip);
  }
  context.setLineDash([]);
  for (const { rect, type, selected } of drawing.marks) {
    context.fillStyle = selected ? inks.accent : inks[markInks[type]];
    if (type === "group") {
      context.strokeStyle = context.fillStyle;
      context.strokeRect(rect.x, rect.y, rect.width, rect.height);
    } else {
      context.fillRect(rect.x, rect.y, rect.width, rect.height);
    }
  }
  if (drawing.hand !== null) {
    const line = new Path2D();
    trace(line, drawing.hand);
    point(line, drawing.hand[3]);
    context.strokeStyle = inks.accent;
    context.lineWidth = thin * 1.5;
    context.stroke(line);
  }
  if (scale < wordsFrom) {
    return;
  }
  context.font = `500 ${fontPx}px Inter, system-ui, sans-serif`;
  context.textBaseline = "middle";
  context.textAlign = "center";
  for (const { curve, words } of drawing.edges) {
    if (words === "") continue;
    const at = pointOn(curve, 0.5);
    const few = words.length > mostWords ? `${words.slice(0, mostWords - 1)}…` : words;
    const short = shortened(few, roomOn(curve) - besideWords * 2, (text) => context.measureText(text).width);
    if (short === "") continue;
    const half = context.measureText(short).width / 2 + besideWords;
    if (!overlaps(part, { x: at.x - half, y: at.y - 9, width: half * 2, height: 18 })) continue;
    context.fillStyle = inks.behind;
    context.beginPath();
    context.roundRect(at.x - half, at.y - 9, half * 2, 18, 9);
    context.fill();
    context.fillStyle = inks.words;
    context.fillText(short, at.x, at.y + 0.5);
  }
};

/** The whole scene, small: every node a mark. Answers how the map stands to the canvas. */
export const paintMap = (
  canvas: HTMLCanvasElement,
  rects: Iterable<readonly [rect: Rect, ink: string]>,
  bounds: Rect,
): { readonly scale: number; readonly x: number; readonly y: number } => {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const scale = Math.min(width / Math.max(bounds.width, 1), height / Math.max(bounds.height, 1));
  const [x, y] = [(width - bounds.width * scale) / 2 - bounds.x * scale, (height - bounds.height * scale) / 2 - bounds.y * scale];
  const context = canvas.getContext("2d");
  if (context !== null) {
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    for (const [rect, ink] of rects) {
      context.fillStyle = ink;
      context.fillRect(x + rect.x * scale, y + rect.y * scale, Math.max(rect.width * scale, 1.5), Math.max(rect.height * scale, 1.5));
    }
  }
  return { scale, x, y };
};
