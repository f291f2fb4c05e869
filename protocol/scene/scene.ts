// Scenes: graphs of nodes and edges that are called like functions, with typed parameters and named return points. A story is the scene it
// begins with and all that are called from there. Pure.
import * as z from "zod";
import { Id, Sha256 } from "../values.ts";
import { sceneLimits } from "./limits.ts";
import { Condition, Operand, SceneEffects } from "./rule.ts";
import { Subtitles } from "./subtitles.ts";
import { Language, Name, Texts, ValueType } from "./value.ts";

const Title = z.string().max(sceneLimits.title);
const Milliseconds = z.int().min(0).max(86_400_000);
const Tag = z.string().trim().min(1).max(100);
/** How long a picture is shown. */
const ShownMs = z.int().min(sceneLimits.shownMs.least).max(sceneLimits.shownMs.most);

/**
 * A whole video, a clip of it, a picture that is shown for a time, or one of which only the hash is known: that of an imported file whose
 * asset is not here.
 */
export const SegmentMedia = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("asset"), assetId: Id }),
  z
    .object({ kind: z.literal("clip"), assetId: Id, startMs: Milliseconds, endMs: Milliseconds })
    .refine(({ startMs, endMs }) => startMs < endMs, { message: "A clip ends after its start.", path: ["endMs"] }),
  z.object({ kind: z.literal("still"), assetId: Id, durationMs: ShownMs }),
  z
    .object({
      kind: z.literal("missing"),
      sha256: Sha256,
      startMs: Milliseconds.nullable(),
      endMs: Milliseconds.nullable(),
      /** Of a picture; null: it is none. */
      durationMs: ShownMs.nullable().default(null),
    })
    .refine(({ startMs, endMs }) => (startMs === null) === (endMs === null) && (startMs ?? 0) < (endMs ?? 1), {
      message: "A clip ends after its start.",
      path: ["endMs"],
    }),
]);
export type SegmentMedia = z.infer<typeof SegmentMedia>;

export const Segment = z.object({
  id: Id,
  media: SegmentMedia,
  tags: z.array(Tag).max(sceneLimits.tags).default([]),
  subtitles: Subtitles.default({}),
});
export type Segment = z.infer<typeof Segment>;

/** Which segments are played. */
const Selection = z.discriminatedUnion("mode", [
  /** All, one after the other. */
  z.object({ mode: z.literal("ordered") }),
  /** One. */
  z.object({ mode: z.literal("random") }),
  /** So many of those that have all these tags, each at most once. */
  z.object({
    mode: z.literal("pool"),
    tags: z.array(Tag).max(sceneLimits.tags),
    count: z.int().min(1).max(sceneLimits.segments),
  }),
]);

const Playback = z.discriminatedUnion("mode", [
  z.object({ mode: z.literal("normal") }),
  /** The last segment goes round between these, until a choice is made. A picture stays as long, and its own time goes round. */
  z
    .object({ mode: z.literal("loopSegment"), startMs: Milliseconds, endMs: Milliseconds })
    .refine(({ startMs, endMs }) => startMs < endMs, { message: "A loop ends after its start.", path: ["endMs"] }),
  /** One segment after the other, each when the player has got so far: as a mini-game over the picture says. */
  z.object({
    mode: z.literal("progression"),
    steps: z
      .array(z.object({ label: Name, segment: Id }))
      .min(1)
      .max(sceneLimits.segments),
  }),
]);

/** How choices are offered: those are the node's edges. */
const Offer = z.object({
  prompt: Texts.default({}),
  /** From the beginning of the clip; null: at its end. */
  showAtMs: Milliseconds.nullable().default(null),
  /** From when they are shown; null: there is no hurry. Then the edge is taken that says so, else the default one. */
  timeoutMs: z.int().min(500).max(3_600_000).nullable().default(null),
});

export const MiniGame = z.discriminatedUnion("game", [
  /** Hit moving targets, each within its window. The score: how many were hit. */
  z.object({ game: z.literal("reflex"), targets: z.int().min(1).max(50), windowMs: z.int().min(150).max(10_000) }),
  /** Stop a bar within a zone. The score: how often. */
  z.object({
    game: z.literal("timingBar"),
    rounds: z.int().min(1).max(20),
    periodMs: z.int().min(300).max(10_000),
    zonePercent: z.int().min(1).max(90),
  }),
  /** Repeat a sequence that grows by one each round. The score: rounds that were right. */
  z.object({
    game: z.literal("sequenceMemory"),
    rounds: z.int().min(1).max(20),
    length: z.int().min(1).max(20),
    showMs: z.int().min(100).max(5000),
  }),
  /** Try, as long as nobody notices. The score: tries; what comes of them, the seed has decided. */
  z.object({
    game: z.literal("chance"),
    tries: z.int().min(1).max(20),
    successPercent: z.int().min(0).max(100),
    detectionPercent: z.int().min(0).max(100),
  }),
  /** Drag a control that drives the picture. The score: how far it came, percent. */
  z.object({ game: z.literal("gizmo"), minimumMs: z.int().min(0).max(60_000) }),
]);
export type MiniGame = z.infer<typeof MiniGame>;
export const MiniGameOutcome = z.enum(["passed", "failed", "detected"]);
export type MiniGameOutcome = z.infer<typeof MiniGameOutcome>;

const common = {
  id: Id,
  title: Title.default(""),
  /** On the canvas, of its upper left corner. */
  x: z.number().min(-1e6).max(1e6).default(0),
  y: z.number().min(-1e6).max(1e6).default(0),
  /** The node of the kind `group` that it stands in. */
  group: Id.nullable().default(null),
};

export const SceneNode = z.discriminatedUnion("type", [
  z.object({
    ...common,
    type: z.literal("video"),
    segments: z.array(Segment).max(sceneLimits.segments).default([]),
    selection: Selection.default({ mode: "ordered" }),
    playback: Playback.default({ mode: "normal" }),
    /** What is said or told in it. */
    caption: Texts.default({}),
    offer: Offer.prefault({}),
  }),
  z.object({ ...common, type: z.literal("choice"), offer: Offer.prefault({}) }),
  z.object({ ...common, type: z.literal("action"), effects: SceneEffects.default([]) }),
  z.object({ ...common, type: z.literal("condition") }),
  /** An ending of the story, wherever it was called from. */
  z.object({
    ...common,
    type: z.literal("end"),
    ending: Name,
    /** What players call it; empty: its name says it. */
    heading: Texts.default({}),
    text: Texts.default({}),
  }),
  z.object({
    ...common,
    type: z.literal("scene_call"),
    /** Null: not chosen yet. */
    scene: Id.nullable().default(null),
    arguments: z
      .array(z.object({ parameter: Name, value: Operand }))
      .max(sceneLimits.parameters)
      .default([]),
    captures: z
      .array(z.object({ point: Name, value: Name, into: Name }))
      .max(sceneLimits.parameters)
      .default([]),
  }),
  z.object({
    ...common,
    type: z.literal("return"),
    point: Name,
    values: z
      .array(z.object({ name: Name, value: Operand }))
      .max(sceneLimits.parameters)
      .default([]),
  }),
  z.object({
    ...common,
    type: z.literal("generation"),
    /** How long a result is good for: for everybody, this playthrough, this player, or this one time. */
    strategy: z.enum(["once", "per_playthrough", "per_player", "always"]),
    /** Who makes it; null: the first that takes nothing for it. */
    provider: Id.nullable().default(null),
    /** What is to be seen; `{name}` stands for the value of a variable. */
    prompt: z.string().max(sceneLimits.text).default(""),
    style: z.string().max(sceneLimits.text).default(""),
    durationMs: z.int().min(500).max(120_000).default(5000),
    /** What it goes on from: a picture, which moves then, or words alone. */
    picture: z
      .discriminatedUnion("from", [
        z.object({ from: z.literal("none") }),
        /** A picture, or a video's: where it begins. */
        z.object({ from: z.literal("media"), media: SegmentMedia }),
        /** What is seen last before it: the end of that clip, or that picture. Where nothing was seen yet, words alone. */
        z.object({ from: z.literal("here") }),
      ])
      .default({ from: "none" }),
    /** What else the provider is asked for. */
    constraints: z
      .record(Name, z.union([z.boolean(), z.number(), z.string().max(sceneLimits.constraint)]))
      .refine((constraints) => Object.keys(constraints).length <= sceneLimits.constraints, {
        message: `A node asks for at most ${sceneLimits.constraints} things besides.`,
      })
      .default({}),
    /** Results of the same key, that go on from the same picture, are the same; `{name}` as in the prompt. Empty: the prompt itself. */
    cacheKey: z.string().max(sceneLimits.text).default(""),
    /** When there is no result: what stands in for it. */
    fallback: z.discriminatedUnion("mode", [
      z.object({ mode: z.literal("default"), media: SegmentMedia }),
      z.object({ mode: z.literal("skip") }),
      /** Up to three tries, then as `skip`. */
      z.object({ mode: z.literal("retry") }),
      z.object({ mode: z.literal("placeholder"), text: Texts }),
    ]),
  }),
  z.object({
    ...common,
    type: z.literal("minigame"),
    game: MiniGame,
    /** The least score that passes. */
    needed: z.int().min(0).max(100).default(1),
    /** A variable that takes the score. */
    scoreInto: Name.nullable().default(null),
    /** What skipping it counts as; null: it cannot be skipped. */
    skip: z.enum(["passed", "failed"]).nullable().default(null),
  }),
  /** A frame around nodes; nothing leads to it. */
  z.object({
    ...common,
    type: z.literal("group"),
    width: z.number().min(0).max(1e6).default(400),
    height: z.number().min(0).max(1e6).default(300),
    colour: z.int().min(0).max(11).default(0),
  }),
]);
export type SceneNode = z.infer<typeof SceneNode>;
export type NodeOf<T extends SceneNode["type"]> = Extract<SceneNode, { type: T }>;

const between = {
  id: Id,
  from: Id,
  to: Id,
  /** Lower comes first. */
  order: z.int().min(0).max(sceneLimits.edges).default(0),
  /** Done on the way. */
  effects: SceneEffects.default([]),
};

export const SceneEdge = z.discriminatedUnion("kind", [
  /** Taken where no other is. */
  z.object({ ...between, kind: z.literal("default") }),
  /** Taken where it holds, the first of them. */
  z.object({ ...between, kind: z.literal("conditional"), condition: Condition }),
  z.object({
    ...between,
    kind: z.literal("choice"),
    text: Texts.default({}),
    /** Null: it is always open. */
    condition: Condition.nullable().default(null),
    /** Whether it is shown while it is not open. */
    whenClosed: z.enum(["hide", "show"]).default("hide"),
    /** Whether it cuts at once or waits for the end of the clip. */
    cut: z.enum(["now", "atEnd"]).default("now"),
    /** Open only until it was taken once. */
    once: z.boolean().default(false),
    /** Taken when the time is over. */
    onTimeout: z.boolean().default(false),
  }),
  /** From a scene call, when it has returned by this point. */
  z.object({ ...between, kind: z.literal("return"), point: Name }),
  z.object({ ...between, kind: z.literal("outcome"), outcome: MiniGameOutcome }),
]);
export type SceneEdge = z.infer<typeof SceneEdge>;
export type EdgeOf<K extends SceneEdge["kind"]> = Extract<SceneEdge, { kind: K }>;

const declared = <T extends z.ZodType>(item: T) => z.array(item).max(sceneLimits.declared).default([]);

/** Something of its own to each call (`scene`), or to the whole playthrough, under this name in every scene that declares it. */
export const Variable = z.object({ name: Name, scope: z.enum(["scene", "session"]).default("session"), type: ValueType });
export type Variable = z.infer<typeof Variable>;
export const Quest = z.object({
  name: Name,
  title: Texts.default({}),
  /** Not told to the player until it is active. */
  hidden: z.boolean().default(false),
  objectives: z
    .array(
      z.object({
        name: Name,
        title: Texts.default({}),
        target: z.int().min(1).max(1_000_000).default(1),
        optional: z.boolean().default(false),
      }),
    )
    .max(sceneLimits.parameters)
    .default([]),
});
export type Quest = z.infer<typeof Quest>;

/** Something that a player can achieve, and keeps over all playthroughs of the story. */
export const Achievement = z.object({
  name: Name,
  title: Texts.default({}),
  /** Not told to the player before it is achieved. */
  hidden: z.boolean().default(false),
  when: z.discriminatedUnion("is", [
    /** It ended so, or returned by a point of this name. */
    z.object({ is: z.literal("ending"), ending: Name }),
    /** It holds where an input has led to. */
    z.object({ is: z.literal("condition"), condition: Condition }),
  ]),
});
export type Achievement = z.infer<typeof Achievement>;

/** Whom a story is for, from the youngest on; players ask first where it is not for everyone. */
export const contentRatings = ["everyone", "teen", "mature"] as const;
export type ContentRating = (typeof contentRatings)[number];

/** What a scene says of itself beside its nodes and edges. */
export const SceneHead = z.object({
  /** Where it begins; null: not chosen yet. */
  start: Id.nullable().default(null),
  /** The language that stands in where a text has no other. */
  language: Language.default("en"),
  /** That of the scene which a story begins with counts. */
  rating: z.enum(contentRatings).default("everyone"),
  parameters: z
    .array(z.object({ name: Name, type: ValueType, /** A call must give it. */ required: z.boolean().default(false) }))
    .max(sceneLimits.parameters)
    .default([]),
  returnPoints: z
    .array(
      z.object({
        name: Name,
        values: z
          .array(z.object({ name: Name, type: ValueType }))
          .max(sceneLimits.parameters)
          .default([]),
      }),
    )
    .max(sceneLimits.returnPoints)
    .default([]),
  variables: declared(Variable),
  flags: declared(z.object({ name: Name, initial: z.boolean().default(false) })),
  counters: declared(z.object({ name: Name, initial: z.int().min(-1_000_000).max(1_000_000).default(0) })),
  items: declared(z.object({ name: Name, title: Texts.default({}), initial: z.int().min(0).max(1_000_000).default(0) })),
  characters: declared(
    z.object({
      name: Name,
      title: Texts.default({}),
      affinity: z.int().min(-100).max(100).default(0),
      trust: z.int().min(-100).max(100).default(0),
      chemistry: z.int().min(-100).max(100).default(0),
      tension: z.int().min(-100).max(100).default(0),
    }),
  ),
  quests: declared(Quest),
  /** Those of the scene which a story begins with count. */
  achievements: declared(Achievement),
  /** What players see over the picture. */
  hud: z.object({ items: z.boolean(), quests: z.boolean(), relationships: z.boolean(), time: z.boolean() }).default({
    items: false,
    quests: false,
    relationships: false,
    time: false,
  }),
});
export type SceneHead = z.infer<typeof SceneHead>;

/** The first of these that stands twice. */
const twiceOf = (ids: ReadonlyArray<string>): string | undefined => {
  const seen = new Set<string>();
  return ids.find((id) => seen.size === seen.add(id).size);
};

/** Why this head cannot be one: the place, and a sentence. */
const headFaults = (head: SceneHead): ReadonlyArray<readonly [path: string, message: string]> => {
  const lists: ReadonlyArray<readonly [string, ReadonlyArray<{ readonly name: string }>]> = [
    ["variables", [...head.parameters, ...head.variables]],
    ["returnPoints", head.returnPoints],
    ["flags", head.flags],
    ["counters", head.counters],
    ["items", head.items],
    ["characters", head.characters],
    ["quests", head.quests],
    ["achievements", head.achievements],
    ...head.returnPoints.map(({ values }) => ["returnPoints", values] as const),
    ...head.quests.map(({ objectives }) => ["quests", objectives] as const),
  ];
  return lists.flatMap(([path, list]) => {
    const name = twiceOf(list.map((one) => one.name));
    return name === undefined ? [] : [[path, `The name ${name} stands twice.`] as const];
  });
};

/**
 * A scene without its place in the library. Ids are its own, and edges lead between nodes that are there. What else may be wrong with a scene
 * while somebody works on it, `check/` tells.
 */
export const SceneBody = SceneHead.extend({
  nodes: z.array(SceneNode).max(sceneLimits.nodes).default([]),
  edges: z.array(SceneEdge).max(sceneLimits.edges).default([]),
}).superRefine((body, context) => {
  const fault = (path: Array<string | number>, message: string): void => context.addIssue({ code: "custom", path, message });
  for (const [path, message] of headFaults(body)) fault([path], message);
  const nodes = new Map(body.nodes.map((node) => [node.id, node]));
  const [node, edge] = [twiceOf(body.nodes.map(({ id }) => id)), twiceOf(body.edges.map(({ id }) => id))];
  if (node !== undefined) fault(["nodes"], `There are two nodes ${node}.`);
  if (edge !== undefined) fault(["edges"], `There are two edges ${edge}.`);
  if (body.start !== null && !nodes.has(body.start)) fault(["start"], `There is no node ${body.start}.`);
  for (const [at, { group, ...one }] of body.nodes.entries()) {
    if (group !== null && nodes.get(group)?.type !== "group") fault(["nodes", at, "group"], `There is no group ${group}.`);
    if (one.type !== "video") continue;
    const segment = twiceOf(one.segments.map(({ id }) => id));
    if (segment !== undefined) fault(["nodes", at, "segments"], `There are two segments ${segment}.`);
  }
  for (const [at, { from, to }] of body.edges.entries()) {
    for (const [end, id] of [["from", from] as const, ["to", to] as const]) {
      const type = nodes.get(id)?.type;
      if (type === undefined) fault(["edges", at, end], `There is no node ${id}.`);
      else if (type === "group") fault(["edges", at, end], "Nothing leads to or from a group.");
    }
  }
});
export type SceneBody = z.infer<typeof SceneBody>;

export const StoryScene = z.object({ id: Id, title: Title, body: SceneBody });
export type StoryScene = z.infer<typeof StoryScene>;

/** Calls may name scenes that are not among these: the checker tells. */
export const Story = z
  .object({ entry: Id, scenes: z.array(StoryScene).min(1).max(sceneLimits.scenes) })
  .superRefine(({ entry, scenes }, context) => {
    const id = twiceOf(scenes.map((scene) => scene.id));
    if (id !== undefined) context.addIssue({ code: "custom", path: ["scenes"], message: `There are two scenes ${id}.` });
    if (!scenes.some((scene) => scene.id === entry)) {
      context.addIssue({ code: "custom", path: ["entry"], message: `There is no scene ${entry}.` });
    }
  });
export type Story = z.infer<typeof Story>;

export const ratingOf = ({ entry, scenes }: Story): ContentRating => scenes.find(({ id }) => id === entry)?.body.rating ?? "everyone";
