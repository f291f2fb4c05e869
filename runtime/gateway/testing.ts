// For the gateway's tests: a gateway on a free port with handlers by example, a clock that the test owns, and a bare client that
// can also misbehave. Which transport is under test says PIXSIM_TRANSPORT: the same tests run on both.
import { Clock, Effect, Layer, ManagedRuntime, References, type Stream } from "effect";
import { TestClock } from "effect/testing";
import { type RawData, WebSocket } from "ws";
import { calls, streams, topics } from "#protocol/contract.ts";
import { CallError } from "#protocol/wire/errors.ts";
import type { ServerFrame } from "#protocol/wire/frames.ts";
import type { Principal } from "../auth/principal.ts";
import { readSettings, Settings } from "../config/settings.ts";
import type { Authenticator } from "./authenticator.ts";
import { type Counters, GatewayCounters } from "./counters.ts";
import { Quotas } from "../cluster/quotas.ts";
import { Gateway, type GatewayOptions } from "./gateway.ts";
import type { CallContext, Handlers, TopicHandle, Emit } from "./handlers.ts";
import { ResultStore } from "./idempotency.ts";
import type { GatewayLimits } from "./limits.ts";
import { transportLayer } from "./transports.ts";

/** The transport under test. */
export const transportName = process.env["PIXSIM_TRANSPORT"] === "uws" ? "uws" : "ws";

export const settingsLayer = (environment: Readonly<Record<string, string>> = {}): Layer.Layer<Settings> =>
  Layer.succeed(Settings, readSettings({ PIXSIM_TRANSPORT: transportName, PIXSIM_PORT: "0", ...environment }));

type Call = (input: never, context: CallContext) => Effect.Effect<unknown, CallError>;
type Open = (input: never, context: CallContext) => Effect.Effect<Stream.Stream<unknown, CallError>, CallError>;
type Follow = (params: never, context: CallContext, from: string | undefined, emit: Emit) => Effect.Effect<TopicHandle, CallError>;

export interface TestHandlers {
  readonly calls?: Readonly<Record<string, Call>>;
  readonly streams?: Readonly<Record<string, Open>>;
  readonly topics?: Readonly<Record<string, Follow>>;
}

/** Every call answers its example; streams and topics fail unless they are given. */
const handlersOf = (given: TestHandlers): Handlers => {
  const domains: Record<string, { calls: Record<string, unknown>; streams: Record<string, unknown>; topics: Record<string, unknown> }> = {};
  const domainOf = (name: string) => (domains[name.split(".")[0]!] ??= { calls: {}, streams: {}, topics: {} });
  const absent = () => Effect.fail(new CallError("not_found", "Not part of this test."));
  for (const [name, { example }] of calls) domainOf(name).calls[name] = given.calls?.[name] ?? (() => Effect.succeed(example.output));
  for (const name of streams.keys()) domainOf(name).streams[name] = given.streams?.[name] ?? absent;
  for (const name of topics.keys()) domainOf(name).topics[name] = given.topics?.[name] ?? absent;
  return domains as unknown as Handlers;
};

export const principalOf = (userId: string, expiresAt = Number.MAX_SAFE_INTEGER): Principal => ({
  userId,
  username: userId,
  role: userId.startsWith("adm") ? "admin" : userId.startsWith("gst") ? "guest" : "user",
  sessionId: `ses_${userId}`,
  expiresAt,
});

const expiresAfterMs = 600_000;

/** Tokens are `user:<id>`; `short:<id>` expires after ten minutes; `expired` and `revoked` are what they say; all else is forged. */
const testAuthenticator = () => {
  const listeners = new Set<(sessionId: string) => void>();
  const authenticator: Authenticator = {
    verify: (token) => {
      const [kind, id = ""] = token.split(":");
      if (kind === "user") return Effect.succeed(principalOf(id));
      if (kind === "short") return Effect.succeed(principalOf(id, expiresAfterMs));
      if (kind === "expired") return Effect.fail(new CallError("token_expired", "The access token has expired."));
      if (kind === "revoked") return Effect.fail(new CallError("session_revoked", "The session was ended."));
      return Effect.fail(new CallError("unauthenticated", "The token is not valid."));
    },
    onRevoked: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  return {
    authenticator,
    revoke: (sessionId: string) => {
      for (const listener of listeners) listener(sessionId);
    },
  };
};

/** Results in memory. */
const results = Layer.sync(ResultStore, () => {
  const rows = new Map<string, { input_hash: string; output: string }>();
  return {
    find: (key) => Effect.sync(() => rows.get(JSON.stringify(key))),
    record: (key, result) =>
      Effect.sync(() => {
        const name = JSON.stringify(key);
        if (rows.has(name)) return false;
        rows.set(name, result);
        return true;
      }),
    drop: () => Effect.succeed(0),
  };
});

export interface TestGateway {
  readonly port: number;
  readonly counters: Counters;
  readonly revoke: (sessionId: string) => void;
  /** Moves the gateway's clock. */
  readonly advance: (ms: number) => Promise<void>;
  /** As if the process had stood still: the time is later, and what was to be done meanwhile is not done yet. */
  readonly standStill: (ms: number) => void;
  readonly connect: (headers?: Readonly<Record<string, string>>) => Promise<TestClient>;
  /** Connected and welcome; without a user: anonymous. */
  readonly enter: (userId?: string) => Promise<TestClient>;
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  readonly close: () => Promise<void>;
}

export interface TestGatewayOptions {
  readonly handlers?: TestHandlers;
  readonly limits?: Partial<GatewayLimits>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly quotas?: Layer.Layer<Quotas>;
  readonly http?: Partial<Pick<GatewayOptions, "site" | "player" | "docs" | "media" | "health" | "metrics">>;
}

export const startGateway = async (options: TestGatewayOptions = {}): Promise<TestGateway> => {
  const { authenticator, revoke } = testAuthenticator();
  const gateway = Gateway.layer({
    handlers: handlersOf(options.handlers ?? {}),
    authenticator,
    server: "pixsim test",
    site: "/nowhere",
    player: "/nowhere",
    docs: "/nowhere/reference.html",
    media: {
      key: new Uint8Array(32),
      path: (sha256) => `/nowhere/${sha256}`,
      recall: () => Effect.fail(new CallError("not_found", "It is nowhere.")),
      used: () => {},
    },
    health: Effect.void,
    metrics: Effect.succeed(""),
    ...options.http,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const runtime = ManagedRuntime.make(
    gateway.pipe(
      Layer.provideMerge(GatewayCounters.layer),
      Layer.provide([transportLayer, results, options.quotas ?? Quotas.alone]),
      Layer.provide(settingsLayer(options.environment)),
      Layer.provideMerge(TestClock.layer({ warningDelay: "1 hour" })),
      // Faults are part of the tests: their log would only be in the way.
      Layer.provideMerge(Layer.succeed(References.MinimumLogLevel, "None")),
    ),
  );
  const { port } = await runtime.runPromise(Gateway);
  const counters = await runtime.runPromise(GatewayCounters);
  const clock = await runtime.runPromise(Clock.Clock);
  const moved = clock.monotonicTimeNanosUnsafe.bind(clock);
  let stoodMs = 0;
  Object.assign(clock, { monotonicTimeNanosUnsafe: () => moved() + BigInt(stoodMs) * 1_000_000n });
  const connect = (headers = {}) => TestClient.open(`ws://127.0.0.1:${port}/ws`, headers);
  return {
    port,
    counters,
    revoke,
    standStill: (ms) => (stoodMs += ms),
    advance: (ms) => runtime.runPromise(TestClock.adjust(ms)),
    connect,
    enter: async (userId) => {
      const client = await connect();
      client.send({ t: "hello", versions: [1], client: "test", ...(userId === undefined ? {} : { token: `user:${userId}` }) });
      await client.take("welcome");
      return client;
    },
    fetch: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init),
    close: () => runtime.dispose(),
  };
};

/** A socket and what came over it. */
export class TestClient {
  readonly socket: WebSocket;
  readonly frames: Array<ServerFrame> = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  #waiting: Array<() => void> = [];
  #over = false;
  #ids = 0;

  static open(url: string, headers: Readonly<Record<string, string>>): Promise<TestClient> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, { headers, perMessageDeflate: false });
      const client = new TestClient(socket);
      socket.once("open", () => resolve(client));
      socket.once("error", reject);
    });
  }

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: RawData) => {
      this.frames.push(JSON.parse((data as Buffer).toString()) as ServerFrame);
      this.#wake();
    });
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) => {
        this.#over = true;
        this.#wake();
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  send(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }

  nextId(): number {
    return ++this.#ids;
  }

  /** Takes the first frame that fits, waiting for it; what came before stays. */
  async find<F extends ServerFrame>(fits: (frame: ServerFrame) => frame is F): Promise<F> {
    for (;;) {
      const index = this.frames.findIndex(fits);
      if (index !== -1) return this.frames.splice(index, 1)[0] as F;
      if (this.#over) throw new Error(`The connection ended before the frame came. Left: ${JSON.stringify(this.frames)}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  take<T extends ServerFrame["t"]>(t: T, id?: number): Promise<Extract<ServerFrame, { t: T }>> {
    return this.find(
      (frame): frame is Extract<ServerFrame, { t: T }> => frame.t === t && (id === undefined || ("id" in frame && frame.id === id)),
    );
  }

  /** What a call is answered with: its result, or the code it failed with. */
  async call(call: string, input: unknown, more: { readonly key?: string; readonly deadline?: number } = {}): Promise<unknown> {
    const id = this.nextId();
    this.send({ t: "call", id, call, input, ...more });
    const answer = await this.find(
      (frame): frame is Extract<ServerFrame, { t: "ok" | "err" }> => (frame.t === "ok" || frame.t === "err") && frame.id === id,
    );
    return answer.t === "ok" ? answer.r : answer.e.code;
  }

  /** The server has taken all that was sent before. */
  async settled(): Promise<void> {
    const n = this.nextId();
    this.send({ t: "ping", n });
    await this.find((frame): frame is Extract<ServerFrame, { t: "pong" }> => frame.t === "pong" && frame.n === n);
  }
}
