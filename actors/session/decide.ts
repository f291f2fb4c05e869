// What an input does to a playthrough: the evaluator decides, and what the actor is told of it is worked out here. Pure.
import { patchOf } from "#protocol/scene/play/patch.ts";
import { programOf } from "#protocol/scene/play/program.ts";
import type { PlayInput, PlayOutput, PlayState, RefusalCode } from "#protocol/scene/play/state.ts";
import { stepPlay } from "#protocol/scene/play/step.ts";
import type { SceneNode, Story } from "#protocol/scene/scene.ts";
import type { Hurry, PlayMove } from "./context.ts";

export type Decided =
  | { readonly ok: true; readonly move: PlayMove; readonly state: PlayState }
  | { readonly ok: false; readonly refusal: { readonly code: RefusalCode; readonly message: string } };

export const decide = (story: Story, before: PlayState, input: PlayInput): Decided => {
  const played = stepPlay(story, before, input);
  if (!played.ok) return played;
  const { state, outputs } = played;
  return {
    ok: true,
    state,
    move: { input, patch: patchOf(before, state), hurry: hurryAfter(story, before, state, outputs), choice: choiceIn(before, outputs) },
  };
};

const nodeOf = (story: Story, state: PlayState): SceneNode | undefined => {
  const frame = state.frames.at(-1);
  return frame === undefined ? undefined : programOf(story).scenes.get(frame.scene)?.nodes.get(frame.node);
};

/** How long the player has from now on, ms; null: as long as they like. */
export const hurryOf = (story: Story, state: PlayState): number | null => {
  const node = nodeOf(story, state);
  if (node?.type !== "video" && node?.type !== "choice") return null;
  const { timeoutMs, showAtMs } = node.offer;
  const { waiting } = state;
  if (timeoutMs === null || (waiting.for !== "media" && waiting.for !== "choice")) return null;
  // Shown at the end of the clip, of which the player tells.
  if (waiting.for === "media" && showAtMs === null) return null;
  if (!stepPlay(story, state, { type: "timeout", turn: state.turn }).ok) return null;
  return waiting.for === "media" ? (showAtMs ?? 0) + timeoutMs : timeoutMs;
};

const hurryAfter = (story: Story, before: PlayState, after: PlayState, outputs: ReadonlyArray<PlayOutput>): Hurry => {
  const hurry = hurryOf(story, after);
  if (hurry === null || outputs.some(({ type }) => type === "entered")) return hurry;
  const node = nodeOf(story, after);
  // The choice was open before: its time goes on, whatever ended meanwhile.
  const shownBefore = before.waiting.for === "choice" || (node?.type === "video" && node.offer.showAtMs !== null);
  return shownBefore ? "goesOn" : hurry;
};

const choiceIn = (before: PlayState, outputs: ReadonlyArray<PlayOutput>): PlayMove["choice"] => {
  const frame = before.frames.at(-1);
  if (frame === undefined || (before.waiting.for !== "media" && before.waiting.for !== "choice")) return null;
  const offered = new Set(before.waiting.choices.map(({ edge }) => edge));
  // One that waits for the end of the clip was made when it was chosen.
  const pending = before.waiting.for === "media" && before.waiting.pending !== null;
  const made = outputs.find((output) => (output.type === "taken" || output.type === "chosen") && offered.has(output.edge));
  return pending || made === undefined || !("edge" in made) ? null : { scene: frame.scene, node: frame.node, edge: made.edge };
};
