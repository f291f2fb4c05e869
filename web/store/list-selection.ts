// What is selected in a list on the screen, with what a click, a menu and the keys that all lists share do to it.
import { createEffect, createSignal, on, untrack, type Accessor } from "solid-js";
import { actAt, type ActsOf, type listKeys } from "#web/ui/place-keys.ts";
import { keepPresent, nothingSelected, select, selectAll, selectModeOf, step, type Selection } from "./selection.ts";

type Acts = Readonly<Record<string, () => void>>;

export interface ListSelection {
  readonly selection: Accessor<Selection>;
  readonly set: (selection: Selection) => void;
  readonly clear: () => void;
  readonly chosen: () => ReadonlyArray<string>;
  /** On touch screens: taps add to the selection. */
  readonly selecting: Accessor<boolean>;
  readonly startSelecting: () => void;
  /** A click or tap on a row; null where it changes the selection alone, so that the row is not to be shown too. */
  readonly pick: (event: MouseEvent, id: string) => { readonly byTouch: boolean } | null;
  /** A menu or a drag is about what is selected, if it begins on one of these; otherwise about that row, which is then selected. */
  readonly chooseFor: (id: string) => ReadonlyArray<string>;
  /** Moves the keyboard's row by so many places; `extend`: the selection grows on the way. */
  readonly walk: (by: number, extend: boolean) => void;
  /** Moves the keyboard's row to one. */
  readonly goTo: (id: string, extend: boolean) => void;
  /** Does what a key means, of the panel's own keys or of those of all lists; leaves the others alone. */
  readonly onKeyDown: (event: KeyboardEvent, own: Acts) => void;
}

/** `show`: brings the row at an index into view. */
export const createListSelection = (ids: Accessor<ReadonlyArray<string>>, show: (index: number) => void): ListSelection => {
  const [selection, setSelection] = createSignal<Selection>(nothingSelected);
  const [selecting, setSelecting] = createSignal(false);
  createEffect(
    on(ids, (now) => {
      if (untrack(selection) !== nothingSelected) {
        const present = new Set(now);
        setSelection((before) => keepPresent(before, (id) => present.has(id)));
      }
    }),
  );
  createEffect(() => selection().ids.size === 0 && setSelecting(false));

  const chosen = () => [...selection().ids];
  const move = (next: Selection) => {
    setSelection(next);
    if (next.current !== null) {
      show(ids().indexOf(next.current));
    }
  };
  const walk: ListSelection["walk"] = (by, extend) => move(step(selection(), ids(), by, extend));
  const clear = () => void setSelection(nothingSelected);

  return {
    selection,
    set: setSelection,
    clear,
    chosen,
    selecting,
    startSelecting: () => setSelecting(true),
    pick: (event, id) => {
      const byTouch = event instanceof PointerEvent && event.pointerType === "touch";
      const mode = byTouch && selecting() ? "toggle" : selectModeOf(event);
      setSelection((now) => select(now, ids(), id, mode));
      return mode === "only" ? { byTouch } : null;
    },
    chooseFor: (id) => {
      if (!selection().ids.has(id)) {
        setSelection((now) => select(now, ids(), id, "only"));
      }
      return chosen();
    },
    walk,
    goTo: (id, extend) => move(select(selection(), ids(), id, extend ? "range" : "only")),
    onKeyDown: (event, own) => {
      const shared: ActsOf<typeof listKeys> = {
        Home: () => walk(-ids().length, event.shiftKey),
        End: () => walk(ids().length, event.shiftKey),
        " ": () => setSelection((now) => (now.current === null ? now : select(now, ids(), now.current, "toggle"))),
        Escape: clear,
        "mod+a": () => setSelection((now) => selectAll(now, ids())),
      };
      const act = actAt(event, { ...shared, ...own });
      if (act !== undefined) {
        act();
        event.preventDefault();
        event.stopPropagation();
      }
    },
  };
};
