// Submissions under way: a submission that was begun is let finish even if the job has moved on, so that what it started can
// be called off, and no key is sent twice at the same time.
import { Effect, Exit, Fiber, Option } from "effect";
import type { ProviderFailure } from "#actors/provider/provider.ts";
import { isAmbiguous, isAtTheDoor } from "./context.ts";

/** Submissions whose outcome is remembered, beyond those under way (of which there are at most as many as slots). */
const remembered = 1000;

interface Accepted {
  readonly providerJobId: string;
  readonly charged: number | null;
}
interface Submission {
  readonly fiber: Fiber.Fiber<Accepted, ProviderFailure>;
  /** The key had been sent before, and nobody knew what became of it. */
  readonly unanswered: boolean;
}

/** What came of a key. `unknown`: no answer came, or it was sent by an earlier process if at all. */
export type Outcome =
  | { readonly type: "accepted"; readonly providerJobId: string }
  | { readonly type: "refused" }
  | { readonly type: "unknown" };

const unknown: Outcome = { type: "unknown" };

export class Submissions {
  readonly #byKey = new Map<string, Submission>();

  /** Submits, unless the same key is under way or was accepted: then its outcome is the answer. */
  readonly submit = (
    key: string,
    send: Effect.Effect<Accepted, ProviderFailure>,
    unanswered = false,
  ): Effect.Effect<Accepted, ProviderFailure> =>
    Effect.suspend(() => {
      const known = this.#byKey.get(key)?.fiber;
      const exit = known?.pollUnsafe();
      if (known !== undefined && (exit === undefined || Exit.isSuccess(exit))) return Fiber.join(known);
      return Effect.flatMap(Effect.forkDetach(send), (fiber) => {
        this.#byKey.set(key, { fiber, unanswered });
        this.#forget();
        return Fiber.join(fiber);
      });
    });

  /** What a key has led to, waiting for its submission if that is under way. */
  readonly outcome = (key: string): Effect.Effect<Outcome> =>
    Effect.suspend(() => {
      const known = this.#byKey.get(key);
      return known === undefined
        ? Effect.succeed(unknown)
        : Effect.map(Fiber.await(known.fiber), (exit) => outcomeOf(exit, known.unanswered));
    });

  #forget(): void {
    if (this.#byKey.size <= remembered) return;
    for (const [key, { fiber }] of this.#byKey) {
      if (fiber.pollUnsafe() === undefined) continue;
      this.#byKey.delete(key);
      if (this.#byKey.size <= remembered) return;
    }
  }
}

const outcomeOf = (exit: Exit.Exit<{ readonly providerJobId: string }, ProviderFailure>, unanswered: boolean): Outcome => {
  if (Exit.isSuccess(exit)) return { type: "accepted", providerJobId: exit.value.providerJobId };
  const failure = Option.getOrUndefined(Exit.findErrorOption(exit));
  if (failure === undefined) return unknown;
  const { kind, unsent = false, notTaken = false } = failure;
  // What was sent before is as open as it was where this time nobody was asked, or nobody looked.
  const isOpen = unanswered && !notTaken && (unsent || isAtTheDoor(kind));
  return isOpen || (isAmbiguous(kind) && !unsent) ? unknown : { type: "refused" };
};

/** What a submission that died of a bug means: nobody knows whether it arrived. */
export const unknownOutcome = (defect: unknown): ProviderFailure => ({
  kind: "network",
  message: `The submission broke off: ${defect instanceof Error ? defect.message : String(defect)}.`,
});
