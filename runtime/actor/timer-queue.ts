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
  /** Timers that are wanted, and when each comes: a heap entry that is not so here was cancelled, or comes earlier now. */
  readonly #live = new Map<string, number>();

  get size(): number {
    return this.#live.size;
  }

  /** One that is there already comes when it was to come first. */
  add(timer: QueuedTimer): void {
    const key = keyOf(timer);
    if ((this.#live.get(key) ?? Infinity) <= timer.comesAt) return;
    this.#live.set(key, timer.comesAt);
    this.#heap.push(timer);
  }

  cancel(timer: Omit<QueuedTimer, "comesAt">): void {
    this.#live.delete(keyOf(timer));
  }

  /** When the soonest timer comes, or undefined. */
  nextAt(): number | undefined {
    let first = this.#heap.first;
    while (first !== undefined && this.#live.get(keyOf(first)) !== first.comesAt) {
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
