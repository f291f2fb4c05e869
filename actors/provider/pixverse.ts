// PixVerse, by its platform API v2. A generation's trace id is made of the submission's key: sent again, it answers the same video.
import { randomUUID } from "node:crypto";
import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import { Clock, Effect, Redacted } from "effect";
import * as z from "zod";
import { baseUrl } from "./base-url.ts";
import { credential } from "./credential.ts";
import { makeFinished } from "./finished.ts";
import { retryAfterOf } from "./http-failures.ts";
import { failureOfCode, failureOfStatus } from "./pixverse-failures.ts";
import { pixverseOperations } from "./pixverse-operations.ts";
import { takenPicture } from "./picture.ts";
import { isOrder, type PixverseRequest, paramsOf, type RemoteInput, requestOf, traceIdOf } from "./pixverse-requests.ts";
import type { Connection, Provider, ProviderAccount, ProviderFailure, ProviderInput, ProviderRequest } from "./provider.ts";
import { askedSurely, ofQuestion, surely } from "./questions.ts";
import { notYet, undecided, unlessDone, unsent } from "./refusals.ts";
import { askByTheirClock, sentNotBefore } from "./their-clock.ts";
import type { HttpAnswer, HttpRequest, Pace, ProviderTools, Status } from "./tools.ts";
import { commonVideos, type VideoLimits } from "./videos.ts";

const settings = z.object({
  baseUrl: baseUrl
    .default("https://app-api.pixverse.ai")
    .meta({ title: "Base URL", description: "In mainland China: https://app-api.pixverseai.cn" }),
});
const secrets = z.object({ apiKey: credential("API key").min(1, "Paste the API key.").meta({ title: "API key" }) });

/** PixVerse asks for 3 to 10 seconds between two questions about one video. */
const pace: Pace = { least: 3000, gap: 100 };
/** Where nothing is known of the video that is asked about, ms. */
const typicalMs = 75_000;
const followed = { pace, expectedMs: typicalMs } as const;
/** Uploading takes its time. */
const uploadMs = 120_000;

const bounds = {
  /** Some of its pages allow longer sides. */
  image: { path: "/image/upload", field: "image", bytes: 20e6, side: 4000, mimes: ["image/jpeg", "image/png", "image/webp"] },
  media: { path: "/media/upload", field: "file", bytes: 50e6, mimes: commonVideos.formats },
} as const;
const videoLimits: VideoLimits = { ...commonVideos, bytes: bounds.media.bytes, seconds: { most: 30 }, edge: 1920 };

const failure = (kind: ProviderFailure["kind"], message: string): ProviderFailure => ({ kind, message });

/** A whole number of any width, as a string of its digits. */
const Id = z.union([z.string().regex(/^\d+$/), z.int().nonnegative().transform(String)]);
const Envelope = z.object({
  ErrCode: z.number().optional(),
  err_code: z.number().optional(),
  ErrMsg: z.string().optional(),
  err_msg: z.string().optional(),
  Resp: z.unknown().optional(),
});
const Submitted = z.object({ video_id: Id, credits: z.number().nonnegative().optional() });
const Result = z.object({ status: z.number(), url: z.string().optional() });
const Uploaded = { image: z.object({ img_id: Id }), media: z.object({ media_id: Id }) };
const Balances = z.object({ credit_monthly: z.number(), credit_package: z.number() });
const Rows = z.union([
  z.array(z.record(z.string(), z.unknown())),
  z.object({ list: z.array(z.record(z.string(), z.unknown())), cursor: z.union([z.string(), z.number()]).nullish() }),
]);

const Amount = z.number().nonnegative();

const untold: ProviderFailure = {
  kind: "internal",
  message: "PixVerse's ledger does not tell whether it took this submission, or what of it was given back.",
};

const connect = (account: ProviderAccount, { http, polling, uploads, videos }: ProviderTools): Connection => {
  const base = `${String(account.settings["baseUrl"])
    .replace(/\/+$/, "")
    .replace(/\/openapi(\/v2)?$/, "")}/openapi/v2`;
  const key = account.secrets["apiKey"];

  /** The answer's content, if PixVerse says that all is well. */
  const asked = Effect.fnUntraced(function* <T>(
    path: string,
    content: z.ZodType<T>,
    request: Pick<HttpRequest, "method" | "json" | "form" | "timeoutMs">,
    traceId: string = randomUUID(),
  ): Effect.fn.Return<Pick<HttpAnswer, "headers"> & { readonly body: T }, ProviderFailure> {
    const headers = { "API-KEY": key === undefined ? "" : Redacted.value(key), "Ai-trace-id": traceId };
    const answer = yield* http.json({ url: base + path, headers, ...request }).pipe(Effect.mapError(undecided));
    const envelope = Envelope.safeParse(answer.body);
    const code = envelope.data?.ErrCode ?? envelope.data?.err_code;
    if (code !== undefined && code !== 0) {
      return yield* Effect.fail(unlessDone(answer, failureOfCode(code, envelope.data?.ErrMsg ?? envelope.data?.err_msg ?? "")));
    }
    if (answer.status >= 300) return yield* Effect.fail(failureOfStatus(answer.status, retryAfterOf(answer.headers)));
    const read = content.safeParse(envelope.data?.Resp);
    if (code === undefined || !read.success) {
      return yield* Effect.fail(failure("network", "PixVerse answers with something that is not understood: check the base URL."));
    }
    return { headers: answer.headers, body: read.data };
  });
  const ask = <T>(...question: Parameters<typeof asked<T>>): Effect.Effect<T, ProviderFailure> =>
    Effect.map(asked(...question), ({ body }) => body);

  const upload = Effect.fnUntraced(function* (input: ProviderInput, kind: "image" | "media") {
    const { path: endpoint, field, mimes, ...sizes } = bounds[kind];
    const taken = yield* takenPicture(yield* videos.taken(input, videoLimits, pixverse.title), { formats: mimes, ...sizes });
    const { path, mime } = taken.input;
    if (!mimes.some((each) => each === mime)) {
      const wanted = mimes.map((each) => each.split("/")[1]).join(", ");
      return yield* Effect.fail(failure("input", `PixVerse takes ${wanted}, not ${mime}: convert the input first.`));
    }
    if (taken.bytes > sizes.bytes)
      return yield* Effect.fail(failure("input", `PixVerse takes files of up to ${sizes.bytes / 1e6} MB: make the input smaller.`));
    const form = new FormData();
    const blob = yield* Effect.promise(() => openAsBlob(path, { type: mime }));
    form.set(field, blob, basename(path));
    const request = { method: "POST", form, timeoutMs: uploadMs } as const;
    if (kind === "image") return (yield* ask(endpoint, Uploaded.image, request)).img_id;
    return (yield* ask(endpoint, Uploaded.media, request)).media_id;
  }, Effect.scoped);

  /** `anew`: what was uploaded before, or made here, is not known there any more. */
  const remoteOf = Effect.fnUntraced(function* (input: ProviderInput, anew: boolean): Effect.fn.Return<RemoteInput, ProviderFailure> {
    const { made, sha256, mediaType } = input;
    if (!anew && mediaType === "video" && made?.provider === pixverse.id && made.accountId === account.id) {
      return { kind: "made", id: made.providerJobId };
    }
    const kind = mediaType === "image" ? "image" : "media";
    if (anew) yield* uploads.forget(sha256);
    return { kind, id: yield* uploads.once(sha256, upload(input, kind)) };
  });

  const generate = ({ path, body }: PixverseRequest, submitKey: string) =>
    ask(path, Submitted, { method: "POST", json: body }, traceIdOf(submitKey));

  const submit = Effect.fn("pixverse.submit")(function* (submitKey: string, request: ProviderRequest) {
    if (!isOrder(request)) return yield* Effect.fail(unsent(failure("parameters", "PixVerse has no such operation.")));
    const params = paramsOf(request);
    if ("kind" in params) return yield* Effect.fail(params);
    const send = Effect.fnUntraced(function* (anew: boolean) {
      const remote = yield* Effect.mapError(
        Effect.forEach(request.inputs, (input) => remoteOf(input, anew), { concurrency: 2 }),
        unsent,
      );
      return yield* generate(requestOf(request, params, remote), submitKey);
    });
    const notFound = ({ kind, unsent: before }: ProviderFailure): boolean =>
      kind === "lost" && before !== true && request.inputs.length > 0;
    const { video_id, credits = null } = yield* send(false).pipe(
      Effect.catchIf(notFound, () => send(true)),
      // Nothing was submitted before that could be lost.
      Effect.mapError((error) => (error.kind === "lost" ? { ...error, kind: "input" as const } : error)),
    );
    return { providerJobId: video_id, charged: credits };
  });

  const lost = failure("lost", "PixVerse does not know this video (any more).");
  const result = (id: string) =>
    /^\d+$/.test(id) ? Effect.mapError(ask(`/video/result/${id}`, Result, { method: "GET" }), ofQuestion) : Effect.fail(lost);

  const statusOf = ({ status, url }: z.infer<typeof Result>): Effect.Effect<Status, ProviderFailure> => {
    switch (status) {
      case 1:
        // Done without an address is not done yet.
        return Effect.succeed(url ? { state: "done", charged: null } : { state: "running", fraction: null });
      case 6:
        return Effect.fail(failure("lost", "The video was deleted at PixVerse."));
      case 7:
        return Effect.fail({ ...failure("filtered", "PixVerse's moderation refused the result; its credits are given back."), charged: 0 });
      case 8:
        return Effect.fail({ ...failure("provider", "The generation failed at PixVerse; its credits are given back."), charged: 0 });
      default:
        // 5, also 2 and 3: it is made. What else there may be, its end will be one of the above.
        return Effect.succeed({ state: "running", fraction: null });
    }
  };

  const finished = makeFinished();
  const keepUrl =
    (id: string, { url }: z.infer<typeof Result>) =>
    (status: Status) =>
      status.state === "done" && url ? finished.keep(id, url) : Effect.void;
  const urlOf = Effect.fnUntraced(function* (id: string): Effect.fn.Return<string, ProviderFailure> {
    const found = yield* askedSurely(polling, result(id), followed);
    const { state } = yield* statusOf(found);
    return state === "done" && found.url ? found.url : yield* Effect.fail(failure("network", "The video is not ready yet."));
  });

  /** The row of a submission in the account's books; `undefined`: it is surely not there. */
  const inBooks = Effect.fnUntraced(function* (
    kind: "consume" | "refund",
    submitKey: string,
    sentAt: number,
  ): Effect.fn.Return<Readonly<Record<string, unknown>> | undefined, ProviderFailure> {
    const traceId = traceIdOf(submitKey);
    const page = (from: number, cursor?: string | number) => {
      const span = { start_time: new Date(from).toISOString(), end_time: new Date(from + ledgerSpan).toISOString() };
      const json = { ...span, credits_status: kind, limit: 100, ...(cursor ? { cursor } : {}) };
      return asked("/account/billing/usage-detail", Rows, { method: "POST", json });
    };
    const first = yield* askByTheirClock(sentNotBefore(sentAt, yield* Clock.currentTimeMillis) - ledgerMargin, page);
    let answer = first.answer.body;
    for (let pages = 1; ; pages++) {
      const rows = Array.isArray(answer) ? answer : answer.list;
      const row = rows.find((each) => Object.values(each).includes(traceId));
      if (row !== undefined) return row;
      // The ledger's rows are not documented: those that name no trace id do not tell whose they are.
      if (rows.some((each) => !("trace_id" in each))) break;
      const cursor = Array.isArray(answer) ? null : answer.cursor;
      if (!cursor) {
        // It may have been sent again after what can be asked for, and older rows may be gone.
        if (first.at + ledgerSpan < (yield* Clock.currentTimeMillis) + first.ahead) break;
        return undefined;
      }
      if (pages === ledgerPages) break;
      answer = (yield* page(first.at, cursor)).body;
    }
    return yield* Effect.fail(untold);
  });

  const balances = ask("/account/balance", Balances, { method: "GET" });

  return {
    submit,
    track: (id, progress, remainingMs) =>
      polling.track(surely(Effect.flatMap(result(id), (found) => Effect.tap(statusOf(found), keepUrl(id, found)))), progress, {
        ...followed,
        remainingMs,
      }),
    download: Effect.fn("pixverse.download")((id, path) => {
      const from = (url: string) => http.download(url, path);
      // A finished video's file may come a few seconds after it: it is not lost, and must not be paid for again.
      const late = (error: ProviderFailure) => notYet(error, "The finished video's file is not there yet.");
      return finished.fetch(
        id,
        from,
        Effect.flatMap(urlOf(id), (url) => Effect.mapError(from(url), late)),
      );
    }),
    cancel: () => Effect.succeed(false),
    check: Effect.asVoid(balances),
    balance: Effect.map(balances, ({ credit_monthly, credit_package }) => [
      { type: "monthly", amount: credit_monthly },
      { type: "package", amount: credit_package },
    ]),
    reconcile: Effect.fn("pixverse.reconcile")(function* (submitKey, _request, sentAt) {
      const found = yield* inBooks("consume", submitKey, sentAt);
      if (found === undefined) return undefined;
      const id = Id.safeParse(found["video_id"]);
      // It was taken, and the ledger does not say as what.
      return id.success ? { providerJobId: id.data } : yield* Effect.fail(untold);
    }),
    refunded: Effect.fn("pixverse.refunded")(function* (submitKey, sentAt) {
      const found = yield* inBooks("refund", submitKey, sentAt);
      if (found === undefined) return 0;
      const amount = Amount.safeParse(found["credits"]);
      return amount.success ? amount.data : yield* Effect.fail(untold);
    }),
  };
};

/** What the ledger is asked for around the time of a submission and, at most, after it, ms, and the most pages of it. */
const ledgerMargin = 300_000;
const ledgerSpan = 30 * 86_400_000;
const ledgerPages = 50;

export const pixverse: Provider = {
  id: "pixverse",
  title: "PixVerse",
  summary: "Generates videos from words, pictures and videos with your own PixVerse platform account.",
  account: {
    help: "The API key is found at platform.pixverse.ai under API Keys. The account needs API credits, which are other than those of the app.",
    settings,
    secrets,
    concurrency: 5,
    creditType: "credits",
    untold: false,
  },
  concurrency: 5,
  operations: pixverseOperations,
  recovery: "idempotencyKey",
  // Nothing is said of how fast the ledger is.
  quarantine: "5 minutes",
  unstoppable: true,
  tellsRefunds: true,
  connect,
};
