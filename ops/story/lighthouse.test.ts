// The sample story is sound, shows what stories can be made of, and every ending of it can be come to.
import { expect, test } from "vitest";
import { checkStory } from "#protocol/scene/check/check.ts";
import { likelyResults } from "#protocol/scene/play/minigame.ts";
import type { PlayInput, PlayState } from "#protocol/scene/play/state.ts";
import { startPlay, stepPlay } from "#protocol/scene/play/step.ts";
import { Story } from "#protocol/scene/scene.ts";
import { inputBy } from "#protocol/scene/testing.ts";
import { clipNames, clips } from "./clips.ts";
import { crossing, lighthouse } from "./lighthouse.ts";

const story = Story.parse({
  entry: "night",
  scenes: [
    { id: "night", title: "The lighthouse", body: lighthouse((clip) => `ast_${clip}`, "over") },
    { id: "over", title: "The crossing", body: crossing((clip) => `ast_${clip}`) },
  ],
});
const nodes = story.scenes.flatMap(({ body }) => body.nodes);

test("nothing is wrong with it, also not with its videos", () => {
  const assets = new Map(clipNames.map((clip) => [`ast_${clip}`, { mediaType: "video" as const, durationMs: clips[clip].seconds * 1000 }]));
  expect(checkStory(story, assets)).toEqual([]);
});

test("it has every kind of node, selection and playback, all mini-games, and each text in both languages", () => {
  const kinds = ["action", "choice", "condition", "end", "generation", "group", "minigame", "return", "scene_call", "video"];
  expect([...new Set(nodes.map(({ type }) => type))].toSorted()).toEqual(kinds);
  const videos = nodes.filter((node) => node.type === "video");
  expect(new Set(videos.map(({ selection }) => selection.mode))).toEqual(new Set(["ordered", "random", "pool"]));
  expect(new Set(videos.map(({ playback }) => playback.mode))).toEqual(new Set(["normal", "loopSegment", "progression"]));
  expect(nodes.flatMap((node) => (node.type === "minigame" ? [node.game.game] : [])).toSorted()).toEqual([
    "chance",
    "gizmo",
    "reflex",
    "sequenceMemory",
    "timingBar",
  ]);
  const texts = nodes.flatMap((node) =>
    node.type === "video" ? [node.caption, node.offer.prompt] : node.type === "end" ? [node.text] : [],
  );
  const choices = story.scenes.flatMap(({ body }) => body.edges.flatMap((edge) => (edge.kind === "choice" ? [edge.text] : [])));
  for (const text of [...texts, ...choices].filter((one) => Object.keys(one).length > 0)) expect(Object.keys(text)).toEqual(["en", "de"]);
  expect(new Set(videos.flatMap(({ segments }) => segments.map(({ id }) => id))).size).toBeGreaterThanOrEqual(25);
});

/** One of the inputs that somebody might give; a game ends in any way that it can. */
const inputOf = (state: PlayState, draw: number): PlayInput => {
  const { waiting, turn } = state;
  const node = nodes.find(({ id }) => id === state.frames.at(-1)?.node);
  if (waiting.for !== "minigame" || node?.type !== "minigame" || draw % 3 === 0) return inputBy(state, draw);
  const results = likelyResults(node, waiting.seed);
  return { type: "minigame", turn, ...results[draw % results.length]! };
};

test("each of its four endings and every node of it is come to, and no way stops before one", () => {
  const endings = new Set<string>();
  const seen = new Set<string>();
  for (let seed = 0; seed < 300; seed++) {
    let last = startPlay(story, { seed });
    for (let draw = seed; last.ok && last.state.waiting.for !== "nothing"; draw = (draw * 1_103_515_245 + 12_345) % 2_147_483_648) {
      for (const { node } of last.state.frames) seen.add(node);
      const next = stepPlay(story, last.state, inputOf(last.state, draw >> 8));
      if (next.ok) last = next;
      for (const output of next.ok ? next.outputs : []) if (output.type === "play") seen.add(output.node);
    }
    if (!last.ok || last.state.waiting.for !== "nothing") throw new Error("It did not begin.");
    const { ending } = last.state.waiting;
    endings.add(ending.kind === "end" ? ending.name : ending.kind);
  }
  expect([...endings].toSorted()).toEqual(["keeper", "stars", "voyage", "wreck"]);
  // What is passed through at once waits for nobody.
  const passed = new Set(["group", "action", "condition", "return", "end"]);
  expect(nodes.filter(({ id, type }) => !passed.has(type) && !seen.has(id)).map(({ id }) => id)).toEqual([]);
});
