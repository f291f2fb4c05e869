// Under which lease an effect begins, and whether it still has it in the middle of what it does.
import { Context, Deferred, Effect } from "effect";
import { TestClock } from "effect/testing";
import { expect, test } from "vitest";
import { fromPromise, setup } from "xstate";
import type { Command } from "./commands.ts";
import { defineActor } from "./define.ts";
import { EffectRunner } from "./effects.ts";
import { cellOf, type OpenEffect } from "./store.ts";

const asked = fromPromise<boolean, object>(() => Promise.reject(new Error("only the host runs it")));
const machine = setup({ actors: { pay: asked } }).createMachine({ invoke: { id: "pay", src: "pay", input: {} } });
const effect: OpenEffect = { invokeId: "pay", name: "pay", seq: 0, input: {}, review: false, startedAt: 0 };

/** A run that waits in its middle, and answers whether it may act then. */
const payer = () => {
  const lease = { ms: 3000, tenure: 1 };
  const begun = Promise.withResolvers<void>();
  const goOn = Deferred.makeUnsafe<void>();
  const outcome = Promise.withResolvers<unknown>();
  const definition = defineActor<typeof machine>({
    kind: "payer",
    version: 1,
    machine,
    effects: {
      pay: {
        recovery: "park",
        run: ({ isLeased }) =>
          Effect.gen(function* () {
            expect(isLeased()).toBe(true);
            begun.resolve();
            yield* Deferred.await(goOn);
            return isLeased();
          }),
      },
    },
    owner: () => "owner",
  });
  const dispatch = (command: Command): void => {
    if (command.type === "outcome") outcome.resolve((command.event as unknown as { readonly output: unknown }).output);
  };
  const leases = { leaseMs: () => lease.ms, tenure: () => lease.tenure };
  const runner = new EffectRunner<never>([definition as never], {}, Context.empty(), leases, dispatch);
  runner.start("payer/a", "payer", effect, false);
  const mayAct = (): Promise<unknown> => {
    Deferred.doneUnsafe(goOn, Effect.void);
    return outcome.promise;
  };
  return { lease, begun: begun.promise, mayAct, runner };
};

test("a run that has had its lease all the time may act", async () => {
  const { begun, mayAct } = payer();
  await begun;
  expect(await mayAct()).toBe(true);
});

test.each([
  ["about to end", { ms: 499 }],
  ["over", { ms: -4000, tenure: -1 }],
  ["of a later time, after which another process may have acted", { ms: 3000, tenure: 2 }],
])("a run whose lease is %s lets it be", async (_what, now) => {
  const { lease, begun, mayAct } = payer();
  await begun;
  Object.assign(lease, now);
  expect(await mayAct()).toBe(false);
});

/** Runs that never end: who of them has begun and not been stopped. */
const sleepers = Effect.map(Effect.context<never>(), (services) => {
  const awake = new Set<string>();
  const definition = defineActor<typeof machine>({
    kind: "sleeper",
    version: 1,
    machine,
    effects: {
      pay: {
        recovery: "resend",
        run: ({ key }) =>
          Effect.andThen(
            Effect.sync(() => void awake.add(key)),
            Effect.onInterrupt(Effect.never, () => Effect.sync(() => void awake.delete(key))),
          ),
      },
    },
    owner: () => "owner",
  });
  const leases = { leaseMs: () => 3000, tenure: () => 1 };
  return { awake, runner: new EffectRunner<never>([definition as never], {}, services, leases, () => {}) };
});

test("of many recovered runs a few begin at a time, and one that is stopped before its turn never does", () =>
  Effect.gen(function* () {
    const { awake, runner } = yield* sleepers;
    for (let number = 0; number < 350; number++) runner.start(`sleeper/${number}`, "sleeper", effect, true);
    runner.start("sleeper/new", "sleeper", effect, false);
    expect(runner.running).toBe(351);
    expect(awake.has("sleeper/new/pay/0")).toBe(true);
    runner.stop("sleeper/349", effect);
    const begun: Array<number> = [];
    for (const later of [0, 99, 1, 100, 100, 100]) {
      yield* TestClock.adjust(later);
      begun.push(awake.size - 1);
    }
    expect(begun).toEqual([100, 100, 200, 300, 349, 349]);
    expect(awake.has("sleeper/349/pay/0")).toBe(false);
    runner.stopCells(new Set([cellOf("sleeper/3")]));
    yield* TestClock.adjust(0);
    expect(awake.has("sleeper/3/pay/0")).toBe(false);
    yield* runner.stopAll;
    expect(awake.size).toBe(0);
    expect(runner.running).toBe(0);
  }).pipe(Effect.provide(TestClock.layer()), Effect.runPromise));

test("exactly those effects of an actor run that are to, and those of others stay", () =>
  Effect.gen(function* () {
    const { awake, runner } = yield* sleepers;
    const later = { ...effect, seq: 4 };
    runner.start("sleeper/a", "sleeper", effect, false);
    runner.start("sleeper/a", "sleeper", effect, false);
    runner.start("sleeper/a", "sleeper", { ...effect, seq: 2 }, false);
    runner.start("sleeper/a/b", "sleeper", effect, false);
    expect(runner.running).toBe(3);
    runner.sync("sleeper/a", "sleeper", [{ ...effect, seq: 2 }, later]);
    yield* TestClock.adjust(100);
    expect([...awake].toSorted()).toEqual(["sleeper/a/b/pay/0", "sleeper/a/pay/2", "sleeper/a/pay/4"]);
    runner.sync("sleeper/a", "sleeper", []);
    yield* TestClock.adjust(100);
    expect([...awake]).toEqual(["sleeper/a/b/pay/0"]);
    yield* runner.stopAll;
  }).pipe(Effect.provide(TestClock.layer()), Effect.runPromise));
