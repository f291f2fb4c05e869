// Media by signed address: whole or in part, cached for as long as the address lives.
import { Clock, Effect } from "effect";
import type { CallError } from "#protocol/wire/errors.ts";
import { mimeOf } from "../blobs/media-types.ts";
import { type Answer, factsOf, type FileError, textAnswer } from "./answer.ts";
import { readMediaUrl } from "./media-url.ts";
import { matchesEtag, parseRange } from "./range.ts";
import type { HttpRequest } from "./transport.ts";

export interface MediaOptions {
  /** The secret that addresses are signed with. */
  readonly key: Uint8Array;
  /** Where the file of a blob lies. */
  readonly path: (sha256: string) => string;
  /** Brings a file back that is not there; answers its path. */
  readonly recall: (sha256: string) => Effect.Effect<string, CallError>;
  /** Told of each file that is read. */
  readonly used: (sha256: string) => void;
}

const gone = textAnswer(404, "This file is not here any more.\n");

const missing = ({ code, message }: CallError): Answer =>
  code === "not_found" ? gone : textAnswer(503, `${message}\n`, { "retry-after": "10" });

export const answerMedia = Effect.fnUntraced(function* ({ key, path, recall, used }: MediaOptions, request: HttpRequest) {
  const now = yield* Clock.currentTimeMillis;
  const url = readMediaUrl(key, request.path, request.query, now);
  if (url.state !== "good") {
    return url.state === "expired"
      ? textAnswer(403, "This address has expired. Ask the server for a fresh one.\n")
      : textAnswer(403, "This address is not valid. Addresses of media come from the server, signed.\n");
  }
  return yield* factsOf(path(url.sha256)).pipe(
    Effect.catchIf(
      ({ reason }) => reason === "missing",
      () => Effect.flatMap(recall(url.sha256), factsOf),
    ),
    Effect.map(({ path: file, size }): Answer => {
      used(url.sha256);
      const etag = `"${url.sha256}"`;
      const headers = {
        etag,
        "accept-ranges": "bytes",
        "cache-control": `private, max-age=${Math.floor(url.expiry - now / 1000)}, immutable`,
        "content-type": mimeOf(url.extension),
        "content-security-policy": "default-src 'none'; sandbox",
      };
      const known = request.header("if-none-match");
      if (known !== "" && matchesEtag(known, etag)) return { status: 304, headers, body: null };
      const condition = request.header("if-range");
      const part = condition === "" || condition === etag ? parseRange(request.header("range"), size) : undefined;
      if (part === undefined) return { status: 200, headers, body: { path: file, start: 0, length: size } };
      if (part === "unsatisfiable") {
        return textAnswer(416, `The file has ${size} bytes.\n`, { "content-range": `bytes */${size}` });
      }
      const { start, end } = part;
      return {
        status: 206,
        headers: { ...headers, "content-range": `bytes ${start}-${end}/${size}` },
        body: { path: file, start, length: end - start + 1 },
      };
    }),
    Effect.catchTags({
      FileError: (error: FileError) => (error.reason === "missing" ? Effect.succeed(gone) : Effect.fail(error)),
      CallError: (error: CallError) => Effect.succeed(missing(error)),
    }),
  );
});
