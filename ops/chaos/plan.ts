// What goes wrong and when, drawn from a seed. Pure: the same seed is the same plan.
import fc from "fast-check";

/** What a runner has a way of its own to: both services, and `runners`: the way of the other runners to it. */
export type Way = "redis" | "postgres" | "runners";

/** What can go wrong; `runner`: which one, `ms`: for how long. */
export type Fault =
  /** The process is gone at once, and another takes its place after a while. */
  | { readonly type: "kill"; readonly runner: number; readonly ms: number }
  /** It is told to end, and another takes its place. */
  | { readonly type: "term"; readonly runner: number; readonly ms: number }
  /** It stands still. */
  | { readonly type: "freeze"; readonly runner: number; readonly ms: number }
  /**
   * It stands still before it is answered that a submission may begin: it learns of that `ms` after others have its cells. By then it
   * must begin nothing.
   */
  | { readonly type: "answeredLate"; readonly runner: number; readonly ms: number }
  /**
   * What it writes arrives late: it is held on its way while the runner stands still, and let through when others have its cells. By
   * then it must change nothing.
   */
  | { readonly type: "writesLate"; readonly runner: number; readonly by: number; readonly ms: number }
  /** A way is cut: refused, or no answer. */
  | { readonly type: "cut"; readonly runner: number; readonly way: Way; readonly how: "closed" | "silent"; readonly ms: number }
  /** All that takes a way comes `by` ms later. */
  | { readonly type: "delay"; readonly runner: number; readonly way: Way; readonly by: number; readonly ms: number }
  /** Whatever it does with a file takes `by` ms longer. */
  | { readonly type: "slowDisk"; readonly runner: number; readonly by: number; readonly ms: number }
  /** Redis forgets everything. */
  | { readonly type: "flush" }
  /** All connections to PostgreSQL are ended by it. */
  | { readonly type: "disconnect" }
  /** PostgreSQL is ended, in order or as by a crash, and started again. */
  | { readonly type: "restart"; readonly mode: "fast" | "immediate" };

export interface Planned {
  /** ms after the one before. */
  readonly after: number;
  readonly fault: Fault;
}

const constant = <const T>(value: T) => fc.constant(value);
const briefly = fc.integer({ min: 200, max: 2000 });
/** Longer than a lock lives: others take over meanwhile. */
const long = fc.integer({ min: 4500, max: 9000 });
/** Others have looked for what was left open, and have repeated it. */
const repeated = fc.integer({ min: 4000, max: 6000 });
const delayed = fc.integer({ min: 20, max: 400 });

const faultOf = (runners: number): fc.Arbitrary<Fault> => {
  const runner = fc.nat({ max: runners - 1 });
  const way = fc.constantFrom<Way>("redis", "postgres", "runners");
  const how = fc.constantFrom("closed" as const, "silent" as const);
  return fc.oneof(
    { weight: 3, arbitrary: fc.record({ type: constant("kill"), runner, ms: briefly }) },
    { weight: 2, arbitrary: fc.record({ type: constant("term"), runner, ms: briefly }) },
    { weight: 3, arbitrary: fc.record({ type: constant("freeze"), runner, ms: fc.oneof(briefly, long) }) },
    { weight: 4, arbitrary: fc.record({ type: constant("answeredLate"), runner, ms: repeated }) },
    {
      weight: 4,
      arbitrary: fc.record({ type: constant("writesLate"), runner, by: fc.integer({ min: 200, max: 800 }), ms: briefly }),
    },
    { weight: 4, arbitrary: fc.record({ type: constant("cut"), runner, way, how, ms: fc.oneof(briefly, long) }) },
    { weight: 3, arbitrary: fc.record({ type: constant("delay"), runner, way, by: delayed, ms: fc.oneof(briefly, long) }) },
    { weight: 1, arbitrary: fc.record({ type: constant("slowDisk"), runner, by: delayed, ms: fc.oneof(briefly, long) }) },
    { weight: 1, arbitrary: constant({ type: "flush" }) },
    { weight: 1, arbitrary: constant({ type: "disconnect" }) },
    { weight: 1, arbitrary: fc.record({ type: constant("restart"), mode: fc.constantFrom("fast" as const, "immediate" as const) }) },
  );
};

/** Faults for about `ms`, of those that are `wanted`. */
export const planOf = (
  seed: number,
  runners: number,
  ms: number,
  wanted: (fault: Fault) => boolean = () => true,
): ReadonlyArray<Planned> => {
  const drawn = fc.sample(fc.record({ after: fc.integer({ min: 500, max: 4000 }), fault: faultOf(runners).filter(wanted) }), {
    seed,
    numRuns: Math.ceil(ms / 500),
  });
  let at = 0;
  return drawn.filter(({ after }) => (at += after) < ms);
};
