// Who serves which cell: by weight, each cell and each work in one process, and in none while Redis cannot tell who may.
import { Effect } from "effect";
import { Redis } from "ioredis";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cellCount } from "#runtime/actor/store.ts";
import { link } from "../chaos/link.ts";
import { type RunningRedis, startRedis } from "../services/redis.ts";
import { join, type Joined, type JoinOptions, lockExpiryMs } from "./processes.ts";

/** After Redis is there again all is served, ms. */
const servedWithin = 10_000;
const timeout = 60_000;

const closing: Array<() => unknown> = [];
let redis: RunningRedis;
beforeEach(async () => {
  redis = await startRedis({ durable: false });
  closing.push(redis.stop);
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
const urlOf = (port: number): string => `redis://127.0.0.1:${port}`;
const joined = async (name: string, options: Partial<JoinOptions> = {}): Promise<Joined> => {
  const process = await join(name, { redisUrl: urlOf(redis.port), ...options });
  closing.push(process.dispose);
  return process;
};
const allServed = async (processes: ReadonlyArray<Joined>): Promise<void> => {
  await expect
    .poll(() => [processes.reduce((sum, { cells }) => sum + cells.size, 0), processes.every(({ cells }) => cells.size > 0)], { timeout })
    .toEqual([cellCount, true]);
};
const askAll = async ({ ask }: Joined): Promise<ReadonlySet<string>> =>
  new Set(await Promise.all(Array.from({ length: cellCount }, (_, cell) => ask(cell))));

test("who has three times the weight has about three times the cells", { timeout: 2 * timeout }, async () => {
  const processes = await Promise.all([joined("light"), joined("heavy", { weight: 3 })]);
  await allServed(processes);
  const [light, heavy] = processes;
  await expect.poll(() => heavy!.cells.size / light!.cells.size, { timeout }).toBeGreaterThan(2);
  expect(heavy!.cells.size / light!.cells.size).toBeLessThan(4.5);
});

test("what is to run once runs in one process, and in another when that one is gone", { timeout: 2 * timeout }, async () => {
  const processes = await Promise.all(["one", "two", "three"].map((name) => joined(name)));
  const running = new Set<number>();
  let most = 0;
  for (const [number, { fork, placement }] of processes.entries()) {
    const work = Effect.acquireUseRelease(
      Effect.sync(() => {
        running.add(number);
        most = Math.max(most, running.size);
      }),
      () => Effect.never,
      () => Effect.sync(() => void running.delete(number)),
    );
    fork(Effect.scoped(Effect.andThen(placement.once("work", work), Effect.never)));
  }
  await allServed(processes);
  await expect.poll(() => running.size, { timeout }).toBe(1);
  expect(most).toBe(1);
  const [first] = [...running];
  await processes[first!]!.dispose();
  await expect.poll(() => [...running].some((number) => number !== first), { timeout }).toBe(true);
});

test.each(["closed", "silent"] as const)(
  "without Redis (%s) cells are served as long as their locks live and no longer, and all again soon after its return",
  { timeout: 3 * timeout },
  async (how) => {
    const way = await link(redis.port);
    closing.push(way.close);
    const redisUrl = urlOf(way.port);
    const processes = await Promise.all([joined("one", { redisUrl }), joined("two", { redisUrl })]);
    await allServed(processes);
    const leases = (): ReadonlyArray<number> =>
      processes.flatMap(({ cells, placement }) => [...cells].map((cell) => placement.leaseMs(cell)));

    const cutAt = performance.now();
    way.cut(how);
    // Nobody can take them yet: work goes on.
    expect(leases().length).toBe(cellCount);
    let least = Infinity;
    const still = (): number => {
      const now = leases();
      if (now.length > 0) least = Math.min(...now);
      return now.length;
    };
    await expect.poll(still, { timeout, interval: 10 }).toBe(0);
    const endedAt = performance.now();
    // Who refuses is asked again, as long as there is time for it.
    if (how === "closed") expect(least).toBeLessThan(lockExpiryMs / 2);

    way.mend();
    const mendedAt = performance.now();
    for (const process of processes) expect(await askAll(process)).toEqual(new Set(["there and one", "there and two"]));
    const away = performance.now() - mendedAt;
    console.log(`none is served ${Math.round(endedAt - cutAt)} ms after the cut, all are ${Math.round(away)} ms after its end`);
    expect(away).toBeLessThan(servedWithin);
  },
);

test("a Redis that has forgotten everything is told anew who serves what", { timeout: 3 * timeout }, async () => {
  const processes = await Promise.all([joined("one"), joined("two")]);
  await allServed(processes);
  const control = new Redis(redis.port, "127.0.0.1");
  closing.push(() => control.disconnect());
  await control.flushall();
  const forgottenAt = performance.now();
  for (const process of processes) expect([...(await askAll(process))].every((answer) => answer.startsWith("there and "))).toBe(true);
  expect(performance.now() - forgottenAt).toBeLessThan(servedWithin);
  await allServed(processes);
  expect(await askAll(processes[0]!)).toEqual(new Set(["there and one", "there and two"]));
});
