// Sessions as rows: begun, refreshed, listed, ended. Rotation rule: a refresh token works once. The one right before the present
// one works again for a moment, as its answer may have been lost on the way, and answers the same successor, so that it never
// makes a second branch. Any other used token ends the session: somebody has copied it.
import { randomBytes } from "node:crypto";
import { Clock, Effect, Schedule } from "effect";
import * as z from "zod";
import type { Grant, Session, User } from "#protocol/auth.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { Database, type Tx } from "#db/client/database.ts";
import { endedPlayGuests, goodPlayGuest } from "#db/queries/play-link.ts";
import * as queries from "#db/queries/user.ts";
import { Fanout } from "../bus/fanout.ts";
import type { Authenticator } from "../gateway/authenticator.ts";
import { accessLifeMs, readAccess, signAccess } from "./access-token.ts";
import { orCallError } from "../gateway/database-failures.ts";
import type { Principal } from "./principal.ts";
import { hashOf, readRefreshToken, refreshKeyOf, type RefreshToken, successor, writeRefreshToken } from "./refresh-token.ts";
import { Secrets } from "./secrets.ts";

const dayMs = 24 * 60 * 60_000;
/** A session that is not refreshed for so long has ended. */
const sessionLifeMs = 30 * dayMs;
/** Ended sessions are kept for so long. */
const keptMs = 7 * dayMs;
/** How long a used token still answers its successor. */
const lostAnswerMs = 20_000;
/** Live sessions of one user; of more, those unused for longest end. */
const mostSessions = 100;
/** How long a session once found good is taken to be so; a revocation, here or in another process, clears that at once. */
const knownMs = 30_000;
/** Revocations so recent are looked up again where word of them may have been lost, ms: an access token of before has expired. */
const recentMs = accessLifeMs + 5 * 60_000;
const channel = "sessions";
const EndedIds = z.array(z.string());
const mostKnown = 50_000;

/** Where a sign-in comes from. */
export interface Origin {
  readonly client: string;
  readonly ip: string;
}

export const userOf = (row: queries.UserRow): User => ({
  id: row.id,
  username: row.username,
  email: row.email,
  role: row.role,
  hasPassword: row.password !== null,
  createdAt: row.created_at,
});

interface Begun {
  readonly user: queries.UserRow;
  readonly token: RefreshToken;
  readonly at: number;
  readonly expiresAt: number;
  /** Sessions that ended for this one. */
  readonly ended: ReadonlyArray<{ readonly id: string }>;
}

const sessionEnded = new CallError("session_revoked", "The session has ended. Sign in again.");
const guestEnded = new CallError("session_revoked", "The link that you came by is not good any more.");

export const makeSessions = Effect.gen(function* () {
  const database = yield* Database;
  const { accessKey } = yield* Secrets;
  const fanout = yield* Fanout;
  const refreshKey = refreshKeyOf(accessKey);
  /** When each session was last found to be good, ms epoch. */
  const known = new Map<string, number>();
  const listeners = new Set<(sessionId: string) => void>();
  let endings = 0;

  const heard = (ids: ReadonlyArray<string>): void => {
    endings += ids.length;
    for (const id of ids) known.delete(id);
    for (const id of ids) for (const listener of listeners) listener(id);
  };
  const ended = (rows: ReadonlyArray<{ readonly id: string }>): void => {
    if (rows.length === 0) return;
    const ids = rows.map(({ id }) => id);
    heard(ids);
    fanout.publish(channel, JSON.stringify(ids));
  };
  const fork = Effect.runForkWith(yield* Effect.context<never>());
  const readAnew = Effect.gen(function* () {
    const at = yield* Clock.currentTimeMillis;
    heard((yield* database.query((sql) => queries.revokedSince(sql, at - recentMs))).map(({ id }) => id));
    heard((yield* database.query((sql) => endedPlayGuests(sql, at - recentMs))).map(({ id }) => id));
  }).pipe(Effect.retry(Schedule.spaced("1 second")));
  yield* fanout.subscribe(channel, {
    heard: (message) => heard(EndedIds.parse(JSON.parse(message))),
    lost: () => {
      known.clear();
      fork(readAnew);
    },
  });

  const grant = Effect.fnUntraced(function* ({ user, token, at, expiresAt }: Omit<Begun, "ended">) {
    const principal: Principal = {
      userId: user.id,
      username: user.username,
      role: user.role,
      sessionId: token.sessionId,
      expiresAt: Math.floor((at + accessLifeMs) / 1000) * 1000,
    };
    const grant: Grant = {
      user: userOf(user),
      sessionId: token.sessionId,
      accessToken: yield* signAccess(accessKey, principal),
      accessExpiresAt: principal.expiresAt,
      refreshToken: writeRefreshToken(refreshKey, token),
      refreshExpiresAt: expiresAt,
    };
    return grant;
  });

  /** Writes the row of a new session; `begun` tells of it once that is committed. */
  const begin = async (tx: Tx, user: queries.UserRow, origin: Origin, at: number): Promise<Begun> => {
    const token = { sessionId: `ses_${randomBytes(12).toString("base64url")}`, secret: randomBytes(32).toString("base64url") };
    const expiresAt = at + sessionLifeMs;
    await queries.insertSession(tx, {
      id: token.sessionId,
      user_id: user.id,
      client: origin.client.slice(0, 80),
      ip: origin.ip.slice(0, 64),
      created_at: at,
      last_used_at: at,
      expires_at: expiresAt,
      refresh_hash: hashOf(token.secret),
      rotated_at: at,
    });
    return { user, token, at, expiresAt, ended: await queries.revokeOldSessions(tx, user.id, mostSessions, "too many sessions", at) };
  };

  const begun = (session: Begun) => Effect.suspend(() => (ended(session.ended), grant(session)));

  const rotate = async (tx: Tx, token: RefreshToken, at: number) => {
    const [session] = await queries.lockSession(tx, token.sessionId);
    if (session === undefined || session.revoked_at !== null || session.expires_at <= at) return "gone";
    const [user] = await queries.userById(tx, session.user_id);
    if (user === undefined) return "gone";
    const given = hashOf(token.secret);
    const next = successor(refreshKey, token);
    if (given === session.refresh_hash) {
      const expiresAt = at + sessionLifeMs;
      const row = { refresh_hash: hashOf(next.secret), previous_hash: given, at, expires_at: expiresAt };
      await queries.rotateSession(tx, token.sessionId, row);
      return { user, token: next, at, expiresAt };
    }
    if (given === session.previous_hash && at - session.rotated_at <= lostAnswerMs)
      return { user, token: next, at, expiresAt: session.expires_at };
    return { copied: await queries.revokeSessions(tx, session.user_id, { id: token.sessionId }, "refresh token used twice", at) };
  };

  const refresh = Effect.fn("auth.refresh")(function* (refreshToken: string) {
    const at = yield* Clock.currentTimeMillis;
    const token = readRefreshToken(refreshKey, refreshToken);
    if (token === null) return yield* Effect.fail(sessionEnded);
    const outcome = yield* orCallError(database.transaction((tx) => rotate(tx, token, at)));
    if (outcome === "gone") return yield* Effect.fail(sessionEnded);
    if (!("copied" in outcome)) return yield* grant(outcome);
    ended(outcome.copied);
    yield* Effect.annotateLogs(Effect.logWarning("a refresh token was used twice; its session is ended"), { session: token.sessionId });
    return yield* Effect.fail(new CallError("session_revoked", "This session was used from two places and has been ended. Sign in again."));
  });

  const verify = Effect.fnUntraced(function* (token: string) {
    const at = yield* Clock.currentTimeMillis;
    const principal = yield* readAccess(accessKey, token, at);
    const { sessionId } = principal;
    if (Math.abs(at - (known.get(sessionId) ?? 0)) < knownMs) return principal;
    const before = endings;
    if (principal.role === "player") {
      const [guest] = yield* orCallError(database.query((sql) => goodPlayGuest(sql, sessionId, at)));
      if (guest === undefined) return yield* Effect.fail(guestEnded);
    } else {
      const [session] = yield* orCallError(database.query((sql) => queries.sessionById(sql, sessionId)));
      if (session === undefined || session.revoked_at !== null || session.expires_at <= at) return yield* Effect.fail(sessionEnded);
    }
    // One that ended while its row was read must not be known as good.
    if (before === endings) {
      if (known.size >= mostKnown) known.clear();
      known.set(sessionId, at);
    }
    return principal;
  });

  const authenticator: Authenticator = {
    verify,
    onRevoked: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };

  const list = Effect.fnUntraced(function* (principal: Principal) {
    const at = yield* Clock.currentTimeMillis;
    const rows = yield* orCallError(database.query((sql) => queries.liveSessions(sql, principal.userId, at)));
    return rows.map((row): Session => ({
      id: row.id,
      client: row.client,
      ip: row.ip,
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at,
      expiresAt: row.expires_at,
      current: row.id === principal.sessionId,
    }));
  });

  const revoke = Effect.fn("auth.revoke")(function* (principal: Principal, sessionId: string | undefined) {
    const at = yield* Clock.currentTimeMillis;
    const which = sessionId === undefined ? { except: principal.sessionId } : { id: sessionId };
    const rows = yield* orCallError(
      database.query((sql) => queries.revokeSessions(sql, principal.userId, which, "revoked by its user", at)),
    );
    if (sessionId !== undefined && rows.length === 0)
      return yield* Effect.fail(new CallError("not_found", "There is no such session, or it has ended."));
    ended(rows);
    return rows.length;
  });

  const sweep = Effect.gen(function* () {
    const at = yield* Clock.currentTimeMillis;
    yield* orCallError(database.query((sql) => queries.sweepSessions(sql, at - keptMs)));
  });

  return { authenticator, begin, begun, refresh, list, revoke, ended, sweep };
});
