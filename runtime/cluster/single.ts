// One process: Effect Cluster with its registry in memory, no sockets and no Redis. All cells are here.
import { Effect, Layer } from "effect";
import * as MessageStorage from "effect/cluster/MessageStorage";
import * as RunnerHealth from "effect/cluster/RunnerHealth";
import * as Runners from "effect/cluster/Runners";
import * as RunnerStorage from "effect/cluster/RunnerStorage";
import * as Sharding from "effect/cluster/Sharding";
import * as ShardingConfig from "effect/cluster/ShardingConfig";
import { cellCount } from "../actor/store.ts";
import { Fanout } from "../bus/fanout.ts";
import { placementOnSharding } from "./cells.ts";
import { type RunnerInfo, ShardLocks } from "./locks.ts";
import type { Placement } from "./placement.ts";
import { Quotas } from "./quotas.ts";

export const unnamed: RunnerInfo = {
  address: "local",
  incarnation: "",
  secretMark: "",
  database: "",
  protocol: 0,
  version: "",
  weight: 1,
  startedAt: 0,
};

/** All cells arrive at once. */
export const placementInMemory: Layer.Layer<Placement, never, ShardLocks | Fanout> = placementOnSharding(Effect.void).pipe(
  Layer.provide(Sharding.layer),
  Layer.provide(Runners.layerNoop),
  Layer.provide([MessageStorage.layerNoop, RunnerStorage.layerMemory, RunnerHealth.layerNoop]),
  Layer.provide(ShardingConfig.layer({ shardsPerGroup: cellCount, simulateRemoteSerialization: false, maxResidentEntities: "unbounded" })),
);

/** `info`: what is told of this process. */
export const oneProcess = (info: RunnerInfo): Layer.Layer<Placement | ShardLocks | Fanout | Quotas> =>
  Layer.provideMerge(placementInMemory, Layer.mergeAll(ShardLocks.alone(info), Fanout.alone, Quotas.alone));

export const singleProcess: Layer.Layer<Placement | ShardLocks | Fanout | Quotas> = oneProcess(unnamed);

/** One process that says of itself which version it is and since when. */
export const namedProcess = (version: string, startedAt: number): Layer.Layer<Placement | ShardLocks | Fanout | Quotas> =>
  oneProcess({ ...unnamed, version, startedAt });
