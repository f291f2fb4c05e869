import fc from "fast-check";
import { expect, test } from "vitest";
import { nextPhase, type Phase, type PhaseEvent } from "./phase.ts";

const event: fc.Arbitrary<PhaseEvent> = fc.oneof(
  fc.record({ type: fc.constant("welcomed" as const), renews: fc.boolean() }),
  fc.constantFrom<PhaseEvent>({ type: "authenticated" }, { type: "retry" }, { type: "stop" }),
  fc.record({
    type: fc.constant("closed" as const),
    code: fc.constantFrom(1000, 1006, 4000, 4004, 4100, 4103, 4199, 4200),
    reason: fc.constant("why"),
    now: fc.constant(1000),
    atLeast: fc.constant(0),
    random: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
);

test("whatever happens, waits are short, terminal ends stay, and a try is always under way or planned", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      let phase: Phase = { name: "connecting", attempt: 0 };
      for (const event of events) {
        const before: Phase = phase;
        phase = nextPhase(phase, event);
        if (phase.name === "waiting" && phase !== before) {
          expect(phase.until - 1000).toBeGreaterThanOrEqual(100);
          expect(phase.until - 1000).toBeLessThanOrEqual(10_000);
        }
        if (before.name === "stopped" && event.type !== "retry" && event.type !== "stop") expect(phase).toBe(before);
        if (event.type === "closed" && event.code >= 4100 && event.code <= 4199 && phase !== before)
          expect(phase).toMatchObject({ name: "stopped", code: event.code, reason: "why" });
      }
    }),
  );
});

test("the wait grows with failed tries and starts anew after a connection that was ready", () => {
  const lose = (phase: Phase) => nextPhase(phase, { type: "closed", code: 1006, reason: "", now: 0, random: 1, atLeast: 0 });
  const waits: Array<number> = [];
  let phase: Phase = { name: "connecting", attempt: 0 };
  for (let n = 0; n < 8; n++) {
    phase = lose(phase);
    if (phase.name === "waiting") waits.push(phase.until);
    phase = nextPhase(phase, { type: "retry" });
  }
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
  expect(lose({ name: "ready" })).toEqual({ name: "waiting", attempt: 0, until: 250 });
});
