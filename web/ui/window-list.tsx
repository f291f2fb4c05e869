// A list of rows of one height of which only those in view exist, however many there are. Rows that come in above do not move what is
// being looked at.
import { createComputed, createMemo, createSignal, For, on, onMount, untrack, type JSX } from "solid-js";
import { onElementSize } from "./element-size.ts";
import { createPlaces } from "./recycled.ts";
import "./window-list.css";

/** Rows kept ready above and below the view. */
const spare = 6;
/** Asks for more when fewer rows than this are left below the view. */
const nearEnd = 60;

export interface WindowListHandle {
  readonly scrollTo: (index: number) => void;
  /** Rows that fit into the view. */
  readonly pageSize: () => number;
}

interface WindowListProps {
  readonly ids: ReadonlyArray<string>;
  /** px */
  readonly rowHeight: number;
  /** Its id changes when it scrolls out of view and is used for another row. */
  readonly row: (id: () => string, index: () => number) => JSX.Element;
  readonly onNearEnd?: () => void;
  readonly handle?: (handle: WindowListHandle) => void;
  /** Below the last row: loading, failed, the end. */
  readonly footer?: JSX.Element;
  /** Attributes of the scrolling element: role, label, keys. */
  readonly host?: JSX.HTMLAttributes<HTMLDivElement>;
}

export const WindowList = (props: WindowListProps): JSX.Element => {
  const [top, setTop] = createSignal(0);
  const [height, setHeight] = createSignal(0);
  let host: HTMLDivElement | undefined;

  const range = createMemo(
    () => {
      // As many wherever the view stands, so that no row is made or thrown away on the way.
      const count = Math.min(Math.ceil(height() / props.rowHeight) + 1 + 2 * spare, props.ids.length);
      const first = Math.min(Math.max(Math.floor(top() / props.rowHeight) - spare, 0), props.ids.length - count);
      return { first, last: first + count };
    },
    { first: 0, last: 0 },
    { equals: (a, b) => a.first === b.first && a.last === b.last },
  );
  const places = createPlaces(() => ({ ids: props.ids.slice(range().first, range().last), first: range().first }));

  // Rows that came in above the view: move along with what is being looked at.
  createComputed(
    on(
      () => props.ids,
      (ids, before) => {
        const firstShown = Math.floor(untrack(top) / props.rowHeight);
        const anchor = before?.[firstShown];
        if (anchor === undefined || firstShown === 0 || ids[firstShown] === anchor) {
          return;
        }
        const at = ids.indexOf(anchor);
        if (at >= 0) {
          const moved = untrack(top) + (at - firstShown) * props.rowHeight;
          setTop(moved);
          // The list must have grown before it can be scrolled that far.
          queueMicrotask(() => host?.scrollTo({ top: moved }));
        }
      },
    ),
  );
  createComputed(() => {
    if (range().last > 0 && props.ids.length - range().last < nearEnd) {
      untrack(() => props.onNearEnd?.());
    }
  });

  onMount(() => {
    const view = host;
    if (view === undefined) {
      return;
    }
    onElementSize(view, () => setHeight(view.clientHeight));
    props.handle?.({
      scrollTo: (index) => {
        const from = index * props.rowHeight;
        if (from < view.scrollTop) {
          view.scrollTop = from;
        } else if (from + props.rowHeight > view.scrollTop + view.clientHeight) {
          view.scrollTop = from + props.rowHeight - view.clientHeight;
        }
      },
      pageSize: () => Math.max(Math.floor(view.clientHeight / props.rowHeight) - 1, 1),
    });
  });

  return (
    <div
      class="window-list"
      {...props.host}
      ref={(element) => (host = element)}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <div class="window-list-rows" style={{ height: `${props.ids.length * props.rowHeight}px` }}>
        <For each={places()}>
          {({ id, index }) => (
            <div class="window-list-row" style={{ height: `${props.rowHeight}px`, translate: `0 ${index() * props.rowHeight}px` }}>
              {props.row(id, index)}
            </div>
          )}
        </For>
      </div>
      {props.footer}
    </div>
  );
};
