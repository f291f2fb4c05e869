// What the tests of drawn machines share: machines of any form, made by XState itself.
import fc from "fast-check";
import { createMachine } from "xstate";
import { graphOf, type MachineGraph } from "./graph.ts";

interface Wish {
  readonly from: number;
  readonly to: number;
  readonly kind: "event" | "done" | "error" | "after" | "always";
  readonly guarded: boolean;
}

const wish = (count: number): fc.Arbitrary<Wish> =>
  fc.record({
    from: fc.nat(count - 1),
    to: fc.nat(count - 1),
    kind: fc.constantFrom("event", "done", "error", "after", "always"),
    guarded: fc.boolean(),
  });

const stateOf = (wishes: ReadonlyArray<Wish>, index: number, parts: number, isFinal: boolean): object => {
  if (isFinal) {
    return { type: "final" };
  }
  const of = (kind: Wish["kind"]) =>
    wishes
      .filter((each) => each.from === index && each.kind === kind)
      .map(({ to, guarded }) => (guarded ? { target: `#m.s${to}`, guard: `may${to}` } : { target: `#m.s${to}` }));
  return {
    on: { go: of("event") },
    always: of("always"),
    after: { soon: of("after") },
    invoke: { id: `work${index}`, src: "work", onDone: of("done"), onError: of("error") },
    ...(parts === 0
      ? {}
      : { initial: "part0", states: Object.fromEntries(Array.from({ length: parts }, (_, part) => [`part${part}`, {}])) }),
  };
};

/** Graphs of machines with 1 to 12 states, some of them final, some with parts, and up to 40 transitions between any of them. */
export const anyGraph: fc.Arbitrary<MachineGraph> = fc
  .integer({ min: 1, max: 12 })
  .chain((count) =>
    fc.record({
      wishes: fc.array(wish(count), { maxLength: 40 }),
      parts: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: count, maxLength: count }),
      finals: fc.array(fc.boolean(), { minLength: count, maxLength: count }),
    }),
  )
  .map(({ wishes, parts, finals }) =>
    graphOf(
      createMachine({
        id: "m",
        initial: "s0",
        states: Object.fromEntries(parts.map((some, index) => [`s${index}`, stateOf(wishes, index, some, finals[index] ?? false)])),
      }),
    ),
  );
