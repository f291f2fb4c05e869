// Where actors live, by the settings: in this process alone, or spread over all that meet in one Redis.
import { Clock, Effect, Layer } from "effect";
import type * as SocketServer from "effect/socket/SocketServer";
import type { Fanout } from "../bus/fanout.ts";
import { Settings } from "../config/settings.ts";
import type { ShardLocks } from "./locks.ts";
import type { Placement } from "./placement.ts";
import type { Quotas } from "./quotas.ts";
import type { RedisError } from "./redis.ts";
import type { ClusterRefused } from "./registry.ts";
import { namedProcess } from "./single.ts";

/** `version`: of the program. What only several processes need is loaded only for them. */
export const clusterLayer = (
  version: string,
): Layer.Layer<Placement | ShardLocks | Fanout | Quotas, ClusterRefused | RedisError | SocketServer.SocketServerError, Settings> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { REDIS_URL, ...settings } = yield* Settings;
      if (REDIS_URL === undefined) return namedProcess(version, yield* Clock.currentTimeMillis);
      const { manyProcesses } = yield* Effect.promise(() => import("./many.ts"));
      return manyProcesses({
        redisUrl: REDIS_URL,
        address: settings.PIXSIM_RUNNER,
        listen: settings.PIXSIM_RUNNER_LISTEN,
        secret: settings.PIXSIM_CLUSTER_SECRET,
        weight: settings.PIXSIM_RUNNER_WEIGHT,
        expiryMs: settings.PIXSIM_LOCK_EXPIRY,
        version,
      });
    }),
  );
