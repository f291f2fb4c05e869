// Timers that are due within the horizon, soonest first. A binary heap; cancelling is lazy. No clock of its own.

export interface QueuedTimer {
  readonly address: string;
  readonly timerId: string;
  readonly dueAt: number;
}

const keyOf = (timer: QueuedTimer): string => `${timer.address}\n${timer.timerId}\n${timer.dueAt}`;

export class TimerQueue {
  readonly #heap: Array<QueuedTimer> = [];
  /** Timers that are wanted: a heap entry without its key here was cancelled, and a known key is not added twice. */
  readonly #live = new Set<string>();

  get size(): number {
    return this.#live.size;
  }

  add(timer: QueuedTimer): void {
    const key = keyOf(timer);
    if (this.#live.has(key)) return;
    this.#live.add(key);
    const heap = this.#heap;
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent]!.dueAt <= timer.dueAt) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = timer;
  }

  cancel(timer: QueuedTimer): void {
    this.#live.delete(keyOf(timer));
  }

  /** When the soonest timer is due, or undefined. */
  nextDueAt(): number | undefined {
    while (this.#heap.length > 0 && !this.#live.has(keyOf(this.#heap[0]!))) this.#pop();
    return this.#heap[0]?.dueAt;
  }

  /** Takes all that is due at `now`. */
  take(now: number): Array<QueuedTimer> {
    const due: Array<QueuedTimer> = [];
    for (;;) {
      const next = this.nextDueAt();
      if (next === undefined || next > now) return due;
      const timer = this.#pop()!;
      this.#live.delete(keyOf(timer));
      due.push(timer);
    }
  }

  #pop(): QueuedTimer | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.dueAt < heap[child]!.dueAt) child++;
      if (heap[child]!.dueAt >= last.dueAt) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}
