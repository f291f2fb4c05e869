// Messages between actors. An effect made by `tell` is an outbox: its row is in the commit of the step that asks for it, it is sent
// again after a crash, and the receiver knows the key, so it steps the message exactly once (repeats within the seven days for
// which event ids are kept).
import { Duration, Effect, Schedule } from "effect";
import type { ActorEvent } from "#protocol/actor.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import { Actors } from "./actors.ts";
import type { EffectFailure, EffectHandler } from "./define.ts";

export interface Message {
  /** `kind/id` of the receiver. */
  readonly to: string;
  readonly event: ActorEvent;
}

/** Pauses between attempts while the receiver cannot be reached: 0.1 s, doubling up to 10 s, as long as the effect lasts. */
const untilReached = Schedule.exponential("100 millis").pipe(
  Schedule.modifyDelay(({ duration }) => Effect.succeed(Duration.min(duration, Duration.seconds(10)))),
);

/** Completes when the receiver has taken the message, now or before. Fails when it refuses it or is not there. */
export const deliver = ({ to, event }: Message, eventId: string): Effect.Effect<void, CallError, Actors> =>
  Effect.flatMap(Actors, (actors) => actors.send(to, event, { eventId })).pipe(
    // `internal`: it threw for this event, and will again.
    Effect.retry({ schedule: untilReached, while: (error) => error.retryable && error.code !== "internal" }),
    // Taken before the crash, and this program words the same message otherwise.
    Effect.catchIf(
      (error) => error.code === "idempotency_conflict",
      () => Effect.void,
    ),
    Effect.asVoid,
  );

/**
 * An effect that tells another actor something: `effects: { notify: tell(({ order }) => ({ to: …, event: … })) }`. `message` must
 * follow from the input alone. Done when the receiver has taken it; fails with the receiver's error code as `kind`.
 */
export const tell = <Input, Event>(message: (input: Input) => Message): EffectHandler<Input, void, Event, Actors> => ({
  recovery: "resend",
  run: ({ input, key }) =>
    Effect.mapError(deliver(message(input), key), ({ code, message: text }): EffectFailure => ({ kind: code, message: text })),
});
