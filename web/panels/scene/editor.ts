// What can be done in the editor of a scene, whoever asks for it: the canvas, the keyboard, a menu, the inspector. Holds what is selected and
// which part of the canvas is seen.
import { createSignal, type Accessor } from "solid-js";
import type { Asset } from "#protocol/asset.ts";
import { editedBody, type SceneEdit } from "#protocol/scene/edit.ts";
import type { SceneNode } from "#protocol/scene/scene.ts";
import type { Point, Size, View } from "#web/ui/pan-zoom.ts";
import { toast } from "#web/ui/toast.tsx";
import type { Arranged, ArrangeTask } from "./arrange.ts";
import { copied, pasted, withContents } from "./clipboard.ts";
import type { Checking } from "./checking.ts";
import type { Edits } from "./edits.ts";
import {
  boundsOf,
  centreOf,
  contains,
  freePlace,
  gridStep,
  grown,
  rectOf,
  scales,
  seenIn,
  snapped,
  toCanvas,
  zoomedAt,
  type Rect,
} from "./geometry.ts";
import { mediaOf, newEdge, newNode, segmentOf } from "./make.ts";
import type { SceneStore } from "./scene-store.ts";

export interface Editor {
  readonly store: SceneStore;
  /** The draft of a scene that this one calls, once it is known. */
  readonly bodyOf: Checking["bodyOf"];
  readonly isHidden: Checking["isHidden"];
  /** Nodes. */
  readonly selected: Accessor<ReadonlySet<string>>;
  /** The one that the keyboard is on. */
  readonly current: Accessor<string | null>;
  /** The edge that is selected instead of nodes. */
  readonly edge: Accessor<string | null>;
  readonly view: Accessor<View>;
  readonly pane: Accessor<Size>;
  readonly setView: (view: View) => void;
  readonly setPane: (pane: Size) => void;
  readonly select: (ids: Iterable<string>, current?: string | null) => void;
  readonly toggle: (id: string) => void;
  readonly selectEdge: (id: string) => void;
  readonly add: (type: SceneNode["type"], at: Point, from?: string) => void;
  /** A node for each. */
  readonly addAssets: (assets: ReadonlyArray<Pick<Asset, "id" | "name" | "mediaType">>, at: Point) => void;
  readonly connect: (from: string, to: string) => boolean;
  readonly remove: () => void;
  readonly duplicate: () => void;
  readonly group: () => void;
  readonly startAt: (id: string) => void;
  /** Where nodes come to stand in a group, they belong to it. */
  readonly moveBy: (ids: ReadonlySet<string>, by: Point) => void;
  readonly copy: () => string | null;
  /** At this place of the canvas, or in the middle of what is seen; not exactly on what stands there. False: the text holds no nodes. */
  readonly paste: (text: string, at?: Point) => boolean;
  readonly arrange: (work: (task: ArrangeTask) => Promise<Arranged>) => Promise<void>;
  readonly zoom: (factor: number, at?: Point) => void;
  /** All of it in the pane, however small. */
  readonly fit: () => void;
  /** All of it, or as much as can be read from where it starts. */
  readonly open: () => void;
  /** Brings a node into view, if it is not. */
  readonly reveal: (node: string) => void;
  /** Selects a node or an edge, and brings it or its beginning into view. */
  readonly show: (place: { readonly node?: string | null; readonly edge?: string | null }) => void;
  /** Brings a place of the canvas into the middle. */
  readonly centreOn: (at: Point) => void;
  readonly middle: () => Point;
}

const nothing: ReadonlySet<string> = new Set();
const canStart = (type: SceneNode["type"]): boolean => type !== "group" && type !== "end" && type !== "return";
/** px around what is fitted or shown. */
const margin = 48;
const fitMost = 1;
/** What is opened is no smaller: below it the names of nodes cannot be made out. */
const openLeast = 0.4;
/** What is brought into view can be read. */
const readable = 0.5;
/** Nodes that are dropped together stand below each other so far apart. */
const dropStep = 192;

export const createEditor = (store: SceneStore, { bodyOf, isHidden }: Pick<Checking, "bodyOf" | "isHidden">): Editor => {
  const [selected, setSelected] = createSignal<ReadonlySet<string>>(nothing);
  const [current, setCurrent] = createSignal<string | null>(null);
  const [edge, setEdge] = createSignal<string | null>(null);
  const [view, setView] = createSignal<View>({ x: margin, y: margin, scale: 1 });
  const [pane, setPane] = createSignal<Size>({ width: 0, height: 0 });
  const { graph, apply } = store;

  const select: Editor["select"] = (ids, at) => {
    const now = new Set(ids);
    setEdge(null);
    setSelected(now);
    setCurrent(at === undefined ? ([...now].at(-1) ?? current()) : at);
  };
  const centreOn: Editor["centreOn"] = ({ x, y }) => {
    setView((now) => {
      const scale = Math.max(now.scale, readable);
      return { scale, x: pane().width / 2 - x * scale, y: pane().height / 2 - y * scale };
    });
  };
  /** The whole, at most as large as it is; what has no room at this scale is seen from where it starts. */
  const look = (least: number): void => {
    const rects = [...graph().nodes.values()].map(rectOf);
    const bounds = boundsOf(rects);
    const { width, height } = pane();
    if (bounds === null || width === 0) return;
    const scale = Math.max(least, Math.min(fitMost, (width - margin) / bounds.width, (height - margin) / Math.max(bounds.height, 1)));
    const start = graph().nodes.get(store.body().start ?? "");
    const from = start === undefined ? rects.reduce((first, rect) => (rect.x < first.x ? rect : first)) : rectOf(start);
    const [centre, at] = [centreOf(bounds), centreOf(from)];
    const isWide = bounds.width * scale > width - margin;
    const isHigh = bounds.height * scale > height - margin;
    setView({
      scale,
      // It goes on to the right.
      x: isWide ? margin - from.x * scale : width / 2 - centre.x * scale,
      y: height / 2 - (isHigh ? at.y : centre.y) * scale,
    });
  };
  const reveal: Editor["reveal"] = (id) => {
    const node = graph().nodes.get(id);
    if (node === undefined || contains(seenIn(view(), pane()), grown(rectOf(node), 8))) return;
    centreOn(centreOf(rectOf(node)));
  };
  const show: Editor["show"] = ({ node, edge: of }) => {
    const at = of === undefined || of === null ? undefined : graph().edges.get(of);
    const shown = graph().nodes.get(node ?? at?.from ?? "");
    if (shown === undefined) return;
    if (at === undefined) select([shown.id]);
    else {
      setSelected(nothing);
      setEdge(at.id);
    }
    reveal(shown.id);
  };

  const present = () => new Set([...selected()].filter((id) => graph().nodes.has(id)));
  const middle = () => {
    const { x, y } = toCanvas(view(), { x: pane().width / 2, y: pane().height / 2 });
    return { x: snapped(x), y: snapped(y) };
  };
  const put = (node: SceneNode) => ({ do: "putNode", node }) as const;

  /** The innermost group around a place: the smallest. */
  const groupAt = (rect: Rect, without: ReadonlySet<string>): string | null => {
    const { x, y } = centreOf(rect);
    const around = [...graph().nodes.values()].filter(
      (node) => node.type === "group" && !without.has(node.id) && contains(rectOf(node), { x, y, width: 0, height: 0 }),
    );
    const area = (node: SceneNode) => rectOf(node).width * rectOf(node).height;
    return around.sort((a, b) => area(a) - area(b))[0]?.id ?? null;
  };

  /** Where the scene begins from now on, if it did not yet: with the first of these nodes that none of them leads to. */
  const beginning = (edits: Edits): Edits => {
    if (store.body().start !== null) return [];
    const nodes = edits.flatMap((edit) => (edit.do === "putNode" && canStart(edit.node.type) ? [edit.node.id] : []));
    const ledTo = new Set(edits.flatMap((edit) => (edit.do === "putEdge" ? [edit.edge.to] : [])));
    const start = nodes.find((id) => !ledTo.has(id)) ?? nodes[0];
    return start === undefined ? [] : [{ do: "setHead", head: { start } }];
  };

  const add: Editor["add"] = (type, at, from) => {
    const wanted = newNode(type, { x: snapped(at.x), y: snapped(at.y) });
    const others = [...graph().nodes.values()].flatMap((other) => (other.type === "group" ? [] : [rectOf(other)]));
    const made = type === "group" ? wanted : { ...wanted, ...freePlace(rectOf(wanted), others) };
    const node: SceneNode = type === "group" ? made : { ...made, group: groupAt(rectOf(made), nothing) };
    const edits: Array<SceneEdit> = [put(node), ...beginning([put(node)])];
    const withNode = { ...graph(), nodes: new Map(graph().nodes).set(node.id, node) };
    const between = from === undefined ? null : newEdge(withNode, from, node.id);
    if (between !== null) edits.push({ do: "putEdge", edge: between });
    if (apply(edits)) show({ node: node.id });
  };

  const moveBy: Editor["moveBy"] = (ids, by) => {
    if (by.x === 0 && by.y === 0) return;
    const moving = withContents(graph(), ids);
    apply(
      [...moving].flatMap((id): Edits => {
        const node = graph().nodes.get(id);
        if (node === undefined) return [];
        const [x, y] = [node.x + by.x, node.y + by.y];
        // What moves with its group stays in it.
        const group =
          node.type === "group" || (node.group !== null && moving.has(node.group))
            ? node.group
            : groupAt(rectOf({ ...node, x, y }), moving);
        return group === node.group ? [{ do: "moveNode", id, x, y }] : [put({ ...node, x, y, group })];
      }),
    );
  };

  const paste: Editor["paste"] = (text, at) => {
    const result = pasted(text, at ?? middle(), graph());
    if (result === null) return false;
    if (apply([...result.edits, ...beginning(result.edits)])) select(result.ids);
    else toast("It could not be pasted", { tone: "warn", detail: "One of the nodes is too long to be sent to the server." });
    return true;
  };
  const copy = () => (present().size === 0 ? null : copied(graph(), present()));

  return {
    store,
    bodyOf,
    isHidden,
    selected,
    current,
    edge,
    view,
    pane,
    setView,
    setPane,
    select,
    toggle: (id) => {
      const now = new Set(selected());
      if (!now.delete(id)) now.add(id);
      select(now, id);
    },
    selectEdge: (id) => {
      setSelected(nothing);
      setEdge(id);
    },
    add,
    addAssets: (assets, at) => {
      const nodes = assets.map((asset, place): SceneNode => {
        const node = newNode("video", { x: snapped(at.x), y: snapped(at.y) + place * dropStep });
        const title = asset.name.slice(0, 200);
        return node.type === "video" ? { ...node, title, segments: [segmentOf(mediaOf(asset))] } : node;
      });
      const edits = nodes.map(put);
      if (apply([...edits, ...beginning(edits)])) {
        select(nodes.map(({ id }) => id));
      }
    },
    connect: (from, to) => {
      const made = newEdge(graph(), from, to);
      if (made === null || !apply([{ do: "putEdge", edge: made }])) return false;
      setSelected(nothing);
      setEdge(made.id);
      return true;
    },
    remove: () => {
      const gone = edge();
      if (gone !== null) {
        apply([{ do: "removeEdge", id: gone }]);
        setEdge(null);
        return;
      }
      const ids = present();
      apply([...ids].map((id) => ({ do: "removeNode", id }) as const));
      select([], null);
    },
    duplicate: () => {
      const text = copy();
      const bounds = boundsOf([...present()].map((id) => rectOf(graph().nodes.get(id)!)));
      if (text !== null && bounds !== null) paste(text, { x: bounds.x + gridStep * 2, y: bounds.y + gridStep * 2 });
    },
    group: () => {
      const nodes = [...present()].map((id) => graph().nodes.get(id)!);
      const bounds = boundsOf(nodes.map(rectOf));
      if (bounds === null) return;
      const around = grown(bounds, gridStep * 2);
      const frame = {
        ...newNode("group", { x: snapped(around.x), y: snapped(around.y - gridStep) }),
        width: around.width,
        height: around.height + gridStep,
      };
      const members = nodes.map((node) => put({ ...node, group: frame.id }));
      if (apply([put(frame as SceneNode), ...members])) select([frame.id]);
    },
    startAt: (id) => void apply([{ do: "setHead", head: { start: id } }]),
    moveBy,
    copy,
    paste,
    arrange: async (work) => {
      const chosen = present().size > 1 ? present() : new Set(graph().nodes.keys());
      // Frames are drawn around what is laid out, and not laid out themselves.
      const nodes = [...graph().nodes.values()].filter((node) => chosen.has(node.id) && node.type !== "group");
      const before = boundsOf(nodes.map(rectOf));
      if (before === null) return;
      const edges = [...graph().edges.values()].filter(({ from, to }) => chosen.has(from) && chosen.has(to));
      const placed = await work({
        nodes: nodes.map((node) => ({ id: node.id, width: rectOf(node).width, height: rectOf(node).height })),
        edges: edges.map(({ from, to }) => ({ from, to })),
      });
      const places = new Map(placed.map((place) => [place.id, place]));
      const [left, top] = [snapped(before.x), snapped(before.y)];
      const moves = nodes.flatMap(({ id }) => {
        const place = places.get(id);
        return place === undefined ? [] : [{ do: "moveNode", id, x: place.x + left, y: place.y + top } as const];
      });
      const moved = editedBody(store.body(), moves).nodes;
      const frames = [...graph().nodes.values()].flatMap((group): Edits => {
        const inside =
          group.type === "group" ? boundsOf(moved.filter((node) => node.group === group.id && node.type !== "group").map(rectOf)) : null;
        if (group.type !== "group" || inside === null) return [];
        const { x, y, width, height } = grown(inside, gridStep * 2);
        return [put({ ...group, x, y: y - gridStep, width, height: height + gridStep })];
      });
      apply([...moves, ...frames]);
    },
    zoom: (factor, at) => setView((now) => zoomedAt(now, at ?? { x: pane().width / 2, y: pane().height / 2 }, factor)),
    fit: () => look(scales.least),
    open: () => look(openLeast),
    reveal,
    show,
    centreOn,
    middle,
  };
};
