// fal's queue (https://fal.ai/docs/api-reference/inference-api/openapi/queue.json): any of its video models that models/fal.ts describes.
// It has no key that makes a submission repeatable; its list of ended requests finds one whose answer was lost.
import { openAsBlob } from "node:fs";
import { Clock, Effect, Redacted } from "effect";
import * as z from "zod";
import { baseUrl } from "./base-url.ts";
import { credential } from "./credential.ts";
import { falFailure, isCancelled, isFileGone, type Moment } from "./fal-failures.ts";
import { makeFinished } from "./finished.ts";
import { falModels, falOperations } from "./models/fal.ts";
import { outputUrl } from "./models/input.ts";
import { type Catalogue, expected, fileNameOf, isSame, prepare, sentSince, type Submission } from "./models/submission.ts";
import type { Connection, Provider, ProviderAccount, ProviderFailure, ProviderInput } from "./provider.ts";
import { askedSurely, isLost, ofQuestion, surely } from "./questions.ts";
import { inputGone, notYet, readAnswer, undecided } from "./refusals.ts";
import { askByTheirClock, sentNotBefore } from "./their-clock.ts";
import type { HttpAnswer, HttpRequest, ProviderTools, Status } from "./tools.ts";

const ownUrl = "https://queue.fal.run";
const pace = { least: 2000, gap: 100 } as const;
/** Until durations of real ones are known. */
const expectedMs = 120_000;
const followed = { pace, expectedMs } as const;
/** Earlier requests are looked through from so long before, ms: our clock may be wrong. */
const lookBack = 60 * 60_000;
const uploadTimeoutMs = 10 * 60_000;
/** Of a hundred earlier requests each. */
const mostPages = 20;
/** The list of ended requests is asked so often at most, for about ten minutes. */
const listPace = { least: 15_000, gap: 1000 } as const;
const mostQuestions = 40;

const catalogue: Catalogue = { operations: falOperations, models: falModels };

const settings = z.object({
  baseUrl: baseUrl.default(ownUrl).meta({
    title: "Address of the queue",
    description: "Another one only for a proxy, which then also has to serve the paths of rest.fal.ai and api.fal.ai.",
  }),
});
const secrets = z.object({ apiKey: credential("key").min(1, "Paste the key.").meta({ title: "API key" }) });

const accepted = z.object({ request_id: z.string().min(1) });
const status = z.object({ status: z.string() });
const place = z.object({ upload_url: z.url(), file_url: z.url() });
const ended = z.object({
  items: z.array(z.object({ request_id: z.string(), sent_at: z.iso.datetime({ offset: true }), json_input: z.unknown() })),
  next_cursor: z.string().nullish(),
  has_more: z.boolean().nullish(),
});
const billing = z.object({ credits: z.object({ current_balance: z.number() }) });

/** fal's own hosts, or the account's one address for all that they serve. */
export const hostsOf = (baseUrl: string): { readonly queue: string; readonly rest: string; readonly api: string } => {
  const base = baseUrl.replace(/\/+$/u, "");
  return base === ownUrl
    ? { queue: ownUrl, rest: "https://rest.fal.ai", api: "https://api.fal.ai/v1" }
    : { queue: base, rest: base, api: `${base}/v1` };
};

/** Status, result and cancel are asked of owner and app; what is left of the model's id says which result it has. */
export const jobIdOf = (model: string, requestId: string): string => `${model}#${requestId}`;
export const partsOf = (providerJobId: string): { readonly model: string; readonly path: string } | undefined => {
  const found = /^((?<owner>[\w.-]+)\/(?<app>[\w.-]+)(?:\/[\w./-]+)?)#(?<request>[\w-]+)$/u.exec(providerJobId);
  if (found?.groups === undefined) return undefined;
  const { owner, app, request } = found.groups;
  return { model: found[1]!, path: `${owner}/${app}/requests/${request}` };
};

const unreadable = (what: string): ProviderFailure => ({
  kind: "provider",
  message: `fal's answer ${what} is not as documented. Try again later; if it stays so, PixSim has to be updated.`,
});
/** An error that nothing is charged for may be that of a server on the way to the result: the request has ended so only if each answer says it. */
const isDoubtful = (failure: ProviderFailure): boolean => isLost(failure) || failure.charged === 0;
const lost: ProviderFailure = { kind: "lost", message: "fal does not know this request any more." };

const connect = (account: ProviderAccount, { http, polling, uploads, videos }: ProviderTools): Connection => {
  const { queue, rest, api } = hostsOf(settings.parse(account.settings).baseUrl);
  const key = account.secrets["apiKey"];
  const headers = { authorization: `Key ${key === undefined ? "" : Redacted.value(key)}` };

  const ask = (request: HttpRequest): Effect.Effect<HttpAnswer, ProviderFailure> => http.json({ ...request, headers });
  const read = <S extends z.ZodType>(schema: S, answer: HttpAnswer, what: string) => readAnswer(schema, answer, unreadable(what));
  const orFail = (answer: HttpAnswer, moment: Moment): Effect.Effect<HttpAnswer, ProviderFailure> => {
    if (answer.status < 300) return Effect.succeed(answer);
    const failed = Effect.fail(falFailure(answer, moment));
    return isFileGone(answer) ? Effect.andThen(uploads.forgetAll, failed) : failed;
  };

  const initiate = (name: string, type: string) =>
    ask({
      method: "POST",
      url: `${rest}/storage/upload/initiate?storage_type=fal-cdn-v3`,
      json: { file_name: name, content_type: type },
    }).pipe(
      Effect.flatMap((answer) => orFail(answer, "other")),
      Effect.flatMap((answer) => read(place, answer, "about the place for a file")),
    );

  const upload = Effect.fnUntraced(function* (input: ProviderInput) {
    const { path, mime } = input;
    const { upload_url, file_url } = yield* initiate(fileNameOf(input), mime);
    const blob = yield* Effect.tryPromise({
      try: () => openAsBlob(path, { type: mime }),
      catch: inputGone,
    });
    // The address is signed: it needs no key, and must not get it.
    const answer = yield* http.json({ method: "PUT", url: upload_url, blob, timeoutMs: uploadTimeoutMs });
    yield* orFail(answer, "other");
    return file_url;
  });

  const parts = (providerJobId: string) => {
    const known = partsOf(providerJobId);
    return known === undefined ? Effect.fail(lost) : Effect.succeed(known);
  };

  const statusOf = (path: string) =>
    ask({ method: "GET", url: `${queue}/${path}/status` }).pipe(
      Effect.flatMap((answer) => orFail(answer, "ask")),
      Effect.flatMap((answer) => read(status, answer, "about a request")),
      Effect.mapError(ofQuestion),
    );

  /** Where the video is, or how else the request has ended. */
  const urlOf = (model: string, path: string): Effect.Effect<string, ProviderFailure> =>
    Effect.mapError(ask({ method: "GET", url: `${queue}/${path}` }), ofQuestion).pipe(
      Effect.flatMap((answer) => orFail(answer, "end")),
      Effect.flatMap(({ body }) => {
        const url = outputUrl(falModels.find((entry) => entry.id === model)?.output ?? ["video", "url"], body);
        return url === undefined ? Effect.fail(ofQuestion(unreadable("with the video"))) : Effect.succeed(url);
      }),
    );

  const finished = makeFinished();

  /** Requests that have ended and may be the submission. */
  const alike = Effect.fnUntraced(function* (submission: Submission, sentAt: number) {
    const query = new URLSearchParams({ endpoint_id: submission.entry.id, expand: "payloads", limit: "100" });
    const listed = Effect.suspend(() => ask({ method: "GET", url: `${api}/models/requests/by-endpoint?${query}` }));
    const from = (at: number) => {
      query.set("start", new Date(at).toISOString());
      return listed;
    };
    const found = new Set<string>();
    const begin = sentNotBefore(sentAt, yield* Clock.currentTimeMillis) - lookBack;
    for (let pages = 0; pages < mostPages; pages++) {
      const answer = yield* orFail(pages === 0 ? (yield* askByTheirClock(begin, from)).answer : yield* listed, "other");
      const page = yield* read(ended, answer, "about earlier requests");
      const since = yield* sentSince(answer, sentAt);
      for (const item of page.items) {
        if (Date.parse(item.sent_at) >= since && isSame(submission, item.json_input)) found.add(item.request_id);
      }
      if (page.has_more !== true || page.next_cursor === null || page.next_cursor === undefined) break;
      query.set("cursor", page.next_cursor);
    }
    return [...found];
  });

  return {
    submit: Effect.fn("fal.submit")(function* (submitKey, request) {
      const { entry, input } = yield* prepare(catalogue, submitKey, request, videos, (file) => uploads.once(file.sha256, upload(file)));
      const answer = yield* Effect.mapError(ask({ method: "POST", url: `${queue}/${entry.id}`, json: input }), undecided);
      const taken = yield* Effect.mapError(read(accepted, yield* orFail(answer, "submit"), "to a submission"), undecided);
      return { providerJobId: jobIdOf(entry.id, taken.request_id), charged: null };
    }),

    track: Effect.fn("fal.track")(function* (providerJobId, progress, remainingMs) {
      const { model, path } = yield* parts(providerJobId);
      const state = Effect.gen(function* (): Effect.fn.Return<Status, ProviderFailure> {
        const now = yield* statusOf(path);
        if (now.status === "IN_QUEUE") return { state: "waiting" };
        if (now.status !== "COMPLETED") return { state: "running", fraction: null };
        // Completed is also what failed; the result says which.
        yield* finished.keep(providerJobId, yield* urlOf(model, path));
        return { state: "done", charged: null };
      });
      return yield* polling.track(surely(state, isDoubtful), progress, { ...followed, remainingMs });
    }),

    download: Effect.fn("fal.download")(function* (providerJobId, target) {
      const { model, path } = yield* parts(providerJobId);
      const from = (url: string) => http.download(url, target);
      const asked = askedSurely(polling, urlOf(model, path), followed);
      return yield* finished.fetch(
        providerJobId,
        from,
        Effect.flatMap(asked, (url) => Effect.mapError(from(url), notYet)),
      );
    }),

    cancel: Effect.fn("fal.cancel")(function* (providerJobId) {
      const known = partsOf(providerJobId);
      if (known === undefined) return false;
      const answer = yield* ask({ method: "PUT", url: `${queue}/${known.path}/cancel` });
      if (answer.status === 404) return false;
      // It has ended already; what was cancelled before stays cancelled.
      if (answer.status === 400) return isCancelled(yield* ask({ method: "GET", url: `${queue}/${known.path}` }));
      yield* orFail(answer, "ask");
      return true;
    }),

    // To ask for a place for a file costs nothing and needs a key that may generate; a locked account is refused.
    check: Effect.asVoid(initiate("check.png", "image/png")),

    // Only an administrator's key may ask; another one is told nothing.
    balance: Effect.gen(function* () {
      const answer = yield* ask({ method: "GET", url: `${api}/account/billing?expand=credits` });
      if (answer.status === 403) return [];
      const { credits } = yield* read(billing, yield* orFail(answer, "other"), "about the balance");
      return [{ type: "USD cents", amount: Math.round(credits.current_balance * 100) }];
    }),

    reconcile: Effect.fn("fal.reconcile")(function* (submitKey, request, sentAt, others) {
      const submission = yield* expected(catalogue, submitKey, request);
      const { entry } = submission;
      let found: ReadonlyArray<string> = [];
      let questions = 0;
      // Only what has ended is listed: that it is not there yet says nothing, and is asked until it would have ended.
      const look = Effect.gen(function* (): Effect.fn.Return<Status, ProviderFailure> {
        const listed = yield* Effect.mapError(alike(submission, sentAt), ofQuestion);
        found = listed.filter((id) => others?.has(jobIdOf(entry.id, id)) !== true);
        questions++;
        return found.length === 0 && questions < mostQuestions ? { state: "waiting" } : { state: "done", charged: null };
      });
      yield* polling.track(look, () => Effect.void, { pace: listPace, expectedMs });
      const [only, ...more] = found;
      if (only !== undefined && more.length === 0) return { providerJobId: jobIdOf(entry.id, only) };
      return yield* Effect.fail<ProviderFailure>({
        kind: "internal",
        message:
          only === undefined
            ? "fal lists a request only when it has ended, and this one has not come: look at fal.ai/dashboard before trying again."
            : `fal lists ${found.length} requests like this one, and which of them it is cannot be told: look at fal.ai/dashboard.`,
      });
    }),
  };
};

export const fal: Provider = {
  id: "fal",
  title: "fal",
  summary: "Veo, Seedance, Kling, LTX and Grok Imagine on fal.ai, paid there by the second of video.",
  account: {
    help: "Make a key of scope “API” at fal.ai/dashboard/keys. With one of scope “ADMIN” the balance is shown too.",
    settings,
    secrets,
    concurrency: 2,
    creditType: "USD cents",
    untold: false,
  },
  concurrency: 2,
  operations: falOperations,
  recovery: "lookup",
  connect,
};
