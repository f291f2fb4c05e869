// Chance: try as often as one dares; each try may succeed, or be noticed. What comes of them the seed has decided. Pure.
import { outcomesOfTries } from "#protocol/scene/play/minigame.ts";
import type { MiniGameOutcome } from "#protocol/scene/scene.ts";
import { type GameOf, type Rules, stepMs } from "./game.ts";

export interface ChanceState {
  readonly outcomes: ReadonlyArray<MiniGameOutcome>;
  readonly tries: number;
  /** Since the last try, ms. */
  readonly restMs: number;
  readonly totalMs: number;
}

/** What a try takes, ms. */
export const tryMs = 600;

export const chanceRules = (game: GameOf<"chance">): Rules<ChanceState> => ({
  begin: (seed) => ({ outcomes: outcomesOfTries(game, seed), tries: 0, restMs: tryMs, totalMs: 0 }),
  step: (state) => ({ ...state, restMs: state.restMs + stepMs, totalMs: state.totalMs + stepMs }),
  input: (state, input) =>
    (input.type === "press" || input.type === "point") && state.restMs >= tryMs && state.tries < state.outcomes.length
      ? { ...state, tries: state.tries + 1, restMs: 0 }
      : state,
  // The last try is seen before it ends.
  result: ({ outcomes, tries, restMs, totalMs }) =>
    tries >= outcomes.length && restMs >= tryMs ? { score: tries, durationMs: totalMs } : null,
});
