import { createRoot } from "solid-js";
import { afterEach, describe, expect, it, vi } from "vitest";
import { auth, type User } from "#protocol/auth.ts";
import type { Client as WireClient, ClientOptions } from "#protocol/client/client.ts";
import type { Phase } from "#protocol/client/phase.ts";
import { closeCodes } from "#protocol/wire/close.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { connectionStateOf, type Connection } from "./connection.ts";
import { createTokens } from "#protocol/client/browser/tokens.ts";
import { createSession, type Session } from "./session.ts";
import { memoryClient } from "./testing.ts";
import { openConnection } from "./open.ts";

const grant = { ...auth.calls.signIn.example.output, accessExpiresAt: Date.now() + 900_000 };

/** A connection in memory: its phase is set by the test, and it renews as the real one does. */
const wire = (refresh: () => Promise<typeof grant>) => {
  const listeners = new Set<(phase: Phase) => void>();
  let phase: Phase = { name: "connecting", attempt: 0 };
  let options: ClientOptions | undefined;
  const retries: Array<number> = [];
  const memory = memoryClient({ "auth.refresh": refresh, "auth.signIn": () => grant, "auth.signOut": () => ({}) });
  const client: WireClient = {
    ...memory,
    phase: () => phase,
    onPhase: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    retryNow: () => void retries.push(1),
    close: () => undefined,
  };
  const go = (next: Phase) => {
    phase = next;
    for (const listener of listeners) {
      listener(next);
    }
  };
  return {
    retries,
    memory,
    connect: (given: ClientOptions) => {
      options = given;
      return client;
    },
    go,
    /** The server has welcomed this connection as nobody. */
    welcomed: async () => {
      if (options?.credentials?.canRenew() === true) {
        await options.credentials.renew(client.call).catch(() => undefined);
      }
      go({ name: "ready" });
    },
  };
};

const disposers: Array<() => void> = [];
const open = (line: ReturnType<typeof wire>): { readonly connection: Connection; readonly session: Session } =>
  createRoot((dispose) => {
    disposers.push(dispose);
    const connection = openConnection({ connect: line.connect });
    return { connection, session: createSession(connection) };
  });

afterEach(() => {
  disposers.splice(0).forEach((dispose) => dispose());
  localStorage.clear();
});

const nobody = () => Promise.reject(new CallError("session_revoked", "The session was revoked."));

describe("the session", () => {
  it("is at the door when there was none", async () => {
    const line = wire(nobody);
    const { session, connection } = open(line);
    expect(session.state().kind).toBe("starting");
    await line.welcomed();
    expect(session.state()).toEqual({ kind: "signedOut", notice: null });
    expect(connection.state()).toEqual({ kind: "live" });
    expect(line.memory.calls).toEqual([]);
  });

  it("comes back after a reload through the stored refresh token", async () => {
    localStorage.setItem("pixsim.session", "r1.stored");
    const line = wire(() => Promise.resolve(grant));
    const { session } = open(line);
    await line.welcomed();
    expect(session.state()).toMatchObject({ kind: "signedIn", user: { username: "ada" } });
    expect(line.memory.calls[0]?.input).toEqual({ refreshToken: "r1.stored" });
  });

  it("that was revoked leads to the door with a word, and the token is forgotten", async () => {
    localStorage.setItem("pixsim.session", "r1.stored");
    const line = wire(nobody);
    const { session } = open(line);
    await line.welcomed();
    expect(session.state()).toMatchObject({ kind: "signedOut", notice: expect.stringContaining("ended") });
    expect(localStorage.getItem("pixsim.session")).toBeNull();
  });

  it("is not thrown away for a server that is only slow: it is tried again", async () => {
    localStorage.setItem("pixsim.session", "r1.stored");
    let tries = 0;
    const line = wire(() => {
      tries += 1;
      return tries < 3 ? Promise.reject(new CallError("unavailable", "Not now.")) : Promise.resolve(grant);
    });
    const { session } = open(line);
    await line.welcomed();
    expect(tries).toBe(3);
    expect(session.state().kind).toBe("signedIn");
  });

  const signedIn = async (refresh: Parameters<typeof wire>[0] = nobody) => {
    const line = wire(refresh);
    const { session } = open(line);
    await line.welcomed();
    await session.signIn("ada", "correct horse");
    return { line, session };
  };

  it("begins with a password and ends with signing out", async () => {
    const { line, session } = await signedIn();
    expect(session.state().kind).toBe("signedIn");
    expect(localStorage.getItem("pixsim.session")).toBe(grant.refreshToken);
    expect(await session.signOut()).toEqual([]);
    expect(session.state()).toEqual({ kind: "signedOut", notice: null });
    expect(localStorage.getItem("pixsim.session")).toBeNull();
    // The server closes the connection of the session that ended: a new one opens, without a notice.
    line.go({ name: "stopped", code: closeCodes.session_revoked.code, reason: "" });
    expect(line.retries).toHaveLength(1);
    expect(session.state()).toEqual({ kind: "signedOut", notice: null });
  });

  it("is ended from here once everything is saved, and not before; or without that, if its user says so", async () => {
    const { line, session } = await signedIn();
    const unsaved = { title: "It was not saved", detail: "It is too long." };
    let answer: typeof unsaved | null = unsaved;
    let asked = 0;
    const withdraw = session.beforeSignOut(() => {
      asked += 1;
      return Promise.resolve(answer);
    });
    expect(await session.signOut()).toEqual([unsaved]);
    expect(session.state().kind).toBe("signedIn");
    expect(line.memory.calls.map(({ name }) => name)).not.toContain("auth.signOut");
    answer = null;
    expect(await session.signOut()).toEqual([]);
    expect(session.state().kind).toBe("signedOut");
    await session.signIn("ada", "correct horse");
    answer = unsaved;
    expect(await session.signOut(true)).toEqual([]);
    expect([session.state().kind, asked]).toEqual(["signedOut", 3]);
    withdraw();
    await session.signIn("ada", "correct horse");
    expect(await session.signOut()).toEqual([]);
    expect(asked).toBe(3);
  });

  it("is not ended while anything is unsaved: what was made in one part while another was waited for is saved too", async () => {
    const { session } = await signedIn();
    const unsaved = { title: "It was not saved", detail: "It is too long." };
    let isUnsaved = false;
    let saves = 0;
    session.beforeSignOut((withinMs) => {
      if (!isUnsaved) return Promise.resolve(null);
      if (withinMs === 0) return Promise.resolve(unsaved);
      isUnsaved = false;
      saves += 1;
      return Promise.resolve(null);
    });
    let other = () => undefined as void;
    let isWaitedFor = true;
    session.beforeSignOut(() => (isWaitedFor ? new Promise((resolve) => (other = () => resolve(null))) : Promise.resolve(null)));
    const left = session.signOut();
    isUnsaved = true;
    isWaitedFor = false;
    other();
    expect(await left).toEqual([]);
    expect([session.state().kind, saves]).toEqual(["signedOut", 1]);
  });

  it("is asked about once the time is over, however often something new is made meanwhile", async () => {
    const { session } = await signedIn();
    const unsaved = { title: "It was not saved", detail: "The server has not answered yet." };
    const given: Array<number> = [];
    vi.useFakeTimers();
    session.beforeSignOut((withinMs) => {
      if (withinMs === 0) return Promise.resolve(unsaved);
      given.push(withinMs);
      return new Promise((resolve) => setTimeout(() => resolve(null), Math.min(withinMs, 800)));
    });
    const left = session.signOut();
    await vi.advanceTimersByTimeAsync(3000);
    vi.useRealTimers();
    expect(await left).toEqual([unsaved]);
    expect(given).toEqual([3000, 2200, 1400, 600]);
    expect(session.state().kind).toBe("signedIn");
  });

  it("that another tab began for somebody else meanwhile is not ended", async () => {
    let trade = (_: typeof grant) => undefined as void;
    const { line, session } = await signedIn(() => new Promise((resolve) => (trade = resolve)));
    let saved = () => undefined as void;
    session.beforeSignOut((withinMs) => (withinMs === 0 ? Promise.resolve(null) : new Promise((resolve) => (saved = () => resolve(null)))));
    const other = new BroadcastChannel("pixsim.session");
    const eve = { ...grant, refreshToken: "r.eve", user: { ...grant.user, id: "usr_eve", username: "eve" } };
    const signedOut = () => line.memory.calls.filter(({ name }) => name === "auth.signOut").length;
    const leaving = session.signOut();
    localStorage.setItem("pixsim.session", eve.refreshToken);
    other.postMessage({ kind: "granted", access: { token: eve.accessToken, expiresAt: eve.accessExpiresAt, user: eve.user } });
    await vi.waitFor(() => expect(line.memory.calls.map(({ name }) => name)).toContain("auth.refresh"));
    saved();
    expect(await leaving).toEqual([]);
    expect([signedOut(), localStorage.getItem("pixsim.session")]).toEqual([0, "r.eve"]);
    trade(eve);
    await vi.waitFor(() => expect(session.state()).toMatchObject({ kind: "signedIn", user: { username: "eve" } }));
    expect(await session.signOut(true)).toEqual([]);
    expect([session.state().kind, signedOut(), localStorage.getItem("pixsim.session")]).toEqual(["signedOut", 1, null]);
    other.close();
  });

  it("that is ended elsewhere says so and opens the door", async () => {
    const line = wire(() => Promise.resolve(grant));
    const { session } = open(line);
    await line.welcomed();
    await session.signIn("ada", "correct horse");
    line.go({ name: "stopped", code: closeCodes.session_revoked.code, reason: "" });
    expect(session.state()).toMatchObject({ kind: "signedOut", notice: expect.stringContaining("ended") });
    expect(line.retries).toHaveLength(1);
  });

  it("outlives an access token that the server does not know any more", async () => {
    const line = wire(() => Promise.resolve(grant));
    const { session } = open(line);
    await line.welcomed();
    await session.signIn("ada", "correct horse");
    line.go({ name: "stopped", code: closeCodes.unauthenticated.code, reason: "" });
    expect(line.retries).toHaveLength(1);
    await line.welcomed();
    expect(session.state().kind).toBe("signedIn");
  });

  it("follows a sign-out in another tab", async () => {
    const line = wire(() => Promise.resolve(grant));
    const { session } = open(line);
    await line.welcomed();
    await session.signIn("ada", "correct horse");
    const other = new BroadcastChannel("pixsim.session");
    other.postMessage({ kind: "ended" });
    await vi.waitFor(() => expect(session.state()).toMatchObject({ kind: "signedOut", notice: expect.stringContaining("another tab") }));
    other.close();
  });

  it("is known as soon as the server has said whose it is, however long the other tabs wait", async () => {
    localStorage.setItem("pixsim.session", "r1.stored");
    const line = wire(() => Promise.resolve(grant));
    const told: Array<User | null> = [];
    createRoot((dispose) => {
      disposers.push(dispose);
      const connection = openConnection({
        connect: line.connect,
        tokens: (onOtherTab) =>
          createTokens({
            storage: localStorage,
            now: () => Date.now(),
            exclusively: (work) => work().then(() => new Promise(() => undefined)),
            onOtherTab,
          }),
      });
      connection.onUser((user) => told.push(user));
    });
    void line.welcomed();
    await vi.waitFor(() => expect(localStorage.getItem("pixsim.session")).toBe(grant.refreshToken));
    expect(told).toEqual([grant.user]);
  });

  it("tells a late listener what is known", async () => {
    const line = wire(nobody);
    const { connection } = open(line);
    await line.welcomed();
    const heard: Array<User | null> = [];
    connection.onUser((user) => heard.push(user));
    expect(heard).toEqual([null]);
  });
});

describe("the state of the connection", () => {
  it("is said in few words for every phase", () => {
    expect(connectionStateOf({ name: "connecting", attempt: 0 }, true, false)).toEqual({ kind: "connecting" });
    expect(connectionStateOf({ name: "connecting", attempt: 0 }, true, true)).toEqual({ kind: "reconnecting", retryAt: null });
    expect(connectionStateOf({ name: "waiting", attempt: 1, until: 77 }, true, true)).toEqual({ kind: "reconnecting", retryAt: 77 });
    expect(connectionStateOf({ name: "waiting", attempt: 1, until: 77 }, false, true)).toEqual({ kind: "offline" });
    expect(connectionStateOf({ name: "stopped", code: 4101, reason: "" }, true, true)).toMatchObject({
      reason: expect.stringContaining("reload"),
    });
    expect(connectionStateOf({ name: "stopped", code: 4199, reason: "odd" }, true, true)).toEqual({ kind: "ended", reason: "odd" });
  });
});
