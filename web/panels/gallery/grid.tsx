// The pictures that are in view, however many there are: placed by the layout, chosen by pointer, by a drawn box or by keyboard.
// What is being looked at stays where it is when others come in above or the width changes.
import { createComputed, createMemo, createSignal, For, on, onMount, Show, untrack, type Component, type JSX } from "solid-js";
import { onElementSize } from "#web/ui/element-size.ts";
import { createPlaces } from "#web/ui/recycled.ts";
import { rowsInView } from "#web/ui/rows-in-view.ts";
import { boxOf, layoutGrid, touchedBy, type Box, type GridLayout } from "./layout.ts";

/** px kept ready above and below the view. */
const spare = 400;
/** Asks for more when less than this many views are left below. */
const nearEnd = 3;
const gap = 4;
const padding = 8;
/** A pointer that moved less than this did not draw a box, px. */
const drawFrom = 4;
/** How fast the grid moves under a box that is drawn beyond its edge, px for each frame and px beyond. */
const drift = 0.25;

export interface GridHandle {
  readonly layout: () => GridLayout;
  readonly scrollTo: (index: number) => void;
  /** Rows that fit into the view. */
  readonly pageRows: () => number;
}

interface GridProps {
  readonly ids: ReadonlyArray<string>;
  readonly aspect: (id: string) => number;
  /** Height that rows come near to, px. */
  readonly target: number;
  /** Its id changes when it scrolls out of view and is used for another picture. */
  readonly tile: (id: () => string, box: () => Box, index: () => number) => JSX.Element;
  readonly onNearEnd: () => void;
  /** A box is drawn over these; `add`: to what was chosen when it began. */
  readonly onDraw: (ids: ReadonlyArray<string>, phase: "start" | "move", add: boolean) => void;
  readonly onPressNothing: () => void;
  readonly handle: (handle: GridHandle) => void;
  readonly host: JSX.HTMLAttributes<HTMLDivElement>;
  readonly footer?: JSX.Element;
}

interface Drawn {
  readonly x: number;
  readonly y: number;
}
const boxBetween = (a: Drawn, b: Drawn): Box => ({
  left: Math.min(a.x, b.x),
  top: Math.min(a.y, b.y),
  width: Math.abs(a.x - b.x),
  height: Math.abs(a.y - b.y),
});

/** A layout and what it was made for. */
interface Laid {
  readonly ids: ReadonlyArray<string>;
  readonly width: number;
  readonly target: number;
  readonly layout: GridLayout;
}

/** How many of the first ids are equal. */
const sameUpTo = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): number => {
  const most = Math.min(a.length, b.length);
  let at = 0;
  while (at < most && a[at] === b[at]) {
    at += 1;
  }
  return at;
};

export const Grid: Component<GridProps> = (props) => {
  const [top, setTop] = createSignal(0);
  const [size, setSize] = createSignal({ width: 0, height: 0 });
  const [drawn, setDrawn] = createSignal<Box | null>(null);
  let host: HTMLDivElement | undefined;
  let sheet: HTMLDivElement | undefined;

  const laid = createMemo((before: Laid | undefined): Laid => {
    const { ids, aspect, target } = props;
    const width = Math.max(size().width - 2 * padding, 1);
    const known =
      before?.width === width && before.target === target ? { layout: before.layout, same: sameUpTo(before.ids, ids) } : undefined;
    return { ids, width, target, layout: layoutGrid(ids.length, (index) => aspect(ids[index] ?? ""), { width, target, gap }, known) };
  });
  const layout = createMemo(() => laid().layout);
  const range = createMemo(
    () => {
      const { first, last } = rowsInView(layout().tops, top() - padding, size().height, spare);
      return { first: layout().firsts[first] ?? 0, last: layout().firsts[last] ?? layout().count };
    },
    { first: 0, last: 0 },
    { equals: (a, b) => a.first === b.first && a.last === b.last },
  );
  const places = createPlaces(() => ({ ids: props.ids.slice(range().first, range().last), first: range().first }));

  // Keep what stands at the top of the view where it is. The same picture is kept until somebody scrolls: after a change it may stand in the
  // middle of its row, and one that is taken anew after each change would let the first one wander off.
  let anchor: string | undefined;
  createComputed(
    on([() => props.ids, layout], ([ids, now], before) => {
      const [oldIds, old] = before ?? [];
      const view = untrack(top) - padding;
      if (oldIds === undefined || old === undefined || view <= 0) {
        return;
      }
      const from = anchor === undefined ? (old.firsts[rowsInView(old.tops, view, 0, 0).first] ?? 0) : oldIds.indexOf(anchor);
      if (oldIds[from] === ids[from] && boxOf(old, from).top === boxOf(now, from).top) {
        return;
      }
      // The first of them that is still there.
      anchor = oldIds.slice(from, from + 60).find((id) => ids[from] === id || ids.includes(id));
      if (anchor !== undefined) {
        const was = boxOf(old, oldIds.indexOf(anchor)).top;
        const is = boxOf(now, ids.indexOf(anchor)).top;
        if (was !== is) {
          const moved = Math.max(untrack(top) + is - was, 0);
          setTop(moved);
          // The sheet must have its new height before it can be scrolled that far.
          queueMicrotask(() => host?.scrollTo({ top: moved }));
        }
      }
    }),
  );
  const scrolled = (to: number) => {
    // What this grid has scrolled by itself comes back rounded to the screen's pixels.
    if (Math.abs(to - untrack(top)) > 1) {
      anchor = undefined;
    }
    setTop(to);
  };
  createComputed(() => {
    if (size().height > 0 && layout().height - top() < (nearEnd + 1) * size().height) {
      untrack(() => props.onNearEnd());
    }
  });

  onMount(() => {
    const view = host;
    if (view === undefined) {
      return;
    }
    const measure = () => setSize({ width: view.clientWidth, height: view.clientHeight });
    onElementSize(view, measure);
    props.handle({
      layout,
      scrollTo: (index) => {
        const box = boxOf(layout(), index);
        if (box.top < view.scrollTop) {
          view.scrollTop = box.top;
        } else if (box.top + box.height + 2 * padding > view.scrollTop + view.clientHeight) {
          view.scrollTop = box.top + box.height + 2 * padding - view.clientHeight;
        }
      },
      pageRows: () => Math.max(Math.floor(view.clientHeight / (props.target + gap)), 1),
    });
  });

  const begin = (event: PointerEvent) => {
    const [view, content] = [host, sheet];
    const onTile = event.target instanceof Element && event.target.closest("[role=option]") !== null;
    // What is right of the client area is the scroll bar.
    if (view === undefined || content === undefined || event.button !== 0 || event.pointerType === "touch" || onTile) {
      return;
    }
    if (event.clientX >= view.getBoundingClientRect().left + view.clientWidth) {
      return;
    }
    const at = (x: number, y: number): Drawn => {
      const origin = content.getBoundingClientRect();
      return { x: x - origin.left, y: y - origin.top };
    };
    const from = at(event.clientX, event.clientY);
    let [x, y] = [event.clientX, event.clientY];
    let isDrawing = false;
    let frame = 0;
    const add = event.shiftKey || event.ctrlKey || event.metaKey;
    const draw = () => {
      frame = 0;
      const edges = view.getBoundingClientRect();
      const beyond = y < edges.top ? y - edges.top : y > edges.bottom ? y - edges.bottom : 0;
      if (beyond !== 0) {
        view.scrollTop += beyond * drift;
        frame = requestAnimationFrame(draw);
      }
      const box = boxBetween(from, at(x, y));
      if (!isDrawing && Math.max(box.width, box.height) < drawFrom) {
        return;
      }
      const ids = touchedBy(layout(), box).flatMap((index) => props.ids[index] ?? []);
      props.onDraw(ids, isDrawing ? "move" : "start", add);
      isDrawing = true;
      setDrawn(box);
    };
    const move = (moved: PointerEvent) => {
      [x, y] = [moved.clientX, moved.clientY];
      frame = frame === 0 ? requestAnimationFrame(draw) : frame;
    };
    const end = () => {
      cancelAnimationFrame(frame);
      setDrawn(null);
      view.removeEventListener("pointermove", move);
      view.removeEventListener("pointerup", end);
      view.removeEventListener("pointercancel", end);
      if (!isDrawing && !add) {
        props.onPressNothing();
      }
    };
    view.setPointerCapture(event.pointerId);
    view.addEventListener("pointermove", move);
    view.addEventListener("pointerup", end);
    view.addEventListener("pointercancel", end);
  };

  return (
    <div
      class="gallery-grid"
      {...props.host}
      ref={(element) => (host = element)}
      onScroll={(event) => scrolled(event.currentTarget.scrollTop)}
      onPointerDown={begin}
    >
      <div class="gallery-sheet" ref={(element) => (sheet = element)} style={{ height: `${layout().height}px`, margin: `${padding}px` }}>
        <For each={places()}>
          {({ id, index }) => {
            const box = createMemo(() => boxOf(layout(), index()), undefined, {
              equals: (a, b) => a.left === b.left && a.top === b.top && a.width === b.width && a.height === b.height,
            });
            return (
              <div
                class="gallery-place"
                style={{ width: `${box().width}px`, height: `${box().height}px`, translate: `${box().left}px ${box().top}px` }}
              >
                {props.tile(id, box, index)}
              </div>
            );
          }}
        </For>
        <Show when={drawn()}>
          {(box) => (
            <div
              class="gallery-drawn"
              style={{ width: `${box().width}px`, height: `${box().height}px`, translate: `${box().left}px ${box().top}px` }}
            />
          )}
        </Show>
      </div>
      {props.footer}
    </div>
  );
};
