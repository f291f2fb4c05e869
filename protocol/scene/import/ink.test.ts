import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkStory } from "../check/check.ts";
import { sceneLimits } from "../limits.ts";
import { SceneBody } from "../scene.ts";
import { importInk } from "./ink.ts";
import { play, read as imported } from "./testing.ts";

const compiled = (root: ReadonlyArray<unknown>): string => JSON.stringify({ inkVersion: 21, root, listDefs: {} });
const read = (root: ReadonlyArray<unknown>) => imported(importInk(compiled(root), "en"));
/** A choice as the compiler writes one whose words are said again when it is taken; `at`: where it stands. */
const spoken = (at: string, words: string, to: string, flags = 18, before: ReadonlyArray<unknown> = []) => [
  "ev",
  { "^->": `${at}.$r1` },
  { "temp=": "$r" },
  "str",
  { "->": ".^.s" },
  [{ "#n": "$r1" }],
  "/str",
  ...before,
  "/ev",
  { "*": to, flg: flags },
  { s: [`^${words}`, { "->": "$r", var: true }, null] },
];
const repeated = (of: string, at: string, ...rest: ReadonlyArray<unknown>) => [
  "ev",
  { "^->": `${at}.$r2` },
  "/ev",
  { "temp=": "$r" },
  { "->": `${of}.s` },
  [{ "#n": "$r2" }],
  "\n",
  ...rest,
  { "#f": 5 },
];

// VAR coins = 3, VAR name = "Ada", VAR met = false
// Hello {name}.                                   -> forest
// == forest  You have {coins} coins.
//   * Search     ~ coins = coins + 2             -> forest
//   * {coins > 4} Buy the key                    -> shop
//   + Leave                                      -> END
// == shop  {met: Again you.|...}  A key.
const forest = [
  ["^Hello ", "ev", { "VAR?": "name" }, "out", "/ev", "^.", { "#": "a tag" }, "\n", { "->": "forest" }, ["done", { "#n": "g-0" }], null],
  "done",
  {
    forest: [
      [
        ["^You have ", "ev", { "VAR?": "coins" }, "out", "/ev", "^ coins.", "\n", null],
        spoken("forest.0.1", "Search", ".^.^.c-0"),
        spoken("forest.0.2", "Buy the key", ".^.^.c-1", 19, ["ev", { "VAR?": "coins" }, 4, ">", "/ev"]),
        ["ev", "str", "^Leave", "/str", "/ev", { "*": ".^.^.c-2", flg: 4 }, null],
        {
          "c-0": repeated("forest.0.1", "forest.0.c-0", "ev", { "VAR?": "coins" }, 2, "+", { "VAR=": "coins", re: true }, "/ev", {
            "->": "forest",
          }),
          "c-1": repeated("forest.0.2", "forest.0.c-1", { "->": "shop" }),
          "c-2": ["\n", "end", { "#f": 5 }],
        },
      ],
      { "#f": 1 },
    ],
    shop: [
      "ev",
      { "VAR?": "met" },
      "/ev",
      [{ "->": ".^.b", c: true }, { b: ["\n", "^Again you.", "\n", { "->": "shop.5" }, null] }],
      [{ "->": ".^.b" }, { b: ["\n", "^A key.", "\n", "ev", true, { "VAR=": "met", re: true }, "/ev", { "->": "shop.5" }, null] }],
      "nop",
      "\n",
      { "->": "shop" },
      { "#f": 1 },
    ],
    "global decl": ["ev", 3, { "VAR=": "coins" }, "str", "^Ada", "/str", { "VAR=": "name" }, false, { "VAR=": "met" }, "/ev", "end", null],
    "#f": 1,
  },
];

describe("a compiled ink story", () => {
  const { story, notes } = read(forest);

  test("becomes a scene that plays as the story would", () => {
    expect(play(story).view.caption).toBe("Hello Ada.");
    expect(play(story, null).view).toMatchObject({ caption: "You have 3 coins.", choices: [{ text: "Search" }, { text: "Leave" }] });
    expect(play(story, null, "Search").view.caption).toBe("Search");
    const richer = play(story, null, "Search", null);
    expect(richer.view).toMatchObject({ caption: "You have 5 coins.", choices: [{ text: "Buy the key" }, { text: "Leave" }] });
    expect(play(story, null, "Search", null, "Buy the key", null).view.caption).toBe("A key.");
    expect(play(story, null, "Search", null, "Buy the key", null, null).view.caption).toBe("Again you.");
    expect(play(story, null, "Leave").view.ending).toMatchObject({ kind: "end" });
    expect(notes).toEqual([]);
  });

  test("is sound but for its media, and for a shop that nobody leaves", () => {
    expect(
      checkStory(story)
        .filter(({ code }) => code !== "no_media")
        .map(({ code }) => code),
    ).toEqual(["no_exit"]);
  });

  test("what is not taken over is told, and the rest plays", () => {
    const { story: rest, notes: left } = read([
      ["^One", "\n", { "->t->": "tunnel" }, "ev", { "VAR?": "x" }, 2, "*", "out", "/ev", { "->": "nowhere.at.all" }, "^Two", null],
      "done",
      null,
    ]);
    expect(play(rest).view.caption).toBe("One");
    expect(left).toEqual([
      "Functions and tunnels were left out.",
      "What is worked out within a text was left out.",
      'A divert leads to "nowhere.at.all", which is not there.',
    ]);
  });
});

test.each([
  ["no JSON", "x"],
  ["something else", "{}"],
  ["a version that is not known", JSON.stringify({ inkVersion: 99, root: [] })],
  ["hostile keys", '{"inkVersion":21,"root":[{"__proto__":["x",null]}]}'],
  ["what nests too deep", `{"inkVersion":21,"root":${"[".repeat(80)}${"]".repeat(80)}}`],
  [
    "more places than a scene has",
    compiled([
      Array.from({ length: 4000 }, (_, at) => [{ "*": `k${at}`, flg: 0 }, null]),
      Object.fromEntries(Array.from({ length: 4000 }, (_, at) => [`k${at}`, ["^x", null]])),
    ]),
  ],
])("%s is refused", (_, text) => expect(importInk(text, "en").ok).toBe(false));

test("what goes on without end, with few words or many, is refused", () => {
  const calling = (words: string) =>
    compiled([[{ "f()": "f" }, "done", null], "done", { f: [`^${words}`, { "f()": "f" }, { "f()": "f" }, null] }]);
  expect(importInk(calling("x"), "en").ok).toBe(false);
  expect(importInk(calling("x".repeat(200_000)), "en").ok).toBe(false);
});

test("a text with a long gap is read as fast as any, and cut", () => {
  const { story, notes } = read([[`^a${" ".repeat(2_000_000)}b`, "\n", "done", null], "done", null]);
  expect(play(story).view.caption).toBe("a".padEnd(sceneLimits.text));
  expect(notes).toHaveLength(1);
});

test("whatever a program says, it becomes a scene or is refused", () => {
  const path = fc.constantFrom("0", ".^", ".^.^", "a", "a.b", "0.0", ".^.b", "b", "zz", "");
  const item = fc.letrec((tie) => ({
    item: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(
        "^a",
        "^b {x}",
        "\n",
        "ev",
        "/ev",
        "str",
        "/str",
        "out",
        "pop",
        "du",
        "nop",
        "done",
        "end",
        "#",
        "/#",
        "->->",
        "~ret",
        "&&",
        "||",
        "!",
        "+",
        "-",
        ">",
        "==",
        "seq",
        "visit",
        "thread",
        "void",
      ),
      fc.oneof(fc.integer({ min: -3, max: 3 }), fc.boolean(), fc.double(), fc.constant(null)),
      fc.record({ "->": path, c: fc.boolean() }),
      fc.constant({ "->": "$r", var: true }),
      fc.record({ "*": path, flg: fc.nat({ max: 31 }) }),
      fc.record({ "VAR=": fc.constantFrom("x", "constructor", "y z") }),
      fc.record({ "VAR?": fc.constantFrom("x", "constructor", "y z") }),
      fc.record({ "temp=": fc.constantFrom("$r", "t") }),
      fc.record({ "CNT?": path }),
      fc.record({ "f()": path }),
      fc.record({ "->t->": path }),
      fc
        .tuple(
          fc.array(tie("item"), { maxLength: 6 }),
          fc.option(fc.record({ a: fc.array(tie("item"), { maxLength: 5 }), b: fc.array(tie("item"), { maxLength: 5 }) })),
        )
        .map(([list, last]) => list.concat([last])),
    ),
  })).item;
  fc.assert(
    fc.property(fc.array(item, { maxLength: 14 }), fc.array(item, { maxLength: 8 }), (list, knot) => {
      const answer = importInk(compiled([list, { a: [...knot, null], b: [...list, null] }]), "en");
      if (!answer.ok) {
        expect(answer.issues.length).toBeGreaterThan(0);
        return;
      }
      const { body } = answer.story.scenes[0]!;
      expect(SceneBody.parse(JSON.parse(JSON.stringify(body)))).toEqual(body);
      expect(
        checkStory(answer.story)
          .filter(({ severity }) => severity === "error")
          .map(({ code }) => code),
      ).toEqual(expect.not.arrayContaining(["dead_end", "edge_kind", "undeclared", "unknown_node"]));
    }),
    { numRuns: 300 },
  );
});
