import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Clock, Effect, Layer, ManagedRuntime } from "effect";
import { SignJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Grant } from "#protocol/auth.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import { Database } from "#db/client/database.ts";
import { testDatabases } from "#db/client/testing.ts";
import { readSettings, Settings } from "../config/settings.ts";
import { Auth } from "./auth.ts";
import type { Principal } from "./principal.ts";
import { Secrets } from "./secrets.ts";

const origin = { client: "test", ip: "10.0.0.1" };
const minute = 60_000;

describe.each(testDatabases)("signing in, on the $engine database", ({ layer }) => {
  let folder: string;
  let now = 1_800_000_000_000;
  let runtime: ManagedRuntime.ManagedRuntime<Auth | Secrets | Database, unknown>;
  let auth: Auth["Service"];
  let secrets: Secrets["Service"];

  /** The clock of the test: the service reads it from each call. */
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => now,
    currentTimeMillis: Effect.sync(() => now),
    currentTimeNanosUnsafe: () => BigInt(now) * 1_000_000n,
    currentTimeNanos: Effect.sync(() => BigInt(now) * 1_000_000n),
    monotonicTimeNanosUnsafe: () => BigInt(now) * 1_000_000n,
    monotonicTimeNanos: Effect.sync(() => BigInt(now) * 1_000_000n),
    sleep: () => Effect.void,
  };
  const run = <A, E>(effect: Effect.Effect<A, E>): Promise<A> => runtime.runPromise(Effect.provideService(effect, Clock.Clock, clock));
  const refusal = (effect: Effect.Effect<unknown, CallError>): Promise<CallError> => run(Effect.flip(effect));
  const principal = (grant: Grant): Promise<Principal> => run(auth.authenticator.verify(grant.accessToken));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pixsim-auth-"));
    const settings = Layer.succeed(Settings, readSettings({ PIXSIM_DATA: folder }));
    runtime = ManagedRuntime.make(Auth.layer.pipe(Layer.provideMerge(Secrets.layer), Layer.provideMerge(layer), Layer.provide(settings)));
    auth = await runtime.runPromise(Auth);
    secrets = await runtime.runPromise(Secrets);
  });
  afterAll(async () => {
    await runtime.dispose();
    await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    // Throttles forget between tests.
    now += 10 * minute;
  });

  const withPassword = async (username: string, password = "correct horse") => {
    const { token } = await run(auth.createUser({ username, email: `${username}@example.org`, role: "user" }));
    const grant = await run(auth.redeem(token, origin));
    await run(auth.setPassword(await principal(grant), undefined, password));
    return grant;
  };

  test("the first start has an admin without a password and a link that works once; then setup is over", async () => {
    expect(await run(auth.needsSetup)).toBe(true);
    const first = await run(auth.ensureAdmin);
    const token = await run(auth.ensureAdmin);
    expect((await refusal(auth.redeem(first!, origin))).code).toBe("invalid_credentials");
    const grant = await run(auth.redeem(token!, origin));
    expect(grant.user).toMatchObject({ username: "admin", role: "admin", hasPassword: false });
    expect((await refusal(auth.redeem(token!, origin))).code).toBe("invalid_credentials");
    expect(await run(auth.needsSetup)).toBe(false);
    expect(await run(auth.ensureAdmin)).toBeNull();
  });

  test("a link expires after a day", async () => {
    const { token } = await run(auth.createUser({ username: "late", email: undefined, role: "user" }));
    now += 24 * 60 * minute + 1;
    expect((await refusal(auth.redeem(token, origin))).code).toBe("invalid_credentials");
  });

  test("user name and e-mail both sign in, whatever their case; a name is given once", async () => {
    await withPassword("ada");
    for (const login of ["ada", "ADA", "Ada@Example.org"])
      expect((await run(auth.signIn(login, "correct horse", origin))).user.username).toBe("ada");
    expect((await refusal(auth.createUser({ username: "ADA", email: undefined, role: "user" }))).code).toBe("conflict");
  });

  test("a wrong password, an unknown user and a user without password get the same answer", async () => {
    await withPassword("bea");
    await run(auth.createUser({ username: "nopass", email: undefined, role: "user" }));
    const answers = await Promise.all(
      [auth.signIn("bea", "wrong", origin), auth.signIn("nobody", "wrong", origin), auth.signIn("nopass", "", origin)].map(refusal),
    );
    expect(new Set(answers.map(({ code, message }) => `${code} ${message}`))).toEqual(
      new Set(["invalid_credentials Login or password is wrong."]),
    );
  });

  test("the sixth try within a minute is refused with the time to wait, and passes after it", async () => {
    await withPassword("cat");
    for (let attempt = 0; attempt < 5; attempt++)
      expect((await refusal(auth.signIn("cat", "wrong", origin))).code).toBe("invalid_credentials");
    const refused = await refusal(auth.signIn("cat", "correct horse", origin));
    expect(refused).toMatchObject({ code: "rate_limited", details: { retryAfterMs: minute } });
    now += minute + 1;
    expect((await run(auth.signIn("cat", "correct horse", origin))).user.username).toBe("cat");
  });

  test("one address cannot try many logins", async () => {
    for (let attempt = 0; attempt < 20; attempt++) await refusal(auth.signIn(`guess${attempt}`, "x", { client: "x", ip: "10.9.9.9" }));
    expect((await refusal(auth.signIn("guess21", "x", { client: "x", ip: "10.9.9.9" }))).code).toBe("rate_limited");
  });

  test("an access token works for a quarter of an hour; a forged one never", async () => {
    const grant = await withPassword("dan");
    expect(await principal(grant)).toMatchObject({ username: "dan", role: "user", sessionId: grant.sessionId });
    const claims = { sid: grant.sessionId, name: "dan", role: "admin" };
    const jwt = (audience: string, typ: string, key: Uint8Array) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: "HS256", typ })
        .setSubject(grant.user.id)
        .setAudience(audience)
        .setExpirationTime(Math.floor(now / 1000) + 60)
        .sign(key);
    const unsigned = `${Buffer.from('{"alg":"none","typ":"access+jwt"}').toString("base64url")}.${Buffer.from(JSON.stringify({ ...claims, aud: "pixsim", exp: now })).toString("base64url")}.`;
    const forged = [
      await jwt("pixsim", "access+jwt", new Uint8Array(32)),
      await jwt("other", "access+jwt", secrets.accessKey),
      await jwt("pixsim", "refresh+jwt", secrets.accessKey),
      await jwt("pixsim", "access+jwt", secrets.mediaKey),
      unsigned,
      "",
      "a.b.c",
    ];
    for (const token of forged) expect((await refusal(auth.authenticator.verify(token))).code).toBe("unauthenticated");
    now += 15 * minute + 1000;
    expect((await refusal(auth.authenticator.verify(grant.accessToken))).code).toBe("token_expired");
  });

  test("a refresh token works once; the one before works again for a moment, as its answer may be lost; then it ends the session", async () => {
    const first = await withPassword("eve");
    const second = await run(auth.refresh(first.refreshToken));
    // The answer with `second` was lost: the client tries again with what it has.
    now += 5000;
    const again = await run(auth.refresh(first.refreshToken));
    expect(again.refreshToken).not.toBe(second.refreshToken);
    // `second` was never delivered and counts no more.
    expect((await refusal(auth.refresh(second.refreshToken))).code).toBe("session_revoked");
    now += 60_000;
    const ended: Array<string> = [];
    const stop = auth.authenticator.onRevoked((id) => ended.push(id));
    expect((await refusal(auth.refresh(first.refreshToken))).code).toBe("session_revoked");
    expect(ended).toEqual([first.sessionId]);
    stop();
    expect((await refusal(auth.refresh(again.refreshToken))).code).toBe("session_revoked");
    expect((await refusal(auth.authenticator.verify(again.accessToken))).code).toBe("session_revoked");
  });

  test("a made-up refresh token ends nobody's session", async () => {
    const grant = await withPassword("fay");
    expect((await refusal(auth.refresh(`${grant.sessionId}.made-up`))).code).toBe("session_revoked");
    expect((await refusal(auth.refresh("nonsense"))).code).toBe("session_revoked");
    expect((await run(auth.refresh(grant.refreshToken))).sessionId).toBe(grant.sessionId);
  });

  test("revoking ends a session at once, also one that was just verified; others cannot be ended", async () => {
    const grant = await withPassword("gus");
    const other = await run(auth.signIn("gus", "correct horse", { client: "phone", ip: "10.0.0.2" }));
    const me = await principal(grant);
    await principal(other);
    const listed = await run(auth.sessions(me));
    expect(listed.map(({ id, client, current }) => ({ id, client, current }))).toContainEqual({
      id: other.sessionId,
      client: "phone",
      current: false,
    });
    const ended: Array<string> = [];
    auth.authenticator.onRevoked((id) => ended.push(id));
    expect(await run(auth.revoke(me, other.sessionId))).toBe(1);
    expect(ended).toEqual([other.sessionId]);
    expect((await refusal(auth.authenticator.verify(other.accessToken))).code).toBe("session_revoked");
    expect((await refusal(auth.refresh(other.refreshToken))).code).toBe("session_revoked");
    const foreign = await withPassword("hal");
    expect((await refusal(auth.revoke(me, foreign.sessionId))).code).toBe("not_found");
  });

  test("a new password needs the present one and ends the other sessions", async () => {
    const grant = await withPassword("ida");
    const other = await run(auth.signIn("ida", "correct horse", origin));
    const me = await principal(grant);
    expect((await refusal(auth.setPassword(me, "wrong", "another horse"))).code).toBe("invalid_credentials");
    await run(auth.setPassword(me, "correct horse", "another horse"));
    expect((await refusal(auth.authenticator.verify(other.accessToken))).code).toBe("session_revoked");
    expect((await principal(grant)).username).toBe("ida");
    expect((await run(auth.signIn("ida", "another horse", origin))).user.username).toBe("ida");
  });

  test("resetting the admin ends their sessions and gives a new link", async () => {
    const grant = await run(auth.redeem(await run(auth.resetAdmin), origin));
    const token = await run(auth.resetAdmin);
    expect((await refusal(auth.authenticator.verify(grant.accessToken))).code).toBe("session_revoked");
    expect((await run(auth.redeem(token, origin))).user.role).toBe("admin");
  });

  test("preferences merge, null removes, and 128 KiB is the end", async () => {
    const { user } = await withPassword("joy");
    await run(auth.savePreferences(user.id, { theme: "dark", layout: { a: 1 } }));
    await run(auth.savePreferences(user.id, { theme: null, other: [1] }));
    expect(await run(auth.preferences(user.id))).toEqual({ layout: { a: 1 }, other: [1] });
    expect((await refusal(auth.savePreferences(user.id, { big: "x".repeat(128 * 1024) }))).code).toBe("payload_too_large");
    expect(await run(auth.preferences(user.id))).toEqual({ layout: { a: 1 }, other: [1] });
  });

  test("secrets are files that only this user can read, and stay the same", async () => {
    const { mode } = await stat(join(folder, "secrets", "access.key"));
    expect(mode & 0o777).toBe(0o600);
    const settings = Layer.succeed(Settings, readSettings({ PIXSIM_DATA: folder }));
    const again = await Effect.runPromise(Effect.provide(Secrets, Secrets.layer.pipe(Layer.provide(settings))));
    expect(again.accessKey).toEqual(secrets.accessKey);
    expect(again.mediaKey).not.toEqual(again.accessKey);
  });
});
