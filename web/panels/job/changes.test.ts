import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fieldsOf, valueText } from "./changes.ts";

describe("what a step changed", () => {
  it("is told by path, with what was there before", () => {
    expect(fieldsOf({ attempt: 2, order: { params: { seed: 7 } } }, { attempt: 1, order: { params: { seed: 7 } } })).toEqual([
      { path: "attempt", value: 2, before: 1, changed: true },
      { path: "order.params.seed", value: 7, changed: false },
    ]);
  });

  it("counts what came and what went", () => {
    expect(fieldsOf({ slot: "studio-1" }, { file: "a.mp4" })).toEqual([
      { path: "slot", value: "studio-1", before: undefined, changed: true },
      { path: "file", value: undefined, before: "a.mp4", changed: true },
    ]);
  });

  it("is nothing where there is no step before, or nothing at all", () => {
    expect(fieldsOf({}, null)).toEqual([]);
    expect(fieldsOf({ a: 1 }, null)).toEqual([{ path: "a", value: 1, changed: false }]);
  });

  it("is not a value that is equal in another object", () => {
    expect(fieldsOf({ inputs: [{ id: 1 }], none: {} }, { inputs: [{ id: 1 }], none: {} }).filter(({ changed }) => changed)).toEqual([]);
  });

  it("shows whole what lies deep", () => {
    expect(fieldsOf({ a: { b: { c: { d: { e: 1 } } } } }, null)).toEqual([{ path: "a.b.c.d", value: { e: 1 }, changed: false }]);
  });

  it("is nothing between equals, and all of it is the same the other way round", () => {
    const context = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.jsonValue({ maxDepth: 3 }));
    fc.assert(
      fc.property(context, context, (a, b) => {
        expect(fieldsOf(a, structuredClone(a)).some(({ changed }) => changed)).toBe(false);
        const there = fieldsOf(b, a).filter(({ changed }) => changed);
        const back = fieldsOf(a, b).filter(({ changed }) => changed);
        const told = (fields: typeof there) =>
          Object.fromEntries(fields.map(({ path, value, before }) => [path, [value ?? null, before ?? null]]));
        expect(told(there.map(({ path, value, before }) => ({ path, value: before, before: value, changed: true })))).toEqual(told(back));
      }),
    );
  });
});

describe("values", () => {
  it.each([
    [undefined, "–"],
    ["", "“”"],
    ["a fox", "a fox"],
    [7, "7"],
    [null, "null"],
    [{ a: "b" }, '{"a":"b"}'],
  ])("%j reads %s", (value, words) => expect(valueText(value)).toBe(words));

  it("are moments only where their name says so", () => {
    const at = new Date(2026, 0, 5, 14, 3, 9, 45).getTime();
    expect(valueText(at, "retryAt")).toBe("5 Jan, 14:03:09.045");
    expect(valueText(at, "enteredAt.queued")).toBe("5 Jan, 14:03:09.045");
    expect(valueText(at, "order.hash")).toBe(String(at));
    expect(valueText(60_000, "retryAt")).toBe("60000");
    expect(valueText(null, "retryAt")).toBe("null");
  });
});
