// Replicate's predictions (https://replicate.com/docs/reference/http): any of its video models that models/replicate.ts describes. It has
// no key that makes a submission repeatable; its list of predictions tells what became of one whose answer was lost.
import { openAsBlob } from "node:fs";
import { readFile } from "node:fs/promises";
import { Clock, Effect, Redacted } from "effect";
import * as z from "zod";
import { baseUrl } from "./base-url.ts";
import { credential } from "./credential.ts";
import { makeFinished } from "./finished.ts";
import { outputUrl } from "./models/input.ts";
import { replicateModels, replicateOperations } from "./models/replicate.ts";
import { type Catalogue, expected, fileNameOf, isSame, prepare, sentSince } from "./models/submission.ts";
import type { Connection, Provider, ProviderAccount, ProviderFailure, ProviderInput } from "./provider.ts";
import { askedSurely, ofQuestion, surely } from "./questions.ts";
import { inputGone, notYet, readAnswer, undecided } from "./refusals.ts";
import { type Moment, predictionFailure, replicateFailure } from "./replicate-failures.ts";
import type { HttpAnswer, HttpRequest, ProviderTools, Status } from "./tools.ts";

const pace = { least: 2000, gap: 100 } as const;
/** Until durations of real ones are known. */
const expectedMs = 120_000;
const followed = { pace, expectedMs } as const;
/** A file of at most so many bytes goes along with the request, as Replicate advises. */
const inlineBytes = 256 * 1024;
const uploadTimeoutMs = 10 * 60_000;
/** A file is uploaded anew if the one that is there lives no longer, ms: a model may start late. */
const fileLife = 60 * 60_000;
/** A submission that was sent may still arrive for so long, ms. */
const arrival = "1 minute";
/** Of a hundred predictions each. */
const mostPages = 20;

const catalogue: Catalogue = { operations: replicateOperations, models: replicateModels };

const settings = z.object({
  baseUrl: baseUrl
    .default("https://api.replicate.com/v1")
    .meta({ title: "Address of the API", description: "Another one only for a proxy." }),
});
const secrets = z.object({ apiKey: credential("token").min(1, "Paste the token.").meta({ title: "API token" }) });

const prediction = z.object({
  id: z.string().min(1),
  model: z.string().default(""),
  status: z.string(),
  output: z.unknown(),
  error: z.unknown(),
  data_removed: z.boolean().default(false),
});
type Prediction = z.infer<typeof prediction>;
const predictions = z.object({
  next: z.string().nullish(),
  results: z.array(
    z.object({
      id: z.string(),
      model: z.string().default(""),
      created_at: z.iso.datetime({ offset: true }),
      input: z.unknown(),
      data_removed: z.boolean().default(false),
    }),
  ),
});
const file = z.object({ urls: z.object({ get: z.url() }), expires_at: z.iso.datetime({ offset: true }).nullish() });

const unreadable = (what: string): ProviderFailure => ({
  kind: "provider",
  message: `Replicate's answer ${what} is not as documented. Try again later; if it stays so, PixSim has to be updated.`,
});

const connect = (account: ProviderAccount, { http, polling, uploads, videos }: ProviderTools): Connection => {
  const base = settings.parse(account.settings).baseUrl.replace(/\/+$/u, "");
  const key = account.secrets["apiKey"];
  const headers = { authorization: `Bearer ${key === undefined ? "" : Redacted.value(key)}` };

  const ask = (request: HttpRequest): Effect.Effect<HttpAnswer, ProviderFailure> => http.json({ ...request, headers });
  const orFail = (answer: HttpAnswer, moment: Moment): Effect.Effect<HttpAnswer, ProviderFailure> =>
    answer.status < 300 ? Effect.succeed(answer) : Effect.fail(replicateFailure(answer, moment));
  const read = <S extends z.ZodType>(schema: S, answer: HttpAnswer, what: string) => readAnswer(schema, answer, unreadable(what));

  const upload = Effect.fnUntraced(function* (input: ProviderInput) {
    const blob = yield* Effect.tryPromise({ try: () => openAsBlob(input.path, { type: input.mime }), catch: inputGone });
    const form = new FormData();
    form.set("content", blob, fileNameOf(input));
    const answer = yield* orFail(yield* ask({ method: "POST", url: `${base}/files`, form, timeoutMs: uploadTimeoutMs }), "other");
    return (yield* read(file, answer, "to a file")).urls.get;
  });

  /** Files are kept for a day: one that was uploaded before may be gone, or too soon. */
  const isKept = Effect.fnUntraced(function* (url: string) {
    if (!url.startsWith(`${base}/files/`)) return false;
    const answer = yield* ask({ method: "GET", url });
    if (answer.status === 404 || answer.status === 410) return false;
    const { expires_at } = yield* read(file, yield* orFail(answer, "other"), "about a file");
    const now = yield* Clock.currentTimeMillis;
    return expires_at === null || expires_at === undefined || Date.parse(expires_at) > now + fileLife;
  });

  const placed = Effect.fnUntraced(function* (input: ProviderInput, bytes: number) {
    if (bytes <= inlineBytes) {
      const content = yield* Effect.tryPromise({ try: () => readFile(input.path, "base64"), catch: inputGone });
      return `data:${input.mime};base64,${content}`;
    }
    let fresh = false;
    const uploading = Effect.tap(upload(input), () => Effect.sync(() => (fresh = true)));
    const url = yield* uploads.once(input.sha256, uploading);
    if (fresh || (yield* isKept(url))) return url;
    yield* uploads.forget(input.sha256);
    return yield* uploads.once(input.sha256, upload(input));
  });

  const get = (providerJobId: string) =>
    ask({ method: "GET", url: `${base}/predictions/${encodeURIComponent(providerJobId)}` }).pipe(
      Effect.flatMap((answer) => orFail(answer, "ask")),
      Effect.flatMap((answer) => read(prediction, answer, "about a prediction")),
      Effect.mapError(ofQuestion),
    );

  const list = Effect.fnUntraced(function* (query: URLSearchParams) {
    const answer = yield* orFail(yield* ask({ method: "GET", url: `${base}/predictions?${query}` }), "other");
    return { answer, page: yield* read(predictions, answer, "about earlier predictions") };
  });

  const urlOf = ({ model, output, data_removed }: Prediction): Effect.Effect<string, ProviderFailure> => {
    if (data_removed)
      return Effect.fail({ kind: "lost", message: "Replicate keeps a video for an hour, and this one is gone: run it again." });
    // Most answer the URL itself, some a list of one.
    const entry = replicateModels.find(({ id }) => id === model);
    const url = outputUrl(entry?.output ?? [], output) ?? outputUrl([0], output);
    return url === undefined ? Effect.fail(ofQuestion(unreadable("with the video"))) : Effect.succeed(url);
  };

  const finished = makeFinished();

  const endOf = (now: Prediction): Effect.Effect<Status, ProviderFailure> => {
    switch (now.status) {
      case "starting":
        return Effect.succeed({ state: "waiting" });
      case "succeeded":
        return Effect.as(
          Effect.tap(urlOf(now), (url) => finished.keep(now.id, url)),
          { state: "done", charged: null },
        );
      case "failed":
        return Effect.fail(predictionFailure(now.error));
      case "canceled":
        return Effect.fail({ kind: "provider", message: "The prediction was cancelled at Replicate: run it again if that was not meant." });
      case "aborted":
        return Effect.fail({ kind: "provider", message: "The prediction was ended at Replicate before it began: run it again." });
      default:
        return Effect.succeed({ state: "running", fraction: null });
    }
  };

  const askedAgain = Effect.fnUntraced(function* (providerJobId: string): Effect.fn.Return<string, ProviderFailure> {
    const now = yield* askedSurely(polling, get(providerJobId), followed);
    const { state } = yield* endOf(now);
    return state === "done"
      ? yield* urlOf(now)
      : yield* Effect.fail({ kind: "network", message: "The prediction has not ended yet." } satisfies ProviderFailure);
  });

  return {
    submit: Effect.fn("replicate.submit")(function* (submitKey, request) {
      const { entry, input } = yield* prepare(catalogue, submitKey, request, videos, placed);
      const answer = yield* Effect.mapError(
        ask({ method: "POST", url: `${base}/models/${entry.id}/predictions`, json: { input } }),
        undecided,
      );
      const taken = yield* Effect.mapError(read(prediction, yield* orFail(answer, "submit"), "to a submission"), undecided);
      return { providerJobId: taken.id, charged: null };
    }),

    track: Effect.fn("replicate.track")((providerJobId, progress, remainingMs) =>
      polling.track(surely(Effect.flatMap(get(providerJobId), endOf)), progress, { ...followed, remainingMs }),
    ),

    download: Effect.fn("replicate.download")((providerJobId, target) => {
      // Only Replicate's own API may see the token.
      const from = (url: string) => http.download(url, target, new URL(url).origin === new URL(base).origin ? { headers } : {});
      const asked = askedAgain(providerJobId);
      return finished.fetch(
        providerJobId,
        from,
        Effect.flatMap(asked, (url) => Effect.mapError(from(url), notYet)),
      );
    }),

    cancel: Effect.fn("replicate.cancel")(function* (providerJobId) {
      const answer = yield* ask({ method: "POST", url: `${base}/predictions/${encodeURIComponent(providerJobId)}/cancel` });
      if (answer.status === 404) return false;
      const now = yield* read(prediction, yield* orFail(answer, "ask"), "to a cancellation");
      return now.status !== "succeeded" && now.status !== "failed";
    }),

    check: Effect.flatMap(ask({ method: "GET", url: `${base}/account` }), (answer) => Effect.asVoid(orFail(answer, "other"))),

    reconcile: Effect.fn("replicate.reconcile")(function* (submitKey, request, sentAt, others) {
      const submission = yield* expected(catalogue, submitKey, request);
      const query = new URLSearchParams();
      const found = new Set<string>();
      let complete = false;
      let hidden = false;
      for (let pages = 0; pages < mostPages && !complete; pages++) {
        const { answer, page } = yield* Effect.mapError(list(query), ofQuestion);
        const since = yield* sentSince(answer, sentAt);
        const recent = page.results.filter(({ created_at }) => Date.parse(created_at) >= since);
        for (const each of recent) {
          if (each.model !== submission.entry.id || others?.has(each.id) === true) continue;
          if (each.data_removed) hidden = true;
          else if (isSame(submission, each.input)) found.add(each.id);
        }
        const cursor = page.next === null || page.next === undefined ? null : new URL(page.next, base).searchParams.get("cursor");
        // The newest come first.
        complete = cursor === null || recent.length < page.results.length;
        if (cursor !== null) query.set("cursor", cursor);
      }
      const [only, ...more] = found;
      if (only !== undefined && more.length === 0) return { providerJobId: only };
      if (only === undefined && complete && !hidden) return undefined;
      return yield* Effect.fail<ProviderFailure>({
        kind: "internal",
        message:
          only === undefined
            ? "Whether Replicate has taken it cannot be told any more: look at replicate.com/predictions before trying again."
            : `Replicate lists ${found.size} predictions like this one, and which of them it is cannot be told: look at replicate.com/predictions.`,
      });
    }),
  };
};

export const replicate: Provider = {
  id: "replicate",
  title: "Replicate",
  summary: "Veo, Kling and Hailuo on replicate.com, paid there by the second of video or by the video.",
  account: {
    help: "Make a token at replicate.com/account/api-tokens. Below 5 USD of credit Replicate takes only six requests a minute.",
    settings,
    secrets,
    concurrency: 2,
    creditType: "USD cents",
    untold: false,
  },
  concurrency: 2,
  operations: replicateOperations,
  recovery: "lookup",
  quarantine: arrival,
  connect,
};
