// Timers that come within the horizon, soonest first. Cancelling is lazy. No clock of its own.
import { Heap } from "./heap.ts";

export interface QueuedTimer {
  readonly address: string;
  readonly timerId: string;
  readonly dueAt: number;
  /** When it comes by the clock, ms epoch: earlier than it is due where its actor's time is ahead of that. */
  readonly comesAt: number;
}

const keyOf = (timer: Omit<QueuedTimer, "comesAt">): string => `${timer.address}\n${timer.timerId}\n${timer.dueAt}`;

export class TimerQueue {
  readonly #heap = new Heap<QueuedTimer>(({ comesAt }) => comesAt);
  /** Timers that are wanted: a heap entry that is not the one here was cancelled, or comes at another time now. */
  readonly #live = new Map<string, QueuedTimer>();

  get size(): number {
    return this.#live.size;
  }

  /** One that is there already comes when it was to come first. */
  add(timer: QueuedTimer): void {
    const key = keyOf(timer);
    if ((this.#live.get(key)?.comesAt ?? Infinity) <= timer.comesAt) return;
    this.#put(key, timer);
  }

  /** Those that come before they are due come so much later, ms, but not after that. */
  putOff(ms: number): void {
    for (const [key, timer] of this.#live) {
      if (timer.comesAt < timer.dueAt) this.#put(key, { ...timer, comesAt: Math.min(timer.comesAt + ms, timer.dueAt) });
    }
  }

  #put(key: string, timer: QueuedTimer): void {
    this.#live.set(key, timer);
    this.#heap.push(timer);
  }

  cancel(timer: Omit<QueuedTimer, "comesAt">): void {
    this.#live.delete(keyOf(timer));
  }

  /** When the soonest timer comes, or undefined. */
  nextAt(): number | undefined {
    let first = this.#heap.first;
    while (first !== undefined && this.#live.get(keyOf(first)) !== first) {
      this.#heap.pop();
      first = this.#heap.first;
    }
    return first?.comesAt;
  }

  /** Takes all that come until `now`. */
  take(now: number): Array<QueuedTimer> {
    const due: Array<QueuedTimer> = [];
    for (;;) {
      const next = this.nextAt();
      if (next === undefined || next > now) return due;
      const timer = this.#heap.pop()!;
      this.#live.delete(keyOf(timer));
      due.push(timer);
    }
  }
}
