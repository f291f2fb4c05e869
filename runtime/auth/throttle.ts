// How often somebody may try: so many in a minute for each key (a login, an address). Memory is bounded; time is given.

const windowMs = 60_000;
const maxKeys = 10_000;

export class Throttle {
  readonly #tries = new Map<string, Array<number>>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Counts a try; answers 0, or how many ms to wait before the next. A refused try does not count. */
  attempt(key: string, now: number): number {
    const recent = (this.#tries.get(key) ?? []).filter((at) => at > now - windowMs);
    if (recent.length >= this.#limit) return recent[0]! + windowMs - now;
    recent.push(now);
    // Re-inserted, so that the map is in order of last use and the oldest goes first.
    this.#tries.delete(key);
    this.#tries.set(key, recent);
    if (this.#tries.size > maxKeys) this.#tries.delete(this.#tries.keys().next().value!);
    return 0;
  }

  /** A success: earlier failures are forgotten. */
  clear(key: string): void {
    this.#tries.delete(key);
  }
}
