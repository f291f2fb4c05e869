import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expand, faultsOf, longestText, needsOf, type Surroundings, variants } from "./expand.ts";
import { isPlain, literally, parseList, parseTemplate, printTemplate } from "./parse.ts";
import { joined, withStyle } from "./style.ts";
import { listKey, type Part, type Parts } from "./tree.ts";

const nowhere: Surroundings = { lists: new Map(), variables: {} };
const listsOf = (texts: Readonly<Record<string, string>>): Surroundings["lists"] =>
  new Map(Object.entries(texts).map(([name, text]) => [listKey(name), parseList(text).options]));
const parsed = (source: string): Parts => {
  const { parts, faults } = parseTemplate(source);
  expect(faults).toEqual([]);
  return parts;
};
const all = (source: string, surroundings = nowhere, limit = 1000): ReadonlyArray<string> => {
  const { texts, complete, fault } = variants(parsed(source), surroundings, limit);
  expect([complete, fault]).toEqual([true, null]);
  return texts;
};
const said = (source: string, surroundings = nowhere, seed = 1): string | null => expand(parsed(source), surroundings, seed).text;
const faultsIn = (source: string): ReadonlyArray<string> =>
  parseTemplate(source).faults.map(({ at, length, message }) => `${source.slice(at, at + length)} (${at}): ${message}`);

/** Without places, which printing changes. */
const shape = (parts: Parts): unknown => JSON.parse(JSON.stringify(parts, (key, value: unknown) => (key === "at" ? undefined : value)));

const evenly = (parts: Parts): Parts => JSON.parse(JSON.stringify(parts, (key, value: unknown) => (key === "weight" ? 1 : value)));

// Characters that mean something, more often than chance would have them.
const anyText = fc.string({
  unit: fc.oneof(fc.constantFrom(..."{}|$_:\\ \n2.#ab"), fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 })),
  maxLength: 40,
});
const textPart = anyText.filter((text) => text !== "").map((text): Part => ({ kind: "text", text }));
const joinTexts = (parts: ReadonlyArray<Part>): Parts =>
  parts.filter((part, index) => part.kind !== "text" || parts[index - 1]?.kind !== "text");
const { anyParts } = fc.letrec<{ anyParts: Parts; part: Part }>((tie) => ({
  anyParts: fc.array(tie("part"), { maxLength: 4 }).map(joinTexts),
  part: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    textPart,
    fc.constantFrom("colours", "warm-colours", "a_b/c d").map((name): Part => ({ kind: "list", name, at: 0 })),
    fc
      .record({ name: fc.constantFrom("place", "who_2"), fallback: fc.option(tie("anyParts")) })
      .map(({ name, fallback }): Part => ({ kind: "variable", name, fallback, at: 0 })),
    fc
      .array(fc.record({ weight: fc.constantFrom(1, 2, 0.5, 12.25), parts: tie("anyParts") }), { minLength: 2, maxLength: 4 })
      .map((options): Part => ({ kind: "choice", options })),
  ),
}));

describe("reading", () => {
  test("what is printed reads as it was", () => {
    fc.assert(
      fc.property(anyParts, (parts) => {
        const again = parseTemplate(printTemplate(parts));
        expect(again.faults).toEqual([]);
        expect(shape(again.parts)).toEqual(shape(parts));
      }),
      { numRuns: 1000 },
    );
  });

  test("whatever is typed can be read, and every fault has its place in it", () => {
    fc.assert(
      fc.property(anyText, (source) => {
        for (const { at, length, message } of [...parseTemplate(source).faults, ...parseList(source).faults]) {
          expect(at).toBeGreaterThanOrEqual(0);
          expect(at + length).toBeLessThanOrEqual(source.length);
          expect(message).toMatch(/^[A-Z].*\.$/);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("any text can be said literally", () => {
    fc.assert(fc.property(anyText, (text) => void expect(said(literally(text))).toBe(text)));
  });

  test("a text is plain just when it says itself", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        if (isPlain(text)) expect(said(text)).toBe(text);
      }),
    );
    expect(["", "a fox", "one | two", '{"shot": "wide"}', "a snake_case word", "5 $"].filter(isPlain)).toHaveLength(6);
    expect(["{a|b}", "__colours__", "${a}", String.raw`\{`, "}"].filter(isPlain)).toEqual([]);
  });

  test("braces without a bar stay, also around a choice", () => {
    expect(all('{"shot": "{wide|close}", "more": {}}')).toEqual(['{"shot": "wide", "more": {}}', '{"shot": "close", "more": {}}']);
    expect(said("a | b")).toBe("a | b");
  });

  test("blanks at the edges of an option are layout, unless escaped", () => {
    expect(all(String.raw`a{ red | \ green\ | }b`)).toEqual(["aredb", "a green b", "ab"]);
  });

  test("names of lists end at two underscores", () => {
    expect(shape(parsed("a__warm_colours__b"))).toEqual([
      { kind: "text", text: "a" },
      { kind: "list", name: "warm_colours" },
      { kind: "text", text: "b" },
    ]);
    expect(said("a _ b __ c ___")).toBe("a _ b __ c ___");
  });

  test("deep nesting is refused where it begins to be too deep, at no cost in time", () => {
    const [first] = parseTemplate("{a|".repeat(50_000)).faults;
    expect(first?.message).toContain("never closed");
    const faults = parseTemplate(`${"{a|".repeat(30)}b${"}".repeat(30)}`).faults;
    expect(faults[0]).toMatchObject({ at: 60, message: "Braces go at most 20 deep." });
  });

  test("faults say where and what to do", () => {
    expect(faultsIn("a {b|c")).toEqual([
      String.raw`{ (2): This { is never closed. Add the } that belongs to it, or write a \ before it where it is meant as text.`,
    ]);
    expect(faultsIn("a} b")).toEqual([String.raw`} (1): This } closes nothing. Write \} where a brace is meant.`]);
    for (const weight of ["0", "-1", "0,5", "1.2.3"]) {
      expect(faultsIn(`{${weight}::a|b}`)[0]).toContain(`${weight}:: (1): A weight is a number above 0, such as 2 or 0.5.`);
    }
    expect(faultsIn("{.5::a|b}")).toEqual([]);
    expect(faultsIn("{2$$a|b}")[0]).toContain("2$$ (1): Taking several options");
    expect(faultsIn("${a=b}")[0]).toBe(
      "${ (0): A variable is written ${name}, or ${name:what stands in for it}. Write \\$ where a dollar is meant.",
    );
    expect(faultsIn("x ${a:{b|c}")[0]).toContain("${ (2): This variable is never closed.");
  });

  test("a list has an option a line; faults are placed in the whole of it", () => {
    const { options, faults } = parseList("# warm\nred\n\n3::{dark|light} orange\n  gold  \n");
    expect(faults).toEqual([]);
    expect(options.map(({ weight, parts }) => [weight, printTemplate(parts)])).toEqual([
      [1, "red"],
      [3, "{dark|light} orange"],
      [1, "gold"],
    ]);
    expect(parseList("a\n{b|c\nd}").faults.map(({ at }) => at)).toEqual([2, 8]);
    expect(parseList("# nothing\n").faults[0]?.message).toContain("at least one line");
  });
});

describe("expanding", () => {
  const surroundings: Surroundings = {
    lists: listsOf({ Colours: "red\n2::__shades__ blue", shades: "dark\nlight", "warm-colours": "gold", "a_b/c d": "x" }),
    variables: { place: "a {wood|lake}" },
  };

  test("lists, weights and variables say what they mean; values are taken as they are", () => {
    expect(all("__colours__ in ${place}", surroundings)).toEqual([
      "red in a {wood|lake}",
      "dark blue in a {wood|lake}",
      "light blue in a {wood|lake}",
    ]);
  });

  test("a variable says the same everywhere", () => {
    expect(all("${c}, ${c:{red|blue}}, ${c}")).toEqual(["red, red, red", "blue, blue, blue"]);
  });

  test("the same seed gives the same text, today and in later releases", () => {
    const parts = parsed("{a|b|c|d|e|f|g|h} {2::x|y} __colours__");
    expect([0, 1, 2, 3, 42, 2 ** 31 - 1].map((seed) => expand(parts, surroundings, seed).text)).toMatchInlineSnapshot(`
      [
        "c x red",
        "c x dark blue",
        "a y red",
        "b y red",
        "d x red",
        "g y red",
      ]
    `);
  });

  test("expanding twice says the same", () => {
    fc.assert(
      fc.property(anyParts, fc.nat(), (parts, seed) => {
        expect(expand(parts, surroundings, seed)).toEqual(expand(parts, surroundings, seed));
      }),
    );
  });

  test("what a seed gives is one of the variants, and every variant is given by some seed", () => {
    // Alike weights: what is rare by its weight would take too many seeds to find.
    const small = anyParts.map(evenly).filter((parts) => variants(parts, surroundings, 12).complete);
    fc.assert(
      fc.property(small, (parts) => {
        const possible = new Set(variants(parts, surroundings, 12).texts);
        const left = new Set(possible);
        for (let seed = 0; left.size > 0 && seed < 100_000; seed++) {
          const { text } = expand(parts, surroundings, seed);
          expect(possible).toContain(text);
          left.delete(text ?? "");
        }
        expect([...left]).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test("options come as often as they weigh", () => {
    const parts = parsed("{3::a|b}");
    const times = Array.from({ length: 4000 }, (_, seed) => expand(parts, nowhere, seed).text).filter((text) => text === "a").length;
    expect(times / 4000).toBeGreaterThan(0.72);
    expect(times / 4000).toBeLessThan(0.78);
  });

  test("variants are different, at most as many as asked for, and all where they are said to be", () => {
    fc.assert(
      fc.property(anyParts, fc.integer({ min: 1, max: 20 }), (parts, limit) => {
        const some = variants(parts, surroundings, limit);
        expect(some.texts.length).toBeLessThanOrEqual(limit);
        expect(new Set(some.texts).size).toBe(some.texts.length);
        if (some.complete && some.texts.length < limit) expect(variants(parts, surroundings, limit + 5).texts).toEqual(some.texts);
      }),
    );
    expect(variants(parsed("{a|b}{a|b}"), nowhere, 4)).toMatchObject({ texts: ["aa", "ab", "ba", "bb"], complete: true });
    expect(variants(parsed("{a|b}{a|b}"), nowhere, 3)).toMatchObject({ complete: false });
    expect(variants(parsed("{a|a}".repeat(40)), nowhere, 10)).toMatchObject({ texts: ["a".repeat(40)], complete: false });
  });

  test("a text that was found sound can be made, unless it grows too long", () => {
    fc.assert(
      fc.property(anyParts, fc.nat(), (parts, seed) => {
        fc.pre(faultsOf(parts, surroundings).length === 0);
        expect(expand(parts, surroundings, seed).text).not.toBeNull();
      }),
    );
  });

  test("what is missing is told with its place", () => {
    const parts = parsed("__colors__ ${who} {a|__nothing__}");
    expect(faultsOf(parts, surroundings)).toEqual([
      { at: 0, length: 10, message: 'There is no list "colors". There are: a_b/c d, colours, shades, warm-colours.' },
      { at: 11, length: 5, message: "The variable who needs a value." },
      { at: 21, length: 11, message: expect.stringContaining('There is no list "nothing".') },
    ]);
    expect(
      [...needsOf(parsed("${a} ${b:x} ${a:y}"), surroundings).variables].map(([name, { fallback }]) => [name, fallback !== null]),
    ).toEqual([
      ["a", true],
      ["b", true],
    ]);
  });

  test("lists and variables that lead back to themselves are told, and never expanded for ever", () => {
    const circle: Surroundings = { lists: listsOf({ a: "x __b__", b: "y __A__" }), variables: {} };
    const parts = parsed("so __a__");
    expect(faultsOf(parts, circle)).toEqual([{ at: 3, length: 5, message: "__a__ leads back to itself: __a__ → __b__ → __a__." }]);
    expect(expand(parts, circle, 1).fault?.message).toContain("goes too deep");
    expect(faultsOf(parsed("${a:${b}} ${b:${a}}"), nowhere)[0]?.message).toContain("leads back to itself");
  });

  test("lists of lists do not grow without bound", () => {
    const bomb = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`l${n}`, n === 11 ? "{|}" : `__l${n + 1}__`.repeat(10)]));
    const { fault } = expand(parsed("__l0__"), { lists: listsOf(bomb), variables: {} }, 1);
    expect(fault?.message).toContain("goes too deep");
    const long: Surroundings = { lists: new Map(), variables: { x: "y".repeat(longestText / 2 + 1) } };
    expect(expand(parsed("${x}${x}"), long, 1).fault?.message).toContain(`longer than ${longestText} characters`);
  });
});

test("a style goes around a prompt, or behind it", () => {
  expect(withStyle("a $& fox", "oil painting of {prompt}, {thick|thin} brush")).toBe("oil painting of a $& fox, {thick|thin} brush");
  expect(withStyle("a fox,", "oil painting")).toBe("a fox, oil painting");
  expect(joined("", " blurry ")).toBe("blurry");
});
