import { expect, test } from "vitest";
import { neverReached } from "./spend.ts";

test("of amounts at which something happens, each can be reached before what hides it", () => {
  const at = (warnAt: number | null, pauseAt: number | null, stopAt: number | null) => neverReached({ warnAt, pauseAt, stopAt })?.at;
  for (const fine of [
    [1, 2, 3],
    [2, 2, 2],
    [null, 2, 3],
    [1, null, 3],
    [1, 2, null],
    [9, null, null],
    [null, 9, null],
    [null, null, 9],
  ] as const) {
    const [warnAt, pauseAt, stopAt] = fine;
    expect(at(warnAt, pauseAt, stopAt)).toBeUndefined();
  }
  expect(at(null, 3, 2)).toBe("pauseAt");
  expect(at(1, 3, 2)).toBe("pauseAt");
  expect(at(3, 2, null)).toBe("warnAt");
  expect(at(3, null, 2)).toBe("warnAt");
  expect(at(3, 2, 4)).toBe("warnAt");
});
