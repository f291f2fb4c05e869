import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { editedBody, editsOf, SceneEdit } from "./edit.ts";
import { assetsIn, mediaOfFile, readStoryFile, renamed, shownAssetsIn, upgradedBody } from "./file.ts";
import { sceneLimits } from "./limits.ts";
import type { SegmentMedia } from "./scene.ts";
import { anyStory, bodyOf, choice, clip, edge, storyOf } from "./testing.ts";

const file = (more: object = {}) => ({
  format: "pixsim-story",
  version: 1,
  title: "x",
  story: { entry: "a", scenes: [{ id: "a", title: "A", body: { nodes: [] } }] },
  media: [],
  ...more,
});
const why = (value: unknown): string => {
  const read = readStoryFile(typeof value === "string" ? value : JSON.stringify(value));
  return read.ok ? "read" : read.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
};
const inBody = (body: object) => file({ story: { entry: "a", scenes: [{ id: "a", title: "A", body }] } });

test("any story comes back from its file as it was", () => {
  fc.assert(
    fc.property(anyStory, (story) => {
      expect(readStoryFile(JSON.stringify(file({ story })))).toMatchObject({ ok: true, story: JSON.parse(JSON.stringify(story)) });
    }),
    { numRuns: 100 },
  );
});

test("the longest story comes back from its file, whatever its media need there besides, and none that is longer", () => {
  const media = Array.from({ length: 10_000 }, (_, at) => ({ assetId: `ast_${at}`, sha256: "c".repeat(64), name: "n".repeat(200) }));
  const scenes = (text: number) =>
    Array.from({ length: 4 }, (_, at) => {
      const nodes = Array.from({ length: 520 }, (_unused, of) => clip(`n${of}`, { caption: { en: "x".repeat(text) } }));
      return { id: `s${at}`, title: "", body: bodyOf({ start: "n0", nodes, edges: [] }) };
    });
  const [long, longer] = [3600, 4000].map((text) => ({ entry: "s0", scenes: scenes(text) }));
  const text = JSON.stringify(file({ story: long, media }));
  expect(JSON.stringify(long).length).toBeLessThan(sceneLimits.characters);
  expect(text.length).toBeGreaterThan(sceneLimits.characters);
  expect(readStoryFile(text)).toMatchObject({ ok: true, media: { length: 10_000 } });
  expect(JSON.stringify(longer).length).toBeGreaterThan(sceneLimits.characters);
  expect(why(file({ story: longer }))).toBe(`story: The story is longer than ${sceneLimits.characters} characters.`);
  expect(why(" ".repeat(sceneLimits.file + 1))).toBe(`: The file is longer than ${sceneLimits.file} characters.`);
});

const asking = (count: number) => ({
  id: "x",
  type: "generation",
  strategy: "once",
  constraints: Object.fromEntries(Array.from({ length: count }, (_, at) => [`c${at}`, true])),
  fallback: { mode: "skip" },
});

describe("a file that is none", () => {
  test.each<readonly [string, unknown, RegExp]>([
    ["no JSON", "{", /not JSON/],
    ["something else", { format: "other" }, /format: This is not a story/],
    ["of a later release", file({ version: 2 }), /version: .* made by a newer release/],
    ["without a version", file({ version: "1" }), /version: The file has no version/],
    ["too deep", `${"[".repeat(100)}${"]".repeat(100)}`, /nests too deep/],
    ["hostile keys", `{"format":"pixsim-story","version":1,"__proto__":{"x":1}}`, /keys that no story has/],
    ["hostile keys within", inBody({ nodes: [JSON.parse('{"constructor":{}}')] }), /keys that no story has/],
    ["100,000 nodes", inBody({ nodes: Array.from({ length: 100_000 }, (_, at) => ({ id: `n${at}` })) }), /at most 5000 nodes/],
    ["a node of no kind", inBody({ nodes: [{ id: "x", type: "script" }] }), /nodes\.0\.type/],
    ["two nodes of one id", inBody({ nodes: [clip("x"), clip("x")] }), /two nodes x/],
    ["a node that asks for too much", inBody({ nodes: [asking(33)] }), /nodes\.0\.constraints: A node asks for at most 32 things besides/],
    ["edges to nowhere", inBody({ nodes: [clip("x")], edges: [edge("x", "y")] }), /edges\.0\.to: There is no node y/],
    [
      "an edge into a group",
      inBody({ nodes: [clip("x"), { id: "g", type: "group" }], edges: [edge("x", "g")] }),
      /edges\.0\.to: Nothing leads/,
    ],
    [
      "a clip that ends before it begins",
      inBody({ nodes: [clip("x", { segments: [{ id: "s", media: { kind: "clip", assetId: "a", startMs: 9, endMs: 1 } }] })] }),
      /endMs/,
    ],
    ["a text of no language", inBody({ nodes: [{ id: "e", type: "end", ending: "over", text: { constructorx: "x" } }] }), /text/],
    ["an initial value of another type", inBody({ variables: [{ name: "n", type: { kind: "number", initial: 5, max: 3 } }] }), /initial/],
    [
      "a name twice",
      inBody({ parameters: [{ name: "n", type: { kind: "number" } }], variables: [{ name: "n", type: { kind: "number" } }] }),
      /n stands twice/,
    ],
    [
      "an objective twice",
      inBody({ quests: [{ name: "q", objectives: [{ name: "o" }, { name: "o" }] }] }),
      /quests: The name o stands twice/,
    ],
    ["no scene to begin with", file({ story: { entry: "b", scenes: [{ id: "a", title: "A", body: {} }] } }), /There is no scene b/],
  ])("%s", (_, value, reason) => expect(why(value)).toMatch(reason));

  test("a node asks for so much besides", () => {
    expect(why(inBody({ nodes: [asking(32)] }))).toBe("read");
  });

  test("conditions nest so deep, and have so many terms", () => {
    const nested = (depth: number): object => (depth === 0 ? { kind: "constant", value: true } : { kind: "not", of: nested(depth - 1) });
    const conditional = (condition: object) =>
      inBody({ nodes: [clip("x")], edges: [{ ...edge("x", "x"), kind: "conditional", condition }] });
    expect(why(conditional(nested(sceneLimits.conditionDepth - 1)))).toBe("read");
    expect(why(conditional(nested(sceneLimits.conditionDepth)))).toMatch(/nests at most 8 deep/);
    const wide = { kind: "all", of: Array.from({ length: sceneLimits.conditionTerms }, () => ({ kind: "constant", value: true })) };
    expect(why(conditional(wide))).toMatch(/at most 64 terms/);
  });
});

test("what an older version wrote is read by the steps that lead from there", () => {
  const steps = [
    (old: Readonly<Record<string, unknown>>) => ({ ...old, start: old["first"] }),
    (old: Readonly<Record<string, unknown>>) => ({ ...old, language: "de" }),
  ];
  const old = { first: "e", nodes: [{ id: "e", type: "end", ending: "over" }] };
  expect(upgradedBody(old, 1, steps)).toMatchObject({ start: "e", language: "de" });
  expect(upgradedBody({ ...old, start: "e" }, 2, steps)).toMatchObject({ start: "e", language: "de" });
  expect(readStoryFile(JSON.stringify(inBody(old)), steps)).toMatchObject({
    ok: true,
    story: { scenes: [{ body: { start: "e", language: "de" } }] },
  });
});

test("what was made before generations went on from pictures goes on from none", () => {
  const old = { nodes: [{ id: "g", type: "generation", strategy: "once", fallback: { mode: "skip" } }] };
  expect(upgradedBody(old, 1).nodes).toMatchObject([{ picture: { from: "none" } }]);
});

test("a picture that a generation goes on from goes with the story, and is nothing that players are shown", () => {
  const still = (assetId: string) => ({ kind: "still" as const, assetId, durationMs: 4000 });
  const fallback = { mode: "default" as const, media: still("ast_instead") };
  const picture = { from: "media" as const, media: still("ast_from") };
  const story = storyOf(["a", { nodes: [{ id: "g", type: "generation", strategy: "once", fallback, picture } as never] }]);
  expect([...assetsIn(story)]).toEqual(["ast_instead", "ast_from"]);
  expect([...shownAssetsIn(story)]).toEqual(["ast_instead"]);
  const table = [{ assetId: "ast_from", sha256: "a".repeat(64), name: "" }];
  const { scenes } = renamed(
    story,
    mediaOfFile(table, () => "ast_own"),
    (id) => id,
  );
  expect(scenes[0]!.body.nodes).toMatchObject([{ picture: { from: "media", media: still("ast_own") } }]);
});

test("media is found again by its hash, as a whole or as the same clip; what is not there is marked", () => {
  const media: ReadonlyArray<SegmentMedia> = [
    { kind: "asset", assetId: "one" },
    { kind: "clip", assetId: "one", startMs: 1, endMs: 5 },
    { kind: "asset", assetId: "two" },
    { kind: "missing", sha256: "a".repeat(64), startMs: 2, endMs: 3, durationMs: null },
    { kind: "asset", assetId: "unsaid" },
    { kind: "still", assetId: "one", durationMs: 4000 },
    { kind: "still", assetId: "two", durationMs: 5000 },
    { kind: "missing", sha256: "a".repeat(64), startMs: null, endMs: null, durationMs: 6000 },
  ];
  const story = storyOf(["a", { nodes: [clip("v", { segments: media.map((one, at) => ({ id: `s${at}`, media: one })) })] }]);
  const table = [
    { assetId: "one", sha256: "a".repeat(64), name: "" },
    { assetId: "two", sha256: "b".repeat(64), name: "" },
  ];
  const own = mediaOfFile(table, (sha256) => (sha256.startsWith("a") ? "ast_own" : undefined));
  const { scenes } = renamed(story, own, (id) => `new_${id}`);
  expect(scenes).toMatchObject([
    {
      id: "new_a",
      body: {
        nodes: [
          {
            segments: [
              { media: { kind: "asset", assetId: "ast_own" } },
              { media: { kind: "clip", assetId: "ast_own", startMs: 1, endMs: 5 } },
              { media: { kind: "missing", sha256: "b".repeat(64), startMs: null } },
              { media: { kind: "clip", assetId: "ast_own", startMs: 2, endMs: 3 } },
              { media: { kind: "missing", sha256: "0".repeat(64), durationMs: null } },
              { media: { kind: "still", assetId: "ast_own", durationMs: 4000 } },
              { media: { kind: "missing", sha256: "b".repeat(64), startMs: null, durationMs: 5000 } },
              { media: { kind: "still", assetId: "ast_own", durationMs: 6000 } },
            ],
          },
        ],
      },
    },
  ]);
});

describe("edits", () => {
  test("a large scene is made by edits of a bounded length, one after the other", () => {
    const nodes = Array.from({ length: 1000 }, (_, at) => clip(`n${at}`, { caption: { en: "words ".repeat(20) } }));
    const body = bodyOf({
      start: "n0",
      counters: [{ name: "n" }],
      nodes: [{ id: "g", type: "group" as const }, ...nodes.map((node) => ({ ...node, group: "g" }))],
      edges: nodes.slice(1).map(({ id }, at) => choice(`e${at}`, `n${at}`, id)),
    });
    const batches = editsOf(body, 200_000);
    expect(batches.length).toBeGreaterThan(2);
    for (const batch of batches) {
      expect(JSON.stringify(batch).length).toBeLessThanOrEqual(200_000);
      expect(batch.length).toBeLessThanOrEqual(1000);
      for (const edit of batch) SceneEdit.parse(edit);
    }
    // Each of them leaves a scene behind.
    const made = batches.reduce((before, batch) => bodyOf(editedBody(before, batch)), bodyOf({}));
    expect(made).toEqual(body);
  });

  test("edits of different things give the same in any order", () => {
    const body = bodyOf({ start: "a", nodes: [clip("a"), clip("b"), clip("c")], edges: [choice("x", "a", "b")] });
    const edits: ReadonlyArray<SceneEdit> = [
      SceneEdit.parse({ do: "moveNode", id: "a", x: 5, y: 6 }),
      SceneEdit.parse({ do: "putNode", node: clip("d") }),
      SceneEdit.parse({ do: "setHead", head: { start: "b" } }),
      SceneEdit.parse({ do: "removeNode", id: "c" }),
      SceneEdit.parse({ do: "removeEdge", id: "x" }),
    ];
    const expected = editedBody(body, edits);
    fc.assert(
      fc.property(fc.shuffledSubarray([...edits], { minLength: edits.length }), (order) => {
        expect(editedBody(body, order)).toEqual(expected);
      }),
    );
    expect(expected).toMatchObject({ start: "b", language: "en", edges: [], nodes: [{ id: "a", x: 5 }, { id: "b" }, { id: "d" }] });
  });
});
