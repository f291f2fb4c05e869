// Connecting, calling and speaking for somebody, against a server that the test plays.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { auth } from "../auth.ts";
import { CallError } from "../wire/errors.ts";
import { type Client, connect } from "./client.ts";
import type { Credentials } from "./credentials.ts";
import { settle, World } from "./testing.ts";

const grant = auth.calls.refresh.example.output;

let world: World;
let client: Client;
beforeEach(() => {
  world = new World();
});
afterEach(() => client.close());

const start = (credentials?: Credentials): void => {
  client = connect({ url: "ws://test/ws", client: "test 1.0", surroundings: world, ...(credentials === undefined ? {} : { credentials }) });
};

/** Credentials as an application keeps them. */
const session = (access: ReturnType<Credentials["access"]>) => {
  const state: { access: ReturnType<Credentials["access"]>; renewals: number; readonly credentials: Credentials } = {
    access,
    renewals: 0,
    credentials: {
      access: () => state.access,
      canRenew: () => true,
      renew: async (call) => {
        state.renewals++;
        const { accessToken, accessExpiresAt } = await call("auth.refresh", { refreshToken: "r1" });
        state.access = { token: accessToken, expiresAt: accessExpiresAt };
      },
    },
  };
  return state;
};

const codeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => "ok",
    (error: unknown) => (error instanceof CallError ? error.code : error),
  );

describe("the connection", () => {
  test("says hello with what it speaks and who it is, and nothing else before the welcome", async () => {
    const { credentials } = session({ token: "tok", expiresAt: world.time + 900_000 });
    start(credentials);
    const answer = client.call("system.ping", {});
    world.socket.open();
    expect(world.socket.frames).toEqual([{ t: "hello", versions: [1], client: "test 1.0", token: "tok" }]);
    expect(client.phase()).toEqual({ name: "connecting", attempt: 0 });
    world.socket.welcome();
    expect(client.phase()).toEqual({ name: "ready" });
    const [call] = world.socket.all("call");
    world.socket.say({ t: "ok", id: call!.id, r: { at: 5 } });
    expect(await answer).toEqual({ at: 5 });
  });

  test("comes back after waits that grow, and tells of each step", async () => {
    const phases: Array<string> = [];
    start();
    client.onPhase((phase) => phases.push(phase.name));
    world.chance = 1;
    const waits: Array<number> = [];
    for (let n = 0; n < 7; n++) {
      world.socket.drop();
      const phase = client.phase();
      if (phase.name === "waiting") waits.push(phase.until - world.time);
      await world.advance(10_000);
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    world.socket.welcome();
    world.socket.drop(4000);
    expect(phases.slice(-2)).toEqual(["ready", "waiting"]);
    await world.advance(300);
    expect(client.phase()).toEqual({ name: "connecting", attempt: 0 });
  });

  test("tries at once when asked to", async () => {
    start();
    world.socket.drop();
    client.retryNow();
    expect(world.sockets).toHaveLength(2);
    await world.advance(10_000);
    expect(world.sockets).toHaveLength(2);
  });

  test("stops at a code that says so, fails what waits, and begins again only when asked", async () => {
    start();
    world.socket.welcome();
    const answer = codeOf(client.call("system.ping", {}));
    world.socket.drop(4101, "No common protocol version.");
    expect(client.phase()).toEqual({ name: "stopped", code: 4101, reason: "No common protocol version." });
    expect(await answer).toBe("unavailable");
    expect(await codeOf(client.call("system.ping", {}))).toBe("unavailable");
    await world.advance(60_000);
    expect(world.sockets).toHaveLength(1);
    client.retryNow();
    world.socket.welcome();
    expect(client.phase().name).toBe("ready");
  });

  test("answers pings and takes a silent line for dead", async () => {
    start();
    world.socket.welcome();
    for (let n = 0; n < 10; n++) {
      await world.advance(20_000);
      world.socket.say({ t: "ping", n });
    }
    expect(world.socket.all("pong").map(({ n }) => n)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(world.sockets).toHaveLength(1);
    await world.advance(50_000);
    expect(world.sockets[0]!.closedByClient).toBe(true);
    await world.advance(250);
    expect(world.sockets).toHaveLength(2);
  });

  test("gives a socket up that never opens or never says welcome", async () => {
    start();
    await world.advance(15_000);
    await world.advance(1000);
    expect(world.sockets).toHaveLength(2);
    world.socket.open();
    await world.advance(15_000);
    await world.advance(1000);
    expect(world.sockets).toHaveLength(3);
  });

  test("stays away for as long as a server that goes asks it to", async () => {
    start();
    world.socket.welcome();
    world.socket.say({ t: "err", id: 0, e: { code: "unavailable", message: "Connect again.", details: { retryAfterMs: 4000 } } });
    world.socket.drop(4000, "The server restarts.");
    await world.advance(4000);
    expect(world.sockets).toHaveLength(1);
    await world.advance(250);
    expect(world.sockets).toHaveLength(2);
    // It asked once.
    world.socket.welcome();
    world.socket.drop();
    await world.advance(250);
    expect(world.sockets).toHaveLength(3);
    // Nobody asks for longer than half a minute.
    world.socket.welcome();
    world.socket.say({ t: "err", id: 0, e: { code: "unavailable", message: "Connect again.", details: { retryAfterMs: 1e9 } } });
    world.socket.drop(4000, "The server restarts.");
    await world.advance(30_250);
    expect(world.sockets).toHaveLength(4);
  });

  test("passes over what it does not know, and what a lost socket still says", async () => {
    start();
    world.socket.welcome();
    const first = world.socket;
    first.client.onmessage?.({ data: '{"t":"news","id":1}' });
    first.client.onmessage?.({ data: new ArrayBuffer(3) });
    first.client.onmessage?.({ data: "no json" });
    const answer = client.call("system.ping", {});
    first.drop();
    first.say({ t: "ok", id: 1, r: "late" });
    await world.advance(250);
    world.socket.welcome();
    first.drop();
    world.socket.say({ t: "ok", id: world.socket.all("call")[0]!.id, r: { at: 1 } });
    expect(await answer).toEqual({ at: 1 });
  });

  test("leaves no timer behind when it is closed", async () => {
    start();
    world.socket.welcome();
    const answer = codeOf(client.call("system.ping", {}));
    client.close();
    expect(await answer).toBe("unavailable");
    expect(world.timers).toBe(0);
    expect(world.socket.closedByClient).toBe(true);
  });
});

describe("a call", () => {
  test("that was lost on its way is made again with the same key and the time that is left", async () => {
    start();
    world.socket.welcome();
    const answer = client.call("jobs.cancel", { ids: ["a"] });
    await world.advance(1000);
    world.socket.drop();
    await world.advance(250);
    world.socket.welcome();
    const [first] = world.sockets[0]!.all("call");
    const [second] = world.sockets[1]!.all("call");
    expect(second!.key).toBe(first!.key);
    expect(second!.input).toEqual({ ids: ["a"] });
    expect(first!.deadline).toBe(30_000);
    expect(second!.deadline).toBeLessThanOrEqual(28_875);
    world.socket.say({ t: "ok", id: second!.id, r: { done: ["a"], failed: [] } });
    expect(await answer).toEqual({ done: ["a"], failed: [] });
  });

  test("takes the key it is given, else each has its own", () => {
    start();
    world.socket.welcome();
    for (const key of ["my own key", undefined, undefined])
      void codeOf(client.call("jobs.cancel", { ids: ["a"] }, key === undefined ? {} : { key }));
    const keys = world.socket.all("call").map(({ key }) => key);
    expect(keys[0]).toBe("my own key");
    expect(new Set(keys).size).toBe(3);
  });

  test.each([
    ["nobody", null],
    ["another user", "usr_2"],
  ])("of one user is never sent as that of %s, whether its connection was lost or the server was too busy", async (_who, next) => {
    start();
    world.socket.welcome("usr_1");
    const sent = codeOf(client.call("jobs.cancel", { ids: ["a"] }));
    const tooBusy = codeOf(client.call("jobs.cancel", { ids: ["b"] }));
    world.socket.say({ t: "err", id: world.socket.all("call")[1]!.id, e: { code: "overloaded", message: "m" } });
    world.socket.drop();
    const waiting = codeOf(client.call("jobs.cancel", { ids: ["c"] }));
    await world.advance(500);
    world.socket.welcome(next);
    await world.advance(5000);
    expect(await Promise.all([sent, tooBusy, waiting])).toEqual(["unauthenticated", "unauthenticated", "unauthenticated"]);
    expect(world.socket.all("call")).toEqual([]);
  });

  test("that trades tokens is never sent twice", async () => {
    start();
    world.socket.welcome(null);
    const answer = codeOf(client.call("auth.signIn", { login: "ada", password: "correct horse" }));
    world.socket.drop();
    expect(await answer).toBe("unavailable");
    await world.advance(1000);
    world.socket.welcome(null);
    expect(world.socket.all("call")).toEqual([]);
  });

  test("that the server is too busy for is made again; any other refusal stands", async () => {
    start();
    world.socket.welcome();
    const busy = client.call("system.ping", {});
    const wrong = codeOf(client.call("jobs.get", { id: "a" }));
    const [one, two] = world.socket.all("call");
    world.socket.say({ t: "err", id: one!.id, e: { code: "overloaded", message: "m" } });
    world.socket.say({ t: "err", id: two!.id, e: { code: "not_found", message: "m" } });
    expect(await wrong).toBe("not_found");
    await world.advance(250);
    const again = world.socket.all("call")[2]!;
    expect(again.key).toBe(one!.key);
    world.socket.say({ t: "ok", id: again.id, r: { at: 1 } });
    expect(await busy).toEqual({ at: 1 });
  });

  test("is told when the server stays busy", async () => {
    start();
    const answer = codeOf(client.call("system.ping", {}));
    world.socket.heard = (frame) => {
      if (frame.t === "call") queueMicrotask(() => world.socket.say({ t: "err", id: frame.id, e: { code: "unavailable", message: "m" } }));
    };
    world.socket.welcome();
    await world.advance(20_000);
    expect(await answer).toBe("unavailable");
    expect(world.socket.all("call")).toHaveLength(6);
  });

  test("waits no longer than its deadline, with or without a connection", async () => {
    start();
    const waiting = codeOf(client.call("system.ping", {}, { deadlineMs: 1000 }));
    await world.advance(1000);
    expect(await waiting).toBe("deadline_exceeded");
    world.socket.welcome();
    const sent = codeOf(client.call("system.ping", {}, { deadlineMs: 1000 }));
    const limited = codeOf(client.call("system.ping", {}, { deadlineMs: 1000 }));
    const [first, second] = world.socket.all("call");
    world.socket.say({ t: "err", id: second!.id, e: { code: "rate_limited", message: "m", details: { retryAfterMs: 1000 } } });
    expect(await limited).toBe("rate_limited");
    await world.advance(1000);
    expect(await sent).toBe("deadline_exceeded");
    expect(world.socket.all("cancel")).toEqual([{ t: "cancel", id: first!.id }]);
  });

  test("can be taken back before and after it was sent", async () => {
    start();
    const early = new AbortController();
    const waiting = codeOf(client.call("system.ping", {}, { signal: early.signal }));
    early.abort();
    expect(await waiting).toBe("cancelled");
    expect(await codeOf(client.call("system.ping", {}, { signal: early.signal }))).toBe("cancelled");
    world.socket.welcome();
    expect(world.socket.all("call")).toEqual([]);
    const late = new AbortController();
    const sent = codeOf(client.call("system.ping", {}, { signal: late.signal }));
    late.abort();
    expect(await sent).toBe("cancelled");
    expect(world.socket.all("cancel")).toHaveLength(1);
  });

  test("waits for others when the server takes no more at once", async () => {
    start();
    world.socket.welcome("usr_1", { maxInFlight: 2 });
    const answers = [1, 2, 3].map(() => codeOf(client.call("system.ping", {})));
    expect(world.socket.all("call")).toHaveLength(2);
    world.socket.say({ t: "err", id: world.socket.all("call")[0]!.id, e: { code: "not_found", message: "m" } });
    expect(world.socket.all("call")).toHaveLength(3);
    for (const { id } of world.socket.all("call")) world.socket.say({ t: "ok", id, r: {} });
    expect(await Promise.all(answers)).toEqual(["not_found", "ok", "ok"]);
  });

  test("that the server would close the connection for is refused here", async () => {
    start();
    world.socket.welcome("usr_1", { maxTextBytes: 2000 });
    expect(await codeOf(client.call("system.ping", { echo: "ö".repeat(1000) }))).toBe("payload_too_large");
    expect(world.socket.all("call")).toEqual([]);
    void codeOf(client.call("system.ping", { echo: "o".repeat(1000) }));
    expect(world.socket.all("call")).toHaveLength(1);
  });
});

describe("a session", () => {
  const answerRefresh = (expiresAt = world.time + 900_000) => {
    const call = world.socket.all("call").findLast(({ call }) => call === "auth.refresh")!;
    world.socket.say({ t: "ok", id: call.id, r: { ...grant, accessToken: "new", accessExpiresAt: expiresAt } });
    return settle();
  };

  test("is renewed before anything else is asked, where there is no token that is good", async () => {
    const state = session(null);
    start(state.credentials);
    void codeOf(client.call("jobs.list", {}));
    world.socket.welcome(null);
    expect(client.phase().name).toBe("authenticating");
    expect(world.socket.all("call").map(({ call }) => call)).toEqual(["auth.refresh"]);
    await answerRefresh();
    expect(client.phase().name).toBe("ready");
    expect(world.socket.all("call").map(({ call }) => call)).toEqual(["auth.refresh", "jobs.list"]);
  });

  test("that has ended leaves a connection that speaks for nobody", async () => {
    const state = session(null);
    start(state.credentials);
    world.socket.welcome(null);
    world.socket.say({ t: "err", id: world.socket.all("call")[0]!.id, e: { code: "session_revoked", message: "m" } });
    await settle();
    expect(client.phase().name).toBe("ready");
    expect(state.renewals).toBe(1);
  });

  test("that cannot be renewed for a reason that passes is tried on another connection, without asking as nobody", async () => {
    const state = session(null);
    start(state.credentials);
    const answer = client.call("auth.me", {});
    world.socket.welcome(null);
    world.socket.say({ t: "err", id: world.socket.all("call")[0]!.id, e: { code: "unavailable", message: "m" } });
    await settle();
    expect(client.phase()).toMatchObject({ name: "waiting", attempt: 1 });
    await world.advance(500);
    world.socket.welcome(null);
    await answerRefresh();
    const call = world.socket.all("call")[1]!;
    world.socket.say({ t: "ok", id: call.id, r: "me" });
    expect(await answer).toBe("me");
    expect(world.sockets[0]!.all("call").map(({ call }) => call)).toEqual(["auth.refresh"]);
  });

  test("is renewed on the living connection before its token ends", async () => {
    const state = session({ token: "old", expiresAt: world.time + 900_000 });
    start(state.credentials);
    world.socket.welcome();
    const heartbeat = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 20_000) {
        await world.advance(20_000);
        world.socket.say({ t: "ping", n: 1 });
      }
    };
    await heartbeat(820_000);
    expect(state.renewals).toBe(0);
    await heartbeat(20_000);
    expect(state.renewals).toBe(1);
    await answerRefresh();
    await heartbeat(820_000);
    expect(state.renewals).toBe(1);
    await heartbeat(20_000);
    expect(state.renewals).toBe(2);
    expect(world.sockets).toHaveLength(1);
  });

  test("of a guest, whose renewal was lost with its connection, is renewed on the next, which speaks for nobody yet", async () => {
    const state = session({ token: "guest", expiresAt: world.time + 100_000 });
    const renew: Credentials["renew"] = async (call) => void (await call("play.open", { link: "k3vX0mP2" }));
    start({ ...state.credentials, renew });
    world.socket.welcome("gst_1");
    await world.advance(40_000);
    const [lost] = world.socket.all("call");
    state.access = null;
    world.socket.drop();
    await world.advance(500);
    world.socket.welcome(null);
    expect(world.socket.all("call")).toMatchObject([{ call: "play.open", key: lost!.key }]);
  });

  /** What usr_1 asks for on a new connection, while the session is renewed there; `code`: how that ends. */
  const askedWhileRenewed = async () => {
    const state = session({ token: "old", expiresAt: world.time + 900_000 });
    start(state.credentials);
    world.socket.welcome("usr_1");
    state.access = null;
    world.socket.drop();
    await world.advance(500);
    world.socket.welcome(null);
    return { code: codeOf(client.call("jobs.cancel", { ids: ["of usr_1"] })) };
  };

  test.each([
    ["another user's", { ...grant.user, id: "usr_2" }, ["auth.refresh"]],
    ["the same user's", { ...grant.user, id: "usr_1" }, ["auth.refresh", "jobs.cancel"]],
  ])("that is renewed on a new connection and turns out to be %s", async (_whose, user, sent) => {
    const { code } = await askedWhileRenewed();
    world.socket.say({ t: "ok", id: world.socket.all("call")[0]!.id, r: { ...grant, user } });
    await settle();
    const calls = world.socket.all("call");
    expect(calls.map(({ call }) => call)).toEqual(sent);
    world.socket.say({ t: "ok", id: calls.at(-1)!.id, r: {} });
    expect(await code).toBe(sent.length > 1 ? "ok" : "unauthenticated");
  });

  test("that turns out to have ended sends nothing of its user as nobody", async () => {
    const { code } = await askedWhileRenewed();
    world.socket.say({ t: "err", id: world.socket.all("call")[0]!.id, e: { code: "session_revoked", message: "m" } });
    await settle();
    expect(world.socket.all("call").map(({ call }) => call)).toEqual(["auth.refresh"]);
    expect(await code).toBe("unauthenticated");
    void codeOf(client.call("system.ping", {}));
    expect(world.socket.all("call")).toHaveLength(2);
  });

  describe("that is begun or renewed on the living connection", () => {
    const calls = () => world.socket.all("call").map(({ call }) => call);
    /** What is asked before and behind it. */
    const begin = () => {
      start();
      world.socket.welcome("usr_1");
      const before = codeOf(client.call("jobs.get", { id: "a" }));
      const refreshed = codeOf(client.call("auth.refresh", { refreshToken: "r2" }));
      const behind = codeOf(client.call("jobs.cancel", { ids: ["of usr_1"] }));
      const [get, refresh] = world.socket.all("call");
      return { before, refreshed, behind, get: get!.id, refresh: refresh!.id };
    };

    test("keeps what is asked behind it until it is known to be the same user's", async () => {
      const { before, behind, get, refresh } = begin();
      world.socket.say({ t: "ok", id: get, r: {} });
      expect(await before).toBe("ok");
      expect(calls()).toEqual(["jobs.get", "auth.refresh"]);
      world.socket.say({ t: "ok", id: refresh, r: { ...grant, user: { ...grant.user, id: "usr_1" } } });
      expect(calls()).toEqual(["jobs.get", "auth.refresh", "jobs.cancel"]);
      world.socket.say({ t: "ok", id: world.socket.all("call").at(-1)!.id, r: {} });
      expect(await behind).toBe("ok");
    });

    test("and is another user's is not given what the one before asked for", async () => {
      const { before, behind, get, refresh } = begin();
      world.socket.say({ t: "err", id: get, e: { code: "overloaded", message: "m" } });
      await world.advance(1000);
      world.socket.say({ t: "ok", id: refresh, r: { ...grant, user: { ...grant.user, id: "usr_2" } } });
      expect(await Promise.all([before, behind])).toEqual(["unauthenticated", "unauthenticated"]);
      expect(calls()).toEqual(["jobs.get", "auth.refresh"]);
    });

    test("and is refused leaves the connection to who had it", () => {
      const { refresh } = begin();
      world.socket.say({ t: "err", id: refresh, e: { code: "invalid_credentials", message: "m" } });
      expect(calls()).toEqual(["jobs.get", "auth.refresh", "jobs.cancel"]);
    });

    test("and is too large to be sent holds nothing back", async () => {
      start();
      world.socket.welcome("usr_1", { maxTextBytes: 2000 });
      world.socket.drop();
      const tooLarge = codeOf(client.call("auth.signIn", { login: "ada", password: "ö".repeat(1000) }));
      void codeOf(client.call("jobs.cancel", { ids: ["of usr_1"] }));
      await world.advance(500);
      world.socket.welcome("usr_1", { maxTextBytes: 2000 });
      expect(await tooLarge).toBe("payload_too_large");
      expect(calls()).toEqual(["jobs.cancel"]);
    });

    test("and is lost with the connection lets the rest go out on the next", async () => {
      const { refreshed } = begin();
      world.socket.drop();
      expect(await refreshed).toBe("unavailable");
      await world.advance(500);
      world.socket.welcome("usr_1");
      expect(calls().toSorted()).toEqual(["jobs.cancel", "jobs.get"]);
    });

    test("and is given up may have been done all the same: another connection is made for the rest", async () => {
      start();
      world.socket.welcome("usr_1");
      const signIn = codeOf(client.call("auth.signIn", { login: "ada", password: "correct horse" }, { deadlineMs: 1000 }));
      const behind = codeOf(client.call("jobs.cancel", { ids: ["of usr_1"] }));
      await world.advance(1000);
      expect(await signIn).toBe("deadline_exceeded");
      expect(calls()).toEqual(["auth.signIn"]);
      expect(world.socket.closedByClient).toBe(true);
      await world.advance(500);
      world.socket.welcome("usr_2");
      expect(await behind).toBe("unauthenticated");
      expect(calls()).toEqual([]);
    });
  });

  test("is not renewed in a loop when the clock here is wrong", async () => {
    const state = session({ token: "old", expiresAt: world.time - 1_000_000 });
    start(state.credentials);
    world.socket.welcome();
    await world.advance(29_999);
    expect(state.renewals).toBe(0);
    await world.advance(1);
    await answerRefresh(world.time - 1_000_000);
    await world.advance(20_000);
    expect(state.renewals).toBe(1);
  });

  test("whose token the server says has expired is renewed at once, and calls refused for it are made again", async () => {
    const state = session({ token: "old", expiresAt: world.time + 900_000 });
    start(state.credentials);
    world.socket.welcome();
    const answer = client.call("auth.me", {});
    const [first] = world.socket.all("call");
    world.socket.say({ t: "err", id: 0, e: { code: "token_expired", message: "m" } });
    world.socket.say({ t: "err", id: first!.id, e: { code: "token_expired", message: "m" } });
    expect(state.renewals).toBe(1);
    await answerRefresh();
    const again = world.socket.all("call").at(-1)!;
    expect(again).toMatchObject({ call: "auth.me", key: first!.key });
    world.socket.say({ t: "ok", id: again.id, r: "me" });
    expect(await answer).toBe("me");
    const hopeless = codeOf(client.call("auth.me", {}));
    for (let n = 0; n < 2; n++) {
      world.socket.say({ t: "err", id: world.socket.all("call").at(-1)!.id, e: { code: "token_expired", message: "m" } });
      if (n === 0) await answerRefresh();
    }
    expect(await hopeless).toBe("token_expired");
  });

  test("does not offer a token again that was refused as expired, whatever the clock here says", async () => {
    const state = session({ token: "old", expiresAt: world.time + 900_000 });
    start(state.credentials);
    world.socket.open();
    world.socket.drop(4004);
    await world.advance(1000);
    world.socket.open();
    expect(world.socket.frames).toEqual([{ t: "hello", versions: [1], client: "test 1.0" }]);
    world.socket.welcome(null);
    await answerRefresh();
    world.socket.drop();
    await world.advance(1000);
    world.socket.open();
    expect(world.socket.all("hello")[0]!.token).toBe("new");
  });

  test("renewed while the connection was lost is used on the next", async () => {
    const state = session(null);
    start({ ...state.credentials, renew: () => new Promise((resolve) => void world.setTimer(resolve, 1000)) });
    world.socket.welcome(null);
    world.socket.drop();
    await world.advance(999);
    world.socket.welcome(null);
    expect(client.phase().name).toBe("authenticating");
    state.access = { token: "from another tab", expiresAt: world.time + 900_000 };
    await world.advance(3000);
    world.socket.welcome("usr_1");
    expect(world.socket.all("hello")[0]!.token).toBe("from another tab");
    expect(client.phase().name).toBe("ready");
  });
});
