// Each world is a plan and a seed. A failure prints both, and fast-check's own `seed` and `path`: given to `fc.assert` they run it again.
import fc from "fast-check";
import { expect, test } from "vitest";
import { cellOf } from "../store.ts";
import { Cluster } from "./cluster.ts";
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

/** A world of three hosts that have settled, and who has each of its actors. */
const settled = (seed: number) => {
  const cluster = new Cluster(seed, 3, 4);
  const run = (ms: number): void => cluster.time.runUntil(cluster.time.now + ms);
  run(10_000);
  const owners = () => cluster.actors.map((address) => cluster.locks.holder(cellOf(address)));
  return { cluster, run, owners };
};
const seeds = Array.from({ length: 20 }, (_, index) => index + 1);

test.each(seeds)("a host that alone does not reach the store leaves its actors to others, until it does again (seed %i)", (seed) => {
  const { cluster, run, owners } = settled(seed);
  const before = owners();
  const cutOff = before[0]!;
  cluster.cut("abc".indexOf(cutOff[0]!), "disk", 30_000);
  run(10_000);
  expect(owners().every((owner) => owner !== undefined && owner !== cutOff)).toBe(true);
  for (const address of cluster.actors) cluster.order(address, "BUMP", true);
  run(10_000);
  expect(cluster.orders.filter(({ acknowledged }) => acknowledged === null)).toEqual([]);
  run(20_000);
  expect(owners()).toEqual(before);
  cluster.settle();
  expect(problemsOf(cluster)).toEqual([]);
});

test.each(seeds)("where no host reaches the store all actors stay where they are (seed %i)", (seed) => {
  const { cluster, run, owners } = settled(seed);
  const before = owners();
  cluster.network.weather.disk = 2;
  for (let second = 0; second < 30; second++) {
    run(1000);
    expect(owners()).toEqual(before);
  }
  cluster.network.weather.disk = 0;
  run(10_000);
  expect(owners()).toEqual(before);
  cluster.settle();
  expect(problemsOf(cluster)).toEqual([]);
});

test.each(seeds)("a keeper of the locks that refuses for a moment, and has forgotten nothing, changes nothing (seed %i)", (seed) => {
  const { cluster, run, owners } = settled(seed);
  // At another moment between two refreshes each time.
  run(50 * seed);
  const before = owners();
  const epochs = [...cluster.disk.epochs];
  cluster.outage(false, 300);
  run(10_000);
  expect(owners()).toEqual(before);
  expect([...cluster.disk.epochs]).toEqual(epochs);
  cluster.settle();
  expect(problemsOf(cluster)).toEqual([]);
});

test.each(seeds)("a host that alone is refused lets go before its locks are over, and others go on (seed %i)", (seed) => {
  const { cluster, run, owners } = settled(seed);
  const before = owners();
  const refused = before[0]!;
  cluster.refuse("abc".indexOf(refused[0]!), 10_000);
  for (let step = 0; step < 400; step++) {
    run(25);
    for (const cell of cluster.actors.map(cellOf))
      if (cluster.locks.holder(cell) !== refused) expect(cluster.serves(refused, cell)).toBe(false);
  }
  expect(owners().every((owner) => owner !== undefined)).toBe(true);
  for (const address of cluster.actors) cluster.order(address, "BUMP", true);
  run(15_000);
  expect(cluster.orders.filter(({ acknowledged }) => acknowledged === null)).toEqual([]);
  expect(owners()).toEqual(before);
  cluster.settle();
  expect(problemsOf(cluster)).toEqual([]);
});

test("the same seed gives the same history", () => {
  const [plan] = fc.sample(plans, { numRuns: 1, seed: 7 });
  const history = (cluster: Cluster) => JSON.stringify([...cluster.disk.actors]) + cluster.time.ticks;
  expect(history(play(plan!))).toBe(history(play(plan!)));
});
