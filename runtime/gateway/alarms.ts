// Many alarms on one monotonic clock (the wall clock may be set back): deadlines, heartbeats, expiries. Setting and stopping one
// costs a Map and a Set operation, since nearly all are stopped before they ring. None rings early, nor more than 16 ms late.
import { type Clock, Effect, type Fiber } from "effect";

const resolutionMs = 8;
const nanosPerMs = 1_000_000n;

export interface Alarm {
  readonly stop: () => void;
}

class Entry implements Alarm {
  readonly ring: () => void;
  readonly #bucket: Set<Entry>;

  constructor(ring: () => void, bucket: Set<Entry>) {
    this.ring = ring;
    this.#bucket = bucket;
    bucket.add(this);
  }

  readonly stop = (): void => void this.#bucket.delete(this);
}

export class Alarms {
  readonly #clock: Clock.Clock;
  readonly #run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>;
  /** By tick; a bucket whose alarms were all stopped stays until its tick, at most the longest alarm. */
  readonly #buckets = new Map<number, Set<Entry>>();
  /** The ticks of the buckets: a heap with the soonest first. */
  readonly #ticks: Array<number> = [];
  /** The tick slept for; -1 after the end, when nothing sleeps again. */
  #sleepsTo = Number.POSITIVE_INFINITY;
  #sleep: Fiber.Fiber<void> | undefined;

  constructor(clock: Clock.Clock, run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>) {
    this.#clock = clock;
    this.#run = run;
  }

  /** Whole milliseconds of a clock that only goes forward; its zero means nothing. */
  now(): number {
    return Number(this.#clock.monotonicTimeNanosUnsafe() / nanosPerMs);
  }

  /** Milliseconds since 1970. */
  wallClock(): number {
    return this.#clock.currentTimeMillisUnsafe();
  }

  /** Never rings before it has been answered, even for 0 ms. */
  set(ms: number, ring: () => void): Alarm {
    const now = this.now();
    const tick = Math.max(Math.ceil((now + ms) / resolutionMs), Math.floor(now / resolutionMs) + 1);
    let bucket = this.#buckets.get(tick);
    if (bucket === undefined) {
      this.#buckets.set(tick, (bucket = new Set()));
      this.#push(tick);
    }
    const entry = new Entry(ring, bucket);
    this.#fallAsleep();
    return entry;
  }

  #fallAsleep(): void {
    const next = this.#ticks[0];
    if (next === undefined || this.#sleepsTo <= next) return;
    this.#sleep?.interruptUnsafe();
    this.#sleepsTo = next;
    // At least 1 ms: a sleep that is over at once would wake up within this method.
    const wait = Math.max(1, next * resolutionMs - this.now());
    this.#sleep = this.#run(Effect.andThen(Effect.sleep(wait), this.#wake));
  }

  readonly #wake: Effect.Effect<void> = Effect.sync(() => {
    const now = Math.floor(this.now() / resolutionMs);
    while (this.#ticks.length > 0 && this.#ticks[0]! <= now) {
      const tick = this.#ticks[0]!;
      const bucket = this.#buckets.get(tick);
      for (const entry of bucket ?? []) {
        entry.stop();
        entry.ring();
      }
      this.#buckets.delete(tick);
      this.#pop();
    }
    this.#sleep = undefined;
    if (this.#sleepsTo !== -1) this.#sleepsTo = Number.POSITIVE_INFINITY;
    this.#fallAsleep();
  }).pipe(
    // One that throws must not silence all others: those that are left ring in another round.
    Effect.catchDefect((defect) =>
      Effect.andThen(
        Effect.logError("an alarm failed by a fault", defect),
        Effect.suspend(() => this.#wake),
      ),
    ),
  );

  /** No alarm rings any more. */
  stop(): void {
    this.#sleepsTo = -1;
    this.#sleep?.interruptUnsafe();
    this.#buckets.clear();
    this.#ticks.length = 0;
  }

  #push(tick: number): void {
    const heap = this.#ticks;
    let index = heap.length;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent]! <= tick) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = tick;
  }

  #pop(): void {
    const heap = this.#ticks;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= last) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}
