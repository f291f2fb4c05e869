// Alarms on a clock that the test owns.
import { Clock, Effect, Layer, ManagedRuntime, References } from "effect";
import { TestClock } from "effect/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Alarms } from "./alarms.ts";

const start = async () => {
  const runtime = ManagedRuntime.make(
    Layer.merge(TestClock.layer({ warningDelay: "1 hour" }), Layer.succeed(References.MinimumLogLevel, "None")),
  );
  const services = await runtime.runPromise(Effect.context<never>());
  const alarms = new Alarms(await runtime.runPromise(Clock.Clock), Effect.runForkWith(services));
  return { alarms, advance: (ms: number) => runtime.runPromise(TestClock.adjust(ms)), dispose: () => runtime.dispose() };
};

test("alarms ring once, never early, within two ticks of 8 ms, unless they are stopped", async () => {
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
        if (!stopped) expect(at[0]! - after).toBeLessThanOrEqual(16);
      }
      await dispose();
    }),
    { numRuns: 60 },
  );
});

test("one that throws does not silence the others", async () => {
  const { alarms, advance, dispose } = await start();
  const rung: Array<string> = [];
  alarms.set(10, () => rung.push("before"));
  alarms.set(10, () => {
    throw new Error("fault of an alarm");
  });
  alarms.set(10, () => rung.push("beside"));
  alarms.set(100, () => rung.push("later"));
  await advance(20);
  await advance(100);
  expect(rung).toEqual(["before", "beside", "later"]);
  await dispose();
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
