// Rows of a live list, newest first: how pages and single changes are merged without losing, doubling or ageing a row.
// Pure: no signals, no I/O. Plain arrays of ids are replaced, never changed in place, so that a reader sees whether anything happened.

export interface Row {
  readonly id: string;
  /** Higher is newer; of two versions of a row the higher one stays. */
  readonly rev: number;
  readonly createdAt: number;
  /** Among rows of one moment; left out: 0. */
  readonly ordinal?: number;
}

export type Lookup<T extends Row> = (id: string) => T | undefined;

/** Newest first, as the server lists them; rows of the same moment by ordinal and id, so that the order is total. */
export const newestFirst = (a: Row, b: Row): number =>
  b.createdAt - a.createdAt || (b.ordinal ?? 0) - (a.ordinal ?? 0) || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);

/**
 * Stores the rows that are news and answers them; a row with a lower `rev` than the known one is dropped. So is one with an equal `rev`,
 * unless `renewed` says that it carries something that is not counted by `rev` (fresh URLs).
 */
export const putRows = <T extends Row>(
  rows: Map<string, T>,
  incoming: Iterable<T>,
  renewed: (known: T, row: T) => boolean = () => false,
): ReadonlyArray<T> => {
  const accepted = new Map<string, T>();
  for (const row of incoming) {
    const known = rows.get(row.id);
    if (known === undefined || row.rev > known.rev || (row.rev === known.rev && renewed(known, row))) {
      rows.set(row.id, row);
      accepted.set(row.id, row);
    }
  }
  return [...accepted.values()];
};

/** Where a row stands or would stand in sorted ids. */
const placeOf = <T extends Row>(ids: ReadonlyArray<string>, lookup: Lookup<T>, row: Row): number => {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = lookup(ids[middle] ?? "");
    if (other !== undefined && newestFirst(other, row) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
};

/**
 * Takes changed rows into a list: new matches come in at their place, rows that no longer match go out.
 * `horizon`: the last row that was loaded; what is older stays out until its page is loaded. Null: everything is loaded.
 */
export const mergeChanges = <T extends Row>(
  ids: ReadonlyArray<string>,
  lookup: Lookup<T>,
  changed: ReadonlyArray<T>,
  matches: (row: T) => boolean,
  horizon: Row | null,
): ReadonlyArray<string> => {
  const coming: Array<T> = [];
  const going = new Set<string>();
  for (const row of changed) {
    const here = ids[placeOf(ids, lookup, row)] === row.id;
    const wanted = matches(row);
    if (here && !wanted) {
      going.add(row.id);
    } else if (!here && wanted && (horizon === null || newestFirst(row, horizon) < 0)) {
      coming.push(row);
    }
  }
  if (coming.length === 0 && going.size === 0) {
    return ids;
  }
  const staying = going.size === 0 ? ids : ids.filter((id) => !going.has(id));
  return mergeSorted(staying, coming.sort(newestFirst), lookup);
};

const mergeSorted = <T extends Row>(ids: ReadonlyArray<string>, rows: ReadonlyArray<T>, lookup: Lookup<T>): ReadonlyArray<string> => {
  const merged: Array<string> = [];
  let at = 0;
  for (const row of rows) {
    for (; at < ids.length; at++) {
      const id = ids[at] ?? "";
      const other = lookup(id);
      if (other !== undefined && newestFirst(other, row) >= 0) {
        break;
      }
      merged.push(id);
    }
    if (ids[at] !== row.id && merged.at(-1) !== row.id) {
      merged.push(row.id);
    }
  }
  for (; at < ids.length; at++) {
    merged.push(ids[at] ?? "");
  }
  return merged;
};

/**
 * Takes a page into a list. The page speaks for its whole stretch, from the row after which it was asked (`after`; null: from its own
 * first row) to its last row, or to the end of the list if it is the last page: what the list has there and the page has not, is gone.
 * Rows that have changed since the page was read and no longer match stay out.
 */
export const mergePage = <T extends Row>(
  ids: ReadonlyArray<string>,
  lookup: Lookup<T>,
  page: ReadonlyArray<T>,
  matches: (row: T) => boolean,
  after: Row | null,
  isLast: boolean,
): ReadonlyArray<string> => {
  const sorted = page.map((row) => lookup(row.id) ?? row).sort(newestFirst);
  const oldest = lookup(ids.at(-1) ?? "");
  const [next] = sorted;
  if (after !== null && oldest !== undefined && newestFirst(oldest, after) <= 0 && (next === undefined || newestFirst(next, after) > 0)) {
    // Scrolling on: the page goes on where the list ends, so no listed row need be looked at.
    return ids.concat(sorted.filter(matches).map(({ id }) => id));
  }
  const listed = new Set(page.map((row) => row.id));
  const first = after ?? sorted[0];
  const last = isLast ? undefined : sorted.at(-1);
  const inStretch = (row: Row): boolean =>
    (first === undefined || newestFirst(row, first) > 0) && (last === undefined || newestFirst(row, last) <= 0);
  const staying = ids.filter((id) => {
    const row = lookup(id);
    return row !== undefined && !listed.has(id) && !inStretch(row);
  });
  return mergeSorted(staying, sorted.filter(matches), lookup);
};
