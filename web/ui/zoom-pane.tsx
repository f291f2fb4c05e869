// A pane onto something large: drag, wheel, pinch, double click and keys move and scale it; it fits the pane until somebody does.
import Maximize from "lucide-solid/icons/maximize";
import Minus from "lucide-solid/icons/minus";
import Plus from "lucide-solid/icons/plus";
import { createEffect, createMemo, createSignal, on, onMount, Show, untrack, type JSX } from "solid-js";
import { IconButton } from "./button.tsx";
import { onElementSize } from "./element-size.ts";
import { fitView, keepInView, panBy, zoomAt, type Point, type Size, type View } from "./pan-zoom.ts";
import { actAt, type ActsOf, type zoomKeys } from "./place-keys.ts";
import "./zoom-pane.css";

interface ZoomPaneProps {
  /** Of the content at scale 1, px. */
  readonly content: Size;
  readonly label: string;
  /** Largest scale at which it is fitted. */
  readonly fitMost: number;
  /** Largest scale at all. */
  readonly most: number;
  /** `always`: the wheel scales. `withCtrl`: without Ctrl it scrolls the panel around. */
  readonly wheel: "always" | "withCtrl";
  readonly onSize?: (pane: Size) => void;
  readonly children: JSX.Element;
}

const keyStep = 48;
const keyZoom = 1.25;
const doubleClickZoom = 2;
/** px that a pointer may move and still click. */
const dragSlack = 4;

export const ZoomPane = (props: ZoomPaneProps): JSX.Element => {
  const [pane, setPane] = createSignal<Size>({ width: 0, height: 0 });
  /** Null: fitted. */
  const [moved, setMoved] = createSignal<View | null>(null);
  const fitted = createMemo(() => fitView(props.content, pane(), props.fitMost));
  const view = createMemo(() => moved() ?? fitted());
  const scales = () => ({ least: fitted().scale, most: Math.max(props.most, fitted().scale) });
  let host: HTMLDivElement | undefined;

  createEffect(
    on([pane, () => props.content.width, () => props.content.height], () => {
      setMoved((now) => (now === null || now.scale <= fitted().scale ? null : keepInView(now, props.content, pane())));
    }),
  );
  onMount(() => {
    const element = host;
    if (element === undefined) {
      return;
    }
    const measure = () => {
      const size = { width: element.clientWidth, height: element.clientHeight };
      setPane(size);
      props.onSize?.(size);
    };
    onElementSize(element, measure);
    element.addEventListener("wheel", onWheel, { passive: false });
  });

  const zoom = (factor: number, at?: Point) => {
    const next = zoomAt(untrack(view), at ?? { x: pane().width / 2, y: pane().height / 2 }, factor, scales(), props.content, pane());
    setMoved(next.scale <= fitted().scale ? null : next);
  };
  const pan = (by: Point) => moved() !== null && setMoved(panBy(view(), by, props.content, pane()));
  const pointOf = (event: MouseEvent): Point => {
    const box = host?.getBoundingClientRect();
    return { x: event.clientX - (box?.left ?? 0), y: event.clientY - (box?.top ?? 0) };
  };

  const onWheel = (event: WheelEvent) => {
    if (props.wheel === "withCtrl" && !event.ctrlKey && !event.metaKey) {
      return;
    }
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * (event.deltaMode === 0 ? 0.002 : 0.05)), pointOf(event));
  };

  const pointers = new Map<number, Point>();
  const [dragging, setDragging] = createSignal(false);
  let start: Point | null = null;
  const onPointerDown = (event: PointerEvent) => {
    if (event.button === 0) {
      pointers.set(event.pointerId, pointOf(event));
      start = pointOf(event);
    }
  };
  const onPointerMove = (event: PointerEvent) => {
    const before = pointers.get(event.pointerId);
    if (before === undefined) {
      return;
    }
    const now = pointOf(event);
    const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    const [other] = others;
    pointers.set(event.pointerId, now);
    if (other !== undefined) {
      const distance = (point: Point) => Math.max(Math.hypot(point.x - other.x, point.y - other.y), 1);
      zoom(distance(now) / distance(before), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
    } else if (moved() !== null && start !== null) {
      if (!dragging() && Math.hypot(now.x - start.x, now.y - start.y) > dragSlack) {
        setDragging(true);
        host?.setPointerCapture(event.pointerId);
      }
      if (dragging()) {
        pan({ x: now.x - before.x, y: now.y - before.y });
      }
    }
  };
  const onPointerEnd = (event: PointerEvent) => {
    pointers.delete(event.pointerId);
    setDragging(false);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== event.currentTarget) {
      return;
    }
    const larger = () => zoom(keyZoom);
    const acts: ActsOf<typeof zoomKeys> = {
      "+": larger,
      "=": larger,
      "-": () => zoom(1 / keyZoom),
      0: () => setMoved(null),
      ArrowLeft: () => pan({ x: keyStep, y: 0 }),
      ArrowRight: () => pan({ x: -keyStep, y: 0 }),
      ArrowUp: () => pan({ x: 0, y: keyStep }),
      ArrowDown: () => pan({ x: 0, y: -keyStep }),
    };
    const act = actAt(event, acts);
    // Fitted, there is nowhere to go: the arrows scroll the panel.
    if (act === undefined || (event.key.startsWith("Arrow") && moved() === null)) {
      return;
    }
    act();
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      class="zoom-pane"
      role="group"
      aria-label={props.label}
      tabIndex={0}
      data-moved={moved() === null ? undefined : ""}
      data-dragging={dragging() ? "" : undefined}
      ref={(element) => (host = element)}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerEnd}
      onPointerCancel={onPointerEnd}
      onPointerLeave={(event) => !dragging() && onPointerEnd(event)}
      onDblClick={(event) => (moved() === null ? zoom(doubleClickZoom, pointOf(event)) : setMoved(null))}
      onKeyDown={onKeyDown}
    >
      <div
        class="zoom-pane-content"
        style={{
          width: `${props.content.width}px`,
          height: `${props.content.height}px`,
          transform: `translate(${view().x}px, ${view().y}px) scale(${view().scale})`,
        }}
      >
        {props.children}
      </div>
      <div class="zoom-pane-buttons" onDblClick={(event) => event.stopPropagation()} onPointerDown={(event) => event.stopPropagation()}>
        <Show when={moved() !== null}>
          <IconButton size="s" label="Fit" keys="0" icon={Maximize} onClick={() => setMoved(null)} />
          <IconButton size="s" label="Smaller" keys="-" icon={Minus} onClick={() => zoom(1 / keyZoom)} />
        </Show>
        <IconButton size="s" label="Larger" keys="+" icon={Plus} onClick={() => zoom(keyZoom)} />
      </div>
    </div>
  );
};
