import { expect, test } from "vitest";
import type { PlayInput } from "#protocol/scene/play/state.ts";
import { replayPlay } from "#protocol/scene/play/step.ts";
import { choice, clip, storyOf } from "#protocol/scene/testing.ts";
import { stillOf } from "./still.ts";

const story = storyOf(
  [
    "main",
    {
      start: "ask",
      nodes: [{ id: "ask", type: "choice" }, clip("walk"), { id: "inner", type: "scene_call", scene: "sub" }],
      edges: [choice("go", "ask", "walk"), choice("in", "walk", "inner")],
    },
  ],
  [
    "sub",
    {
      start: "well",
      nodes: [
        { id: "well", type: "choice" },
        { id: "look", type: "choice" },
      ],
      edges: [choice("down", "well", "look"), choice("up", "look", "well")],
    },
  ],
);
const still = (...inputs: ReadonlyArray<PlayInput>) => {
  const played = replayPlay(story, { seed: 1 }, inputs);
  return played.ok ? stillOf(story, played.state) : expect.unreachable();
};
const go: PlayInput = { type: "choose", turn: 0, edge: "go" };

test("a place shows the clip that plays there, or the end of the last one, also of the scene that has called", () => {
  expect(still()).toBeUndefined();
  expect(still(go)).toEqual({ assetId: "ast_walk", at: "start" });
  expect(still(go, { type: "ended", turn: 1 })).toEqual({ assetId: "ast_walk", at: "end" });
  const inside: ReadonlyArray<PlayInput> = [go, { type: "choose", turn: 1, edge: "in" }];
  expect(still(...inside)).toEqual({ assetId: "ast_walk", at: "end" });
  expect(still(...inside, { type: "choose", turn: 2, edge: "down" })).toEqual({ assetId: "ast_walk", at: "end" });
});
