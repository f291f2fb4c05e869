import fc from "fast-check";
import { expect, test } from "vitest";
import { diffWords } from "./diff.ts";

const words = fc
  .array(fc.constantFrom("a", "fox", " ", ", ", "snow", "ü", "{", "|", "\n", "."), { maxLength: 30 })
  .map((parts) => parts.join(""));
const single = fc.array(fc.constantFrom("a", "fox", "snow"), { maxLength: 8 });
const shown = (old: string, next: string) =>
  diffWords(old, next).map(({ text, in: where }) => `${{ both: "=", old: "-", new: "+" }[where]}${text}`);

test("the old parts are the old text, the new parts the new one, and no two of a kind are beside each other", () => {
  fc.assert(
    fc.property(words, words, (old, next) => {
      const parts = diffWords(old, next);
      expect(
        parts
          .filter((part) => part.in !== "new")
          .map(({ text }) => text)
          .join(""),
      ).toBe(old);
      expect(
        parts
          .filter((part) => part.in !== "old")
          .map(({ text }) => text)
          .join(""),
      ).toBe(next);
      expect(parts.every((part, at) => part.text !== "" && part.in !== parts[at - 1]?.in)).toBe(true);
    }),
  );
});

test("the same is the same, and what was only added takes nothing away", () => {
  fc.assert(
    fc.property(words, single, single, single, (text, a, b, c) => {
      expect(diffWords(text, text).every((part) => part.in === "both")).toBe(true);
      const grown = diffWords([...a, ...c].join(" "), [...a, ...b, ...c].join(" "));
      expect(grown.filter((part) => part.in === "old")).toEqual([]);
    }),
  );
});

test("words are compared as words", () => {
  expect(shown("a red fox, running", "a grey fox, standing still")).toEqual([
    "=a ",
    "-red",
    "+grey",
    "= fox, ",
    "-running",
    "+standing still",
  ]);
  expect(shown("", "x")).toEqual(["+x"]);
});

test("texts too long to compare in time are shown as rewritten", () => {
  const long = (word: string) => Array.from({ length: 3000 }, (_, n) => `${word}${n}`).join(" ");
  expect(diffWords(long("a"), long("b")).map((part) => part.in)).toEqual(["old", "new"]);
});
