// Reflex: targets come up one after the other, drift, and are gone after their time. A hit counts, a miss does not. Pure.
import { drawsOf, type GameOf, type Rules, stepMs } from "./game.ts";

interface Target {
  readonly x: number;
  readonly y: number;
  /** Of the field, per second. */
  readonly driftX: number;
  readonly driftY: number;
  /** Before it comes, after the last one, ms. */
  readonly pauseMs: number;
}

export interface ReflexState {
  readonly targets: ReadonlyArray<Target>;
  readonly at: number;
  /** Of this target, also while it is not there yet. */
  readonly ageMs: number;
  readonly hits: number;
  readonly totalMs: number;
}

/** Of the field's smaller side. */
export const targetRadius = 0.11;
/** Nobody sees and presses faster: an input before that was no reaction, ms. */
const fastestMs = 80;

/** Where the target is, and how much of its time is left, 0 to 1. Null: between two, or over. */
export const targetIn = (game: GameOf<"reflex">, { targets, at, ageMs }: ReflexState) => {
  const target = targets[at];
  if (target === undefined || ageMs < target.pauseMs) return null;
  const seconds = (ageMs - target.pauseMs) / 1000;
  return {
    x: target.x + target.driftX * seconds,
    y: target.y + target.driftY * seconds,
    left: 1 - (ageMs - target.pauseMs) / game.windowMs,
  };
};

/** `aspect`: width of the field for each of its height. */
export const reflexRules = (game: GameOf<"reflex">, aspect: number): Rules<ReflexState> => {
  const next = (state: ReflexState, hit: boolean): ReflexState => ({
    ...state,
    at: state.at + 1,
    ageMs: 0,
    hits: state.hits + (hit ? 1 : 0),
  });
  return {
    begin: (seed) => {
      const draw = drawsOf(seed);
      // So slow that none leaves the field within its time.
      const reach = 0.1 / (game.windowMs / 1000);
      const targets = Array.from({ length: game.targets }, () => ({
        x: 0.25 + 0.5 * draw(),
        y: 0.25 + 0.5 * draw(),
        driftX: (draw() - 0.5) * 2 * reach,
        driftY: (draw() - 0.5) * 2 * reach,
        pauseMs: 300 + Math.floor(draw() * 50) * stepMs,
      }));
      return { targets, at: 0, ageMs: 0, hits: 0, totalMs: 0 };
    },
    step: (state) => {
      const moved = { ...state, ageMs: state.ageMs + stepMs, totalMs: state.totalMs + stepMs };
      const target = state.targets[state.at];
      return target !== undefined && moved.ageMs >= target.pauseMs + game.windowMs ? next(moved, false) : moved;
    },
    input: (state, input) => {
      const target = targetIn(game, state);
      if (target === null || state.ageMs - state.targets[state.at]!.pauseMs < fastestMs) return state;
      // By keys there is nothing to aim with: to be in time is what counts.
      if (input.type === "press") return next(state, true);
      if (input.type !== "point") return state;
      const [dx, dy] = [(input.x - target.x) * Math.max(aspect, 1), (input.y - target.y) / Math.min(aspect, 1)];
      return Math.hypot(dx, dy) <= targetRadius ? next(state, true) : state;
    },
    result: ({ targets, at, hits, totalMs }) => (at >= targets.length ? { score: hits, durationMs: totalMs } : null),
  };
};
