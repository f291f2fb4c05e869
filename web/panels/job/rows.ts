// The journal as rows of a list: bursts of the same event that change no state stand in one row until somebody opens it, and a row
// whose event is shown in full is as high as that. Pure; px.
import type { JournalEntry } from "#protocol/actor.ts";

export type JournalRow =
  | {
      readonly kind: "entry";
      readonly entry: JournalEntry;
      /** State value of the step before; null for the first. */
      readonly valueBefore: JournalEntry["value"] | null;
      /** Since the step before, ms. */
      readonly sinceBefore: number | null;
      /** Belongs to an opened burst: the `seq` of its first entry. */
      readonly burst: number | null;
    }
  | {
      readonly kind: "burst";
      readonly first: JournalEntry;
      readonly last: JournalEntry;
      readonly count: number;
      readonly sinceBefore: number | null;
    };

/** So many of the same in a row are a burst. */
const burstFrom = 3;

/** Stands for a row: the `seq` of its (first) entry. */
export const keyOf = (row: JournalRow): number => (row.kind === "entry" ? row.entry.seq : row.first.seq);

const same = (a: JournalEntry, b: JournalEntry): boolean =>
  a.event.type === b.event.type && (a.value === b.value || JSON.stringify(a.value) === JSON.stringify(b.value));

export const journalRows = (entries: ReadonlyArray<JournalEntry>, openBursts: ReadonlySet<number>): ReadonlyArray<JournalRow> => {
  const rows: Array<JournalRow> = [];
  for (let at = 0; at < entries.length;) {
    const first = entries[at];
    if (first === undefined) {
      break;
    }
    const before = entries[at - 1];
    let end = at + 1;
    // The first of its kind may have changed the state: it stands for itself.
    const steady = before !== undefined && JSON.stringify(before.value) === JSON.stringify(first.value);
    for (let next = entries[end]; steady && next !== undefined && same(first, next); next = entries[++end]);
    const count = end - at;
    const last = entries[end - 1] ?? first;
    const isBurst = count >= burstFrom;
    const sinceBefore = before === undefined ? null : first.at - before.at;
    if (isBurst) {
      rows.push({ kind: "burst", first, last, count, sinceBefore });
    }
    if (!isBurst || openBursts.has(first.seq)) {
      for (let index = at; index < end; index++) {
        const entry = entries[index];
        const previous = entries[index - 1];
        if (entry !== undefined) {
          rows.push({
            kind: "entry",
            entry,
            valueBefore: previous?.value ?? null,
            sinceBefore: previous === undefined ? null : entry.at - previous.at,
            burst: isBurst ? first.seq : null,
          });
        }
      }
    }
    at = end;
  }
  return rows;
};

/** The row in which a step is found. */
export const rowOfSeq = (rows: ReadonlyArray<JournalRow>, seq: number): number =>
  rows.findLastIndex((row) => (row.kind === "entry" ? row.entry.seq === seq : row.first.seq <= seq && seq <= row.last.seq));

export const rowHeight = 30;
const lineHeight = 16;
const detailMargin = 18;
const detailMost = 264;

/** The event as it is shown when a row is opened; what the journal adds to every event (`type`, `at`) is in the row already. */
export const payloadText = ({ event }: JournalEntry): string => {
  const { type: _, at: __, ...payload } = event;
  return Object.keys(payload).length === 0 ? "No payload." : JSON.stringify(payload, null, 2);
};

export const detailHeight = (entry: JournalEntry): number =>
  Math.min(payloadText(entry).split("\n").length * lineHeight + detailMargin, detailMost);

/** Where each row starts, and the end of the last. */
export const rowTops = (rows: ReadonlyArray<JournalRow>, opened: ReadonlySet<number>): Float64Array => {
  const tops = new Float64Array(rows.length + 1);
  rows.forEach((row, index) => {
    const extra = row.kind === "entry" && opened.has(row.entry.seq) ? detailHeight(row.entry) : 0;
    tops[index + 1] = (tops[index] ?? 0) + rowHeight + extra;
  });
  return tops;
};
