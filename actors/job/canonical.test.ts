import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Id } from "#protocol/values.ts";
import { assetIdOf, derivedId, hashOf, seedAfter, seedOf } from "./canonical.ts";

const reversed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, part]) => [key, reversed(part)]),
  );
};

describe("what makes two requests the same", () => {
  test("the order of keys does not, at any depth; the order of lists does", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(hashOf(reversed(value))).toBe(hashOf(value));
      }),
    );
    expect(hashOf([1, 2])).not.toBe(hashOf([2, 1]));
    expect(hashOf({ a: 1, b: undefined })).toBe(hashOf({ a: 1 }));
  });

  test("ids are valid, the same for the same parts, and not confused by where one part ends", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.integer(), (user, key, index) => {
        const id = derivedId("job", user, key, index);
        expect(Id.parse(id)).toBe(derivedId("job", user, key, index));
        expect(Id.parse(assetIdOf(id))).not.toBe(id);
      }),
    );
    expect(derivedId("job", "a", "bc")).not.toBe(derivedId("job", "ab", "c"));
  });

  test("seeds stay within their bounds, and counting on from one goes round", () => {
    const bounds = fc
      .tuple(fc.maxSafeInteger(), fc.maxSafeInteger())
      .map(([a, b]) => ({ name: "seed", min: Math.min(a, b), max: Math.max(a, b) }));
    fc.assert(
      fc.property(bounds, fc.string(), fc.integer({ min: 0, max: 99 }), (param, id, index) => {
        const seed = seedOf(id, param);
        expect(seed).toBe(seedOf(id, param));
        for (const drawn of [seed, seedAfter(seed, index, param)]) {
          expect(drawn).toBeGreaterThanOrEqual(param.min);
          expect(drawn).toBeLessThanOrEqual(param.max);
        }
      }),
    );
    expect([0, 1, 2].map((index) => seedAfter(9, index, { name: "seed", min: 5, max: 10 }))).toEqual([9, 10, 5]);
  });
});
