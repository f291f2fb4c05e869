import fc from "fast-check";
import { expect, test } from "vitest";
import { interleaved, median, rotated, Rounds } from "./measure.ts";

test("the median is the middle one, or between the two in the middle", () => {
  expect(median([3])).toBe(3);
  expect(median([9, 1, 5])).toBe(5);
  expect(median([10, 2, 4, 100])).toBe(7);
  expect(median([])).toBeNaN();
});

test("no order of the values changes the median, and as many are below it as above", () => {
  const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(values, (list) => {
      const middle = median(list);
      expect(median(list.toReversed())).toBe(middle);
      const below = list.filter((value) => value < middle).length;
      const above = list.filter((value) => value > middle).length;
      expect(Math.max(below, above)).toBeLessThanOrEqual(list.length / 2);
    }),
  );
});

test("a ratio is the median of the rounds' ratios: a round in which the machine was busy does not count for more", () => {
  const rounds = new Rounds(
    new Map([
      ["ours", [{ cpu: 2 }, { cpu: 40 }, { cpu: 3 }]],
      ["theirs", [{ cpu: 4 }, { cpu: 80 }, { cpu: 2 }]],
    ]),
  );
  expect(rounds.median("ours", "cpu")).toBe(3);
  expect(rounds.ratio("ours", "theirs", "cpu")).toBe(0.5);
  expect(rounds.ratio("theirs", "theirs", "cpu")).toBe(1);
  expect([rounds.has("ours"), rounds.has("nobody")]).toEqual([true, false]);
  expect(() => rounds.median("nobody", "cpu")).toThrow("Nothing was measured of nobody.");
});

test("every contender runs once a round, alone, and another one comes first each time", async () => {
  const order: Array<string> = [];
  let running = 0;
  const contenders = ["a", "b", "c"].map((name) => ({
    name,
    run: async (round: number) => {
      expect(++running).toBe(1);
      await Promise.resolve();
      running--;
      order.push(name + round);
      return { value: round };
    },
  }));
  const rounds = await interleaved(contenders, 3);
  expect(order).toEqual(["a0", "b0", "c0", "b1", "c1", "a1", "c2", "a2", "b2"]);
  expect(rounds.median("b", "value")).toBe(1);
  expect(rotated([], 2)).toEqual([]);
});
