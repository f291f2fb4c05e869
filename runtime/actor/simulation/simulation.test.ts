// Each world is a plan and a seed. A failure prints both, and fast-check's own `seed` and `path`: given to `fc.assert` they run it again.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Cluster } from "./cluster.ts";
import { problemsOf } from "./history.ts";
import { plans, play } from "./plan.ts";

test("whatever dies, freezes, is cut off, lost or late: nothing is lost, doubled, early or out of order, and all comes to rest", () => {
  fc.assert(
    fc.property(plans, (plan) => {
      expect(problemsOf(play(plan))).toEqual([]);
    }),
    { numRuns: 500, interruptAfterTimeLimit: 12_000 },
  );
});

test("the check is a real one: a store without fence lets an old owner write", () => {
  const unfenced = (cluster: Cluster): void => void (cluster.disk.deposed = () => []);
  const found = fc.check(
    fc.property(plans, (plan) => problemsOf(play(plan, unfenced)).length === 0),
    { seed: 1, numRuns: 300, endOnFailure: true },
  );
  expect(found.failed).toBe(true);
});

test("the same seed gives the same history", () => {
  const [plan] = fc.sample(plans, { numRuns: 1, seed: 7 });
  const history = (cluster: Cluster) => JSON.stringify([...cluster.disk.actors]) + cluster.time.ticks;
  expect(history(play(plan!))).toBe(history(play(plan!)));
});
