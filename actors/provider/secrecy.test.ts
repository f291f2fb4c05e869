import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { blankedBy } from "./secrecy.ts";

describe("what a provider says", () => {
  test("holds no secret, however it is written, and keeps all else", () => {
    const blank = blankedBy(['sk-live/0123456789"x', ""]);
    expect(blank('The key sk-live/0123456789"x is wrong.')).toBe("The key … is wrong.");
    expect(blank('"sk-live/0123456789\\"x" at /?key=sk-live%2F0123456789%22x')).toBe('"…" at /?key=…');
    expect(blank("The key sk-live/01234")).toBe("The key …");
    expect(blank("The model sk-liv is not there.")).toBe("The model sk-liv is not there.");
  });

  test("tells at most the first seven characters of a secret, wherever it was cut", () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9_-]{12,60}$/);
    fc.assert(
      fc.property(secret, fc.nat(), (key, seed) => {
        const cut = 8 + (seed % (key.length - 7));
        expect(blankedBy([key])(`It is ${key.slice(0, cut)}`)).not.toContain(key.slice(0, 8));
      }),
    );
  });
});
