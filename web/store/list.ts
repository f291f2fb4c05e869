// One filtered list over a live collection: loads its pages, takes in live changes, and checks itself again after a reconnect
// without emptying the screen.
import { batch, createEffect, createSignal, on, onCleanup, untrack, type Accessor } from "solid-js";
import { mergeChanges, mergePage, newestFirst, type Row } from "./collection.ts";
import { sentenceOf } from "./problem.ts";

/** Rows of a page asked for while scrolling. */
const pageRows = 200;

export interface Page<T> {
  readonly rows: ReadonlyArray<T>;
  readonly next: string | null;
}

export type ListState = "loading" | "ready" | "failed";

export interface LiveList {
  /** Ids that match, newest first, as far as loaded. */
  readonly ids: Accessor<ReadonlyArray<string>>;
  /** Of the first page. */
  readonly state: Accessor<ListState>;
  /** Why the last page did not come, in a sentence. */
  readonly problem: Accessor<string | null>;
  /** Whether older rows may be loaded with `more`. */
  readonly hasMore: Accessor<boolean>;
  /** Loads the next page; does nothing while one is on its way. */
  readonly more: () => void;
  /** Reads the page anew that did not come. */
  readonly retry: () => void;
}

/** How the collection reaches its lists. */
export interface OpenList<T> {
  readonly accept: (changed: ReadonlyArray<T>) => void;
  /** The topic's newest page came anew. */
  readonly refresh: () => void;
}

interface ListDeps<T extends Row, F> {
  readonly filter: Accessor<F>;
  readonly matches: (row: T, filter: F) => boolean;
  readonly read: (filter: F, cursor: string | undefined, limit: number, signal: AbortSignal) => Promise<Page<T>>;
  readonly peek: (id: string) => T | undefined;
  /** Puts rows of a page into the collection; every list hears of what is news. */
  readonly take: (rows: ReadonlyArray<T>) => void;
  /** The topic's newest page if it is the first page of this filter: null while it has not come, undefined if it is not. */
  readonly first: (filter: F) => Page<T> | null | undefined;
}

export const createList = <T extends Row, F>(deps: ListDeps<T, F>): readonly [LiveList, OpenList<T>] => {
  const [ids, setIds] = createSignal<ReadonlyArray<string>>([]);
  const [state, setState] = createSignal<ListState>("loading");
  const [problem, setProblem] = createSignal<string | null>(null);
  const [cursor, setCursor] = createSignal<string | null>(null);
  /** The oldest row of the last page; null: everything is loaded. Undefined: nothing is. */
  let horizon: T | null | undefined;
  let reading: AbortController | null = null;
  /** What changed while a page was on its way: the page may be older than that. */
  let meanwhile: Array<T> = [];

  const matches = (row: T) => deps.matches(row, untrack(deps.filter));

  const takePage = (page: Page<T>, after: T | null) => {
    batch(() => {
      deps.take(page.rows);
      const isLast = page.next === null;
      const last = page.rows.at(-1);
      let merged = mergePage(untrack(ids), deps.peek, page.rows, matches, after, isLast);
      horizon = isLast ? null : (last ?? horizon ?? null);
      const changed = meanwhile.flatMap((row) => deps.peek(row.id) ?? []);
      meanwhile = [];
      merged = mergeChanges(merged, deps.peek, changed, matches, horizon);
      setIds(merged);
      setCursor(page.next);
      setProblem(null);
      setState("ready");
    });
    // Rows that were on the screen before a reconnect are checked again, page by page.
    const oldest = deps.peek(untrack(ids).at(-1) ?? "");
    if (horizon !== null && horizon !== undefined && oldest !== undefined && newestFirst(horizon, oldest) < 0) {
      read(horizon);
    }
  };

  const read = (after: T | null) => {
    reading?.abort();
    const mine = new AbortController();
    reading = mine;
    const from = after === null ? undefined : (untrack(cursor) ?? undefined);
    deps.read(untrack(deps.filter), from, pageRows, mine.signal).then(
      (page) => {
        if (reading === mine) {
          reading = null;
          takePage(page, after);
        }
      },
      (error: unknown) => {
        if (reading === mine) {
          reading = null;
          batch(() => {
            setProblem(sentenceOf(error));
            setState((now) => (now === "loading" ? "failed" : now));
          });
        }
      },
    );
  };

  const readFirst = () => {
    const page = deps.first(untrack(deps.filter));
    if (page === undefined) {
      read(null);
    } else if (page !== null) {
      reading?.abort();
      reading = null;
      takePage(page, null);
    }
  };

  createEffect(
    on(deps.filter, () => {
      reading?.abort();
      reading = null;
      meanwhile = [];
      horizon = undefined;
      batch(() => {
        setIds([]);
        setCursor(null);
        setProblem(null);
        setState("loading");
      });
      readFirst();
    }),
  );
  onCleanup(() => reading?.abort());

  const more = () => {
    if (reading === null && horizon !== null && horizon !== undefined && untrack(cursor) !== null) {
      read(horizon);
    }
  };
  const list: LiveList = {
    ids,
    state,
    problem,
    hasMore: () => cursor() !== null,
    more,
    retry: () => {
      setProblem(null);
      if (untrack(state) === "failed") {
        setState("loading");
        readFirst();
      } else {
        more();
      }
    },
  };
  const open: OpenList<T> = {
    accept: (changed) => {
      if (reading !== null) {
        meanwhile.push(...changed);
      }
      if (horizon !== undefined) {
        setIds(mergeChanges(untrack(ids), deps.peek, changed, matches, horizon));
      }
    },
    refresh: readFirst,
  };
  return [list, open];
};
