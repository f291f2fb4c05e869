// Scenes as an editor and a player meet them: a story of 1,000 nodes is checked while somebody edits, and played step by step.
import { type BodyInput, choice, edge, storyOf } from "#protocol/scene/testing.ts";
import { checkStory } from "#protocol/scene/check/check.ts";
import { lookAhead } from "#protocol/scene/play/ahead.ts";
import type { PlayInput, PlayState } from "#protocol/scene/play/state.ts";
import { startPlay, stepPlay } from "#protocol/scene/play/step.ts";
import type { Story } from "#protocol/scene/scene.ts";
import { median } from "../measure.ts";
import type { Report, Section } from "../report.ts";

/** Of five kinds in turn, with conditions and effects as stories have them, going round so that a play never ends. */
const storyOfNodes = (count: number): Story => {
  const next = (at: number, by = 1): string => `n${(at + by) % count}`;
  const body: BodyInput = {
    start: "n0",
    variables: [{ name: "coins", type: { kind: "number", max: 100 } }],
    flags: [{ name: "met" }],
    characters: [{ name: "ada" }],
    nodes: Array.from({ length: count }, (_, at) => {
      const id = `n${at}`;
      const segments = [{ id: "s", media: { kind: "asset" as const, assetId: `ast_${at}` } }];
      switch (at % 5) {
        case 0:
          return { id, type: "video", segments, caption: { en: `Scene ${at}: you have {coins} coins.` } };
        case 1:
          return { id, type: "condition" };
        case 2:
          return { id, type: "action", effects: [{ kind: "addToRelationship", character: "ada", axis: "affinity", by: 1 }] };
        case 3:
          return { id, type: "choice" };
        default:
          return { id, type: "video", segments };
      }
    }),
    edges: Array.from({ length: count }, (_, at) => {
      const from = `n${at}`;
      if (at % 5 === 1) {
        const holds = { kind: "variable", name: "coins", is: "above", to: { from: "value", value: 3 } } as const;
        return [
          edge(from, next(at, 6), { kind: "conditional", condition: { kind: "all", of: [holds, { kind: "chance", percent: 30 }] } }),
          edge(from, next(at)),
        ];
      }
      if (at % 5 !== 3) return [edge(from, next(at))];
      const effects = [{ kind: "addToVariable" as const, name: "coins", by: { from: "value" as const, value: 1 } }];
      return [
        choice(`a${at}`, from, next(at), { effects }),
        choice(`b${at}`, from, next(at, 11), { condition: { kind: "flag", name: "met", set: false } }),
      ];
    }).flat(),
  };
  return storyOf([
    "main",
    { ...body, nodes: [...body.nodes!, { id: "over", type: "end", ending: "over" }], edges: [...body.edges!, choice("out", "n3", "over")] },
  ]);
};

const timed = (rounds: number, work: (round: number) => void): number =>
  median(
    Array.from({ length: rounds }, (_, round) => {
      const began = performance.now();
      work(round);
      return performance.now() - began;
    }),
  );

/** The first thing that a player could do. */
const firstInput = ({ waiting, turn }: PlayState, at: number): PlayInput => {
  const choices = waiting.for === "choice" ? waiting.choices.filter(({ edge: id, open }) => open && id !== "out") : [];
  return choices.length === 0 ? { type: "ended", turn } : { type: "choose", turn, edge: choices[at % choices.length]!.edge };
};

const run = async (report: Report): Promise<void> => {
  const steps = 5000;
  for (const nodes of [1000, 4995]) {
    const story = storyOfNodes(nodes);
    // What was made ready of one story is not used for the next: each edit makes another.
    const check = (): void => void checkStory({ ...story });
    // Whoever edits has had it checked before: the first ones, while the engine compiles, are not counted.
    timed(10, check);
    const checking = timed(60, check);
    const begun = startPlay(story, { seed: 1 });
    if (!begun.ok) throw new Error(begun.refusal.message);
    let { state } = begun;
    const stepping = timed(1, () => {
      for (let at = 0; at < steps; at++) {
        const next = stepPlay(story, state, firstInput(state, at));
        if (!next.ok) throw new Error(next.refusal.message);
        state = next.state;
      }
    });
    const looking = timed(200, () => void lookAhead(story, state));
    report.table({
      title: `A story of ${nodes} nodes`,
      unit: "ms",
      rows: [
        { name: "check, as after an edit", figure: checking, ...(nodes === 1000 ? { aim: { atMost: 50 } } : {}) },
        { name: "one step", figure: stepping / steps },
        { name: "what may come next", figure: looking },
      ],
    });
  }
};

export const scenes: Section = { name: "scenes", summary: "checking and playing branching stories", run };
