// What the wire asks of playthroughs. They are their player's own: what belongs to another does not exist. An input is decided by the
// evaluator on the state as it was committed last; the actor takes it only if nothing came before it.
import { Clock, Effect, Stream } from "effect";
import { makeTurns } from "#actors/asset/turns.ts";
import { derivedId, hashOf, idFor } from "#actors/job/canonical.ts";
import { notFound, ownerOf } from "#actors/library.ts";
import { createdPlace, pageOf, placeOf } from "#actors/page.ts";
import { Database, type Queryable } from "#db/client/database.ts";
import { assetsById } from "#db/queries/asset.ts";
import * as query from "#db/queries/play.ts";
import type { ActorDelta, ActorView } from "#protocol/actor.ts";
import type { CallArgs } from "#protocol/contract.ts";
import type { PlayRefusal, Playthrough } from "#protocol/play.ts";
import { startPlay } from "#protocol/scene/play/step.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { type Acknowledged, Actors } from "#runtime/actor/actors.ts";
import { MediaUrls } from "#runtime/blobs/media-urls.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import type { CallContext, DomainHandlers, TopicMessage } from "#runtime/gateway/handlers.ts";
import { sessionAddress } from "./actor.ts";
import { placeIn, type SessionContext, type SessionEvent, type SessionInput, sessionLimits } from "./context.ts";
import { decide, hurryOf } from "./decide.ts";
import { playMediaOf } from "./media.ts";
import { playthroughOf, summaryOf } from "./row.ts";
import { Versions } from "./versions.ts";

/** Playthroughs that one player may keep. */
export const playQuota = 200;
/** A place that nothing came of is free after so long, ms. */
const placeKept = 60_000;
/** How often an input is decided anew because something else came first. */
const mostTries = 5;

const noPlaythrough = (id: string): CallError => notFound(`The playthrough ${id}`);
const full = (quota: string, limit: number, message: string): CallError => new CallError("quota_exceeded", message, { quota, limit });

/** A playthrough and what is known of its actor: where it comes from, the host's types do not say what its context is. */
interface Held {
  readonly context: SessionContext;
  readonly seq: number;
  readonly at: number;
}
const heldOf = ({ context, seq, at }: Pick<ActorView, "context" | "seq" | "at"> | Acknowledged): Held => ({
  context: context as unknown as SessionContext,
  seq,
  at,
});
const seen = ({ context, ...meta }: Held): Playthrough => playthroughOf(context, meta);

/** What followers of the actor are told, as followers of the playthrough are. */
const translated = (message: TopicMessage): TopicMessage => {
  switch (message.type) {
    case "resumed":
      return message;
    case "snapshot":
      return { ...message, json: JSON.stringify(seen(heldOf(JSON.parse(message.json) as ActorView))) };
    case "delta": {
      const last = (JSON.parse(message.json) as ReadonlyArray<ActorDelta>).at(-1)!.entry;
      return { ...message, json: JSON.stringify([seen(heldOf(last))]) };
    }
  }
};

/** The handlers of the domain `play`. */
export const playHandlers = Effect.gen(function* () {
  const actors = yield* Actors;
  const database = yield* Database;
  const versions = yield* Versions;
  const media = yield* MediaUrls;
  const turns = makeTurns();
  const ask = <T>(run: (sql: Queryable) => PromiseLike<T>): Effect.Effect<T, CallError> => orCallError(database.query(run));

  /** One that the caller plays. */
  const own = Effect.fnUntraced(function* (id: string, context: CallContext) {
    const userId = yield* ownerOf(context);
    const view = yield* Effect.mapError(actors.view(sessionAddress(id)), (error) =>
      error.code === "not_found" ? noPlaythrough(id) : error,
    );
    const held = heldOf(view);
    return held.context.ownerId !== userId || view.status === "done" ? yield* Effect.fail(noPlaythrough(id)) : held;
  });

  const tell = (id: string, event: SessionEvent): Effect.Effect<Held, CallError> =>
    Effect.map(actors.send(sessionAddress(id), { ...event }), heldOf);

  const wanted = Effect.fnUntraced(function* (of: CallArgs<"play.start">["of"], userId: string) {
    const [row] = yield* ask((sql) =>
      of.kind === "version" ? query.playedVersion(sql, of.versionId) : query.newestVersion(sql, of.sceneId),
    );
    if (row !== undefined && row.owner_id === userId) return row;
    return yield* Effect.fail(
      of.kind === "version"
        ? notFound(`The version ${of.versionId}`)
        : new CallError("not_found", `The scene ${of.sceneId} does not exist, is not yours, or was never published.`),
    );
  });

  /** Takes a place for it, unless there are too many. */
  const reserve = Effect.fnUntraced(function* (id: string, ownerId: string, version: query.PlayedVersionRow) {
    const now = yield* Clock.currentTimeMillis;
    const fits = yield* orCallError(
      database.transaction(async (tx) => {
        await query.lockPlayer(tx, ownerId);
        const [counted] = await query.countPlaySessions(tx, ownerId, id, now - placeKept);
        if ((counted?.count ?? 0) >= playQuota) return false;
        const { id: version_id, scene_id, title } = version;
        await query.reservePlaySession(tx, { id, owner_id: ownerId, version_id, scene_id, title, created_at: now });
        return true;
      }),
    );
    if (fits) return;
    const message = `You keep ${playQuota} playthroughs, which is all there is room for: delete some first.`;
    return yield* Effect.fail(full("playthroughs", playQuota, message));
  });

  /** One try: null where something else came first. */
  const tryInput = Effect.fnUntraced(function* (
    held: Held,
    { id, branch, input }: CallArgs<"play.input">,
    token: string,
  ): Effect.fn.Return<{ readonly refusal: PlayRefusal | null; readonly held: Held } | null, CallError> {
    const { context } = held;
    if (context.tokens.includes(token)) return { refusal: null, held };
    if (branch !== context.branch) {
      return { refusal: { code: "stale", message: "The playthrough was rewound meanwhile." }, held };
    }
    if (context.moves >= sessionLimits.moves) {
      const message = `A playthrough takes ${sessionLimits.moves} inputs: begin a new one.`;
      return yield* Effect.fail(full("playInputs", sessionLimits.moves, message));
    }
    const { story } = yield* versions.get(context.order.versionId);
    const decided = decide(story, context.play, input);
    if (!decided.ok) return { refusal: decided.refusal, held };
    const after = yield* tell(id, { type: "session.moved", base: context.moves, token, ...decided.move });
    return after.context.tokens.includes(token) ? { refusal: null, held: after } : null;
  });

  const handlers: DomainHandlers<"play"> = {
    calls: {
      "play.start": Effect.fnUntraced(function* ({ of, parameters, language, timers, seed: given }, context) {
        const userId = yield* ownerOf(context);
        const id = idFor("ply", userId, context.key);
        const version = yield* wanted(of, userId);
        const { story } = yield* versions.get(version.id);
        const seed = given ?? Number.parseInt(hashOf(["seed", id]).slice(0, 8), 16);
        const begun = startPlay(story, { seed, parameters });
        if (!begun.ok) return yield* Effect.fail(new CallError("conflict", begun.refusal.message));
        yield* reserve(id, userId, version);
        const order = { id, versionId: version.id, sceneId: version.scene_id, title: version.title, seed, parameters };
        const input: Omit<SessionInput, "at"> = {
          order,
          ownerId: userId,
          language,
          timers,
          play: begun.state,
          hurry: hurryOf(story, begun.state),
        };
        return seen(heldOf(yield* actors.create(sessionAddress(id), input, { novel: context.key === undefined })));
      }),

      "play.get": Effect.fnUntraced(function* ({ id }, context) {
        return seen(yield* own(id, context));
      }),

      "play.list": Effect.fnUntraced(function* ({ sceneId, cursor, limit }, context) {
        const userId = yield* ownerOf(context);
        const after = yield* placeOf(cursor);
        const found = yield* ask((sql) => query.listPlaySessions(sql, userId, sceneId, after, limit + 1));
        const { rows, next } = pageOf(found, limit, createdPlace);
        return { playthroughs: rows.map(summaryOf), next };
      }),

      "play.story": Effect.fnUntraced(function* ({ id }, context) {
        const { versionId } = (yield* own(id, context)).context.order;
        return { versionId, story: (yield* versions.get(versionId)).story };
      }),

      "play.media": Effect.fnUntraced(function* ({ id, assets }, context) {
        const { order, play } = (yield* own(id, context)).context;
        const version = yield* versions.get(order.versionId);
        const generated = new Set(Object.values(play.generated));
        const named = assets.filter((asset) => version.assets.has(asset) || generated.has(asset));
        const rows = named.length === 0 ? [] : yield* ask((sql) => assetsById(sql, version.ownerId, named));
        return { media: rows.map((row) => playMediaOf(row, media)) };
      }),

      "play.input": Effect.fnUntraced(function* (args, context) {
        const { id, token = crypto.randomUUID() } = args;
        // One after the other, as they came: a player that is ahead sends the next before the last is answered.
        const outcome = yield* turns(
          id,
          Effect.gen(function* () {
            for (let tries = 0; tries < mostTries; tries++) {
              const done = yield* tryInput(yield* own(id, context), args, token);
              if (done !== null) return done;
            }
            return yield* Effect.fail(new CallError("overloaded", "Too much happens to this playthrough at once. Try again."));
          }),
        );
        return { refusal: outcome.refusal, playthrough: seen(outcome.held) };
      }),

      "play.settings": Effect.fnUntraced(function* ({ id, language, timers }, context) {
        yield* own(id, context);
        return seen(yield* tell(id, { type: "session.settled", language: language ?? null, timers: timers ?? null }));
      }),

      "play.history": Effect.fnUntraced(function* ({ id }, context) {
        const { choices, saves } = (yield* own(id, context)).context;
        return { choices: [...choices], saves: [...saves] };
      }),

      "play.save": Effect.fnUntraced(function* ({ id, name }, context) {
        const { saves } = (yield* own(id, context)).context;
        const saveId = context.key === undefined ? derivedId("sav", crypto.randomUUID()) : derivedId("sav", id, context.key);
        if (saves.length >= sessionLimits.saves && !saves.some((save) => save.id === saveId)) {
          const message = `You keep ${sessionLimits.saves} saves of this playthrough, which is all there is room for.`;
          return yield* Effect.fail(full("playSaves", sessionLimits.saves, message));
        }
        return { saves: [...(yield* tell(id, { type: "session.saved", id: saveId, name })).context.saves] };
      }),

      "play.dropSave": Effect.fnUntraced(function* ({ id, saveId }, context) {
        yield* own(id, context);
        return { saves: [...(yield* tell(id, { type: "session.saveDropped", id: saveId })).context.saves] };
      }),

      "play.rewind": Effect.fnUntraced(function* ({ id, place }, context) {
        const held = yield* own(id, context);
        const { order, choices, saves, moves } = held.context;
        const known = choices.some((choice) => choice.place === place) || saves.some((save) => save.place === place) || place === 0;
        if (!known) return yield* Effect.fail(notFound(`The place ${place}`));
        const journal = yield* Stream.runCollect(actors.history(sessionAddress(id), 0));
        const then = placeIn(
          journal.map(({ event }) => event),
          place,
        );
        if (then === undefined) return yield* Effect.fail(notFound(`The place ${place}`));
        const { story } = yield* versions.get(order.versionId);
        const { play, choices: earlier } = then;
        const after = yield* tell(id, {
          type: "session.rewound",
          base: moves,
          place,
          play,
          choices: earlier,
          hurry: hurryOf(story, play),
        });
        if (after.context.branch === held.context.branch) {
          return yield* Effect.fail(new CallError("conflict", "The playthrough went on meanwhile. Try again."));
        }
        return seen(after);
      }),

      "play.delete": Effect.fnUntraced(function* ({ ids }, context) {
        yield* Effect.forEach(ids, (id) => own(id, context), { discard: true });
        yield* Effect.forEach(ids, (id) => tell(id, { type: "session.deleted" }), { discard: true });
        return { deleted: ids };
      }),

      "play.report": Effect.fnUntraced(function* ({ id, switches }, context) {
        const { order } = (yield* own(id, context)).context;
        yield* Effect.annotateLogs(Effect.logInfo("what was seen changed", { switches }), { playthrough: id, version: order.versionId });
        return {};
      }),
    },
    streams: {},
    topics: {
      "play.playthrough": Effect.fnUntraced(function* ({ id }, context, from, emit) {
        yield* own(id, context);
        return yield* actors.follow(sessionAddress(id), from, (message) => emit(translated(message)));
      }),
    },
  };
  return handlers;
});
