// What the gateway answers to plain HTTP: front ends, reference, media, health and metrics. There is no API here.
import { Cause, Effect, type Fiber } from "effect";
import { type Answer, type FileError, sendAnswer, textAnswer } from "./answer.ts";
import type { Counters } from "./counters.ts";
import { answerMedia, type MediaOptions } from "./media.ts";
import { answerPage, answerSite } from "./site.ts";
import type { HttpHeaders, HttpRequest, HttpResponse } from "./transport.ts";

export interface HttpOptions {
  /** Folder of the built front ends. */
  readonly site: string;
  /** Folder of the built player, which is at `/play/`. */
  readonly player: string;
  /** File of the reference. */
  readonly docs: string;
  readonly media: MediaOptions;
  /** Whether the server can do its work; fails with what keeps it from that. */
  readonly health: Effect.Effect<void, { readonly message: string }>;
  /** Figures in the text format of Prometheus. */
  readonly metrics: Effect.Effect<string>;
}

const everyHeader: HttpHeaders = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
};

/** A check that hangs has failed. */
const healthTimeout = "2 seconds";

const json = (status: number, value: unknown): Answer => ({
  status,
  headers: { "content-type": "application/json", "cache-control": "no-store" },
  body: `${JSON.stringify(value)}\n`,
});

const answerHealth = (health: HttpOptions["health"]): Effect.Effect<Answer> =>
  health.pipe(
    Effect.timeoutOrElse({ duration: healthTimeout, orElse: () => Effect.fail({ message: "The check took too long." }) }),
    Effect.match({
      onSuccess: () => json(200, { status: "ok" }),
      onFailure: ({ message }) => json(503, { status: "failing", message }),
    }),
    Effect.catchDefect(() => Effect.succeed(json(503, { status: "failing", message: "The check itself is at fault." }))),
  );

const answerOf = (options: HttpOptions, request: HttpRequest): Effect.Effect<Answer, FileError> => {
  const { path, method } = request;
  if (method !== "GET" && method !== "HEAD") {
    return Effect.succeed(
      textAnswer(405, "Only GET and HEAD are answered here; all else goes over the WebSocket.\n", { allow: "GET, HEAD" }),
    );
  }
  if (path === "/healthz") return answerHealth(options.health);
  if (path === "/metrics") {
    return Effect.map(options.metrics, (text) => textAnswer(200, text, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }));
  }
  if (path === "/docs") return answerPage(options.docs, request);
  if (path.startsWith("/media/")) return answerMedia(options.media, request);
  // The player names its files relative to its own address.
  if (path === "/play") return Effect.succeed(textAnswer(308, "The player is at /play/.\n", { location: "/play/" }));
  if (path.startsWith("/play/")) return answerSite(options.player, { ...request, path: path.slice("/play".length) });
  return answerSite(options.site, request);
};

/** Answers a request; what was begun ends when the client goes. */
export const httpHandler =
  (options: HttpOptions, counters: Counters, run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>) =>
  (request: HttpRequest, response: HttpResponse): void => {
    counters.httpRequests++;
    let began = false;
    const send = (answer: Answer): Effect.Effect<void, FileError> =>
      Effect.map(sendAnswer(request, response, { ...answer, headers: { ...everyHeader, ...answer.headers } }), (bytes) => {
        counters.httpBytes += bytes;
      });
    const fiber = run(
      answerOf(options, request).pipe(
        Effect.flatMap((answer) => {
          began = true;
          return send(answer);
        }),
        Effect.catchTag("FileError", ({ reason, cause }) => {
          if (reason === "missing") return send(textAnswer(404, "There is nothing at this address.\n"));
          const log = Effect.annotateLogs(Effect.logError("a file could not be read", cause), { path: request.path });
          return Effect.andThen(log, send(textAnswer(500, "The file could not be read.\n")));
        }),
        Effect.catchCause((cause) => {
          if (Cause.hasInterruptsOnly(cause)) return Effect.void;
          return Effect.andThen(
            Effect.sync(() => (began ? response.cut() : response.send(500, everyHeader, "A fault in the server.\n"))),
            Effect.annotateLogs(Effect.logError("a request failed by a fault", cause), { path: request.path }),
          );
        }),
      ),
    );
    response.onAbort(() => fiber.interruptUnsafe());
  };
