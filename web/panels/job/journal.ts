// The steps of an actor as far as they are known, put together from the stored history and from what comes live. Pure.
import type { JournalEntry } from "#protocol/actor.ts";

/** Ascending by `seq`, none twice; the same array if nothing is new. */
export const mergeEntries = (known: ReadonlyArray<JournalEntry>, more: ReadonlyArray<JournalEntry>): ReadonlyArray<JournalEntry> => {
  const last = known.at(-1)?.seq ?? -1;
  if (more.every((entry, index) => entry.seq === last + 1 + index)) {
    return more.length === 0 ? known : [...known, ...more];
  }
  const bySeq = new Map(known.map((entry) => [entry.seq, entry]));
  const before = bySeq.size;
  for (const entry of more) {
    if (!bySeq.has(entry.seq)) {
      bySeq.set(entry.seq, entry);
    }
  }
  return bySeq.size === before ? known : [...bySeq.values()].sort((a, b) => a.seq - b.seq);
};

/** The first step up to `last` that is not known; null: all are. */
export const firstMissing = (known: ReadonlyArray<JournalEntry>, last: number): number | null => {
  // Ascending and none twice: where nothing is missing, each stands at its own number.
  let low = 0;
  let high = Math.min(known.length, last + 1);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (known[middle]?.seq === middle) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low > last ? null : low;
};

/** Moving through the steps: null is the present, and whoever reaches the last step is there. */
export const travel = (cursor: number | null, by: number, last: number): number | null => {
  const next = Math.max((cursor ?? last) + by, 0);
  return next >= last ? null : next;
};
