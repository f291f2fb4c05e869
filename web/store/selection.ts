// Choosing rows of a list by mouse and keyboard: one, several, a stretch. Pure.

export interface Selection {
  readonly ids: ReadonlySet<string>;
  /** Where a stretch starts. */
  readonly anchor: string | null;
  /** The row that the keyboard is on. */
  readonly current: string | null;
}

export const nothingSelected: Selection = { ids: new Set(), anchor: null, current: null };

/** `only`: a plain click; `toggle`: with Ctrl or Cmd; `range`: with Shift, from the anchor. */
export type SelectMode = "only" | "toggle" | "range";

export const selectModeOf = (event: { readonly shiftKey: boolean; readonly ctrlKey: boolean; readonly metaKey: boolean }): SelectMode =>
  event.shiftKey ? "range" : event.ctrlKey || event.metaKey ? "toggle" : "only";

export const select = (selection: Selection, list: ReadonlyArray<string>, id: string, mode: SelectMode): Selection => {
  switch (mode) {
    case "only":
      return { ids: new Set([id]), anchor: id, current: id };
    case "toggle": {
      const ids = new Set(selection.ids);
      if (!ids.delete(id)) {
        ids.add(id);
      }
      return { ids, anchor: id, current: id };
    }
    case "range": {
      const from = selection.anchor === null ? -1 : list.indexOf(selection.anchor);
      const to = list.indexOf(id);
      if (from < 0 || to < 0) {
        return select(selection, list, id, "only");
      }
      return { ids: new Set(list.slice(Math.min(from, to), Math.max(from, to) + 1)), anchor: selection.anchor, current: id };
    }
  }
};

/** Moves the keyboard's row by so many places, stopping at the ends; with Shift the stretch follows, otherwise the selection does. */
export const step = (selection: Selection, list: ReadonlyArray<string>, by: number, extend: boolean): Selection => {
  const at = selection.current === null ? (by > 0 ? -1 : list.length) : list.indexOf(selection.current);
  const next = list[Math.min(Math.max(at + by, 0), list.length - 1)];
  return next === undefined ? selection : select(selection, list, next, extend ? "range" : "only");
};

export const selectAll = (selection: Selection, list: ReadonlyArray<string>): Selection => ({ ...selection, ids: new Set(list) });

/** Without the rows that are gone; the same object if none is. */
export const keepPresent = (selection: Selection, isPresent: (id: string) => boolean): Selection => {
  const ids = [...selection.ids].filter(isPresent);
  const current = selection.current !== null && isPresent(selection.current) ? selection.current : null;
  return ids.length === selection.ids.size && current === selection.current
    ? selection
    : { ids: new Set(ids), anchor: selection.anchor !== null && isPresent(selection.anchor) ? selection.anchor : null, current };
};
