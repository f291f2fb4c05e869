// Whether this process reaches the store. One that alone does not withdraws: its actors are of use to nobody here, and go on elsewhere.
// Where nobody reaches the store, all stay where they are, and go on when it is back.
import type { Standing } from "../cluster/placement.ts";

/** Without an answer for so long it is cut off, ms. */
const silentMs = 2000;
/** Cut off for so long while another one is not, it withdraws, ms: all do not find their way back at the same moment. */
const aloneMs = 3000;
/** A question may be lost with its connection: after so long another is asked, ms. */
const askAgainMs = 5000;

export class Reach {
  readonly #now: () => number;
  readonly #ask: () => void;
  #heardAt: number;
  #askedAt = -Infinity;
  #aloneSince: number | null = null;

  /** `now`: ms that only grow. `ask`: asks the store something, of which it answers no more than that it was `heard`. */
  constructor(now: () => number, ask: () => void) {
    this.#now = now;
    this.#ask = ask;
    this.#heardAt = now();
  }

  /** The store has answered. */
  heard(): void {
    this.#heardAt = this.#now();
    this.#askedAt = -Infinity;
  }

  get standing(): Standing {
    const now = this.#now();
    if (now - this.#heardAt < silentMs) return "reaches";
    return this.#aloneSince !== null && now - this.#aloneSince >= aloneMs ? "withdrawn" : "cutOff";
  }

  /** Call it every second. */
  look(): void {
    const now = this.#now();
    if (now - this.#askedAt < askAgainMs) return;
    this.#askedAt = now;
    this.#ask();
  }

  /** Whether another process reaches the store. */
  told(another: boolean): void {
    if (this.standing === "reaches" || !another) this.#aloneSince = null;
    else this.#aloneSince ??= this.#now();
  }
}
