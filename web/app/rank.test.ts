import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rank, scoreOf } from "./rank.ts";

const titles = [
  "Show Generate",
  "Show jobs with problems",
  "Switch theme: system, light, dark",
  "Reset the layout",
  "Cancel all active jobs",
];
const best = (query: string) => rank(query, titles, (title) => title)[0];

describe("ranking", () => {
  it("puts the words as typed before scattered letters", () => {
    expect(best("theme")).toBe("Switch theme: system, light, dark");
    expect(best("reset")).toBe("Reset the layout");
    expect(best("jobs")).toBe("Show jobs with problems");
  });

  it("finds by first letters and drops what does not fit", () => {
    expect(best("caj")).toBe("Cancel all active jobs");
    expect(rank("zzz", titles, (title) => title)).toEqual([]);
  });

  it("keeps the order as given without a query", () => {
    expect(rank("  ", titles, (title) => title)).toBe(titles);
  });

  it("fits every text to any run of its own letters", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.infiniteStream(fc.boolean()), (text, keep) => {
        const query = [...text].filter(() => keep.next().value).join("");
        expect(
          query.toLowerCase().length !== query.length || text.toLowerCase().length !== text.length || scoreOf(query, text) !== null,
        ).toBe(true);
      }),
    );
  });
});
