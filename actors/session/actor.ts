// The kind `session`: one playthrough, its stored row, and what happens in it without its player: the time for a choice runs out, and what a
// generation node asks for comes, or does not.
import { Clock, Effect, Schedule } from "effect";
import type { PlayInput, PlayState } from "#protocol/scene/play/state.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import { Actors } from "#runtime/actor/actors.ts";
import { defineActor, type EffectCall, type EffectFailure } from "#runtime/actor/define.ts";
import { demandIn } from "#protocol/scene/play/step.ts";
import type { SessionContext, SessionEvent, Unattended } from "./context.ts";
import { decide } from "./decide.ts";
import { again, Generations, longestWait } from "./generations.ts";
import { Lookout } from "./lookout.ts";
import { type GenerateInput, sessionMachine, sessionMachineVersion, type TimeOutInput } from "./machine.ts";
import { sessionColumns, storedSession } from "./row.ts";
import { Versions } from "./versions.ts";

const soon = Schedule.spaced("1 second");

export const sessionActor = Effect.gen(function* () {
  const versions = yield* Versions;
  const generations = yield* Generations;
  const lookout = yield* Lookout;

  const sessionAt = Effect.fnUntraced(function* (address: string) {
    const actors = yield* Actors;
    return (yield* actors.view(address)).context as unknown as SessionContext;
  });

  /** What comes now of the first of these that is taken: nothing can have come before it, as that would have ended the effect. */
  const happening = Effect.fnUntraced(function* (
    address: string,
    versionId: string,
    inputsOf: (play: PlayState) => ReadonlyArray<PlayInput>,
  ): Effect.fn.Return<Unattended, CallError, Actors> {
    const { story } = yield* versions.get(versionId);
    const { play } = yield* sessionAt(address);
    for (const input of inputsOf(play)) {
      const decided = decide(story, play, input);
      if (decided.ok) return { move: decided.move };
    }
    return { move: null };
  });

  const patiently = <A>(effect: Effect.Effect<A, CallError, Actors>): Effect.Effect<A, EffectFailure, Actors> =>
    effect.pipe(
      Effect.retry({ schedule: soon, while: ({ retryable }) => retryable }),
      Effect.mapError(({ code, message }): EffectFailure => ({ kind: code, message })),
    );

  /** Sleeping goes by a clock that nobody sets: one that is set forward ends no time early, and one that is set back none late. */
  const timeOut = Effect.fnUntraced(function* ({
    input: { versionId, waitMs, until },
    address,
    recovered,
  }: EffectCall<TimeOutInput, SessionEvent>): Effect.fn.Return<Unattended, EffectFailure, Actors> {
    yield* Effect.sleep(recovered ? Math.min(waitMs, Math.max(0, until - (yield* Clock.currentTimeMillis))) : waitMs);
    return yield* patiently(happening(address, versionId, ({ turn }) => [{ type: "timeout", turn }]));
  });

  /** Begun again it finds what it has asked for, and goes on waiting for that. */
  const generate = Effect.fnUntraced(function* (address: string, versionId: string): Effect.fn.Return<Unattended, CallError, Actors> {
    const version = yield* versions.get(versionId);
    const session = yield* sessionAt(address);
    const demand = demandIn(version.story, session.play);
    if (demand === null) return { move: null };
    const { key } = demand;
    const assetId = yield* Effect.flatMap(generations.ask(version, session, demand, "now"), (jobId) =>
      jobId === null ? Effect.succeed(null) : generations.made(version.ownerId, jobId),
    ).pipe(
      Effect.retry({ schedule: again, while: ({ retryable }) => retryable }),
      Effect.timeoutOrElse({ duration: longestWait, orElse: () => Effect.succeed(null) }),
    );
    return yield* happening(address, versionId, ({ waiting }) => {
      if (waiting.for !== "generation" || waiting.key !== key) return [];
      const failed = { type: "generationFailed", key } as const;
      // What it has no room for it does without.
      return assetId === null ? [failed] : [{ type: "generated", key, assetId }, failed];
    });
  });

  return defineActor<typeof sessionMachine, Actors>({
    kind: "session",
    version: sessionMachineVersion,
    machine: sessionMachine,
    effects: {
      timeOut: { recovery: "resend", run: timeOut },
      generate: {
        recovery: "resend",
        run: ({ input: { versionId }, address }: EffectCall<GenerateInput, SessionEvent>) => patiently(generate(address, versionId)),
      },
    },
    owner: ({ context }) => context.ownerId,
    projection: { table: "play_session", columns: sessionColumns, row: storedSession },
    committed: ({ value, context }) => lookout.committed(context, value === "over" || value === "deleted"),
  });
});
