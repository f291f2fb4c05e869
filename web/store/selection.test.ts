import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keepPresent, nothingSelected, select, selectAll, selectModeOf, step } from "./selection.ts";

const list = ["a", "b", "c", "d", "e"];
const ids = (selection: { readonly ids: ReadonlySet<string> }) => [...selection.ids].sort().join("");

describe("selecting", () => {
  it("takes one with a click, adds with Ctrl, takes a stretch with Shift", () => {
    const one = select(nothingSelected, list, "b", "only");
    expect(ids(one)).toBe("b");
    const two = select(one, list, "d", "toggle");
    expect(ids(two)).toBe("bd");
    expect(ids(select(two, list, "d", "toggle"))).toBe("b");
    expect(ids(select(one, list, "e", "range"))).toBe("bcde");
    expect(ids(select(select(one, list, "e", "range"), list, "a", "range"))).toBe("ab");
  });

  it("reads the mode from the keys that are held", () => {
    const none = { shiftKey: false, ctrlKey: false, metaKey: false };
    expect(selectModeOf(none)).toBe("only");
    expect(selectModeOf({ ...none, metaKey: true })).toBe("toggle");
    expect(selectModeOf({ ...none, shiftKey: true, ctrlKey: true })).toBe("range");
  });

  it("moves by keyboard, stops at the ends, and extends with Shift", () => {
    const first = step(nothingSelected, list, 1, false);
    expect(first.current).toBe("a");
    expect(step(first, list, -1, false).current).toBe("a");
    expect(ids(step(step(first, list, 1, true), list, 1, true))).toBe("abc");
    expect(step(first, list, 99, false).current).toBe("e");
    expect(step(nothingSelected, [], 1, false)).toBe(nothingSelected);
  });

  it("never holds a row that is gone, and stays the same object when nothing is", () => {
    const all = selectAll(select(nothingSelected, list, "c", "only"), list);
    expect(keepPresent(all, () => true)).toBe(all);
    const left = keepPresent(all, (id) => id !== "c");
    expect(ids(left)).toBe("abde");
    expect(left.current).toBeNull();
    expect(left.anchor).toBeNull();
  });

  it("holds only rows of the list, whatever is done", () => {
    const action = fc.tuple(
      fc.constantFrom(...list),
      fc.constantFrom("only" as const, "toggle" as const, "range" as const),
      fc.integer({ min: -3, max: 3 }),
    );
    fc.assert(
      fc.property(fc.array(action), (actions) => {
        let selection = nothingSelected;
        for (const [id, mode, by] of actions) {
          selection = by === 0 ? select(selection, list, id, mode) : step(selection, list, by, mode === "range");
          expect([...selection.ids].every((each) => list.includes(each))).toBe(true);
          expect(selection.current === null || list.includes(selection.current)).toBe(true);
        }
      }),
    );
  });
});
