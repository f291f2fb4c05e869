// Sequence memory: pads light up one after the other, and are to be pressed in the same order; each round has one more. The first wrong one
// ends it. Pure.
import { drawsOf, type GameOf, type Rules, stepMs } from "./game.ts";

export const pads = 4;
/** Nobody presses faster, ms. */
const fastestMs = 80;

export interface SequenceState {
  readonly order: ReadonlyArray<number>;
  readonly round: number;
  readonly phase: "show" | "repeat";
  readonly phaseMs: number;
  /** Of the round, pressed rightly so far. */
  readonly pressed: number;
  /** Since the last press, ms. */
  readonly restMs: number;
  readonly failed: boolean;
  readonly totalMs: number;
}

const lengthIn = (game: GameOf<"sequenceMemory">, round: number): number => game.length + round;
/** From one pad that lights up to the next: it is also dark between them. */
const paceMs = (game: GameOf<"sequenceMemory">): number => game.showMs + fastestMs;

/** The pad that is lit. Null: none. */
export const litIn = (game: GameOf<"sequenceMemory">, { phase, phaseMs, order }: SequenceState): number | null => {
  if (phase !== "show") return null;
  const at = Math.floor(phaseMs / paceMs(game));
  return phaseMs % paceMs(game) < game.showMs ? (order[at] ?? null) : null;
};

export const sequenceRules = (game: GameOf<"sequenceMemory">): Rules<SequenceState> => ({
  begin: (seed) => {
    const draw = drawsOf(seed);
    const order = Array.from({ length: game.length + game.rounds }, () => Math.floor(draw() * pads));
    return { order, round: 0, phase: "show", phaseMs: 0, pressed: 0, restMs: 0, failed: false, totalMs: 0 };
  },
  step: (state) => {
    const moved = { ...state, phaseMs: state.phaseMs + stepMs, restMs: state.restMs + stepMs, totalMs: state.totalMs + stepMs };
    const shown = moved.phase === "show" && moved.phaseMs >= lengthIn(game, moved.round) * paceMs(game);
    return shown ? { ...moved, phase: "repeat", phaseMs: 0, pressed: 0, restMs: 0 } : moved;
  },
  input: (state, input) => {
    if (state.phase !== "repeat" || input.type !== "pad" || state.restMs < fastestMs || state.failed) return state;
    if (state.order[state.pressed] !== input.pad) return { ...state, failed: true };
    const pressed = state.pressed + 1;
    if (pressed < lengthIn(game, state.round)) return { ...state, pressed, restMs: 0 };
    return { ...state, round: state.round + 1, phase: "show", phaseMs: 0, pressed: 0, restMs: 0 };
  },
  result: ({ round, failed, totalMs }) => (failed || round >= game.rounds ? { score: round, durationMs: totalMs } : null),
});
