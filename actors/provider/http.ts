// HTTP of one account, on undici: guarded against private addresses, bounded in size and time, and never leaving half a file.
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { Cause, Effect, Queue, type Scope } from "effect";
import WebSocket from "ws";
import { sniff, sniffBytes } from "#actors/media/sniff.ts";
import { formatBytes } from "#protocol/bytes.ts";
import { makeFileWriter } from "./file-writer.ts";
import { broken, leadsNowhere, notConnected, ofFile, retryAfterOf, tooSlow } from "./http-failures.ts";
import { guardedLookup } from "./http-guard.ts";
import { connectMs, discard, Failed, fail, makeWires, parsed, type Sent, type StreamAnswer, type Wire } from "./http-wire.ts";
import type { ProviderFailure } from "./provider.ts";
import { type DownloadOptions, type Http, type HttpAnswer, type HttpRequest, MaySend } from "./tools.ts";
import { parseJson } from "./wide.ts";

const exchangeMs = 30_000;
const answerBytes = 4 * 1024 * 1024;
const fileBytes = 2 * 1024 ** 3;
const idleMs = 30_000;
/** A socket is asked for a sign of life so often, ms; without one until the next time it counts as closed. */
const heartbeatMs = 20_000;
/** Messages that wait for their reader before the socket is read no further. */
const backlog = 64;

export interface HttpOptions {
  /** The account's own base URLs: what they lead to may be private. */
  readonly own: ReadonlyArray<string>;
}

/**
 * Interrupting it ends when the promise has seen the signal and cleaned up. `limit`: the longest that it may take, by the clock of the
 * machine as all that goes over a real line.
 */
const attempt = <T>(
  run: (signal: AbortSignal) => Promise<T>,
  limit?: { readonly ms: number; readonly failure: () => ProviderFailure },
): Effect.Effect<T, ProviderFailure> =>
  Effect.callback((resume) => {
    const controller = new AbortController();
    const timer =
      limit &&
      setTimeout(() => {
        resume(Effect.fail(limit.failure()));
        controller.abort();
      }, limit.ms);
    const running = run(controller.signal)
      .then(
        (value) => resume(Effect.succeed(value)),
        (error: unknown) => resume(error instanceof Failed ? Effect.fail(error.failure) : Effect.die(error)),
      )
      .finally(() => clearTimeout(timer));
    return Effect.suspend(() => {
      controller.abort();
      return Effect.promise(() => running);
    });
  });

/** A form or file is put together in memory, so that its length is known and it can be sent again after a redirect: what takes uploads bounds them. */
const sentOf = async (
  { method, headers = {}, json, form, blob, timeoutMs: idleMs = exchangeMs }: HttpRequest,
  maySend: () => boolean,
): Promise<Sent> => {
  const sent = { method, idleMs, maySend };
  if (form !== undefined) {
    const encoded = new Response(form);
    const type = encoded.headers.get("content-type") ?? "";
    return { ...sent, headers: { ...headers, "content-type": type }, body: new Uint8Array(await encoded.arrayBuffer()) };
  }
  if (blob !== undefined) {
    return { ...sent, headers: { ...headers, "content-type": blob.type }, body: new Uint8Array(await blob.arrayBuffer()) };
  }
  if (json === undefined) return { ...sent, headers, body: null };
  return { ...sent, headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(json) };
};

/** HTTP of an account as its settings are now, over connections that outlive a change of them and close with the scope. */
export const makeHttps: Effect.Effect<(options: HttpOptions) => Http, never, Scope.Scope> = Effect.map(
  makeWires,
  (wireOf) =>
    ({ own }) =>
      httpOver(wireOf(own)),
);

export const makeHttp = (options: HttpOptions): Effect.Effect<Http, never, Scope.Scope> =>
  Effect.map(makeHttps, (httpOf) => httpOf(options));

const httpOver = (wire: Wire): Http => {
  const json = Effect.fnUntraced(function* (request: HttpRequest): Effect.fn.Return<HttpAnswer, ProviderFailure> {
    const maySend = yield* MaySend;
    const { timeoutMs = exchangeMs, maxBytes = answerBytes } = request;
    const limit = { ms: timeoutMs, failure: () => tooSlow(URL.parse(request.url)?.host ?? "The provider", timeoutMs) };
    return yield* attempt(async (signal): Promise<HttpAnswer> => {
      const { host, text, ...answer } = await wire.text(request.url, await sentOf(request, maySend), maxBytes, signal);
      const { status } = answer;
      if (status >= 300 && status < 400) throw new Failed(leadsNowhere(host, status));
      const body = parseJson(text);
      if (body !== undefined) return { ...answer, body };
      if (status >= 400 || text.trim() === "") return { ...answer, body: null };
      const what = /^\s*</.test(text) ? "a web page" : "something that is not JSON";
      throw fail("provider", `${host} answers with ${what}: check that the base URL is that of the API.`);
    }, limit);
  });

  const download = (url: string, path: string, options: DownloadOptions = {}) => {
    const { headers = {}, maxBytes = fileBytes, idleMs: silentMs = idleMs } = options;
    return attempt(async (signal) => {
      const received = await wire.stream(url, { method: "GET", headers, idleMs: silentMs }, signal);
      const refused = refusalOf(received);
      if (refused !== undefined) {
        discard(received.body);
        throw new Failed(refused);
      }
      const part = `${path}.part`;
      try {
        const mime = await save(received, part, maxBytes, silentMs);
        await filed(() => rename(part, path));
        return { mime };
      } catch (error) {
        await rm(part, { force: true });
        throw error;
      }
    });
  };

  const socket: Http["socket"] = (text, { headers, message }) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { url, isOwn } = yield* attempt(async () => {
          const to = parsed(text);
          return { url: to, isOwn: wire.isOwn(to) };
        });
        const messages = yield* Queue.unbounded<string, ProviderFailure>();
        const open = yield* Effect.acquireRelease(
          Effect.sync(() =>
            listen(url, { ...(headers === undefined ? {} : { headers }), ...(isOwn ? {} : { lookup: guardedLookup }) }, messages),
          ),
          (connection) => Effect.sync(() => connection.terminate()),
        );
        for (;;) {
          yield* message(yield* Queue.take(messages));
          if (open.isPaused && Queue.sizeUnsafe(messages) < backlog / 2) open.resume();
        }
      }),
    );

  return { json, download, socket };
};

const refusalOf = ({ status, headers, host, signedIn }: StreamAnswer): ProviderFailure | undefined => {
  if (status === 200) return undefined;
  const retryAfterMs = retryAfterOf(headers);
  const failure = (kind: ProviderFailure["kind"], message: string): ProviderFailure => ({
    kind,
    message,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
  if (status === 404 || status === 410) return failure("lost", `The file is not at ${host} (any more).`);
  if (status === 401 || status === 403) {
    // Who knows nothing of the account refuses the address: it has run out, or is not to be had yet.
    return signedIn
      ? failure(
          "authentication",
          `${host} does not hand the file out to this account: check its key, and whether it is still the one that made it.`,
        )
      : failure(
          "network",
          `${host} does not hand the file out (status ${status}): its address may have run out. Try again; the provider is asked for a new one.`,
        );
  }
  if (status === 429) return failure("limit", `${host} asks for fewer questions: try again in a while.`);
  return failure("network", `${host} failed to deliver the file (status ${status}): the fault lies there. Try again later.`);
};

const filed = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    const failure = ofFile(error);
    throw failure === undefined ? error : new Failed(failure);
  }
};

/** Writes the body to the file; answers what it is, which its first bytes tell better than the provider. */
const save = async ({ headers, body, host }: StreamAnswer, path: string, maxBytes: number, silentMs: number): Promise<string> => {
  const { "content-length": stated, "content-type": type = "" } = headers;
  const tooLarge = (): Failed =>
    fail("provider", `${host} delivers a file of over ${formatBytes(maxBytes)}, which is not taken: ask for a shorter or smaller video.`);
  let head = Buffer.alloc(0);
  let size = 0;
  let file: FileHandle | undefined;
  try {
    if (Number(stated) > maxBytes) throw tooLarge();
    file = await filed(() => open(path, "w"));
    const writer = makeFileWriter(file);
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge();
      if (head.length < sniffBytes) head = Buffer.concat([head, chunk.subarray(0, sniffBytes - head.length)]);
      await filed(() => writer.write(chunk));
    }
    await filed(writer.end);
  } catch (error) {
    throw error instanceof Failed ? error : new Failed(broken(host, error, silentMs));
  } finally {
    discard(body);
    await file?.close();
  }
  if (stated !== undefined && Number(stated) !== size)
    throw fail("network", `${host} cut the file off after ${size} of ${stated} bytes: try again, and check the connection if it stays so.`);
  return mimeOf(head, type.split(";")[0]!.trim().toLowerCase(), host);
};

const mimeOf = (head: Uint8Array, stated: string, host: string): string => {
  const found = sniff(head);
  if (found.kind === "image") return found.mime;
  const isMedia = /^(video|image|audio)\//.test(stated);
  if (found.kind === "video") return stated.startsWith("video/") ? stated : found.container === "matroska" ? "video/webm" : "video/mp4";
  const begin = Buffer.from(head).toString("latin1").trimStart();
  const what = begin.startsWith("<") ? "a web page" : /^[{[]/.test(begin) ? "a message" : found.what;
  if (isMedia && what === found.what && head.length >= 12) return stated;
  throw fail("provider", `${host} delivers ${what} where a video or picture was due: check the base URL, and try again.`);
};

/** Opens the socket and puts what it says into the queue, which fails when it closes. */
const listen = (url: URL, options: WebSocket.ClientOptions, messages: Queue.Queue<string, ProviderFailure>): WebSocket => {
  const { host } = url;
  const connection = new WebSocket(url, { ...options, handshakeTimeout: connectMs, maxPayload: answerBytes });
  let isOpen = false;
  let isAlive = true;
  const closed = (failure: ProviderFailure): void => {
    clearInterval(heartbeat);
    Queue.failCauseUnsafe(messages, Cause.fail(failure));
  };
  const heartbeat = setInterval(() => {
    if (!isAlive) return connection.terminate();
    isAlive = false;
    if (isOpen) connection.ping();
  }, heartbeatMs);
  connection
    .on("open", () => {
      isOpen = true;
    })
    .on("pong", () => {
      isAlive = true;
    })
    .on("message", (data, isBinary) => {
      isAlive = true;
      // Binary messages are previews of pictures, which nobody asked for.
      if (isBinary) return;
      Queue.offerUnsafe(messages, (data as Buffer).toString("utf8"));
      if (Queue.sizeUnsafe(messages) >= backlog) connection.pause();
    })
    .on("unexpected-response", (_request, { statusCode = 0 }) => {
      const isRefused = statusCode === 401 || statusCode === 403;
      closed({
        kind: isRefused ? "authentication" : "network",
        message: isRefused
          ? `${host} does not know this account: check its key or token.`
          : `${host} opens no WebSocket (status ${statusCode}): check the base URL, and that the proxy in front of it lets WebSockets through.`,
      });
      connection.terminate();
    })
    .on("error", (error) => closed(isOpen ? broken(host, error, heartbeatMs) : notConnected(host, error)))
    .on("close", (code) =>
      closed({ kind: "network", message: `${host} closed its WebSocket (${code}): check whether it is still running.` }),
    );
  return connection;
};
