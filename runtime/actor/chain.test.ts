import fc from "fast-check";
import { expect, test } from "vitest";
import { assign, cancel, fromPromise, raise, setup } from "xstate";
import { makeStepper, type MachineSnapshot } from "./step.ts";

type Type = "A" | "B" | "C" | "D" | "E" | "F" | "G";
const note = (word: string) => ({ type: "note", params: { word } }) as const;

/** `others`: events that its root listens to besides. */
const machineWith = (others: object) =>
  setup({
    types: {
      context: {} as { n: number; log: ReadonlyArray<string> },
      input: {} as { n: number; at: number },
      events: {} as { type: Type; by: number },
    },
    actors: { work: fromPromise<string, { n: number }>(() => new Promise(() => {})) },
    guards: {
      big: ({ context }) => context.n > 4,
      odd: ({ context }, { of }: { readonly of: number }) => (context.n + of) % 2 === 1,
    },
    actions: {
      note: assign(({ context }, { word }: { readonly word: string }) => ({ log: [...context.log, `${word} ${context.n}`].slice(-12) })),
      add: assign({ n: ({ context, event }) => (context.n + ((event as { readonly by?: number }).by ?? 0)) % 9 }),
    },
    delays: { soon: ({ context }) => 1000 + context.n, fixed: 5000 },
  }).createMachine({
    id: "m",
    context: ({ input }) => ({ n: input.n, log: [] }),
    initial: "first",
    entry: note("root in"),
    exit: note("root out"),
    on: { G: { target: ".two", actions: note("G") }, F: { actions: ["add", note("F")] }, ...others } as object,
    states: {
      first: {
        always: [
          { guard: "big", target: "two" },
          { guard: { type: "odd", params: { of: 1 } }, target: "one" },
        ],
        on: { A: "one" },
      },
      one: {
        tags: ["busy"],
        entry: [note("one in"), "add"],
        exit: note("one out"),
        invoke: { id: "work", src: "work", input: ({ context }) => ({ n: context.n }), onDone: "two", onError: { target: "first" } },
        after: { soon: "two", fixed: { guard: "big", target: "last" } },
        on: {
          A: [
            { guard: "big", target: "two.deep" },
            { target: "one", actions: "add" },
          ],
          B: { target: "one", reenter: true, actions: note("again") },
          C: "last",
          D: {},
          E: { target: "first", actions: assign({ n: 5 }) },
        },
      },
      two: {
        initial: { target: "x", actions: note("begin") },
        entry: note("two in"),
        exit: [note("two out"), cancel("mine")],
        on: { A: ".y", B: { target: "two" }, C: { target: "two", reenter: true }, E: "#deepest", D: "one" },
        states: {
          x: {
            entry: [note("x in"), raise({ type: "A", by: 1 }, { delay: ({ context }) => context.n * 10, id: "mine" })],
            exit: note("x out"),
            on: { B: { guard: ({ context }) => context.n > 2, target: "y" }, F: { target: "x", reenter: true } },
          },
          y: {
            entry: [note("y in"), "add"],
            invoke: { id: "other", src: "work", input: ({ event, context }) => ({ n: context.n, of: event.type }) as never },
            on: { A: "deep" },
          },
          deep: {
            initial: "under",
            exit: note("deep out"),
            after: { 700: "x" },
            states: {
              under: { entry: note("under in"), on: { A: "deepest", B: "#m.last", F: { actions: raise({ type: "C", by: 2 }) } } },
              deepest: {
                id: "deepest",
                always: { guard: "big", target: "#m.first", actions: assign({ n: 1 }) },
                on: { C: "#m.two.y", D: "over" },
              },
              over: { type: "final", entry: note("over in") },
            },
            onDone: { target: "#m.one", actions: note("done") },
          },
        },
      },
      last: { type: "final", entry: note("last in"), exit: note("last out") },
    },
  });

const events = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ type: fc.constantFrom("A", "B", "C", "D", "E", "F", "G"), by: fc.integer({ min: 0, max: 5 }) }) },
    fc.constantFrom(
      { type: "xstate.done.actor.work", output: "ok" },
      { type: "xstate.error.actor.work", error: "no" },
      { type: "xstate.after.soon.m.one" },
      { type: "xstate.after.fixed.m.one" },
      { type: "xstate.after.700.m.two.deep" },
      { type: "nobody.listens" },
    ),
  ),
  { maxLength: 40 },
);

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test("steps lead where XState goes by itself, and order the same in the same order", () => {
  const stepper = makeStepper(machineWith({}));
  // A wildcard is XState's affair, and with it all steps of the machine.
  const reference = makeStepper(machineWith({ "nobody.sends.*": {} }));
  const seen = (step: ReturnType<typeof stepper.initial>) => {
    const { value, context, status, output, tags } = step.snapshot as MachineSnapshot & { readonly tags: ReadonlySet<string> };
    const { spawned, delayed, cancelled } = step;
    return { value, context, status, output, tags: [...tags], spawned, delayed, cancelled, invokes: stepper.invokes(step.snapshot) };
  };
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9 }), events, fc.integer({ min: 0, max: 40 }), (n, sequence, restored) => {
      let [ours, theirs] = [stepper.initial({ n, at: 0 }), reference.initial({ n, at: 0 })];
      expect(seen(ours)).toEqual(seen(theirs));
      for (const [index, event] of sequence.entries()) {
        if (ours.snapshot.status !== "active") break;
        const before = json(stepper.store(ours.snapshot));
        const from = index === restored ? stepper.restore(before as never) : ours.snapshot;
        [ours, theirs] = [stepper.next(from, event), reference.next(theirs.snapshot, event)];
        expect(seen(ours)).toEqual(seen(theirs));
        // What it was given stays as it was.
        expect(json(stepper.store(from))).toEqual(before);
      }
    }),
    { numRuns: 1000 },
  );
});
