// Questions about what became of a job that was submitted, and may have been paid. Only the provider's own word on the job ends it: to take
// anything else for its end would pay for it twice.
import { Effect } from "effect";
import type { ProviderFailure } from "./provider.ts";
import type { Pace, Polling } from "./tools.ts";

/** Answers in a row that end a job which one machine of many may give by mistake, until they are believed. */
const doubts = 3;

export const isLost = ({ kind }: ProviderFailure): boolean => kind === "lost";

/**
 * A failure of a question, as against one of the job: what cannot be read, a request that is not taken and credits that have run out since
 * then say nothing of what goes on.
 */
export const ofQuestion = (failure: ProviderFailure): ProviderFailure => {
  switch (failure.kind) {
    case "provider":
    case "parameters":
    case "input":
    case "storage":
      return { ...failure, kind: "network" };
    case "credits":
      return { ...failure, kind: "limit" };
    case "authentication":
    case "filtered":
    case "internal":
    case "limit":
    case "lost":
    case "network":
    case "timeout":
      return failure;
  }
};

/**
 * The question, to be asked again and again; what is doubtful of an end it says only after some answers of that kind in a row: that the job is
 * not known, which may be a machine that does not know a young one yet. Counts for one that asks.
 */
export const surely = <A>(
  ask: Effect.Effect<A, ProviderFailure>,
  isDoubtful: (failure: ProviderFailure) => boolean = isLost,
): Effect.Effect<A, ProviderFailure> => {
  let told = 0;
  return Effect.mapError(
    Effect.tap(ask, () => Effect.sync(() => (told = 0))),
    (failure) => (isDoubtful(failure) && ++told < doubts ? { kind: "network", message: failure.message } : failure),
  );
};

/** What is asked only once, as before a download; where the job is not known, until that is sure. */
export const askedSurely = <A>(
  polling: Polling,
  ask: Effect.Effect<A, ProviderFailure>,
  options: { readonly pace: Pace; readonly expectedMs: number },
): Effect.Effect<A, ProviderFailure> =>
  Effect.catchIf(ask, isLost, () =>
    Effect.suspend(() => {
      let answer = ask;
      const asked = Effect.map(ask, (known) => {
        answer = Effect.succeed(known);
        return { state: "done", charged: null } as const;
      });
      return Effect.andThen(
        polling.track(surely(asked), () => Effect.void, options),
        Effect.suspend(() => answer),
      );
    }),
  );
