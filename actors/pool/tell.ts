// Telling pools that what holds back who waits has changed.
import { Effect } from "effect";
import { poolAddress } from "#actors/account/address.ts";
import { Providers } from "#actors/provider/index.ts";
import { paidAt } from "#actors/provider/paid.ts";
import { Actors } from "#runtime/actor/actors.ts";

/**
 * Tells the pool of this provider, or all. One that does not exist yet reads the rules when it comes to be, and one that misses this reads
 * them again by itself.
 */
export const makeTellPools = Effect.gen(function* () {
  const actors = yield* Actors;
  const providers = yield* Providers;
  return (provider: string | null): Effect.Effect<void> =>
    Effect.forEach(paidAt(providers, provider), ({ id }) => Effect.ignore(actors.send(poolAddress(id), { type: "pool.rules" })), {
      concurrency: "unbounded",
      discard: true,
    });
});
