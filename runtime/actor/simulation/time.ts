// Time and chance of a simulated world. Whatever happens anywhere is a task; chance, drawn from a seed, decides which of those
// that may run now runs next, so the same seed gives the same run. Fibers run here too: each resumption is a task.
import { Clock, Context, Duration, Effect, Logger, Scheduler } from "effect";
import { Heap } from "../heap.ts";

/** Numbers from a seed (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** 0 … below - 1. */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  }

  /** True once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  of<T>(choices: ReadonlyArray<T>): T {
    return choices[this.below(choices.length)]!;
  }
}

/** A process: its tasks die with it, and wait while it is frozen. */
export class Life {
  dead = false;
  frozen = false;
  /** When it was thawed last, true time. */
  awakeSince = 0;
  /** Its wall clock against the true time, ms. */
  skew = 0;
  readonly waiting: Array<Task> = [];
}

interface Task {
  readonly run: () => void;
  /** Null: belongs to no process. */
  readonly life: Life | null;
  readonly at: number;
}

export class Time {
  /** True time, ms; also the monotonic clock of every process. */
  now = 1_000_000;
  /** Choices made so far. */
  ticks = 0;
  readonly dice: Dice;
  readonly #ready: Array<Task> = [];
  /** A heap, soonest first. */
  readonly #later = new Heap<Task>(({ at }) => at);

  constructor(dice: Dice) {
    this.dice = dice;
  }

  add(run: () => void, life: Life | null, delay = 0): void {
    const task = { run, life, at: this.now + delay };
    if (delay <= 0) this.#ready.push(task);
    else this.#later.push(task);
  }

  /** Answers how to call it off. */
  after(ms: number, run: () => void, life: Life | null): () => void {
    let off = false;
    this.add(() => void (off || run()), life, ms);
    return () => void (off = true);
  }

  thaw(life: Life): void {
    if (!life.frozen) return;
    life.frozen = false;
    life.awakeSince = this.now;
    this.#ready.push(...life.waiting.splice(0));
  }

  /** Runs one task; moves time on when none may run now. */
  tick(): void {
    while (this.#ready.length === 0) {
      const { first } = this.#later;
      if (first === undefined) return;
      this.now = first.at;
      while (this.#later.first !== undefined && this.#later.first.at <= this.now) this.#ready.push(this.#later.pop()!);
    }
    const index = this.dice.below(this.#ready.length);
    const task = this.#ready[index]!;
    const last = this.#ready.pop()!;
    if (index < this.#ready.length) this.#ready[index] = last;
    const { life } = task;
    if (life?.dead === true) return;
    if (life?.frozen === true) return void life.waiting.push(task);
    this.ticks++;
    task.run();
  }

  /** Runs all that happens until `at`. */
  runUntil(at: number): void {
    this.add(() => {}, null, at - this.now);
    while (this.now < at) this.tick();
  }
}

const silent: ReadonlySet<Logger.Logger<unknown, unknown>> = new Set();

/** What makes the fibers of a process live in this time. */
export const livingIn = (time: Time, life: Life): Context.Context<never> => {
  const wall = () => time.now + life.skew;
  const nanos = (ms: number): bigint => BigInt(ms) * 1_000_000n;
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: wall,
    currentTimeMillis: Effect.sync(wall),
    currentTimeNanosUnsafe: () => nanos(wall()),
    currentTimeNanos: Effect.sync(() => nanos(wall())),
    monotonicTimeNanosUnsafe: () => nanos(time.now),
    monotonicTimeNanos: Effect.sync(() => nanos(time.now)),
    sleep: (duration) =>
      Effect.callback((resume) => {
        const ms = Duration.toMillis(duration);
        if (!Number.isFinite(ms)) return;
        const cancel = time.after(ms, () => resume(Effect.void), life);
        return Effect.sync(cancel);
      }),
  };
  const scheduler: Scheduler.Scheduler = {
    executionMode: "async",
    shouldYield: (fiber) => fiber.currentOpCount >= fiber.cache.maxOpsBeforeYield,
    // Nothing is held back here, so there is nothing to flush.
    makeDispatcher: () => ({ scheduleTask: (task) => time.add(task, life), flush: () => {} }),
  };
  return Context.make(Clock.Clock, clock).pipe(Context.add(Scheduler.Scheduler, scheduler), Context.add(Logger.CurrentLoggers, silent));
};
