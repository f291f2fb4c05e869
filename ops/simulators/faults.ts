// How a simulator misbehaves: on demand, or at random from a seed. Each fault is taken by the occasion that it is for.

export const faultNames = [
  /** The connection is cut before the request is looked at. */
  "cutBefore",
  /** A submission is carried out and its connection cut instead of an answer. */
  "cutAfter",
  /** A submission is carried out, and a redirect that leads nowhere comes instead of an answer. */
  "astray",
  /** A submission is carried out and never answered. */
  "silent",
  /** 503, then better. */
  "serverError",
  /** 429 with Retry-After. */
  "rateLimit",
  /** The key is no longer known. */
  "expired",
  /** 200 with a web page. */
  "page",
  /** JSON that never ends. */
  "endless",
  /** A submission is refused for what it asks. */
  "refused",
  /** A job that was taken ends as refused. */
  "refusedLate",
  /** A job that was taken ends as failed. */
  "failedLate",
  /** A job that was taken is forgotten: its status does not know it, while a list shows what was taken still. */
  "lost",
  /** A status tells an earlier state than before. */
  "backwards",
  /** A file is not there (yet). */
  "missingFile",
  /** A file is a web page that says it is a video. */
  "wrongFile",
  /** A file is cut off. */
  "truncatedFile",
  /** A file is elsewhere: at a private address. */
  "privateRedirect",
] as const;
export type FaultName = (typeof faultNames)[number];

export interface RandomFaults {
  readonly seed: number;
  /** 0 to 1: share of the occasions of each fault on which it happens. */
  readonly rate: number;
  /** Default: all that leave the account usable, so all but `expired`, and none that keeps a client waiting (`silent`, `endless`). */
  readonly names?: ReadonlyArray<FaultName>;
  /** Each answer is held back for a time between none and this, ms of real time. Default: none. */
  readonly latencyMs?: number;
}

const patient: ReadonlySet<FaultName> = new Set(["expired", "silent", "endless"]);

/** mulberry32: the same faults for the same seed and the same order of occasions. */
const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
};

interface Random {
  readonly next: () => number;
  readonly rate: number;
  readonly names: ReadonlySet<FaultName>;
  /** Of its own, so that the faults of a seed are the same with and without it. */
  readonly latency: () => number;
}

export class Faults {
  readonly #ordered = new Map<FaultName, { times: number; after: number }>();
  readonly #taken = new Map<FaultName, number>();
  #random: Random | null = null;
  /** Every answer is held back so long, ms of real time. */
  latencyMs = 0;

  /** Happens on the next `times` occasions; Infinity: until it is cleared. `after`: so many pass before. */
  order(name: FaultName, times = 1, after = 0): void {
    this.#ordered.set(name, { times, after });
  }

  /** Null: no more at random. */
  atRandom(faults: RandomFaults | null): void {
    if (faults === null) {
      this.#random = null;
      return;
    }
    const names = new Set(faults.names ?? faultNames.filter((name) => !patient.has(name)));
    const { seed, rate, latencyMs = 0 } = faults;
    const drawn = randomFrom(seed + 1);
    this.#random = { next: randomFrom(seed), rate, names, latency: () => drawn() * latencyMs };
  }

  clear(): void {
    this.#ordered.clear();
    this.#random = null;
    this.latencyMs = 0;
  }

  /** For how long the next answer is held back, ms of real time. */
  latency(): number {
    return this.latencyMs + (this.#random?.latency() ?? 0);
  }

  /** Whether it happens on this occasion. */
  take(name: FaultName): boolean {
    const happens =
      this.#isOrdered(name) || (this.#random !== null && this.#random.names.has(name) && this.#random.next() < this.#random.rate);
    if (happens) this.#taken.set(name, this.taken(name) + 1);
    return happens;
  }

  #isOrdered(name: FaultName): boolean {
    const ordered = this.#ordered.get(name);
    if (ordered === undefined) return false;
    if (ordered.after-- > 0) return false;
    return ordered.times-- > 0;
  }

  /** How often it has happened. */
  taken(name: FaultName): number {
    return this.#taken.get(name) ?? 0;
  }
}
