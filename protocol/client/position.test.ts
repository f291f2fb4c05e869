import fc from "fast-check";
import { expect, test } from "vitest";
import { stepTo } from "./position.ts";

test("of frames that overlap, repeat and skip, exactly the changes are taken that are next", () => {
  const frame = fc.record({ from: fc.nat(60), count: fc.integer({ min: 1, max: 8 }) });
  fc.assert(
    fc.property(fc.nat(20), fc.array(frame), (start, frames) => {
      let known = start;
      for (const { from, count } of frames) {
        // Changes from+1 … from+count, of which all up to `known` have been seen.
        const step = stepTo(`e:${known}`, `e:${from + count}`, count);
        if (from > known) expect(step.kind).toBe("gap");
        else if (from + count <= known) expect(step.kind).toBe("repeat");
        else {
          expect(step).toEqual({ kind: "next", skip: known - from });
          known = from + count;
        }
      }
    }),
  );
});

test("changes of another epoch need a snapshot first", () => {
  expect(stepTo("a:5", "b:6", 1)).toEqual({ kind: "gap" });
  expect(stepTo("a:5", "b:1", 1)).toEqual({ kind: "gap" });
});
