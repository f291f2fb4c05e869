// What may come next: every input that can follow is tried on a copy of the state. Chance is in the state, so this is not a guess at what
// a choice leads to, only at which is made. The player preloads by it, the server generates by it. Pure.
import type { SegmentMedia, Story } from "../scene.ts";
import { type Program, programOf, waysOf } from "./program.ts";
import { likelyResults } from "./minigame.ts";
import type { Demand, PlayInput, Playing, PlayOutput, PlayState } from "./state.ts";
import { stepPlay } from "./step.ts";
import { mediaOf } from "./view.ts";

export interface Candidate {
  readonly media: SegmentMedia;
  readonly scene: string;
  readonly node: string;
  /** 0 to 1; those of one choice sum up to no more than 1. */
  readonly likelihood: number;
  /** How many inputs from now: 1 is next. */
  readonly inputs: number;
}

export interface Ahead {
  /** Most likely first. */
  readonly candidates: ReadonlyArray<Candidate>;
  /** What generation nodes will ask for, soonest first. */
  readonly demands: ReadonlyArray<Demand & { readonly likelihood: number }>;
}

/** Steps that are tried at most. */
const mostTries = 128;

/** `inputs`: how far to look. */
export const lookAhead = (story: Story, state: PlayState, inputs = 2): Ahead => {
  const candidates = new Map<string, Candidate>();
  const demands = new Map<string, Demand & { readonly likelihood: number }>();
  let tries = 0;
  let level: ReadonlyArray<{ readonly state: PlayState; readonly likelihood: number }> = [{ state, likelihood: 1 }];
  const note = (outputs: ReadonlyArray<PlayOutput>, likelihood: number, at: number): void => {
    for (const output of outputs) {
      // What goes on from a result waits for that.
      const asked = output.type === "demand" && output.demand.attempt === 1 && output.demand.picture?.assetId !== unknownAsset;
      if (asked && !demands.has(output.demand.key)) {
        demands.set(output.demand.key, { ...output.demand, likelihood });
      }
      if (output.type !== "play") continue;
      for (const playing of output.playing) {
        const media = comingMedia(programOf(story), output.scene, output.node, playing);
        if (media === undefined) continue;
        const key = JSON.stringify(media);
        const known = candidates.get(key);
        candidates.set(key, {
          ...(known ?? { media, scene: output.scene, node: output.node, inputs: at }),
          likelihood: Math.min(1, (known?.likelihood ?? 0) + likelihood),
        });
      }
    }
  };
  for (let at = 1; at <= inputs; at++) {
    level = level.flatMap((from) => {
      const ways = inputsOf(story, from.state);
      return ways.flatMap((input) => {
        if (++tries > mostTries) return [];
        let next = stepPlay(story, from.state, input);
        if (!next.ok) return [];
        const likelihood = from.likelihood / ways.length;
        note(next.outputs, likelihood, at);
        // A choice that waits for the end: what comes then is next.
        if (next.state.waiting.for === "media" && next.state.waiting.pending !== null) {
          next = stepPlay(story, next.state, { type: "ended", turn: next.state.turn });
          if (!next.ok) return [];
          note(next.outputs, likelihood, at);
        }
        return [{ state: next.state, likelihood }];
      });
    });
  }
  return {
    candidates: [...candidates.values()].toSorted((a, b) => b.likelihood - a.likelihood || a.inputs - b.inputs),
    demands: [...demands.values()],
  };
};

/** Stands for a result that is not there yet: no asset has this id. */
const unknownAsset = "ast_ahead";

/** What was generated already is there to be made ready as well. */
const comingMedia = (program: Program, scene: string, node: string, playing: Playing): SegmentMedia | undefined => {
  if (playing.kind !== "generated") return mediaOf(program, scene, node, playing);
  return playing.assetId === unknownAsset ? undefined : { kind: "asset", assetId: playing.assetId };
};

const inputsOf = (story: Story, state: PlayState): ReadonlyArray<PlayInput> => {
  const { waiting, turn } = state;
  const frame = state.frames.at(-1);
  const scene = frame === undefined ? undefined : programOf(story).scenes.get(frame.scene);
  const node = frame === undefined ? undefined : scene?.nodes.get(frame.node);
  if (scene === undefined || node === undefined) return [];
  switch (waiting.for) {
    case "media": {
      if (waiting.pending !== null) return [{ type: "ended", turn }];
      const open = waiting.choices.filter((choice) => choice.open);
      if (waiting.step !== null) return [{ type: "progress", turn }];
      return open.length === 0 ? [{ type: "ended", turn }] : chosen(open, turn);
    }
    case "choice": {
      const open = waiting.choices.filter((choice) => choice.open);
      const timed = (node.type === "video" || node.type === "choice") && node.offer.timeoutMs !== null;
      const ownWay = waysOf(scene, node.id).choices.some(({ id, onTimeout }) => onTimeout && open.some(({ edge }) => edge === id));
      return timed && !ownWay ? [...chosen(open, turn), { type: "timeout", turn }] : chosen(open, turn);
    }
    case "generation":
      return [{ type: "generated", key: waiting.key, assetId: unknownAsset }];
    case "minigame":
      return node.type === "minigame"
        ? likelyResults(node, waiting.seed).map(({ score, durationMs }) => ({ type: "minigame", turn, score, durationMs }))
        : [];
    case "nothing":
      return [];
  }
};

const chosen = (open: ReadonlyArray<{ readonly edge: string }>, turn: number): ReadonlyArray<PlayInput> =>
  open.map(({ edge }) => ({ type: "choose", turn, edge }));
