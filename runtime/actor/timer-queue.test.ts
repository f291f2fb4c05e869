import fc from "fast-check";
import { expect, test } from "vitest";
import { type QueuedTimer, TimerQueue } from "./timer-queue.ts";

const timer = fc.record({
  address: fc.constantFrom("a/1", "a/2", "b/1"),
  timerId: fc.constantFrom("x", "y"),
  dueAt: fc.integer({ min: 0, max: 50 }),
});

test("takes exactly the timers that are due, were added and not cancelled, soonest first, each once", () => {
  const command = fc.oneof(
    fc.record({ do: fc.constant("add" as const), timer }),
    fc.record({ do: fc.constant("cancel" as const), timer }),
    fc.record({ do: fc.constant("take" as const), now: fc.integer({ min: 0, max: 60 }) }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
      const queue = new TimerQueue();
      const model = new Map<string, QueuedTimer>();
      for (const step of commands) {
        if (step.do === "add") {
          queue.add(step.timer);
          model.set(JSON.stringify(step.timer), step.timer);
        } else if (step.do === "cancel") {
          queue.cancel(step.timer);
          model.delete(JSON.stringify(step.timer));
        } else {
          const taken = queue.take(step.now);
          const expected = [...model.entries()].filter(([, { dueAt }]) => dueAt <= step.now);
          expect(taken.map((item) => JSON.stringify(item)).sort()).toEqual(expected.map(([key]) => key).sort());
          expect(taken.map(({ dueAt }) => dueAt)).toEqual(taken.map(({ dueAt }) => dueAt).sort((a, b) => a - b));
          for (const [key] of expected) model.delete(key);
        }
        expect(queue.size).toBe(model.size);
        expect(queue.nextDueAt()).toBe(model.size === 0 ? undefined : Math.min(...[...model.values()].map(({ dueAt }) => dueAt)));
      }
    }),
    { numRuns: 500 },
  );
});
