import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { startPlay, stepPlay } from "../play/step.ts";
import type { PlayInput, PlayState } from "../play/state.ts";
import type { Condition } from "../rule.ts";
import { sceneLimits } from "../limits.ts";
import type { Story } from "../scene.ts";
import { Subtitles } from "../subtitles.ts";
import { anyStory, type BodyInput, choice, clip, edge, inputBy, storyOf } from "../testing.ts";
import { checkStory, mostProblems } from "./check.ts";
import { circlesIn, reachedFrom, reversed } from "./graph.ts";

/** Code and place of each problem, without those of these codes. */
const found = (story: Story, ...without: ReadonlyArray<string>) =>
  checkStory(story)
    .filter(({ code }) => !without.includes(code))
    .map(({ code, node, edge: at }) => [code, node ?? at]);
const end = { id: "over", type: "end" as const, ending: "over" };
const when = (condition: Condition) => ({ kind: "conditional" as const, condition });
const scene = (body: BodyInput) => storyOf(["a", body]);

describe("the graph", () => {
  test("a sound story has no problems", () => {
    const story = scene({
      start: "v",
      nodes: [clip("v"), clip("w"), end],
      edges: [choice("c", "v", "w"), choice("d", "v", "over"), edge("w", "v")],
    });
    expect(checkStory(story)).toEqual([]);
  });

  test("what nothing leads to, what leads nowhere, and what may lead nowhere", () => {
    const story = scene({
      start: "v",
      flags: [{ name: "met" }],
      nodes: [clip("v"), clip("w"), clip("lost"), { id: "if", type: "condition" }, end],
      edges: [
        choice("c", "v", "w"),
        choice("d", "v", "if", { effects: [{ kind: "setFlag", name: "met", set: true }] }),
        edge("if", "over", when({ kind: "flag", name: "met", set: true })),
        edge("lost", "over"),
      ],
    });
    expect(found(story)).toEqual([
      ["dead_end", "w"],
      ["unreachable", "lost"],
      ["may_dead_end", "if"],
    ]);
  });

  test("of what is never reached is said whether anything leads there", () => {
    const story = scene({
      start: "if",
      flags: [{ name: "met" }],
      nodes: [{ id: "if", type: "condition" }, clip("closed"), clip("lost"), end],
      edges: [edge("if", "closed", when({ kind: "flag", name: "met", set: true })), edge("if", "over"), edge("closed", "over")],
    });
    const sentences = checkStory(story).flatMap(({ code, node, message }) => (code === "unreachable" ? [[node, message]] : []));
    expect(sentences).toEqual([
      ["closed", "No way that leads here is ever taken."],
      ["lost", "Nothing leads here."],
    ]);
  });

  test("a generation that goes on from what is seen, where nothing may have been seen, or from a picture that is not there", () => {
    const dream = (id: string, picture: object) =>
      ({ id, type: "generation", strategy: "once", prompt: "it moves", picture, fallback: { mode: "skip" } }) as never;
    const story = scene({
      start: "fork",
      nodes: [{ id: "fork", type: "choice" }, clip("v"), dream("g", { from: "here" }), dream("h", { from: "here" }), end],
      edges: [choice("c", "fork", "v"), choice("d", "fork", "g"), edge("v", "h"), edge("g", "over"), edge("h", "over")],
    });
    expect(found(story)).toEqual([["nothing_before", "g"]]);
    const media = { kind: "still", assetId: "ast_1", durationMs: 4000 };
    const named = scene({ start: "g", nodes: [dream("g", { from: "media", media }), end], edges: [edge("g", "over")] });
    expect(checkStory(named, new Map()).map(({ code }) => code)).toEqual(["missing_media"]);
    expect(checkStory(named, new Map([["ast_1", { mediaType: "image", durationMs: null }]]))).toEqual([]);
  });

  test("rounds without a way out, and rounds that never wait", () => {
    const caught = scene({
      start: "v",
      nodes: [clip("v"), clip("w"), end],
      edges: [choice("c", "v", "w"), choice("d", "v", "over"), edge("w", "w")],
    });
    expect(found(caught)).toEqual([["no_exit", "w"]]);
    const hurried = scene({
      start: "x",
      nodes: [{ id: "x", type: "action" }, { id: "y", type: "condition" }, end],
      counters: [{ name: "n" }],
      edges: [
        { ...edge("x", "y"), effects: [{ kind: "addToCounter", name: "n", by: { from: "value", value: 1 } }] },
        edge("y", "over", when({ kind: "counter", name: "n", is: "atLeast", to: { from: "value", value: 3 } })),
        edge("y", "x"),
      ],
    });
    expect(found(hurried)).toEqual([["may_not_wait", "x"]]);
    expect(found(scene({ start: "x", nodes: [{ id: "x", type: "action" }], edges: [edge("x", "x")] }))).toEqual([
      ["no_exit", "x"],
      ["never_waits", "x"],
    ]);
  });

  test("scenes that call one another for ever, and those that have a way back", () => {
    const calls = (id: string, other: string, way: boolean): readonly [string, BodyInput] => [
      id,
      {
        start: way ? "if" : "call",
        returnPoints: [{ name: "done" }],
        nodes: [
          ...(way ? [{ id: "if", type: "choice" as const }] : []),
          { id: "call", type: "scene_call" as const, scene: other },
          { id: "back", type: "return" as const, point: "done" },
        ],
        edges: [...(way ? [choice("c1", "if", "call"), choice("c2", "if", "back")] : []), edge("call", "back")],
      },
    ];
    expect(found(storyOf(calls("a", "b", false), calls("b", "a", false)))).toEqual([
      ["never_finishes", null],
      ["never_finishes", null],
    ]);
    expect(found(storyOf(calls("a", "b", false), calls("b", "a", true)))).toEqual([]);
  });

  test("a scene that calls another over and over ends when the story can end in that one", () => {
    const hub: readonly [string, BodyInput] = [
      "hub",
      {
        start: "call",
        nodes: [{ id: "call", type: "scene_call", scene: "room" }],
        edges: [edge("call", "call", { kind: "return", point: "done" })],
      },
    ];
    const room = (...ways: ReadonlyArray<string>): readonly [string, BodyInput] => [
      "room",
      {
        start: "ask",
        returnPoints: [{ name: "done" }],
        nodes: [{ id: "ask", type: "choice" }, { id: "back", type: "return", point: "done" }, end],
        edges: ways.map((way) => choice(way, "ask", way)),
      },
    ];
    expect(found(storyOf(hub, room("back", "over")))).toEqual([]);
    expect(found(storyOf(hub, room("back")))).toEqual([
      ["no_exit", "call"],
      ["unreachable", "over"],
    ]);
  });

  test("of what a scene that cannot be seen may do nothing is told", () => {
    const quantity = { is: "atLeast" as const };
    const one = { from: "value" as const, value: 1 };
    const conditions: ReadonlyArray<Condition> = [
      { kind: "variable", name: "mood", is: "is", to: one },
      { kind: "flag", name: "met", set: true },
      { kind: "counter", name: "n", ...quantity, to: one },
      { kind: "item", name: "key", ...quantity, quantity: 1 },
      { kind: "relationship", character: "fox", axis: "trust", ...quantity, value: 1 },
      { kind: "quest", quest: "hunt", status: "completed" },
      { kind: "time", of: "day", ...quantity, value: 1 },
    ];
    const story = scene({
      start: "call",
      variables: [{ name: "mood", scope: "session", type: { kind: "number", initial: 0 } }],
      flags: [{ name: "met" }],
      counters: [{ name: "n" }],
      items: [{ name: "key" }],
      characters: [{ name: "fox" }],
      quests: [{ name: "hunt", title: {}, objectives: [] }],
      achievements: [{ name: "home", title: {}, when: { is: "ending", ending: "home" } }],
      nodes: [
        { id: "call", type: "scene_call", scene: "hers" },
        { id: "ask", type: "choice" },
      ],
      edges: [
        edge("call", "ask"),
        choice("again", "ask", "call"),
        ...conditions.map((condition, index) => choice(`c${index}`, "ask", "call", { condition })),
      ],
    });
    const problems = (...hidden: ReadonlyArray<string>) =>
      checkStory(story, undefined, new Set(hidden)).map(({ code, node, edge: at }) => [code, node ?? at]);
    expect(problems("hers")).toEqual([["hidden_scene", "call"]]);
    expect(problems()).toEqual([
      ["unknown_scene", "call"],
      ["no_exit", "call"],
      ["unknown_ending", null],
      ...conditions.map((_, index) => ["never_open", `c${index}`]),
    ]);
  });

  test("nothing needs to lead on from a call that is not known to come back", () => {
    const calling = (...more: ReadonlyArray<readonly [string, BodyInput]>) =>
      storyOf(["a", { start: "call", nodes: [{ id: "call", type: "scene_call", scene: "b" }] }], ...more);
    const called = (hidden: ReadonlyArray<string>, ...more: ReadonlyArray<readonly [string, BodyInput]>) =>
      checkStory(calling(...more), undefined, new Set(hidden)).map(({ code }) => code);
    const back = { id: "back", type: "return" as const, point: "done" };
    expect(called(["b"])).toEqual(["hidden_scene"]);
    expect(called([])).toEqual(["unknown_scene", "dead_end"]);
    expect(called([], ["b", { start: "over", nodes: [end] }])).toEqual([]);
    expect(called([], ["b", { start: "back", returnPoints: [{ name: "done" }], nodes: [back] }])).toEqual(["dead_end"]);
  });

  test("a round with words to be read waits, even if they are blank", () => {
    const round = scene({
      start: "v",
      nodes: [{ id: "v", type: "video", caption: { en: " " } }, { id: "if", type: "condition" }, end],
      edges: [edge("v", "if"), edge("if", "v", when({ kind: "chance", percent: 50 })), edge("if", "over")],
    });
    expect(found(round, "no_media")).toEqual([]);
  });

  test("edges that do not suit the node, an empty scene, and a scene without a beginning", () => {
    expect(
      found(scene({ start: "x", nodes: [{ id: "x", type: "action" }, end], edges: [edge("x", "over"), choice("c", "x", "over")] })),
    ).toEqual([["edge_kind", "c"]]);
    expect(found(scene({}))).toEqual([["no_start", null]]);
    expect(found(scene({ nodes: [end] }))).toEqual([["no_start", null]]);
  });

  test("reach and rounds are those that following the edges one by one finds", () => {
    const edges = fc.array(fc.tuple(fc.nat({ max: 7 }), fc.nat({ max: 7 })), { maxLength: 20 });
    fc.assert(
      fc.property(edges, (pairs) => {
        const nodes = Array.from({ length: 8 }, (_, at) => `${at}`);
        const next = new Map(nodes.map((node) => [node, pairs.flatMap(([from, to]) => (`${from}` === node ? [`${to}`] : []))]));
        const leads = (from: string, to: string): boolean => next.get(from)!.some((one) => reachedFrom([one], next).has(to));
        const around = new Set(circlesIn(nodes, next).flat());
        for (const node of nodes) expect(around.has(node)).toBe(leads(node, node));
        for (const circle of circlesIn(nodes, next))
          for (const one of circle) for (const other of circle) expect(leads(one, other)).toBe(true);
        for (const node of nodes) {
          for (const from of nodes) expect(reachedFrom([node], reversed(next)).has(from)).toBe(reachedFrom([from], next).has(node));
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("what never happens", () => {
  const declared: BodyInput = {
    variables: [
      { name: "coins", type: { kind: "number", initial: 3, max: 10, integer: true } },
      { name: "mood", type: { kind: "string", initial: "calm", values: ["calm", "wild"] } },
    ],
    flags: [{ name: "met" }],
    counters: [{ name: "n" }],
    items: [{ name: "key" }],
    characters: [{ name: "ada", affinity: 20 }],
    quests: [{ name: "q" }],
  };
  const variable = (name: string, is: "is" | "above" | "below", value: number | string): Condition => ({
    kind: "variable",
    name,
    is,
    to: { from: "value", value },
  });
  const open = (condition: Condition, effects: ReadonlyArray<object>) =>
    found(
      scene({
        ...declared,
        start: "x",
        nodes: [{ id: "x", type: "action", effects: effects as never }, clip("v"), end],
        edges: [edge("x", "v"), choice("c", "v", "over", { condition }), edge("v", "over")],
      }),
    );
  const never = [["never_open", "c"]];

  test.each<readonly [string, Condition, ReadonlyArray<object>]>([
    ["a constant", { kind: "not", of: { kind: "all", of: [] } }, []],
    ["a chance of none", { kind: "chance", percent: 0 }, []],
    ["a variable that nobody sets", variable("coins", "is", 4), []],
    ["more than its bound", variable("coins", "above", 10), [{ kind: "addToVariable", name: "coins", by: { from: "value", value: 5 } }]],
    [
      "less, when it only grows",
      variable("coins", "below", 3),
      [{ kind: "addToVariable", name: "coins", by: { from: "value", value: 5 } }],
    ],
    ["one of values to which it is never set", variable("mood", "is", "wild"), []],
    ["a flag that nobody sets", { kind: "flag", name: "met", set: true }, []],
    ["an item that nobody gives", { kind: "item", name: "key", is: "atLeast", quantity: 1 }, []],
    [
      "a counter that only falls",
      { kind: "counter", name: "n", is: "above", to: { from: "value", value: 0 } },
      [{ kind: "addToCounter", name: "n", by: { from: "value", value: -1 } }],
    ],
    ["a tier that nobody reaches", { kind: "tier", character: "ada", is: "atLeast", tier: "friend" }, []],
    ["a quest that never begins", { kind: "quest", quest: "q", status: "active" }, []],
    ["a time that does not come", { kind: "time", of: "day", is: "atLeast", value: 1 }, []],
  ])("%s", (_, condition, effects) => expect(open(condition, effects)).toEqual(never));

  test.each<readonly [string, Condition, ReadonlyArray<object>]>([
    [
      "a number that may be cut off to it",
      variable("coins", "is", 2),
      [{ kind: "setVariable", name: "coins", to: { from: "value", value: 2.5 } }],
    ],
    [
      "a value that it is set to",
      variable("mood", "is", "wild"),
      [{ kind: "setVariable", name: "mood", to: { from: "value", value: "wild" } }],
    ],
    ["a number that is drawn", variable("coins", "is", 7), [{ kind: "drawVariable", name: "coins", from: 5, to: 9 }]],
    ["a time that comes", { kind: "time", of: "day", is: "atLeast", value: 1 }, [{ kind: "waitUntil", clock: 0 }]],
  ])("but not %s", (_, condition, effects) => expect(open(condition, effects)).toEqual([]));

  test("what was set before a scene was called is not known there", () => {
    const called = scene({
      ...declared,
      returnPoints: [{ name: "done" }],
      start: "v",
      nodes: [clip("v"), { id: "back", type: "return", point: "done" }],
      edges: [choice("c", "v", "back", { condition: { kind: "flag", name: "met", set: true } }), edge("v", "back")],
    });
    expect(found(called)).toEqual([]);
  });

  test("an edge after one that is always taken", () => {
    const story = scene({
      start: "x",
      nodes: [{ id: "x", type: "condition" }, end],
      edges: [edge("x", "over", when({ kind: "constant", value: true })), { ...edge("x", "over"), id: "later" }],
    });
    expect(found(story)).toEqual([["never_taken", "later"]]);
  });
});

describe("names, types and media", () => {
  test("what is not declared, or of another type, is told at its place", () => {
    const story = scene({
      start: "x",
      variables: [
        { name: "name", type: { kind: "string", values: ["Ada"], initial: "Ada" } },
        { name: "bag", type: { kind: "array" } },
      ],
      nodes: [
        {
          id: "x",
          type: "action",
          effects: [
            { kind: "setVariable", name: "name", to: { from: "value", value: 3 } },
            { kind: "setVariable", name: "name", to: { from: "value", value: "Eve" } },
            { kind: "addToVariable", name: "bag", by: { from: "value", value: 1 } },
            { kind: "append", name: "bag", value: { from: "variable", name: "bag" } },
            { kind: "setFlag", name: "met", set: true },
            { kind: "advanceObjective", quest: "q", objective: "o", by: 1 },
          ],
        },
        { ...end, text: { en: "Bye {name}, {nobody}!" } },
      ],
      edges: [
        edge("x", "over", when({ kind: "variable", name: "name", is: "above", to: { from: "value", value: "A" } })),
        edge("x", "over"),
      ],
    });
    expect(checkStory(story).map(({ code, message }) => `${code}: ${message}`)).toEqual([
      "wrong_type: name is a text: it can only be compared by being the same or not.",
      "wrong_type: name needs a text, not a number.",
      'wrong_type: name cannot be "Eve".',
      "wrong_type: bag is a list, not a number.",
      "wrong_type: A list has no lists in it.",
      "undeclared: There is no flag met.",
      "undeclared: There is no quest q.",
      "unknown_name_in_text: The text names {nobody}, which is no variable of this scene.",
      "never_taken: The condition never holds.",
    ]);
  });

  test("calls give what is asked for, take what is returned, and follow every return", () => {
    const story = storyOf(
      [
        "a",
        {
          start: "call",
          variables: [{ name: "word", type: { kind: "string" } }],
          nodes: [
            {
              id: "call",
              type: "scene_call",
              scene: "b",
              arguments: [
                { parameter: "colour", value: { from: "value", value: 1 } },
                { parameter: "size", value: { from: "value", value: 1 } },
              ],
              captures: [
                { point: "won", value: "score", into: "word" },
                { point: "won", value: "prize", into: "word" },
              ],
            },
            { id: "none", type: "scene_call", scene: null },
            end,
          ],
          edges: [
            edge("call", "none", { kind: "return", point: "won" }),
            { ...edge("call", "over", { kind: "return", point: "drawn" }), id: "drawn" },
            edge("none", "over"),
          ],
        },
      ],
      [
        "b",
        {
          start: "back",
          parameters: [
            { name: "colour", type: { kind: "string" } },
            { name: "count", type: { kind: "number" }, required: true },
          ],
          returnPoints: [{ name: "won", values: [{ name: "score", type: { kind: "number" } }] }, { name: "lost" }],
          nodes: [{ id: "back", type: "return", point: "won" }],
        },
      ],
    );
    expect(found(story)).toEqual([
      ["unknown_point", "drawn"],
      ["missing_argument", "call"],
      ["wrong_type", "call"],
      ["unknown_parameter", "call"],
      ["wrong_type", "call"],
      ["unknown_point", "call"],
      ["no_scene", "none"],
      ["point_not_followed", "call"],
      ["missing_value", "back"],
    ]);
  });

  test("what belongs to the playthrough is the same wherever it is declared", () => {
    const declaring = (id: string, initial: number, next: string | null): readonly [string, BodyInput] => [
      id,
      {
        start: next === null ? "over" : "call",
        counters: [{ name: "n", initial }],
        nodes: [...(next === null ? [] : [{ id: "call", type: "scene_call" as const, scene: next }]), end],
        edges: next === null ? [] : [edge("call", "over")],
      },
    ];
    expect(found(storyOf(declaring("a", 0, "b"), declaring("b", 1, null)))).toEqual([["declared_differently", null]]);
    expect(found(storyOf(declaring("a", 1, "b"), declaring("b", 1, null)))).toEqual([]);
  });

  test("pools, steps, clips and languages", () => {
    const segments = [{ id: "s", media: { kind: "clip" as const, assetId: "ast_1", startMs: 0, endMs: 9000 }, tags: ["day"] }];
    const story = scene({
      start: "v",
      nodes: [
        { id: "v", type: "video", segments, selection: { mode: "pool", tags: ["night"], count: 2 } },
        { id: "w", type: "video", segments, selection: { mode: "pool", tags: ["day"], count: 2 } },
        { id: "x", type: "video", segments, playback: { mode: "progression", steps: [{ label: "one", segment: "t" }] } },
        { id: "y", type: "video", segments: [{ id: "s", media: { kind: "asset", assetId: "ast_2" } }], caption: { en: "Hello" } },
        {
          id: "z",
          type: "video",
          segments: [
            { id: "s", media: { kind: "still", assetId: "ast_2", durationMs: 3000 } },
            { id: "t", media: { kind: "still", assetId: "ast_1", durationMs: 3000 } },
          ],
        },
        { ...end, text: { de: "Ende", en: "End" } },
      ],
      edges: [edge("v", "w"), edge("w", "x"), edge("x", "y"), edge("y", "z"), edge("z", "over")],
    });
    const assets = new Map([
      ["ast_1", { mediaType: "video" as const, durationMs: 5000 }],
      ["ast_2", { mediaType: "image" as const, durationMs: null }],
    ]);
    expect(checkStory(story, assets).map(({ code, node }) => [code, node])).toEqual([
      ["beyond_the_end", "v"],
      ["empty_pool", "v"],
      ["beyond_the_end", "w"],
      ["beyond_the_end", "x"],
      ["unknown_segment", "x"],
      ["not_a_video", "y"],
      ["not_a_picture", "z"],
      ["small_pool", "w"],
      ["untranslated", "y"],
    ]);
  });
});

test("subtitles that say nothing, go on after the end or are missing in a language are told", () => {
  const media = { kind: "asset" as const, assetId: "ast_1" };
  const vtt = (...starts: ReadonlyArray<string>) => ["WEBVTT", ...starts.map((at) => `${at} --> 01:00:00.000\nHello`)].join("\n\n");
  const story = storyOf([
    "main",
    {
      start: "v",
      nodes: [
        {
          id: "v",
          type: "video",
          segments: [
            { id: "a", media, subtitles: { en: vtt("00:00.500", "00:04.999"), de: vtt() } },
            { id: "b", media, subtitles: { en: vtt("00:00:05.000").replaceAll("\n", "\r\n") } },
            { id: "c", media },
            {
              id: "d",
              media: { kind: "still", assetId: "ast_2", durationMs: 4000 },
              subtitles: { en: vtt("00:04.000"), de: vtt("00:03.999") },
            },
          ],
        },
        { id: "over", type: "end", ending: "over", text: { en: "Over", de: "Aus" } },
      ],
      edges: [edge("v", "over")],
    },
  ]);
  const told = checkStory(
    story,
    new Map([
      ["ast_1", { mediaType: "video", durationMs: 5000 }],
      ["ast_2", { mediaType: "image", durationMs: null }],
    ]),
  );
  expect(told.map(({ message }) => message)).toEqual([
    "The subtitles of segment 1 in de say nothing.",
    "The subtitles of segment 2 in en go on after its end.",
    "The subtitles of segment 4 in en go on after its end.",
    "The subtitles of segment 2 are missing in de.",
  ]);
});

test("an achievement that no ending brings, or that speaks of what is not declared, is told", () => {
  const flag = { kind: "flag" as const, name: "brave", set: true };
  const achievements = [
    { name: "home", when: { is: "ending" as const, ending: "over" } },
    { name: "never", when: { is: "ending" as const, ending: "elsewhere" } },
    { name: "courage", when: { is: "condition" as const, condition: flag } },
  ];
  const story = scene({ start: "v", nodes: [clip("v"), end], edges: [edge("v", "over")], achievements });
  expect(checkStory(story).map(({ code, message }) => [code, message])).toEqual([
    ["undeclared", "There is no flag brave."],
    ["unknown_ending", "Nothing ends by elsewhere: nobody can achieve never."],
  ]);
});

test("subtitles are WebVTT files, and nothing else", () => {
  const read = (subtitles: object) => Subtitles.safeParse(subtitles).success;
  expect(read({ en: "WEBVTT", "pt-BR": "\uFEFFWEBVTT - mine\n\n" })).toBe(true);
  const wrong = [{ en: "" }, { en: "WEBVTTX" }, { en: " WEBVTT" }, { en: "1\n00:00:01,000 --> 00:00:02,000\nsrt" }, { english: "WEBVTT" }];
  for (const one of wrong) expect(read(one)).toBe(false);
  expect(read({ en: `WEBVTT\n\n${"x".repeat(sceneLimits.subtitles)}` })).toBe(false);
});

test("what is said never to happen does not happen, however a story is played", () => {
  const runs = fc.array(fc.array(fc.nat({ max: 1000 }), { maxLength: 30 }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(anyStory, fc.integer(), runs, (story, seed, plays) => {
      const problems = checkStory(story);
      expect(problems.length).toBeLessThanOrEqual(mostProblems);
      const told = (code: string) =>
        new Set(problems.flatMap((one) => (one.code === code ? [`${one.scene}/${one.node ?? one.edge}`] : [])));
      const [unreachable, neverOpen, neverTaken] = [told("unreachable"), told("never_open"), told("never_taken")];
      // Of one thing under two declarations nothing can be said.
      if (told("declared_differently").size > 0) return;
      for (const draws of plays) {
        let state: PlayState | undefined;
        const pass = (answer: ReturnType<typeof startPlay>): void => {
          if (!answer.ok) return;
          state = answer.state;
          for (const output of answer.outputs) {
            if (output.type === "entered") expect(unreachable).not.toContain(`${output.scene}/${output.node}`);
            if (output.type === "taken") expect([...neverTaken, ...neverOpen]).not.toContain(`${output.scene}/${output.edge}`);
          }
          const { waiting, frames } = answer.state;
          const choices = waiting.for === "media" || waiting.for === "choice" ? waiting.choices : [];
          for (const one of choices) if (one.open) expect(neverOpen).not.toContain(`${frames.at(-1)!.scene}/${one.edge}`);
        };
        pass(startPlay(story, { seed }));
        for (const draw of draws) {
          if (state === undefined) break;
          const input: PlayInput = inputBy(state, draw);
          pass(stepPlay(story, state, input));
        }
      }
    }),
    { numRuns: 200 },
  );
});
