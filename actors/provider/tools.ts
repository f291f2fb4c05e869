// What every vendor's file is given to work with: guarded HTTP, polling that keeps to the account's pace, the memory of uploads, and
// videos as it takes them.
import { Context, type Effect } from "effect";
import type { ProviderFailure } from "./provider.ts";
import type { VideosShape } from "./videos.ts";

/**
 * Asked in the moment in which a request is written to an open connection: with `false` it fails, `unsent`. What is done within it is sent by
 * nobody who was frozen before the connection was there, and has been succeeded. Of a request of over 64 KB it is asked again before each piece,
 * once the system has taken the one before, and before the last byte; a shorter one goes at once, and what the system does not take of it at
 * once still goes after a freeze. Default: it may always be sent.
 */
export const MaySend = Context.Reference<() => boolean>("pixsim/actors/MaySend", { defaultValue: () => () => true });

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly url: string;
  /** Sensitive values are never logged nor put into messages. */
  readonly headers?: Readonly<Record<string, string>>;
  /** At most one of these. `json` is sent with numbers as they are; `wide` makes a wide integer. */
  readonly json?: unknown;
  readonly form?: FormData;
  /** Sent as it is, with its type as Content-Type. */
  readonly blob?: Blob;
  /** For the whole exchange, ms. Default: 30 seconds. */
  readonly timeoutMs?: number;
  /** Largest answer that is read, bytes. Default: 4 MB. */
  readonly maxBytes?: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; integers beyond 2^53 are strings of their digits. */
  readonly body: unknown;
  /** It is the answer to an order that was done, from where a 303 has led: whatever it says is wrong, the order was not refused. */
  readonly done?: true;
}

export interface DownloadOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Largest file, bytes. Default: 2 GB. */
  readonly maxBytes?: number;
  /** Without a byte for so long it fails, ms. Default: 30 seconds. */
  readonly idleMs?: number;
}

/**
 * HTTP of one account. Private and link-local addresses are refused (also those that a name or a redirect leads to) unless they are those
 * of the account's own base URL. Failures: `network` (with `unsent` if the request certainly did not leave: refused, unknown
 * name, TLS), `timeout`, `provider` (not JSON, too large, endless, a redirect that leads nowhere): each a sentence that says what to do. Of an
 * order only `unsent` says that it was not taken.
 */
export interface Http {
  /** Answers of any status but a redirect's that are JSON. An error status with another body (a proxy's HTML page), and what is empty, is an answer with `body: null`. */
  readonly json: (request: HttpRequest) => Effect.Effect<HttpAnswer, ProviderFailure>;
  /**
   * Fetches a file to `path`, which exists only if all of it came (Content-Length is held against it). 404 and 410 fail with `lost`, 401 and 403
   * with `authentication` where who says so was sent the headers and else with `network`, 429 with `limit`, other errors with `network`; what is a page or JSON and not media with `provider`.
   */
  readonly download: (url: string, path: string, options?: DownloadOptions) => Effect.Effect<{ readonly mime: string }, ProviderFailure>;
  /** Messages of a WebSocket; fails when it closes. */
  readonly socket: (
    url: string,
    options: {
      readonly headers?: Readonly<Record<string, string>>;
      readonly message: (data: string) => Effect.Effect<void, ProviderFailure>;
    },
  ) => Effect.Effect<never, ProviderFailure>;
}

export type Status =
  | { readonly state: "waiting" }
  /** `fraction`: 0 to 1, null where the provider does not say. */
  | { readonly state: "running"; readonly fraction: number | null }
  | { readonly state: "done"; readonly charged: number | null };

export interface Pace {
  /** Least time between two questions about one job, ms. */
  readonly least: number;
  /** Least time between any two questions of the account, ms. */
  readonly gap: number;
}

/** Asks an account about its jobs: seldom at first and later often near the expected end, with jitter, backing off while asking fails. */
export interface Polling {
  /**
   * Asks until it is done or fails with a kind that says it has ended. Progress is what the provider tells, with each answer: where it tells no
   * fraction, 0 until the end. `expectedMs`: what it usually takes, once it runs. `remainingMs`: until its end by what is known of this account, which is
   * better; it counts whether it runs already or not.
   */
  readonly track: (
    ask: Effect.Effect<Status, ProviderFailure>,
    progress: (fraction: number) => Effect.Effect<void>,
    options: { readonly pace: Pace; readonly expectedMs: number; readonly remainingMs?: number | undefined },
  ) => Effect.Effect<{ readonly charged: number | null }, ProviderFailure>;
}

export interface Uploads {
  /** The provider's id of a file that this account has uploaded before, or what `upload` answers, remembered. */
  readonly once: (sha256: string, upload: Effect.Effect<string, ProviderFailure>) => Effect.Effect<string, ProviderFailure>;
  /** The provider no longer knows it: the next `once` uploads anew. */
  readonly forget: (sha256: string) => Effect.Effect<void>;
  /** The same of all that this account has uploaded, where the provider does not say which file it misses. */
  readonly forgetAll: Effect.Effect<void>;
}

export interface ProviderTools {
  readonly http: Http;
  readonly videos: VideosShape;
  readonly polling: Polling;
  readonly uploads: Uploads;
}
