// What the gateway needs of a server of sockets and HTTP: the smallest part that uWebSockets.js and node:http + ws both give.
// A transport moves bytes; it knows no frame, user or limit but the ceiling beyond which it cuts a message off.
import { Context, Data, type Effect, type Scope } from "effect";

export type TransportName = "uws" | "ws";

export interface HttpRequest {
  /** Upper case. */
  readonly method: string;
  /** As sent, starting with `/`, still percent-encoded, without the query. */
  readonly path: string;
  /** What follows the `?`, or the empty string. */
  readonly query: string;
  readonly ip: string;
  /** By lower-case name; the empty string where it is missing. */
  readonly header: (name: string) => string;
}

export type HttpHeaders = Readonly<Record<string, string>>;

/** One answer: either `send`, or `start` with `write`s of as many bytes as announced. */
export interface HttpResponse {
  /** The whole answer. A number as body: the headers that a body of so many bytes would have (HEAD). Null: no body and no length (304). */
  readonly send: (status: number, headers: HttpHeaders, body: string | Uint8Array | number | null) => void;
  /** Begins an answer of `length` bytes. */
  readonly start: (status: number, headers: HttpHeaders, length: number) => void;
  /** Hands over the next bytes, which must not be changed afterwards. False: wait for `onDrain` before the next. */
  readonly write: (chunk: Uint8Array) => boolean;
  /** Called each time what was written has left. */
  readonly onDrain: (listener: () => void) => void;
  /** Called once if the client goes before the answer is complete; nothing may be written after it. */
  readonly onAbort: (listener: () => void) => void;
  /** Cuts the connection: what was announced cannot be sent. */
  readonly cut: () => void;
}

/** What happens on one socket. Nothing is called after `closed`. */
export interface SocketEvents {
  /** A text message and its length in bytes. */
  readonly text: (text: string, bytes: number) => void;
  /** A binary message, which belongs to the receiver. */
  readonly binary: (bytes: Uint8Array) => void;
  /** A text message that is not UTF-8. uWebSockets.js cuts such a connection by itself: then only `closed` comes. */
  readonly malformed: () => void;
  /** Buffered bytes have left after `send` answered false; perhaps not all of them. */
  readonly drained: () => void;
  readonly closed: () => void;
}

export interface Socket {
  /** Queues a message; those of one tick leave together. False: bytes pile up, look at `buffered`. */
  readonly send: (message: string | Uint8Array) => boolean;
  /** Bytes that the operating system has not taken yet. */
  readonly buffered: () => number;
  /** Is sent what is published to the group from now on. False: not while a message waits that was sent before, or at the end. */
  readonly join: (group: string) => boolean;
  /** Is sent nothing more that is published there. */
  readonly leave: (group: string) => void;
  /** Sends what is queued, then the close code; `closed` follows, at the latest some seconds later. */
  readonly close: (code: number, reason: string) => void;
  /** Cuts the connection at once. */
  readonly cut: () => void;
}

/** An upgrade request that is refused. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
}

export interface ListenOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Larger messages are cut off by the transport (with code 1009, or none). */
  readonly maxMessageBytes: number;
  readonly request: (request: HttpRequest, response: HttpResponse) => void;
  /** Decides on an upgrade: a refusal, or how to make the socket's events once it is open. */
  readonly upgrade: (request: HttpRequest) => Refusal | ((socket: Socket) => SocketEvents);
}

export interface Listening {
  readonly port: number;
  /** Sends a text message to all sockets of the group. What piles up is not told: look at `buffered` now and then. */
  readonly publish: (group: string, message: string) => void;
  /** Takes no new connections from now on. */
  readonly stop: () => void;
}

/** The address cannot be listened on, or the transport cannot be loaded. */
export class TransportError extends Data.TaggedError("TransportError")<{ readonly message: string; readonly cause: unknown }> {}

export class Transport extends Context.Service<
  Transport,
  {
    readonly name: TransportName;
    /** Listens until the scope closes; then what is still open is cut. Fails if the address is taken. */
    readonly listen: (options: ListenOptions) => Effect.Effect<Listening, TransportError, Scope.Scope>;
  }
>()("pixsim/runtime/Transport") {}
