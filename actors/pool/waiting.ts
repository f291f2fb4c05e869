// How a job waits for a place at an account: it says so to the pool again and again, for a pool is in memory only, and hears why it waits.
// The place itself comes to the job's actor as `slot.granted`.
import { Effect, Random } from "effect";
import { Actors } from "#runtime/actor/actors.ts";
import { poolAddress } from "#actors/account/address.ts";
import type { Standing, Waiter } from "./queue.ts";

/** Pauses between two words to the pool, ms: short at first, since the first may find it loading. */
const pauses = [250, 1000, 3000, 10_000, 20_000] as const;

export interface Waiting extends Omit<Waiter, "heardAt"> {
  readonly provider: string;
  readonly providerTitle: string;
}

/** Never ends by itself; interrupting it leaves the queue. `tell` is called when the wait is another than before. */
export const waitInPool = Effect.fnUntraced(function* (
  { provider, providerTitle, ...waiter }: Waiting,
  tell: (standing: Standing) => Effect.Effect<void>,
): Effect.fn.Return<never, never, Actors> {
  const actors = yield* Actors;
  const address = poolAddress(provider);
  const want = actors.send(address, { type: "pool.want", ...waiter }).pipe(
    Effect.catchIf(
      ({ code }) => code === "not_found",
      () =>
        Effect.andThen(actors.create(address, { provider, title: providerTitle }), actors.send(address, { type: "pool.want", ...waiter })),
    ),
    Effect.map(({ context }) => (context["standings"] as Readonly<Record<string, Standing>> | undefined)?.[waiter.ownerId] ?? null),
    // It cannot be reached now: it is told again.
    Effect.orElseSucceed(() => null),
  );
  const leave = Effect.ignore(actors.send(address, { type: "pool.leave", ownerId: waiter.ownerId, jobId: waiter.jobId }));

  const wait = Effect.gen(function* () {
    let told: Standing | null = null;
    for (let count = 0; ; count++) {
      const standing = yield* want;
      // At once it is only passing: most are granted a place before they ask again.
      if (standing !== null && count > 0 && (standing.reason !== told?.reason || standing.heldBack !== told.heldBack)) {
        told = standing;
        yield* tell(standing);
      }
      const pause = pauses[Math.min(count, pauses.length - 1)]!;
      yield* Effect.sleep(Math.round(pause * (0.8 + 0.4 * (yield* Random.next))));
    }
  });
  return yield* Effect.onInterrupt(wait, () => leave);
});
