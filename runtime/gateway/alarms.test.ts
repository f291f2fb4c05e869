// Alarms on a clock that the test owns.
import { Clock, Effect, ManagedRuntime } from "effect";
import { TestClock } from "effect/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Alarms } from "./alarms.ts";

const start = async () => {
  const runtime = ManagedRuntime.make(TestClock.layer({ warningDelay: "1 hour" }));
  const services = await runtime.runPromise(Effect.context<never>());
  const alarms = new Alarms(await runtime.runPromise(Clock.Clock), Effect.runForkWith(services));
  return { alarms, advance: (ms: number) => runtime.runPromise(TestClock.adjust(ms)), dispose: () => runtime.dispose() };
};

test("alarms ring once, never early, at most 8 ms late, unless they are stopped", async () => {
  const wanted = fc.array(fc.record({ after: fc.nat({ max: 500 }), stopped: fc.boolean() }), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(wanted, async (list) => {
      const { alarms, advance, dispose } = await start();
      const rung = new Map<number, Array<number>>();
      const set = list.map(({ after }, index) => alarms.set(after, () => rung.set(index, [...(rung.get(index) ?? []), alarms.now()])));
      for (const [index, { stopped }] of list.entries()) if (stopped) set[index]!.stop();
      for (let step = 0; step < 130; step++) await advance(4);
      for (const [index, { after, stopped }] of list.entries()) {
        const at = rung.get(index) ?? [];
        expect(at).toHaveLength(stopped ? 0 : 1);
        if (!stopped) expect(at[0]! - after).toBeGreaterThanOrEqual(0);
        if (!stopped) expect(at[0]! - after).toBeLessThanOrEqual(8 + 4);
      }
      await dispose();
    }),
    { numRuns: 20 },
  );
});

test("an alarm set by a ringing one rings too, and none after the end", async () => {
  const { alarms, advance, dispose } = await start();
  const rung: Array<string> = [];
  alarms.set(100, () => {
    rung.push("first");
    alarms.set(50, () => rung.push("second"));
    alarms.set(0, () => rung.push("soon"));
  });
  await advance(110);
  await advance(60);
  expect(rung).toEqual(["first", "soon", "second"]);
  alarms.set(10, () => rung.push("late"));
  alarms.stop();
  alarms.set(10, () => rung.push("later"));
  await advance(1000);
  expect(rung).toHaveLength(3);
  await dispose();
});
