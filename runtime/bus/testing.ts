// The bus of one of several processes, over a real Redis: for tests.
import { Effect, Layer, ManagedRuntime } from "effect";
import { RedisConnection, type RedisError } from "../cluster/redis.ts";
import { type RunnerInfo, ShardLocks } from "../cluster/locks.ts";
import { Bus } from "./bus.ts";
import { redisFanout } from "./redis.ts";

export const runnerOf = (incarnation: string): RunnerInfo => ({
  address: incarnation,
  incarnation,
  secretMark: "",
  database: "",
  protocol: 1,
  version: "",
  weight: 1,
  startedAt: 0,
});

/** `runners`: which processes there are at the moment. */
export const busProcess = (url: string, runners: () => ReadonlyArray<RunnerInfo>) => busOver(RedisConnection.layer(url), runners);

export const busOver = (connection: Layer.Layer<RedisConnection, RedisError>, runners: () => ReadonlyArray<RunnerInfo>) => {
  const locks = Layer.succeed(ShardLocks, {
    me: "",
    holders: () => Effect.succeed(null),
    leaseMs: () => Infinity,
    tenure: () => 0,
    confirm: (shards) => Effect.succeed(new Set(shards)),
    runners: Effect.sync(runners),
    departed: Effect.never,
    hasLeft: () => {},
    onTaken: () => {},
    stand: () => Effect.succeed(false),
    leave: () => Effect.succeed(false),
  });
  return ManagedRuntime.make(Bus.layer.pipe(Layer.provideMerge(redisFanout), Layer.provide([connection, locks])));
};
