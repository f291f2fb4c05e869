// One connection: its hello, who speaks on it and until when, what each of its frames leads to, what it may send and buffer, and
// its end. Whatever comes in, it answers with an error or closes with a code; it never throws.
import { Effect, Exit, type Fiber } from "effect";
import { closeCodes, type CloseReason } from "#protocol/wire/close.ts";
import { decodeUploadChunk, encodeError, encodeFrame, negotiate, parseClientFrame } from "#protocol/wire/codec.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { type ClientFrame, protocolVersions } from "#protocol/wire/frames.ts";
import type { Principal } from "../auth/principal.ts";
import type { Alarm } from "./alarms.ts";
import { startCall } from "./calls.ts";
import { count } from "./counters.ts";
import { errorOf, errorOfThrown } from "./failures.ts";
import { FrameBudget } from "./frame-budget.ts";
import type { CallContext, UploadSink } from "./handlers.ts";
import type { Hub } from "./hub.ts";
import { wireLimits } from "./limits.ts";
import type { Line, Opened } from "./line.ts";
import type { AnyRoute } from "./routes.ts";
import { Speaker, type Spoken } from "./speaker.ts";
import { OpenStream } from "./streams.ts";
import { Subscription, type SubscriptionSet } from "./subscriptions.ts";
import type { Socket, SocketEvents } from "./transport.ts";
import { Uploads } from "./uploads.ts";

/** `greeted`: the token of the first hello is being checked, frames wait. `closed`: nothing is taken or sent any more. */
type State = "new" | "greeted" | "welcome" | "closed";

/** How a failed token check ends the connection. */
const endOf = (error: CallError): CloseReason =>
  error.code === "token_expired" || error.code === "session_revoked" || error.code === "unauthenticated" ? error.code : "going_away";

const goingAway = new CallError("unavailable", "The server is shutting down. Connect again.");

export class Connection implements SocketEvents, Line, Spoken {
  readonly hub: Hub;
  readonly open = new Map<number, Opened>();
  running = 0;
  congested = false;
  readonly #speaker: Speaker;
  readonly #id = `con_${crypto.randomUUID()}`;
  readonly #socket: Socket;
  readonly #ended: (connection: Connection) => void;
  readonly #budget: FrameBudget;
  readonly #uploads: Uploads;
  #state: State = "new";
  /** Frames that came while the first token was checked. */
  #held: Array<string> = [];
  #heldBytes = 0;
  #checking = false;
  #closing = false;
  #released = false;
  #heardAt: number;
  /** Asked once more after two silent heartbeats. */
  #lastCall = false;
  #helloAlarm: Alarm | undefined;
  #beatAlarm: Alarm;

  /** `ip`: of the client. `ended`: the socket is closed. */
  constructor(hub: Hub, socket: Socket, ip: string, ended: (connection: Connection) => void) {
    this.hub = hub;
    this.#socket = socket;
    this.#ended = ended;
    this.#uploads = new Uploads(this);
    this.#speaker = new Speaker(this, this.#id, ip);
    const now = hub.alarms.now();
    this.#heardAt = now;
    this.#budget = new FrameBudget(hub.limits.framesPerSecond, now);
    this.#helloAlarm = hub.alarms.set(hub.limits.helloMs, () => this.close("hello_timeout"));
    this.#beatAlarm = hub.alarms.set(hub.limits.heartbeatMs, this.#beat);
  }

  get context(): CallContext {
    return this.#speaker.context;
  }

  readonly run = <A, E>(effect: Effect.Effect<A, E>): Fiber.Fiber<A, E> => this.#speaker.run(effect);

  // ── What comes in ──

  readonly text = (text: string, bytes: number): void => {
    try {
      this.#text(text, bytes);
    } catch (thrown) {
      this.#fault(thrown);
    }
  };

  readonly binary = (bytes: Uint8Array): void => {
    try {
      this.#binary(bytes);
    } catch (thrown) {
      this.#fault(thrown);
    }
  };

  /** A mistake of the gateway itself: it costs this connection, not the process. */
  #fault(thrown: unknown): void {
    this.close("going_away", errorOfThrown(thrown, "connection", this.log));
  }

  #text(text: string, bytes: number): void {
    if (this.#state === "closed") return;
    const { limits } = this.hub;
    const limit = this.#state === "new" ? limits.helloBytes : limits.maxTextBytes;
    const left = this.#heard(bytes);
    if (bytes > limit) {
      this.#tooLarge(bytes, limit);
    } else if (this.#state === "greeted") {
      this.#hold(text, bytes);
    } else {
      this.#parse(text, left);
    }
  }

  #binary(bytes: Uint8Array): void {
    if (this.#state === "closed") return;
    const limit = this.hub.limits.maxBinaryBytes;
    const left = this.#heard(bytes.length);
    if (this.#state !== "welcome") {
      this.#broken("The first frame must be a hello, as text.");
      return;
    }
    if (bytes.length > limit) {
      this.#tooLarge(bytes.length, limit);
      return;
    }
    // Chunks of an upload are never refused: a gap could not be mended. The debt still counts.
    if (this.#farOver(left)) return;
    const chunk = decodeUploadChunk(bytes);
    if (chunk === undefined) this.#broken("Binary frames carry chunks of uploads: this is none.");
    else if (!this.#uploads.chunk(chunk)) this.#broken(`No upload stream ${chunk.stream} was opened on this connection.`);
  }

  readonly malformed = (): void => {
    if (this.#state !== "closed") this.#broken("A text frame is not valid UTF-8.");
  };

  readonly drained = (): void => {
    if (!this.congested || this.#state === "closed" || this.#socket.buffered() > this.hub.limits.softBufferBytes / 2) return;
    this.congested = false;
    for (const opened of this.open.values()) if (opened instanceof OpenStream) opened.resume();
    this.#subscriptions.catchUp();
  };

  readonly closed = (): void => {
    this.#state = "closed";
    this.#release();
    this.#ended(this);
  };

  #heard(bytes: number): number {
    const { counters, alarms } = this.hub;
    counters.framesIn++;
    counters.bytesIn += bytes;
    this.#heardAt = alarms.now();
    this.#lastCall = false;
    return this.#budget.take(this.#heardAt);
  }

  #farOver(left: number): boolean {
    if (left >= -this.hub.limits.maxFrameDebt) return false;
    this.close("rate_limited", this.#limited());
    return true;
  }

  #limited(): CallError {
    const retryAfterMs = this.#budget.retryAfterMs();
    return new CallError("rate_limited", `Too many frames: wait ${retryAfterMs} ms.`, { retryAfterMs });
  }

  /** A client may send on before it is welcome; how much is bounded. */
  #hold(text: string, bytes: number): void {
    this.#heldBytes += bytes;
    if (this.#heldBytes > this.hub.limits.maxTextBytes) this.#broken("Too much was sent before the welcome.");
    else this.#held.push(text);
  }

  #parse(text: string, left: number): void {
    const parsed = parseClientFrame(text);
    if (!parsed.ok) {
      const error = new CallError(parsed.code, parsed.message);
      // With an id of its own the answer finds its way; without one nobody knows what to do next.
      if (parsed.id === 0 || this.#state === "new" || this.open.has(parsed.id)) this.close("bad_frame", error);
      else this.fail(parsed.id, error);
      return;
    }
    const { frame } = parsed;
    if (this.#state === "new" && frame.t !== "hello") {
      this.#broken("The first frame must be a hello.");
      return;
    }
    if (left < 0) {
      if (this.#farOver(left)) return;
      if (frame.t === "call" || frame.t === "open" || frame.t === "sub") {
        if (!this.#taken(frame.id)) this.fail(frame.id, this.#limited());
        return;
      }
    }
    this.#dispatch(frame);
  }

  #dispatch(frame: ClientFrame): void {
    const { routes } = this.hub;
    switch (frame.t) {
      case "call": {
        const route = this.#admit(frame.id, routes.calls, frame.call, "call");
        if (route !== undefined) startCall(this, frame, route);
        return;
      }
      case "open": {
        const route = this.#admit(frame.id, routes.streams, frame.stream, "stream");
        if (route !== undefined) new OpenStream(this, frame, route).start(frame.input);
        return;
      }
      case "sub": {
        const route = this.#admit(frame.id, routes.topics, frame.topic, "topic");
        if (route !== undefined) new Subscription(this, this.#subscriptions, frame.id, route).start(frame);
        return;
      }
      // What has just been answered is not open any more: ending it or granting it credit is no mistake.
      case "cancel": {
        const opened = this.open.get(frame.id);
        if (!(opened instanceof Subscription)) opened?.cancel();
        return;
      }
      case "unsub": {
        const opened = this.open.get(frame.id);
        if (opened instanceof Subscription) opened.cancel();
        return;
      }
      case "credit": {
        const opened = this.open.get(frame.id);
        if (opened instanceof OpenStream) opened.grant(frame.n);
        return;
      }
      case "ping":
        this.send(encodeFrame({ t: "pong", n: frame.n }));
        return;
      case "pong":
        return;
      case "hello":
        this.#hello(frame);
        return;
    }
  }

  /** What a name leads to, if who speaks may go there. */
  #admit<R extends AnyRoute>(id: number, table: ReadonlyMap<string, R>, name: string, kind: string): R | undefined {
    if (this.#taken(id)) return undefined;
    const route = table.get(name);
    if (route === undefined) {
      this.fail(id, new CallError("unknown_call", `There is no ${kind} ${JSON.stringify(name)}.`));
      return undefined;
    }
    const refusal = this.hub.draining ? goingAway : this.#speaker.refusal(route.access);
    if (refusal === undefined) return route;
    this.fail(id, refusal, route);
    return undefined;
  }

  #taken(id: number): boolean {
    if (!this.open.has(id)) return false;
    this.#broken(`The id ${id} is in use: what was opened with it has not ended.`);
    return true;
  }

  // ── Who speaks ──

  #hello(frame: Extract<ClientFrame, { t: "hello" }>): void {
    const version = negotiate(frame.versions);
    if (version === undefined) {
      this.close(
        "version_unsupported",
        new CallError("bad_frame", `This server speaks the protocol versions ${protocolVersions.join(", ")}.`),
      );
      return;
    }
    if (this.#checking) {
      this.#broken("The token of the last hello is still being checked.");
      return;
    }
    this.#helloAlarm?.stop();
    this.#speaker.introduce(frame.client);
    if (frame.token === undefined) {
      this.#welcome(version);
      return;
    }
    if (this.#state === "new") this.#state = "greeted";
    this.#checking = true;
    this.run(this.hub.authenticator.verify(frame.token)).addObserver((exit) => this.#checked(version, exit));
  }

  #checked(version: number, exit: Exit.Exit<Principal, CallError>): void {
    this.#checking = false;
    if (this.#state === "closed") return;
    if (Exit.isFailure(exit)) {
      const error = errorOf(exit.cause, "hello", this.log);
      this.close(endOf(error), error);
      return;
    }
    this.#speaker.authenticate(exit.value);
    this.#welcome(version);
  }

  #welcome(version: number): void {
    if (this.#isClosed()) return;
    this.#state = "welcome";
    const { principal } = this.context;
    this.send(
      encodeFrame({
        t: "welcome",
        version,
        connection: this.#id,
        server: this.hub.server,
        user: principal?.userId ?? null,
        limits: wireLimits(this.hub.limits),
      }),
    );
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    for (const text of held) if (!this.#isClosed()) this.#parse(text, 0);
  }

  /** A method, so that the compiler does not take the state for what it was before a call. */
  #isClosed(): boolean {
    return this.#state === "closed";
  }

  /** Another user speaks now: what the one before followed must not reach them. Calls are answered: one of them signed in. */
  userChanged(): void {
    this.#uploads.drop();
    for (const [id, opened] of this.open) {
      if (!(opened instanceof OpenStream || opened instanceof Subscription)) continue;
      opened.drop();
      this.fail(id, new CallError("unauthenticated", "The connection speaks for another user now."));
    }
  }

  /** What a revoked session follows ends at once. */
  revoke(): void {
    if (this.#state === "closed") return;
    this.dropFollowing();
    this.#speaker.revoke();
  }

  /** Ends streams, subscriptions and uploads without a word; calls go on. */
  dropFollowing(): void {
    this.#uploads.drop();
    for (const opened of this.open.values()) if (opened instanceof OpenStream || opened instanceof Subscription) opened.drop();
  }

  readonly openUpload = (sink: UploadSink): number => {
    if (this.#state !== "closed") return this.#uploads.open(sink);
    // The client has gone while its call was under way: nobody will send these bytes.
    this.run(sink.close);
    return 0;
  };

  readonly log = (effect: Effect.Effect<void>): void => void this.run(effect);

  // ── What goes out ──

  send(frame: string): void {
    if (this.#state === "closed") return;
    const { counters } = this.hub;
    counters.framesOut++;
    counters.bytesOut += frame.length;
    if (!this.#socket.send(frame)) this.look();
  }

  join(group: string): boolean {
    return this.#state === "welcome" && !this.congested && this.#socket.join(group);
  }

  leave(group: string): void {
    this.#socket.leave(group);
  }

  look(): void {
    const { hardBufferBytes, softBufferBytes } = this.hub.limits;
    const buffered = this.#socket.buffered();
    if (buffered > hardBufferBytes) this.close("slow_consumer");
    else if (buffered > softBufferBytes && !this.congested) {
      this.congested = true;
      for (const opened of this.open.values()) if (opened instanceof Subscription) opened.fallBehind();
    }
  }

  fail(id: number, error: CallError, route?: AnyRoute): void {
    if (route !== undefined) count(route.outcomes, error.code);
    this.send(encodeError(id, error.toWire()));
  }

  readonly #subscriptions: SubscriptionSet = ((): SubscriptionSet => {
    let catchingUp = false;
    const catchUpAll = Effect.gen({ self: this }, function* () {
      for (;;) {
        const behind = this.#firstBehind();
        if (behind === undefined || this.congested) return;
        yield* behind.resync;
      }
    });
    return {
      count: 0,
      catchUp: () => {
        if (catchingUp) return;
        catchingUp = true;
        this.run(catchUpAll).addObserver(() => (catchingUp = false));
      },
    };
  })();

  #firstBehind(): Subscription | undefined {
    for (const opened of this.open.values()) if (opened instanceof Subscription && opened.behind) return opened;
    return undefined;
  }

  readonly #beat = (): void => {
    const { heartbeatMs } = this.hub.limits;
    const silence = this.hub.alarms.now() - this.#heardAt;
    if (this.#lastCall) {
      this.close("heartbeat_timeout");
      return;
    }
    // Also while the client talks: it takes a server that says nothing for dead.
    this.send(encodeFrame({ t: "ping", n: this.hub.alarms.wallClock() }));
    // Where this process stood still, what the client said has not been read yet, or it was never asked: it is asked once more.
    this.#lastCall = silence >= heartbeatMs * 2;
    const next = this.#lastCall ? heartbeatMs / 4 : Math.min(heartbeatMs, heartbeatMs * 2 - silence);
    this.#beatAlarm = this.hub.alarms.set(next, this.#beat);
  };

  // ── The end ──

  #tooLarge(bytes: number, limit: number): void {
    const message = `A frame had ${bytes} bytes; at most ${limit} may be sent.`;
    this.close("frame_too_large", new CallError("payload_too_large", message, { limit }));
  }

  #broken(message: string): void {
    this.close("bad_frame", new CallError("bad_frame", message));
  }

  /** Tells why, frees all that is open, closes the socket. */
  close(reason: CloseReason, error?: CallError): void {
    if (this.#closing || this.#state === "closed") return;
    this.#closing = true;
    if (error !== undefined) this.fail(0, error);
    this.#state = "closed";
    count(this.hub.counters.closed, reason);
    this.#release();
    this.#socket.close(closeCodes[reason].code, closeCodes[reason].summary);
  }

  /** The server ends. `retryAfterMs`: when the client should come back. */
  goAway(retryAfterMs: number): void {
    this.close("going_away", new CallError("unavailable", goingAway.message, { retryAfterMs }));
  }

  /** The socket does not answer its close: cuts it. */
  cut(): void {
    this.#socket.cut();
  }

  #release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#held = [];
    this.#helloAlarm?.stop();
    this.#beatAlarm.stop();
    this.#speaker.leave();
    for (const opened of this.open.values()) opened.drop();
    this.open.clear();
    this.#uploads.drop();
  }
}
