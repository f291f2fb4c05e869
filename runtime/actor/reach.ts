// Whether this process reaches the store. One that alone does not withdraws: its actors are of use to nobody here, and go on elsewhere.
// Where nobody reaches the store, all stay where they are, and go on when it is back.
import type { Standing } from "../cluster/placement.ts";
import type { ActorStore, StoreResult } from "./store.ts";

/** Without an answer for so long it is cut off, ms. */
const silentMs = 2000;
/** Cut off for so long while another one is not, it withdraws, ms: all do not find their way back at the same moment. */
const aloneMs = 3000;
/** A question may be lost with its connection: after so long without an answer another is asked, ms. */
const askAgainMs = 1500;
/** One that has withdrawn takes part again where for so long nobody reaches the store, ms: longer than others go without saying that they do. */
const nobodyMs = 4000;

export class Reach {
  readonly #now: () => number;
  readonly #ask: () => void;
  #heardAt: number;
  #askedAt = -Infinity;
  #aloneSince: number | null = null;
  #nobodySince: number | null = null;

  /** `now`: ms that only grow. `ask`: asks the store something, of which it is told no more than that it was `answered`. */
  constructor(now: () => number, ask: () => void) {
    this.#now = now;
    this.#ask = ask;
    this.#heardAt = now();
  }

  /** There is an answer, to whatever was asked. `reached`: it is the store's, and not that there is none to be had. */
  answered(reached: boolean): void {
    this.#askedAt = -Infinity;
    if (!reached) return;
    this.#heardAt = this.#now();
    this.#aloneSince = null;
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

  /** Whether another process reaches the store; null: that cannot be told. */
  told(another: boolean | null): void {
    if (another !== false) this.#nobodySince = null;
    if (another === null || this.standing === "reaches") return;
    const now = this.#now();
    if (another) this.#aloneSince ??= now;
    else if (this.standing === "cutOff" || now - (this.#nobodySince ??= now) >= nobodyMs) this.#aloneSince = null;
  }
}

/** The store, of each answer of which `answered` is told whether it came from the store itself. */
export const overheard = (store: ActorStore, answered: (reached: boolean) => void): ActorStore => {
  const heard =
    <T>(done: (result: StoreResult<T>) => void) =>
    (result: StoreResult<T>): void => {
      answered(result.ok || result.reason !== "unavailable");
      done(result);
    };
  return {
    epochs: (cells, done) => store.epochs(cells, heard(done)),
    claim: (epochs, done) => store.claim(epochs, heard(done)),
    openEffects: (cells, done) => store.openEffects(cells, heard(done)),
    outdated: (cells, versions, done) => store.outdated(cells, versions, heard(done)),
    dueTimers: (cells, until, limit, done) => store.dueTimers(cells, until, limit, heard(done)),
    steppedAfter: (cells, at, from, limit, done) => store.steppedAfter(cells, at, from, limit, heard(done)),
    load: (addresses, done) => store.load(addresses, heard(done)),
    heads: (addresses, done) => store.heads(addresses, heard(done)),
    seen: (address, eventId, done) => store.seen(address, eventId, heard(done)),
    commit: (batch, done) => store.commit(batch, heard(done)),
    journal: (address, from, limit, done) => store.journal(address, from, limit, heard(done)),
    migratedAt: (address, done) => store.migratedAt(address, heard(done)),
  };
};
