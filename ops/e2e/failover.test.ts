// A Redis that fails over to its replica, watched by sentinels or as a cluster: every cell is served again soon, by processes that were
// told nothing. Nothing but Redis is shared here: what a takeover costs the database is tried elsewhere.
import { Effect } from "effect";
import { Redis } from "ioredis";
import { afterEach, expect, test } from "vitest";
import { cellCount } from "#runtime/actor/store.ts";
import { mastersOf, slotOf } from "#runtime/cluster/slots.ts";
import { startRedisCluster } from "../services/redis-cluster.ts";
import { type RunningRedis, startRedis, startSentinel } from "../services/redis.ts";
import { join, type Joined } from "./processes.ts";

/** Until the sentinels, or the nodes, have put the replica in its place and all say so: theirs to decide, and slow on a busy machine, ms. */
const promotedWithin = 60_000;
/** From then on, ms. */
const servedWithin = 10_000;

const closing: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
const kept = async (starting: Promise<RunningRedis>): Promise<RunningRedis> => {
  const redis = await starting;
  closing.push(redis.stop);
  return redis;
};
const control = ({ port }: RunningRedis): Redis => {
  const redis = new Redis(port, "127.0.0.1");
  redis.on("error", () => {
    // Of a server that was killed.
  });
  closing.push(() => Promise.resolve(redis.disconnect()));
  return redis;
};

const joined = async (name: string, redisUrl: string): Promise<Joined> => {
  const process = await join(name, { redisUrl });
  closing.push(process.dispose);
  return process;
};

/** Two processes between which all cells are; `fail` takes the primary away. `replaced`: all whom a client may ask tell of the replica. */
const survives = async (redisUrl: string, replaced: () => Promise<boolean>, fail: () => void): Promise<void> => {
  const [one, two] = await Promise.all([joined("one", redisUrl), joined("two", redisUrl)]);
  const served = () => [one.cells.size + two.cells.size, one.cells.size > 0, two.cells.size > 0];
  await expect.poll(served, { timeout: 60_000 }).toEqual([cellCount, true, true]);
  const heard: Array<string> = [];
  await Effect.runPromise(one.fanout.subscribe("news", { heard: (message) => void heard.push(message), lost: () => {} }));
  /** Messages may be lost, and those who wait for them are told: here they are said again. */
  const travels = async (message: string): Promise<void> => {
    const said = () => {
      two.fanout.publish("news", message);
      return heard.includes(message);
    };
    await expect.poll(said, { timeout: 15_000 }).toBe(true);
  };
  await travels("before");

  const failed = performance.now();
  fail();
  // Until then nobody holds a lock for certain; thereafter every cell answers again.
  await expect.poll(replaced, { timeout: promotedWithin, interval: 50 }).toBe(true);
  const promoted = performance.now();
  const answers = await Promise.all(Array.from({ length: cellCount }, (_, cell) => (cell % 2 === 0 ? one : two).ask(cell)));
  const answered = performance.now();
  console.log(`all cells answer ${Math.round(answered - failed)} ms after the fault`);
  expect(answered - promoted).toBeLessThan(servedWithin);
  expect(new Set(answers)).toEqual(new Set(["there and one", "there and two"]));
  await expect.poll(served, { timeout: 60_000 }).toEqual([cellCount, true, true]);
  await travels("after");
};

const faults = [
  ["is killed", "SIGKILL"],
  ["stands still", "SIGSTOP"],
] as const;

test.each(faults)("a primary that %s is replaced by its replica, as the sentinels decide", async (_what, signal) => {
  const primary = await kept(startRedis({ durable: false }));
  const replica = await kept(startRedis({ durable: false, more: ["--replicaof", "127.0.0.1", String(primary.port)] }));
  const sentinels = await Promise.all([1, 2, 3].map(() => kept(startSentinel(primary.port, 2))));
  const watchers = sentinels.map(control);
  const known = async () => {
    const [master] = (await watchers[0]!.call("SENTINEL", "masters")) as Array<Array<string>>;
    const field = (name: string) => master?.[master.indexOf(name) + 1];
    return [field("num-slaves"), field("num-other-sentinels")];
  };
  await expect.poll(known, { timeout: 30_000, interval: 100 }).toEqual(["1", "2"]);
  const follower = control(replica);
  await expect.poll(() => follower.info("replication"), { timeout: 30_000 }).toContain("master_link_status:up");
  const url = `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(",")}/mymaster`;
  const told = () => Promise.all(watchers.map((watcher) => watcher.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster")));
  const replaced = async () => ((await told()) as Array<[string, string]>).every(([, port]) => port === String(replica.port));
  await survives(url, replaced, () => process.kill(primary.pid, signal));
});

test.each(faults)("a node of a cluster that %s is replaced by its replica", async (_what, signal) => {
  const slot = slotOf("{pixsim}");
  const { masters, replica, ownerOf, stop } = await startRedisCluster(3, slot);
  closing.push(stop);
  const url = `redis+cluster://${masters.map(({ redis }) => `127.0.0.1:${redis.port}`).join(",")}`;
  const owner = masters[ownerOf(slot)]!;
  const others = masters.filter((master) => master !== owner);
  const told = () => Promise.all(others.map(async ({ client }) => mastersOf(await client.cluster("SLOTS")).of(slot)));
  const replaced = async () => (await told()).every((place) => place === `127.0.0.1:${replica!.redis.port}`);
  await survives(url, replaced, () => process.kill(owner.redis.pid, signal));
});
