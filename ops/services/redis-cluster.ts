// A throw-away Redis cluster: masters that share the slots evenly, and replicas, each a server of its own.
import { Redis } from "ioredis";
import { freePort } from "./port.ts";
import { type RunningRedis, startRedis } from "./redis.ts";

/** Bounds for a machine that does much else meanwhile, ms. */
const patience = 30_000;
const slotCount = 16_384;

export interface Member {
  readonly redis: RunningRedis;
  readonly client: Redis;
  readonly id: string;
}

export interface RedisCluster {
  readonly masters: ReadonlyArray<Member>;
  /** Of the master of `slot`. */
  readonly replica: Member | null;
  /** Place in `masters` of the one that has a slot at the start. */
  readonly ownerOf: (slot: number) => number;
  readonly stop: () => Promise<void>;
}

const until = async (holds: () => Promise<boolean>, what: string): Promise<void> => {
  const late = performance.now() + patience;
  while (!(await holds().catch(() => false))) {
    if (performance.now() > late) throw new Error(`The Redis cluster did not come about: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

/** `replicated`: a slot whose master is to have a replica. */
export const startRedisCluster = async (count: number, replicated: number | null): Promise<RedisCluster> => {
  const members: Array<Member> = [];
  const stop = async (): Promise<void> => {
    for (const { client } of members) client.disconnect();
    await Promise.all(members.map(({ redis }) => redis.stop()));
  };
  try {
    for (let each = 0; each < count + (replicated === null ? 0 : 1); each++) {
      const bus = ["--cluster-node-timeout", "1500", "--cluster-port", String(await freePort())];
      const redis = await startRedis({ durable: false, more: ["--cluster-enabled", "yes", ...bus] });
      const client = new Redis(redis.port, redis.host);
      client.on("error", () => {
        // Of a server that was killed.
      });
      members.push({ redis, client, id: "" });
      members[each] = { redis, client, id: String(await client.call("CLUSTER", "MYID")) };
    }
    const masters = members.slice(0, count);
    const bounds = Array.from({ length: count + 1 }, (_, index) => Math.floor((index * slotCount) / count));
    const ownerOf = (slot: number): number => bounds.findIndex((_, index) => slot < bounds[index + 1]!);
    for (const [index, { client }] of masters.entries())
      await client.call("CLUSTER", "ADDSLOTSRANGE", bounds[index]!, bounds[index + 1]! - 1);
    for (const { redis, client } of members) {
      const [, bus] = (await client.config("GET", "cluster-port")) as [string, string];
      for (const other of members) if (other.client !== client) await other.client.call("CLUSTER", "MEET", redis.host, redis.port, bus);
    }
    const replica = members[count] ?? null;
    if (replica !== null && replicated !== null) {
      const { id } = masters[ownerOf(replicated)]!;
      const follow = async () => (await replica.client.call("CLUSTER", "REPLICATE", id)) === "OK";
      await until(follow, "the replica does not know its master");
    }
    const known = new RegExp(`cluster_state:ok[^]*cluster_known_nodes:${members.length}\\b`);
    for (const { client } of members) await until(async () => known.test(String(await client.call("CLUSTER", "INFO"))), "a node is alone");
    if (replica !== null) {
      const up = async () => (await replica.client.info("replication")).includes("master_link_status:up");
      await until(up, "the replica does not reach its master");
    }
    return { masters, replica, ownerOf, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
