// Changes between processes through a real Redis: each arrives once, and where one may be missing everybody concerned is told.
import { Effect, Layer, Logger, References } from "effect";
import { Redis } from "ioredis";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { RunnerInfo } from "../cluster/locks.ts";
import { RedisConnection } from "../cluster/redis.ts";
import type { TopicMessage } from "../gateway/handlers.ts";
import { Bus } from "./bus.ts";
import { Fanout } from "./fanout.ts";
import { busOver, busProcess, runnerOf } from "./testing.ts";

const url = process.env["PIXSIM_TEST_REDIS_TO_BREAK"] ?? "";
let control: Redis;
let runners: Array<RunnerInfo>;

const processOf = () => busProcess(url, () => runners);
let one: ReturnType<typeof processOf>;
let two: ReturnType<typeof processOf>;
let a: Bus["Service"];
let b: Bus["Service"];

beforeEach(async () => {
  control = new Redis(url);
  runners = [runnerOf("a"), runnerOf("b")];
  one = processOf();
  two = processOf();
  [a, b] = await Promise.all([one.runPromise(Bus), two.runPromise(Bus)]);
});
afterEach(async () => {
  await Promise.all([one.dispose(), two.dispose()]);
  control.disconnect();
});

/** What a watcher has been told: `all` is what its snapshots read. */
const watch = async (bus: Bus["Service"], all: () => unknown, from?: string) => {
  const heard: Array<TopicMessage> = [];
  const handle = await Effect.runPromise(bus.follow("things", from, Effect.sync(all), (message) => void heard.push(message)));
  return {
    heard,
    handle,
    said: () => heard.map((message) => (message.type === "resumed" ? "resumed" : `${message.type} ${message.json}`)),
  };
};

test("a change is heard by watchers of all processes, once and in order", async () => {
  const here = await watch(a, () => "none");
  const there = await watch(b, () => "none");
  for (let n = 0; n < 20; n++) a.publish("things", n);
  a.publish("others", "not for them");
  const wanted = ['snapshot "none"', ...Array.from({ length: 20 }, (_, n) => `delta [${n}]`)];
  expect(here.said()).toEqual(wanted);
  await expect.poll(there.said).toEqual(wanted);
  // What was said to no one's ears is sent all the same.
  const [sender, hearer] = await Promise.all([one.runPromise(Fanout), two.runPromise(Fanout)]);
  expect(sender.counts).toEqual({ sent: 21, heard: 0, unsent: 0, losses: 0 });
  expect(hearer.counts).toMatchObject({ sent: 0, heard: 20, unsent: 0 });
  expect([a.watching(), b.watching()]).toEqual([1, 1]);
});

test("who comes back soon gets what it missed, also what others published", async () => {
  const first = await watch(b, () => "none");
  a.publish("things", 1);
  await expect.poll(first.said).toEqual(['snapshot "none"', "delta [1]"]);
  first.handle.close();
  a.publish("things", 2);
  const other = await watch(b, () => "fresh");
  await expect.poll(() => other.said().length).toBe(2);
  const again = await watch(b, () => "fresh", first.heard.at(-1)!.pos);
  expect(again.said()).toEqual(["resumed", "delta [2]"]);
});

test("a lost connection leads to a snapshot, after which changes come in again", async () => {
  let state = "before";
  const there = await watch(b, () => state);
  const before = there.heard[0]!.pos;
  state = "after";
  await control.call("CLIENT", "KILL", "TYPE", "pubsub");
  await expect.poll(() => there.said().at(-1), { timeout: 10_000 }).toBe('snapshot "after"');
  expect(there.heard.at(-1)!.pos.split(":")[0]).not.toBe(before.split(":")[0]);
  a.publish("things", 1);
  await expect.poll(() => there.said().at(-1), { timeout: 10_000 }).toBe("delta [1]");
});

test("what a publisher could not say it makes up for", async () => {
  let state = "before";
  const there = await watch(b, () => state);
  // Redis is away for a moment for who publishes: the change is lost.
  await control.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  state = "after";
  a.publish("things", 1);
  await expect.poll(there.said, { timeout: 10_000 }).toContain('snapshot "after"');
  const [sender, hearer] = await Promise.all([one.runPromise(Fanout), two.runPromise(Fanout)]);
  expect(sender.counts.unsent).toBe(1);
  expect(hearer.counts.losses).toBeGreaterThan(0);
});

test("what cannot be said while something else is made up for is made up for as well", async () => {
  let refusing = true;
  const making: Array<() => void> = [];
  /** Refuses changes, and keeps back the answers to what makes up for them. */
  const slow = Layer.effect(
    RedisConnection,
    Effect.map(RedisConnection, (redis) => ({
      ...redis,
      publish: async (channel: string, message: string) => {
        if (message.endsWith("\n!")) return new Promise((resolve) => making.push(() => resolve(0)));
        if (refusing) throw new Error("Redis is away.");
        return redis.publish(channel, message);
      },
    })),
  ).pipe(Layer.provide(RedisConnection.layer(url)));
  const speaker = busOver(slow, () => runners);
  try {
    const { publish, counts } = await speaker.runPromise(Fanout);
    publish("things", "1");
    await expect.poll(() => making.length).toBe(1);
    publish("things", "2");
    await expect.poll(() => counts.unsent).toBe(2);
    refusing = false;
    making[0]!();
    await expect.poll(() => making.length).toBe(2);
    making[1]!();
  } finally {
    await speaker.dispose();
  }
});

test("that no subscription is taken is logged with the reason, and so is that they are again", { timeout: 120_000 }, async () => {
  await control.acl("SETUSER", "pixsim-deaf", "on", ">hush-hush", "+@all", "~*", "resetchannels");
  const lines: Array<string> = [];
  const logger = Logger.make(({ message, fiber }) => {
    lines.push(`${String(message)} ${JSON.stringify(fiber.getRef(References.CurrentLogAnnotations))}`);
  });
  const place = new URL(url);
  const connection = RedisConnection.layer(`redis://pixsim-deaf:hush-hush@${place.host}`);
  const deaf = busOver(Layer.merge(connection, Logger.layer([logger])), () => runners);
  try {
    await deaf.runPromise(Fanout);
    await expect.poll(() => lines.join(), { timeout: 50_000 }).toMatch(/takes no subscriptions: .*NOPERM/);
    await control.acl("SETUSER", "pixsim-deaf", "allchannels");
    await expect.poll(() => lines.join(), { timeout: 50_000 }).toContain("is told here again");
  } finally {
    await deaf.dispose();
    await control.acl("DELUSER", "pixsim-deaf");
  }
});

test("when a process is gone, perhaps with a change it had not told, all look anew", async () => {
  let state = "before";
  const there = await watch(b, () => state);
  state = "after";
  runners = [runnerOf("b")];
  await expect.poll(() => there.said().at(-1), { timeout: 10_000 }).toBe('snapshot "after"');
});

test("a message that cannot be read is as one that is lost, and those after it are heard", async () => {
  const fanout = await two.runPromise(Fanout);
  const heard: Array<unknown> = [];
  const subscribed = fanout.subscribe("things", {
    heard: (message) => void heard.push(JSON.parse(message)),
    lost: () => void heard.push("lost"),
  });
  const stop = await two.runPromise(subscribed);
  for (const message of ["somebody\n{", "", "somebody\n1"]) await control.spublish("pixsim:things", message);
  await expect.poll(() => heard).toEqual(["lost", "lost", 1]);
  stop();
});
