// A live collection in Solid: rows by id that never grow older, and any number of filtered lists over them.
// Changes from the server are applied once per frame.
import { batch, createSignal, onCleanup, type Accessor, type Setter } from "solid-js";
import { putRows, type Row } from "./collection.ts";
import { perFrame } from "./frame.ts";
import { createList, type LiveList, type OpenList, type Page } from "./list.ts";

export interface LiveRows<T extends Row, F> {
  /** A row, tracked: the reader runs again when it changes. */
  readonly row: (id: string) => T | undefined;
  /** A row as it is now, untracked. */
  readonly peek: (id: string) => T | undefined;
  /** Takes in rows that a call has answered. */
  readonly put: (rows: ReadonlyArray<T>) => void;
  /**
   * Shows rows of the collection as a call that is under way will make them. Whatever the server says next of a row counts instead;
   * what is answered takes those back of which it has said nothing.
   */
  readonly assume: (ids: ReadonlyArray<string>, change: Partial<T>) => () => void;
  /** A list for a filter; belongs to the owner that asks for it and follows `filter` when that changes. */
  readonly list: (filter: Accessor<F>) => LiveList;
}

/** What feeds the collection. */
export interface LiveFeed<T> {
  /** The topic says how things stand: the newest page. Every list is checked against the server again. */
  readonly snapshot: (page: Page<T>) => void;
  readonly deltas: (rows: ReadonlyArray<T>) => void;
  /** Rows that were asked for by name: they may be old and only new here. */
  readonly read: (rows: ReadonlyArray<T>) => void;
}

export interface LiveChange<T> {
  readonly before: T | undefined;
  readonly after: T;
}

interface LiveOptions<T extends Row, F> {
  readonly read: (filter: F, cursor: string | undefined, limit: number, signal: AbortSignal) => Promise<Page<T>>;
  readonly matches: (row: T, filter: F) => boolean;
  /** Whether the topic's snapshot is the first page of this filter. */
  readonly isWhole: (filter: F) => boolean;
  /** Whether a row of an equal `rev` brings something new. */
  readonly renewed?: (known: T, row: T) => boolean;
  /** Told of every row that is news, with what was known before. `read`: it was asked for, so it may be old and only new here. */
  readonly onChange?: (changes: ReadonlyArray<LiveChange<T>>, read: boolean) => void;
}

export const createLiveRows = <T extends Row, F>(
  options: LiveOptions<T, F>,
): { readonly rows: LiveRows<T, F>; readonly feed: LiveFeed<T> } => {
  const rows = new Map<string, T>();
  const cells = new Map<string, readonly [Accessor<T | undefined>, Setter<T | undefined>]>();
  const lists = new Set<OpenList<T>>();
  /** What the server said last of a row that is only assumed, however often. */
  const said = new WeakMap<T, T>();
  /** As the topic told it; null until it has, undefined once changes have come that it does not show. */
  let newest: Page<T> | null | undefined = null;

  const tell = (changes: ReadonlyArray<LiveChange<T>>, read: boolean) => {
    if (changes.length > 0) {
      if (!read && newest !== null) {
        newest = undefined;
      }
      const changed = changes.map(({ after }) => after);
      batch(() => {
        for (const row of changed) {
          cells.get(row.id)?.[1](() => row);
        }
        for (const list of lists) {
          list.accept(changed);
        }
        options.onChange?.(changes, read);
      });
    }
  };
  const take = (incoming: ReadonlyArray<T>, read: boolean) => {
    const before = new Map(incoming.map((row) => [row.id, rows.get(row.id)]));
    const accepted = putRows(rows, incoming, options.renewed);
    tell(
      accepted.map((after) => ({ before: before.get(after.id), after })),
      read,
    );
  };
  /** Whatever their `rev`. */
  const replace = (changes: ReadonlyArray<LiveChange<T>>) => {
    for (const { after } of changes) {
      rows.set(after.id, after);
    }
    tell(changes, false);
  };
  const assume = (ids: ReadonlyArray<string>, change: Partial<T>) => {
    const changes = ids.flatMap((id) => {
      const before = rows.get(id);
      if (before === undefined) {
        return [];
      }
      // Half a step ahead: the server's next word is newer, and all before it older.
      const after = { ...before, ...change, rev: Math.floor(before.rev) + 0.5 };
      said.set(after, said.get(before) ?? before);
      return [{ before, after }];
    });
    replace(changes);
    return () =>
      replace(
        changes.flatMap(({ after: assumed }) => {
          const after = said.get(assumed);
          return after !== undefined && rows.get(after.id) === assumed ? [{ before: assumed, after }] : [];
        }),
      );
  };
  const frames = perFrame<T>(
    (row) => row.id,
    (row, than) => row.rev >= than.rev,
    (incoming) => take(incoming, false),
  );

  return {
    rows: {
      row: (id) => {
        let cell = cells.get(id);
        if (cell === undefined) {
          cell = createSignal<T | undefined>(rows.get(id));
          cells.set(id, cell);
        }
        return cell[0]();
      },
      peek: (id) => rows.get(id),
      put: (incoming) => take(incoming, false),
      assume,
      list: (filter) => {
        const [list, open] = createList<T, F>({
          filter,
          matches: options.matches,
          read: options.read,
          peek: (id) => rows.get(id),
          take: (incoming) => take(incoming, true),
          first: (now) => (options.isWhole(now) ? newest : undefined),
        });
        lists.add(open);
        onCleanup(() => lists.delete(open));
        return list;
      },
    },
    feed: {
      snapshot: (page) => {
        frames.now();
        newest = page;
        batch(() => {
          take(page.rows, true);
          for (const list of lists) {
            list.refresh();
          }
        });
      },
      deltas: (changed) => frames.add(changed),
      read: (incoming) => take(incoming, true),
    },
  };
};
