// Who serves which cell: by weight, each cell and each work in one process, and in none while Redis cannot tell who may.
import { Effect } from "effect";
import { Redis } from "ioredis";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cellCount } from "#runtime/actor/store.ts";
import { link } from "../chaos/link.ts";
import { type RunningRedis, startRedis } from "../services/redis.ts";
import { join, type Joined, type JoinOptions, lockExpiryMs } from "./processes.ts";

/** A process that did not run for so long stood still, ms. */
const stallMs = 50;
/** From the beginning of a refresh that is not answered, until what it is for is let go of: no longer, ms. */
const giveUpMs = 2000;
const both = new Set(["there and one", "there and two"]);
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
  "without Redis (%s) cells are served as long as their locks live and no longer, and all again after its return",
  { timeout: 3 * timeout },
  async (how) => {
    const way = await link(redis.port);
    closing.push(way.close);
    const redisUrl = urlOf(way.port);
    const processes = await Promise.all([joined("one", { redisUrl }), joined("two", { redisUrl })]);
    await allServed(processes);
    const leasesOf = ({ cells, placement }: Joined): ReadonlyArray<number> => [...cells].map((cell) => placement.leaseMs(cell));
    // All that a process holds has been refreshed together.
    const servedAt = performance.now();
    const isRefreshed = (process: Joined): boolean => {
      const leases = leasesOf(process);
      return Math.max(...leases) - Math.min(...leases) < 10 && performance.now() + Math.min(...leases) - lockExpiryMs > servedAt;
    };
    await expect.poll(() => processes.every(isRefreshed), { timeout, interval: 10 }).toBe(true);

    way.cut(how);
    const cutAt = performance.now();
    /** How many cells each process serves when it was refused once already, or had no answer. */
    const kept = new Map<Joined, number>();
    let [lookedAt, stalledAt, overdue] = [cutAt, 0, 0];
    const still = (): number => {
      const now = performance.now();
      if (now - lookedAt > stallMs) stalledAt = now;
      lookedAt = now;
      const all = processes.map((process) => [process, leasesOf(process)] as const);
      for (const [process, leases] of all) {
        if (!kept.has(process) && leases.every((ms) => ms < lockExpiryMs / 2)) kept.set(process, leases.length);
        // A process that could not run could not let go either.
        if (now - stalledAt > giveUpMs) overdue += leases.filter((ms) => ms < 0).length;
      }
      return all.reduce((sum, [, leases]) => sum + leases.length, 0);
    };
    await expect.poll(still, { timeout, interval: 10 }).toBe(0);
    const endedAt = performance.now();
    expect([...kept.values()].reduce((sum, cells) => sum + cells, 0)).toBe(cellCount);
    expect(overdue).toBe(0);

    way.mend();
    const mendedAt = performance.now();
    await allServed(processes);
    const away = performance.now() - mendedAt;
    console.log(`none is served ${Math.round(endedAt - cutAt)} ms after the cut, all are ${Math.round(away)} ms after its end`);
    for (const process of processes) expect(await askAll(process)).toEqual(both);
  },
);

test("a Redis that has forgotten everything is told anew who serves what", { timeout: 3 * timeout }, async () => {
  const processes = await Promise.all([joined("one"), joined("two")]);
  await allServed(processes);
  const control = new Redis(redis.port, "127.0.0.1");
  closing.push(() => control.disconnect());
  await control.flushall();
  for (const process of processes) expect([...(await askAll(process))].every((answer) => answer.startsWith("there and "))).toBe(true);
  const owners = async () => new Set(await Effect.runPromise(processes[0]!.placement.owners));
  await expect.poll(async () => [(await owners()).size, (await owners()).has(null)], { timeout }).toEqual([2, false]);
  await allServed(processes);
  for (const process of processes) await expect.poll(() => askAll(process), { timeout }).toEqual(both);
});
