// What generation nodes ahead of the players are to bring, asked for while they are on their way there, and brought to the playthrough as soon
// as it is made. Nothing of this is kept: what was under way in a process that died is found again at the next move, or at the node itself.
import { Context, Effect, FiberMap, Layer, Queue, Schedule } from "effect";
import { lookAhead } from "#protocol/scene/play/ahead.ts";
import type { Demand } from "#protocol/scene/play/state.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import { Actors } from "#runtime/actor/actors.ts";
import { sessionAddress } from "./address.ts";
import { isAttended, type SessionContext, sessionLimits } from "./context.ts";
import { decide } from "./decide.ts";
import { Generations } from "./generations.ts";
import { type PlayedVersion, Versions } from "./versions.ts";

/** Moves that wait to be looked from; of more, the oldest are not. */
const mostMoves = 10_000;
/** Inputs that are tried, and clips that are asked for at a time: each choice not made costs what its clip did. */
const inputsAhead = 2;
const clipsAhead = 4;
/** How often a clip is brought anew because something else came first. */
const mostTries = 5;
const again = Schedule.spaced("1 second");

export class Lookout extends Context.Service<
  Lookout,
  {
    /** A playthrough stands there now. */
    readonly committed: (session: SessionContext) => void;
    readonly moves: Queue.Queue<SessionContext>;
  }
>()("pixsim/actors/Lookout") {
  static readonly layer: Layer.Layer<Lookout> = Layer.effect(
    Lookout,
    Effect.map(Queue.sliding<SessionContext>(mostMoves), (moves) =>
      Lookout.of({ moves, committed: (session) => void Queue.offerUnsafe(moves, session) }),
    ),
  );
}

const isKnown = ({ play }: SessionContext, key: string): boolean => play.generated[key] !== undefined;

export const playAhead: Layer.Layer<never, never, Actors | Generations | Lookout | Versions> = Layer.effectDiscard(
  Effect.gen(function* () {
    const actors = yield* Actors;
    const generations = yield* Generations;
    const versions = yield* Versions;
    const { moves } = yield* Lookout;
    /** By playthrough: what is looked at and waited for since its latest move. */
    const looking = yield* FiberMap.make<string, void, never>();

    /** Tells a playthrough of a clip, unless it knows, has ended, or takes nothing more. */
    const bring = Effect.fnUntraced(function* (id: string, { story }: PlayedVersion, key: string, assetId: string) {
      for (let tries = 0; tries < mostTries; tries++) {
        const view = yield* actors.view(sessionAddress(id));
        const session = view.context as unknown as SessionContext;
        if (view.status === "done" || isKnown(session, key) || view.seq >= sessionLimits.entries) return;
        const decided = decide(story, session.play, { type: "generated", key, assetId });
        if (!decided.ok) return;
        yield* actors.send(sessionAddress(id), { type: "session.moved", base: session.moves, token: null, ...decided.move });
      }
    });

    const prepare = Effect.fnUntraced(function* (version: PlayedVersion, session: SessionContext, demand: Demand) {
      const jobId = yield* Effect.provideService(generations.ask(version, session, demand), Actors, actors);
      const assetId = jobId === null ? null : yield* generations.made(version.ownerId, jobId);
      if (assetId !== null) yield* bring(session.order.id, version, demand.key, assetId);
    });

    const look = Effect.fnUntraced(function* (session: SessionContext) {
      const version = yield* versions.get(session.order.versionId);
      if (version.generates.size === 0) return;
      const { demands } = lookAhead(version.story, session.play, inputsAhead);
      yield* Effect.forEach(demands.slice(0, clipsAhead), (demand) => prepare(version, session, demand), {
        concurrency: "unbounded",
        discard: true,
      });
    });

    const patiently = (effect: Effect.Effect<void, CallError>): Effect.Effect<void> =>
      effect.pipe(
        Effect.retry({ schedule: again, while: ({ retryable }) => retryable }),
        Effect.catchCause((cause) => Effect.logWarning("nothing could be made ahead of a player", cause)),
      );

    const watch = Effect.flatMap(Queue.take(moves), (session) => {
      const { id } = session.order;
      const isOver = session.play.waiting.for === "nothing" || !isAttended(session);
      return isOver ? FiberMap.remove(looking, id) : FiberMap.run(looking, id, patiently(look(session)));
    });
    yield* Effect.forkScoped(Effect.forever(watch));
  }),
);
