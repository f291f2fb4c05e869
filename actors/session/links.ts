// Links by which others play: made, opened, withdrawn; and the guests who came by them. A guest may play what the link leads to, let others
// follow that, and nothing else: all that needs an account is refused by the role alone, before any handler hears of it.
import { randomBytes } from "node:crypto";
import { Clock, Effect } from "effect";
import { idFor } from "#actors/job/canonical.ts";
import { notFound, ownerOf } from "#actors/library.ts";
import { Database, type Queryable } from "#db/client/database.ts";
import * as query from "#db/queries/play-link.ts";
import { playedVersion } from "#db/queries/play.ts";
import type { ShareLink } from "#protocol/play.ts";
import { programOf } from "#protocol/scene/play/program.ts";
import type { Story } from "#protocol/scene/scene.ts";
import type { SceneValue } from "#protocol/scene/value.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { Auth } from "#runtime/auth/auth.ts";
import { principalOf } from "#runtime/auth/handlers.ts";
import { hashOf } from "#runtime/auth/refresh-token.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import type { CallContext, CallHandlers } from "#runtime/gateway/handlers.ts";
import type { SessionContext } from "./context.ts";

/** Links of one user that are good, those of a guest, those that a guest makes within a day, withdrawn or not, and guests of one link. */
export const linkQuotas = { links: 500, guestLinks: 10, guestLinksOfDay: 30, guests: 10_000 } as const;
const dayMs = 86_400_000;

const shareLinkOf = (row: query.PlayLinkRow): ShareLink => ({
  id: row.id,
  versionId: row.version_id,
  sceneId: row.scene_id,
  title: row.title,
  playthroughId: row.session_id,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  guests: row.guests,
});

const withdrawn = new CallError("not_found", "This link was withdrawn by who gave it.");
const forgotten = new CallError("not_found", "The link by which this was begun ended long ago.");
/** Of a guest whom a user has become while a call of theirs was under way. */
export const guestIsGone = new CallError("not_found", "This guest is gone: they have an account now.");

/** Why a link leads nowhere. */
export const faultOf = (link: query.PlayLinkRow | undefined, now: number): CallError | undefined => {
  if (link === undefined)
    return new CallError("not_found", "There is no such link: it may have been copied in part, or have ended long ago.");
  if (link.revoked_at !== null) return withdrawn;
  if (link.expires_at !== null && link.expires_at <= now) return new CallError("not_found", "This link has expired: ask for a new one.");
  return link.gone ? new CallError("not_found", "The story that this link leads to was deleted.") : undefined;
};

/**
 * Of what somebody who came by a link gives a story to begin with, what the story has laid down: numbers, and choices of what its author wrote.
 * Words of their own would be told to providers in the author's name. What is left out is as if it were not given.
 */
export const laidDown = (story: Story, given: Readonly<Record<string, SceneValue>>): Record<string, SceneValue> => {
  const parameters = programOf(story).entry?.body.parameters ?? [];
  const isLaidDown = ({ type }: (typeof parameters)[number]): boolean =>
    type.kind === "number" || type.kind === "boolean" || (type.kind === "string" && type.values !== null);
  const names = new Set(parameters.filter(isLaidDown).map(({ name }) => name));
  return Object.fromEntries(Object.entries(given).filter(([name]) => names.has(name)));
};

type LinkCalls = Pick<CallHandlers<"play">, "play.share" | "play.shares" | "play.unshare" | "play.open">;

/** `own`: a playthrough of the caller. */
export const makeLinks = (own: (id: string, context: CallContext) => Effect.Effect<{ readonly context: SessionContext }, CallError>) =>
  Effect.gen(function* () {
    const database = yield* Database;
    const { guests } = yield* Auth;
    const ask = <T>(run: (sql: Queryable) => PromiseLike<T>): Effect.Effect<T, CallError> => orCallError(database.query(run));

    const good = Effect.fnUntraced(function* (token: string) {
      const [link] = yield* ask((sql) => query.playLinkByToken(sql, hashOf(token)));
      const fault = faultOf(link, yield* Clock.currentTimeMillis);
      return link === undefined || fault !== undefined ? yield* Effect.fail(fault!) : link;
    });

    /** The link, if it is good and is this caller's to use: a guest has one. */
    const usable = Effect.fnUntraced(function* (token: string, context: CallContext) {
      const { role, userId } = yield* principalOf(context);
      const link = yield* good(token);
      if (role !== "player") return link;
      const [theirs] = yield* ask((sql) => query.playLinkOfGuest(sql, userId));
      return theirs?.id === link.id ? link : yield* Effect.fail(new CallError("forbidden", "A guest plays what their own link leads to."));
    });

    /** Whether the caller came to follow this playthrough. */
    const follows = Effect.fnUntraced(function* (id: string, context: CallContext) {
      const { role, userId } = yield* principalOf(context);
      if (role !== "player") return false;
      const [link] = yield* ask((sql) => query.playLinkOfGuest(sql, userId));
      return link?.session_id === id && faultOf(link, yield* Clock.currentTimeMillis) === undefined;
    });

    /** Fails where a playthrough was begun by a link that leads nowhere any more. */
    const stillGood = Effect.fnUntraced(function* ({ order }: SessionContext) {
      const { linkId } = order;
      if (linkId === undefined) return;
      const [link] = yield* ask((sql) => query.playLinkById(sql, linkId));
      const fault = link === undefined ? forgotten : faultOf(link, yield* Clock.currentTimeMillis);
      if (fault !== undefined) return yield* Effect.fail(fault);
    });

    /** Makes the connection speak for a guest of the link: a new one, or the one of the token if that is one of it. */
    const become = Effect.fnUntraced(function* (link: query.PlayLinkRow, token: string | undefined, context: CallContext) {
      const before = token === undefined ? undefined : yield* Effect.orElseSucceed(guests.read(token), () => undefined);
      const now = yield* Clock.currentTimeMillis;
      const [theirs] = before === undefined ? [] : yield* ask((sql) => query.seePlayGuest(sql, before, link.id, now));
      const known = theirs?.id;
      if (known === undefined && link.guests >= linkQuotas.guests) {
        const message = `This link was opened ${linkQuotas.guests} times, which is the most: ask for a new one.`;
        return yield* Effect.fail(new CallError("quota_exceeded", message, { quota: "guests", limit: linkQuotas.guests }));
      }
      const id = known ?? guests.newId();
      if (known === undefined) yield* ask((sql) => query.insertPlayGuest(sql, { id, link_id: link.id, created_at: now }));
      const { principal, grant } = yield* guests.grant(id, link.expires_at);
      context.authenticate(principal);
      return grant;
    });

    /** An own playthrough that others are to follow. `via`: the link by which it is played where the story is another's, which is good. */
    const followed = Effect.fnUntraced(function* (id: string, context: CallContext) {
      const session = (yield* own(id, context)).context;
      yield* stillGood(session);
      const { versionId, linkId = null } = session.order;
      const [version] = yield* ask((sql) => playedVersion(sql, versionId));
      return { versionId, via: version?.owner_id === session.ownerId ? null : linkId };
    });

    const calls: LinkCalls = {
      "play.share": Effect.fnUntraced(function* ({ of, lifeMs }, context) {
        const { userId: ownerId, role } = yield* principalOf(context);
        const { versionId, via } = of.kind === "version" ? { versionId: of.versionId, via: null } : yield* followed(of.id, context);
        const [version] = yield* ask((sql) => playedVersion(sql, versionId));
        // Who plays it by a link lets others follow, and does not give it on.
        if (version === undefined || (via === null && version.owner_id !== ownerId)) {
          return yield* Effect.fail(notFound(`The version ${versionId}`));
        }
        const limit = role === "player" ? linkQuotas.guestLinks : linkQuotas.links;
        const id = idFor("lnk", ownerId, context.key);
        const token = randomBytes(32).toString("base64url");
        const now = yield* Clock.currentTimeMillis;
        const made = yield* orCallError(
          database.transaction(async (tx) => {
            await query.lockPlayLinks(tx, ownerId);
            const [counted] = await query.countPlayLinks(tx, ownerId, id, now);
            if ((counted?.count ?? 0) >= limit) return "full";
            if (role === "player") {
              // Since it was looked at: nobody would have the link that is made now.
              if ((await query.adopterOf(tx, ownerId)).length > 0) return "adopted";
              const [today] = await query.countPlayLinksMade(tx, ownerId, id, now - dayMs);
              if ((today?.count ?? 0) >= linkQuotas.guestLinksOfDay) return "often";
            }
            const [by] = via === null ? [] : await query.holdPlayLink(tx, via);
            // Withdrawn since it was looked at: it would take this one with it.
            if (via !== null && by?.revoked_at !== null) return "withdrawn";
            const ends = [lifeMs === null ? null : now + lifeMs, by?.expires_at ?? null].filter((end) => end !== null);
            await query.insertPlayLink(tx, {
              id,
              token_hash: hashOf(token),
              owner_id: ownerId,
              version_id: versionId,
              session_id: of.kind === "playthrough" ? of.id : null,
              created_at: now,
              expires_at: ends.length === 0 ? null : Math.min(...ends),
              via,
            });
            return "made";
          }),
        );
        if (made === "full") {
          const message = `You have given ${limit} links, which is all there is room for: withdraw some first.`;
          return yield* Effect.fail(new CallError("quota_exceeded", message, { quota: "links", limit }));
        }
        if (made === "often") {
          const most = linkQuotas.guestLinksOfDay;
          const message = `You have made ${most} links within a day, which is the most without an account: make the next one tomorrow.`;
          return yield* Effect.fail(new CallError("quota_exceeded", message, { quota: "linksOfDay", limit: most }));
        }
        if (made === "adopted") return yield* Effect.fail(guestIsGone);
        if (made === "withdrawn") return yield* Effect.fail(withdrawn);
        const [row] = yield* ask((sql) => query.playLinkById(sql, id));
        return row === undefined ? yield* Effect.fail(notFound(`The link ${id}`)) : { link: shareLinkOf(row), token };
      }),

      "play.shares": Effect.fnUntraced(function* (_input, context) {
        const ownerId = yield* ownerOf(context);
        const rows = yield* ask((sql) => query.playLinksOf(sql, ownerId, linkQuotas.links));
        return { links: rows.map(shareLinkOf) };
      }),

      "play.unshare": Effect.fnUntraced(function* ({ id }, context) {
        const ownerId = yield* ownerOf(context);
        const now = yield* Clock.currentTimeMillis;
        const revoked = yield* orCallError(
          database.transaction(async (tx) => {
            const [own] = await query.lockPlayLink(tx, ownerId, id);
            return own === undefined ? undefined : await query.revokePlayLink(tx, id, now);
          }),
        );
        if (revoked === undefined) return yield* Effect.fail(notFound(`The link ${id}`));
        guests.ended(revoked.flatMap((link) => link.guests));
        return {};
      }),

      "play.open": Effect.fnUntraced(function* ({ link: token, guest }, context) {
        // Before it is known whether there is such a link: nobody tries out many.
        yield* guests.opening(context.ip);
        const link = yield* good(token);
        const { principal } = context;
        const asThemselves = principal !== null && principal.role !== "player" && link.session_id === null;
        return {
          versionId: link.version_id,
          sceneId: link.scene_id,
          title: link.title,
          playthroughId: link.session_id,
          guest: asThemselves ? null : yield* become(link, guest, context),
        };
      }),
    };
    return { calls, usable, follows, stillGood };
  });
