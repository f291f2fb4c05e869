import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JournalEntry } from "#protocol/actor.ts";
import { detailHeight, journalRows, keyOf, payloadText, rowHeight, rowOfSeq, rowTops } from "./rows.ts";
import { JobLife } from "./testing.ts";

const none = new Set<number>();
/** seq 0 to 2 lead to processing, 3 to 7 are progress, 8 goes on. */
const rendered = () => {
  const life = new JobLife().until("processing");
  for (const fraction of [0.1, 0.2, 0.3, 0.4, 0.5]) {
    life.progress(fraction);
  }
  return life.until("downloading").entries;
};

const anyJournal: fc.Arbitrary<ReadonlyArray<JournalEntry>> = fc
  .array(fc.record({ type: fc.constantFrom("tick", "tock"), value: fc.constantFrom<JournalEntry["value"]>("a", "b", { c: "d" }) }), {
    maxLength: 60,
  })
  .map((steps) =>
    steps.map(({ type, value }, seq) => ({ seq, at: 1000 + 7 * seq, event: { type }, value, context: {}, status: "active" as const })),
  );
const anyOpen = fc.array(fc.nat(60)).map((seqs) => new Set(seqs));

describe("rows of a journal", () => {
  it("put what repeats without leading anywhere in one row", () => {
    const rows = journalRows(rendered(), none);
    expect(rows.map((row) => [row.kind, keyOf(row)])).toEqual([
      ["entry", 0],
      ["entry", 1],
      ["entry", 2],
      ["burst", 3],
      ["entry", 8],
    ]);
    expect(rows[3]).toMatchObject({ count: 5, sinceBefore: 100, first: { seq: 3 }, last: { seq: 7 } });
  });

  it("show each of a burst that is opened, below it", () => {
    const rows = journalRows(rendered(), new Set([3]));
    expect(rows).toHaveLength(10);
    expect(rows.slice(4, 9).map((row) => row.kind === "entry" && [row.entry.seq, row.burst])).toEqual(
      [3, 4, 5, 6, 7].map((seq) => [seq, 3]),
    );
  });

  it("leave two of a kind as they are", () => {
    const life = new JobLife().until("processing").progress(0.1).progress(0.2).until("downloading");
    expect(journalRows(life.entries, none).every(({ kind }) => kind === "entry")).toBe(true);
  });

  it("know the state before and the time since", () => {
    const [first, second] = journalRows(new JobLife().until("submitting").entries, none);
    expect(first).toMatchObject({ valueBefore: null, sinceBefore: null, burst: null });
    expect(second).toMatchObject({ valueBefore: "waitingForSlot", sinceBefore: 100 });
  });

  it("hold every step once, in order, whatever is opened", () => {
    fc.assert(
      fc.property(anyJournal, anyOpen, (entries, open) => {
        const seqs = journalRows(entries, open).flatMap((row) => {
          if (row.kind === "entry") {
            return [row.entry.seq];
          }
          expect(row.last.seq - row.first.seq + 1).toBe(row.count);
          expect(row.count).toBeGreaterThanOrEqual(3);
          return open.has(row.first.seq) ? [] : entries.slice(row.first.seq, row.last.seq + 1).map(({ seq }) => seq);
        });
        expect(seqs).toEqual(entries.map(({ seq }) => seq));
      }),
    );
  });

  it("never hide a change of state in a burst", () => {
    fc.assert(
      fc.property(anyJournal, (entries) => {
        for (const row of journalRows(entries, none)) {
          if (row.kind === "burst") {
            const inside = entries.slice(row.first.seq - 1, row.last.seq + 1).map(({ value }) => JSON.stringify(value));
            expect(new Set(inside).size).toBe(1);
          }
        }
      }),
    );
  });

  it("are found by every step they hold: the step's own row before its burst's", () => {
    fc.assert(
      fc.property(anyJournal, anyOpen, (entries, open) => {
        const rows = journalRows(entries, open);
        for (const { seq } of entries) {
          const row = rows[rowOfSeq(rows, seq)] ?? expect.fail(`step ${seq} is in no row`);
          if (row.kind === "entry") {
            expect(row.entry.seq).toBe(seq);
          } else {
            expect(open.has(row.first.seq)).toBe(false);
          }
        }
        expect(rowOfSeq(rows, entries.length)).toBe(-1);
      }),
    );
  });

  it("stand one below the other, opened ones as high as their event", () => {
    fc.assert(
      fc.property(anyJournal, anyOpen, (entries, opened) => {
        const rows = journalRows(entries, none);
        const tops = rowTops(rows, opened);
        expect(tops).toHaveLength(rows.length + 1);
        expect(tops[0]).toBe(0);
        rows.forEach((row, index) => {
          const height = (tops[index + 1] ?? 0) - (tops[index] ?? 0);
          const isOpen = row.kind === "entry" && opened.has(row.entry.seq);
          expect(height).toBe(isOpen ? rowHeight + detailHeight(row.entry) : rowHeight);
        });
      }),
    );
  });
});

describe("an event in full", () => {
  const [entry] = new JobLife().until("waitingForSlot").entries;
  const withEvent = (event: JournalEntry["event"]): JournalEntry => ({ ...(entry ?? expect.fail("no entry")), event });

  it("leaves out what the row says already", () => {
    expect(JSON.parse(payloadText(withEvent({ type: "x", at: 5, fraction: 0.5 })))).toEqual({ fraction: 0.5 });
    expect(payloadText(withEvent({ type: "job.cancel", at: 5 }))).toBe("No payload.");
  });

  it("is as high as its lines, up to a bound", () => {
    const short = detailHeight(withEvent({ type: "x" }));
    const longer = detailHeight(withEvent({ type: "x", a: 1, b: 2 }));
    expect(longer).toBeGreaterThan(short);
    const long = (count: number) => detailHeight(withEvent({ type: "x", all: Array.from({ length: count }, (_, index) => index) }));
    expect(long(1000)).toBe(long(100));
  });
});
