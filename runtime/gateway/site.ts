// The built front ends: hashed assets for ever, all else asked for anew, precompressed where the client takes it.
import { join } from "node:path";
import { Effect } from "effect";
import { type Answer, factsOf, type FileError, textAnswer } from "./answer.ts";
import { matchesEtag } from "./range.ts";
import type { HttpHeaders, HttpRequest } from "./transport.ts";

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json",
  webmanifest: "application/manifest+json",
  svg: "image/svg+xml",
  png: "image/png",
  webp: "image/webp",
  ico: "image/x-icon",
  txt: "text/plain; charset=utf-8",
  woff2: "font/woff2",
  wasm: "application/wasm",
};

/** Pages may load what this server serves and connect to it, nothing else. Inline styles are what the docking layout needs. */
const pageHeaders: HttpHeaders = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; " +
    "font-src 'self'; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
};

/** A page that is one file, and loads nothing. */
const loneHeaders: HttpHeaders = {
  "content-security-policy":
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

/** Best first. */
const encodings = [
  { name: "br", suffix: ".br" },
  { name: "gzip", suffix: ".gz" },
];

/** Whether an `Accept-Encoding` takes a coding: named or by `*`, not with quality 0. */
export const accepts = (header: string, coding: string): boolean => {
  let any = false;
  for (const item of header.toLowerCase().split(",")) {
    const [name = "", ...parameters] = item.split(";").map((part) => part.trim());
    const refused = parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    if (name === coding) return !refused;
    if (name === "*") any = !refused;
  }
  return any;
};

/**
 * The file of a path within the site, or undefined for what cannot be one. Each segment is a plain name, so none leads outside,
 * whatever is encoded in it.
 */
export const siteFile = (path: string): string | undefined => {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  const wanted = decoded.endsWith("/") ? `${decoded}index.html` : decoded;
  const segments = wanted.split("/").slice(1);
  return segments.every((segment) => /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/.test(segment)) ? join(...segments) : undefined;
};

const missing = (path: string): Answer =>
  path === "/"
    ? textAnswer(404, "The front end is not built. Run `npm run build`, then load this page again.\n")
    : textAnswer(404, "There is nothing at this address.\n");

/** A file of `folder`. */
export const answerSite = Effect.fnUntraced(function* (folder: string, request: HttpRequest) {
  const name = siteFile(request.path);
  const extension = name === undefined ? "" : name.slice(name.lastIndexOf(".") + 1);
  const type = types[extension];
  if (name === undefined || type === undefined) return missing(request.path);
  return yield* answerFile(join(folder, name), type, request, request.path.startsWith("/assets/")).pipe(
    Effect.catchTag("FileError", (error: FileError) =>
      error.reason === "missing" ? Effect.succeed(missing(request.path)) : Effect.fail(error),
    ),
  );
});

/** One page by its path on the disk. It is made from the sources alone and carries its script in it. */
export const answerPage = (path: string, request: HttpRequest): Effect.Effect<Answer, FileError> =>
  Effect.map(answerFile(path, types["html"]!, request, false), (answer) => ({ ...answer, headers: { ...answer.headers, ...loneHeaders } }));

const answerFile = Effect.fnUntraced(function* (path: string, type: string, request: HttpRequest, forEver: boolean) {
  const plain = yield* factsOf(path);
  let facts = plain;
  let encoding = "";
  const accepted = request.header("accept-encoding");
  for (const { name, suffix } of encodings) {
    if (!accepts(accepted, name)) continue;
    const packed = yield* Effect.option(factsOf(path + suffix));
    // An older one is left over from another build.
    if (packed._tag === "None" || packed.value.modified < plain.modified) continue;
    facts = packed.value;
    encoding = name;
    break;
  }
  const etag = `"${Math.floor(facts.modified).toString(36)}-${facts.size.toString(36)}${encoding === "" ? "" : `-${encoding}`}"`;
  const headers: HttpHeaders = {
    etag,
    vary: "accept-encoding",
    "content-type": type,
    "cache-control": forEver ? "public, max-age=31536000, immutable" : "no-cache",
    ...(encoding === "" ? {} : { "content-encoding": encoding }),
    ...(type.startsWith("text/html") ? pageHeaders : {}),
  };
  const known = request.header("if-none-match");
  const answer: Answer =
    known !== "" && matchesEtag(known, etag)
      ? { status: 304, headers, body: null }
      : { status: 200, headers, body: { path: facts.path, start: 0, length: facts.size } };
  return answer;
});
