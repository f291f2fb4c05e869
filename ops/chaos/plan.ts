// What goes wrong and when, drawn from a seed. Pure: the same seed is the same plan.
import fc from "fast-check";

/** What can go wrong; `runner`: which one, `ms`: for how long. */
export type Fault =
  /** The process is gone at once, and another takes its place after a while. */
  | { readonly type: "kill"; readonly runner: number; readonly ms: number }
  /** It is told to end, and another takes its place. */
  | { readonly type: "term"; readonly runner: number; readonly ms: number }
  /** It stands still. */
  | { readonly type: "freeze"; readonly runner: number; readonly ms: number }
  /** It alone cannot reach a service: refused, or no answer. */
  | {
      readonly type: "partition";
      readonly runner: number;
      readonly from: "redis" | "postgres";
      readonly how: "closed" | "silent";
      readonly ms: number;
    }
  /** Redis forgets everything. */
  | { readonly type: "flush" }
  /** All connections to PostgreSQL are ended by it. */
  | { readonly type: "disconnect" };

export interface Planned {
  /** ms after the one before. */
  readonly after: number;
  readonly fault: Fault;
}

const runnerOf = (runners: number) => fc.nat({ max: runners - 1 });
const briefly = fc.integer({ min: 200, max: 2000 });
/** Longer than a lock lives: others take over meanwhile. */
const long = fc.integer({ min: 4000, max: 9000 });

const faultOf = (runners: number): fc.Arbitrary<Fault> => {
  const runner = runnerOf(runners);
  return fc.oneof(
    fc.record({ type: fc.constant("kill" as const), runner, ms: briefly }),
    fc.record({ type: fc.constant("term" as const), runner, ms: briefly }),
    fc.record({ type: fc.constant("freeze" as const), runner, ms: fc.oneof(briefly, long) }),
    fc.record({
      type: fc.constant("partition" as const),
      runner,
      from: fc.constantFrom("redis" as const, "postgres" as const),
      how: fc.constantFrom("closed" as const, "silent" as const),
      ms: fc.oneof(briefly, long),
    }),
    fc.constant({ type: "flush" as const }),
    fc.constant({ type: "disconnect" as const }),
  );
};

/** Faults for about `ms`. */
export const planOf = (seed: number, runners: number, ms: number): ReadonlyArray<Planned> => {
  const drawn = fc.sample(fc.record({ after: fc.integer({ min: 500, max: 4000 }), fault: faultOf(runners) }), {
    seed,
    numRuns: Math.ceil(ms / 500),
  });
  let at = 0;
  return drawn.filter(({ after }) => (at += after) < ms);
};
