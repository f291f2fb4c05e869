// The canvas of a scene: nodes as HTML, as far as they are seen, over one canvas of edges. Panning moves both by a transform alone; what comes
// into view is added once the pane has left the part that was drawn around it.
import {
  createEffect,
  createMemo,
  createSignal,
  For,
  on,
  onCleanup,
  onMount,
  Show,
  untrack,
  type Accessor,
  type Component,
} from "solid-js";
import type { ProblemSeverity } from "#protocol/scene/check/problem.ts";
import type { SceneEdge } from "#protocol/scene/scene.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { droppedAssets } from "#web/store/drag.ts";
import { createDropZone } from "#web/ui/drop-zone.ts";
import { onElementSize } from "#web/ui/element-size.ts";
import { showContextMenu, type MenuItem } from "#web/ui/menu.tsx";
import type { Point } from "#web/ui/pan-zoom.ts";
import { actAt, type ActsOf, type sceneKeys } from "#web/ui/place-keys.ts";
import { toast } from "#web/ui/toast.tsx";
import type { Editor } from "./editor.ts";
import { boxOf, contains, curveOf, grown, gridStep, placedOf, rectOf, seenIn, type Curve, type Rect } from "./geometry.ts";
import { createGestures } from "./gestures.ts";
import { neighbourOf, type Direction } from "./graph.ts";
import { nodeTypes, typeTitles } from "./make.ts";
import type { Other } from "./others.ts";
import { OthersOnCanvas } from "./others-view.tsx";
import { MiniMap } from "./mini-map.tsx";
import { NodeView, typeIcons } from "./node-view.tsx";
import type { SceneFlow } from "./played.tsx";
import { paintEdges, type Inks } from "./paint.ts";
import { spatialOf } from "./spatial.ts";
import { edgeWords, nameOf } from "./words.ts";

export interface NodeProblems {
  readonly count: number;
  readonly worst: ProblemSeverity;
}

interface CanvasProps {
  readonly editor: Editor;
  readonly problems: ReadonlyMap<string, NodeProblems>;
  /** How it is played, where that is to be seen. */
  readonly flow: SceneFlow | null;
  /** Who else has the scene open. */
  readonly others: ReadonlyArray<Other>;
  /** Where the pointer is on the canvas; null: elsewhere. */
  readonly onPoint: (at: Point | null) => void;
  readonly onArrange: () => void;
  readonly onInspect: () => void;
  readonly onFind: () => void;
  readonly onPlay: (node: string) => void;
}

/** px around the pane that are drawn with it. */
const ahead = 320;
const keyZoom = 1.25;
/** Nodes that are seen so small are marks on the canvas of the edges: a thousand elements took 0.2 s a frame. Few may be elements for longer. */
const far = { many: 200, manyBelow: 0.3, below: 0.12 } as const;
/** Room that a new node takes beside the one that it is made from. */
const besideStep = 320;

const inkNames = [
  "default",
  "conditional",
  "choice",
  "return",
  "outcome",
  "accent",
  "words",
  "behind",
  "grid",
] as const satisfies ReadonlyArray<keyof Inks>;

export const Canvas: Component<CanvasProps> = (props) => {
  const { assets } = useWorkspace();
  const editor = untrack(() => props.editor);
  const { store, view, pane } = editor;
  const { graph, canEdit } = store;
  const [theme, setTheme] = createSignal(0);
  const [spaceHeld, setSpaceHeld] = createSignal(false);
  const [focused, setFocused] = createSignal(false);
  /** The node from which the keyboard draws a connection. */
  const [linking, setLinking] = createSignal<string | null>(null);
  /** The pointer in the pane: what is pasted comes there. Null: it is elsewhere. */
  let pointed: Point | null = null;
  let host: HTMLDivElement | undefined;
  let layer: HTMLDivElement | undefined;
  let world: HTMLUListElement | undefined;
  let sheet: HTMLCanvasElement | undefined;
  let inks: HTMLDivElement | undefined;

  const settled = createMemo(() => placedOf(graph().nodes, graph().from));
  const nodesAt = createMemo(() => spatialOf(settled().rects));
  const edgesAt = createMemo(() => spatialOf([...settled().curves].map(([id, curve]) => [id, boxOf(curve)] as const)));
  const scale = createMemo(() => view().scale);
  const isFar = createMemo(() => view().scale < (graph().nodes.size > far.many ? far.manyBelow : far.below));
  const gestures = createGestures({
    editor,
    host: () => host!,
    placed: settled,
    nodesAt,
    edgesAt,
    far: () => isFar(),
    panning: spaceHeld,
    onLoose: (event, from, at) => showContextMenu(event, "Lead on to a new", addItems(at, from)),
  });

  const placed = createMemo(() => {
    const now = gestures.gesture();
    const { nodes, from } = graph();
    if (now?.kind === "move") {
      const { ids, by } = now;
      return placedOf(nodes, from, (node) => {
        const rect = rectOf(node);
        return ids.has(node.id) ? { ...rect, x: rect.x + by.x, y: rect.y + by.y } : rect;
      });
    }
    if (now?.kind === "size") {
      return placedOf(nodes, from, (node) => ({
        ...rectOf(node),
        ...(node.id === now.id ? { width: now.width, height: now.height } : {}),
      }));
    }
    return settled();
  });

  // ── What is drawn ──
  const [part, setPart] = createSignal<{ readonly rect: Rect; readonly scale: number }>({
    rect: { x: 0, y: 0, width: 0, height: 0 },
    scale: 1,
  });
  /** In the order in which they came: what stays is not moved in the page. */
  const visible = createMemo((before: ReadonlyArray<string>): ReadonlyArray<string> => {
    const found = isFar() ? new Set<string>() : nodesAt().within(part().rect);
    const current = editor.current();
    if (current !== null && graph().nodes.has(current)) found.add(current);
    const staying = before.filter((id) => found.delete(id));
    return staying.length === before.length && found.size === 0 ? before : [...staying, ...found];
  }, []);

  let frame = 0;
  let drawnScale = 0;
  const drawView = () => {
    frame = 0;
    const now = view();
    const seen = seenIn(now, pane());
    if (part().scale !== now.scale || !contains(part().rect, seen)) {
      setPart({ rect: grown(seen, ahead / now.scale), scale: now.scale });
    }
    // Whole pixels: the layer is a picture that is moved, and letters between pixels would be blurred.
    layer!.style.transform = `translate(${Math.round(now.x)}px, ${Math.round(now.y)}px)`;
    if (drawnScale !== now.scale) world!.style.transform = `scale(${now.scale})`;
    drawnScale = now.scale;
  };
  createEffect(
    on([view, pane], () => {
      if (frame === 0) frame = requestAnimationFrame(drawView);
    }),
  );
  onCleanup(() => cancelAnimationFrame(frame));

  /** Read once for each theme: to ask for a style makes the page work out all that has changed. */
  let inked: { readonly theme: number; readonly inks: Inks } | null = null;
  const readInks = (): Inks => {
    if (inked?.theme !== theme()) {
      const colours = inkNames.map((name, at) => [name, getComputedStyle(inks!.children[at]!).color] as const);
      inked = { theme: theme(), inks: Object.fromEntries(colours) as Record<keyof Inks, string> };
    }
    return inked.inks;
  };
  const handCurve = (): Curve | null => {
    const now = gestures.gesture();
    if (now?.kind === "connect") {
      const from = placed().rects.get(now.from);
      const to = now.to === null ? { ...now.at, width: 0, height: 0 } : placed().rects.get(now.to);
      return from === undefined || to === undefined ? null : curveOf(from, to, 0.5);
    }
    const from = placed().rects.get(linking() ?? "");
    const to = placed().rects.get(editor.current() ?? "");
    return from === undefined || to === undefined || from === to ? null : curveOf(from, to, 0.5);
  };
  const marksIn = (rect: Rect) => {
    const [{ rects }, selected, { nodes }] = [placed(), editor.selected(), graph()];
    return [...nodesAt().within(rect)].flatMap((id) => {
      const [node, at] = [nodes.get(id), rects.get(id)];
      return node === undefined || at === undefined ? [] : [{ rect: at, type: node.type, selected: selected.has(id) }];
    });
  };
  let drawing = 0;
  const drawEdges = () => {
    drawing = 0;
    if (sheet === undefined || part().rect.width === 0) return;
    const { rect, scale } = part();
    const { curves } = placed();
    const now = gestures.gesture();
    // What is dragged may have left its squares: then all are looked at.
    const ids = now?.kind === "move" || now?.kind === "size" ? curves.keys() : edgesAt().within(rect);
    const { flow } = props;
    const edges = [...ids].flatMap((id) => {
      const [edge, curve] = [graph().edges.get(id), curves.get(id)];
      if (edge === undefined || curve === undefined) return [];
      const words = edgeWords(graph(), edge);
      if (flow === null) return [{ edge, curve, words, weight: 0 }];
      const taken = flow.edges.get(id) ?? 0;
      return [{ edge, curve, words: words === "" ? `${taken}` : `${words} · ${taken}`, weight: taken / flow.most }];
    });
    const [selected, chosen] = [editor.selected(), editor.edge()];
    paintEdges(sheet, {
      part: rect,
      scale,
      edges,
      marks: isFar() ? marksIn(rect) : [],
      lit: ({ id, from, to }: SceneEdge) => id === chosen || selected.has(from) || selected.has(to),
      hand: handCurve(),
      inks: readInks(),
    });
    sheet.style.transform = `translate(${rect.x * scale}px, ${rect.y * scale}px)`;
  };
  createEffect(
    on([part, placed, graph, editor.selected, editor.edge, editor.current, linking, gestures.gesture, theme, () => props.flow], () => {
      if (drawing === 0) drawing = requestAnimationFrame(drawEdges);
    }),
  );
  onCleanup(() => cancelAnimationFrame(drawing));

  onMount(() => {
    const element = host!;
    onElementSize(element, () => {
      const was = pane();
      editor.setPane({ width: element.clientWidth, height: element.clientHeight });
      if (was.width === 0 && pane().width > 0) editor.open();
    });
    element.addEventListener("wheel", onWheel, { passive: false });
    const themed = () => setTheme((count) => count + 1);
    const watcher = new MutationObserver(themed);
    watcher.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", themed);
    for (const kind of ["copy", "cut", "paste"] as const) document.addEventListener(kind, onClipboard);
    onCleanup(() => {
      watcher.disconnect();
      scheme.removeEventListener("change", themed);
      for (const kind of ["copy", "cut", "paste"] as const) document.removeEventListener(kind, onClipboard);
    });
  });

  // ── What is done ──
  const addItems = (at: Point, from?: string): ReadonlyArray<MenuItem> =>
    nodeTypes
      .filter((type) => from === undefined || type !== "group")
      .map((type) => ({ label: typeTitles[type], icon: typeIcons[type], onSelect: () => editor.add(type, at, from) }));

  const onWheel = (event: WheelEvent) => {
    event.preventDefault();
    const step = event.deltaMode === 0 ? 1 : 16;
    if (event.ctrlKey || event.metaKey) {
      editor.zoom(Math.exp(-event.deltaY * step * 0.004), gestures.pointOf(event));
    } else {
      const { x, y, scale } = view();
      const [dx, dy] = event.shiftKey && event.deltaX === 0 ? [event.deltaY, 0] : [event.deltaX, event.deltaY];
      editor.setView({ x: x - dx * step, y: y - dy * step, scale });
    }
  };

  const onClipboard = (event: ClipboardEvent) => {
    if (event.defaultPrevented || host?.contains(document.activeElement) !== true) return;
    if (event.type === "paste") {
      const at = pointed === null ? undefined : gestures.onCanvas(pointed);
      if (canEdit() && editor.paste(event.clipboardData?.getData("text/plain") ?? "", at)) event.preventDefault();
      return;
    }
    const text = editor.copy();
    if (text !== null) {
      event.clipboardData?.setData("text/plain", text);
      event.preventDefault();
      if (event.type === "cut" && canEdit()) editor.remove();
    }
  };

  const goTo = (id: string) => {
    if (linking() === null) {
      editor.show({ node: id });
    } else {
      editor.select(editor.selected(), id);
      editor.reveal(id);
    }
  };
  const walk = (direction: Direction) => {
    const from = editor.current() ?? store.body().start ?? graph().nodes.keys().next().value;
    if (from === undefined) return;
    const to = editor.current() === null ? from : neighbourOf(graph(), from, direction);
    if (to !== null) goTo(to);
  };
  const moveSelected = (direction: Direction) => {
    const x = direction === "left" ? -gridStep : direction === "right" ? gridStep : 0;
    const y = direction === "up" ? -gridStep : direction === "down" ? gridStep : 0;
    editor.moveBy(editor.selected(), { x, y });
  };
  const link = () => {
    const [from, to] = [linking(), editor.current()];
    setLinking(null);
    if (from !== null && to !== null && !editor.connect(from, to)) toast("Nothing can lead there", { tone: "warn" });
  };
  const besideCurrent = (): Point => {
    const rect = placed().rects.get(editor.current() ?? "");
    return rect === undefined ? editor.middle() : { x: rect.x + besideStep, y: rect.y };
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.isComposing) return;
    const arrow = (direction: Direction) => () => (event.shiftKey ? moveSelected(direction) : walk(direction));
    const acts: ActsOf<typeof sceneKeys> = {
      ArrowLeft: arrow("left"),
      ArrowRight: arrow("right"),
      ArrowUp: arrow("up"),
      ArrowDown: arrow("down"),
      Enter: () => (linking() === null ? props.onInspect() : link()),
      Delete: () => canEdit() && editor.remove(),
      Backspace: () => canEdit() && editor.remove(),
      n: () => {
        if (!canEdit()) return;
        const current = editor.current();
        showContextMenu(
          new MouseEvent("contextmenu"),
          "Add",
          addItems(besideCurrent(), event.shiftKey ? undefined : (current ?? undefined)),
        );
      },
      c: () => setLinking((now) => (now === null && canEdit() ? editor.current() : null)),
      s: () => {
        const current = editor.current();
        if (current !== null) editor.toggle(current);
      },
      p: () => {
        const from = editor.current() ?? store.body().start;
        if (from !== null) props.onPlay(from);
      },
      f: props.onFind,
      a: props.onArrange,
      Escape: () => {
        if (linking() !== null) setLinking(null);
        else {
          gestures.cancel();
          editor.select([], editor.current());
        }
      },
      "mod+a": () => editor.select(graph().nodes.keys()),
      "mod+d": () => canEdit() && editor.duplicate(),
      "mod+g": editor.group,
      "mod+z": () => (event.shiftKey ? store.redo() : store.undo()),
      "mod+y": store.redo,
      "+": () => editor.zoom(keyZoom),
      "=": () => editor.zoom(keyZoom),
      "-": () => editor.zoom(1 / keyZoom),
      0: editor.fit,
      " ": () => setSpaceHeld(true),
    };
    const act = actAt(event, acts);
    if (act !== undefined) {
      act();
      event.preventDefault();
      event.stopPropagation();
      // The node that had the focus may be gone: the keys go on from the canvas.
      if (document.activeElement === document.body) host?.focus();
    }
  };

  const onContextMenu = (event: MouseEvent) => {
    const byKeyboard = event.clientX === 0 && event.clientY === 0;
    const at = byKeyboard ? besideCurrent() : gestures.onCanvas(gestures.pointOf(event));
    const element = (event.target as Element).closest<HTMLElement>("[data-node]");
    const id = element?.dataset["node"] ?? (isFar() && !byKeyboard ? gestures.nodeAt(at) : null);
    const node = id === null ? undefined : graph().nodes.get(id);
    if (node === undefined) {
      const edge = byKeyboard ? null : gestures.edgeAt(at);
      if (edge !== null) {
        editor.selectEdge(edge);
        showContextMenu(event, "Edge", [
          { label: "Inspect", keys: "Enter", onSelect: props.onInspect },
          { label: "Remove", keys: "Del", danger: true, disabled: !canEdit(), onSelect: editor.remove },
        ]);
      } else if (canEdit()) {
        showContextMenu(event, "Add", addItems(at));
      }
      return;
    }
    if (!editor.selected().has(node.id)) editor.select([node.id]);
    const isGroup = node.type === "group";
    showContextMenu(event, nameOf(graph(), node), [
      { label: "Inspect", keys: "Enter", onSelect: props.onInspect },
      ...(isGroup
        ? []
        : [
            { label: "Play from here", keys: "P", onSelect: () => props.onPlay(node.id) },
            {
              label: "Start the scene here",
              disabled: !canEdit() || store.body().start === node.id,
              onSelect: () => editor.startAt(node.id),
            },
          ]),
      "separator",
      { label: "Duplicate", keys: "Ctrl D", disabled: !canEdit(), onSelect: editor.duplicate },
      { label: "Group", keys: "Ctrl G", disabled: !canEdit(), onSelect: editor.group },
      { label: "Remove", keys: "Del", danger: true, disabled: !canEdit(), onSelect: editor.remove },
    ]);
  };

  const { over, zone } = createDropZone(["assets"], (event) => {
    if (!canEdit()) return void toast("You can only look at this scene", { tone: "warn" });
    const found = droppedAssets(event).map((id) => assets.peek(id) ?? { id, name: "", mediaType: "video" as const });
    if (found.length > 0) editor.addAssets(found, gestures.onCanvas(gestures.pointOf(event)));
  });

  const gesture = gestures.gesture;
  const isTarget = (id: string) => {
    const now = gesture();
    return now?.kind === "connect" && now.to === id;
  };

  return (
    <div
      class="scene-canvas"
      role="group"
      aria-label={`Canvas of the scene. Arrows move along the graph, Enter inspects${canEdit() ? ", N adds, C connects" : ""}.`}
      tabIndex={editor.current() === null || !graph().nodes.has(editor.current() ?? "") ? 0 : -1}
      ref={(element) => (host = element)}
      data-over={over() ? "" : undefined}
      data-panning={spaceHeld() || gesture()?.kind === "pan" ? "" : undefined}
      onKeyDown={onKeyDown}
      onKeyUp={(event) => event.key === " " && setSpaceHeld(false)}
      onFocusIn={() => setFocused(true)}
      onFocusOut={(event) => {
        if (!(event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget))) {
          setFocused(false);
          setSpaceHeld(false);
        }
      }}
      onContextMenu={onContextMenu}
      onDblClick={(event) => (event.target as Element).closest("[data-node]") !== null && props.onInspect()}
      {...gestures.handlers}
      onPointerMove={(event) => {
        gestures.handlers.onPointerMove(event);
        pointed = gestures.pointOf(event);
        if (props.others.length === 0) return;
        const { x, y } = gestures.onCanvas(pointed);
        props.onPoint({ x: Math.round(x), y: Math.round(y) });
      }}
      onPointerLeave={() => {
        pointed = null;
        props.onPoint(null);
      }}
      {...zone}
    >
      <div class="scene-layer" ref={(element) => (layer = element)}>
        <canvas class="scene-edges" ref={(element) => (sheet = element)} aria-hidden="true" />
        <ul class="scene-world" ref={(element) => (world = element)} aria-label="Nodes in view">
          <For each={visible()}>
            {(id) => (
              <NodeView
                id={id}
                graph={graph}
                rect={placed().rects.get(id)}
                selected={editor.selected().has(id)}
                current={editor.current() === id}
                focused={focused()}
                target={isTarget(id) || (linking() !== null && linking() !== id && editor.current() === id)}
                problems={props.problems.get(id)?.count ?? 0}
                severity={props.problems.get(id)?.worst ?? null}
              />
            )}
          </For>
          <Show when={gesture()?.kind === "marquee" ? (gesture() as { readonly frame: Rect }).frame : null}>
            {(rect) => (
              <li
                class="scene-marquee"
                aria-hidden="true"
                style={{ translate: `${rect().x}px ${rect().y}px`, width: `${rect().width}px`, height: `${rect().height}px` }}
              />
            )}
          </Show>
        </ul>
        <Show when={props.others.length > 0}>
          <OthersOnCanvas others={props.others} placed={placed()} scale={scale()} />
        </Show>
      </div>
      <div class="scene-inks" aria-hidden="true" ref={(element) => (inks = element)}>
        <For each={inkNames}>{(name) => <i data-ink={name} />}</For>
      </div>
      <p class="visually-hidden" aria-live="polite">
        {linking() === null ? "" : "Connecting: move to a node with the arrows, Enter connects, Escape leaves it."}
      </p>
      <MiniMap editor={editor} rects={() => settled().rects} theme={theme} />
    </div>
  );
};

export const useProblems = (
  problems: Accessor<ReadonlyArray<{ readonly node: string | null; readonly edge: string | null; readonly severity: ProblemSeverity }>>,
  graph: Editor["store"]["graph"],
): Accessor<ReadonlyMap<string, NodeProblems>> =>
  createMemo(() => {
    const found = new Map<string, NodeProblems>();
    for (const { node, edge, severity } of problems()) {
      const id = node ?? graph().edges.get(edge ?? "")?.from;
      if (id === undefined) continue;
      const before = found.get(id);
      // Errors come first.
      found.set(id, { count: (before?.count ?? 0) + 1, worst: before?.worst ?? severity });
    }
    return found;
  });
