// Messages between processes through a Redis cluster, of which some part goes wrong for one of them: what was missed is told, and those
// after it are heard. Each node stands behind a link, so that a connection can fall silent while the node is well.
import { Effect } from "effect";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Fanout } from "#runtime/bus/fanout.ts";
import { nameOf } from "#runtime/bus/subscriptions.ts";
import { busProcess, runnerOf } from "#runtime/bus/testing.ts";
import { RedisConnection } from "#runtime/cluster/redis.ts";
import { mastersOf, slotOf } from "#runtime/cluster/slots.ts";
import { type Link, link } from "../chaos/link.ts";
import { type RedisCluster, startRedisCluster } from "../services/redis-cluster.ts";

const timeout = 60_000;

let cluster: RedisCluster;
let links: Array<Link>;
let fanouts: ReadonlyArray<Fanout["Service"]>;
const closing: Array<() => Promise<unknown>> = [];

beforeEach(async () => {
  cluster = await startRedisCluster(2, null);
  closing.push(cluster.stop);
  links = [];
  for (const { redis, client } of cluster.masters) {
    const way = await link(redis.port);
    closing.push(way.close);
    links.push(way);
    await client.config("SET", "cluster-announce-port", way.port);
  }
  // One hears from the other where it is to be found.
  const places = links.map(({ port }) => `127.0.0.1:${port}`);
  for (const { client } of cluster.masters)
    await expect.poll(async () => mastersOf(await client.cluster("SLOTS")).all, { timeout }).toEqual(places);
  const runners = [runnerOf("hearer"), runnerOf("speaker")];
  const url = `redis+cluster://${places.join(",")}`;
  const processes = runners.map(() => busProcess(url, () => runners));
  closing.push(...processes.map((process) => () => process.dispose()));
  fanouts = await Promise.all(processes.map((process) => process.runPromise(Fanout)));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A channel of the master. */
const channelOf = (master: number): string => {
  for (let n = 0; ; n++) if (cluster.ownerOf(slotOf(nameOf(`news-${n}`))) === master) return `news-${n}`;
};

/** Follows a channel in one process, and says words in the other. */
const follow = async (channel: string) => {
  const [hearer, speaker] = fanouts as [Fanout["Service"], Fanout["Service"]];
  const heard: Array<string> = [];
  let losses = 0;
  await Effect.runPromise(hearer.subscribe(channel, { heard: (word) => void heard.push(word), lost: () => void losses++ }));
  /** Until it is heard: a word may be lost, and that must have been told. */
  const arrives = (word: string) => {
    const said = () => {
      speaker.publish(channel, word);
      return heard.includes(word);
    };
    return expect.poll(said, { timeout, interval: 100 }).toBe(true);
  };
  return { heard, losses: () => losses, arrives };
};

test("that one master of several throws keys away when its memory is full is known", async () => {
  const url = `redis+cluster://127.0.0.1:${links[0]!.port}`;
  const eviction = () =>
    Effect.runPromise(
      Effect.provide(
        Effect.map(RedisConnection, (redis) => redis.eviction),
        RedisConnection.layer(url),
      ),
    );
  expect(await eviction()).toBeUndefined();
  for (const { client } of cluster.masters) {
    await client.config("SET", "maxmemory", "100mb", "maxmemory-policy", "volatile-ttl");
    expect(await eviction()).toBe("volatile-ttl");
    await client.config("SET", "maxmemory-policy", "noeviction");
  }
  expect(await eviction()).toBeUndefined();
});

test("channels lie where the nodes say that they do", async () => {
  const { client } = cluster.masters[0]!;
  for (const name of ["news", "{pixsim}:lock", "a{b}c{d}", "{}whole", "{{x}}", "ü{é}", "open{brace"])
    expect(slotOf(name)).toBe(await client.call("CLUSTER", "KEYSLOT", name));
});

test("subscriptions whose connection falls silent for ever are made anew, and what may have been missed is told", async () => {
  const [here, there] = [await follow(channelOf(0)), await follow(channelOf(1))];
  await here.arrives("before");
  await there.arrives("before");
  links[0]!.strand(/\bssubscribe\b/i);
  await here.arrives("after");
  await there.arrives("after");
  expect(here.losses()).toBeGreaterThan(0);
});

test("while a node answers nothing the others are heard, and it is again when it is back", async () => {
  const [here, there] = [await follow(channelOf(0)), await follow(channelOf(1))];
  await here.arrives("before");
  links[0]!.cut("silent");
  await there.arrives("meanwhile");
  // Until those who wait for its answers have given up, more than once.
  const unsaid = () => {
    fanouts[1]!.publish(channelOf(0), "unheard");
    return fanouts[1]!.counts.unsent;
  };
  await expect.poll(unsaid, { timeout, interval: 500 }).toBeGreaterThan(3);
  links[0]!.mend();
  await here.arrives("after");
  await there.arrives("after");
  expect(here.losses()).toBeGreaterThan(0);
});

test("a channel that moves to another node is followed there", async () => {
  const channel = channelOf(0);
  const followed = await follow(channel);
  await followed.arrives("before");
  const slot = slotOf(nameOf(channel));
  const [from, to] = cluster.masters as [(typeof cluster.masters)[0], (typeof cluster.masters)[0]];
  for (const { client } of [to, from]) await client.call("CLUSTER", "SETSLOT", slot, "NODE", to.id);
  await expect.poll(followed.losses, { timeout }).toBeGreaterThan(0);
  await followed.arrives("after");
});
