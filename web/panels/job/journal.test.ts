import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JournalEntry } from "#protocol/actor.ts";
import { firstMissing, mergeEntries, travel } from "./journal.ts";
import { JobLife } from "./testing.ts";

const entries: Array<JournalEntry> = new JobLife().until("completed").entries;
const seqs = (known: ReadonlyArray<JournalEntry>) => known.map(({ seq }) => seq);
const some = fc.subarray(entries);

describe("steps", () => {
  it("are put together in order, none twice, whatever comes in which order", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(some, fc.boolean()).map(([part, turned]) => (turned ? part.toReversed() : part))), (parts) => {
        const merged = parts.reduce<ReadonlyArray<(typeof entries)[number]>>(mergeEntries, []);
        const wanted = [...new Set(parts.flat().map(({ seq }) => seq))].toSorted((a, b) => a - b);
        expect(merged.map(({ seq }) => seq)).toEqual(wanted);
      }),
    );
  });

  it("stay the same array where nothing is new", () => {
    expect(mergeEntries(entries, entries.slice(2, 4))).toBe(entries);
    expect(mergeEntries(entries, [])).toBe(entries);
    expect(seqs([...mergeEntries(entries.slice(0, 2), entries.slice(2))])).toEqual(seqs(entries));
  });

  it("miss the first that is not there", () => {
    fc.assert(
      fc.property(some, fc.nat(entries.length - 1), (known, last) => {
        const there = new Set(seqs(known));
        const missing = Array.from({ length: last + 1 }, (_, seq) => seq).find((seq) => !there.has(seq)) ?? null;
        expect(firstMissing(known, last)).toBe(missing);
      }),
    );
  });
});

describe("travelling", () => {
  it("begins at the present and ends there", () => {
    expect(travel(null, -1, 5)).toBe(4);
    expect(travel(4, 1, 5)).toBeNull();
    expect(travel(null, 1, 5)).toBeNull();
    expect(travel(0, -1, 5)).toBe(0);
    expect(travel(null, -1, 0)).toBeNull();
  });

  it("never leaves the journal", () => {
    fc.assert(
      fc.property(fc.option(fc.nat(100)), fc.integer({ min: -200, max: 200 }), fc.nat(100), (cursor, by, last) => {
        const at = travel(cursor, by, last);
        expect(at === null || (at >= 0 && at < last)).toBe(true);
      }),
    );
  });
});
