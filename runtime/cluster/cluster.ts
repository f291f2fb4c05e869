// Where actors live, by the settings: in this process alone, or spread over all that meet in one Redis.
import { Clock, Effect, Layer } from "effect";
import { Database } from "#db/client/database.ts";
import { lineageOf } from "#db/client/lineage.ts";
import type { Fanout } from "../bus/fanout.ts";
import { Settings } from "../config/settings.ts";
import type { ShardLocks } from "./locks.ts";
import type { Placement } from "./placement.ts";
import type { Quotas } from "./quotas.ts";
import type { RedisError } from "./redis.ts";
import type { ClusterRefused } from "./registry.ts";
import { namedProcess } from "./single.ts";
import type { RunnersUnheard } from "./transport.ts";

/** To be asked before the database is brought up to date: whether the runners that live would understand it then. */
export const runnersUnderstand: Layer.Layer<never, ClusterRefused | RedisError, Settings> = Layer.effectDiscard(
  Effect.gen(function* () {
    const { REDIS_URL } = yield* Settings;
    if (REDIS_URL === undefined) return;
    const { RedisConnection } = yield* Effect.promise(() => import("./redis.ts"));
    const { sameProtocol } = yield* Effect.promise(() => import("./registry.ts"));
    yield* Effect.provide(sameProtocol, RedisConnection.layer(REDIS_URL));
  }),
);

/** `version`: of the program. What only several processes need is loaded only for them. */
export const clusterLayer = (
  version: string,
): Layer.Layer<Placement | ShardLocks | Fanout | Quotas, ClusterRefused | RedisError | RunnersUnheard, Database | Settings> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { REDIS_URL, ...settings } = yield* Settings;
      if (REDIS_URL === undefined) return namedProcess(version, yield* Clock.currentTimeMillis);
      const database = yield* lineageOf(yield* Database);
      const { manyProcesses } = yield* Effect.promise(() => import("./many.ts"));
      return manyProcesses({
        redisUrl: REDIS_URL,
        address: settings.PIXSIM_RUNNER,
        listen: settings.PIXSIM_RUNNER_LISTEN,
        secret: settings.PIXSIM_CLUSTER_SECRET,
        database,
        weight: settings.PIXSIM_RUNNER_WEIGHT,
        expiryMs: settings.PIXSIM_LOCK_EXPIRY,
        version,
      });
    }),
  );
