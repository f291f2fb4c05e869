// How many frames a connection may send: a token bucket that may run into debt, so that who goes on regardless is found out.
// Pure: told the time.

export class FrameBudget {
  readonly #perMs: number;
  readonly #burst: number;
  #left: number;
  #at: number;

  /** `perSecond` on average; bursts of twice as many pass. */
  constructor(perSecond: number, now: number) {
    this.#perMs = perSecond / 1000;
    this.#burst = perSecond * 2;
    this.#left = this.#burst;
    this.#at = now;
  }

  /** Takes one frame; answers how much is left, negative in debt. `now`: ms, never going back. */
  take(now: number): number {
    if (now !== this.#at) {
      this.#left = Math.min(this.#burst, this.#left + (now - this.#at) * this.#perMs);
      this.#at = now;
    }
    return --this.#left;
  }

  /** Milliseconds until a frame passes again. */
  retryAfterMs(): number {
    return Math.max(0, Math.ceil((1 - this.#left) / this.#perMs));
  }
}
