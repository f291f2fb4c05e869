// What generation nodes ahead of the players are to bring, asked for while they are on their way there, and brought to the playthrough as soon
// as it is made. Nothing of this is kept: what was under way in a process that died is found again at the next move, or at the node itself.
import { Context, Effect, FiberMap, Layer, Queue } from "effect";
import { lookAhead } from "#protocol/scene/play/ahead.ts";
import type { Demand } from "#protocol/scene/play/state.ts";
import { demandIn } from "#protocol/scene/play/step.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import { Actors } from "#runtime/actor/actors.ts";
import { sessionAddress } from "./address.ts";
import { isAttended, type SessionContext, sessionLimits } from "./context.ts";
import { decide } from "./decide.ts";
import { again, Generations } from "./generations.ts";
import { type PlayedVersion, Versions } from "./versions.ts";

/** Moves that wait to be looked from; of more, the oldest are not. */
const mostMoves = 10_000;
/** Inputs that are tried, and clips that are asked for at a time: each choice not made costs what its clip did. */
const inputsAhead = 2;
const clipsAhead = 4;
/** How often a clip is brought anew because something else came first. */
const mostTries = 5;

interface Move {
  readonly session: SessionContext;
  readonly over: boolean;
}

export class Lookout extends Context.Service<
  Lookout,
  {
    /** A playthrough stands there now; `over`: nothing comes in it any more. */
    readonly committed: (session: SessionContext, over: boolean) => void;
    readonly moves: Queue.Queue<Move>;
  }
>()("pixsim/actors/Lookout") {
  static readonly layer: Layer.Layer<Lookout> = Layer.effect(
    Lookout,
    Effect.map(Queue.sliding<Move>(mostMoves), (moves) =>
      Lookout.of({ moves, committed: (session, over) => void Queue.offerUnsafe(moves, { session, over }) }),
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

    const ask = (version: PlayedVersion, session: SessionContext, demand: Demand, when: "ahead" | "now") =>
      Effect.provideService(generations.ask(version, session, demand, when), Actors, actors);

    const awaited = Effect.fnUntraced(function* (id: string, version: PlayedVersion, key: string, jobId: string) {
      const assetId = yield* generations.made(version.ownerId, jobId);
      if (assetId !== null) yield* bring(id, version, key, assetId);
    });

    const look = Effect.fnUntraced(function* (session: SessionContext) {
      const version = yield* versions.get(session.order.versionId);
      if (version.generates.size === 0) return;
      const { story } = version;
      // What is waited for already takes its share of the budget first.
      const here = demandIn(story, session.play);
      if (here !== null) yield* ask(version, session, here, "now");
      const demands = lookAhead(story, session.play, inputsAhead).demands.slice(0, clipsAhead);
      const asked = yield* Effect.forEach(demands, (demand) =>
        Effect.map(ask(version, session, demand, "ahead"), (jobId) => (jobId === null ? [] : [{ key: demand.key, jobId }])),
      );
      yield* Effect.forEach(asked.flat(), ({ key, jobId }) => awaited(session.order.id, version, key, jobId), {
        concurrency: "unbounded",
        discard: true,
      });
    });

    const patiently = (effect: Effect.Effect<void, CallError>): Effect.Effect<void> =>
      effect.pipe(
        Effect.retry({ schedule: again, while: ({ retryable }) => retryable }),
        Effect.catchCause((cause) => Effect.logWarning("nothing could be made ahead of a player", cause)),
      );

    const watch = Effect.flatMap(Queue.take(moves), ({ session, over }) => {
      const { id } = session.order;
      return over || !isAttended(session) ? FiberMap.remove(looking, id) : FiberMap.run(looking, id, patiently(look(session)));
    });
    yield* Effect.forkScoped(Effect.forever(watch));
  }),
);
