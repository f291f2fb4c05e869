// The transport on uWebSockets.js. Its sockets and responses must not be touched once they are closed (that throws), and its
// requests and messages only within their callback: this file is where that is minded.
import { Effect } from "effect";
import type * as Uws from "uWebSockets.js";
import {
  type HttpHeaders,
  type HttpRequest,
  type HttpResponse,
  type ListenOptions,
  type Socket,
  type SocketEvents,
  TransportError,
} from "./transport.ts";

type Module = typeof Uws;

/** The gateway closes silent connections itself; this frees one that never takes its close frame, s. */
const idleTimeoutS = 60;
/** Far above where the gateway closes a slow consumer: beyond it uWebSockets.js would drop messages. */
const maxBackpressure = 256 * 1024 * 1024;
/** Above this the operating system does not keep up: `send` answers false. */
const flowingBytes = 64 * 1024;
/** The option LIBUS_LISTEN_EXCLUSIVE_PORT: without it a second server would share the port in silence. */
const exclusivePort = 1;

const reasons: Readonly<Record<number, string>> = {
  200: "OK",
  206: "Partial Content",
  304: "Not Modified",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  416: "Range Not Satisfiable",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

const textOf = (bytes: ArrayBuffer): string => Buffer.from(bytes).toString("utf8");

const requestOf = (request: Uws.HttpRequest, ip: string): HttpRequest => {
  const headers = new Map<string, string>();
  request.forEach((name, value) => void headers.set(name, value));
  return {
    method: request.getCaseSensitiveMethod().toUpperCase(),
    path: request.getUrl(),
    query: request.getQuery(),
    ip,
    header: (name) => headers.get(name) ?? "",
  };
};

const writeHead = (response: Uws.HttpResponse, status: number, headers: HttpHeaders): void => {
  response.writeStatus(`${status} ${reasons[status] ?? ""}`);
  for (const name in headers) response.writeHeader(name, headers[name]!);
};

/** One answer; `#done` guards the native object, which is gone after the last byte or an abort. */
class UwsResponse implements HttpResponse {
  readonly #response: Uws.HttpResponse;
  #done = false;
  #length = 0;
  /** What could not be written in full, and at which offset it begins. */
  #rest: Uint8Array | undefined;
  #restAt = 0;
  #aborted: (() => void) | undefined;
  #drained: (() => void) | undefined;

  constructor(response: Uws.HttpResponse) {
    this.#response = response;
    response.onAborted(() => {
      if (this.#done) return;
      this.#done = true;
      this.#rest = undefined;
      this.#aborted?.();
    });
  }

  send(status: number, headers: HttpHeaders, body: string | Uint8Array | number | null): void {
    if (this.#done) return;
    this.#done = true;
    this.#response.cork(() => {
      writeHead(this.#response, status, headers);
      if (body === null) this.#response.endWithoutBody();
      else if (typeof body === "number") this.#response.endWithoutBody(body);
      else this.#response.end(body);
    });
  }

  start(status: number, headers: HttpHeaders, length: number): void {
    if (this.#done) return;
    if (length === 0) {
      this.send(status, headers, "");
      return;
    }
    this.#length = length;
    this.#response.onWritable((offset) => this.#resume(offset));
    this.#response.cork(() => writeHead(this.#response, status, headers));
  }

  write(chunk: Uint8Array): boolean {
    if (this.#done) return true;
    const at = this.#response.getWriteOffset();
    if (this.#tryEnd(chunk)) return true;
    if (this.#done) return true;
    this.#rest = chunk;
    this.#restAt = at;
    return false;
  }

  onDrain(listener: () => void): void {
    this.#drained = listener;
  }

  onAbort(listener: () => void): void {
    this.#aborted = listener;
  }

  cut(): void {
    if (!this.#done) this.#response.close();
  }

  #tryEnd(chunk: Uint8Array): boolean {
    let flowing = false;
    this.#response.cork(() => {
      const [ok, complete] = this.#response.tryEnd(chunk, this.#length);
      flowing = ok;
      if (complete) this.#done = true;
    });
    return flowing || this.#done;
  }

  #resume(offset: number): boolean {
    const rest = this.#rest;
    if (this.#done || rest === undefined) return true;
    if (!this.#tryEnd(rest.subarray(offset - this.#restAt))) return false;
    this.#rest = undefined;
    if (!this.#done) this.#drained?.();
    return true;
  }
}

/** What uWebSockets.js keeps beside a socket: it copies the fields, so that they cannot be those of a class. */
interface UserData {
  readonly socket: UwsSocket;
}

/** Sockets that have gathered something: all are flushed at the end of the tick, as a tick of its own for each costs more than its send. */
let gathered: Array<UwsSocket> = [];
const flushLater = (socket: UwsSocket): void => {
  if (gathered.push(socket) === 1) process.nextTick(flushGathered);
};
const flushGathered = (): void => {
  const sockets = gathered;
  gathered = [];
  for (const socket of sockets) socket.flush();
};

/** Sends at once within a message event, where uWebSockets.js gathers by itself; else gathers what one tick sends. */
class UwsSocket implements Socket {
  #ws: Uws.WebSocket<UserData> | undefined;
  #events: SocketEvents | undefined;
  /** Not sent yet: the first message, and those after it. One is all that most sockets of many watchers are told in a tick. */
  #first: string | Uint8Array | undefined;
  #others: Array<string | Uint8Array> = [];
  #waitingBytes = 0;
  /** `send` answered false, and nothing was told to have drained since. */
  #piled = false;
  /** uWebSockets.js has bytes that the operating system did not take: known from its last answer, as asking for each message costs. */
  #full = false;
  #within = false;
  /** Said by the gateway: nothing more is told to it but `closed`. */
  #closing = false;
  readonly #decide: (socket: Socket) => SocketEvents;

  constructor(decide: (socket: Socket) => SocketEvents) {
    this.#decide = decide;
  }

  open(ws: Uws.WebSocket<UserData>): void {
    this.#ws = ws;
    this.#events = this.#decide(this);
  }

  message(message: ArrayBuffer, isBinary: boolean): void {
    if (this.#closing) return;
    this.#within = true;
    // The bytes are taken back when this returns: text is decoded, binary is copied.
    if (isBinary) this.#events?.binary(new Uint8Array(message.slice(0)));
    else this.#events?.text(textOf(message), message.byteLength);
    this.#within = false;
  }

  /**
   * Not told within its event: a large message that is written there and does not fit makes uWebSockets.js forget to wait for the
   * socket, which then stalls for ever.
   */
  drain(): void {
    setImmediate(this.#drained);
  }

  readonly #drained = (): void => {
    this.#piled = false;
    if (this.#closing || this.#ws === undefined) return;
    this.#full = this.#ws.getBufferedAmount() > 0;
    this.#events?.drained();
  };

  closed(): void {
    this.#ws = undefined;
    this.#first = undefined;
    this.#others = [];
    this.#events?.closed();
  }

  send(message: string | Uint8Array): boolean {
    const ws = this.#ws;
    if (ws === undefined || this.#closing) return true;
    if (this.#within && this.#first === undefined) return this.#handOver(ws, message);
    this.#waitingBytes += message.length;
    if (this.#first === undefined) {
      this.#first = message;
      flushLater(this);
    } else {
      this.#others.push(message);
    }
    if (this.#waitingBytes < flowingBytes && !this.#full) return true;
    this.#piled = true;
    return false;
  }

  flush(): void {
    const ws = this.#ws;
    if (ws === undefined || this.#first === undefined) return;
    // One message gathers nothing.
    if (this.#others.length === 0) {
      this.#sendWaiting();
    } else {
      ws.cork(this.#sendWaiting);
      // Only now is it known what did not fit.
      this.#full = ws.getBufferedAmount() > 0;
    }
    // What only piled up here and left at once makes no drain event.
    if (this.#piled && !this.#full) this.#drained();
  }

  #handOver(ws: Uws.WebSocket<UserData>, message: string | Uint8Array): boolean {
    const taken = ws.send(message, typeof message !== "string") === 1;
    this.#full = !taken;
    return taken;
  }

  readonly #sendWaiting = (): void => {
    const ws = this.#ws;
    const first = this.#first;
    if (ws === undefined || first === undefined) return;
    this.#first = undefined;
    this.#waitingBytes = 0;
    this.#handOver(ws, first);
    if (this.#others.length === 0) return;
    const others = this.#others;
    this.#others = [];
    for (const message of others) this.#handOver(ws, message);
  };

  buffered(): number {
    return this.#ws === undefined ? 0 : this.#ws.getBufferedAmount() + this.#waitingBytes;
  }

  /** What is published is sent before what waits here. */
  join(group: string): boolean {
    return this.#ws !== undefined && !this.#closing && this.#first === undefined && this.#ws.subscribe(group);
  }

  leave(group: string): void {
    this.#ws?.unsubscribe(group);
  }

  close(code: number, reason: string): void {
    if (this.#closing || this.#ws === undefined) return;
    this.#sendWaiting();
    this.#closing = true;
    // Its close event comes within `end`, which the gateway does not expect in the middle of what it does.
    process.nextTick(() => this.#ws?.end(code, reason));
  }

  cut(): void {
    process.nextTick(() => this.#ws?.close());
  }
}

/** Fails where the prebuilt binary does not load: another C library, an unsupported Node. */
export const loadUws: Effect.Effect<Module, TransportError> = Effect.tryPromise({
  try: () => import("uWebSockets.js"),
  catch: (cause) => {
    const lines = String(cause).trim().split("\n");
    return new TransportError({ message: `uWebSockets.js cannot be loaded: ${lines[lines.length - 1]}`, cause });
  },
});

export const listenOnUws = (uws: Module) =>
  Effect.fnUntraced(function* (options: ListenOptions) {
    const app = uws.App();
    app.ws<UserData>("/*", {
      maxPayloadLength: options.maxMessageBytes,
      maxBackpressure,
      idleTimeout: idleTimeoutS,
      sendPingsAutomatically: false,
      compression: uws.DISABLED,
      upgrade: (response, request, context) => {
        const decision = options.upgrade(requestOf(request, textOf(response.getRemoteAddressAsText())));
        if (typeof decision === "function") {
          response.upgrade(
            { socket: new UwsSocket(decision) },
            request.getHeader("sec-websocket-key"),
            // The first of those offered, as ws does: some clients take no answer for a refusal.
            request.getHeader("sec-websocket-protocol").split(",")[0]!.trim(),
            request.getHeader("sec-websocket-extensions"),
            context,
          );
          return;
        }
        new UwsResponse(response).send(decision.status, { "content-type": "text/plain; charset=utf-8" }, decision.text);
      },
      open: (ws) => ws.getUserData().socket.open(ws),
      message: (ws, message, isBinary) => ws.getUserData().socket.message(message, isBinary),
      drain: (ws) => ws.getUserData().socket.drain(),
      close: (ws) => ws.getUserData().socket.closed(),
    });
    app.any("/*", (response, request) =>
      options.request(requestOf(request, textOf(response.getRemoteAddressAsText())), new UwsResponse(response)),
    );

    let listening: Uws.us_listen_socket | undefined;
    const stop = (): void => {
      if (listening !== undefined) uws.us_listen_socket_close(listening);
      listening = undefined;
    };
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        listening = undefined;
        app.close();
      }),
    );
    const port = yield* Effect.callback<number, TransportError>((resume) => {
      const { host, port } = options;
      const answer = (socket: Uws.us_listen_socket | false): void => {
        if (socket === false) {
          const message = `Cannot listen on ${host}:${port}: another program listens there, or the address is not of this machine.`;
          resume(Effect.fail(new TransportError({ message, cause: undefined })));
          return;
        }
        listening = socket;
        resume(Effect.succeed(uws.us_socket_local_port(socket)));
      };
      // The typings do not know this form.
      const listen: (host: string, port: number, options: number, answer: (socket: Uws.us_listen_socket | false) => void) => void =
        app.listen.bind(app) as never;
      listen(host, port, exclusivePort, answer);
    });
    return { port, stop, publish: (group: string, message: string) => void app.publish(group, message, false) };
  });
