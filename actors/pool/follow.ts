// Following the queues at all providers as one user: told when a pool has changed, and then as it is, a few times a second at most.
import { Clock, Effect, Queue } from "effect";
import { poolAddress } from "#actors/account/address.ts";
import { Providers } from "#actors/provider/index.ts";
import { paidAt } from "#actors/provider/paid.ts";
import { Actors } from "#runtime/actor/actors.ts";
import { Bus } from "#runtime/bus/bus.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import type { TopicHandle, TopicMessage } from "#runtime/gateway/handlers.ts";
import { poolsChannel } from "./actor.ts";
import { emptyQueue, type PoolQueue } from "./queue.ts";
import { queueSeenBy } from "./view.ts";

/** Between two looks at what has changed meanwhile. */
const rest = "250 millis";

export const makeFollowQueues = Effect.gen(function* () {
  const actors = yield* Actors;
  const bus = yield* Bus;
  const providers = yield* Providers;
  const fork = Effect.runForkWith(yield* Effect.context<never>());
  const pooled = () => paidAt(providers, null);

  const seen = Effect.fnUntraced(function* (
    provider: { readonly id: string; readonly title: string },
    ownerId: string,
    jobId: string | undefined,
  ) {
    const queue = yield* actors.view(poolAddress(provider.id)).pipe(
      // The host's types end at the machine: the context is the one that the pool's machine made.
      Effect.map(({ context }) => (context as unknown as { readonly queue: PoolQueue }).queue),
      // Nobody has waited there yet.
      Effect.catchIf(
        ({ code }) => code === "not_found",
        () => Effect.succeed(emptyQueue(provider.id)),
      ),
    );
    return queueSeenBy(queue, provider.title, { ownerId, jobId, now: yield* Clock.currentTimeMillis });
  });

  return (ownerId: string, jobId: string | undefined, emit: (message: TopicMessage) => void): Effect.Effect<TopicHandle, CallError> =>
    Effect.gen(function* () {
      const changed = new Set<string>();
      /** What was told last of each provider, since the last snapshot. */
      const last = new Map<string, string>();
      const wakes = yield* Queue.sliding<true>(1);
      let told = 0;
      const snapshot = Effect.map(
        Effect.forEach(pooled(), (provider) => seen(provider, ownerId, jobId), { concurrency: "unbounded" }),
        (queues) => ({ queues }),
      );
      const tell = Effect.gen(function* () {
        yield* Queue.take(wakes);
        const ids = [...changed];
        changed.clear();
        for (const id of ids) {
          const provider = pooled().find((each) => each.id === id);
          if (provider === undefined) continue;
          yield* Effect.match(seen(provider, ownerId, jobId), {
            onSuccess: (queue) => {
              const json = JSON.stringify([queue]);
              if (last.get(id) === json) return;
              last.set(id, json);
              emit({ type: "delta", pos: `queue:${++told}`, json });
            },
            // It cannot be reached just now: after the rest it is asked again.
            onFailure: () => {
              changed.add(id);
              Queue.offerUnsafe(wakes, true);
            },
          });
        }
        yield* Effect.sleep(rest);
      });
      const fiber = fork(Effect.forever(tell));
      const handle = yield* bus
        .follow(poolsChannel, undefined, snapshot, (message) => {
          if (message.type !== "delta") {
            last.clear();
            return emit(message);
          }
          for (const { provider } of JSON.parse(message.json) as ReadonlyArray<{ readonly provider: string }>) changed.add(provider);
          Queue.offerUnsafe(wakes, true);
        })
        .pipe(Effect.onError(() => Effect.sync(() => fiber.interruptUnsafe())));
      return {
        resync: handle.resync,
        close: () => {
          fiber.interruptUnsafe();
          handle.close();
        },
      };
    });
});
