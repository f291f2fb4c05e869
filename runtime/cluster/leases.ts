// How long locks are surely held, as far as who holds them can know: counted from before a request was sent, and by two clocks, of
// which one stands still while a computer sleeps and the other can be set.

/** The keeper of the locks is asked so often in the time that a lock lives. */
export const refreshesPerLife = 3;
/** Effect Cluster asks so long, ms, before it takes a refusal for one. */
export const refusalMs = 300;

export interface Clocks {
  /** ms */
  readonly monotonic: () => number;
  /** ms epoch */
  readonly wall: () => number;
  /** How often the connection to the keeper of the locks has come about. */
  readonly connections: () => number;
}

/** Until when what is asked for now is held, if it is granted. */
export interface Term {
  readonly monotonic: number;
  readonly wall: number;
  readonly connection: number;
}

interface Hold extends Term {
  readonly tenure: number;
}

export class Leases<Lock> {
  readonly #expiryMs: number;
  readonly #clocks: Clocks;
  readonly #holds = new Map<Lock, Hold>();
  #tenures = 0;

  constructor(expiryMs: number, clocks: Clocks) {
    this.#expiryMs = expiryMs;
    this.#clocks = clocks;
  }

  get locks(): ReadonlyArray<Lock> {
    return [...this.#holds.keys()];
  }

  /** To be taken before the request is sent. */
  term(): Term {
    const { monotonic, wall, connections } = this.#clocks;
    return { monotonic: monotonic() + this.#expiryMs, wall: wall() + this.#expiryMs, connection: connections() };
  }

  /** See `Placement.leaseMs`. */
  leaseMs(lock: Lock): number {
    const hold = this.#holds.get(lock);
    const { monotonic, wall, connections } = this.#clocks;
    // A keeper that is there again may have forgotten the lock, and have given it to another one.
    return hold === undefined || hold.connection !== connections() ? -1 : Math.min(hold.monotonic - monotonic(), hold.wall - wall());
  }

  /** See `Placement.tenure`. */
  tenure(lock: Lock): number {
    return this.#holds.get(lock)?.tenure ?? -1;
  }

  /** One that is taken again before its time was over was nobody else's meanwhile. */
  take(locks: ReadonlyArray<Lock>, term: Term): void {
    for (const lock of locks) this.#holds.set(lock, { ...term, tenure: this.leaseMs(lock) >= 0 ? this.tenure(lock) : ++this.#tenures });
  }

  /** Of those that were `asked` for again the `held` ones still are. What was given back while that was on its way stays so. */
  refresh(asked: ReadonlyArray<Lock>, held: ReadonlySet<Lock>, term: Term): void {
    for (const lock of asked) {
      if (!held.has(lock)) this.#holds.delete(lock);
      else if (this.#holds.has(lock)) this.#holds.set(lock, { ...term, tenure: this.tenure(lock) });
    }
  }

  /**
   * While the keeper refuses, what is surely held until it is asked for again stays so: Effect Cluster gives up everything at the first
   * refresh that fails, and a keeper that is started anew is back sooner than the locks are over. Once it is back only its answer counts.
   * `term`: of the refresh that was refused.
   */
  kept(locks: ReadonlyArray<Lock>, term: Term): ReadonlyArray<Lock> {
    const asked = term.monotonic - this.#expiryMs;
    // The next refusal may take as long as this one, and is repeated.
    const next = this.#expiryMs / refreshesPerLife + (this.#clocks.monotonic() - asked) + refusalMs;
    return locks.filter((lock) => this.leaseMs(lock) >= next);
  }

  giveBack(locks: ReadonlyArray<Lock>): void {
    for (const lock of locks) this.#holds.delete(lock);
  }
}
