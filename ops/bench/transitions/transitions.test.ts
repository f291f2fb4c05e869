import { expect, test } from "vitest";
import type { Shown } from "./screencast.ts";
import { blackIn, cutAfter, gapsAtEnds, percentile, staleIn, stepsBack } from "./transitions.ts";

const seen = (at: number, clip: number, frame: number): Shown => ({ at, read: { clip, frame } });

test("a cut is measured from the input to the first picture of the other clip, and to its second", () => {
  const shown = [seen(0, 1, 10), seen(40, 1, 11), seen(62, 2, 0), seen(80, 2, 0), seen(110, 2, 1)];
  expect(cutAfter(shown, 50, 1000)).toEqual({ first: 12, moving: 60 });
  expect(cutAfter(shown, 50, 100)).toBeNull();
});

test("at an end the time counts from when the last frame was to be seen, also where it was not caught", () => {
  const shown = [
    seen(0, 1, 21),
    seen(40, 1, 22),
    seen(80, 1, 23),
    seen(96, 1, 23),
    seen(120, 2, 0),
    seen(160, 2, 1),
    seen(1040, 2, 22),
    seen(1125, 2, 0),
  ];
  expect(gapsAtEnds(shown, 23, 40)).toEqual([40, 45]);
});

test("black pictures count after the first that shows something, steps back but for a new beginning", () => {
  const black = (at: number): Shown => ({ at, read: "black" });
  const shown = [black(0), seen(1, 1, 8), black(2), seen(3, 1, 6), seen(4, 1, 0), seen(5, 2, 9)];
  expect([blackIn(shown), stepsBack(shown)]).toEqual([1, 1]);
});

test("what was seen of a clip before is found as its first picture and after that, but not what was on when the watching began", () => {
  const cuts = [seen(0, 1, 20), seen(40, 1, 21), seen(60, 2, 9), seen(80, 2, 0), seen(100, 2, 1), seen(500, 1, 0), seen(516, 1, 21)];
  expect(staleIn([...cuts, seen(533, 1, 1), seen(900, 1, 11)], 40)).toBe(2);
  const round = [seen(0, 1, 22), seen(40, 1, 23), seen(80, 1, 0)];
  expect(staleIn([...round, seen(120, 1, 1), seen(160, 1, 2)], 40)).toBe(0);
  expect(staleIn([...round, seen(96, 1, 23), seen(120, 1, 1)], 40)).toBe(1);
  const stepBack = [seen(0, 1, 20), seen(40, 2, 0), seen(440, 2, 10), seen(480, 2, 9), seen(520, 2, 12)];
  expect(staleIn(stepBack, 40)).toBe(0);
});

test("a percentile is one of the values", () => {
  const values = Array.from({ length: 20 }, (_, at) => at + 1);
  expect([percentile(values, 50), percentile(values, 95), percentile([], 95)]).toEqual([10, 19, Number.NaN]);
});
