// Under which lease an effect begins, and whether it still has it in the middle of what it does.
import { Context, Deferred, Effect } from "effect";
import { TestClock } from "effect/testing";
import { expect, test } from "vitest";
import { fromPromise, setup } from "xstate";
import { CallError, type ErrorCode } from "#protocol/wire/errors.ts";
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

/** An effect that is to be told of absences, and what its actor hears of them; `refusals`: so many times it cannot be written. */
const hearer = Effect.map(Effect.context<never>(), (services) => {
  const heard: Array<string> = [];
  const state: { refusals: number; code: ErrorCode } = { refusals: 0, code: "unavailable" };
  const definition = defineActor<typeof machine>({
    kind: "hearer",
    version: 1,
    machine,
    effects: {
      pay: {
        recovery: "resend",
        recovered: (_, now) => (now < 1_000_000 ? { type: "back" } : null),
        run: () =>
          Effect.andThen(
            Effect.sync(() => void heard.push("begun")),
            Effect.never,
          ),
      },
    },
    owner: () => "owner",
  });
  const dispatch = (command: Command): void => {
    if (command.type !== "progress") return;
    const isRefused = state.refusals > 0;
    if (isRefused) state.refusals--;
    heard.push(`${command.address} ${command.event.type}${isRefused ? " refused" : ""}`);
    command.reply(isRefused ? new CallError(state.code, "Not now.") : null);
  };
  const leases = { leaseMs: () => 3000, tenure: () => 1 };
  return { heard, state, runner: new EffectRunner<never>([definition as never], {}, services, leases, dispatch) };
});

test("an actor hears at once that its effect is taken up again, until that is written, and only then is its turn", () =>
  Effect.gen(function* () {
    const { heard, state, runner } = yield* hearer;
    runner.start("hearer/new", "hearer", effect, false);
    expect(heard.splice(0)).toEqual(["begun"]);
    state.refusals = 1;
    runner.start("hearer/old", "hearer", effect, true);
    expect(heard.splice(0)).toEqual(["hearer/old back refused"]);
    yield* TestClock.adjust(500);
    expect(heard.splice(0)).toEqual(["hearer/old back", "begun"]);
    // All turns are taken: it is told all the same.
    for (let number = 0; number < 100; number++) runner.start(`hearer/${number}`, "hearer", effect, true);
    runner.start("hearer/last", "hearer", effect, true);
    expect(heard.splice(0).at(-1)).toBe("hearer/last back");
    // Nothing is news any more to whoever says so.
    yield* TestClock.adjust(1_000_000);
    heard.length = 0;
    runner.start("hearer/later", "hearer", effect, true);
    yield* TestClock.adjust(0);
    expect(heard).toEqual(["begun"]);
    yield* runner.stopAll;
  }).pipe(Effect.provide(TestClock.layer()), Effect.runPromise));

test("an actor that does not take it is told five times, and its effect goes on all the same; what passes is waited out", () =>
  Effect.gen(function* () {
    const { heard, state, runner } = yield* hearer;
    Object.assign(state, { refusals: 20, code: "internal" });
    runner.start("hearer/broken", "hearer", effect, true);
    yield* TestClock.adjust(10_000);
    expect(heard.splice(0)).toEqual([...Array.from({ length: 5 }, () => "hearer/broken back refused"), "begun"]);
    Object.assign(state, { refusals: 20, code: "storage_full" });
    runner.start("hearer/full", "hearer", effect, true);
    yield* TestClock.adjust(9500);
    expect(heard.splice(0)).toEqual(Array.from({ length: 20 }, () => "hearer/full back refused"));
    yield* TestClock.adjust(500);
    expect(heard).toEqual(["hearer/full back", "begun"]);
    yield* runner.stopAll;
  }).pipe(Effect.provide(TestClock.layer()), Effect.runPromise));

test("where the process stood still all hear of it whose effects run, and these go on", () =>
  Effect.gen(function* () {
    const { heard, state, runner } = yield* hearer;
    for (const name of ["a", "b"]) runner.start(`hearer/${name}`, "hearer", effect, false);
    heard.length = 0;
    state.refusals = 2;
    runner.stoodStill();
    expect(heard.splice(0)).toEqual(["hearer/a back refused", "hearer/b back refused"]);
    runner.stop("hearer/b", effect);
    yield* TestClock.adjust(500);
    // One whose effect is over is told once more at most.
    state.refusals = 100;
    yield* TestClock.adjust(5000);
    expect(heard.filter((each) => each.startsWith("hearer/a"))).toEqual(["hearer/a back"]);
    expect(heard.length).toBeLessThanOrEqual(2);
    expect(runner.running).toBe(1);
    yield* runner.stopAll;
  }).pipe(Effect.provide(TestClock.layer()), Effect.runPromise));

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
