// One play of a mini-game: keeps the state, moves it on by whole steps as time goes by, and tells the result once.
import { type GameInput, type GameResult, type Rules, stepMs } from "./game.ts";

/** Of one frame, so that a page that stood still does not lose the game at once, ms. */
const mostMs = 100;

export class GameRun<State> {
  readonly #rules: Rules<State>;
  readonly #over: (result: GameResult) => void;
  #state: State;
  #rest = 0;
  #result: GameResult | null = null;

  constructor(rules: Rules<State>, seed: number, over: (result: GameResult) => void) {
    this.#rules = rules;
    this.#over = over;
    this.#state = rules.begin(seed);
  }

  get state(): State {
    return this.#state;
  }

  input(input: GameInput): void {
    if (this.#result !== null) return;
    this.#state = this.#rules.input(this.#state, input);
    this.#look();
  }

  passed(ms: number): void {
    this.#rest += Math.min(ms, mostMs);
    while (this.#rest >= stepMs && this.#result === null) {
      this.#rest -= stepMs;
      this.#state = this.#rules.step(this.#state);
      this.#look();
    }
  }

  #look(): void {
    this.#result ??= this.#rules.result(this.#state);
    if (this.#result === null) return;
    const result = this.#result;
    // Once: what comes after it is not looked at.
    this.#over(result);
  }
}
