// The host's own effect: tells a parent what its child went through. It is recovered like any effect; the ids of its messages come
// from the child's address and step, so the parent takes each once.
import { Effect } from "effect";
import type { Actors } from "./actors.ts";
import type { EffectCall } from "./define.ts";
import { type AnyEffectHandler, hostTell, type Telling } from "./resident.ts";
import { deliver } from "./tell.ts";

const tellOne = (telling: Telling): Effect.Effect<void, never, Actors> =>
  deliver(telling, telling.eventId).pipe(
    Effect.catch((error) =>
      Effect.annotateLogs(Effect.logWarning("a parent could not be told"), {
        parent: telling.to,
        event: telling.event,
        reason: error.message,
      }),
    ),
  );

export const hostEffects: Readonly<Record<string, AnyEffectHandler<Actors>>> = {
  [hostTell]: {
    recovery: "resend",
    run: ({ input }: EffectCall<ReadonlyArray<Telling>, never>) => Effect.forEach(input, tellOne, { discard: true }),
  },
};
