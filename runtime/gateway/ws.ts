// The transport on node:http and ws: runs wherever Node does.
import { isUtf8 } from "node:buffer";
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import { Socket as NetSocket } from "node:net";
import type { Duplex } from "node:stream";
import { Effect } from "effect";
import { type WebSocket, WebSocketServer } from "ws";
import { type HttpHeaders, type HttpRequest, type HttpResponse, type ListenOptions, type Socket, TransportError } from "./transport.ts";

/** Above this the operating system does not keep up: `send` answers false. */
const flowingBytes = 64 * 1024;
/** How long a peer may take to answer a close frame, and a client to send its request headers, ms. */
const closeTimeoutMs = 5000;
const headersTimeoutMs = 10_000;
/** A download that makes no progress for so long is cut, ms; browsers ask for the rest when they want it. */
const stalledTimeoutMs = 60_000;

const requestOf = (request: IncomingMessage): HttpRequest | undefined => {
  const url = request.url ?? "";
  // The absolute form is for proxies; `*` for OPTIONS.
  if (!url.startsWith("/")) return undefined;
  const mark = url.indexOf("?");
  return {
    method: request.method ?? "GET",
    path: mark === -1 ? url : url.slice(0, mark),
    query: mark === -1 ? "" : url.slice(mark + 1),
    ip: request.socket.remoteAddress ?? "",
    header: (name) => {
      const value = request.headers[name];
      return typeof value === "string" ? value : (value?.join(", ") ?? "");
    },
  };
};

const responseOf = (response: ServerResponse): HttpResponse => {
  let left = 0;
  let drained: (() => void) | undefined;
  response.on("drain", () => drained?.());
  return {
    send: (status, headers: HttpHeaders, body) => {
      const bytes = typeof body === "string" ? Buffer.from(body) : body;
      const length = typeof bytes === "number" ? bytes : bytes?.length;
      response.writeHead(status, length === undefined ? headers : { ...headers, "content-length": String(length) });
      if (bytes === null || typeof bytes === "number") response.end();
      else response.end(bytes);
    },
    start: (status, headers, length) => {
      left = length;
      response.writeHead(status, { ...headers, "content-length": String(length) });
      if (length === 0) response.end();
    },
    write: (chunk) => {
      left -= chunk.length;
      if (left > 0) return response.write(chunk);
      response.end(chunk);
      return true;
    },
    onDrain: (listener) => {
      drained = listener;
    },
    onAbort: (listener) => void response.once("close", () => (response.writableFinished ? undefined : listener())),
    cut: () => void response.destroy(),
  };
};

const refuse = (stream: Duplex, status: number, text: string): void => {
  stream.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
  );
};

/**
 * What a connection is told whose request cannot be read, before it is closed; null: nothing. A browser opens connections ahead,
 * and would take an answer on one that it has not used for that of the request it sends next.
 */
export const brokenAnswer = (code: string | undefined, bytesRead: number): { readonly status: 400 | 408; readonly text: string } | null => {
  if (bytesRead === 0) return null;
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return { status: 408, text: "The request did not come in time.\n" };
  return { status: 400, text: "Not HTTP.\n" };
};

/** The sockets of each group. */
type Groups = Map<string, Set<WsSocket>>;

/** The first byte of a frame that is a whole message (RFC 6455, 5.2). */
const wholeText = 0x81;
const wholeBinary = 0x82;

/** The header of an unmasked frame, and after it room for a payload of so many bytes. */
const frameFor = (first: number, length: number): Buffer => {
  const headBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headBytes + length);
  frame[0] = first;
  frame[1] = headBytes === 2 ? length : headBytes === 4 ? 126 : 127;
  if (headBytes === 4) frame.writeUInt16BE(length, 2);
  else if (headBytes === 10) frame.writeBigUInt64BE(BigInt(length), 2);
  return frame;
};

/** One buffer of header and payload, where ws writes two. It can be sent on many sockets. */
const frameOf = (message: string | Uint8Array): Buffer => {
  if (typeof message === "string") {
    const length = Buffer.byteLength(message);
    const frame = frameFor(wholeText, length);
    frame.write(message, frame.length - length, "utf8");
    return frame;
  }
  const frame = frameFor(wholeBinary, message.length);
  frame.set(message, frame.length - message.length);
  return frame;
};

/** Collects the writes of one tick into one system call. */
class WsSocket implements Socket {
  readonly #ws: WebSocket;
  readonly #stream: Duplex;
  readonly #groups: Groups;
  #corked = false;

  constructor(ws: WebSocket, stream: Duplex, groups: Groups) {
    this.#ws = ws;
    this.#stream = stream;
    this.#groups = groups;
  }

  readonly #uncork = (): void => {
    this.#corked = false;
    this.#stream.uncork();
  };

  send(message: string | Uint8Array): boolean {
    return this.write(frameOf(message));
  }

  /** Of a frame that may be told to others as well. */
  write(frame: Buffer): boolean {
    if (this.#ws.readyState !== this.#ws.OPEN) return true;
    if (!this.#corked) {
      this.#corked = true;
      this.#stream.cork();
      process.nextTick(this.#uncork);
    }
    this.#stream.write(frame);
    return this.#stream.writableLength <= flowingBytes;
  }

  buffered(): number {
    return this.#stream.writableLength;
  }

  join(group: string): boolean {
    if (this.#ws.readyState !== this.#ws.OPEN) return false;
    const sockets = this.#groups.get(group);
    if (sockets === undefined) this.#groups.set(group, new Set([this]));
    else sockets.add(this);
    return true;
  }

  leave(group: string): void {
    const sockets = this.#groups.get(group);
    if (sockets?.delete(this) === true && sockets.size === 0) this.#groups.delete(group);
  }

  close(code: number, reason: string): void {
    this.#ws.close(code, reason);
  }

  cut(): void {
    this.#ws.terminate();
  }
}

const opened = (server: Server, { host, port }: ListenOptions): Effect.Effect<number, TransportError> =>
  Effect.callback<number, TransportError>((resume) => {
    const failed = (cause: NodeJS.ErrnoException): void => {
      const why = cause.code === "EADDRINUSE" ? "another program listens there" : cause.message;
      resume(Effect.fail(new TransportError({ message: `Cannot listen on ${host}:${port}: ${why}.`, cause })));
    };
    server.once("error", failed);
    server.listen({ host, port }, () => {
      server.off("error", failed);
      const address = server.address();
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port));
    });
  });

export const listenOnNode = Effect.fnUntraced(function* (options: ListenOptions) {
  // A variable, since the typings do not know closeTimeout yet.
  const socketOptions = {
    noServer: true,
    clientTracking: true,
    perMessageDeflate: false,
    maxPayload: options.maxMessageBytes,
    // Checked below, where it can be answered with a code of the protocol.
    skipUTF8Validation: true,
    closeTimeout: closeTimeoutMs,
  };
  const sockets = new WebSocketServer(socketOptions);
  const groups: Groups = new Map();
  const server = createServer({ headersTimeout: headersTimeoutMs, keepAlive: true }, (incoming, outgoing) => {
    const request = requestOf(incoming);
    const response = responseOf(outgoing);
    if (request === undefined) response.send(400, { "content-type": "text/plain; charset=utf-8" }, "The path must start with /.\n");
    else options.request(request, response);
  });
  server.timeout = stalledTimeoutMs;
  server.on("clientError", (cause: NodeJS.ErrnoException, stream) => {
    const answer = brokenAnswer(cause.code, stream instanceof NetSocket ? stream.bytesRead : 0);
    if (answer === null || !stream.writable) stream.destroy();
    else refuse(stream, answer.status, answer.text);
  });
  server.on("upgrade", (incoming, stream, head) => {
    const request = requestOf(incoming);
    const decision = request === undefined ? { status: 400, text: "The path must start with /.\n" } : options.upgrade(request);
    if (typeof decision !== "function") {
      stream.on("error", () => stream.destroy());
      refuse(stream, decision.status, decision.text);
      return;
    }
    sockets.handleUpgrade(incoming, stream, head, (ws) => {
      const events = decision(new WsSocket(ws, stream, groups));
      ws.on("message", (data: Buffer, isBinary) => {
        if (isBinary) events.binary(data);
        else if (isUtf8(data)) events.text(data.toString("utf8"), data.length);
        else events.malformed();
      });
      // ws answers a broken or oversized message with its own close code; the close that follows is what counts.
      ws.on("error", () => {});
      ws.on("close", events.closed);
      stream.on("drain", events.drained);
    });
  });

  yield* Effect.addFinalizer(() =>
    Effect.callback<void>((resume) => {
      for (const ws of sockets.clients) ws.terminate();
      server.close(() => resume(Effect.void));
      server.closeAllConnections();
    }),
  );
  const port = yield* opened(server, options);
  const publish = (group: string, message: string): void => {
    const sockets = groups.get(group);
    if (sockets === undefined) return;
    const frame = frameOf(message);
    for (const socket of sockets) socket.write(frame);
  };
  return { port, publish, stop: () => void server.close() };
});
