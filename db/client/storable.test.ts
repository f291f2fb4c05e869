import fc from "fast-check";
import { expect, test } from "vitest";
import { storableJson, storableText } from "./storable.ts";

test("a zero character in text becomes the replacement character", () => {
  expect(storableText("a\0b\0")).toBe("a\uFFFDb\uFFFD");
  expect(storableText("plain")).toBe("plain");
});

test("in JSON, zero characters and half pairs are replaced, and text that looks like their escape is not", () => {
  const value = { "k\0": "a\0", half: "x\uD83Ey", pair: "🦊", written: String.raw`\u0000 and \\u0000 and \ud83e` };
  expect(JSON.parse(storableJson(JSON.stringify(value)))).toEqual({
    "k\uFFFD": "a\uFFFD",
    half: "x\uFFFDy",
    pair: "🦊",
    written: value.written,
  });
});

test("whatever the value, the result is the JSON of the value with those characters replaced", () => {
  const text = fc.string({ unit: fc.constantFrom("\0", "\\", "u", "0000", "\uD83E", "\uDD8A", "d83e", '"', "a") });
  fc.assert(
    fc.property(text, (value) => {
      expect(JSON.parse(storableJson(JSON.stringify(value)))).toBe(value.replaceAll("\0", "\uFFFD").toWellFormed());
    }),
  );
});
