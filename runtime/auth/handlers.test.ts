import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Effect, Layer, ManagedRuntime } from "effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auth as domain } from "#protocol/auth.ts";
import { testDatabases } from "#db/client/testing.ts";
import { readSettings, Settings } from "../config/settings.ts";
import type { CallContext, DomainHandlers } from "../gateway/handlers.ts";
import { Auth } from "./auth.ts";
import { authHandlers } from "./handlers.ts";
import type { Principal } from "./principal.ts";
import { Fanout } from "../bus/fanout.ts";
import { Quotas } from "../cluster/quotas.ts";
import { Secrets } from "./secrets.ts";

/** A connection as the handlers see it. */
class Connection implements CallContext {
  readonly connectionId = crypto.randomUUID();
  readonly ip = "127.0.0.1";
  readonly client = "test";
  readonly key = undefined;
  principal: Principal | null = null;
  readonly authenticate = (principal: Principal): void => {
    this.principal = principal;
  };
  readonly openUpload = (): number => 0;
}

describe.each(testDatabases)("the calls of sign-in ($engine)", ({ layer }) => {
  let folder: string;
  let runtime: ManagedRuntime.ManagedRuntime<Auth, unknown>;
  let calls: DomainHandlers<"auth">["calls"];
  const run = <A, E>(effect: Effect.Effect<A, E>) => runtime.runPromise(effect);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pixsim-auth-handlers-"));
    const settings = Layer.succeed(Settings, readSettings({ PIXSIM_DATA: folder }));
    runtime = ManagedRuntime.make(
      Auth.layer.pipe(
        Layer.provide(Secrets.layer),
        Layer.provide(layer),
        Layer.provide([Fanout.alone, Quotas.alone]),
        Layer.provide(settings),
      ),
    );
    ({ calls } = await runtime.runPromise(authHandlers));
  });
  afterAll(async () => {
    await runtime.dispose();
    await rm(folder, { recursive: true });
  });

  test("tokens that a connection is given sign it in, and every answer fits the contract", async () => {
    const token = (await runtime.runPromise(Effect.flatMap(Auth, (auth) => auth.ensureAdmin)))!;
    const admin = new Connection();
    const grant = await run(calls["auth.redeem"]({ token }, admin));
    expect(domain.calls.redeem.output.parse(grant)).toEqual(grant);
    expect(admin.principal).toMatchObject({
      userId: grant.user.id,
      role: "admin",
      sessionId: grant.sessionId,
      expiresAt: grant.accessExpiresAt,
    });

    await run(calls["auth.setPassword"]({ password: "correct horse" }, admin));
    const phone = new Connection();
    const second = await run(calls["auth.signIn"]({ login: "admin", password: "correct horse" }, phone));
    expect(phone.principal?.sessionId).toBe(second.sessionId);
    const renewed = await run(calls["auth.refresh"]({ refreshToken: second.refreshToken }, phone));
    expect(domain.calls.refresh.input.parse({ refreshToken: renewed.refreshToken })).toBeDefined();
    expect(phone.principal?.expiresAt).toBe(renewed.accessExpiresAt);

    const { sessions } = domain.calls.sessions.output.parse(await run(calls["auth.sessions"]({}, phone)));
    expect(sessions.map(({ id, current }) => [id, current])).toContainEqual([second.sessionId, true]);
    const made = domain.calls.createUser.output.parse(await run(calls["auth.createUser"]({ username: "bo", role: "user" }, admin)));
    expect(domain.calls.redeem.input.parse({ token: made.token })).toEqual({ token: made.token });
    const { users } = domain.calls.users.output.parse(await run(calls["auth.users"]({}, admin)));
    expect(users.map(({ username, hasPassword }) => [username, hasPassword])).toEqual([
      ["admin", true],
      ["bo", false],
    ]);
    await run(calls["auth.savePreferences"]({ set: { theme: "dark" } }, phone));
    expect(await run(calls["auth.preferences"]({}, admin))).toEqual({ preferences: { theme: "dark" } });
    expect(await run(calls["auth.me"]({}, phone))).toMatchObject({ username: "admin", hasPassword: true });

    expect(await run(calls["auth.signOut"]({}, phone))).toEqual({});
    // Signing out of what has ended already is what was asked.
    expect(await run(calls["auth.signOut"]({}, phone))).toEqual({});
    expect(await run(Effect.flip(calls["auth.refresh"]({ refreshToken: renewed.refreshToken }, phone)))).toMatchObject({
      code: "session_revoked",
    });
  });

  test("a call that needs a sign-in is refused without one", async () => {
    expect(await run(Effect.flip(calls["auth.me"]({}, new Connection())))).toMatchObject({ code: "unauthenticated" });
  });
});
