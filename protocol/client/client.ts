// The typed client, for browsers, workers, extensions and Node: keeps one connection, repeats what was lost on it, and goes on
// with subscriptions where they were. Calls that were sent and not answered are sent again with the same key, so they happen once.
import type { Asset } from "../asset.ts";
import type {
  CallInput,
  CallName,
  CallOutput,
  StreamInput,
  StreamItem,
  StreamName,
  TopicDelta,
  TopicName,
  TopicParams,
  TopicSnapshot,
} from "../contract.ts";
import { encodeUploadChunk, parseServerFrame } from "../wire/codec.ts";
import { CallError, type WireError } from "../wire/errors.ts";
import { type ClientFrame, protocolVersions, type ServerFrame } from "../wire/frames.ts";
import { defaultLimits, type Limits } from "../wire/limits.ts";
import { nextPhase, type Phase, type PhaseEvent } from "./phase.ts";
import { type UploadOptions, uploadFile } from "./upload.ts";

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** How long to wait in all, over reconnects, ms. Default 30,000. */
  readonly deadlineMs?: number;
  /** Idempotency key; a fresh one is made for each call without. */
  readonly key?: string;
}

/** Called in order. After a lost connection either the missed deltas follow or a new snapshot replaces everything. */
export interface Follower<N extends TopicName> {
  readonly snapshot: (value: TopicSnapshot<N>) => void;
  readonly deltas: (values: ReadonlyArray<TopicDelta<N>>) => void;
  /** The subscription has ended for good. */
  readonly error?: (error: CallError) => void;
}

export interface Client {
  /** Rejects with CallError. */
  readonly call: <N extends CallName>(name: N, input: CallInput<N>, options?: CallOptions) => Promise<CallOutput<N>>;
  /** Ends with CallError when the connection is lost: a stream is not resumed. */
  readonly stream: <N extends StreamName>(
    name: N,
    input: StreamInput<N>,
    options?: { readonly signal?: AbortSignal },
  ) => AsyncIterable<StreamItem<N>>;
  /** Follows a topic until the answered function is called. */
  readonly follow: <N extends TopicName>(name: N, params: TopicParams<N>, follower: Follower<N>) => () => void;
  /** Uploads a file, over reconnects; answers its asset. */
  readonly upload: (file: Blob, options: UploadOptions) => Promise<Asset>;
  readonly phase: () => Phase;
  readonly onPhase: (listener: (phase: Phase) => void) => () => void;
  /** Tries at once instead of waiting; also after a terminal end. */
  readonly retryNow: () => void;
  readonly close: () => void;
}

/** How a connection gets to speak for somebody. */
export interface Credentials {
  /** An access token that is good now, or null. */
  readonly access: () => { readonly token: string; readonly expiresAt: number } | null;
  /** Whether `renew` could get one. */
  readonly canRenew: () => boolean;
  /** Gets new tokens by `auth.refresh` through the call given, which goes over this connection. Rejects if that fails. */
  readonly renew: (call: Client["call"]) => Promise<void>;
}

/** What of the surroundings is used; tests bring their own. */
export interface Surroundings {
  readonly openSocket: (url: string) => SocketLike;
  readonly now: () => number;
  readonly random: () => number;
  readonly setTimer: (run: () => void, ms: number) => unknown;
  readonly clearTimer: (timer: unknown) => void;
}

/** The part of WebSocket that is used. */
export interface SocketLike {
  binaryType: string;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  onerror: (() => void) | null;
  readonly send: (data: string | Uint8Array<ArrayBuffer>) => void;
  readonly close: (code?: number, reason?: string) => void;
}

export interface ClientOptions {
  /** `ws://…/ws` or `wss://…/ws` */
  readonly url: string;
  /** Name and version of the client, for sessions and logs. */
  readonly client: string;
  readonly credentials?: Credentials;
  readonly surroundings?: Partial<Surroundings>;
}

const browser: Surroundings = {
  openSocket: (url) => new WebSocket(url) as unknown as SocketLike,
  now: () => Date.now(),
  random: () => Math.random(),
  setTimer: (run, ms) => setTimeout(run, ms),
  clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};

const nobody: Credentials = { access: () => null, canRenew: () => false, renew: () => Promise.resolve() };
const defaultDeadlineMs = 30_000;
/** Calls that may wait for a connection. */
const maxWaiting = 1000;
const streamCredit = 64;
/** A new access token is got this long before the old one ends, ms. */
const renewAheadMs = 60_000;

interface Waiting {
  readonly frame: (id: number) => ClientFrame;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: CallError) => void;
  readonly until: number;
  /** May go out while the session is being renewed. */
  readonly early: boolean;
  /** Sent on a connection that was lost: may be sent again. */
  readonly repeats: boolean;
  timer: unknown;
}

interface Subscription {
  readonly topic: string;
  readonly params: unknown;
  readonly follower: {
    readonly snapshot: (value: never) => void;
    readonly deltas: (values: never) => void;
    readonly error?: (error: CallError) => void;
  };
  position: string | null;
}

interface OpenStream {
  readonly push: (item: unknown) => void;
  readonly end: (error: CallError | null) => void;
}

interface OpenUpload {
  readonly acknowledged: (offset: number) => void;
  readonly aborted: (error: CallError) => void;
}

const errorOf = ({ code, message, details, ref }: WireError): CallError => new CallError(code, message, details, ref);
const lost = (): CallError => new CallError("unavailable", "The connection to the server was lost.");
const offsetOf = (position: string): readonly [epoch: string, offset: number] => {
  const colon = position.lastIndexOf(":");
  return [position.slice(0, colon), Number(position.slice(colon + 1))];
};

export const connect = (options: ClientOptions): Client => {
  const world: Surroundings = { ...browser, ...options.surroundings };
  const credentials = options.credentials ?? nobody;
  const listeners = new Set<(phase: Phase) => void>();
  const queued = new Map<Waiting, true>();
  const sent = new Map<number, Waiting>();
  const subscriptions = new Map<number, Subscription>();
  const streams = new Map<number, OpenStream>();
  const uploads = new Map<number, OpenUpload>();
  let phase: Phase = { name: "connecting", attempt: 0 };
  let socket: SocketLike | null = null;
  let limits: Limits = defaultLimits;
  let lastId = 0;
  let retryTimer: unknown;
  let silenceTimer: unknown;
  let renewTimer: unknown;

  const nextId = (): number => (lastId = lastId >= 0xffff_ffff ? 1 : lastId + 1);
  const send = (frame: ClientFrame): void => socket?.send(JSON.stringify(frame));

  const go = (event: PhaseEvent): void => {
    const before = phase;
    phase = nextPhase(phase, event);
    if (phase === before) return;
    if (phase.name === "connecting") open();
    if (phase.name === "waiting") {
      world.clearTimer(retryTimer);
      retryTimer = world.setTimer(() => go({ type: "retry" }), Math.max(0, phase.until - world.now()));
    }
    if (phase.name === "ready") resume();
    if (phase.name === "stopped")
      failAll(new CallError("unavailable", phase.reason === "" ? "The server has ended the connection." : phase.reason));
    for (const listener of listeners) listener(phase);
  };

  const open = (): void => {
    world.clearTimer(retryTimer);
    const opened = world.openSocket(options.url);
    socket = opened;
    opened.binaryType = "arraybuffer";
    opened.onopen = () => {
      const access = credentials.access();
      send({ t: "hello", versions: [...protocolVersions], client: options.client, ...(access === null ? {} : { token: access.token }) });
      listenForSilence();
    };
    opened.onmessage = ({ data }) => {
      if (socket !== opened || typeof data !== "string") return;
      listenForSilence();
      const frame = parseServerFrame(data);
      if (frame !== undefined) take(frame);
    };
    // What went wrong is said by the close event that follows.
    opened.onerror = () => {};
    opened.onclose = ({ code, reason }) => {
      if (socket === opened) closed(code, reason);
    };
  };

  const closed = (code: number, reason: string): void => {
    socket = null;
    world.clearTimer(silenceTimer);
    world.clearTimer(renewTimer);
    for (const [id, waiting] of sent) {
      sent.delete(id);
      if (waiting.repeats) queued.set(waiting, true);
      else settle(waiting, lost());
    }
    for (const stream of streams.values()) stream.end(lost());
    streams.clear();
    for (const upload of uploads.values()) upload.aborted(lost());
    uploads.clear();
    go({ type: "closed", code, reason, now: world.now(), random: world.random() });
  };

  /** The server says something at least every heartbeat: after two and a half of them the line is dead. */
  const listenForSilence = (): void => {
    world.clearTimer(silenceTimer);
    silenceTimer = world.setTimer(() => {
      const dead = socket;
      if (dead === null) return;
      dead.onclose = null;
      dead.close();
      closed(4002, "the server fell silent");
    }, limits.heartbeatMs * 2.5);
  };

  const renew = async (): Promise<void> => {
    const current = socket;
    try {
      await credentials.renew((name, input, callOptions) => request(name, input, callOptions, true));
    } catch {
      // Without a session the connection still serves whoever may call without one; the owner of the credentials knows more.
    }
    if (socket !== current || socket === null) return;
    scheduleRenewal();
    go({ type: "authenticated" });
  };

  const scheduleRenewal = (): void => {
    world.clearTimer(renewTimer);
    const access = credentials.access();
    if (access === null) return;
    renewTimer = world.setTimer(() => void renew(), Math.max(1000, access.expiresAt - world.now() - renewAheadMs));
  };

  /** Sends what waited, and goes on with subscriptions. */
  const resume = (): void => {
    for (const waiting of queued.keys()) dispatch(waiting);
    for (const [id, { topic, params, position }] of subscriptions) {
      send({ t: "sub", id, topic, params, ...(position === null ? {} : { from: position }) });
    }
  };

  const take = (frame: ServerFrame): void => {
    switch (frame.t) {
      case "welcome": {
        limits = frame.limits;
        const renews = frame.user === null && credentials.canRenew();
        go({ type: "welcomed", renews });
        if (renews) void renew();
        else scheduleRenewal();
        return;
      }
      case "ok":
        return answered(frame.id, frame.r);
      case "err":
        return failed(frame.id, errorOf(frame.e));
      case "item":
        return streams.get(frame.id)?.push(frame.d);
      case "end": {
        const stream = streams.get(frame.id);
        streams.delete(frame.id);
        return stream?.end(null);
      }
      case "snap": {
        const subscription = subscriptions.get(frame.id);
        if (subscription === undefined) return;
        subscription.position = frame.pos;
        return subscription.follower.snapshot(frame.d as never);
      }
      case "resumed":
        return;
      case "delta": {
        const subscription = subscriptions.get(frame.id);
        if (subscription === undefined) return;
        const [epoch, offset] = offsetOf(frame.pos);
        const [knownEpoch, knownOffset] = offsetOf(subscription.position ?? ":-1");
        if (epoch === knownEpoch && offset <= knownOffset) return;
        subscription.position = frame.pos;
        return subscription.follower.deltas(frame.d as never);
      }
      case "ack":
        return uploads.get(frame.stream)?.acknowledged(frame.offset);
      case "abort": {
        const upload = uploads.get(frame.stream);
        uploads.delete(frame.stream);
        return upload?.aborted(errorOf(frame.e));
      }
      case "ping":
        return send({ t: "pong", n: frame.n });
      case "pong":
        return;
    }
  };

  const answered = (id: number, result: unknown): void => {
    const waiting = sent.get(id);
    sent.delete(id);
    if (waiting !== undefined) settle(waiting, null, result);
  };

  const failed = (id: number, error: CallError): void => {
    const waiting = sent.get(id);
    if (waiting !== undefined) {
      sent.delete(id);
      return settle(waiting, error);
    }
    const stream = streams.get(id);
    if (stream !== undefined) {
      streams.delete(id);
      return stream.end(error);
    }
    const subscription = subscriptions.get(id);
    if (subscription === undefined) return;
    if (error.retryable) {
      world.setTimer(() => {
        if (subscriptions.get(id) !== subscription || phase.name !== "ready") return;
        const { topic, params, position } = subscription;
        send({ t: "sub", id, topic, params, ...(position === null ? {} : { from: position }) });
      }, 1000);
      return;
    }
    subscriptions.delete(id);
    subscription.follower.error?.(error);
  };

  const settle = (waiting: Waiting, error: CallError | null, result?: unknown): void => {
    world.clearTimer(waiting.timer);
    queued.delete(waiting);
    if (error === null) waiting.resolve(result);
    else waiting.reject(error);
  };

  const failAll = (error: CallError): void => {
    for (const waiting of queued.keys()) settle(waiting, error);
    for (const waiting of sent.values()) settle(waiting, error);
    sent.clear();
  };

  /** Sends it if that may be now. */
  const dispatch = (waiting: Waiting): void => {
    const may = phase.name === "ready" || (waiting.early && phase.name === "authenticating");
    if (!may || socket === null) {
      queued.set(waiting, true);
      return;
    }
    queued.delete(waiting);
    const id = nextId();
    sent.set(id, waiting);
    send(waiting.frame(id));
  };

  const request = <N extends CallName>(
    name: N,
    input: CallInput<N>,
    callOptions: CallOptions = {},
    early = false,
  ): Promise<CallOutput<N>> =>
    new Promise((resolve, reject) => {
      const { signal } = callOptions;
      if (signal?.aborted === true) return reject(new CallError("cancelled", "The call was cancelled."));
      if (phase.name === "stopped") return reject(new CallError("unavailable", `The connection has ended: ${phase.reason}`));
      if (queued.size >= maxWaiting) return reject(new CallError("overloaded", "Too many calls wait for the connection."));
      const until = world.now() + (callOptions.deadlineMs ?? defaultDeadlineMs);
      const key = callOptions.key ?? `${options.client.slice(0, 20)}-${crypto.randomUUID()}`;
      const give = (end: (id: number | undefined) => void) => {
        for (const [id, other] of sent) {
          if (other !== waiting) continue;
          sent.delete(id);
          end(id);
          return;
        }
        end(undefined);
      };
      const waiting: Waiting = {
        frame: (id) => ({ t: "call", id, call: name, input, key, deadline: Math.max(1, Math.min(300_000, until - world.now())) }),
        resolve: (result) => {
          signal?.removeEventListener("abort", abort);
          resolve(result as CallOutput<N>);
        },
        reject: (error) => {
          signal?.removeEventListener("abort", abort);
          reject(error);
        },
        until,
        early,
        // Tokens are traded once: a lost answer is for the owner of the session to handle.
        repeats: !name.startsWith("auth."),
        timer: world.setTimer(
          () =>
            give((id) => {
              if (id !== undefined) send({ t: "cancel", id });
              settle(waiting, new CallError("deadline_exceeded", "The server did not answer in time."));
            }),
          until - world.now(),
        ),
      };
      const abort = () =>
        give((id) => {
          if (id !== undefined) send({ t: "cancel", id });
          settle(waiting, new CallError("cancelled", "The call was cancelled."));
        });
      signal?.addEventListener("abort", abort, { once: true });
      dispatch(waiting);
    });

  async function* stream<N extends StreamName>(
    name: N,
    input: StreamInput<N>,
    streamOptions: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<StreamItem<N>> {
    if (phase.name !== "ready") await whenReady(streamOptions.signal);
    const id = nextId();
    const items: Array<unknown> = [];
    let ended: CallError | null | undefined;
    let wake: (() => void) | null = null;
    streams.set(id, {
      push: (item) => {
        items.push(item);
        wake?.();
      },
      end: (error) => {
        ended = error;
        wake?.();
      },
    });
    const abort = () => {
      ended = new CallError("cancelled", "The stream was cancelled.");
      wake?.();
    };
    streamOptions.signal?.addEventListener("abort", abort, { once: true });
    send({ t: "open", id, stream: name, input, credit: streamCredit });
    let taken = 0;
    try {
      for (;;) {
        while (items.length > 0) {
          yield items.shift() as StreamItem<N>;
          if (++taken === streamCredit / 2) {
            taken = 0;
            if (streams.has(id)) send({ t: "credit", id, n: streamCredit / 2 });
          }
        }
        if (ended === null) return;
        if (ended !== undefined) throw ended;
        await new Promise<void>((resolve) => (wake = resolve));
        wake = null;
      }
    } finally {
      streamOptions.signal?.removeEventListener("abort", abort);
      if (streams.delete(id)) send({ t: "cancel", id });
    }
  }

  const whenReady = (signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (now: Phase) => {
        if (now.name === "ready") resolve();
        else if (now.name === "stopped") reject(new CallError("unavailable", now.reason));
        else return;
        listeners.delete(look);
      };
      listeners.add(look);
      signal?.addEventListener("abort", () => {
        listeners.delete(look);
        reject(new CallError("cancelled", "Cancelled."));
      });
      look(phase);
    });

  const call: Client["call"] = (name, input, callOptions) => request(name, input, callOptions);
  open();
  return {
    call,
    stream,
    follow: (topic, params, follower) => {
      const id = nextId();
      subscriptions.set(id, { topic, params, follower, position: null });
      if (phase.name === "ready") send({ t: "sub", id, topic, params });
      return () => {
        if (subscriptions.delete(id) && phase.name === "ready") send({ t: "unsub", id });
      };
    },
    upload: (file, uploadOptions) =>
      uploadFile(file, uploadOptions, {
        call,
        windowBytes: () => limits.uploadWindowBytes,
        chunkBytes: () => Math.min(256 * 1024, limits.maxBinaryBytes - 64),
        whenReady: () => whenReady(uploadOptions.signal),
        attach: (streamNumber, upload) => {
          uploads.set(streamNumber, upload);
          return {
            send: (offset, bytes) => socket?.send(encodeUploadChunk({ stream: streamNumber, offset, bytes })),
            detach: () => uploads.delete(streamNumber),
          };
        },
      }),
    phase: () => phase,
    onPhase: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    retryNow: () => go({ type: "retry" }),
    close: () => {
      const current = socket;
      socket = null;
      world.clearTimer(retryTimer);
      world.clearTimer(silenceTimer);
      world.clearTimer(renewTimer);
      current?.close(1000);
      go({ type: "stop" });
    },
  };
};
