// Timers that are due within the horizon, soonest first. Cancelling is lazy. No clock of its own.
import { Heap } from "./heap.ts";

export interface QueuedTimer {
  readonly address: string;
  readonly timerId: string;
  readonly dueAt: number;
}

const keyOf = (timer: QueuedTimer): string => `${timer.address}\n${timer.timerId}\n${timer.dueAt}`;

export class TimerQueue {
  readonly #heap = new Heap<QueuedTimer>(({ dueAt }) => dueAt);
  /** Timers that are wanted: a heap entry without its key here was cancelled, and a known key is not added twice. */
  readonly #live = new Set<string>();

  get size(): number {
    return this.#live.size;
  }

  add(timer: QueuedTimer): void {
    const key = keyOf(timer);
    if (this.#live.has(key)) return;
    this.#live.add(key);
    this.#heap.push(timer);
  }

  cancel(timer: QueuedTimer): void {
    this.#live.delete(keyOf(timer));
  }

  /** When the soonest timer is due, or undefined. */
  nextDueAt(): number | undefined {
    let first = this.#heap.first;
    while (first !== undefined && !this.#live.has(keyOf(first))) {
      this.#heap.pop();
      first = this.#heap.first;
    }
    return first?.dueAt;
  }

  /** Takes all that is due at `now`. */
  take(now: number): Array<QueuedTimer> {
    const due: Array<QueuedTimer> = [];
    for (;;) {
      const next = this.nextDueAt();
      if (next === undefined || next > now) return due;
      const timer = this.#heap.pop()!;
      this.#live.delete(keyOf(timer));
      due.push(timer);
    }
  }
}
