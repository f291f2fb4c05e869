// Gizmo: a control that drives the picture is to be taken all the way. It follows the hand no faster than the least time allows. Pure.
import { type GameOf, type Rules, stepMs } from "./game.ts";

export interface GizmoState {
  /** Where the hand holds it, 0 to 1. */
  readonly wanted: number;
  /** Where it is. */
  readonly share: number;
  readonly furthest: number;
  readonly released: boolean;
  readonly totalMs: number;
}

/** One press of a key moves it by so much. */
const keyStep = 0.05;
/** Longer than the least time: nobody is to wait for a rope. */
const paceOf = (game: GameOf<"gizmo">): number => stepMs / Math.max(game.minimumMs, 300);

export const gizmoRules = (game: GameOf<"gizmo">): Rules<GizmoState> => ({
  begin: () => ({ wanted: 0, share: 0, furthest: 0, released: false, totalMs: 0 }),
  step: (state) => {
    const pace = paceOf(game);
    const share = state.share + Math.min(Math.max(state.wanted - state.share, -pace), pace);
    return { ...state, share, furthest: Math.max(state.furthest, share), totalMs: state.totalMs + stepMs };
  },
  input: (state, input) => {
    if (input.type === "drag") return { ...state, wanted: Math.min(Math.max(input.share, 0), 1) };
    if (input.type === "release") return { ...state, released: true };
    if (input.type === "press") return { ...state, wanted: Math.min(state.wanted + keyStep, 1) };
    return state;
  },
  result: ({ furthest, released, totalMs }) => {
    const score = Math.floor(furthest * 100 + 0.1);
    return (score >= 100 || released) && totalMs >= game.minimumMs ? { score, durationMs: totalMs } : null;
  },
});
