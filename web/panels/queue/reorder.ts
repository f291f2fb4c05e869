// Putting a row of a list at another place: dragged by its handle, with finger, pen or mouse, or by keys. Says where it would come to stand
// while it is dragged; whoever made it moves the row.
import { createEffect, createSignal, on, type Accessor } from "solid-js";

interface ReorderOptions {
  /** The rows as they stand; the list has one child for each. */
  readonly ids: Accessor<ReadonlyArray<string>>;
  /** `to`: its place then, 0 the first. */
  readonly onMove: (id: string, to: number) => void;
}

interface Dragged {
  readonly id: string;
  readonly to: number;
}

export interface Reorder {
  readonly list: (element: HTMLElement) => void;
  /** What a row shows of a drag: that it is carried, or the edge at which the carried one would be dropped. */
  readonly markOf: (id: string) => "carried" | "before" | "after" | undefined;
  readonly handle: (id: string) => {
    readonly ref: (element: HTMLElement) => void;
    readonly onPointerDown: (event: PointerEvent) => void;
    readonly onPointerMove: (event: PointerEvent) => void;
    readonly onPointerUp: () => void;
    readonly onPointerCancel: () => void;
    readonly onKeyDown: (event: KeyboardEvent) => void;
  };
}

export const createReorder = ({ ids, onMove }: ReorderOptions): Reorder => {
  const [dragged, setDragged] = createSignal<Dragged | null>(null);
  const handles = new Map<string, HTMLElement>();
  let list: HTMLElement | undefined;
  /** Moved by keys: the element is put elsewhere in the page, which takes the focus from it. */
  let keyed: string | null = null;
  createEffect(
    on(
      ids,
      () => {
        if (keyed !== null) {
          handles.get(keyed)?.focus();
        }
        keyed = null;
      },
      { defer: true },
    ),
  );

  /** As many of the others as have their middle above. */
  const placeAt = (id: string, y: number): number =>
    [...(list?.children ?? [])].filter((row, at) => {
      const { top, height } = row.getBoundingClientRect();
      return ids()[at] !== id && top + height / 2 < y;
    }).length;
  const byKeys = (id: string, key: string): number | null => {
    const at = ids().indexOf(id);
    switch (key) {
      case "ArrowUp":
        return at - 1;
      case "ArrowDown":
        return at + 1;
      case "Home":
        return 0;
      case "End":
        return ids().length - 1;
      default:
        return null;
    }
  };

  return {
    list: (element) => (list = element),
    markOf: (id) => {
      const now = dragged();
      if (now === null) {
        return undefined;
      }
      if (now.id === id) {
        return "carried";
      }
      const others = ids().filter((each) => each !== now.id);
      const from = ids().indexOf(now.id);
      const at = others.indexOf(id);
      if (now.to === from) {
        return undefined;
      }
      return at === now.to ? "before" : at === others.length - 1 && now.to === others.length ? "after" : undefined;
    },
    handle: (id) => ({
      ref: (element) => void handles.set(id, element),
      onPointerDown: (event) => {
        if (event.button !== 0) {
          return;
        }
        event.preventDefault();
        handles.get(id)?.focus();
        handles.get(id)?.setPointerCapture(event.pointerId);
        setDragged({ id, to: ids().indexOf(id) });
      },
      onPointerMove: (event) => {
        if (dragged()?.id === id) {
          setDragged({ id, to: placeAt(id, event.clientY) });
        }
      },
      onPointerUp: () => {
        const now = dragged();
        setDragged(null);
        if (now?.id === id && now.to !== ids().indexOf(id)) {
          onMove(id, now.to);
        }
      },
      onPointerCancel: () => setDragged(null),
      onKeyDown: (event) => {
        if (event.key === "Escape" && dragged() !== null) {
          event.preventDefault();
          setDragged(null);
          return;
        }
        const to = byKeys(id, event.key);
        if (to === null || event.altKey || event.ctrlKey || event.metaKey) {
          return;
        }
        event.preventDefault();
        if (to >= 0 && to < ids().length && to !== ids().indexOf(id)) {
          keyed = id;
          onMove(id, to);
        }
      },
    }),
  };
};
