// Who is in the cluster and who holds what, on a real Redis.
import { setTimeout } from "node:timers/promises";
import { Effect, Layer, ManagedRuntime } from "effect";
import { Runner } from "effect/cluster/Runner";
import * as RunnerAddress from "effect/cluster/RunnerAddress";
import * as RunnerStorage from "effect/cluster/RunnerStorage";
import * as ShardId from "effect/cluster/ShardId";
import { Redis } from "ioredis";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ShardLocks } from "./locks.ts";
import type { Standing } from "./placement.ts";
import { RedisConnection } from "./redis.ts";
import { clusterProtocol, registry, sameProtocol } from "./registry.ts";

const url = process.env["PIXSIM_TEST_REDIS"] ?? "";
const expiryMs = 1500;
const opened: Array<{ dispose: () => Promise<void> }> = [];
let control: Redis;
/** Says again and again that those are there who would be forgotten; what is under way when a test ends fails. */
let alive: NodeJS.Timeout | undefined;
beforeEach(async () => {
  control = new Redis(url);
  // The other tests' channels are no keys.
  await control.flushall();
});
afterEach(async () => {
  clearInterval(alive);
  await Promise.all(opened.splice(0).map((runtime) => runtime.dispose()));
  control.disconnect();
});

const shards = [1, 2, 3].map((n) => ShardId.make("default", n));

const join = async (
  port: number,
  over: { readonly secretMark?: string; readonly database?: string; readonly protocol?: number; readonly incarnation?: string } = {},
  lockMs = expiryMs,
) => {
  const address = RunnerAddress.make("127.0.0.1", port);
  const info = {
    address: `127.0.0.1:${port}`,
    incarnation: crypto.randomUUID(),
    secretMark: "mark",
    database: "theirs",
    protocol: clusterProtocol,
    version: "1",
    weight: 1,
    startedAt: 0,
    ...over,
  };
  const named = `${url}${url.includes("?") ? "&" : "?"}connectionName=${info.incarnation}`;
  const runtime = ManagedRuntime.make(registry({ info, expiryMs: lockMs }).pipe(Layer.provide(RedisConnection.layer(named))));
  opened.push(runtime);
  const storage = await runtime.runPromise(RunnerStorage.RunnerStorage);
  const locks = await runtime.runPromise(ShardLocks);
  const run = <A, E>(effect: Effect.Effect<A, E>) => runtime.runPromise(effect);
  const runner = new Runner({ address, groups: ["default"], weight: 1 });
  return {
    address,
    info,
    locks,
    register: () => run(storage.register(runner, true)),
    unregister: () => run(storage.unregister(address)),
    runners: async () =>
      (await run(storage.getRunners)).map(
        ([
          {
            address: { port: at },
          },
        ]) => at,
      ),
    acquire: async (which = shards) => (await run(storage.acquire(address, which))).map(String),
    refresh: async (which = shards) => (await run(storage.refresh(address, which))).map(String),
    release: (which: ShardId.ShardId) => run(storage.release(address, which)),
    releaseAll: () => run(storage.releaseAll(address)),
    infos: () => run(locks.runners),
    fit: async () =>
      new Map((await run(storage.getRunners)).map(([runner, healthy]): readonly [number, boolean] => [runner.address.port, healthy])),
    leave: (letGo: Effect.Effect<void> = Effect.void) => run(locks.leave(letGo)),
    stand: (standing: Standing) => run(locks.stand(standing)),
  };
};
const names = shards.map(String);

test("of two who ask for a shard one gets it, and it is free again when given back", async () => {
  const [a, b] = [await join(1), await join(2)];
  const [gotA, gotB] = await Promise.all([a.acquire(), b.acquire()]);
  expect([...gotA, ...gotB].sort()).toEqual(names);
  const [winner, loser, held] = gotA.length > 0 ? [a, b, gotA] : [b, a, gotB];
  expect(held).toEqual(names);
  expect(winner.locks.leaseMs(names[0]!)).toBeGreaterThan(expiryMs - 1000);
  expect(loser.locks.leaseMs(names[0]!)).toBeLessThan(0);
  expect(await loser.refresh()).toEqual([]);
  await winner.release(shards[0]!);
  expect(winner.locks.leaseMs(names[0]!)).toBeLessThan(0);
  expect(await loser.acquire()).toEqual([names[0]]);
  await winner.releaseAll();
  expect(await loser.acquire()).toEqual(names);
});

test("who is silent loses its locks and its place, and does not get them back by refreshing", async () => {
  const [a, b] = [await join(1), await join(2)];
  await a.register();
  await b.register();
  expect((await b.runners()).sort()).toEqual([1, 2]);
  expect(await a.acquire()).toEqual(names);
  await expect.poll(async () => (await b.refresh([]), b.runners()), { timeout: 5000, interval: 200 }).toEqual([2]);
  // Its locks are a moment younger than its place.
  await expect.poll(() => b.acquire(), { timeout: 5000, interval: 200 }).toEqual(names);
  expect(await a.refresh()).toEqual([]);
  expect(a.locks.leaseMs(names[0]!)).toBeLessThan(0);
  expect(await Effect.runPromise(a.locks.confirm(names))).toEqual(new Set());
  expect(await Effect.runPromise(b.locks.confirm(names))).toEqual(new Set(names));
});

test("a tenure lasts as long as nobody else can have had the shard, and the next one is another", async () => {
  const [a, b] = [await join(1), await join(2)];
  const tenure = () => a.locks.tenure(names[0]!);
  expect(tenure()).toBe(-1);
  await a.acquire();
  const first = tenure();
  await a.refresh();
  await a.acquire();
  expect(tenure()).toBe(first);

  // It is silent, and another has the shard meanwhile, whether that is noticed here or not.
  await expect.poll(() => b.acquire(), { timeout: 5000, interval: 200 }).toEqual(names);
  await b.releaseAll();
  expect(await a.acquire()).toEqual(names);
  const second = tenure();
  expect(second).not.toBe(first);

  await a.release(shards[0]!);
  expect(tenure()).toBe(-1);
  await a.acquire();
  expect([first, second, -1]).not.toContain(tenure());
});

test("that one is gone is told once, to whoever waits for it", async () => {
  const [a, b] = [await join(1), await join(2)];
  await a.register();
  await b.register();
  expect((await a.runners()).sort()).toEqual([1, 2]);
  let told = 0;
  const waits = () => Effect.runPromise(a.locks.departed).then(() => told++);
  const first = waits();
  await a.runners();
  expect(told).toBe(0);
  await b.unregister();
  await a.runners();
  await first;
  const next = waits();
  await a.runners();
  expect(told).toBe(1);
  await b.register();
  await a.runners();
  expect(told).toBe(1);
  await b.unregister();
  await a.runners();
  await next;
});

test("who says that it leaves has not departed, and who goes without a word after it has come again has", async () => {
  const [a, b, c] = [await join(1), await join(2), await join(3)];
  for (const each of [a, b, c]) await each.register();
  await a.runners();
  let told = 0;
  const departed = Effect.runPromise(a.locks.departed).then(() => told++);
  // It may be told before an answer comes in that is older.
  a.locks.hasLeft(b.info.address);
  expect((await a.runners()).toSorted()).toEqual([1, 2, 3]);
  await b.leave();
  expect((await a.runners()).toSorted()).toEqual([1, 3]);
  await a.runners();
  expect(told).toBe(0);
  const again = await join(2);
  await again.register();
  expect((await a.runners()).toSorted()).toEqual([1, 2, 3]);
  await again.unregister();
  await a.runners();
  await departed;
});

test("when Redis forgets everything the holder sees that its locks are lost, and can take them anew", async () => {
  const a = await join(1);
  await a.register();
  await a.acquire();
  await control.flushall();
  expect(await a.refresh()).toEqual([]);
  expect(await a.runners()).toEqual([]);
  await a.register();
  expect(await a.acquire()).toEqual(names);
  expect(await a.runners()).toEqual([1]);
});

test("once its connection has been away, a holder is sure of nothing until Redis has answered what it holds still", async () => {
  const [a, b] = [await join(1, {}, 60_000), await join(2, {}, 60_000)];
  await a.acquire();
  const leases = () => names.map((name) => a.locks.leaseMs(name) > 0);
  const tenures = () => names.map((name) => a.locks.tenure(name));
  const held = tenures();
  const connection = async () => {
    const all = String(await control.client("LIST")).split("\n");
    return all.flatMap((line) => (line.includes(`name=${a.info.incarnation} `) ? [/\bid=(\d+)/.exec(line)![1]!] : []))[0];
  };
  const breaks = async () => {
    const before = (await connection())!;
    await control.client("KILL", "ID", before);
    await expect.poll(connection, { timeout: 10_000, interval: 20 }).toSatisfy((now) => now !== undefined && now !== before);
    // Whatever it asks as soon as it is back is answered before.
    await expect.poll(() => Effect.runPromise(a.locks.holders([])), { timeout: 10_000, interval: 20 }).not.toBe(null);
  };

  await breaks();
  expect(leases()).toEqual([true, true, true]);
  expect(tenures()).toEqual(held);

  // A key of another type: what it holds cannot be told.
  await control.set("{pixsim}:beat", "");
  expect(await a.refresh()).toEqual(names);
  await breaks();
  expect(leases()).toEqual([false, false, false]);
  await expect(a.refresh()).rejects.toMatchObject({ _tag: "PersistenceError" });
  await control.del("{pixsim}:beat");
  expect(await a.refresh()).toEqual(names);
  expect(leases()).toEqual([true, true, true]);
  expect(tenures()).toEqual(held);

  await control.flushall();
  expect(await b.acquire(shards.slice(0, 2))).toEqual(names.slice(0, 2));
  // It cannot know.
  expect(leases()).toEqual([true, true, true]);
  await breaks();
  expect(leases()).toEqual([false, false, false]);
  expect(await a.acquire()).toEqual(names.slice(2));
  expect(held).not.toContain(a.locks.tenure(names[2]!));
});

test("a process that starts again at its address is another: its old locks are not its own", async () => {
  const before = await join(1);
  await before.register();
  await before.acquire();
  // It waits until the one before is forgotten.
  const after = await join(1);
  await after.register();
  expect(await after.refresh()).toEqual([]);
  await expect.poll(() => after.acquire(), { timeout: 5000, interval: 100 }).toEqual(names);
  // What the dead one still says changes nothing.
  await before.unregister();
  await before.releaseAll();
  expect(await after.refresh()).toEqual(names);
  expect((await after.infos())?.map(({ incarnation }) => incarnation)).toEqual([after.info.incarnation]);
});

test.each([
  ["secret", { secretMark: "another" }, /another secret/],
  ["database", { database: "another" }, /work on another database\. Set DATABASE_URL to theirs/],
  [
    "protocol",
    { protocol: clusterProtocol + 1 },
    new RegExp(`speaks runner protocol ${clusterProtocol}, this program ${clusterProtocol + 1}`),
  ],
] as const)("a runner of another %s is refused", async (reason, over, message) => {
  const a = await join(1);
  await a.register();
  await expect(join(2, over)).rejects.toMatchObject({ reason, message: expect.stringMatching(message) });
});

test("before it touches the database a program knows of runners of another protocol, as long as they live", async () => {
  const looked = () => Effect.runPromise(Effect.provide(sameProtocol, RedisConnection.layer(url)));
  await looked();
  const a = await join(1);
  await a.register();
  await looked();
  const b = await join(2);
  await b.register();
  // As it was stored by a program that knew nothing of databases.
  const { database: _, ...earlier } = b.info;
  await control.hset("{pixsim}:info", b.info.address, JSON.stringify({ ...earlier, protocol: clusterProtocol - 1 }));
  const message = `The running cluster speaks runner protocol ${clusterProtocol - 1}, this program ${clusterProtocol}: stop the runners of the other version first.`;
  await expect(looked()).rejects.toMatchObject({ reason: "protocol", message });
  await b.unregister();
  await looked();
});

test("the address of a living runner is refused", async () => {
  const a = await join(1);
  await a.register();
  alive = setInterval(() => void Promise.allSettled([a.refresh([])]), 300);
  await expect(join(1)).rejects.toMatchObject({ reason: "taken" });
});

test("who leaves lets go of what it does and gives its locks back before the others see that it has gone, and does not come back", async () => {
  const [a, b] = [await join(1), await join(2)];
  await a.register();
  await b.register();
  await a.acquire();
  const letGo = Promise.withResolvers<void>();
  const left = a.leave(Effect.promise(() => letGo.promise));
  const fit = (one: boolean) =>
    new Map([
      [1, one],
      [2, true],
    ]);
  await expect.poll(a.fit, { interval: 10 }).toEqual(fit(false));
  expect(await b.fit()).toEqual(fit(true));
  expect(await b.acquire()).toEqual([]);
  letGo.resolve();
  expect(await left).toBe(true);
  expect(await b.acquire()).toEqual(names);
  expect(await b.fit()).toEqual(new Map([[2, true]]));
  expect(await a.acquire()).toEqual([]);
  expect(await a.fit()).toEqual(fit(false));
});

test("who leaves gives its locks back although it cannot let go of what it does, and one that it was just given", async () => {
  const [a, b] = [await join(1), await join(2)];
  await a.register();
  await b.register();
  // Neither loses anything by silence.
  alive = setInterval(() => void Promise.allSettled([a.refresh(), b.refresh([])]), 300);
  expect(await a.acquire(shards.slice(1))).toEqual(names.slice(1));
  const left = a.leave(Effect.never);
  const [, hasLetGo] = await Promise.all([a.acquire(shards.slice(0, 1)), left]);
  expect(hasLetGo).toBe(false);
  expect(await b.acquire()).toEqual(names);
  expect(names.map((name) => a.locks.leaseMs(name) < 0)).toEqual([true, true, true]);
});

test("who asks for a shard whose holder is about to give it back waits a moment for it", async () => {
  const [a, b] = [await join(1), await join(2)];
  const [held, free] = shards as [ShardId.ShardId, ShardId.ShardId];
  const handedOver = async () => {
    await Promise.all([a.releaseAll(), b.releaseAll()]);
    await a.acquire([held]);
    const asked = b.acquire([held, free]);
    await expect.poll(() => control.exists(`{pixsim}:lock:${free}`), { interval: 5 }).toBe(1);
    await a.release(held);
    return (await asked).sort();
  };
  // On a busy machine the moment may be over.
  await expect.poll(handedOver, { timeout: 20_000 }).toEqual(names.slice(0, 2));
});

test("a shard that was given back while its lock was refreshed stays so", async () => {
  const a = await join(1);
  await a.acquire();
  const refreshed = a.refresh();
  await a.release(shards[0]!);
  expect(await refreshed).toContain(names[0]);
  expect(a.locks.leaseMs(names[0]!)).toBeLessThan(0);
});

test("machine ids of those that are gone are let go, and no two that live have the same", async () => {
  const machines = "{pixsim}:machines";
  const [a, b] = [await join(1), await join(2)];
  const idOf = async (port: number) => Number(await control.hget(machines, `127.0.0.1:${port}`)) % 1024;
  await a.register();
  const ofA = await idOf(1);
  await b.register();
  // One that went long ago, and as many that have come since as there are numbers.
  await control.hset(machines, { "10.0.0.1:4600": "77", "#next": String(ofA + 1023) });
  await b.unregister();
  const c = await join(3);
  await c.register();
  expect(await idOf(3)).toBe((ofA + 1) % 1024);
  expect(Object.keys(await control.hgetall(machines)).toSorted()).toEqual(["#next", "127.0.0.1:1", "127.0.0.1:3"]);
  await a.register();
  expect(await idOf(1)).toBe(ofA);
});

test("who is alone has nobody to leave to", async () => {
  const a = await join(1);
  await a.register();
  await a.acquire();
  expect(await a.leave()).toBe(false);
  expect(await a.refresh()).toEqual(names);
  expect(await a.fit()).toEqual(new Map([[1, true]]));
});

test("who leaves while Redis does not answer is not alone for that: it asks again, and lets go at last also without an answer", async () => {
  const [a, b, c] = [await join(1), await join(2), await join(3)];
  for (const one of [a, b, c]) await one.register();
  await a.acquire(shards.slice(0, 1));
  await b.acquire(shards.slice(1));
  const free = async () => (await Promise.all(names.map((name) => control.exists(`{pixsim}:lock:${name}`)))).map((held) => held === 0);
  // A key of another type: scripts fail as they do where Redis is not there.
  const [beat, kept] = ["{pixsim}:beat", "{pixsim}:kept"];
  await control.rename(beat, kept);
  await control.set(beat, "");
  let letGo = 0;
  const leaves = (one: typeof a) => one.leave(Effect.sync(() => letGo++));
  const left = leaves(a);
  await setTimeout(300);
  expect(letGo).toBe(0);
  await control.rename(kept, beat);
  await left;
  expect(letGo).toBe(1);
  expect(await free()).toEqual([true, false, false]);

  // Redis has come back with nothing in it, and nobody has said yet that they are there.
  for (const key of await control.keys("{pixsim}:*")) if (!key.includes(":lock:")) await control.del(key);
  await leaves(b);
  expect(letGo).toBe(2);
  expect(await free()).toEqual([true, true, true]);
});

test("who has withdrawn is not fit, for all to see, until it reaches the store again; if all have withdrawn, all are fit", async () => {
  const [a, b] = [await join(1), await join(2)];
  await a.register();
  await b.register();
  alive = setInterval(() => void Promise.allSettled([a.refresh([]), b.refresh([])]), 300);
  const fit = (one: boolean, two: boolean) =>
    new Map([
      [1, one],
      [2, two],
    ]);
  expect(await a.stand("cutOff")).toBe(false);
  expect(await b.stand("reaches")).toBe(false);
  expect(await a.stand("cutOff")).toBe(true);
  expect(await b.fit()).toEqual(fit(true, true));
  await a.stand("withdrawn");
  expect([await a.fit(), await b.fit()]).toEqual([fit(false, true), fit(false, true)]);
  await b.stand("withdrawn");
  expect([await a.fit(), await b.fit()]).toEqual([fit(true, true), fit(true, true)]);
  expect(await a.stand("reaches")).toBe(false);
  expect(await b.stand("withdrawn")).toBe(true);
  expect(await b.fit()).toEqual(fit(true, false));
  // What it said is forgotten with it.
  await a.unregister();
  expect(await b.stand("cutOff")).toBe(false);
});

test("what one says that is not registered counts for nothing, and leaves nothing behind", async () => {
  const [a, b, c] = [await join(1), await join(2), await join(3)];
  for (const one of [a, b]) await one.register();
  alive = setInterval(() => void Promise.allSettled([a, b, c].map((one) => one.refresh([]))), 300);
  expect(await a.stand("reaches")).toBe(false);
  expect(await c.stand("withdrawn")).toBe(false);
  expect(await b.stand("withdrawn")).toBe(true);
  // As one that has died before it could be forgotten.
  await control.sadd("{pixsim}:withdrawn", "127.0.0.1:4", "127.0.0.1:5");
  expect(await a.fit()).toEqual(
    new Map([
      [1, true],
      [2, false],
    ]),
  );
  await c.register();
  expect((await a.fit()).get(3)).toBe(true);
});

test("how the others stand cannot be told while Redis does not answer", async () => {
  const [a, b] = [await join(1), await join(2)];
  await a.register();
  await b.register();
  expect(await a.stand("reaches")).toBe(false);
  expect(await b.stand("withdrawn")).toBe(true);
  // A key of another type: scripts fail as they do where Redis is not there.
  await control.del("{pixsim}:reached");
  await control.set("{pixsim}:reached", "");
  expect(await b.stand("withdrawn")).toBe(null);
});
