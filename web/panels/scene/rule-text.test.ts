import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Condition } from "#protocol/scene/rule.ts";
import { anyCondition, anyEffect } from "#protocol/scene/testing.ts";
import { printCondition, printEffects, readCondition, readEffects } from "./rule-text.ts";

describe("rules as text", () => {
  it("conditions are read as they were printed", () => {
    fc.assert(
      fc.property(
        anyCondition.filter((condition) => Condition.safeParse(condition).success),
        (condition) => {
          expect(readCondition(printCondition(condition))).toEqual({ ok: true, value: condition });
        },
      ),
    );
  });

  it("effects are read as they were printed", () => {
    fc.assert(
      fc.property(fc.array(anyEffect, { maxLength: 6 }), (effects) => {
        expect(readEffects(printEffects(effects))).toEqual({ ok: true, value: effects });
      }),
    );
  });

  it("texts with quotes, braces, signs and line ends come through", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 40 }), fc.constantFrom("\n", "\u2028", "😀", '\\"{}', "\ud800")), (value) => {
        const condition: Condition = { kind: "variable", name: "a", is: "is", to: { from: "value", value } };
        expect(readCondition(printCondition(condition))).toEqual({ ok: true, value: condition });
      }),
    );
  });

  it("never breaks, whatever is written", () => {
    const words = fc.constantFrom(
      "$a",
      "flag",
      "x",
      "is",
      "on",
      "and",
      "or",
      "not",
      "(",
      ")",
      "=",
      "3",
      '"t"',
      "all",
      ";",
      "give",
      "item",
      "[",
      "{",
      "#",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(words, { maxLength: 12 }).map((all) => all.join(" ")),
        ),
        (text) => {
          for (const read of [readCondition(text), readEffects(text)]) {
            if (!read.ok) {
              expect(read.at).toBeGreaterThanOrEqual(0);
              expect(read.at).toBeLessThanOrEqual(text.length);
            }
          }
        },
      ),
    );
    expect(readCondition("(".repeat(100_000)).ok).toBe(false);
    expect(readCondition("not ".repeat(100_000)).ok).toBe(false);
  });

  it("says where and what is missing", () => {
    expect(readCondition("flag met is maybe")).toEqual({ ok: false, at: 12, message: "Here belongs on or off." });
    expect(readCondition("$a > 1 and $b < 2 or never")).toMatchObject({ ok: false, at: 18 });
    expect(readCondition("$a > 1 $b")).toMatchObject({ ok: false, at: 7 });
    expect(readCondition("quest find is done").ok).toBe(false);
    expect(readEffects("$a = 1 $b = 2")).toMatchObject({ ok: false, at: 7 });
    expect(readEffects("$a = 1; $b += counter n\n\nflag met = off\n")).toMatchObject({ ok: true, value: [{}, {}, { kind: "setFlag" }] });
  });
});
