import fc from "fast-check";
import { expect, test } from "vitest";
import { assign, createActor, fromPromise, raise, setup } from "xstate";
import { makeStepper, type MachineSnapshot } from "./step.ts";

/** Every feature that actors use: parallel and nested states, history, guards, raise, delays, invokes, final states. */
const machine = setup({
  types: {
    context: {} as { n: number; log: ReadonlyArray<string> },
    input: {} as { start: number },
    events: {} as { type: "A" | "B" | "C" | "D" | "E"; by?: number },
  },
  actors: { work: fromPromise<string, { n: number }>(() => new Promise(() => {})) },
  guards: { big: ({ context }) => context.n > 3 },
  delays: { soon: 1_000_000 },
}).createMachine({
  id: "all",
  context: ({ input }) => ({ n: input.start, log: [] }),
  initial: "idle",
  on: { E: { actions: assign({ log: ({ context }) => [...context.log, "E"] }) } },
  states: {
    idle: {
      on: {
        A: "busy",
        B: [{ guard: "big", target: "both" }, { actions: assign({ n: ({ context, event }) => context.n + (event.by ?? 1) }) }],
      },
    },
    busy: {
      entry: assign({ n: ({ context }) => context.n + 1 }),
      invoke: { id: "work", src: "work", input: ({ context }) => ({ n: context.n }), onDone: "both", onError: "idle" },
      after: { soon: "idle" },
      initial: "one",
      states: { one: { on: { C: "two" } }, two: { on: { D: "one" } }, memory: { type: "history" } },
      on: { B: { actions: raise({ type: "A" }) }, A: { target: "busy", reenter: true } },
    },
    both: {
      type: "parallel",
      states: {
        left: { initial: "x", states: { x: { on: { A: "y" } }, y: { type: "final" } } },
        right: { initial: "x", states: { x: { on: { C: "y" }, after: { 2_000_000: "y" } }, y: { type: "final" } } },
      },
      onDone: "end",
      on: { D: "busy.memory" },
    },
    end: { type: "final" },
  },
});

const events = fc.array(
  fc.oneof(
    fc.record({ type: fc.constantFrom("A", "B", "C", "D", "E"), by: fc.integer({ min: 0, max: 3 }) }),
    fc.constant({ type: "xstate.done.actor.work", output: "ok" }),
    fc.constant({ type: "xstate.after.soon.all.busy" }),
  ),
  { maxLength: 30 },
);

const json = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

test("pure steps lead where a real actor goes, also when the snapshot is stored and restored between all steps", () => {
  const stepper = makeStepper(machine);
  fc.assert(
    fc.property(events, fc.boolean(), (sequence, restoring) => {
      const actor = createActor(machine, { input: { start: 1 } }).start();
      let snapshot: MachineSnapshot = stepper.initial({ start: 1 }).snapshot;
      for (const event of sequence) {
        if (actor.getSnapshot().status !== "active") break;
        actor.send(event as never);
        if (restoring) snapshot = stepper.restore(json(stepper.store(snapshot)));
        snapshot = stepper.next(snapshot, event).snapshot;
        const real = actor.getSnapshot();
        expect(snapshot.value).toEqual(real.value);
        expect(snapshot.context).toEqual(real.context);
        expect(snapshot.status).toBe(real.status);
        expect(stepper.invokes(snapshot)).toEqual(real.status === "active" && real.matches("busy") ? ["work"] : []);
      }
      actor.stop();
    }),
    { numRuns: 300 },
  );
});

test("entering a state orders its effect and timer, leaving it cancels the timer", () => {
  const stepper = makeStepper(machine);
  const busy = stepper.next(stepper.initial({ start: 1 }).snapshot, { type: "A" });
  expect(busy.spawned).toEqual([{ id: "work", name: "work", input: { n: 2 } }]);
  expect(busy.delayed).toEqual([{ id: "xstate.after.soon.all.busy", delay: 1_000_000, event: { type: "xstate.after.soon.all.busy" } }]);
  const idle = stepper.next(busy.snapshot, { type: "xstate.error.actor.work", error: { kind: "x" } } as { type: string });
  expect(idle.snapshot.value).toBe("idle");
  expect(idle.cancelled).toEqual(["xstate.after.soon.all.busy"]);
});

test("re-entering a state orders its effect and timer anew", () => {
  const stepper = makeStepper(machine);
  const busy = stepper.next(stepper.initial({ start: 1 }).snapshot, { type: "A" });
  const again = stepper.next(busy.snapshot, { type: "A" });
  expect(again.spawned).toHaveLength(1);
  expect(again.cancelled).toHaveLength(1);
  expect(again.delayed).toHaveLength(1);
});

test("a state that is entered twice within a step orders its effect once, with the input of the last time", () => {
  const twice = setup({
    types: { context: {} as { n: number }, events: {} as { type: "GO" | "AGAIN" } },
    actors: { work: fromPromise<string, { n: number; from: string }>(() => new Promise(() => {})) },
  }).createMachine({
    context: { n: 0 },
    initial: "idle",
    states: {
      idle: { on: { GO: "busy" } },
      busy: {
        entry: [assign({ n: ({ context }) => context.n + 1 }), raise({ type: "AGAIN" })],
        invoke: { id: "work", src: "work", input: ({ context, event }) => ({ n: context.n, from: event.type }) },
        on: { AGAIN: [{ guard: ({ context }) => context.n < 2, target: "busy", reenter: true }] },
      },
    },
  });
  const stepper = makeStepper(twice);
  const { spawned } = stepper.next(stepper.initial(undefined).snapshot, { type: "GO" });
  expect(spawned).toEqual([{ id: "work", name: "work", input: { n: 2, from: "AGAIN" } }]);
});

test("an input that throws throws", () => {
  const throwing = setup({ actors: { work: fromPromise<string, string>(() => new Promise(() => {})) } }).createMachine({
    initial: "busy",
    states: {
      busy: {
        invoke: {
          src: "work",
          input: () => {
            throw new Error("no input");
          },
        },
      },
    },
  });
  expect(() => makeStepper(throwing).initial(undefined)).toThrow("no input");
});

test("a throwing guard throws and leaves the snapshot usable", () => {
  const throwing = setup({ types: { context: {} as { ok: boolean }, events: {} as { type: "GO" | "FIX" } } }).createMachine({
    context: { ok: false },
    initial: "a",
    states: {
      a: {
        on: {
          GO: {
            guard: ({ context }) => {
              if (!context.ok) throw new Error("no");
              return true;
            },
            target: "b",
          },
          FIX: { actions: assign({ ok: true }) },
        },
      },
      b: {},
    },
  });
  const stepper = makeStepper(throwing);
  const { snapshot } = stepper.initial(undefined);
  expect(() => stepper.next(snapshot, { type: "GO" })).toThrow("no");
  const fixed = stepper.next(snapshot, { type: "FIX" });
  expect(stepper.next(fixed.snapshot, { type: "GO" }).snapshot.value).toBe("b");
});

test("an action that the host cannot run is refused by name", () => {
  const custom = setup({ actions: { shout: () => {} } }).createMachine({ id: "custom", on: { GO: { actions: "shout" } } });
  const stepper = makeStepper(custom);
  expect(() => stepper.next(stepper.initial(undefined).snapshot, { type: "GO" })).toThrow('uses the action "shout"');
});
