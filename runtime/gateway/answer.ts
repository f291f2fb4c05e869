// Answers of HTTP and how they are sent: texts at once, files in chunks as the client takes them, nothing after it has gone.
import { open, stat } from "node:fs/promises";
import { Data, Effect } from "effect";
import type { HttpHeaders, HttpRequest, HttpResponse } from "./transport.ts";

/** Bytes of a file in flight of one response. */
const chunkBytes = 128 * 1024;

export interface FilePart {
  readonly path: string;
  readonly start: number;
  readonly length: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body: string | Uint8Array | FilePart | null;
}

/** `missing`: there is no such file. */
export class FileError extends Data.TaggedError("FileError")<{ readonly reason: "missing" | "fault"; readonly cause: unknown }> {}

const fileError = (cause: unknown): FileError => {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return new FileError({ reason: code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR" ? "missing" : "fault", cause });
};

export interface FileFacts {
  readonly path: string;
  readonly size: number;
  /** ms since 1970 */
  readonly modified: number;
}

/** Of an ordinary file; a folder counts as missing. */
export const factsOf = (path: string): Effect.Effect<FileFacts, FileError> =>
  Effect.tryPromise({ try: () => stat(path), catch: fileError }).pipe(
    Effect.flatMap((facts) =>
      facts.isFile()
        ? Effect.succeed({ path, size: facts.size, modified: facts.mtimeMs })
        : Effect.fail(new FileError({ reason: "missing", cause: "not an ordinary file" })),
    ),
  );

const isPart = (body: Answer["body"]): body is FilePart => typeof body === "object" && body !== null && "path" in body;

export const textAnswer = (status: number, text: string, headers: HttpHeaders = {}): Answer => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store", ...headers },
  body: text,
});

/** Sends it; the bytes that went out. Fails only before the first byte. */
export const sendAnswer = (
  request: HttpRequest,
  response: HttpResponse,
  { status, headers, body }: Answer,
): Effect.Effect<number, FileError> => {
  if (request.method === "HEAD" && body !== null) {
    const length = isPart(body) ? body.length : typeof body === "string" ? Buffer.byteLength(body) : body.length;
    return Effect.sync(() => {
      response.send(status, headers, length);
      return 0;
    });
  }
  if (isPart(body)) return sendFile(response, status, headers, body);
  return Effect.sync(() => {
    response.send(status, headers, body);
    return body?.length ?? 0;
  });
};

const sendFile = (
  response: HttpResponse,
  status: number,
  headers: HttpHeaders,
  { path, start, length }: FilePart,
): Effect.Effect<number, FileError> =>
  Effect.acquireUseRelease(
    Effect.tryPromise({ try: () => open(path, "r"), catch: fileError }),
    Effect.fnUntraced(function* (file) {
      const drained = Effect.callback<void>((resume) => response.onDrain(() => resume(Effect.void)));
      response.start(status, headers, length);
      let sent = 0;
      while (sent < length) {
        const size = Math.min(chunkBytes, length - sent);
        const { bytesRead, buffer } = yield* Effect.promise(() => file.read(Buffer.allocUnsafeSlow(size), 0, size, start + sent));
        if (bytesRead === 0) return yield* Effect.die(new Error(`${path} is shorter than it was a moment ago`));
        sent += bytesRead;
        if (!response.write(buffer.subarray(0, bytesRead)) && sent < length) yield* drained;
      }
      return sent;
    }),
    // A read under way ends first.
    (file) => Effect.promise(() => file.close()),
  );
