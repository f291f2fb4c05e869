// The kind `session`: one playthrough, its stored row, and what happens in it without its player. Nothing is generated for playthroughs yet:
// a generation node goes on at once by what it says for when there is no result.
import { Clock, Effect, Schedule } from "effect";
import type { PlayInput, PlayState } from "#protocol/scene/play/state.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import { Actors } from "#runtime/actor/actors.ts";
import { defineActor, type EffectCall, type EffectFailure } from "#runtime/actor/define.ts";
import type { SessionContext, SessionEvent, Unattended } from "./context.ts";
import { decide } from "./decide.ts";
import { sessionMachine, sessionMachineVersion, type TimeOutInput } from "./machine.ts";
import { sessionColumns, storedSession } from "./row.ts";
import { Versions } from "./versions.ts";

export const sessionAddress = (id: string): string => `session/${id}`;

const again = Schedule.spaced("1 second");

export const sessionActor = Effect.gen(function* () {
  const versions = yield* Versions;

  /** What comes of this now: nothing can have come before it, as that would have ended the effect. */
  const happening = Effect.fnUntraced(function* (
    address: string,
    versionId: string,
    inputOf: (play: PlayState) => PlayInput | null,
  ): Effect.fn.Return<Unattended, CallError, Actors> {
    const { story } = yield* versions.get(versionId);
    const actors = yield* Actors;
    const { context } = yield* actors.view(address);
    const { play } = context as unknown as SessionContext;
    const input = inputOf(play);
    const decided = input === null ? null : decide(story, play, input);
    return { move: decided?.ok === true ? decided.move : null };
  });

  const patiently = <A>(effect: Effect.Effect<A, CallError, Actors>): Effect.Effect<A, EffectFailure, Actors> =>
    effect.pipe(
      Effect.retry({ schedule: again, while: ({ retryable }) => retryable }),
      Effect.mapError(({ code, message }): EffectFailure => ({ kind: code, message })),
    );

  /** Sleeping goes by a clock that nobody sets: one that is set forward ends no time early, and one that is set back none late. */
  const timeOut = Effect.fnUntraced(function* ({
    input: { versionId, waitMs, until },
    address,
    recovered,
  }: EffectCall<TimeOutInput, SessionEvent>): Effect.fn.Return<Unattended, EffectFailure, Actors> {
    yield* Effect.sleep(recovered ? Math.min(waitMs, Math.max(0, until - (yield* Clock.currentTimeMillis))) : waitMs);
    return yield* patiently(happening(address, versionId, ({ turn }) => ({ type: "timeout", turn })));
  });

  return defineActor<typeof sessionMachine, Actors>({
    kind: "session",
    version: sessionMachineVersion,
    machine: sessionMachine,
    effects: {
      timeOut: { recovery: "resend", run: timeOut },
      generate: {
        recovery: "resend",
        run: ({ input: { versionId }, address }) =>
          patiently(
            happening(address, versionId, ({ waiting }) =>
              waiting.for === "generation" ? { type: "generationFailed", key: waiting.key } : null,
            ),
          ),
      },
    },
    owner: ({ context }) => context.ownerId,
    projection: { table: "play_session", columns: sessionColumns, row: storedSession },
  });
});
