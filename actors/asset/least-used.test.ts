import fc from "fast-check";
import { expect, test } from "vitest";
import { leastUsed } from "./least-used.ts";

const original = fc.record({
  sha256: fc.uuid(),
  size: fc.integer({ min: 0, max: 1000 }),
  usedAt: fc.integer({ min: 0, max: 20 }),
});
const originals = fc.uniqueArray(original, { selector: ({ sha256 }) => sha256, maxLength: 20 });
const sum = (among: ReadonlyArray<{ readonly size: number }>): number => among.reduce((bytes, { size }) => bytes + size, 0);

test("what stays fits, or was used lately; what goes was used no later than what stays; nothing goes that has room", () => {
  fc.assert(
    fc.property(originals, fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 21 }), (all, most, since) => {
      const going = leastUsed(all, most, since);
      const staying = all.filter((each) => !going.includes(each));
      expect(sum(staying.filter(({ usedAt }) => usedAt < since))).toBeLessThanOrEqual(most);
      for (const gone of going) {
        expect(gone.usedAt).toBeLessThan(since);
        const newer = all.filter((each) => each !== gone && each.usedAt >= gone.usedAt);
        expect(sum(newer) + gone.size).toBeGreaterThan(most);
      }
      expect(going.map(({ usedAt }) => usedAt)).toEqual(going.map(({ usedAt }) => usedAt).toSorted((a, b) => a - b));
      expect(leastUsed(all, sum(all), since)).toEqual([]);
    }),
  );
});
