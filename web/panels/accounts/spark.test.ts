import { expect, it } from "vitest";
import { sparkPath } from "./spark.ts";

it("draws amounts over time, the most at the top", () => {
  const points = [
    { at: 1000, amount: 100 },
    { at: 2000, amount: 50 },
    { at: 5000, amount: 0 },
  ];
  expect(sparkPath(points)).toBe("M2.0 2.0L31.0 14.0L118.0 26.0");
});

it("draws nothing where nothing has changed", () => {
  expect(
    sparkPath([
      { at: 1, amount: 7 },
      { at: 2, amount: 7 },
    ]),
  ).toBeNull();
  expect(sparkPath([{ at: 1, amount: 7 }])).toBeNull();
  expect(sparkPath([])).toBeNull();
});
