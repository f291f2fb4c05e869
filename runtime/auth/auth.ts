// Who may come in: sign-in, sessions, links, users. A session is a row; its refresh token works once and is stored as a hash.
// Rotation rule: a used-up token ends the session (somebody copied it), but for the one right before the present one within
// 20 s: its answer may have been lost on the way, and the client has nothing else.
import { createHash, randomBytes } from "node:crypto";
import { Clock, Context, Effect, Layer } from "effect";
import type { Grant, Role, Session, User } from "#protocol/auth.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { Database, type DatabaseError } from "#db/client/database.ts";
import * as queries from "#db/queries/user.ts";
import type { Authenticator } from "../gateway/authenticator.ts";
import { accessLifeMs, readAccess, signAccess } from "./access-token.ts";
import { hashPassword, verifyPassword } from "./password.ts";
import type { Principal } from "./principal.ts";
import { Secrets } from "./secrets.ts";
import { Throttle } from "./throttle.ts";

const dayMs = 24 * 60 * 60_000;
const sessionLifeMs = 30 * dayMs;
const linkLifeMs = dayMs;
const lostAnswerMs = 20_000;
const triesPerMinute = 5;
const maxPreferencesBytes = 128 * 1024;
/** Sessions whose row is known to be good; a revocation takes them out. */
const maxKnownSessions = 50_000;

/** Where a sign-in comes from. */
export interface Origin {
  readonly client: string;
  readonly ip: string;
}

export class Auth extends Context.Service<
  Auth,
  {
    readonly authenticator: Authenticator;
    readonly signIn: (login: string, password: string, origin: Origin) => Effect.Effect<Grant, CallError>;
    readonly redeem: (token: string, origin: Origin) => Effect.Effect<Grant, CallError>;
    readonly refresh: (refreshToken: string) => Effect.Effect<Grant, CallError>;
    readonly user: (userId: string) => Effect.Effect<User, CallError>;
    readonly users: Effect.Effect<ReadonlyArray<User>, CallError>;
    readonly createUser: (user: {
      readonly username: string;
      readonly email: string | undefined;
      readonly role: Role;
    }) => Effect.Effect<{ readonly user: User; readonly token: string }, CallError>;
    readonly setPassword: (principal: Principal, current: string | undefined, password: string) => Effect.Effect<void, CallError>;
    readonly sessions: (principal: Principal) => Effect.Effect<ReadonlyArray<Session>, CallError>;
    /** Ends one session, or all but the current one. Answers how many ended. */
    readonly revoke: (principal: Principal, sessionId: string | undefined) => Effect.Effect<number, CallError>;
    readonly preferences: (userId: string) => Effect.Effect<Readonly<Record<string, unknown>>, CallError>;
    readonly savePreferences: (userId: string, set: Readonly<Record<string, unknown>>) => Effect.Effect<void, CallError>;
    /** Nobody has ever signed in. */
    readonly needsSetup: Effect.Effect<boolean, CallError>;
    /** Makes sure that there is an admin; a one-time link token for them while nobody has signed in yet, else null. */
    readonly ensureAdmin: Effect.Effect<string | null, CallError>;
    /** Ends the first admin's sessions; answers a new one-time link token. */
    readonly resetAdmin: Effect.Effect<string, CallError>;
    /** Forgets what ended long ago. */
    readonly sweep: Effect.Effect<void, CallError>;
  }
>()("pixsim/runtime/Auth") {
  static readonly layer: Layer.Layer<Auth, never, Database | Secrets> = Layer.effect(
    Auth,
    Effect.suspend(() => make),
  );
}

const hash = (secret: string): string => createHash("sha256").update(secret).digest("hex");
const secret = (): string => randomBytes(32).toString("base64url");
const newId = (prefix: string): string => `${prefix}_${randomBytes(12).toString("base64url")}`;

const refused = (error: DatabaseError): CallError =>
  error.reason === "full"
    ? new CallError("storage_full", "The disk is full or cannot be written.")
    : error.reason === "conflict"
      ? new CallError("conflict", "There is such a user already.")
      : new CallError("unavailable", "The database does not answer. Try again.");

const userOf = (row: queries.UserRow): User => ({
  id: row.id,
  username: row.username,
  email: row.email,
  role: row.role,
  hasPassword: row.password !== null,
  createdAt: row.created_at,
});

const make = Effect.gen(function* () {
  const database = yield* Database;
  const { accessKey } = yield* Secrets;
  const known = new Set<string>();
  const listeners = new Set<(sessionId: string) => void>();
  const byLogin = new Throttle(triesPerMinute);
  const byAddress = new Throttle(triesPerMinute * 4);

  const query = <T>(run: Parameters<typeof database.query<T>>[0]) => Effect.mapError(database.query(run), refused);
  const transaction = <T>(run: Parameters<typeof database.transaction<T>>[0]) => Effect.mapError(database.transaction(run), refused);
  const now = Clock.currentTimeMillis;

  const ended = (ids: ReadonlyArray<{ readonly id: string }>): void => {
    for (const { id } of ids) {
      known.delete(id);
      for (const listener of listeners) listener(id);
    }
  };

  const grant = Effect.fnUntraced(function* (
    user: queries.UserRow,
    sessionId: string,
    refreshSecret: string,
    at: number,
    refreshExpiresAt: number,
  ) {
    const accessExpiresAt = Math.floor((at + accessLifeMs) / 1000) * 1000;
    const accessToken = yield* signAccess(accessKey, {
      userId: user.id,
      username: user.username,
      role: user.role,
      sessionId,
      expiresAt: accessExpiresAt,
    });
    return { user: userOf(user), sessionId, accessToken, accessExpiresAt, refreshToken: `${sessionId}.${refreshSecret}`, refreshExpiresAt };
  });

  const startSession = Effect.fnUntraced(function* (user: queries.UserRow, origin: Origin) {
    const at = yield* now;
    const id = newId("ses");
    const refreshSecret = secret();
    const session = {
      id,
      user_id: user.id,
      client: origin.client.slice(0, 80),
      ip: origin.ip.slice(0, 64),
      created_at: at,
      last_used_at: at,
      expires_at: at + sessionLifeMs,
      refresh_hash: hash(refreshSecret),
      rotated_at: at,
    };
    yield* query((sql) => queries.insertSession(sql, session));
    return yield* grant(user, id, refreshSecret, at, session.expires_at);
  });

  const throttled = (waitMs: number) =>
    new CallError("rate_limited", `Too many tries. Wait ${Math.ceil(waitMs / 1000)} seconds, then try again.`, { retryAfterMs: waitMs });

  const signIn = Effect.fn("auth.signIn")(function* (login: string, password: string, origin: Origin) {
    const at = yield* now;
    const key = login.toLowerCase();
    const waitMs = Math.max(byAddress.attempt(origin.ip, at), byLogin.attempt(key, at));
    if (waitMs > 0) return yield* Effect.fail(throttled(waitMs));
    const [user] = yield* query((sql) => queries.userByLogin(sql, login));
    // Unknown users cost the same time and get the same answer.
    const right = yield* verifyPassword(password, user?.password ?? null);
    if (user === undefined || !right) return yield* Effect.fail(new CallError("invalid_credentials", "Login or password is wrong."));
    byLogin.clear(key);
    return yield* startSession(user, origin);
  });

  const redeem = Effect.fn("auth.redeem")(function* (token: string, origin: Origin) {
    const at = yield* now;
    const waitMs = byAddress.attempt(origin.ip, at);
    if (waitMs > 0) return yield* Effect.fail(throttled(waitMs));
    const [link] = yield* query((sql) => queries.takeLink(sql, hash(token), at));
    const [user] = link === undefined ? [] : yield* query((sql) => queries.userById(sql, link.user_id));
    if (user === undefined)
      return yield* Effect.fail(
        new CallError("invalid_credentials", "This sign-in link was used, has expired, or was never given. Ask for a new one."),
      );
    return yield* startSession(user, origin);
  });

  const refresh = Effect.fn("auth.refresh")(function* (refreshToken: string) {
    const at = yield* now;
    const dot = refreshToken.indexOf(".");
    const sessionId = refreshToken.slice(0, Math.max(0, dot));
    const given = hash(refreshToken.slice(dot + 1));
    const next = secret();
    const outcome = yield* transaction(async (tx) => {
      const [session] = await queries.sessionForUpdate(tx, sessionId);
      if (session === undefined || session.revoked_at !== null || session.expires_at <= at) return { type: "gone" as const };
      const present = given === session.refresh_hash;
      const answerLost = given === session.previous_hash && at - session.rotated_at <= lostAnswerMs;
      if (!present && !answerLost) {
        // A token of this session that was used up, or one that was made up: both end it only if it was ever true.
        if (given !== session.previous_hash) return { type: "gone" as const };
        return {
          type: "reused" as const,
          ids: await queries.revokeSessions(tx, session.user_id, { id: sessionId }, "refresh token used twice", at),
        };
      }
      const expires = at + sessionLifeMs;
      await queries.rotateSession(tx, sessionId, {
        refresh_hash: hash(next),
        previous_hash: given,
        at: answerLost ? session.rotated_at : at,
        expires_at: expires,
      });
      const [user] = await queries.userById(tx, session.user_id);
      return { type: "rotated" as const, user: user!, expires };
    });
    switch (outcome.type) {
      case "rotated":
        return yield* grant(outcome.user, sessionId, next, at, outcome.expires);
      case "reused":
        ended(outcome.ids);
        yield* Effect.logWarning("a refresh token was used twice; its session is ended").pipe(Effect.annotateLogs({ session: sessionId }));
        return yield* Effect.fail(
          new CallError("session_revoked", "This session was used from two places and has been ended. Sign in again."),
        );
      case "gone":
        return yield* Effect.fail(new CallError("session_revoked", "The session has ended. Sign in again."));
    }
  });

  const verify = Effect.fnUntraced(function* (token: string) {
    const at = yield* now;
    const principal = yield* readAccess(accessKey, token, at);
    if (known.has(principal.sessionId)) return principal;
    const [session] = yield* query((sql) => queries.sessionById(sql, principal.sessionId));
    if (session === undefined || session.revoked_at !== null || session.expires_at <= at) {
      return yield* Effect.fail(new CallError("session_revoked", "The session has ended. Sign in again."));
    }
    if (known.size >= maxKnownSessions) known.clear();
    known.add(principal.sessionId);
    return principal;
  });

  const giveLink = Effect.fnUntraced(function* (userId: string) {
    const at = yield* now;
    const token = secret();
    yield* transaction(async (tx) => {
      await queries.dropLinks(tx, userId);
      await queries.insertLink(tx, { token_hash: hash(token), user_id: userId, created_at: at, expires_at: at + linkLifeMs });
    });
    return token;
  });

  const addUser = Effect.fnUntraced(function* (username: string, email: string | null, role: Role) {
    const row: queries.UserRow = { id: newId("usr"), username, email, role, password: null, created_at: yield* now };
    yield* query((sql) => queries.insertUser(sql, row));
    return row;
  });

  const firstAdmin = Effect.gen(function* () {
    const rows = yield* query(queries.allUsers);
    return rows.find(({ role }) => role === "admin") ?? (yield* addUser("admin", null, "admin"));
  });

  const needsSetup = Effect.map(query(queries.anySession), ([row]) => row?.any !== true);

  return Auth.of({
    authenticator: {
      verify,
      onRevoked: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    signIn,
    redeem,
    refresh,
    user: Effect.fnUntraced(function* (userId: string) {
      const [row] = yield* query((sql) => queries.userById(sql, userId));
      return row === undefined ? yield* Effect.fail(new CallError("not_found", "This user is gone.")) : userOf(row);
    }),
    users: Effect.map(query(queries.allUsers), (rows) => rows.map(userOf)),
    createUser: Effect.fn("auth.createUser")(function* ({ username, email, role }) {
      const row = yield* addUser(username, email ?? null, role);
      return { user: userOf(row), token: yield* giveLink(row.id) };
    }),
    setPassword: Effect.fn("auth.setPassword")(function* (principal: Principal, current: string | undefined, password: string) {
      const at = yield* now;
      const [user] = yield* query((sql) => queries.userById(sql, principal.userId));
      if (user === undefined) return yield* Effect.fail(new CallError("not_found", "This user is gone."));
      if (user.password !== null) {
        const waitMs = byLogin.attempt(user.username.toLowerCase(), at);
        if (waitMs > 0) return yield* Effect.fail(throttled(waitMs));
        if (!(yield* verifyPassword(current ?? "", user.password)))
          return yield* Effect.fail(new CallError("invalid_credentials", "The present password is wrong."));
        byLogin.clear(user.username.toLowerCase());
      }
      const hashed = yield* hashPassword(password);
      const others = yield* transaction(async (tx) => {
        await queries.setPassword(tx, user.id, hashed);
        return queries.revokeSessions(tx, user.id, { except: principal.sessionId }, "password changed", at);
      });
      ended(others);
    }),
    sessions: Effect.fnUntraced(function* (principal: Principal) {
      const at = yield* now;
      const rows = yield* query((sql) => queries.liveSessions(sql, principal.userId, at));
      return rows.map((row) => ({
        id: row.id,
        client: row.client,
        ip: row.ip,
        createdAt: row.created_at,
        lastUsedAt: row.last_used_at,
        expiresAt: row.expires_at,
        current: row.id === principal.sessionId,
      }));
    }),
    revoke: Effect.fn("auth.revoke")(function* (principal: Principal, sessionId: string | undefined) {
      const at = yield* now;
      const which = sessionId === undefined ? { except: principal.sessionId } : { id: sessionId };
      const rows = yield* query((sql) => queries.revokeSessions(sql, principal.userId, which, "revoked by its user", at));
      if (sessionId !== undefined && rows.length === 0)
        return yield* Effect.fail(new CallError("not_found", "There is no such session, or it has ended."));
      ended(rows);
      return rows.length;
    }),
    preferences: (userId) =>
      Effect.map(
        query((sql) => queries.readPreferences(sql, userId)),
        ([row]) => row?.preferences ?? {},
      ),
    savePreferences: Effect.fn("auth.savePreferences")(function* (userId: string, set: Readonly<Record<string, unknown>>) {
      const tooLarge = yield* transaction(async (tx) => {
        const [row] = await queries.readPreferences(tx, userId);
        const merged = Object.fromEntries(Object.entries({ ...row?.preferences, ...set }).filter(([, value]) => value !== null));
        const json = JSON.stringify(merged);
        if (Buffer.byteLength(json) > maxPreferencesBytes) return true;
        await queries.writePreferences(tx, userId, json);
        return false;
      });
      if (tooLarge)
        return yield* Effect.fail(
          new CallError("payload_too_large", "The preferences would be over 128 KiB in all.", { limit: maxPreferencesBytes }),
        );
    }),
    needsSetup,
    ensureAdmin: Effect.gen(function* () {
      const admin = yield* firstAdmin;
      return (yield* needsSetup) ? yield* giveLink(admin.id) : null;
    }),
    resetAdmin: Effect.gen(function* () {
      const admin = yield* firstAdmin;
      const at = yield* now;
      ended(yield* query((sql) => queries.revokeSessions(sql, admin.id, {}, "reset from the command line", at)));
      return yield* giveLink(admin.id);
    }),
    sweep: Effect.gen(function* () {
      const at = yield* now;
      yield* query((sql) => queries.sweepSessions(sql, at - 7 * dayMs));
      yield* query((sql) => queries.sweepLinks(sql, at));
    }),
  });
});
