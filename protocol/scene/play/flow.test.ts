import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyStory, choice, clip, inputBy, storyOf } from "../testing.ts";
import { Flow, type PlayRecord } from "./flow.ts";
import { startPlay, stepPlay } from "./step.ts";

describe("how a story is played", () => {
  const story = storyOf([
    "one",
    {
      start: "hall",
      nodes: [clip("hall"), clip("left"), { id: "gold", type: "end", ending: "gold" }, { id: "home", type: "end", ending: "home" }],
      edges: [choice("l", "hall", "left"), choice("r", "hall", "home"), { id: "lg", from: "left", to: "gold", kind: "default" }],
    },
  ]);
  const choose = (turn: number, edge: string, at: number) => ({ at, input: { type: "choose" as const, turn, edge } });

  test("counts where it led, how long each place was stayed at, and where it was left", () => {
    const flow = new Flow(story);
    const play = { seed: 1, parameters: {}, startedAt: 1000 };
    flow.add({ ...play, moves: [choose(0, "l", 4000), { at: 6000, input: { type: "ended", turn: 1 } }] });
    flow.add({ ...play, moves: [choose(0, "l", 2000)] });
    // Back to the hall, and home.
    flow.add({ ...play, moves: [choose(0, "l", 2000), { at: 3000, back: 0 }, choose(0, "r", 3500)] });
    // Asleep in the hall, by a clock that was then set back; what cannot be taken changes nothing.
    flow.add({ ...play, moves: [choose(0, "nowhere", 9_000_000), choose(0, "r", 8000)] });
    expect(flow.result).toEqual({
      plays: 4,
      nodes: [
        { scene: "one", node: "hall", visits: 4, stopped: 0, ms: 3000 + 1000 + 1000 + 500 },
        { scene: "one", node: "left", visits: 3, stopped: 1, ms: 2000 + 1000 },
        { scene: "one", node: "gold", visits: 1, stopped: 0, ms: 0 },
        { scene: "one", node: "home", visits: 2, stopped: 0, ms: 0 },
      ],
      edges: [
        { scene: "one", edge: "l", taken: 3 },
        { scene: "one", edge: "lg", taken: 1 },
        { scene: "one", edge: "r", taken: 2 },
      ],
      endings: [
        { ending: "home", plays: 2 },
        { ending: "gold", plays: 1 },
      ],
    });
  });

  test("of any playthroughs of any story every step is counted once, and each stands somewhere or has ended", () => {
    fc.assert(
      fc.property(anyStory, fc.array(fc.tuple(fc.nat(9), fc.array(fc.nat(1000), { maxLength: 20 })), { maxLength: 6 }), (any, runs) => {
        const flow = new Flow(any);
        let entered = 0;
        let taken = 0;
        let plays = 0;
        for (const [seed, draws] of runs) {
          const moves: Array<PlayRecord["moves"][number]> = [];
          const last = startPlay(any, { seed });
          if (!last.ok) {
            flow.add({ seed, parameters: {}, startedAt: 0, moves });
            continue;
          }
          plays++;
          const states = [last.state];
          const count = ({ type }: { readonly type: string }): void => {
            entered += Number(type === "entered");
            taken += Number(type === "taken");
          };
          last.outputs.forEach(count);
          for (const [at, draw] of draws.entries()) {
            if (draw % 7 === 0) {
              const back = draw % states.length;
              moves.push({ at, back });
              states.push(states[back]!);
              continue;
            }
            const input = inputBy(states.at(-1)!, draw);
            const next = stepPlay(any, states.at(-1)!, input);
            if (!next.ok) continue;
            next.outputs.forEach(count);
            moves.push({ at, input });
            states.push(next.state);
          }
          flow.add({ seed, parameters: {}, startedAt: 0, moves });
        }
        const { result } = flow;
        const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((all, one) => all + one, 0);
        expect(result.plays).toBe(plays);
        expect(sum(result.nodes.map(({ visits }) => visits))).toBe(entered);
        expect(sum(result.edges.map((edge) => edge.taken))).toBe(taken);
        expect(sum(result.nodes.map(({ stopped }) => stopped)) + sum(result.endings.map((ending) => ending.plays))).toBe(plays);
      }),
    );
  });
});
