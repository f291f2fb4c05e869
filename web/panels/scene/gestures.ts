// What pointers do on the canvas: pan, pinch, marquee, drag nodes, draw a connection, size a group. Answers what is going on at the moment, for
// it to be drawn, and tells what came of it at the end.
import { createSignal, type Accessor } from "solid-js";
import type { Point } from "#web/ui/pan-zoom.ts";
import type { Editor } from "./editor.ts";
import { contains, distanceTo, overlaps, rectBetween, snapped, toCanvas, type Placed, type Rect } from "./geometry.ts";
import { withContents } from "./clipboard.ts";
import type { Spatial } from "./spatial.ts";

export type Gesture =
  | { readonly kind: "pan" }
  | { readonly kind: "marquee"; readonly frame: Rect }
  | { readonly kind: "move"; readonly ids: ReadonlySet<string>; readonly by: Point }
  | { readonly kind: "connect"; readonly from: string; readonly at: Point; readonly to: string | null }
  | { readonly kind: "size"; readonly id: string; readonly width: number; readonly height: number };

interface Deps {
  readonly editor: Editor;
  readonly host: () => HTMLElement;
  readonly placed: Accessor<Placed>;
  readonly nodesAt: Accessor<Spatial>;
  readonly edgesAt: Accessor<Spatial>;
  /** Nodes are drawn as marks: none of them is an element. */
  readonly far: () => boolean;
  /** Space is held. */
  readonly panning: () => boolean;
  /** A connection ended where nothing is. */
  readonly onLoose: (event: PointerEvent, from: string, at: Point) => void;
}

/** px that a pointer may move and still click. */
const slack = 4;
/** px beside an edge that still hit it. */
const reach = 8;
const leastGroup = 96;

export const createGestures = (deps: Deps) => {
  const { editor } = deps;
  const [gesture, setGesture] = createSignal<Gesture | null>(null);
  const pointers = new Map<number, Point>();
  let start: {
    readonly at: Point;
    readonly begin: ((now: Point, event: PointerEvent) => void) | null;
    readonly click: (event: PointerEvent) => void;
  } | null = null;
  let going = false;
  let additive: ReadonlySet<string> = new Set();

  const pointOf = (event: MouseEvent): Point => {
    const box = deps.host().getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const onCanvas = (at: Point) => toCanvas(editor.view(), at);
  const nodeAt = (at: Point): string | null => {
    const found = deps.nodesAt().within({ ...at, width: 0, height: 0 });
    const { nodes } = editor.store.graph();
    return [...found].find((id) => nodes.get(id)?.type !== "group") ?? null;
  };
  const edgeAt = (at: Point): string | null => {
    const far = reach / editor.view().scale;
    let best: { readonly id: string; readonly distance: number } | null = null;
    for (const id of deps.edgesAt().within({ x: at.x - far, y: at.y - far, width: far * 2, height: far * 2 })) {
      const curve = deps.placed().curves.get(id);
      const distance = curve === undefined ? Infinity : distanceTo(curve, at);
      if (distance <= far && (best === null || distance < best.distance)) best = { id, distance };
    }
    return best?.id ?? null;
  };

  const pan = (by: Point) => {
    const { x, y, scale } = editor.view();
    editor.setView({ x: x + by.x, y: y + by.y, scale });
  };
  const isAdding = (event: MouseEvent) => event.shiftKey || event.ctrlKey || event.metaKey;

  const onNode = (id: string, at: Point, event: PointerEvent) => {
    const wasSelected = editor.selected().has(id);
    if (!wasSelected && !isAdding(event) && event.pointerType !== "touch") editor.select([id]);
    const canMove = editor.store.canEdit() && (wasSelected || event.pointerType !== "touch");
    start = {
      at,
      begin: canMove
        ? (now, moving) => {
            if (!editor.selected().has(id)) editor.select(isAdding(moving) ? [...editor.selected(), id] : [id]);
            const [from, to] = [onCanvas(at), onCanvas(now)];
            const { nodes } = editor.store.graph();
            const lead = nodes.get(id);
            const free = { x: to.x - from.x, y: to.y - from.y };
            // The one under the pointer comes to stand on the grid, and the others keep their places around it; with Alt none does.
            const by =
              lead === undefined || moving.altKey
                ? { x: Math.round(free.x), y: Math.round(free.y) }
                : { x: snapped(lead.x + free.x) - lead.x, y: snapped(lead.y + free.y) - lead.y };
            setGesture({ kind: "move", ids: withContents(editor.store.graph(), editor.selected()), by });
          }
        : null,
      click: (up) => {
        if (isAdding(up)) editor.toggle(id);
        else editor.select([id]);
      },
    };
  };

  const onPointerDown = (event: PointerEvent) => {
    const target = event.target as Element;
    if (target.closest("[data-no-gesture]") !== null) return;
    const at = pointOf(event);
    pointers.set(event.pointerId, at);
    if (pointers.size === 2) {
      start = null;
      going = true;
      setGesture({ kind: "pan" });
      return;
    }
    if (event.button !== 0 && event.button !== 1) {
      pointers.delete(event.pointerId);
      return;
    }
    const id = target.closest<HTMLElement>("[data-node]")?.dataset["node"] ?? (deps.far() ? nodeAt(onCanvas(at)) : null);
    const isGroup = id !== null && editor.store.graph().nodes.get(id)?.type === "group";
    const panned = event.button === 1 || deps.panning();
    if (event.button === 1) event.preventDefault();
    if (panned) {
      start = { at, begin: () => setGesture({ kind: "pan" }), click: () => undefined };
    } else if (id !== null && editor.store.canEdit() && target.closest("[data-port]") !== null) {
      start = {
        at,
        begin: (now) => {
          const to = nodeAt(onCanvas(now));
          setGesture({ kind: "connect", from: id, at: onCanvas(now), to });
        },
        click: () => editor.select([id]),
      };
    } else if (isGroup && editor.store.canEdit() && target.closest("[data-corner]") !== null) {
      start = {
        at,
        begin: (now) => {
          const node = editor.store.graph().nodes.get(id);
          const to = onCanvas(now);
          if (node?.type !== "group") return;
          setGesture({
            kind: "size",
            id,
            width: Math.max(leastGroup, snapped(to.x - node.x)),
            height: Math.max(leastGroup, snapped(to.y - node.y)),
          });
        },
        click: () => editor.select([id]),
      };
    } else if (id !== null && (!isGroup || target.closest(".scene-face-top") !== null)) {
      onNode(id, at, event);
    } else {
      additive = isAdding(event) ? editor.selected() : new Set();
      const touch = event.pointerType === "touch";
      start = {
        at,
        begin: touch
          ? () => setGesture({ kind: "pan" })
          : (now) => {
              const frame = rectBetween(onCanvas(at), onCanvas(now));
              setGesture({ kind: "marquee", frame });
              const { rects } = deps.placed();
              const { nodes } = editor.store.graph();
              const hit = [...deps.nodesAt().within(frame)].filter((one) => {
                const rect = rects.get(one);
                // A frame within a group means what stands in it, not the group.
                return rect !== undefined && overlaps(rect, frame) && (nodes.get(one)?.type !== "group" || contains(frame, rect));
              });
              editor.select([...additive, ...hit]);
            },
        click: () => {
          const edge = edgeAt(onCanvas(at));
          if (edge !== null) editor.selectEdge(edge);
          else if (isGroup) editor.select([id]);
          else if (!touch || gesture() === null) editor.select([], null);
        },
      };
    }
  };

  const onPointerMove = (event: PointerEvent) => {
    const before = pointers.get(event.pointerId);
    if (before === undefined) return;
    const now = pointOf(event);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    pointers.set(event.pointerId, now);
    if (other !== undefined) {
      const distance = (point: Point) => Math.max(Math.hypot(point.x - other.x, point.y - other.y), 1);
      pan({ x: (now.x - before.x) / 2, y: (now.y - before.y) / 2 });
      editor.zoom(distance(now) / distance(before), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
      return;
    }
    if (start === null) return;
    if (!going) {
      if (Math.hypot(now.x - start.at.x, now.y - start.at.y) <= slack) return;
      going = true;
      deps.host().setPointerCapture(event.pointerId);
    }
    if (start.begin === null) {
      // A finger on a node that is not selected moves the canvas, and so does whoever may not move the node.
      setGesture({ kind: "pan" });
    } else {
      start.begin(now, event);
    }
    if (gesture()?.kind === "pan") pan({ x: now.x - before.x, y: now.y - before.y });
  };

  const finish = (event: PointerEvent) => {
    const done = gesture();
    switch (done?.kind) {
      case "move":
        editor.moveBy(editor.selected(), done.by);
        break;
      case "connect":
        if (done.to === null) deps.onLoose(event, done.from, done.at);
        else editor.connect(done.from, done.to);
        break;
      case "size": {
        const node = editor.store.graph().nodes.get(done.id);
        if (node?.type === "group") {
          editor.store.apply([{ do: "putNode", node: { ...node, width: done.width, height: done.height } }]);
        }
        break;
      }
      case "pan":
      case "marquee":
      case undefined:
        break;
    }
  };
  const onPointerUp = (event: PointerEvent) => {
    if (!pointers.delete(event.pointerId)) return;
    if (pointers.size > 0) return;
    if (going) finish(event);
    else start?.click(event);
    start = null;
    going = false;
    setGesture(null);
  };
  const cancel = () => {
    pointers.clear();
    start = null;
    going = false;
    setGesture(null);
  };

  return {
    gesture,
    pointOf,
    onCanvas,
    nodeAt,
    edgeAt,
    cancel,
    handlers: { onPointerDown, onPointerMove, onPointerUp, onPointerCancel: cancel },
  };
};
