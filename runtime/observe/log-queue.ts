// Log records that wait to be stored. Bounded: when it is full the oldest go, and how many went is counted. Pure.
import type { LogRecord } from "./record.ts";

export class LogQueue {
  readonly #most: number;
  #records: Array<LogRecord> = [];
  /** Of the oldest in `#records`: taking from the front must not move the rest each time. */
  #first = 0;
  #lost = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#records.length - this.#first;
  }

  push(record: LogRecord): void {
    this.#records.push(record);
    if (this.size > this.#most) this.#drop(1);
  }

  /** The oldest, at most `count`; they stay until `done`. */
  peek(count: number): ReadonlyArray<LogRecord> {
    return this.#records.slice(this.#first, this.#first + count);
  }

  /** Takes away what `peek` gave and has been stored, unless it was dropped meanwhile. */
  done(records: ReadonlyArray<LogRecord>): void {
    const last = records.at(-1);
    if (last === undefined) return;
    const at = this.#records.indexOf(last, this.#first);
    if (at >= 0) this.#advance(at + 1 - this.#first);
  }

  /** Gives these up: they cannot be stored. */
  lose(records: ReadonlyArray<LogRecord>): void {
    const before = this.size;
    this.done(records);
    this.#lost += before - this.size;
  }

  /** How many were dropped since the last time this was asked. */
  takeLost(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  #drop(count: number): void {
    this.#lost += count;
    this.#advance(count);
  }

  #advance(count: number): void {
    this.#first += count;
    if (this.#first < 1024 || this.#first * 2 < this.#records.length) return;
    this.#records = this.#records.slice(this.#first);
    this.#first = 0;
  }
}
