// The gateway as clients meet it: hello, calls, limits and ends, on the transport that PIXSIM_TRANSPORT names.
import { Effect, Layer } from "effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closeCodes } from "#protocol/wire/close.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { Quotas } from "../cluster/quotas.ts";
import type { CallContext } from "./handlers.ts";
import { principalOf, startGateway, type TestClient, type TestGateway, transportName } from "./testing.ts";

const hello = (token?: string) => ({ t: "hello", versions: [1], client: "test", ...(token === undefined ? {} : { token }) });

/** By which reason the gateway closes, and the error it tells before, if any. */
const endOf = async (client: TestClient): Promise<ReadonlyArray<string | undefined>> => {
  const { code, reason } = await client.closed;
  const [name] = Object.entries(closeCodes).find(([, spec]) => spec.code === code && spec.summary === reason) ?? [`${code} ${reason}`];
  const errors = client.frames.flatMap((frame) => (frame.t === "err" && frame.id === 0 ? [frame.e.code] : []));
  return [name, ...errors];
};

const gate = <T = void>() => {
  let pass: (value: T) => void = () => {};
  const passed = new Promise<T>((resolve) => (pass = resolve));
  return { pass, passed };
};

describe(`hello on ${transportName}`, () => {
  let gateway: TestGateway;
  let seen: CallContext | undefined;
  beforeAll(async () => {
    gateway = await startGateway({
      environment: {
        PIXSIM_ORIGINS: "https://studio.example, chrome-extension://abc",
        PIXSIM_CONNECTIONS_PER_USER: "2",
        PIXSIM_TRUSTED_PROXIES: "127.0.0.1",
      },
      limits: { maxConnections: 20 },
      handlers: {
        calls: {
          "auth.me": (_input, context) => Effect.sync(() => void (seen = context)),
          "auth.signIn": (input: { login: string }, context) => Effect.sync(() => context.authenticate(principalOf(input.login))),
        },
      },
    });
  });
  afterAll(() => gateway.close());

  test("a welcome says who speaks and what the limits are", async () => {
    const client = await gateway.connect();
    client.send(hello("user:ada"));
    const welcome = await client.take("welcome");
    expect(welcome).toMatchObject({ version: 1, server: "pixsim test", user: "ada", limits: { maxInFlight: 256, heartbeatMs: 20_000 } });
    await client.call("auth.me", {});
    expect(seen).toMatchObject({ client: "test", ip: "127.0.0.1", connectionId: welcome.connection, principal: { userId: "ada" } });
    client.socket.close();
    const anonymous = await gateway.connect();
    anonymous.send(hello());
    expect((await anonymous.take("welcome")).user).toBeNull();
    anonymous.socket.close();
  });

  test.each([
    ["forged", "unauthenticated", "unauthenticated"],
    ["expired", "token_expired", "token_expired"],
    ["revoked", "session_revoked", "session_revoked"],
  ] as const)("a token that is %s ends the connection with %s", async (token, code, reason) => {
    const client = await gateway.connect();
    client.send(hello(token));
    expect(await endOf(client)).toEqual([reason, code]);
  });

  test("versions that this server does not speak, no hello in time, and anything else than a hello end it", async () => {
    const newer = await gateway.connect();
    newer.send({ t: "hello", versions: [2, 3], client: "test" });
    expect(await endOf(newer)).toEqual(["version_unsupported", "bad_frame"]);
    const silent = await gateway.connect();
    await gateway.advance(4999);
    await gateway.advance(20);
    expect(await endOf(silent)).toEqual(["hello_timeout"]);
    const hasty = await gateway.connect();
    hasty.send({ t: "call", id: 1, call: "system.ping", input: {} });
    expect(await endOf(hasty)).toEqual(["bad_frame", "bad_frame"]);
    const large = await gateway.connect();
    large.send({ t: "hello", versions: [1], client: "x", token: "y".repeat(20_000) });
    expect(await endOf(large)).toEqual(["frame_too_large", "payload_too_large"]);
  });

  test("frames that follow the hello at once are served after the welcome", async () => {
    const client = await gateway.connect();
    client.send(hello("user:eve"));
    client.send({ t: "call", id: 7, call: "system.ping", input: { echo: "early" } });
    expect((await client.take("ok", 7)).r).toHaveProperty("at");
    client.socket.close();
    await client.closed;
  });

  test("signing in makes an anonymous connection speak for the user", async () => {
    const client = await gateway.enter();
    expect(await client.call("auth.me", {})).toBe("unauthenticated");
    await client.call("auth.signIn", { login: "bob", password: "-" });
    await client.call("auth.me", {});
    expect(seen?.principal?.userId).toBe("bob");
    client.socket.close();
    await client.closed;
  });

  test("a client is where the proxy that is trusted says", async () => {
    const client = await gateway.connect({ "x-forwarded-for": "198.51.100.1, 203.0.113.5" });
    client.send(hello("user:eve"));
    await client.take("welcome");
    await client.call("auth.me", {});
    expect(seen?.ip).toBe("203.0.113.5");
    client.socket.close();
    await client.closed;
  });

  test("a user who has too many connections at other processes is told so too", async () => {
    const left: Array<string> = [];
    const elsewhere = await startGateway({
      quotas: Layer.succeed(Quotas, {
        attempt: () => Effect.succeed(0),
        takeBack: () => Effect.void,
        enter: (user, _holder, most) => Effect.succeed(user !== "dan" || most !== 50),
        leave: (user) => Effect.sync(() => void left.push(user)),
      }),
    });
    const other = await elsewhere.enter("cid");
    const client = await elsewhere.connect();
    client.send(hello("user:dan"));
    expect((await client.closed).code).toBe(closeCodes.too_many_connections.code);
    expect((await client.take("err", 0)).e).toMatchObject({ code: "quota_exceeded", details: { quota: "connections", limit: 50 } });
    other.socket.close();
    await other.closed;
    await elsewhere.close();
    expect(left.sort()).toEqual(["cid", "dan"]);
  });

  test("a user has so many connections and no more; one that ends makes room", async () => {
    const [first, second] = [await gateway.enter("cid"), await gateway.enter("cid")];
    const third = await gateway.connect();
    third.send(hello("user:cid"));
    expect(await endOf(third)).toEqual(["too_many_connections", "quota_exceeded"]);
    // Hello again on the same connection is no further one.
    second.send(hello("user:cid"));
    await second.take("welcome");
    first.socket.close();
    await first.closed;
    await second.settled();
    const fourth = await gateway.enter("cid");
    for (const client of [second, fourth]) client.socket.close();
    await Promise.all([second.closed, fourth.closed]);
  });

  test("pages of other origins may not connect", async () => {
    const own = `127.0.0.1:${gateway.port}`;
    for (const origin of [`http://${own}`, `https://${own}`, "https://studio.example", "chrome-extension://abc"]) {
      const client = await gateway.connect({ origin });
      client.socket.terminate();
      await client.closed;
    }
    for (const origin of ["https://evil.example", "null", `http://${own}.evil.example`, `http://${own}1`, "file://"]) {
      await expect(gateway.connect({ origin })).rejects.toThrow("403");
    }
  });

  test("there is a limit to connections in all", async () => {
    const clients = await Promise.all(Array.from({ length: 20 - gateway.counters.connections }, () => gateway.connect()));
    await expect(gateway.connect()).rejects.toThrow("503");
    for (const client of clients) client.socket.terminate();
  });
});

describe(`calls on ${transportName}`, () => {
  let gateway: TestGateway;
  let started = gate<CallContext>();
  let stopped = gate();
  let release = gate<unknown>();
  beforeAll(async () => {
    gateway = await startGateway({
      limits: { maxInFlight: 8 },
      handlers: {
        calls: {
          "system.ping": (input) => Effect.succeed(input),
          "system.info": () => Effect.suspend(() => Effect.fail(new CallError("conflict", "Not now.", { until: "later" }))),
          "assets.get": () => {
            throw new Error("secret of the handler");
          },
          "assets.list": () => Effect.die(new Error("secret of the handler")),
          "auth.me": () => Effect.succeed(1n),
          "jobs.list": (_input, context) =>
            Effect.callback((resume) => {
              started.pass(context);
              void release.passed.then((value) => resume(Effect.succeed(value)));
              return Effect.sync(() => stopped.pass());
            }),
          "auth.sessions": () => Effect.interrupt,
        },
      },
    });
  });
  afterAll(() => gateway.close());

  test("a call is answered, on the spot or later, in the order of readiness", async () => {
    const client = await gateway.enter("ada");
    release = gate<unknown>();
    client.send({ t: "call", id: 1, call: "jobs.list", input: {} });
    client.send({ t: "call", id: 2, call: "system.ping", input: { echo: "grüße" } });
    expect((await client.take("ok", 2)).r).toEqual({ echo: "grüße" });
    release.pass({ jobs: [] });
    expect((await client.take("ok", 1)).r).toEqual({ jobs: [] });
    expect(client.frames).toEqual([]);
    client.socket.close();
  });

  test("who may not call is told why", async () => {
    const [anonymous, guest, user, admin] = [
      await gateway.enter(),
      await gateway.enter("gst"),
      await gateway.enter("bob"),
      await gateway.enter("adm"),
    ];
    expect(await anonymous.call("auth.users", {})).toBe("unauthenticated");
    expect(await guest.call("actors.resume", { address: "job/1" })).toBe("forbidden");
    expect(await user.call("auth.users", {})).toBe("forbidden");
    expect(await admin.call("auth.users", {})).toHaveProperty("users");
    expect(await user.call("actors.resume", { address: "job/1" })).toEqual({});
    for (const client of [anonymous, guest, user, admin]) client.socket.close();
  });

  test("what does not fit the schema is told by its place and reaches no handler", async () => {
    const client = await gateway.enter("ada");
    client.send({ t: "call", id: 1, call: "actors.get", input: { address: 5 } });
    const { e } = await client.take("err", 1);
    expect(e).toMatchObject({ code: "invalid_input", details: { issues: [{ path: ["address"] }] } });
    expect(e.message).toContain("address");
    for (const input of [null, 1, "x", [], { address: "../../etc" }, { address: "job/1", __proto__: null, extra: { deep: [1] } }]) {
      const answer = await client.call("actors.get", input);
      expect(answer === "invalid_input" || typeof answer === "object").toBe(true);
    }
    const many = Array.from({ length: 500 }, () => 0);
    client.send({ t: "call", id: 99, call: "assets.delete", input: { ids: many } });
    const told = (await client.take("err", 99)).e.details as { issues: Array<unknown> };
    expect(told.issues).toHaveLength(20);
    client.socket.close();
  });

  test("an unknown name is told for what it is", async () => {
    const client = await gateway.enter("ada");
    for (const name of ["nope", "auth", "auth.nope", "__proto__", "constructor", "jobs.jobs"]) {
      expect(await client.call(name, {})).toBe("unknown_call");
    }
    client.send({ t: "open", id: 50, stream: "system.ping", input: {}, credit: 1 });
    expect((await client.take("err", 50)).e.code).toBe("unknown_call");
    client.send({ t: "sub", id: 51, topic: "actors.get", params: {} });
    expect((await client.take("err", 51)).e.code).toBe("unknown_call");
    client.socket.close();
  });

  test("a typed failure crosses whole; a fault crosses as a reference without its secret", async () => {
    const client = await gateway.enter("ada");
    client.send({ t: "call", id: 1, call: "system.info", input: {} });
    expect((await client.take("err", 1)).e).toEqual({ code: "conflict", message: "Not now.", details: { until: "later" } });
    let id = 1;
    for (const [call, input] of [
      ["assets.get", { id: "ast_1" }],
      ["assets.list", {}],
      ["auth.me", {}],
    ] as const) {
      client.send({ t: "call", id: ++id, call, input });
      const { e } = await client.take("err", id);
      expect(e.code).toBe("internal");
      expect(e.ref).toMatch(/^[0-9a-f]{8}$/);
      expect(JSON.stringify(e)).not.toContain("secret");
    }
    expect(await client.call("auth.sessions", {})).toBe("unavailable");
    client.socket.close();
  });

  test("a deadline that passes is told and stops the handler", async () => {
    const client = await gateway.enter("ada");
    [started, stopped, release] = [gate<CallContext>(), gate(), gate<unknown>()];
    client.send({ t: "call", id: 1, call: "jobs.list", input: {}, deadline: 100 });
    await started.passed;
    await gateway.advance(99);
    await client.settled();
    expect(client.frames).toEqual([]);
    await gateway.advance(20);
    expect((await client.take("err", 1)).e.code).toBe("deadline_exceeded");
    await stopped.passed;
    expect(await client.call("system.ping", {})).toEqual({});
    client.socket.close();
  });

  test("cancel is told and stops the handler; of what is over it does nothing", async () => {
    const client = await gateway.enter("ada");
    [started, stopped, release] = [gate<CallContext>(), gate(), gate<unknown>()];
    client.send({ t: "call", id: 1, call: "jobs.list", input: {} });
    await started.passed;
    client.send({ t: "cancel", id: 1 });
    expect((await client.take("err", 1)).e.code).toBe("cancelled");
    await stopped.passed;
    client.send({ t: "cancel", id: 1 });
    client.send({ t: "unsub", id: 1 });
    client.send({ t: "credit", id: 1, n: 5 });
    // The id is free again.
    client.send({ t: "call", id: 1, call: "system.ping", input: {} });
    expect((await client.take("ok", 1)).r).toEqual({});
    client.socket.close();
  });

  test("more calls at the same time than allowed are refused, and there is room again when one ends", async () => {
    const client = await gateway.enter("ada");
    release = gate<unknown>();
    for (let id = 1; id <= 9; id++) client.send({ t: "call", id, call: "jobs.list", input: {} });
    expect((await client.take("err", 9)).e.code).toBe("overloaded");
    release.pass({});
    for (let id = 1; id <= 8; id++) await client.take("ok", id);
    expect(await client.call("jobs.list", {})).toEqual({});
    client.socket.close();
  });

  test("a lost connection does not stop a call half way, and its limit of time does", async () => {
    const client = await gateway.enter("ada");
    let over = false;
    [started, stopped, release] = [gate<CallContext>(), gate(), gate<unknown>()];
    void stopped.passed.then(() => (over = true));
    client.send({ t: "call", id: 1, call: "jobs.list", input: {}, deadline: 5000 });
    await started.passed;
    client.socket.terminate();
    await client.closed;
    const other = await gateway.enter("ada");
    await gateway.advance(4990);
    await other.settled();
    expect(over).toBe(false);
    await gateway.advance(20);
    await stopped.passed;
    other.socket.close();
  });
});

describe(`bad frames on ${transportName}`, () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ limits: { drainMs: 0 }, handlers: { calls: { "jobs.list": () => Effect.never } } });
  });
  afterAll(() => gateway.close());

  const deep = (levels: number): string => `{"t":"call","id":1,"call":"system.ping","input":${"[".repeat(levels)}${"]".repeat(levels)}}`;

  test.each([
    ["no JSON", "{"],
    ["no object", "[]"],
    ["null", "null"],
    ["no kind", "{}"],
    ["JSON of 100,000 levels", deep(100_000)],
    ["JSON of 65 levels", deep(65)],
    ["a call without id", '{"t":"call","call":"system.ping","input":{}}'],
    ["an id out of range", '{"t":"call","id":4294967296,"call":"system.ping","input":{}}'],
  ])("%s: told, and the connection ends", async (_what, text) => {
    const client = await gateway.enter("ada");
    client.socket.send(text);
    expect(await endOf(client)).toEqual(["bad_frame", "bad_frame"]);
  });

  test("a broken frame with an id is answered there, and the connection goes on", async () => {
    const client = await gateway.enter("ada");
    client.socket.send('{"t":"call","id":3,"call":"system.ping"}');
    expect((await client.take("err", 3)).e.code).toBe("bad_frame");
    client.socket.send('{"t":"call","id":4,"call":"system.ping","input":{},"key":"short"}');
    expect((await client.take("err", 4)).e.code).toBe("bad_frame");
    client.socket.send('{"t":"sub","id":5,"topic":"assets.assets","params":{},"from":"nowhere"}');
    expect((await client.take("err", 5)).e.code).toBe("bad_frame");
    client.socket.send('{"t":"ok","id":6,"r":1}');
    expect((await client.take("err", 6)).e.code).toBe("bad_frame");
    await client.settled();
    client.socket.close();
  });

  test("an id that is in use ends the connection", async () => {
    const client = await gateway.enter("ada");
    client.send({ t: "call", id: 1, call: "jobs.list", input: {} });
    client.send({ t: "call", id: 1, call: "jobs.list", input: {} });
    expect(await endOf(client)).toEqual(["bad_frame", "bad_frame"]);
  });

  test("a text frame over the limit", async () => {
    const client = await gateway.enter("ada");
    client.socket.send(`{"t":"call","id":1,"call":"system.ping","input":{"echo":"${"x".repeat(300_000)}"}}`);
    expect((await client.take("err", 0)).e).toMatchObject({ code: "payload_too_large", details: { limit: 262_144 } });
    expect((await client.closed).code).toBe(closeCodes.frame_too_large.code);
  });

  test("a binary frame over the limit, and one far over it", async () => {
    const client = await gateway.enter("ada");
    client.socket.send(new Uint8Array(1_100_000));
    expect(await endOf(client)).toEqual(["frame_too_large", "payload_too_large"]);
    const other = await gateway.enter("ada");
    other.socket.send(new Uint8Array(5_000_000));
    // The transport itself cuts it off: with the code of the WebSocket protocol, or none.
    expect([1006, 1009]).toContain((await other.closed).code);
  });

  test.each([
    ["bytes where text is due", Buffer.from('{"t":"ping","n":1}')],
    ["no bytes", new Uint8Array(0)],
    ["a kind that does not exist", new Uint8Array(32).fill(9)],
    ["a stream that was never opened", Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0]), Buffer.from("x")])],
  ])("a binary frame with %s", async (_what, bytes) => {
    const client = await gateway.enter("ada");
    client.socket.send(bytes);
    expect(await endOf(client)).toEqual(["bad_frame", "bad_frame"]);
  });

  test("bytes before the hello", async () => {
    const client = await gateway.connect();
    client.socket.send(new Uint8Array(20));
    expect(await endOf(client)).toEqual(["bad_frame", "bad_frame"]);
  });

  test("text that is not UTF-8", async () => {
    const client = await gateway.enter("ada");
    client.socket.send(Buffer.from([0x22, 0xc3, 0x28, 0x22]), { binary: false });
    const { code } = await client.closed;
    // uWebSockets.js cuts such a connection before it can be answered.
    expect(code).toBe(transportName === "ws" ? closeCodes.bad_frame.code : 1006);
  });
});

describe(`time on ${transportName}`, () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({
      limits: { framesPerSecond: 10, maxFrameDebt: 20 },
      handlers: {
        calls: {
          "auth.refresh": (_input, context) => Effect.sync(() => context.authenticate(principalOf("ada", 3_600_000))),
          "auth.signOut": (_input, context) => Effect.sync(() => gateway.revoke(context.principal!.sessionId)),
        },
      },
    });
  });
  afterAll(() => gateway.close());

  test("a token that runs out is told, calls are refused, a refresh goes on", async () => {
    const client = await gateway.connect();
    client.send(hello("short:ada"));
    await client.take("welcome");
    for (let minute = 0; minute < 20; minute++) {
      await gateway.advance(30_000);
      client.send({ t: "pong", n: 1 });
      await client.settled();
    }
    await gateway.advance(10);
    expect((await client.take("err", 0)).e.code).toBe("token_expired");
    expect(await client.call("auth.me", {})).toBe("token_expired");
    expect(await client.call("system.ping", {})).toHaveProperty("at");
    await client.call("auth.refresh", { refreshToken: "r" });
    expect(await client.call("auth.me", {})).toHaveProperty("username");
    await gateway.advance(20_000);
    await client.settled();
    client.socket.close();
  });

  test("without a refresh the connection ends after the grace", async () => {
    const client = await gateway.connect();
    client.send(hello("expired"));
    expect(await endOf(client)).toEqual(["token_expired", "token_expired"]);
  });

  test("a revoked session ends at once, and its token does not come in again", async () => {
    const [first, second, other] = [await gateway.enter("rex"), await gateway.enter("rex"), await gateway.enter("ada")];
    gateway.revoke("ses_rex");
    for (const client of [first, second]) expect(await endOf(client)).toEqual(["session_revoked", "session_revoked"]);
    await other.settled();
    const again = await gateway.connect();
    again.send(hello("user:rex"));
    expect(await endOf(again)).toEqual(["session_revoked", "session_revoked"]);
    other.socket.close();
  });

  test("the call that ends the own session is still answered", async () => {
    const client = await gateway.enter("sam");
    client.send({ t: "call", id: 1, call: "auth.signOut", input: {} });
    await client.take("ok", 1);
    expect(await endOf(client)).toEqual(["session_revoked", "session_revoked"]);
  });

  test("a client that says nothing is pinged, then given up", async () => {
    const client = await gateway.enter("ada");
    await gateway.advance(20_010);
    const { n } = await client.take("ping");
    client.send({ t: "pong", n });
    await client.settled();
    await gateway.advance(20_010);
    await client.take("ping");
    await gateway.advance(20_010);
    await client.take("ping");
    await gateway.advance(5_010);
    expect(await endOf(client)).toEqual(["heartbeat_timeout"]);
  });

  test("a client is asked once more where the process stood still, and kept when it answers", async () => {
    const client = await gateway.enter("ada");
    // Past the time for hello: what is waited for next is the heartbeat.
    await gateway.advance(6_000);
    gateway.standStill(90_000);
    await gateway.advance(14_010);
    const { n } = await client.take("ping");
    client.send({ t: "pong", n });
    await client.settled();
    await gateway.advance(20_010);
    expect(await client.take("ping")).toBeDefined();
  });

  test("bursts pass, more is refused with the time to wait, and far more ends the connection", async () => {
    const client = await gateway.enter("ada");
    await gateway.advance(5000);
    for (let id = 1; id <= 21; id++) client.send({ t: "call", id, call: "system.ping", input: {} });
    await client.take("ok", 20);
    expect((await client.take("err", 21)).e).toMatchObject({ code: "rate_limited", details: { retryAfterMs: 200 } });
    await gateway.advance(200);
    client.frames.length = 0;
    expect(await client.call("system.ping", {})).toHaveProperty("at");
    for (let id = 100; id < 130; id++) client.send({ t: "call", id, call: "system.ping", input: {} });
    expect(await endOf(client)).toEqual(["rate_limited", "rate_limited"]);
  });
});

describe(`the end on ${transportName}`, () => {
  test("calls in flight end first, nothing new is begun, then everybody is told to come back", async () => {
    const release = gate<unknown>();
    const started = gate();
    const gateway = await startGateway({
      handlers: {
        calls: {
          "jobs.list": () =>
            Effect.callback((resume) => {
              started.pass();
              void release.passed.then((value) => resume(Effect.succeed(value)));
            }),
        },
      },
    });
    const client = await gateway.enter("ada");
    const idle = await gateway.connect();
    client.send({ t: "call", id: 1000, call: "jobs.list", input: {} });
    await started.passed;
    const ending = gateway.close();
    // The first answers of the gateway after it was told to end.
    for (;;) {
      const answer = await client.call("system.ping", {});
      if (answer === "unavailable") break;
    }
    await expect(gateway.connect()).rejects.toThrow(/./);
    // Who waits for nothing goes at once, and is told when to come back.
    expect((await idle.closed).code).toBe(closeCodes.going_away.code);
    const said = await idle.take("err", 0);
    expect(said.e).toMatchObject({ code: "unavailable", details: { retryAfterMs: expect.any(Number) as number } });
    await expect.poll(() => gateway.counters.connections).toBe(1);
    release.pass({ done: true });
    expect((await client.take("ok", 1000)).r).toEqual({ done: true });
    expect((await client.closed).code).toBe(closeCodes.going_away.code);
    await ending;
    expect(gateway.counters.connections).toBe(0);
    expect(gateway.counters.closed.get("going_away")).toBe(2);
  });

  test("many are told to come back at different times", async () => {
    const gateway = await startGateway();
    const clients = await Promise.all(Array.from({ length: 60 }, () => gateway.connect()));
    await gateway.close();
    const waits = await Promise.all(
      clients.map(async (client) => ((await client.take("err", 0)).e.details as { retryAfterMs: number }).retryAfterMs),
    );
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...waits)).toBeLessThanOrEqual(250);
    expect(new Set(waits).size).toBeGreaterThan(20);
  });

  test("the gateway counts what it does", async () => {
    const gateway = await startGateway();
    const client = await gateway.enter("ada");
    await client.call("system.ping", {});
    await client.call("system.ping", { echo: 5 });
    await client.call("auth.users", {});
    const { counters } = gateway;
    expect(counters).toMatchObject({ connections: 1, connected: 1, framesIn: 4, framesOut: 4 });
    expect(counters.bytesIn).toBeGreaterThan(100);
    expect(Object.fromEntries(counters.outcomes.get("system.ping")!)).toEqual({ ok: 1, invalid_input: 1 });
    expect(Object.fromEntries(counters.outcomes.get("auth.users")!)).toEqual({ forbidden: 1 });
    await gateway.close();
  });
});
