// Many processes: Effect Cluster over sockets, its registry and locks in Redis.
import { Clock, Effect, Layer, Option } from "effect";
import * as MessageStorage from "effect/cluster/MessageStorage";
import * as RunnerAddress from "effect/cluster/RunnerAddress";
import * as RunnerHealth from "effect/cluster/RunnerHealth";
import * as ShardingConfig from "effect/cluster/ShardingConfig";
import * as SocketRunner from "effect/cluster/SocketRunner";
import { cellCount } from "../actor/store.ts";
import type { Fanout } from "../bus/fanout.ts";
import { redisFanout } from "../bus/redis.ts";
import { placementOnSharding } from "./cells.ts";
import { refreshesPerLife } from "./leases.ts";
import type { ShardLocks } from "./locks.ts";
import type { Placement } from "./placement.ts";
import type { Quotas } from "./quotas.ts";
import { redisQuotas } from "./redis-quotas.ts";
import { RedisConnection, type RedisError, warnOfEviction } from "./redis.ts";
import { clusterProtocol, type ClusterRefused, registry } from "./registry.ts";
import { markOf, runnerSockets, type RunnersUnheard } from "./transport.ts";

export interface ClusterOptions {
  readonly redisUrl: string;
  /** host:port for other runners. */
  readonly address: string;
  /** host:port where it listens for them, if that is another. */
  readonly listen?: string | undefined;
  readonly secret: string | undefined;
  /** See `RunnerInfo.database`. */
  readonly database: string;
  readonly weight: number;
  /** ms after which a silent runner has lost its cells. */
  readonly expiryMs: number;
  /** Of the program. */
  readonly version: string;
}

const placeOf = (address: string): RunnerAddress.RunnerAddress => {
  const [host = "127.0.0.1", port = "0"] = address.split(":");
  return RunnerAddress.make(host, Number(port));
};

/** Cells that change hands arrive within moments. */
const gathered = "15 millis";

export const manyProcesses = (
  options: ClusterOptions,
): Layer.Layer<Placement | ShardLocks | Fanout | Quotas, ClusterRefused | RedisError | RunnersUnheard> =>
  Layer.unwrap(
    Effect.map(Clock.currentTimeMillis, (startedAt) => {
      const here = placeOf(options.listen ?? options.address);
      const { address, weight, version, expiryMs } = options;
      const info = {
        address,
        incarnation: crypto.randomUUID(),
        secretMark: markOf(options.secret),
        database: options.database,
        protocol: clusterProtocol,
        version,
        weight,
        startedAt,
      };
      const config = ShardingConfig.layer({
        runnerAddress: Option.some(placeOf(address)),
        runnerListenAddress: Option.some(here),
        runnerShardWeight: weight,
        shardsPerGroup: cellCount,
        shardLockExpiration: expiryMs,
        shardLockRefreshInterval: expiryMs / refreshesPerLife,
        // The registry says when it is worth asking again.
        refreshAssignmentsInterval: 0,
        // How often assigned shards are tried for; there are no persisted messages to poll.
        entityMessagePollInterval: 250,
        entityTerminationTimeout: "5 seconds",
        sendRetryInterval: 50,
        simulateRemoteSerialization: false,
        maxResidentEntities: "unbounded",
      });
      return placementOnSharding(Effect.sleep(gathered)).pipe(
        Layer.provide(SocketRunner.layer),
        // Heartbeats in the registry tell who lives; a ping would take a frozen process for alive for a minute.
        Layer.provide([MessageStorage.layerNoop, RunnerHealth.layerNoop, runnerSockets(here.host, here.port, options.secret)]),
        Layer.provide(config),
        Layer.provideMerge(Layer.mergeAll(redisFanout, redisQuotas)),
        Layer.provideMerge(registry({ info, expiryMs })),
        Layer.merge(Layer.effectDiscard(warnOfEviction)),
        Layer.provide(RedisConnection.layer(options.redisUrl)),
      );
    }),
  );
