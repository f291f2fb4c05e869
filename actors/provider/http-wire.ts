// The line to a provider: connections that know which addresses they may go to, and redirects followed by hand.
import { getDefaultHighWaterMark, type Readable } from "node:stream";
import { Effect, type Scope } from "effect";
import type { Agent, buildConnector, Dispatcher } from "undici";
import { afterwards, broken, goesRound, ledBy, notConnected, notOurs, notUrl, privateAddress, untold } from "./http-failures.ts";
import { guardedLookup, isPrivateLiteral } from "./http-guard.ts";
import type { ProviderFailure } from "./provider.ts";
import type { HttpRequest } from "./tools.ts";

export const connectMs = 10_000;
const redirects = 5;
/** What is longer, bytes, is written in pieces. One fills what a socket holds back, so the next waits until the system has taken it. */
const pieceBytes = getDefaultHighWaterMark(false);
/** Connections to one origin. More questions wait for one of them. */
const connections = 16;

/** A failure on its way out of a promise. */
export class Failed extends Error {
  readonly failure: ProviderFailure;

  constructor(failure: ProviderFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

export const fail = (kind: ProviderFailure["kind"], message: string): Failed => new Failed({ kind, message });

/** A URL of the web or a WebSocket; throws `Failed` if it is none. */
export const parsed = (text: string, base?: URL): URL => {
  const url = URL.parse(text, base);
  if (url === null || !/^(http|ws)s?:$/.test(url.protocol)) throw new Failed(notUrl);
  return url;
};

export type Headers = Readonly<Record<string, string>>;

const flat = (headers: Readonly<Record<string, string | Array<string> | undefined>>): Headers => {
  const all: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) all[name] = typeof value === "string" ? value : value.join(", ");
  }
  return all;
};

interface Asked {
  readonly method: HttpRequest["method"];
  readonly headers: Headers;
  /** The line may be silent for so long, ms. */
  readonly idleMs: number;
}
/** What costs nothing: it may always be asked. */
interface Question extends Asked {
  readonly method: "GET";
}
export interface Sent extends Asked {
  readonly body: string | Uint8Array | null;
  /** See `MaySend`. */
  readonly maySend: () => boolean;
}

interface Answer {
  readonly host: string;
  readonly status: number;
  readonly headers: Headers;
  /** See `HttpAnswer`. */
  readonly done?: true;
}
export interface TextAnswer extends Answer {
  /** Of who has answered. */
  readonly origin: string;
  readonly text: string;
}
export interface StreamAnswer extends Answer {
  /** Whoever answers was sent the request's own headers, which no redirect takes to another origin. */
  readonly signedIn: boolean;
  readonly body: Dispatcher.ResponseData["body"];
}

export interface Wire {
  /** Reads at most so many bytes. */
  readonly text: (url: string, sent: Sent, maxBytes: number, signal: AbortSignal) => Promise<TextAnswer>;
  readonly stream: (url: string, asked: Question, signal: AbortSignal) => Promise<StreamAnswer>;
  /** Whether it may lead to a private address; throws if it is one and may not. */
  readonly isOwn: (url: URL) => boolean;
}

/** One for all: to note where it was made would cost more than all else that is done for a question. */
const stop = new Error("called off");

const redirecting: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const originOf = (url: URL): string => url.origin.replace(/^ws/, "http");

/**
 * Connections that close with the scope, and the line over them of an account with these base URLs: what they lead to may be private. undici
 * is loaded with the first.
 */
export const makeWires = Effect.gen(function* (): Effect.fn.Return<(own: ReadonlyArray<string>) => Wire, never, Scope.Scope> {
  const undici = yield* Effect.promise(() => import("undici"));
  /** Errors of connections that were not made. */
  const unmade = new WeakSet<Error>();
  const agentWith = (options: buildConnector.BuildOptions) => {
    const connect = undici.buildConnector({ ...options, allowH2: false, timeout: connectMs });
    const connector: buildConnector.connector = (to, done) =>
      connect(to, (...[error, socket]) => {
        if (error === null) return done(null, socket);
        unmade.add(error);
        return done(error, null);
      });
    return Effect.acquireRelease(
      Effect.sync(() => new undici.Agent({ connections, connect: connector })),
      (agent) => Effect.promise(() => agent.destroy()),
    );
  };
  const free = yield* agentWith({});
  const guarded = yield* agentWith({ lookup: guardedLookup });

  const failed = (host: string, error: Error, idleMs: number): Failed => {
    if (error instanceof Failed) return error;
    return new Failed(unmade.has(error) ? notConnected(host, error) : broken(host, error, idleMs));
  };

  const refuse = (host: string): Failed => new Failed(notOurs(host));
  /** The last byte goes alone, behind a whole piece, so when the system has taken all before it: what lacks it is taken by nobody. */
  const pieces = function* (host: string, body: Uint8Array, maySend: () => boolean): Generator<Uint8Array> {
    let to = (body.length - 1) % pieceBytes || pieceBytes;
    for (let at = 0; at < body.length; at = to, to = Math.min(to + pieceBytes, body.length)) {
      if (!maySend()) throw refuse(host);
      yield body.subarray(at, to);
    }
  };
  const bodyOf = (host: string, { body, maySend }: Sent) => {
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    if (bytes === null || bytes.length <= pieceBytes) return { length: {}, body: bytes };
    // undici takes what can be iterated over, which its types do not know.
    return { length: { "content-length": String(bytes.length) }, body: pieces(host, bytes, maySend) as unknown as Readable };
  };

  const optionsOf = ({ method, headers, idleMs }: Asked, length: Headers = {}) => ({
    method,
    headers: { accept: "*/*", "accept-encoding": "identity", ...length, ...headers },
    headersTimeout: idleMs,
    bodyTimeout: idleMs,
  });

  /** By undici's own callbacks: a stream for each small answer costs more than all else that is done for it. */
  const readText = (agent: Agent, url: URL, sent: Sent, maxBytes: number, signal: AbortSignal): Promise<TextAnswer> =>
    new Promise((resolve, reject) => {
      const { host } = url;
      const { length, body } = bodyOf(host, sent);
      const chunks: Array<Buffer> = [];
      let size = 0;
      let status = 0;
      let headers: Headers = {};
      let started: Dispatcher.DispatchController | undefined;
      const callOff = (): void => (started === undefined ? reject(new Failed(broken(host, stop, sent.idleMs))) : started.abort(stop));
      signal.addEventListener("abort", callOff, { once: true });
      agent.dispatch(
        { origin: url.origin, path: url.pathname + url.search, ...optionsOf(sent, length), body },
        {
          onRequestStart: (controller) => {
            started = controller;
            // It may have waited for a connection meanwhile, and be written as soon as this returns.
            if (signal.aborted) controller.abort(stop);
            else if (!sent.maySend()) controller.abort(refuse(host));
          },
          onResponseStart: (_, statusCode, answered) => {
            status = statusCode;
            headers = flat(answered);
          },
          onResponseData: (controller, chunk) => {
            size += chunk.length;
            chunks.push(chunk);
            if (size > maxBytes) {
              controller.abort(
                fail("provider", `${host} answers without end (over ${Math.ceil(maxBytes / 2 ** 20)} MB): check the base URL.`),
              );
            }
          },
          onResponseEnd: () => {
            const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
            resolve({ host, origin: url.origin, status, headers, text: bytes.toString("utf8") });
          },
          onResponseError: (_, error) => reject(failed(host, error, sent.idleMs)),
        },
      );
    });

  const openStream = async (agent: Agent, url: URL, asked: Question, signal: AbortSignal): Promise<StreamAnswer> => {
    const { host } = url;
    const { statusCode, headers, body } = await undici
      .request(url, { dispatcher: agent, ...optionsOf(asked), signal })
      .catch((error: Error) => {
        throw failed(host, error, asked.idleMs);
      });
    return { host, status: statusCode, headers: flat(headers), body, signedIn: Object.keys(asked.headers).length > 0 };
  };

  /**
   * Each hop is checked, and nothing secret goes along to another origin. Who answers an order with 303 has done it; with 307 or 308 he leaves it
   * to whom he names, so it is unsent if it does not get there; with 301 or 302 he may have done either, and is not followed.
   */
  const follow = async <S extends Asked, A extends Answer>(
    url: URL,
    sent: S,
    isOwn: Wire["isOwn"],
    exchange: (agent: Agent, url: URL, sent: S) => Promise<A>,
    drop: (answer: A) => void,
    left = redirects,
  ): Promise<A> => {
    const answer = await exchange(isOwn(url) ? free : guarded, url, sent);
    const to = answer.headers["location"];
    if (to === undefined || !redirecting.has(answer.status)) return answer;
    drop(answer);
    const { host } = url;
    const isOrder = sent.method !== "GET";
    if (left === 0) throw new Failed(goesRound(host, isOrder && answer.status > 303));
    const next = parsed(to, url);
    if (isOrder && answer.status < 303) throw fail("provider", `${host} has moved to ${next.origin}: put that into the base URL.`);
    const headers = next.origin === url.origin ? sent.headers : {};
    const go = (what: S): Promise<A> => follow(next, { ...what, headers }, isOwn, exchange, drop, left - 1);
    if (!isOrder) {
      return go(sent).catch((error: unknown) => {
        throw error instanceof Failed && next.host !== host ? new Failed(ledBy(host, error.failure)) : error;
      });
    }
    if (answer.status !== 303) return go(sent);
    const led = await go({ ...sent, method: "GET", body: null, maySend: () => true }).catch((error: unknown) => {
      throw error instanceof Failed ? new Failed(afterwards(error.failure)) : error;
    });
    if (led.status < 400) return { ...led, done: true };
    drop(led);
    throw new Failed(untold(next.host, led.status));
  };

  return (own) => {
    const ownOrigins = new Set(own.flatMap((text) => URL.parse(text)?.origin ?? []));
    const isOwn = (url: URL): boolean => {
      const known = ownOrigins.has(originOf(url));
      if (!known && isPrivateLiteral(url.hostname)) throw new Failed(privateAddress(url.host));
      return known;
    };
    return {
      isOwn,
      text: (url, sent, maxBytes, signal) =>
        follow(
          parsed(url),
          sent,
          isOwn,
          (agent, at, what) => readText(agent, at, what, maxBytes, signal),
          () => undefined,
        ).then((answer) => known(parsed(url), sent, answer)),
      stream: (url, asked, signal) =>
        follow(
          parsed(url),
          asked,
          isOwn,
          (agent, at, what) => openStream(agent, at, what, signal),
          ({ body }) => discard(body),
        ),
    };
  };
});

/** Who refuses a question elsewhere was not shown the key: that says nothing of the key. */
const known = (asked: URL, sent: Sent, answer: TextAnswer): TextAnswer => {
  const isRefusal = answer.status === 401 || answer.status === 403;
  if (sent.method === "GET" && isRefusal && answer.origin !== asked.origin && Object.keys(sent.headers).length > 0) {
    throw fail(
      "authentication",
      `${asked.host} has moved to ${answer.origin}, where the key is not sent along: put that into the base URL.`,
    );
  }
  return answer;
};

/** What is not read would hold the connection. */
export const discard = (body: StreamAnswer["body"]): void => void body.on("error", () => undefined).destroy();
