import { mkdtemp, rm } from "node:fs/promises";
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
import { Fanout } from "../bus/fanout.ts";
import { Quotas } from "../cluster/quotas.ts";
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
    runtime = ManagedRuntime.make(
      Auth.layer.pipe(
        Layer.provideMerge(Secrets.layer),
        Layer.provideMerge(layer),
        Layer.provide([Fanout.alone, Quotas.alone]),
        Layer.provide(settings),
      ),
    );
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

  test("the first start has an admin without a password, each start a link until one of them is used; then setup is over", async () => {
    expect(await run(auth.needsSetup)).toBe(true);
    const other = await run(auth.ensureAdmin);
    const token = await run(auth.ensureAdmin);
    const grant = await run(auth.redeem(token!, origin));
    expect((await refusal(auth.redeem(other!, origin))).code).toBe("invalid_credentials");
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

  test("a user has five tries by whichever of their logins, and one address five for all logins; successes do not count", async () => {
    await withPassword("deb");
    for (let attempt = 0; attempt < 5; attempt++)
      await refusal(auth.signIn(attempt % 2 === 0 ? "deb" : "DEB@example.org", "wrong", { client: "x", ip: `10.1.0.${attempt}` }));
    expect((await refusal(auth.signIn("deb@example.org", "correct horse", { client: "x", ip: "10.1.0.9" }))).code).toBe("rate_limited");
    now += minute + 1;
    for (let attempt = 0; attempt < 6; attempt++) await run(auth.signIn("deb", "correct horse", origin));

    const address = (last: string) => ({ client: "x", ip: `2001:db8:1:2::${last}` });
    for (let attempt = 0; attempt < 5; attempt++) await refusal(auth.signIn(`guess${attempt}`, "x", address(String(attempt))));
    expect((await refusal(auth.signIn("guess9", "x", address("ffff")))).code).toBe("rate_limited");
    expect((await refusal(auth.redeem("x".repeat(43), address("1")))).code).toBe("rate_limited");
    expect((await refusal(auth.signIn("guess9", "x", { client: "x", ip: "2001:db8:1:3::1" }))).code).toBe("invalid_credentials");
  });

  test("a storm of sign-ins is told that it is one, and passes", async () => {
    await withPassword("kim");
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => refusal(auth.signIn(`storm${n}`, "x", { client: "x", ip: `10.2.0.${n}` }))),
    );
    expect(new Set(answers.map(({ code }) => code))).toEqual(new Set(["invalid_credentials", "overloaded"]));
    expect((await run(auth.signIn("kim", "correct horse", origin))).user.username).toBe("kim");
  });

  test("an access token works for a quarter of an hour; a forged one never", async () => {
    const grant = await withPassword("dan");
    expect(await principal(grant)).toMatchObject({ username: "dan", role: "user", sessionId: grant.sessionId });
    const claims = { jti: grant.sessionId, name: "dan", role: "admin" };
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

  test("a refresh token works once; asked again within 20 s, as its answer may be lost, it gives the same one", async () => {
    const first = await withPassword("eve");
    const second = await run(auth.refresh(first.refreshToken));
    now += 5000;
    const [again, once] = await Promise.all([run(auth.refresh(first.refreshToken)), run(auth.refresh(first.refreshToken))]);
    expect([again.refreshToken, once.refreshToken]).toEqual([second.refreshToken, second.refreshToken]);
    expect((await principal(again)).sessionId).toBe(first.sessionId);
    const third = await run(auth.refresh(second.refreshToken));
    expect(third.refreshToken).not.toBe(second.refreshToken);
    expect(third.refreshExpiresAt).toBeGreaterThan(first.refreshExpiresAt);
  });

  test.each([
    { name: "the one before, after 20 s", later: 20_001, used: 1 },
    { name: "the one before that, at once", later: 0, used: 0 },
  ])("a used refresh token ends the session: $name", async ({ later, used }) => {
    const grants = [await withPassword(`fred${used}`)];
    for (let n = 0; n < 2; n++) grants.push(await run(auth.refresh(grants[n]!.refreshToken)));
    now += later;
    const ended: Array<string> = [];
    const stop = auth.authenticator.onRevoked((id) => ended.push(id));
    await principal(grants[2]!);
    expect((await refusal(auth.refresh(grants[used]!.refreshToken))).code).toBe("session_revoked");
    stop();
    expect(ended).toEqual([grants[0]!.sessionId]);
    expect((await refusal(auth.refresh(grants[2]!.refreshToken))).code).toBe("session_revoked");
    expect((await refusal(auth.authenticator.verify(grants[2]!.accessToken))).code).toBe("session_revoked");
  });

  test("a thief and their victim who take turns are both out at the first token used twice", async () => {
    const victim = await withPassword("gina");
    const thief = await run(auth.refresh(victim.refreshToken));
    now += 15 * minute;
    expect((await refusal(auth.refresh(victim.refreshToken))).code).toBe("session_revoked");
    expect((await refusal(auth.refresh(thief.refreshToken))).code).toBe("session_revoked");
  });

  test("a made-up refresh token ends nobody's session", async () => {
    const grant = await withPassword("fay");
    const other = await withPassword("flo");
    const [session, secret, seal] = grant.refreshToken.split(".");
    const [, otherSecret, otherSeal] = other.refreshToken.split(".");
    const madeUp = [
      `${session}.made-up.${seal}`,
      `${session}.${otherSecret}.${otherSeal}`,
      `${session}.${secret}`,
      `${session}.${secret}.`,
      `${session}.${secret}.${seal}.`,
      "nonsense",
      "..",
      "",
    ];
    for (const token of madeUp) expect((await refusal(auth.refresh(token))).code).toBe("session_revoked");
    expect((await run(auth.refresh(grant.refreshToken))).sessionId).toBe(grant.sessionId);
  });

  test("a session that is not refreshed for 30 days has ended", async () => {
    const grant = await withPassword("hank");
    now += 30 * 24 * 60 * minute;
    expect((await refusal(auth.refresh(grant.refreshToken))).code).toBe("session_revoked");
    await run(auth.sweep);
    expect(await run(auth.needsSetup)).toBe(false);
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

  test("a session that ends while it is being verified is not known as good thereafter", async () => {
    const grant = await withPassword("jan");
    const me = await principal(grant);
    const others = await Promise.all(Array.from({ length: 4 }, () => run(auth.signIn("jan", "correct horse", origin))));
    for (const other of others) {
      await Promise.all([run(Effect.exit(auth.authenticator.verify(other.accessToken))), run(auth.revoke(me, other.sessionId))]);
      expect((await refusal(auth.authenticator.verify(other.accessToken))).code).toBe("session_revoked");
    }
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

  test("resetting the admin ends their sessions, takes the password away and gives a new link", async () => {
    const grant = await run(auth.redeem(await run(auth.resetAdmin), origin));
    await run(auth.setPassword(await principal(grant), undefined, "forgotten horse"));
    const old = await run(auth.resetAdmin);
    const token = await run(auth.resetAdmin);
    expect((await refusal(auth.authenticator.verify(grant.accessToken))).code).toBe("session_revoked");
    expect((await refusal(auth.signIn("admin", "forgotten horse", origin))).code).toBe("invalid_credentials");
    expect((await refusal(auth.redeem(old, origin))).code).toBe("invalid_credentials");
    const back = await run(auth.redeem(token, origin));
    expect(back.user).toMatchObject({ role: "admin", hasPassword: false });
    await run(auth.setPassword(await principal(back), undefined, "another horse"));
  });

  test("of more than a hundred sessions of a user, the one unused for longest ends", async () => {
    const first = await withPassword("lea");
    const database = await runtime.runPromise(Database);
    await run(
      database.query(
        (sql) => sql`
          insert into session (id, user_id, client, ip, created_at, last_used_at, expires_at, refresh_hash, rotated_at)
          select 'lea' || n, ${first.user.id}, 'x', 'x', ${now}::bigint + n, ${now}::bigint + n, ${now + minute}, '', ${now} from generate_series(1, 99) as n`,
      ),
    );
    now += 1000;
    const me = await principal(await run(auth.signIn("lea", "correct horse", origin)));
    expect((await run(auth.sessions(me))).length).toBe(100);
    expect((await refusal(auth.authenticator.verify(first.accessToken))).code).toBe("session_revoked");
  });

  test("preferences merge, null removes, and 128 KiB is the end", async () => {
    const { user } = await withPassword("joy");
    await run(auth.savePreferences(user.id, { theme: "dark", layout: { a: 1 } }));
    await run(auth.savePreferences(user.id, { theme: null, other: [1] }));
    expect(await run(auth.preferences(user.id))).toEqual({ layout: { a: 1 }, other: [1] });
    expect((await refusal(auth.savePreferences(user.id, { big: "x".repeat(128 * 1024) }))).code).toBe("payload_too_large");
    expect(await run(auth.preferences(user.id))).toEqual({ layout: { a: 1 }, other: [1] });
  });
});
