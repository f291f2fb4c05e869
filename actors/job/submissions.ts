// Submissions under way: a submission that was begun is let finish even if the job has moved on, so that what it started can
// be called off, and no key is sent twice at the same time.
import { Effect, Exit, Fiber } from "effect";
import type { ProviderFailure } from "#actors/provider/provider.ts";

/** Submissions whose outcome is remembered, beyond those under way (of which there are at most as many as slots). */
const remembered = 1000;

type Submission = Fiber.Fiber<{ readonly providerJobId: string }, ProviderFailure>;

export class Submissions {
  readonly #byKey = new Map<string, Submission>();

  /** Submits, unless the same key is under way or was accepted: then its outcome is the answer. */
  readonly submit = (
    key: string,
    send: Effect.Effect<{ readonly providerJobId: string }, ProviderFailure>,
  ): Effect.Effect<{ readonly providerJobId: string }, ProviderFailure> =>
    Effect.suspend(() => {
      const known = this.#byKey.get(key);
      const exit = known?.pollUnsafe();
      if (known !== undefined && (exit === undefined || Exit.isSuccess(exit))) return Fiber.join(known);
      return Effect.flatMap(Effect.forkDetach(send), (fiber) => {
        this.#byKey.set(key, fiber);
        this.#forget();
        return Fiber.join(fiber);
      });
    });

  /** The provider's job that a key has led to, waiting for its submission if that is under way; null if there is none. */
  readonly outcome = (key: string): Effect.Effect<string | null> =>
    Effect.suspend(() => {
      const known = this.#byKey.get(key);
      if (known === undefined) return Effect.succeed(null);
      return Effect.map(Fiber.await(known), (exit) => (Exit.isSuccess(exit) ? exit.value.providerJobId : null));
    });

  #forget(): void {
    if (this.#byKey.size <= remembered) return;
    for (const [key, fiber] of this.#byKey) {
      if (fiber.pollUnsafe() === undefined) continue;
      this.#byKey.delete(key);
      if (this.#byKey.size <= remembered) return;
    }
  }
}

/** What a submission that died of a bug means: nobody knows whether it arrived. */
export const unknownOutcome = (defect: unknown): ProviderFailure => ({
  kind: "network",
  message: `The submission broke off: ${defect instanceof Error ? defect.message : String(defect)}.`,
});
