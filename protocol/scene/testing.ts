// Stories for tests: any that the schema lets pass, sound or not, and a short way to write one down.
import fc from "fast-check";
import type * as z from "zod";
import type { Comparator, Condition, Operand, SceneEffect } from "./rule.ts";
import type { PlayInput, PlayState } from "./play/state.ts";
import { SceneBody, type SceneEdge, type SceneNode, Story } from "./scene.ts";

export type BodyInput = z.input<typeof SceneBody>;
type NodeInput = z.input<typeof SceneNode>;
type EdgeInput = z.input<typeof SceneEdge>;

export const bodyOf = (body: BodyInput): SceneBody => SceneBody.parse(body);

/** The first scene is the one that it begins with. */
export const storyOf = (...scenes: ReadonlyArray<readonly [id: string, body: BodyInput]>): Story =>
  Story.parse({ entry: scenes[0]![0], scenes: scenes.map(([id, body]) => ({ id, title: id, body })) });

/** A video of one asset, which is named as the node is. */
export const clip = (id: string, more: Partial<Extract<NodeInput, { type: "video" }>> = {}): NodeInput => ({
  id,
  type: "video",
  segments: [{ id: "s", media: { kind: "asset", assetId: `ast_${id}` } }],
  ...more,
});

let edges = 0;
type Way =
  | { kind: "default" }
  | { kind: "conditional"; condition: Condition }
  | { kind: "return"; point: string }
  | { kind: "outcome"; outcome: "passed" | "failed" | "detected" };
export const edge = (from: string, to: string, way: Way = { kind: "default" }): EdgeInput => ({ id: `e${++edges}`, from, to, ...way });
export const choice = (id: string, from: string, to: string, more: Partial<Extract<EdgeInput, { kind: "choice" }>> = {}): EdgeInput => ({
  id,
  from,
  to,
  kind: "choice",
  text: { en: id },
  ...more,
});

// Some of them are declared.
const name = fc.constantFrom("a", "b", "c", "d", "e", "undeclared");
const whole = fc.integer({ min: -5, max: 5 });
const is: fc.Arbitrary<Comparator> = fc.constantFrom("is", "isNot", "below", "atMost", "atLeast", "above");
const scalar = fc.oneof(whole, fc.boolean(), fc.constantFrom("x", "y", "hello {a}"));
const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.dictionary(fc.constantFrom("p", "q"), scalar, { maxKeys: 2 }));
const operand: fc.Arbitrary<Operand> = fc.oneof(
  fc.record({ from: fc.constant("value" as const), value }),
  fc.record({ from: fc.constantFrom("variable" as const, "counter" as const, "item" as const), name }),
);
const axis = fc.constantFrom("affinity" as const, "trust" as const, "chemistry" as const, "tension" as const);
const status = fc.constantFrom("unknown" as const, "active" as const, "completed" as const, "failed" as const);
const nodeIds = ["n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7"];
const nodeId = fc.constantFrom(...nodeIds);

export const anyCondition: fc.Arbitrary<Condition> = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 2 },
    fc.record({ kind: fc.constant("constant" as const), value: fc.boolean() }),
    fc.record({ kind: fc.constant("variable" as const), name, is, to: operand }),
    fc.record({ kind: fc.constant("contains" as const), name, value: operand }),
    fc.record({ kind: fc.constant("flag" as const), name, set: fc.boolean() }),
    fc.record({ kind: fc.constant("counter" as const), name, is, to: operand }),
    fc.record({ kind: fc.constant("item" as const), name, is, quantity: whole }),
    fc.record({ kind: fc.constant("relationship" as const), character: name, axis, is, value: whole }),
    fc.record({ kind: fc.constant("tier" as const), character: name, is, tier: fc.constantFrom("stranger" as const, "friend" as const) }),
    fc.record({ kind: fc.constant("quest" as const), quest: name, status }),
    fc.record({
      kind: fc.constant("time" as const),
      of: fc.constantFrom("elapsed" as const, "day" as const, "clock" as const),
      is,
      value: whole,
    }),
    fc.record({ kind: fc.constant("visits" as const), node: nodeId, is, value: whole }),
    fc.record({ kind: fc.constant("chance" as const), percent: fc.integer({ min: 0, max: 100 }) }),
    fc.record({ kind: fc.constantFrom("all" as const, "any" as const), of: fc.array(tie("condition"), { maxLength: 3 }) }),
    fc.record({ kind: fc.constant("not" as const), of: tie("condition") }),
  ),
})).condition;

export const anyEffect: fc.Arbitrary<SceneEffect> = fc.oneof(
  fc.record({ kind: fc.constant("setVariable" as const), name, to: operand }),
  fc.record({ kind: fc.constant("addToVariable" as const), name, by: operand }),
  fc.record({ kind: fc.constant("drawVariable" as const), name, from: whole, to: whole }),
  fc.record({ kind: fc.constant("append" as const), name, value: operand }),
  fc.record({ kind: fc.constant("setFlag" as const), name, set: fc.boolean() }),
  fc.record({ kind: fc.constant("setCounter" as const), name, to: operand }),
  fc.record({ kind: fc.constant("addToCounter" as const), name, by: operand }),
  fc.record({ kind: fc.constantFrom("giveItem" as const, "takeItem" as const), name, quantity: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant("setRelationship" as const), character: name, axis, to: fc.integer({ min: -100, max: 100 }) }),
  fc.record({ kind: fc.constant("addToRelationship" as const), character: name, axis, by: fc.integer({ min: -200, max: 200 }) }),
  fc.record({ kind: fc.constant("setQuest" as const), quest: name, status }),
  fc.record({ kind: fc.constant("advanceObjective" as const), quest: name, objective: fc.constantFrom("o", "p"), by: whole }),
  fc.record({ kind: fc.constant("passTime" as const), minutes: fc.integer({ min: 0, max: 2000 }) }),
  fc.record({ kind: fc.constant("waitUntil" as const), clock: fc.integer({ min: 0, max: 1439 }) }),
);
const effects = fc.array(anyEffect, { maxLength: 3 });

const offer = fc.record({ timeoutMs: fc.constantFrom(null, 3000) });
const segments = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom("s0", "s1", "s2"),
    media: fc.record({ kind: fc.constant("asset" as const), assetId: fc.constantFrom("ast_1", "ast_2", "ast_3") }),
    tags: fc.subarray(["day", "night"]),
  }),
  { selector: ({ id }) => id, maxLength: 3 },
);
const selection = fc.oneof(
  fc.constantFrom({ mode: "ordered" as const }, { mode: "random" as const }),
  fc.record({ mode: fc.constant("pool" as const), tags: fc.subarray(["day", "night"]), count: fc.integer({ min: 1, max: 3 }) }),
);
const playback = fc.constantFrom(
  { mode: "normal" as const },
  { mode: "loopSegment" as const, startMs: 0, endMs: 500 },
  {
    mode: "progression" as const,
    steps: [
      { label: "one", segment: "s0" },
      { label: "two", segment: "s1" },
    ],
  },
);
const bindings = (key: "parameter" | "name") => fc.array(fc.record({ [key]: name, value: operand }), { maxLength: 2 });
const game = fc.constantFrom(
  { game: "reflex" as const, targets: 5, windowMs: 500 },
  { game: "chance" as const, tries: 3, successPercent: 30, detectionPercent: 30 },
  { game: "gizmo" as const, minimumMs: 500 },
);

const nodeOf = (sceneIds: ReadonlyArray<string>): fc.Arbitrary<object> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant("video"), segments, selection, playback, offer }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant("choice"), offer }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant("action"), effects }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant("condition") }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("end"), ending: fc.constantFrom("good", "bad") }) },
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constant("scene_call"),
        scene: fc.constantFrom(null, "elsewhere", ...sceneIds),
        arguments: bindings("parameter"),
        captures: fc.array(fc.record({ point: fc.constantFrom("done", "lost"), value: name, into: name }), { maxLength: 2 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("return"), point: fc.constantFrom("done", "lost"), values: bindings("name") }) },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant("generation"),
        strategy: fc.constantFrom("once", "per_playthrough", "per_player", "always"),
        prompt: fc.constantFrom("a fox", "{a} foxes"),
        picture: fc.constantFrom(
          { from: "none" },
          { from: "here" },
          { from: "media", media: { kind: "clip", assetId: "ast_seen", startMs: 500, endMs: 900 } },
        ),
        fallback: fc.constantFrom({ mode: "skip" }, { mode: "retry" }, { mode: "placeholder", text: { en: "soon" } }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant("minigame"),
        game,
        scoreInto: fc.constantFrom(null, "a"),
        skip: fc.constantFrom(null, "passed"),
      }),
    },
  );

const edgeOf: fc.Arbitrary<object> = fc.record({ from: nodeId, to: nodeId, order: fc.nat({ max: 3 }), effects }).chain((between) =>
  fc
    .oneof(
      { weight: 3, arbitrary: fc.constant({ kind: "default" }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("conditional"), condition: anyCondition }) },
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constant("choice"),
          condition: fc.option(anyCondition),
          whenClosed: fc.constantFrom("hide", "show"),
          cut: fc.constantFrom("now", "atEnd"),
          once: fc.boolean(),
          onTimeout: fc.boolean(),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("return"), point: fc.constantFrom("done", "lost") }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("outcome"), outcome: fc.constantFrom("passed", "failed", "detected") }) },
    )
    .map((kind) => Object.assign({}, between, kind)),
);

const scope = fc.constantFrom("scene" as const, "session" as const);
const declarations = fc.record({
  variables: fc.tuple(scope, scope, scope).map(([one, two, three]) => [
    { name: "a", scope: one, type: { kind: "number" as const, initial: 1, min: -100, max: 100, integer: true } },
    { name: "b", scope: two, type: { kind: "string" as const, initial: "x", values: ["x", "y"] } },
    { name: "c", scope: three, type: { kind: "array" as const, initial: [1] } },
  ]),
  flags: fc.constantFrom([{ name: "a" }, { name: "b", initial: true }], []),
  counters: fc.constantFrom([{ name: "a" }, { name: "c", initial: 2 }], []),
  items: fc.constantFrom([{ name: "a" }, { name: "d", initial: 1 }], []),
  characters: fc.constantFrom([{ name: "a" }, { name: "e", affinity: 30 }], []),
  quests: fc.constant([{ name: "a", objectives: [{ name: "o", target: 2 }] }, { name: "b" }]),
  achievements: fc.constantFrom(
    [],
    [
      { name: "a", when: { is: "ending" as const, ending: "good" } },
      {
        name: "b",
        when: { is: "condition" as const, condition: { kind: "visits" as const, node: "n1", is: "atLeast" as const, value: 1 } },
      },
    ],
  ),
  parameters: fc.constant([{ name: "d", type: { kind: "number" as const, initial: 3 } }]),
  returnPoints: fc.constant([{ name: "done", values: [{ name: "a", type: { kind: "number" as const } }] }]),
});

const sceneBody = (sceneIds: ReadonlyArray<string>): fc.Arbitrary<SceneBody> =>
  fc
    .record({
      head: declarations,
      start: fc.constantFrom("n0", "n0", "n0", null),
      nodes: fc.array(nodeOf(sceneIds), { minLength: nodeIds.length, maxLength: nodeIds.length }),
      edges: fc.array(edgeOf, { maxLength: 24 }),
    })
    .map(({ head, start, nodes, edges: between }) =>
      SceneBody.parse({
        ...head,
        start,
        nodes: nodes.map((node, at) => ({ ...node, id: nodeIds[at] })),
        edges: between.map((one, at) => ({ ...one, id: `e${at}` })),
      }),
    );

/** Up to three scenes that call one another as they like. */
export const anyStory: fc.Arbitrary<Story> = fc
  .constantFrom(["one"], ["one", "two"], ["one", "two", "three"])
  .chain((ids) => fc.tuple(fc.constant(ids), fc.tuple(...ids.map(() => sceneBody(ids)))))
  .map(([ids, bodies]) => ({ entry: "one", scenes: bodies.map((body, at) => ({ id: ids[at]!, title: ids[at]!, body })) }));

/** A number by which one of the inputs is made that somebody might give, fitting or not. */
export const inputBy = (state: PlayState, draw: number): PlayInput => {
  const { turn, waiting } = state;
  const choices = waiting.for === "media" || waiting.for === "choice" ? waiting.choices : [];
  const key = waiting.for === "generation" ? waiting.key : "one/n0:a fox";
  const inputs: ReadonlyArray<PlayInput> = [
    ...choices.map(({ edge: id }): PlayInput => ({ type: "choose", turn, edge: id })),
    ...(waiting.for === "media" ? [{ type: "ended", turn } as const, { type: "ended", turn } as const] : []),
    ...(waiting.for === "minigame" ? [{ type: "minigame", turn, score: draw % 6, durationMs: 2000 } as const] : []),
    ...(waiting.for === "generation" ? [{ type: "generated", key, assetId: "ast_made" } as const] : []),
    { type: "timeout", turn },
    { type: "progress", turn },
    { type: "skip", turn },
    { type: "generated", key: "one/n1:a fox", assetId: "ast_early" },
    { type: "generationFailed", key },
    { type: "choose", turn, edge: `e${draw % 24}` },
    { type: "ended", turn: turn + 1 },
  ];
  return inputs[draw % inputs.length]!;
};
