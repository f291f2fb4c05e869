// Who may come in: sign-in by password or one-time link, users, what is kept for them. Passwords, links and refresh tokens are
// stored as hashes only, and nothing here logs one.
import { randomBytes } from "node:crypto";
import { Clock, Context, Effect, Layer } from "effect";
import type { Grant, Role, Session, User } from "#protocol/auth.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { Database, type Sql, type Tx } from "#db/client/database.ts";
import * as queries from "#db/queries/user.ts";
import type { Fanout } from "../bus/fanout.ts";
import { Quotas } from "../cluster/quotas.ts";
import type { Authenticator } from "../gateway/authenticator.ts";
import { orCallError } from "../gateway/database-failures.ts";
import { hashPassword, verifyPassword } from "./password.ts";
import type { Principal } from "./principal.ts";
import { hashOf } from "./refresh-token.ts";
import { makeSessions, type Origin, userOf } from "./sessions.ts";
import { type Guests, makeGuests } from "./guests.ts";
import { Secrets } from "./secrets.ts";
import { addressKey } from "./throttle.ts";
import { makeTries } from "./tries.ts";

const linkLifeMs = 24 * 60 * 60_000;
/** For each user, and for each address; successes do not count. */
const triesPerMinute = 5;
/** Links that are opened from one address, whatever comes of it: behind it may be a class of pupils. */
const openingsPerMinute = 30;
const maxPreferencesBytes = 128 * 1024;

export class Auth extends Context.Service<
  Auth,
  {
    /** What the gateway asks of sessions. */
    readonly authenticator: Authenticator;
    /** Errors: invalid_credentials, rate_limited, overloaded. */
    readonly signIn: (login: string, password: string, origin: Origin) => Effect.Effect<Grant, CallError>;
    /** Errors: invalid_credentials, rate_limited. */
    readonly redeem: (token: string, origin: Origin) => Effect.Effect<Grant, CallError>;
    /** Errors: session_revoked. */
    readonly refresh: (refreshToken: string) => Effect.Effect<Grant, CallError>;
    readonly user: (userId: string) => Effect.Effect<User, CallError>;
    readonly users: Effect.Effect<ReadonlyArray<User>, CallError>;
    /** Answers a one-time link token for them. Errors: conflict. */
    readonly createUser: (user: {
      readonly username: string;
      readonly email: string | undefined;
      readonly role: Role;
    }) => Effect.Effect<{ readonly user: User; readonly token: string }, CallError>;
    /** Ends the other sessions. Errors: invalid_credentials, rate_limited, overloaded. */
    readonly setPassword: (principal: Principal, current: string | undefined, password: string) => Effect.Effect<void, CallError>;
    readonly sessions: (principal: Principal) => Effect.Effect<ReadonlyArray<Session>, CallError>;
    /** Ends one session, or all but the current one. Answers how many ended. Errors: not_found. */
    readonly revoke: (principal: Principal, sessionId: string | undefined) => Effect.Effect<number, CallError>;
    /** Those without an account, who came by a link. */
    readonly guests: Guests;
    readonly preferences: (userId: string) => Effect.Effect<Readonly<Record<string, unknown>>, CallError>;
    /** Errors: payload_too_large. */
    readonly savePreferences: (userId: string, set: Readonly<Record<string, unknown>>) => Effect.Effect<void, CallError>;
    /** Nobody has ever signed in. */
    readonly needsSetup: Effect.Effect<boolean, CallError>;
    /** Makes sure that there is an admin; a one-time link token for them while nobody has signed in yet, else null. */
    readonly ensureAdmin: Effect.Effect<string | null, CallError>;
    /** Takes the first admin's password away and ends their sessions; answers a new one-time link token. */
    readonly resetAdmin: Effect.Effect<string, CallError>;
    /** Forgets what ended long ago. */
    readonly sweep: Effect.Effect<void, CallError>;
  }
>()("pixsim/runtime/Auth") {
  static readonly layer: Layer.Layer<Auth, never, Database | Fanout | Quotas | Secrets> = Layer.effect(
    Auth,
    Effect.suspend(() => make),
  );
}

const wrong = new CallError("invalid_credentials", "Login or password is wrong.");
const userGone = new CallError("not_found", "This user is gone.");

const make = Effect.gen(function* () {
  const database = yield* Database;
  const sessions = yield* makeSessions;
  const quotas = yield* Quotas;
  const { accessKey } = yield* Secrets;
  const byUser = makeTries(quotas, "user", triesPerMinute);
  const byAddress = makeTries(quotas, "address", triesPerMinute);
  const byOpening = makeTries(quotas, "opening", openingsPerMinute);

  const query = <T>(run: (sql: Sql) => PromiseLike<T>) => orCallError(database.query(run));
  const transaction = <T>(run: (tx: Tx) => Promise<T>) => orCallError(database.transaction(run));
  const now = Clock.currentTimeMillis;

  const signIn = Effect.fn("auth.signIn")(function* (login: string, password: string, origin: Origin) {
    const at = yield* now;
    const fromAddress = yield* byAddress.count(addressKey(origin.ip), at);
    const [user] = yield* query((sql) => queries.userByLogin(sql, login));
    // The same for a user's name and e-mail, and for logins that nobody has: these have a key of their own.
    const forUser = yield* byUser.count(user?.id ?? `unknown ${login.toLowerCase()}`, at);
    // Unknown users cost the same time and get the same answer.
    const right = yield* verifyPassword(password, user?.password ?? null);
    if (user === undefined || !right) return yield* Effect.fail(wrong);
    yield* fromAddress.success;
    yield* forUser.success;
    return yield* sessions.begun(yield* transaction((tx) => sessions.begin(tx, user, origin, at)));
  });

  const redeem = Effect.fn("auth.redeem")(function* (token: string, origin: Origin) {
    const at = yield* now;
    const fromAddress = yield* byAddress.count(addressKey(origin.ip), at);
    // In one transaction: a link is not used up without its session.
    const session = yield* transaction(async (tx) => {
      const [link] = await queries.takeLink(tx, hashOf(token), at);
      const [user] = link === undefined ? [] : await queries.userById(tx, link.user_id);
      if (user !== undefined) await queries.dropLinks(tx, user.id);
      return user === undefined ? null : sessions.begin(tx, user, origin, at);
    });
    if (session === null)
      return yield* Effect.fail(
        new CallError("invalid_credentials", "This sign-in link was used, has expired, or was never given. Ask for a new one."),
      );
    yield* fromAddress.success;
    return yield* sessions.begun(session);
  });

  /** One more link: of all that a user was given the first that is used counts. */
  const giveLink = async (tx: Tx, userId: string, at: number): Promise<string> => {
    const token = randomBytes(32).toString("base64url");
    await queries.insertLink(tx, { token_hash: hashOf(token), user_id: userId, created_at: at, expires_at: at + linkLifeMs });
    return token;
  };

  const newUser = (username: string, email: string | null, role: Role, at: number): queries.UserRow => ({
    id: `usr_${randomBytes(12).toString("base64url")}`,
    username,
    email,
    role,
    password: null,
    created_at: at,
  });

  const createUser = Effect.fn("auth.createUser")(function* (user: { username: string; email: string | undefined; role: Role }) {
    const at = yield* now;
    const row = newUser(user.username, user.email ?? null, user.role, at);
    const adding = database.transaction(async (tx) => {
      await queries.insertUser(tx, row);
      return giveLink(tx, row.id, at);
    });
    const token = yield* Effect.catchTag(adding, "DatabaseError", (error) =>
      error.reason === "conflict"
        ? Effect.fail(new CallError("conflict", "There is a user with this name or e-mail already."))
        : orCallError(Effect.fail(error)),
    );
    return { user: userOf(row), token };
  });

  const setPassword = Effect.fn("auth.setPassword")(function* (principal: Principal, current: string | undefined, password: string) {
    const at = yield* now;
    const [user] = yield* query((sql) => queries.userById(sql, principal.userId));
    if (user === undefined) return yield* Effect.fail(userGone);
    if (user.password !== null) {
      const forUser = yield* byUser.count(user.id, at);
      if (!(yield* verifyPassword(current ?? "", user.password)))
        return yield* Effect.fail(new CallError("invalid_credentials", "The present password is wrong."));
      yield* forUser.success;
    }
    const hashed = yield* hashPassword(password);
    const others = yield* transaction(async (tx) => {
      await queries.setPassword(tx, user.id, hashed);
      return queries.revokeSessions(tx, user.id, { except: principal.sessionId }, "password changed", at);
    });
    sessions.ended(others);
  });

  const savePreferences = Effect.fn("auth.savePreferences")(function* (userId: string, set: Readonly<Record<string, unknown>>) {
    const saved = yield* transaction(async (tx) => {
      const [row] = await queries.lockPreferences(tx, userId);
      const merged = Object.fromEntries(Object.entries({ ...row?.preferences, ...set }).filter(([, value]) => value !== null));
      const json = JSON.stringify(merged);
      if (Buffer.byteLength(json) > maxPreferencesBytes) return false;
      await queries.writePreferences(tx, userId, json);
      return true;
    });
    if (saved) return;
    return yield* Effect.fail(
      new CallError("payload_too_large", "The preferences would be over 128 KiB in all.", { limit: maxPreferencesBytes }),
    );
  });

  const firstAdmin = async (tx: Tx, at: number): Promise<queries.UserRow> => {
    const found = (await queries.allUsers(tx)).find(({ role }) => role === "admin");
    if (found !== undefined) return found;
    const admin = newUser("admin", null, "admin", at);
    await queries.insertUser(tx, admin);
    return admin;
  };

  const ensureAdmin = Effect.gen(function* () {
    const at = yield* now;
    return yield* transaction(async (tx) => {
      const admin = await firstAdmin(tx, at);
      const [row] = await queries.signedInEver(tx);
      return row?.ever === true ? null : giveLink(tx, admin.id, at);
    });
  });

  const resetAdmin = Effect.gen(function* () {
    const at = yield* now;
    const { ended, token } = yield* transaction(async (tx) => {
      const admin = await firstAdmin(tx, at);
      await queries.setPassword(tx, admin.id, null);
      await queries.dropLinks(tx, admin.id);
      return {
        ended: await queries.revokeSessions(tx, admin.id, {}, "reset from the command line", at),
        token: await giveLink(tx, admin.id, at),
      };
    });
    sessions.ended(ended);
    return token;
  });

  return Auth.of({
    authenticator: sessions.authenticator,
    signIn,
    redeem,
    refresh: sessions.refresh,
    user: Effect.fnUntraced(function* (userId: string) {
      const [row] = yield* query((sql) => queries.userById(sql, userId));
      return row === undefined ? yield* Effect.fail(userGone) : userOf(row);
    }),
    users: Effect.map(query(queries.allUsers), (rows) => rows.map(userOf)),
    createUser,
    setPassword,
    sessions: sessions.list,
    revoke: sessions.revoke,
    guests: makeGuests(accessKey, {
      ended: (ids) => sessions.ended(ids.map((id) => ({ id }))),
      countOpening: (ip, at) => Effect.asVoid(byOpening.count(addressKey(ip), at)),
    }),
    preferences: (userId) =>
      Effect.map(
        query((sql) => queries.readPreferences(sql, userId)),
        ([row]) => row?.preferences ?? {},
      ),
    savePreferences,
    needsSetup: Effect.map(query(queries.signedInEver), ([row]) => row?.ever !== true),
    ensureAdmin,
    resetAdmin,
    sweep: Effect.gen(function* () {
      const at = yield* now;
      yield* sessions.sweep;
      yield* query((sql) => queries.sweepLinks(sql, at));
    }),
  });
});
