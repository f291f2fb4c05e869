// What the wire asks of playthroughs. They are their player's own: what belongs to another does not exist. An input is decided by the
// evaluator on the state as it was committed last; the actor takes it only if nothing came before it.
import { Clock, Effect, Stream } from "effect";
import { makeTurns } from "#actors/asset/turns.ts";
import { derivedId, hashOf, idFor } from "#actors/job/canonical.ts";
import { notFound, ownerOf } from "#actors/library.ts";
import { periodsAt } from "#actors/spend/context.ts";
import { createdPlace, pageOf, placeOf } from "#actors/page.ts";
import { Database, type Queryable } from "#db/client/database.ts";
import { assetsById, playedAssets } from "#db/queries/asset.ts";
import * as query from "#db/queries/play.ts";
import * as generation from "#db/queries/play-generation.ts";
import { addPlayAchievements, adoptPlayAchievements, playAchievementsOf } from "#db/queries/play-achievement.ts";
import { adopterOf, adoptPlayGuest, adoptPlayLinks, lockPlayLinks, playSessionsOf } from "#db/queries/play-link.ts";
import { scenesById } from "#db/queries/scene.ts";
import type { ActorDelta, ActorView } from "#protocol/actor.ts";
import type { CallArgs } from "#protocol/contract.ts";
import type { JobState } from "#protocol/job.ts";
import { type PlayRefusal, type Playthrough, usualPlayBudget } from "#protocol/play.ts";
import { Flow } from "#protocol/scene/play/flow.ts";
import { startPlay } from "#protocol/scene/play/step.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { type Acknowledged, Actors } from "#runtime/actor/actors.ts";
import { Auth } from "#runtime/auth/auth.ts";
import { principalOf } from "#runtime/auth/handlers.ts";
import { MediaUrls } from "#runtime/blobs/media-urls.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import type { CallContext, DomainHandlers, TopicMessage } from "#runtime/gateway/handlers.ts";
import { sessionAddress } from "./address.ts";
import { budgetOf, budgetRow } from "./budget.ts";
import { isLeft, placeIn, recordOf, type SessionContext, type SessionEvent, type SessionInput, sessionLimits } from "./context.ts";
import { decide, hurryOf } from "./decide.ts";
import { guestIsGone, laidDown, makeLinks } from "./links.ts";
import { playMediaOf } from "./media.ts";
import { playthroughOf, summaryOf } from "./row.ts";
import { Versions } from "./versions.ts";

/** Playthroughs that one player may keep. */
export const playQuotas = { user: 200, guest: 20 } as const;
/** A place that nothing came of is free after so long, ms. */
const placeKept = 60_000;
/** Playthroughs of a version that are counted, the newest. */
const mostCounted = 1000;
/** Clips of a story that its owner is told of, the newest. */
const mostClips = 100;
/** How often an input, or going back, is decided anew because something else came first. */
const mostTries = 5;

const noPlaythrough = (id: string): CallError => notFound(`The playthrough ${id}`);
const full = (quota: string, limit: number, message: string): CallError => new CallError("quota_exceeded", message, { quota, limit });

const tooMany = (limit: number): CallError =>
  full("playthroughs", limit, `You keep ${limit} playthroughs, which is all there is room for: delete some first.`);

const tooMuchAtOnce = new CallError("overloaded", "Too much happens to this playthrough at once. Try again.");
const playedOut = full(
  "playInputs",
  sessionLimits.entries,
  `A playthrough takes ${sessionLimits.entries} inputs and changes: begin a new one.`,
);

/** A playthrough and what is known of its actor: where it comes from, the host's types do not say what its context is. */
interface Held {
  /** Of the machine. */
  readonly value: unknown;
  readonly context: SessionContext;
  readonly seq: number;
  readonly at: number;
}
const heldOf = ({ value, context, seq, at }: Pick<ActorView, "value" | "context" | "seq" | "at"> | Acknowledged): Held => ({
  value,
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
  const { guests } = yield* Auth;
  const turns = makeTurns();
  const ask = <T>(run: (sql: Queryable) => PromiseLike<T>): Effect.Effect<T, CallError> => orCallError(database.query(run));

  const known = Effect.fnUntraced(function* (id: string) {
    const view = yield* Effect.mapError(actors.view(sessionAddress(id)), (error) =>
      error.code === "not_found" ? noPlaythrough(id) : error,
    );
    return view.status === "done" ? yield* Effect.fail(noPlaythrough(id)) : heldOf(view);
  });

  /** One that the caller plays. */
  const own = Effect.fnUntraced(function* (id: string, context: CallContext) {
    const userId = yield* ownerOf(context);
    const held = yield* known(id);
    return held.context.ownerId === userId ? held : yield* Effect.fail(noPlaythrough(id));
  });

  const links = yield* makeLinks(own);

  /** One that the caller plays or follows. */
  const visible = Effect.fnUntraced(function* (id: string, context: CallContext) {
    const userId = yield* ownerOf(context);
    const held = yield* known(id);
    if (held.context.ownerId === userId || (yield* links.follows(id, context))) return held;
    return yield* Effect.fail(noPlaythrough(id));
  });

  const tell = (id: string, event: SessionEvent): Effect.Effect<Held, CallError> =>
    Effect.map(actors.send(sessionAddress(id), { ...event }), heldOf);

  /** Whatever is told to it is kept in its journal, and that has an end. */
  const isFull = ({ seq }: Held): boolean => seq >= sessionLimits.entries;

  /** One that the caller plays and that has room for what they do. */
  const open = Effect.fnUntraced(function* (id: string, context: CallContext) {
    const held = yield* own(id, context);
    return isFull(held) ? yield* Effect.fail(playedOut) : held;
  });

  /** One that the caller plays or follows, as they come to it: where it had stopped without its player it goes on. */
  const come = Effect.fnUntraced(function* (id: string, context: CallContext) {
    const held = yield* visible(id, context);
    if (!isLeft(held) || isFull(held) || held.context.ownerId !== (yield* ownerOf(context))) return held;
    return yield* tell(id, { type: "session.returned" });
  });

  /** A version that is the caller's own, or that a good link of theirs leads to. */
  const playable = Effect.fnUntraced(function* (versionId: string, userId: string, linkId?: string) {
    const [version] = yield* ask((sql) => query.playedVersion(sql, versionId));
    const theirs = version !== undefined && (linkId !== undefined || version.owner_id === userId);
    return theirs ? version : yield* Effect.fail(notFound(`The version ${versionId}`));
  });

  const ownScene = Effect.fnUntraced(function* (sceneId: string, context: CallContext) {
    const ownerId = yield* ownerOf(context);
    const [scene] = yield* ask((sql) => scenesById(sql, ownerId, [sceneId]));
    // Who it is shared with does not spend for its owner.
    if (scene?.owner_id !== ownerId) return yield* Effect.fail(notFound(`The scene ${sceneId}`));
  });

  /** The version that is to be played, by a link or because it is the caller's own. */
  const wanted = Effect.fnUntraced(function* (of: CallArgs<"play.start">["of"], context: CallContext) {
    const userId = yield* ownerOf(context);
    switch (of.kind) {
      case "link": {
        const link = yield* links.usable(of.link, context);
        if (link.session_id !== null) return yield* Effect.fail(new CallError("forbidden", "This link is for following, not for playing."));
        return { version: { id: link.version_id, scene_id: link.scene_id, title: link.title }, linkId: link.id };
      }
      case "playthrough": {
        const session = (yield* own(of.id, context)).context;
        yield* links.stillGood(session);
        const { versionId, linkId, parameters } = session.order;
        return { version: yield* playable(versionId, userId, linkId), linkId, parameters };
      }
      case "version":
        return { version: yield* playable(of.versionId, userId) };
      case "scene": {
        const [version] = yield* ask((sql) => query.newestVersion(sql, of.sceneId));
        if (version?.owner_id === userId) return { version };
        const message = `The scene ${of.sceneId} does not exist, is not yours, or was never published.`;
        return yield* Effect.fail(new CallError("not_found", message));
      }
    }
  });

  /** Takes a place for it, unless there are too many. */
  const reserve = Effect.fnUntraced(function* (
    id: string,
    version: Pick<query.PlayedVersionRow, "id" | "scene_id" | "title">,
    context: CallContext,
  ) {
    const { userId: ownerId, role } = yield* principalOf(context);
    const limit = role === "player" ? playQuotas.guest : playQuotas.user;
    const now = yield* Clock.currentTimeMillis;
    const place = yield* orCallError(
      database.transaction(async (tx) => {
        await query.lockPlayer(tx, ownerId);
        // Adopted since the link was looked at: nobody would have what is begun now.
        if ((await adopterOf(tx, ownerId)).length > 0) return "adopted";
        const [counted] = await query.countPlaySessions(tx, ownerId, id, now - placeKept);
        if ((counted?.count ?? 0) >= limit) return "full";
        const { id: version_id, scene_id, title } = version;
        await query.reservePlaySession(tx, { id, owner_id: ownerId, version_id, scene_id, title, created_at: now });
        return "fits";
      }),
    );
    if (place === "full") return yield* Effect.fail(tooMany(limit));
    if (place === "adopted") return yield* Effect.fail(guestIsGone);
  });

  /** A playthrough that a guest began while a user became them: who adopts may have looked before it was there. */
  const followAdopter = Effect.fnUntraced(function* (begun: Held, guestId: string) {
    const [adopter] = yield* ask((sql) => adopterOf(sql, guestId));
    if (adopter === undefined) return begun;
    return yield* tell(begun.context.order.id, { type: "session.adopted", ownerId: adopter.user_id });
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
    if (isFull(held)) return yield* Effect.fail(playedOut);
    const { story } = yield* versions.get(context.order.versionId);
    const decided = decide(story, context.play, input);
    if (!decided.ok) return { refusal: decided.refusal, held };
    const after = yield* tell(id, { type: "session.moved", base: context.moves, token, ...decided.move });
    return after.context.tokens.includes(token) ? { refusal: null, held: after } : null;
  });

  /** One try: null where it went on meanwhile. */
  const tryRewind = Effect.fnUntraced(function* (id: string, place: number, context: CallContext) {
    const { order, choices, saves, moves, branch } = (yield* open(id, context)).context;
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
    const token = crypto.randomUUID();
    const after = yield* tell(id, {
      type: "session.rewound",
      base: moves,
      place,
      play,
      choices: earlier,
      hurry: hurryOf(story, play),
      token,
    });
    if (after.context.tokens.includes(token)) return after;
    if (after.context.branch === branch) return null;
    // By another process: of two places only one can be gone back to.
    return yield* Effect.fail(new CallError("conflict", "The playthrough was rewound to another place meanwhile. Try again."));
  });

  const rewind = Effect.fnUntraced(function* (id: string, place: number, context: CallContext) {
    for (let tries = 0; tries < mostTries; tries++) {
      const done = yield* tryRewind(id, place, context);
      if (done !== null) return done;
    }
    return yield* Effect.fail(tooMuchAtOnce);
  });

  const handlers: DomainHandlers<"play"> = {
    calls: {
      "play.start": Effect.fnUntraced(function* ({ of, language, timers, ...given }, context) {
        const userId = yield* ownerOf(context);
        const id = idFor("ply", userId, context.key);
        const { version, linkId, parameters: before } = yield* wanted(of, context);
        const { story } = yield* versions.get(version.id);
        const all = { ...before, ...given.parameters };
        const parameters = linkId === undefined ? all : laidDown(story, all);
        const seed = given.seed ?? Number.parseInt(hashOf(["seed", id]).slice(0, 8), 16);
        const begun = startPlay(story, { seed, parameters });
        if (!begun.ok) return yield* Effect.fail(new CallError("conflict", begun.refusal.message));
        yield* reserve(id, version, context);
        const { scene_id: sceneId, title } = version;
        const by = linkId === undefined ? {} : { linkId };
        const order = { id, versionId: version.id, sceneId, title, ...by, seed, parameters };
        const input: Omit<SessionInput, "at"> = {
          order,
          ownerId: userId,
          language,
          timers,
          play: begun.state,
          hurry: hurryOf(story, begun.state),
        };
        const held = heldOf(yield* actors.create(sessionAddress(id), input, { novel: context.key === undefined }));
        return seen(context.principal?.role === "player" ? yield* followAdopter(held, userId) : held);
      }),

      "play.get": Effect.fnUntraced(function* ({ id }, context) {
        return seen(yield* come(id, context));
      }),

      "play.list": Effect.fnUntraced(function* ({ sceneId, cursor, limit }, context) {
        const userId = yield* ownerOf(context);
        const after = yield* placeOf(cursor);
        const found = yield* ask((sql) => query.listPlaySessions(sql, userId, sceneId, after, limit + 1));
        const { rows, next } = pageOf(found, limit, createdPlace);
        return { playthroughs: rows.map(summaryOf), next };
      }),

      "play.story": Effect.fnUntraced(function* ({ id }, context) {
        const session = (yield* visible(id, context)).context;
        yield* links.stillGood(session);
        const { versionId, linkId } = session.order;
        const { story, ownerId } = yield* versions.get(versionId);
        const shareable = session.ownerId === (yield* ownerOf(context)) && (session.ownerId === ownerId || linkId !== undefined);
        return { versionId, story, shareable };
      }),

      "play.media": Effect.fnUntraced(function* ({ id, assets }, context) {
        const session = (yield* visible(id, context)).context;
        yield* links.stillGood(session);
        const { order, play } = session;
        const version = yield* versions.get(order.versionId);
        const generated = new Set(Object.values(play.generated));
        const [named, made] = [assets.filter((asset) => version.assets.has(asset)), assets.filter((asset) => generated.has(asset))];
        const played = { ownerId: version.ownerId, versionId: order.versionId };
        const rows = [
          ...(named.length === 0 ? [] : yield* ask((sql) => playedAssets(sql, played, named))),
          ...(made.length === 0 ? [] : yield* ask((sql) => assetsById(sql, version.ownerId, made))),
        ];
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
            return yield* Effect.fail(tooMuchAtOnce);
          }),
        );
        return { refusal: outcome.refusal, playthrough: seen(outcome.held) };
      }),

      "play.settings": Effect.fnUntraced(function* ({ id, language, timers }, context) {
        yield* open(id, context);
        return seen(yield* tell(id, { type: "session.settled", language: language ?? null, timers: timers ?? null }));
      }),

      "play.history": Effect.fnUntraced(function* ({ id }, context) {
        const { choices, saves } = (yield* own(id, context)).context;
        return { choices: [...choices], saves: [...saves] };
      }),

      "play.achievements": Effect.fnUntraced(function* ({ id }, context) {
        const { ownerId, order, play } = (yield* own(id, context)).context;
        const names = Object.keys(play.achieved ?? {});
        const at = yield* Clock.currentTimeMillis;
        if (names.length > 0) yield* ask((sql) => addPlayAchievements(sql, ownerId, order.sceneId, names, at));
        const achieved = yield* ask((sql) => playAchievementsOf(sql, ownerId, order.sceneId));
        return { achieved: achieved.map((row) => ({ name: row.name, at: row.at })) };
      }),

      "play.save": Effect.fnUntraced(function* ({ id, name }, context) {
        const { saves } = (yield* open(id, context)).context;
        const saveId = context.key === undefined ? derivedId("sav", crypto.randomUUID()) : derivedId("sav", id, context.key);
        if (saves.length >= sessionLimits.saves && !saves.some((save) => save.id === saveId)) {
          const message = `You keep ${sessionLimits.saves} saves of this playthrough, which is all there is room for.`;
          return yield* Effect.fail(full("playSaves", sessionLimits.saves, message));
        }
        return { saves: [...(yield* tell(id, { type: "session.saved", id: saveId, name })).context.saves] };
      }),

      "play.dropSave": Effect.fnUntraced(function* ({ id, saveId }, context) {
        yield* open(id, context);
        return { saves: [...(yield* tell(id, { type: "session.saveDropped", id: saveId })).context.saves] };
      }),

      "play.rewind": Effect.fnUntraced(function* ({ id, place }, context) {
        return seen(yield* turns(id, rewind(id, place, context)));
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

      "play.flow": Effect.fnUntraced(function* ({ versionId }, context) {
        const userId = yield* ownerOf(context);
        const [own] = yield* ask((sql) => query.playedVersion(sql, versionId));
        if (own?.owner_id !== userId) return yield* Effect.fail(notFound(`The version ${versionId}`));
        const version = yield* versions.get(versionId);
        const plays = yield* ask((sql) => query.playsOfVersion(sql, versionId, mostCounted));
        const flow = new Flow(version.story);
        for (const { id } of plays) {
          const journal = yield* Stream.runCollect(actors.history(sessionAddress(id), 0)).pipe(
            // Deleted meanwhile.
            Effect.catchIf(
              ({ code }) => code === "not_found",
              () => Effect.succeed([]),
            ),
          );
          const record = recordOf(journal.map(({ event }) => event));
          if (record !== undefined) flow.add(record);
          // Others are answered meanwhile.
          yield* Effect.yieldNow;
        }
        return { playthroughs: plays[0]?.total ?? 0, flow: flow.result };
      }),

      "play.budget": Effect.fnUntraced(function* ({ sceneId }, context) {
        yield* ownScene(sceneId, context);
        const { day: since } = periodsAt(yield* Clock.currentTimeMillis);
        const [given] = yield* ask((sql) => generation.playBudget(sql, sceneId));
        const [counted] = yield* ask((sql) => generation.countGenerations(sql, { sceneId, sessionId: "", playerId: "", since }));
        const { storyDay, creditsDay } = budgetOf(counted!);
        const rows = yield* ask((sql) => generation.generationsOf(sql, sceneId, mostClips));
        const clips = rows.map((row) => ({
          jobId: row.job_id,
          state: row.state as JobState,
          versionId: row.version_id,
          scene: row.in_scene,
          node: row.node,
          credits: row.credits,
          at: row.created_at,
        }));
        return { budget: given === undefined ? usualPlayBudget : budgetOf(given), today: { storyDay, creditsDay }, clips };
      }),

      "play.setBudget": Effect.fnUntraced(function* ({ sceneId, budget }, context) {
        yield* ownScene(sceneId, context);
        yield* ask((sql) => generation.setPlayBudget(sql, sceneId, budgetRow(budget)));
        return { budget };
      }),

      "play.adopt": Effect.fnUntraced(function* ({ guest: token }, context) {
        const userId = yield* ownerOf(context);
        const guest = yield* guests.read(token);
        const [theirs, own] = yield* Effect.all([ask((sql) => playSessionsOf(sql, guest)), ask((sql) => playSessionsOf(sql, userId))]);
        if (theirs.length + own.length > playQuotas.user) return yield* Effect.fail(tooMany(playQuotas.user));
        const adopted = yield* orCallError(
          database.transaction(async (tx) => {
            // After links that are being made: the next one finds that the guest is gone.
            await lockPlayLinks(tx, guest);
            const [is] = await adoptPlayGuest(tx, guest, userId);
            if (is === undefined) return false;
            await adoptPlayAchievements(tx, guest, userId);
            await adoptPlayLinks(tx, guest, userId);
            return true;
          }),
        );
        if (!adopted) return yield* Effect.fail(new CallError("not_found", "This guest is gone, or was adopted by another."));
        guests.ended([guest]);
        // Read anew: one may have been begun meanwhile. What is there only later sees for itself that the guest is gone.
        const all = yield* ask((sql) => playSessionsOf(sql, guest));
        yield* Effect.forEach(all, ({ id }) => tell(id, { type: "session.adopted", ownerId: userId }), { discard: true });
        return { adopted: all.map(({ id }) => id) };
      }),

      ...links.calls,
    },
    streams: {},
    topics: {
      "play.playthrough": Effect.fnUntraced(function* ({ id }, context, from, emit) {
        yield* come(id, context);
        return yield* actors.follow(sessionAddress(id), from, (message) => emit(translated(message)));
      }),
    },
  };
  return handlers;
});
