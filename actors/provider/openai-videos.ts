// Gateways that speak the OpenAI Videos format (`/videos`), whichever model is behind them. The format takes no key of a submit: what
// became of one without an answer is looked for in the list of videos, and a second one is sent only if it is surely not there.
import { createHash } from "node:crypto";
import { openAsBlob } from "node:fs";
import { Clock, Effect, Redacted } from "effect";
import * as z from "zod";
import { baseUrl } from "./base-url.ts";
import { credential } from "./credential.ts";
import { fitPicture } from "./picture.ts";
import {
  createFields,
  createParams,
  editParams,
  extendParams,
  fusionParams,
  isOperation,
  type Models,
  namedPrompt,
  openaiVideosOperations,
  sizes,
} from "./openai-videos-operations.ts";
import {
  Character,
  Created,
  failureOf,
  failureOfVideo,
  findSubmitted,
  stateOf,
  Video,
  VideoPage,
  type Wanted,
} from "./openai-videos-wire.ts";
import type { AccountSpec, Connection, Provider, ProviderAccount, ProviderFailure, ProviderInput, ProviderRequest } from "./provider.ts";
import { askedSurely, ofQuestion, surely } from "./questions.ts";
import { checked, inputGone, readAnswer, refuse, undecided, unsent } from "./refusals.ts";
import { aheadOf, sentThereNotBefore } from "./their-clock.ts";
import type { HttpAnswer, HttpRequest, ProviderTools, Status } from "./tools.ts";
import type { VideoLimits } from "./videos.ts";

/** Questions, ms. */
const pace = { least: 10_000, gap: 300 };
/** Of a generation of which nothing is known, ms. */
const expectedMs = 120_000;
/** Uploads may be slow, ms, and are put together in memory, bytes. */
const uploadTimeoutMs = 300_000;
const uploadBytes = 100 * 1024 ** 2;
/** The format names no other files than MP4. */
const videoLimits: VideoLimits = { formats: ["video/mp4"], codecs: ["avc"], bytes: uploadBytes };
const characterLimits: VideoLimits = { ...videoLimits, seconds: { least: 2, most: 4 } };
/**
 * Videos that are looked through for a lost submit, and how much earlier than it one may seem to be made: our clock may have been set right a
 * little since.
 */
const page = 100;
const pages = 10;
const slackSeconds = 300;

const settings = z.object({
  baseUrl: baseUrl.meta({
    title: "Base URL",
    description: "Of the gateway, up to before /videos; it often ends in /v1.",
    examples: ["https://gateway.example/v1"],
  }),
  standardModel: z.string().trim().min(1).default("sora-2").meta({ title: "Standard model", description: "Its name at the gateway." }),
  proModel: z.string().trim().min(1).default("sora-2-pro").meta({ title: "Pro model", description: "Its name at the gateway." }),
});

const account: AccountSpec = {
  help: "Any gateway that offers /videos in the OpenAI format. Its page of API keys has the key, its documentation the base URL and the names of the models.",
  settings,
  secrets: z.object({ apiKey: credential("API key").min(1, "Paste the API key.").meta({ title: "API key" }) }),
  concurrency: 2,
  creditType: null,
  untold: true,
};

const ModelPage = z.object({ data: z.array(z.unknown()) });

type Sent = Omit<HttpRequest, "url" | "headers"> & { readonly path: string; readonly headers?: Readonly<Record<string, string>> };
type During = Parameters<typeof failureOf>[1];

const odd: ProviderFailure = {
  kind: "network",
  message: "Its answer is not in the OpenAI Videos format: check the base URL of the account.",
};

const connect = (
  { id: accountId, settings: given, secrets }: ProviderAccount,
  { http, polling, uploads, videos }: ProviderTools,
): Connection => {
  const { baseUrl, standardModel, proModel } = settings.parse(given);
  const base = baseUrl.replace(/\/+$/, "");
  const models: Models = { standard: standardModel, pro: proModel };
  const apiKey = secrets["apiKey"] === undefined ? "" : Redacted.value(secrets["apiKey"]);
  const authorized = { authorization: `Bearer ${apiKey}` };

  const call = Effect.fnUntraced(function* ({ path, headers, ...request }: Sent, during: During) {
    const answer = yield* http.json({ ...request, url: `${base}${path}`, headers: { ...authorized, ...headers } });
    if (answer.status >= 200 && answer.status < 300) return answer;
    return yield* Effect.fail(failureOf(answer, during));
  });

  /** A success that is not what the format says: of a question it is a matter of the moment, of a submit nobody knows what it started. */
  const read = <S extends z.ZodType>(schema: S, answer: HttpAnswer) => readAnswer(schema, answer, odd);

  /** Null: it keeps none. */
  const list = Effect.fnUntraced(function* (query: string) {
    const answer = yield* http.json({ method: "GET", url: `${base}/videos${query}`, headers: authorized });
    if (answer.status === 404 || answer.status === 405 || answer.status === 501) return null;
    return answer.status === 200 ? answer : yield* Effect.fail(failureOf(answer, "ask"));
  });

  /** What is not JSON at all tells as little about the job as a lost connection. */
  const answerOn = (id: string): Effect.Effect<HttpAnswer, ProviderFailure> =>
    Effect.mapError(call({ method: "GET", path: `/videos/${encodeURIComponent(id)}` }, "ask"), ofQuestion);
  const find = (id: string): Effect.Effect<Video, ProviderFailure> => Effect.flatMap(answerOn(id), (answer) => read(Video, answer));

  const statusOf = Effect.fnUntraced(function* (id: string): Effect.fn.Return<Status, ProviderFailure> {
    const video = yield* find(id);
    switch (stateOf(video)) {
      case "waiting":
        return { state: "waiting" };
      case "running":
        return { state: "running", fraction: typeof video.progress === "number" ? Math.min(1, Math.max(0, video.progress / 100)) : null };
      case "done":
        return { state: "done", charged: null };
      case "failed":
        return yield* Effect.fail(failureOfVideo(video));
    }
  });

  const open = Effect.fnUntraced(function* (input: ProviderInput, limits: VideoLimits): Effect.fn.Return<Blob, ProviderFailure> {
    const { path, mime } = yield* videos.taken(input, limits, openaiVideos.title);
    const file = yield* Effect.tryPromise({
      try: () => openAsBlob(path, { type: mime }),
      catch: inputGone,
    });
    return file.size <= uploadBytes ? file : yield* refuse("input", "The video is larger than 100 MB: use a shorter or smaller one.");
  });

  /** One character, made from its video when this account first meets it under this name. */
  const characterOf = (input: ProviderInput, name: string): Effect.Effect<string, ProviderFailure> =>
    uploads.once(
      characterKey(input, name),
      Effect.gen(function* () {
        const form = new FormData();
        form.append("name", name);
        form.append("video", yield* open(input, characterLimits), "character.mp4");
        const answer = yield* call({ method: "POST", path: "/videos/characters", form, timeoutMs: uploadTimeoutMs }, "prepare");
        return (yield* read(Character, answer)).id;
      }),
    );

  /** Its id there, if this account has made it; null: it is uploaded. */
  const madeHere = ({ made }: ProviderInput): string | null =>
    made?.provider === openaiVideos.id && made.accountId === accountId ? made.providerJobId : null;

  /** The request that starts the generation; all that comes before it charges nothing. */
  const requestOf = Effect.fnUntraced(function* (request: ProviderRequest): Effect.fn.Return<Sent, ProviderFailure> {
    const { operation, inputs } = request;
    if (!isOperation(operation)) return yield* refuse("parameters", "The OpenAI Videos format has no such operation.");
    const [input] = inputs;
    switch (operation) {
      case "text_to_video":
        return { method: "POST", path: "/videos", json: createFields(yield* checked(createParams, request), models) };
      case "image_to_video": {
        const params = yield* checked(createParams, request);
        if (input === undefined) return yield* refuse("input", "Image to video needs a picture.");
        const picture = yield* fitPicture(input.path, sizes[params.size]);
        const form = new FormData();
        for (const [name, value] of Object.entries(createFields(params, models))) form.append(name, value);
        form.append("input_reference", new Blob([picture], { type: "image/jpeg" }), "reference.jpg");
        return { method: "POST", path: "/videos", form, timeoutMs: uploadTimeoutMs };
      }
      case "video_extend": {
        const { prompt, duration } = yield* checked(extendParams, request);
        if (input === undefined) return yield* refuse("input", "Extend needs a video.");
        const made = madeHere(input);
        const seconds = String(duration);
        if (made !== null) return { method: "POST", path: "/videos/extensions", json: { prompt, seconds, video: { id: made } } };
        const form = new FormData();
        form.append("prompt", prompt);
        form.append("seconds", seconds);
        form.append("video", yield* open(input, videoLimits), "video.mp4");
        return { method: "POST", path: "/videos/extensions", form, timeoutMs: uploadTimeoutMs };
      }
      case "video_edit": {
        const { prompt } = yield* checked(editParams, request);
        if (input === undefined) return yield* refuse("input", "Edit needs a video.");
        const made = madeHere(input);
        if (made !== null) return { method: "POST", path: `/videos/${encodeURIComponent(made)}/remix`, json: { prompt } };
        const form = new FormData();
        form.append("prompt", prompt);
        form.append("video", yield* open(input, videoLimits), "video.mp4");
        return { method: "POST", path: "/videos/edits", form, timeoutMs: uploadTimeoutMs };
      }
      case "fusion": {
        const params = yield* checked(fusionParams, request);
        const { prompt, missing } = namedPrompt(params.prompt, inputs);
        if (missing !== undefined) return yield* refuse("parameters", `The prompt does not say what @${missing} does: name it there.`);
        const characters = yield* Effect.mapError(
          Effect.forEach(inputs, (each) => Effect.map(characterOf(each, each.name ?? "character"), (id) => ({ id }))),
          unsent,
        );
        return { method: "POST", path: "/videos", json: { ...createFields({ ...params, prompt }, models), characters } };
      }
    }
  });

  return {
    submit: Effect.fn("openaiVideos.submit")(function* (key, request) {
      const sent = yield* requestOf(request);
      // Gateways that know the header make nothing twice; the others do not mind it.
      const answer = yield* call({ ...sent, headers: { "idempotency-key": key } }, "submit").pipe(
        Effect.mapError(undecided),
        // The characters may be gone at the gateway: a next try makes them anew.
        Effect.tapError(({ kind }) =>
          request.operation === "fusion" && kind === "parameters"
            ? Effect.forEach(request.inputs, (input) => uploads.forget(characterKey(input, input.name ?? "character")))
            : Effect.void,
        ),
      );
      return { providerJobId: (yield* read(Created, answer)).id, charged: null };
    }),

    track: Effect.fn("openaiVideos.track")(function* (providerJobId, progress, remainingMs) {
      return yield* polling.track(surely(statusOf(providerJobId)), progress, { pace, expectedMs, remainingMs });
    }),

    // Thumbnail and spritesheet, the other variants, are made here of the video itself.
    download: Effect.fn("openaiVideos.download")(function* (providerJobId, path) {
      const url = `${base}/videos/${encodeURIComponent(providerJobId)}/content?variant=video`;
      return yield* http.download(url, path, { headers: authorized }).pipe(
        Effect.catch(
          Effect.fnUntraced(function* (failure): Effect.fn.Return<never, ProviderFailure> {
            if (failure.kind !== "lost") return yield* Effect.fail(failure);
            // Storage lags behind the status: the file of a video that is there and not expired is fetched again.
            const answer = yield* askedSurely(polling, answerOn(providerJobId), { pace, expectedMs });
            const video = yield* read(Video, answer);
            if (stateOf(video) === "failed") return yield* Effect.fail(failureOfVideo(video));
            const now = yield* Clock.currentTimeMillis;
            // By the gateway's clock: what only ours takes for gone would be made, and paid, again.
            const expired = typeof video.expires_at === "number" && video.expires_at * 1000 <= now + aheadOf(answer, now);
            const why: ProviderFailure = expired
              ? { kind: "lost", message: "It keeps videos for a short time only, and this one is gone: run it again." }
              : { kind: "network", message: "The video is not there yet, although it is finished: try again in a while." };
            return yield* Effect.fail(why);
          }),
        ),
      );
    }),

    // The format knows no cancelling, and deletes only what has ended.
    cancel: () => Effect.succeed(false),

    check: Effect.gen(function* () {
      const answer = yield* list("?limit=1");
      // Not every gateway keeps a list; that of its models every one has.
      if (answer === null) yield* read(ModelPage, yield* call({ method: "GET", path: "/models" }, "prepare"));
      else yield* read(VideoPage, answer);
    }),

    reconcile: Effect.fn("openaiVideos.reconcile")(function* (_key, request, sentAt, others) {
      const wanted = yield* wantedOf(request, models);
      const seen = new Set<string>();
      const found: Array<Video> = [];
      let isWhole = true;
      let after = "";
      for (let count = 0; ; count++) {
        if (count === pages) return yield* Effect.fail(unclear("it has made too many videos since then"));
        const answer = yield* Effect.mapError(list(`?limit=${page}&order=desc${after}`), undecided);
        if (answer === null) return yield* Effect.fail(unclear("it keeps no list of videos"));
        const { data, has_more, last_id } = yield* read(VideoPage, answer);
        const since = sinceOf(sentAt, answer, yield* Clock.currentTimeMillis);
        const more = data.filter(({ id }) => !seen.has(id));
        for (const { id } of more) seen.add(id);
        found.push(...more.filter(({ id, created_at }) => others?.has(id) !== true && (created_at ?? since) >= since));
        // What does not know `limit` has sent all that it has, and what does not know `after` never will.
        const mayGoOn = has_more ?? data.length === page;
        const isPast = isNewestFirst(data) && (data.at(-1)?.created_at ?? since) < since;
        const last = last_id ?? data.at(-1)?.id;
        if (!mayGoOn || isPast || last === undefined) break;
        if (more.length === 0) {
          isWhole = false;
          break;
        }
        after = `&after=${encodeURIComponent(last)}`;
      }
      const outcome = findSubmitted(found, wanted);
      switch (outcome.found) {
        case "one":
          return { providerJobId: outcome.id };
        case "none":
          return isWhole ? undefined : yield* Effect.fail(unclear("its list does not go on behind the first page"));
        case "unclear":
          return yield* Effect.fail(unclear(`${outcome.count} of its videos may be this one`));
      }
    }),
  };
};

const unclear = (why: string): ProviderFailure => ({
  kind: "internal",
  message: `Whether the gateway took the submission cannot be told: ${why}. Look there before it is sent again.`,
});

const characterKey = (input: ProviderInput, name: string): string => createHash("sha256").update(`${input.sha256}/${name}`).digest("hex");

/** What a list would show of the request. An extension or edit has the model and the size of its source, and gateways disagree about its seconds. */
const wantedOf = Effect.fnUntraced(function* (request: ProviderRequest, models: Models): Effect.fn.Return<Wanted, ProviderFailure> {
  if (request.operation === "video_extend") {
    const { prompt } = yield* checked(extendParams, request);
    return { prompt, model: null, seconds: null, size: null };
  }
  if (request.operation === "video_edit") {
    const { prompt } = yield* checked(editParams, request);
    return { prompt, model: null, seconds: null, size: null };
  }
  const params = yield* checked(createParams, request);
  const prompt = request.operation === "fusion" ? namedPrompt(params.prompt, request.inputs).prompt : params.prompt;
  return createFields({ ...params, prompt }, models);
});

/**
 * From when on, in seconds of the gateway's clock, a video can be what was sent at `sentAt`. Rather too early: a
 * video that is overlooked would be paid twice.
 */
const sinceOf = (sentAt: number, answer: HttpAnswer, now: number): number =>
  Math.floor(sentThereNotBefore(answer, sentAt, now) / 1000) - slackSeconds;

/** Some gateways do not know `order`. */
const isNewestFirst = (videos: ReadonlyArray<Video>): boolean =>
  videos.every(({ created_at }, index) => index === 0 || (created_at ?? 0) <= (videos[index - 1]?.created_at ?? 0));

export const openaiVideos: Provider = {
  id: "openaiVideos",
  title: "OpenAI Videos format",
  summary:
    "Any gateway that speaks the format of OpenAI's /videos, with your own key: words, pictures, extensions, edits and characters to video.",
  account,
  concurrency: account.concurrency,
  operations: openaiVideosOperations,
  recovery: "lookup",
  unstoppable: true,
  connect,
};
