// The kind `session`: one playthrough, its stored row, and the end of the time for its choices.
import { Clock, Effect, Schedule } from "effect";
import type { CallError } from "#protocol/wire/errors.ts";
import { Actors } from "#runtime/actor/actors.ts";
import { defineActor, type EffectCall, type EffectFailure } from "#runtime/actor/define.ts";
import type { SessionContext, SessionEvent, TimedOut } from "./context.ts";
import { decide } from "./decide.ts";
import { sessionMachine, sessionMachineVersion, type TimeOutInput } from "./machine.ts";
import { sessionColumns, storedSession } from "./row.ts";
import { Versions } from "./versions.ts";

export const sessionAddress = (id: string): string => `session/${id}`;

const again = Schedule.spaced("1 second");

export const sessionActor = Effect.gen(function* () {
  const versions = yield* Versions;

  /** Sleeping goes by a clock that nobody sets: one that is set forward ends no time early, and one that is set back none late. */
  const timeOut = Effect.fnUntraced(function* ({
    input: { versionId, waitMs, until },
    address,
    recovered,
  }: EffectCall<TimeOutInput, SessionEvent>): Effect.fn.Return<TimedOut, CallError, Actors> {
    yield* Effect.sleep(recovered ? Math.min(waitMs, Math.max(0, until - (yield* Clock.currentTimeMillis))) : waitMs);
    const { story } = yield* versions.get(versionId);
    const actors = yield* Actors;
    // Nothing can have come meanwhile: that would have ended this.
    const { context } = yield* actors.view(address);
    const { play } = context as unknown as SessionContext;
    const decided = decide(story, play, { type: "timeout", turn: play.turn });
    return { move: decided.ok ? decided.move : null };
  });

  return defineActor<typeof sessionMachine, Actors>({
    kind: "session",
    version: sessionMachineVersion,
    machine: sessionMachine,
    effects: {
      timeOut: {
        recovery: "resend",
        run: (call) =>
          timeOut(call).pipe(
            Effect.retry({ schedule: again, while: ({ retryable }) => retryable }),
            Effect.mapError(({ code, message }): EffectFailure => ({ kind: code, message })),
          ),
      },
    },
    owner: ({ context }) => context.ownerId,
    projection: { table: "play_session", columns: sessionColumns, row: storedSession },
  });
});
