// The `system` domain of the contract: what the server is made of, and how it does.
import { Clock, Effect } from "effect";
import type { SystemStatus } from "#protocol/system.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import { Database, type DatabaseError } from "#db/client/database.ts";
import { countParked } from "#db/queries/actor.ts";
import { Actors } from "../actor/actors.ts";
import { Auth } from "../auth/auth.ts";
import { Bus } from "../bus/bus.ts";
import { GatewayCounters } from "../gateway/counters.ts";
import { orCallError } from "../gateway/database-failures.ts";
import type { DomainHandlers } from "../gateway/handlers.ts";
import { Transport } from "../gateway/transport.ts";

const channel = "system";

/** `version`: of the program. `openJobs`: jobs that have not ended. */
export const systemHandlers = Effect.fnUntraced(function* (options: {
  readonly version: string;
  readonly openJobs: Effect.Effect<number, DatabaseError>;
}) {
  const { name: transport } = yield* Transport;
  const database = yield* Database;
  const auth = yield* Auth;
  const actors = yield* Actors;
  const bus = yield* Bus;
  const counters = yield* GatewayCounters;
  const clock = yield* Clock.Clock;
  const startedAt = clock.currentTimeMillisUnsafe();

  const status: Effect.Effect<SystemStatus, CallError> = Effect.gen(function* () {
    const [row] = yield* database.query(countParked);
    const { resident, effectsRunning } = actors.stats();
    return {
      at: yield* Clock.currentTimeMillis,
      connections: counters.connections,
      resident: { ...resident },
      parked: row?.parked ?? 0,
      effectsRunning,
      openJobs: yield* options.openJobs,
      memory: process.memoryUsage.rss(),
    };
  }).pipe(orCallError);

  // Nobody watching costs nothing.
  yield* Effect.forkScoped(
    Effect.sleep("1 second").pipe(
      Effect.andThen(
        Effect.suspend(() => (bus.watchers(channel) === 0 ? Effect.void : Effect.map(status, (now) => bus.publish(channel, now)))),
      ),
      Effect.ignoreCause({ log: "Warn", message: "the status could not be told" }),
      Effect.forever,
    ),
  );

  return {
    calls: {
      // Done when it is returned: such a call is answered without a fiber.
      "system.ping": ({ echo }) => {
        const at = clock.currentTimeMillisUnsafe();
        return Effect.succeed(echo === undefined ? { at } : { echo, at });
      },
      "system.info": () =>
        Effect.map(auth.needsSetup, (needsSetup) => ({
          version: options.version,
          transport,
          database: database.engine,
          startedAt,
          needsSetup,
        })),
    },
    streams: {},
    topics: {
      "system.status": (_params, _context, from, emit) => bus.follow(channel, from, status, emit),
    },
  } satisfies DomainHandlers<"system">;
});
