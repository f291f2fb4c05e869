import fc from "fast-check";
import { expect, test } from "vitest";
import { type QueuedTimer, TimerQueue } from "./timer-queue.ts";

const timer = fc.record({
  address: fc.constantFrom("a/1", "a/2", "b/1"),
  timerId: fc.constantFrom("x", "y"),
  dueAt: fc.integer({ min: 0, max: 50 }),
  comesAt: fc.integer({ min: 0, max: 50 }),
});
const idOf = ({ address, timerId, dueAt }: QueuedTimer): string => JSON.stringify([address, timerId, dueAt]);

test("takes exactly the timers that come until then, were added and not cancelled, soonest first, each once and when it was to come first", () => {
  const command = fc.oneof(
    fc.record({ do: fc.constant("add" as const), timer }),
    fc.record({ do: fc.constant("cancel" as const), timer }),
    fc.record({ do: fc.constant("putOff" as const), ms: fc.integer({ min: 1, max: 30 }) }),
    fc.record({ do: fc.constant("take" as const), now: fc.integer({ min: 0, max: 60 }) }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
      const queue = new TimerQueue();
      const model = new Map<string, QueuedTimer>();
      for (const step of commands) {
        if (step.do === "add") {
          queue.add(step.timer);
          const before = model.get(idOf(step.timer));
          if (before === undefined || step.timer.comesAt < before.comesAt) model.set(idOf(step.timer), step.timer);
        } else if (step.do === "putOff") {
          queue.putOff(step.ms);
          for (const [key, each] of model) {
            const { comesAt, dueAt } = each;
            if (comesAt < dueAt) model.set(key, { ...each, comesAt: Math.min(comesAt + step.ms, dueAt) });
          }
        } else if (step.do === "cancel") {
          queue.cancel(step.timer);
          model.delete(idOf(step.timer));
        } else {
          const taken = queue.take(step.now);
          const expected = [...model.entries()].filter(([, { comesAt }]) => comesAt <= step.now);
          expect(taken.map(idOf).sort()).toEqual(expected.map(([key]) => key).sort());
          expect(taken.map(({ comesAt }) => comesAt)).toEqual(expected.map(([, { comesAt }]) => comesAt).sort((a, b) => a - b));
          for (const [key] of expected) model.delete(key);
        }
        expect(queue.size).toBe(model.size);
        expect(queue.nextAt()).toBe(model.size === 0 ? undefined : Math.min(...[...model.values()].map(({ comesAt }) => comesAt)));
      }
    }),
    { numRuns: 500 },
  );
});
