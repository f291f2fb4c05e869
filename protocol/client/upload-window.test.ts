import fc from "fast-check";
import { expect, test } from "vitest";
import { chunkBytes, firstWindowBytes, nextWindow } from "./upload-window.ts";

test("the window stays within the limit and always holds a chunk", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e8 }), fc.array(fc.nat(5000)), (limit, times) => {
      let window = Math.min(firstWindowBytes, limit);
      for (const took of times) {
        window = nextWindow(window, took, limit);
        expect(window).toBeGreaterThanOrEqual(1);
        expect(window).toBeLessThanOrEqual(limit);
        expect(chunkBytes(window, 1024 * 1024)).toBeLessThanOrEqual(512 * 1024);
      }
    }),
  );
});

test("a fast line is filled within a few round trips, a slow one is left free for others", () => {
  let fast = firstWindowBytes;
  for (let n = 0; n < 4; n++) fast = nextWindow(fast, 20, 8 * 1024 * 1024);
  expect(fast).toBe(8 * 1024 * 1024);
  let slow = firstWindowBytes;
  for (let n = 0; n < 9; n++) slow = nextWindow(slow, 4000, 8 * 1024 * 1024);
  expect(slow).toBe(128 * 1024);
  expect(chunkBytes(slow, 1024 * 1024)).toBe(32 * 1024);
});
