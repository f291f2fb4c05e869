import fc from "fast-check";
import { expect, test } from "vitest";
import { planPreload } from "./preload.ts";

const bytes = fc.integer({ min: 1, max: 100 });
const key: fc.Arbitrary<string> = fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h");
const held = fc.uniqueArray(fc.record({ key, bytes, here: fc.boolean() }), { selector: (one) => one.key, maxLength: 5 });
const wishes = fc.uniqueArray(fc.record({ key, bytes, likelihood: fc.double({ min: 0, max: 1, noNaN: true }) }), {
  selector: (one) => one.key,
});
const budget = fc.record({
  elements: fc.integer({ min: 1, max: 6 }),
  memory: fc.integer({ min: 50, max: 400 }),
  line: fc.nat({ max: 200 }),
});
const shown = fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 25 }) }), { minLength: 0, maxLength: 2 });

test("no plan goes over the budget, and what is on the stage is never given up for it", () => {
  fc.assert(
    fc.property(shown, held, wishes, budget, (on, has, wants, within) => {
      const { load, drop } = planPreload(on, has, wants, within);
      const sizes = new Map([...wants, ...has].map((one) => [one.key, one.bytes]));
      const kept = [...has.flatMap((one) => (drop.includes(one.key) ? [] : [one.key])), ...load];
      expect(new Set(kept).size).toBe(kept.length);
      const sum = (keys: ReadonlyArray<string>): number => keys.reduce((total, one) => total + sizes.get(one)!, 0);
      if (kept.length > 0) {
        expect(kept.length + on.length).toBeLessThanOrEqual(within.elements);
        expect(sum(kept) + on.reduce((total, one) => total + one.bytes, 0)).toBeLessThanOrEqual(within.memory);
      }
      if (load.length > 1) expect(sum(load)).toBeLessThanOrEqual(within.line + sizes.get(load[0]!)!);
      for (const one of load) expect(has.some((other) => other.key === one)).toBe(false);
      for (const one of drop) expect(has.some((other) => other.key === one)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("of pieces of one size none is made ready before a likelier one", () => {
  fc.assert(
    fc.property(held, wishes, budget, (has, wants, within) => {
      const same = { key: "", bytes: 10 };
      const before = has.map((one) => ({ ...one, ...same, key: one.key, here: true }));
      const { load, drop } = planPreload(
        [],
        before,
        wants.map((one) => ({ ...one, bytes: 10 })),
        { ...within, line: 1e9 },
      );
      const kept = new Set([...before.flatMap((one) => (drop.includes(one.key) ? [] : [one.key])), ...load]);
      const ranked = wants.toSorted((a, b) => b.likelihood - a.likelihood).map((one) => one.key);
      const count = Math.min(ranked.length, within.elements, Math.floor(within.memory / 10));
      for (const one of ranked.slice(0, count)) expect(kept).toContain(one);
    }),
    { numRuns: 500 },
  );
});

test("the likeliest piece is fetched even over a line that is too slow for it, the next one is not", () => {
  const wants = [
    { key: "a", bytes: 50, likelihood: 0.3 },
    { key: "b", bytes: 50, likelihood: 0.7 },
  ];
  expect(planPreload([], [], wants, { elements: 6, memory: 1000, line: 10 })).toEqual({ load: ["b"], drop: [] });
  expect(planPreload([], [], wants, { elements: 6, memory: 1000, line: 100 })).toEqual({ load: ["b", "a"], drop: [] });
});
