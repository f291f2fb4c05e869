// How a story is played: counts over many playthroughs, each replayed from its inputs. Pure.
import * as z from "zod";
import { Id } from "../../values.ts";
import type { Story } from "../scene.ts";
import type { SceneValue } from "../value.ts";
import type { Ending, Played, PlayInput, PlayOutput, PlayState } from "./state.ts";
import { startPlay, stepPlay } from "./step.ts";

/** A playthrough as its journal has it. */
export interface PlayRecord {
  readonly seed: number;
  readonly parameters: Readonly<Record<string, SceneValue>>;
  /** ms since 1970 */
  readonly startedAt: number;
  /** In order. `back`: a rewind to where so many had been made. */
  readonly moves: ReadonlyArray<{ readonly at: number } & ({ readonly input: PlayInput } | { readonly back: number })>;
}

export const StoryFlow = z.object({
  plays: z.int(),
  nodes: z.array(
    z.object({
      scene: Id,
      node: Id,
      /** How often it was come to. */
      visits: z.int(),
      /** Playthroughs that stand there and have not ended. */
      stopped: z.int(),
      /** Time that was spent there in all, ms. */
      ms: z.number(),
    }),
  ),
  edges: z.array(z.object({ scene: Id, edge: Id, taken: z.int() })),
  /** As a list of playthroughs names them. Most frequent first. */
  endings: z.array(z.object({ ending: z.string(), plays: z.int() })),
});
export type StoryFlow = z.infer<typeof StoryFlow>;

/** Longer than this nobody watched: they were away, ms. */
const longestVisitMs = 600_000;

/** Name of the ending, or of the point by which it returned; empty: it stopped where nothing leads on. */
export const endingName = (ending: Ending): string => {
  switch (ending.kind) {
    case "end":
      return ending.name;
    case "returned":
      return ending.point;
    case "deadEnd":
      return "";
  }
};

interface Counts {
  visits: number;
  stopped: number;
  ms: number;
}

/** Adds up playthroughs of one story. */
export class Flow {
  readonly #story: Story;
  readonly #nodes = new Map<string, Map<string, Counts>>();
  readonly #edges = new Map<string, Map<string, number>>();
  readonly #endings = new Map<string, number>();
  #plays = 0;

  constructor(story: Story) {
    this.#story = story;
  }

  add({ seed, parameters, startedAt, moves }: PlayRecord): void {
    const begun = startPlay(this.#story, { seed, parameters });
    if (!begun.ok) return;
    this.#plays++;
    this.#note(begun.outputs);
    // Only what is gone back to is kept: by how many moves had been made then.
    const wanted = new Set(moves.flatMap((move) => ("back" in move ? [move.back] : [])));
    const kept = new Map<number, PlayState>([[0, begun.state]]);
    let { state } = begun;
    let since = startedAt;
    for (const [at, move] of moves.entries()) {
      this.#spent(state, move.at - since);
      since = move.at;
      if ("back" in move) state = kept.get(move.back) ?? state;
      else {
        const played: Played = stepPlay(this.#story, state, move.input);
        if (played.ok) {
          ({ state } = played);
          this.#note(played.outputs);
        }
      }
      if (wanted.has(at + 1)) kept.set(at + 1, state);
    }
    const { waiting, frames } = state;
    const frame = frames.at(-1);
    if (waiting.for === "nothing") {
      const name = endingName(waiting.ending);
      this.#endings.set(name, (this.#endings.get(name) ?? 0) + 1);
    } else if (frame !== undefined) this.#node(frame.scene, frame.node).stopped++;
  }

  get result(): StoryFlow {
    return {
      plays: this.#plays,
      nodes: [...this.#nodes].flatMap(([scene, nodes]) =>
        [...nodes].map(([node, { visits, stopped, ms }]) => ({ scene, node, visits, stopped, ms })),
      ),
      edges: [...this.#edges].flatMap(([scene, edges]) => [...edges].map(([edge, taken]) => ({ scene, edge, taken }))),
      endings: [...this.#endings].map(([ending, plays]) => ({ ending, plays })).toSorted((a, b) => b.plays - a.plays),
    };
  }

  #note(outputs: ReadonlyArray<PlayOutput>): void {
    for (const output of outputs) {
      if (output.type === "entered") this.#node(output.scene, output.node).visits++;
      else if (output.type === "taken") {
        const edges = childOf(this.#edges, output.scene);
        edges.set(output.edge, (edges.get(output.edge) ?? 0) + 1);
      }
    }
  }

  #spent({ frames, waiting }: PlayState, ms: number): void {
    const frame = frames.at(-1);
    // A clock that was set back, or somebody who went away, tells nothing.
    if (frame === undefined || waiting.for === "nothing" || ms < 0 || ms > longestVisitMs) return;
    this.#node(frame.scene, frame.node).ms += ms;
  }

  #node(scene: string, node: string): Counts {
    const nodes = childOf(this.#nodes, scene);
    const known = nodes.get(node);
    if (known !== undefined) return known;
    const counts = { visits: 0, stopped: 0, ms: 0 };
    nodes.set(node, counts);
    return counts;
  }
}

const childOf = <V>(map: Map<string, Map<string, V>>, key: string): Map<string, V> => {
  const known = map.get(key);
  if (known !== undefined) return known;
  const child = new Map<string, V>();
  map.set(key, child);
  return child;
};
