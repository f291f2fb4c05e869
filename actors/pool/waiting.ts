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

/** Why it waits. */
interface Wait extends Pick<Standing, "reason" | "heldBack"> {
  /** No account there can take it, whatever comes free. */
  readonly hopeless: boolean;
}

interface Answer {
  readonly standing: Standing;
  /** How often the pool has read the accounts. */
  readonly reads: number;
}

/**
 * Never ends by itself; interrupting it leaves the queue. `tell` is called when the wait is another than before. `mayLeave`: whoever waits does
 * so no more when it is hopeless, which is told only after the accounts were read anew: news of one may have been lost.
 */
export const waitInPool = Effect.fnUntraced(function* (
  { provider, providerTitle, ...waiter }: Waiting,
  mayLeave: boolean,
  tell: (wait: Wait) => Effect.Effect<void>,
): Effect.fn.Return<never, never, Actors> {
  const actors = yield* Actors;
  const address = poolAddress(provider);
  const want = actors.send(address, { type: "pool.want", ...waiter }).pipe(
    Effect.catchIf(
      ({ code }) => code === "not_found",
      () =>
        Effect.andThen(actors.create(address, { provider, title: providerTitle }), actors.send(address, { type: "pool.want", ...waiter })),
    ),
    Effect.map(({ context }): Answer | null => {
      // The host's types end at the machine: the context is what the pool answers with.
      const { standings, reads } = context as { readonly standings?: Readonly<Record<string, Standing>>; readonly reads?: number };
      const standing = standings?.[waiter.ownerId];
      return standing === undefined || reads === undefined ? null : { standing, reads };
    }),
    // It cannot be reached now: it is told again.
    Effect.orElseSucceed(() => null),
  );
  const leave = Effect.ignore(actors.send(address, { type: "pool.leave", ownerId: waiter.ownerId, jobId: waiter.jobId }));
  const readAnew = Effect.ignore(actors.send(address, { type: "pool.rules" }));

  const wait = Effect.gen(function* () {
    let told: Wait | null = null;
    /** Reads of the pool when it first seemed hopeless. */
    let doubted: number | null = null;
    for (let count = 0; ; count++) {
      const answer: Answer | null = yield* want;
      // At once it is only passing: most are granted a place before they ask again.
      if (answer !== null && count > 0) {
        const { standing, reads } = answer;
        const seemsHopeless: boolean = mayLeave && reads > 0 && standing.upTo !== null && standing.upTo < waiter.cost;
        if (!seemsHopeless) doubted = null;
        else if (doubted === null) {
          doubted = reads;
          yield* readAnew;
        }
        const now: Wait = { reason: standing.reason, heldBack: standing.heldBack, hopeless: seemsHopeless && reads !== doubted };
        if (told === null || told.reason !== now.reason || told.heldBack !== now.heldBack || told.hopeless !== now.hopeless) {
          told = now;
          yield* tell(now);
        }
      }
      const pause = pauses[Math.min(count, pauses.length - 1)]!;
      yield* Effect.sleep(Math.round(pause * (0.8 + 0.4 * (yield* Random.next))));
    }
  });
  return yield* Effect.onInterrupt(wait, () => leave);
});
