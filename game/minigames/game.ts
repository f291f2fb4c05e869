// What all mini-games have in common: a game is a state, moved on in steps of ten milliseconds and by what the player does, from a seed and
// nothing else. The same seed and the same inputs at the same steps give the same result. Pure.
import { drawn, mixedSeed } from "#protocol/random.ts";
import type { MiniGame } from "#protocol/scene/scene.ts";

export const stepMs = 10;

export interface GameResult {
  readonly score: number;
  readonly durationMs: number;
}

export type GameInput =
  /** The one button, or a touch where it does not matter. */
  | { readonly type: "press" }
  /** A place: of the field, 0 to 1 each. */
  | { readonly type: "point"; readonly x: number; readonly y: number }
  /** One of the pads. */
  | { readonly type: "pad"; readonly pad: number }
  /** The control, 0 to 1. */
  | { readonly type: "drag"; readonly share: number }
  /** It is enough. */
  | { readonly type: "release" };

export type GameOf<K extends MiniGame["game"]> = Extract<MiniGame, { game: K }>;

/** A state is never changed: each step answers another. */
export interface Rules<State> {
  readonly begin: (seed: number) => State;
  /** Ten milliseconds. */
  readonly step: (state: State) => State;
  readonly input: (state: State, input: GameInput) => State;
  readonly result: (state: State) => GameResult | null;
}

/** Draws of one game, each of its own number. */
export const drawsOf = (seed: number) => {
  let { state, share } = drawn(mixedSeed(seed));
  return (): number => {
    const now = share;
    ({ state, share } = drawn(state));
    return now;
  };
};

export interface Logged {
  /** Steps before it. */
  readonly step: number;
  readonly input: GameInput;
}

/** Plays a log of inputs; null: it does not come to an end within so many steps. */
export const replayGame = <State>(rules: Rules<State>, seed: number, log: ReadonlyArray<Logged>, steps: number): GameResult | null => {
  let state = rules.begin(seed);
  let next = 0;
  for (let step = 0; step <= steps; step++) {
    while (log[next] !== undefined && log[next]!.step <= step) state = rules.input(state, log[next++]!.input);
    const result = rules.result(state);
    if (result !== null) return result;
    state = rules.step(state);
  }
  return null;
};
