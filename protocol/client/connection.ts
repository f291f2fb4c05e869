// One connection that is always there or being made: hello, heartbeat, reconnecting, and the tokens of whoever it speaks for.
// Knows nothing of calls, streams and topics: they hear when it is ready and when it is lost.
import { CallError } from "../wire/errors.ts";
import { type ClientFrame, protocolVersions, type ServerFrame } from "../wire/frames.ts";
import { parseServerFrame } from "../wire/codec.ts";
import { closeCodes } from "../wire/close.ts";
import { retryAfterOf } from "./retry.ts";
import { defaultLimits, type Limits } from "../wire/limits.ts";
import type { Credentials } from "./credentials.ts";
import { nextPhase, type Phase, type PhaseEvent } from "./phase.ts";
import type { SocketLike, Surroundings } from "./surroundings.ts";

/** From opening the socket to the welcome, ms. */
const welcomeMs = 15_000;
/** Silences of the heartbeat after which the line is dead: the server says something in each. */
const deadAfterBeats = 2.5;
/** New tokens are got this long before the old ones end, ms. */
const renewAheadMs = 60_000;
/** The longest that a server may ask a client to stay away, ms. */
const longestAwayMs = 30_000;
/** Renewals follow each other no closer, ms: a clock that is wrong must not make a loop. */
const renewApartMs = 30_000;

/** Frames that belong to something that was opened. */
type OpenedFrame = Extract<ServerFrame, { t: "ok" | "err" | "item" | "end" | "snap" | "resumed" | "delta" | "ack" | "abort" }>;

export interface ConnectionEvents {
  readonly frame: (frame: OpenedFrame) => void;
  /** Calls may be made from now on; `authenticating`: only those that renew the session. */
  readonly open: () => void;
  /** What was open on the connection is gone. */
  readonly lost: () => void;
  /** There will be no other connection by itself. */
  readonly ended: (error: CallError) => void;
  /** Gets new tokens over this connection. */
  readonly renew: () => Promise<void>;
}

interface ConnectionOptions {
  readonly url: string;
  readonly client: string;
  readonly credentials: Credentials;
  readonly world: Surroundings;
  readonly events: ConnectionEvents;
}

export class Connection {
  limits: Limits = defaultLimits;
  /** Counts the sockets: what was opened on another is gone. */
  generation = 0;
  /** Whom it speaks for; while the session is renewed on a connection that speaks for nobody yet, whom the last one spoke for. */
  user: string | null = null;
  readonly #options: ConnectionOptions;
  readonly #listeners = new Set<(phase: Phase) => void>();
  #phase: Phase = { name: "connecting", attempt: 0 };
  #socket: SocketLike | null = null;
  /** The server said that it has expired, whatever the clock here says. */
  #expiredToken: string | undefined;
  #helloToken: string | undefined;
  /** How long the server asked to stay away when it goes, ms. */
  #awayMs = 0;
  #grantedOn = -1;
  #renewing: Promise<boolean> | null = null;
  #retryTimer: unknown;
  #silenceTimer: unknown;
  #renewTimer: unknown;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get phase(): Phase {
    return this.#phase;
  }

  readonly onPhase = (listener: (phase: Phase) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Rejects with CallError when the connection ends for good or `signal` says so. */
  readonly whenReady = (signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (phase: Phase) => {
        if (signal?.aborted === true) reject(new CallError("cancelled", "It was cancelled while the connection was being made."));
        else if (phase.name === "ready") resolve();
        else if (phase.name === "stopped") reject(endedError(phase.reason));
        else return;
        stop();
        signal?.removeEventListener("abort", abort);
      };
      const abort = () => look(this.#phase);
      const stop = this.onPhase(look);
      signal?.addEventListener("abort", abort);
      look(this.#phase);
    });

  /** Lost where there is no connection: who sends has checked the phase. False: too large for the server, and not sent. */
  readonly send = (frame: ClientFrame): boolean => this.sendText(JSON.stringify(frame));

  readonly sendText = (text: string): boolean => {
    const { maxTextBytes } = this.limits;
    // A UTF-16 unit is at most three bytes: most texts need no counting.
    if (text.length * 3 > maxTextBytes && new TextEncoder().encode(text).length > maxTextBytes) return false;
    this.#socket?.send(text);
    return true;
  };

  readonly sendBytes = (bytes: Uint8Array<ArrayBuffer>): void => this.#socket?.send(bytes);

  /** Begins; listeners are in place by now. */
  start(): void {
    this.#open();
  }

  readonly retryNow = (): void => this.#go({ type: "retry" });

  readonly stop = (): void => {
    const socket = this.#socket;
    this.#drop();
    this.#go({ type: "stop" });
    socket?.close(1000);
  };

  #go(event: PhaseEvent): void {
    const before = this.#phase;
    const phase = (this.#phase = nextPhase(before, event));
    if (phase === before) return;
    const { world, events } = this.#options;
    world.clearTimer(this.#retryTimer);
    if (phase.name === "connecting") this.#open();
    if (phase.name === "waiting") this.#retryTimer = world.setTimer(this.retryNow, Math.max(0, phase.until - world.now()));
    if (phase.name === "authenticating" || phase.name === "ready") events.open();
    if (phase.name === "stopped") events.ended(endedError(phase.reason));
    for (const listener of this.#listeners) listener(this.#phase);
  }

  // ── The socket ──

  #open(): void {
    const { world, url, client, credentials } = this.#options;
    const socket = world.openSocket(url);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    this.#expectWord(welcomeMs);
    socket.onopen = () => {
      if (this.#socket !== socket) return;
      const token = credentials.access()?.token;
      this.#helloToken = token === this.#expiredToken ? undefined : token;
      this.send({
        t: "hello",
        versions: [...protocolVersions],
        client,
        ...(this.#helloToken === undefined ? {} : { token: this.#helloToken }),
      });
    };
    socket.onmessage = ({ data }) => {
      if (this.#socket !== socket || typeof data !== "string") return;
      const frame = parseServerFrame(data);
      if (frame !== undefined) this.#take(frame);
      if (this.#socket !== socket) return;
      this.#expectWord(this.#phase.name === "connecting" ? welcomeMs : this.limits.heartbeatMs * deadAfterBeats);
    };
    // What went wrong is said by the close event that follows.
    socket.onerror = () => {};
    socket.onclose = ({ code, reason }) => {
      if (this.#socket === socket) this.#closed(code, reason);
    };
  }

  /** Forgets the socket; what it still says is not heard. */
  #drop(): void {
    const { world, events } = this.#options;
    this.#socket = null;
    this.generation++;
    world.clearTimer(this.#silenceTimer);
    world.clearTimer(this.#renewTimer);
    events.lost();
  }

  #closed(code: number, reason: string): void {
    const { world } = this.#options;
    if (code === closeCodes.token_expired.code) this.#expiredToken = this.#helloToken;
    this.#drop();
    const atLeast = this.#awayMs;
    this.#awayMs = 0;
    this.#go({ type: "closed", code, reason, now: world.now(), random: world.random(), atLeast });
  }

  /** For whom the server lets it speak is not known any more: another one is made. */
  readonly startOver = (): void => this.#giveUp(closeCodes.going_away.code, "Who is signed in is not known.");

  /** Gives the connection up from this side, to be made again. */
  #giveUp(code: number, reason: string): void {
    const socket = this.#socket;
    this.#closed(code, reason);
    socket?.close();
  }

  #expectWord(withinMs: number): void {
    const { world } = this.#options;
    world.clearTimer(this.#silenceTimer);
    this.#silenceTimer = world.setTimer(() => this.#giveUp(closeCodes.heartbeat_timeout.code, "The server fell silent."), withinMs);
  }

  #take(frame: ServerFrame): void {
    switch (frame.t) {
      case "welcome": {
        const { credentials } = this.#options;
        this.limits = frame.limits;
        const renews = frame.user === null && credentials.canRenew();
        if (!renews) this.user = frame.user;
        const access = credentials.access();
        if (frame.user !== null && access !== null) this.#renewBefore(access.expiresAt);
        this.#go({ type: "welcomed", renews });
        if (renews) void this.renew();
        return;
      }
      case "ping":
        this.send({ t: "pong", n: frame.n });
        return;
      case "pong":
        return;
      case "err":
        // About the connection: while it lives, that its token has run out; before its end, when to come back.
        if (frame.id === 0 && frame.e.code === "token_expired" && this.#options.credentials.canRenew()) void this.renew();
        if (frame.id === 0) this.#awayMs = Math.min(longestAwayMs, retryAfterOf(frame.e.details));
        return this.#options.events.frame(frame);
      default:
        return this.#options.events.frame(frame);
    }
  }

  // ── Who it speaks for ──

  /** A sign-in or a renewal was answered on this connection. */
  granted(user: string, expiresAt: number): void {
    this.user = user;
    this.#grantedOn = this.generation;
    this.#renewBefore(expiresAt);
  }

  #renewBefore(expiresAt: number): void {
    const { world, credentials } = this.#options;
    world.clearTimer(this.#renewTimer);
    const wait = Math.max(renewApartMs, expiresAt - world.now() - renewAheadMs);
    // Longer than timers can: the token outlives the connection.
    if (wait > 0x7fff_ffff) return;
    this.#renewTimer = world.setTimer(() => {
      if (credentials.canRenew()) void this.renew();
    }, wait);
  }

  /** Gets new tokens, once for all who ask meanwhile. False: the connection speaks for nobody, or is lost. Never rejects. */
  readonly renew = (): Promise<boolean> => {
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = null));
    return this.#renewing;
  };

  async #renew(): Promise<boolean> {
    const { credentials, events, world } = this.#options;
    let failure: unknown;
    try {
      await events.renew();
    } catch (error) {
      failure = error;
    }
    const passes = failure instanceof CallError && failure.retryable;
    if (this.#phase.name === "authenticating") {
      const reached = this.#grantedOn === this.generation;
      // Failed for a reason that passes, or got tokens that this connection has not seen: another one is tried, after a wait.
      if (passes || (failure === undefined && !reached && credentials.access() !== null)) {
        this.#giveUp(closeCodes.going_away.code, "The session could not be renewed yet.");
        return false;
      }
      if (!reached) this.user = null;
      this.#go({ type: "authenticated" });
      return reached;
    }
    if (passes && this.#phase.name === "ready") this.#renewBefore(world.now());
    return failure === undefined && this.#phase.name === "ready";
  }
}

const endedError = (reason: string): CallError =>
  new CallError("unavailable", reason === "" ? "The server has ended the connection." : `The connection has ended: ${reason}`);
