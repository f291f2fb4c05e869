import fc from "fast-check";
import { expect, test } from "vitest";
import { World } from "./world.ts";

const action = fc.oneof(
  { weight: 30, arbitrary: fc.record({ do: fc.constant("ticks" as const), n: fc.integer({ min: 1, max: 25 }) }) },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant("command" as const),
      actor: fc.integer({ min: 0, max: 4 }),
      event: fc.constantFrom("START", "BUMP", "BUMP", "CANCEL", "BREAK"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("crash" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("takeOver" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 30_000 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("clockBack" as const), ms: fc.integer({ min: 1, max: 5000 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("storeFails" as const), on: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("passivate" as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("resume" as const), actor: fc.integer({ min: 0, max: 4 }) }) },
);

const choices = fc.array(fc.nat(1000), { minLength: 20, maxLength: 300 });

const run = (
  script: ReadonlyArray<typeof action extends fc.Arbitrary<infer T> ? T : never>,
  numbers: ReadonlyArray<number>,
  fresh: boolean,
): World => {
  let next = 0;
  const world = new World((below) => (below <= 1 ? 0 : numbers[next++ % numbers.length]! % below));
  for (let actor = 0; actor < 5; actor++) world.command(`sim/a${actor}`, "CREATE", `create-${actor}`);
  script.forEach((step, index) => {
    switch (step.do) {
      case "ticks":
        for (let n = 0; n < step.n; n++) world.tick();
        return;
      case "command":
        return world.command(`sim/a${step.actor}`, step.event, `${step.event}-${index}`);
      case "crash":
        return world.crash();
      case "takeOver":
        return world.boot();
      case "wait":
        world.now += step.ms;
        return;
      case "clockBack":
        world.now -= step.ms;
        return;
      case "storeFails":
        world.storeFails = step.on;
        return;
      case "resume":
        return world.resume(`sim/a${step.actor}`);
      case "passivate":
        world.now += 61_000;
        return world.passivate();
    }
  });
  world.settle(fresh);
  return world;
};

test("whatever crashes, is taken over, fails or is late: nothing is lost, doubled, early or out of order", () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 5, maxLength: 60 }), choices, fc.boolean(), (script, numbers, fresh) => {
      expect(run(script, numbers, fresh).check()).toEqual([]);
    }),
    { numRuns: 400 },
  );
});

test("the check is a real one: a store without fence lets an old owner write", () => {
  const unfenced = (script: Parameters<typeof run>[0], numbers: ReadonlyArray<number>) => {
    let next = 0;
    const world = new World((below) => (below <= 1 ? 0 : numbers[next++ % numbers.length]! % below));
    const { disk } = world;
    const commit = disk.commit.bind(disk);
    disk.commit = (batch) => commit({ ...batch, fence: new Map([...batch.fence.keys()].map((cell) => [cell, disk.epochs.get(cell)!])) });
    world.command("sim/a0", "CREATE", "create-0");
    for (const step of script) {
      if (step.do === "ticks") for (let n = 0; n < step.n; n++) world.tick();
      if (step.do === "command") world.command("sim/a0", "BUMP", `BUMP-${next++}`);
      if (step.do === "takeOver") world.boot();
    }
    world.settle(true);
    return world.check();
  };
  expect(() =>
    fc.assert(
      fc.property(fc.array(action, { minLength: 20, maxLength: 80 }), choices, (script, numbers) => {
        expect(unfenced(script, numbers)).toEqual([]);
      }),
      { numRuns: 400, endOnFailure: true },
    ),
  ).toThrow("Property failed");
});
