import fc from "fast-check";
import { expect, test } from "vitest";
import { LogQueue } from "./log-queue.ts";
import type { LogRecord } from "./record.ts";

const record = (time: number): LogRecord => ({
  time,
  level: "info",
  service: "test",
  env: "test",
  msg: "m",
  stage: undefined,
  context: {},
  durationMs: undefined,
  error: undefined,
  fields: {},
});

test("keeps the newest in order, and every record is stored once or counted as lost", () => {
  const move = fc.oneof(
    fc.record({ push: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ peek: fc.integer({ min: 1, max: 10 }) }),
    fc.constantFrom({ done: true }, { lose: true }),
  );
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), fc.integer({ min: 1, max: 50 }), (moves, most) => {
      const queue = new LogQueue(most);
      let pushed = 0;
      let stored = 0;
      let lost = 0;
      let batch: ReadonlyArray<LogRecord> = [];
      for (const step of moves) {
        if ("push" in step) for (let n = 0; n < step.push; n++) queue.push(record(pushed++));
        if ("peek" in step) {
          batch = queue.peek(step.peek);
          expect(batch.map(({ time }) => time)).toEqual(Array.from(batch, (_, n) => pushed - queue.size + n));
        }
        if ("done" in step) {
          const before = queue.size;
          queue.done(batch);
          stored += before - queue.size;
          batch = [];
        }
        if ("lose" in step) {
          queue.lose(batch);
          batch = [];
        }
        lost += queue.takeLost();
        expect(queue.size).toBeLessThanOrEqual(most);
        expect(stored + lost + queue.size).toBe(pushed);
      }
    }),
  );
});

test("stays small however much goes through it", () => {
  const queue = new LogQueue(10_000);
  for (let n = 0; n < 100_000; n++) {
    queue.push(record(n));
    if (n % 100 === 99) queue.done(queue.peek(100));
  }
  expect(queue.size).toBe(0);
  expect(queue.takeLost()).toBe(0);
});
