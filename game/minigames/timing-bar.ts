// Timing bar: a mark runs to and fro, and is to be stopped within a zone that lies somewhere else each round. Pure.
import { drawsOf, type GameOf, type Rules, stepMs } from "./game.ts";

export interface TimingState {
  /** Of the zones, where each begins, 0 to 1. */
  readonly zones: ReadonlyArray<number>;
  readonly round: number;
  readonly roundMs: number;
  readonly hits: number;
  readonly totalMs: number;
}

/** A round that nobody stops is lost after so many times to and fro. */
const patience = 4;
/** An earlier press was meant for the last round, ms. */
const soonestMs = 100;

/** Of the mark, 0 to 1: from one end to the other and back in one period. */
export const markIn = (game: GameOf<"timingBar">, { roundMs }: TimingState): number => {
  const phase = (roundMs % game.periodMs) / game.periodMs;
  return phase < 0.5 ? phase * 2 : 2 - phase * 2;
};

export const timingRules = (game: GameOf<"timingBar">): Rules<TimingState> => {
  const next = (state: TimingState, hit: boolean): TimingState => ({
    ...state,
    round: state.round + 1,
    roundMs: 0,
    hits: state.hits + (hit ? 1 : 0),
  });
  return {
    begin: (seed) => {
      const draw = drawsOf(seed);
      const zones = Array.from({ length: game.rounds }, () => draw() * (1 - game.zonePercent / 100));
      return { zones, round: 0, roundMs: 0, hits: 0, totalMs: 0 };
    },
    step: (state) => {
      const moved = { ...state, roundMs: state.roundMs + stepMs, totalMs: state.totalMs + stepMs };
      return moved.roundMs >= game.periodMs * patience ? next(moved, false) : moved;
    },
    input: (state, input) => {
      const zone = state.zones[state.round];
      if (zone === undefined || state.roundMs < soonestMs || (input.type !== "press" && input.type !== "point")) return state;
      const mark = markIn(game, state);
      return next(state, mark >= zone && mark <= zone + game.zonePercent / 100);
    },
    result: ({ round, hits, totalMs }) => (round >= game.rounds ? { score: hits, durationMs: totalMs } : null),
  };
};
