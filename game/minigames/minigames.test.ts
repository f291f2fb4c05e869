// Mini-games: whatever is pressed, the same seed and the same inputs give the same result, and never one that the server calls impossible.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isPossible, outcomeOf, outcomesOfTries, shortestMs } from "#protocol/scene/play/minigame.ts";
import type { MiniGame, NodeOf } from "#protocol/scene/scene.ts";
import { chanceRules, tryMs } from "./chance.ts";
import { type GameInput, type GameOf, type Logged, replayGame, type Rules } from "./game.ts";
import { gizmoRules } from "./gizmo.ts";
import { reflexRules, targetIn } from "./reflex.ts";
import { litIn, sequenceRules } from "./sequence.ts";
import { markIn, timingRules } from "./timing-bar.ts";

const anyGame: fc.Arbitrary<MiniGame> = fc.oneof(
  fc.record({
    game: fc.constant("reflex" as const),
    targets: fc.integer({ min: 1, max: 5 }),
    windowMs: fc.integer({ min: 150, max: 1500 }),
  }),
  fc.record({
    game: fc.constant("timingBar" as const),
    rounds: fc.integer({ min: 1, max: 4 }),
    periodMs: fc.integer({ min: 300, max: 1500 }),
    zonePercent: fc.integer({ min: 1, max: 90 }),
  }),
  fc.record({
    game: fc.constant("sequenceMemory" as const),
    rounds: fc.integer({ min: 1, max: 3 }),
    length: fc.integer({ min: 1, max: 3 }),
    showMs: fc.integer({ min: 100, max: 300 }),
  }),
  fc.record({
    game: fc.constant("chance" as const),
    tries: fc.integer({ min: 1, max: 5 }),
    successPercent: fc.integer({ min: 0, max: 100 }),
    detectionPercent: fc.integer({ min: 0, max: 100 }),
  }),
  fc.record({ game: fc.constant("gizmo" as const), minimumMs: fc.integer({ min: 0, max: 2000 }) }),
);
const share = fc.double({ min: 0, max: 1, noNaN: true });
const anyInput: fc.Arbitrary<GameInput> = fc.oneof(
  fc.constantFrom<GameInput>({ type: "press" }, { type: "press" }, { type: "release" }),
  fc.record({ type: fc.constant("point" as const), x: share, y: share }),
  fc.record({ type: fc.constant("pad" as const), pad: fc.nat({ max: 3 }) }),
  fc.record({ type: fc.constant("drag" as const), share }),
);
const anyLog: fc.Arbitrary<ReadonlyArray<Logged>> = fc.array(fc.tuple(fc.nat({ max: 40 }), anyInput), { maxLength: 60 }).map((gaps) => {
  let step = 0;
  return gaps.map(([gap, input]) => ({ step: (step += gap), input }));
});

/** A minute. */
const steps = 6000;
const play = (game: MiniGame, seed: number, log: ReadonlyArray<Logged>) => {
  switch (game.game) {
    case "reflex":
      return replayGame(reflexRules(game, 16 / 9), seed, log, steps);
    case "timingBar":
      return replayGame(timingRules(game), seed, log, steps);
    case "sequenceMemory":
      return replayGame(sequenceRules(game), seed, log, steps);
    case "chance":
      return replayGame(chanceRules(game), seed, log, steps);
    case "gizmo":
      return replayGame(gizmoRules(game), seed, log, steps);
  }
};
const nodeOf = (game: MiniGame): NodeOf<"minigame"> => ({
  id: "n",
  title: "",
  x: 0,
  y: 0,
  group: null,
  type: "minigame",
  game,
  needed: 1,
  scoreInto: null,
  skip: null,
});

test("no play gives a result that cannot be, and each gives the same again", () => {
  fc.assert(
    fc.property(anyGame, fc.integer(), anyLog, (game, seed, log) => {
      const result = play(game, seed, log);
      expect(play(game, seed, log)).toEqual(result);
      if (result === null) return;
      expect(isPossible(game, result.score, result.durationMs)).toBe(true);
      expect(outcomeOf(nodeOf(game), seed, result.score)).not.toBeNull();
    }),
    { numRuns: 400 },
  );
});

/** Plays as somebody who sees the state and presses at each step what `player` says. */
const perfectly = <State>(rules: Rules<State>, seed: number, player: (state: State) => GameInput | null) => {
  let state = rules.begin(seed);
  for (let step = 0; step < steps; step++) {
    const input = player(state);
    if (input !== null) state = rules.input(state, input);
    const result = rules.result(state);
    if (result !== null) return result;
    state = rules.step(state);
  }
  return null;
};

describe("who plays perfectly has the highest score", () => {
  const seeds = [1, 2, 3, 77];

  test.each(seeds)("reflex, %i", (seed) => {
    const game: GameOf<"reflex"> = { game: "reflex", targets: 6, windowMs: 900 };
    const result = perfectly(reflexRules(game, 16 / 9), seed, (state) => {
      const target = targetIn(game, state);
      return target === null ? null : { type: "point", x: target.x, y: target.y };
    });
    expect(result?.score).toBe(6);
  });

  test.each(seeds)("reflex misses where nothing is, %i", (seed) => {
    const game: GameOf<"reflex"> = { game: "reflex", targets: 3, windowMs: 400 };
    expect(perfectly(reflexRules(game, 16 / 9), seed, () => ({ type: "point", x: 0, y: 0 }))?.score).toBe(0);
  });

  test.each(seeds)("timing bar, %i", (seed) => {
    const game: GameOf<"timingBar"> = { game: "timingBar", rounds: 4, periodMs: 1200, zonePercent: 10 };
    const result = perfectly(timingRules(game), seed, (state) => {
      const zone = state.zones[state.round] ?? 0;
      const mark = markIn(game, state);
      return mark >= zone && mark <= zone + 0.1 ? { type: "press" } : null;
    });
    expect(result?.score).toBe(4);
  });

  test.each(seeds)("sequence, %i", (seed) => {
    const game: GameOf<"sequenceMemory"> = { game: "sequenceMemory", rounds: 3, length: 2, showMs: 200 };
    const seen: Array<number> = [];
    let lit: number | null = null;
    const result = perfectly(sequenceRules(game), seed, (state) => {
      const now = litIn(game, state);
      if (now !== null && now !== lit) seen.push(now);
      lit = now;
      if (state.phase === "show") return null;
      const pad = seen.slice(-(2 + state.round))[state.pressed];
      return pad === undefined ? null : { type: "pad", pad };
    });
    expect(result).toEqual({ score: 3, durationMs: expect.any(Number) });
    expect(result!.durationMs).toBeGreaterThanOrEqual(shortestMs(game, 3));
  });

  test.each(seeds)("chance ends with the try that the seed has decided, %i", (seed) => {
    const game: GameOf<"chance"> = { game: "chance", tries: 5, successPercent: 30, detectionPercent: 20 };
    const result = perfectly(chanceRules(game), seed, () => ({ type: "press" }));
    expect(result?.score).toBe(outcomesOfTries(game, seed).length);
    expect(result!.durationMs).toBeGreaterThanOrEqual(result!.score * tryMs);
  });

  test("gizmo takes its least time, however fast it is pulled, and lets go with what it came to", () => {
    const game: GameOf<"gizmo"> = { game: "gizmo", minimumMs: 1500 };
    expect(perfectly(gizmoRules(game), 1, () => ({ type: "drag", share: 1 }))).toEqual({ score: 100, durationMs: 1500 });
    const log: ReadonlyArray<Logged> = [
      { step: 0, input: { type: "drag", share: 0.4 } },
      { step: 120, input: { type: "release" } },
    ];
    expect(replayGame(gizmoRules(game), 1, log, steps)).toEqual({ score: 40, durationMs: 1500 });
  });
});
