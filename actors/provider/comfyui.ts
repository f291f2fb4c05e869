// A ComfyUI server of one's own. Its queue and history say the truth about a prompt; its WebSocket only tells it sooner, and how far it is.
// A prompt gets the id that its key gives, so a submit without an answer is found again; older servers choose ids, there it is found
// by the key itself. A server that was started anew has forgotten all prompts.
import { createHash } from "node:crypto";
import { Deferred, Effect, Exit, Redacted, Schedule } from "effect";
import * as z from "zod";
import { baseUrl } from "./base-url.ts";
import { credential } from "./credential.ts";
import { comfyuiOperations, imageToVideoParams, sizeOf, textToVideoParams, valuesOf } from "./comfyui-operations.ts";
import {
  Accepted,
  Cancelled,
  endOfEntry,
  type Entry,
  failureOfAnswer,
  fractionOf,
  hear,
  History,
  isOfKey,
  keyField,
  nothingHeard,
  Queue,
  SystemStats,
  Uploaded,
  weightsOf,
} from "./comfyui-wire.ts";
import { bind, missingAt, placeholders, readWorkflow, wanImageToVideo, wanTextToVideo, type Workflow } from "./comfyui-workflow.ts";
import { makeFinished } from "./finished.ts";
import { fitPicture, ratioOf } from "./picture.ts";
import type { AccountSpec, Connection, Provider, ProviderAccount, ProviderFailure, ProviderRequest } from "./provider.ts";
import { askedSurely, surely } from "./questions.ts";
import { checked, readAnswer, refuse, undecided, unsent } from "./refusals.ts";
import type { HttpAnswer, HttpRequest, ProviderTools, Status } from "./tools.ts";

/** Questions, ms: the server is near and nobody else's. */
const pace = { least: 2000, gap: 250 };
/** Of a prompt of which nothing is known, ms. */
const expectedMs = 240_000;
const uploadTimeoutMs = 120_000;
/** Queue and history hold whole workflows, bytes. */
const listBytes = 64 * 1024 ** 2;
/** Prompts that are looked through for a key at servers that choose ids. */
const recent = 200;
const reconnect = Schedule.spaced("5 seconds");
/** The message that a prompt is over comes a moment before its history: asked after 10 ms, then ever later up to every 100 ms, for 5 s. */
export const settling = { schedule: Schedule.min([Schedule.exponential("10 millis", 1.5), Schedule.spaced("100 millis")]), times: 54 };

const workflow = (title: string, takesImage: boolean) =>
  z
    .string()
    .trim()
    .default("")
    .superRefine((text, context) => {
      const read = text === "" ? undefined : readWorkflow(text, takesImage);
      if (read !== undefined && "problem" in read) context.addIssue({ code: "custom", message: read.problem });
    })
    .meta({
      title,
      description: `As ComfyUI's “Export (API)” writes it, with ${placeholders} where these values go. Left empty: Wan 2.2 5B.`,
      "x-widget": "prompt",
    });

const settings = z.object({
  baseUrl: baseUrl.default("http://127.0.0.1:8188").meta({ title: "Base URL", description: "Where ComfyUI listens." }),
  textToVideo: workflow("Workflow: text to video", false),
  imageToVideo: workflow("Workflow: image to video", true),
});

const account: AccountSpec = {
  help: "A ComfyUI server that this machine can reach. Without workflows of your own it needs the files of Wan 2.2 TI2V 5B, which ComfyUI's template of that name downloads.",
  settings,
  secrets: z.object({
    token: credential("token")
      .optional()
      .meta({ title: "Token", description: "Of a proxy in front of the server that asks for one (Bearer)." }),
  }),
  // It works on one prompt at a time.
  concurrency: 1,
  creditType: null,
  untold: false,
};

type Sent = Omit<HttpRequest, "url" | "headers"> & { readonly path: string };
type During = Parameters<typeof failureOfAnswer>[1];

const odd: ProviderFailure = { kind: "network", message: "It does not answer as ComfyUI does: check the base URL of the account." };

type Place =
  | { readonly at: "running" | "pending"; readonly workflow: unknown }
  | { readonly at: "ended"; readonly entry: Entry }
  | { readonly at: "nowhere" };

const unknown: ProviderFailure = {
  kind: "lost",
  message: "The ComfyUI server does not know the prompt: it was cancelled there, or the server was started anew. Run it again.",
};

const digest = (key: string): string => createHash("sha256").update(`pixsim/comfyui/${key}`).digest("hex");

/** A UUID (version 8: by a rule of one's own) as ComfyUI wants ids: lower case with hyphens. */
export const promptIdOf = (key: string): string => {
  const hex = digest(key);
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join("-");
};

/** The seed of a request that leaves it open: sent again, it asks for the same video. */
const seedOf = (key: string): number => Number.parseInt(digest(key).slice(32, 40), 16) % 2147483648;

const templateOf = (text: string, takesImage: boolean, standard: Workflow): Workflow => {
  const read = text === "" ? { workflow: standard } : readWorkflow(text, takesImage);
  if ("problem" in read) throw new Error(read.problem);
  return read.workflow;
};

const connect = ({ settings: given, secrets }: ProviderAccount, { http, polling }: ProviderTools): Connection => {
  const { baseUrl, textToVideo, imageToVideo } = settings.parse(given);
  const base = baseUrl.replace(/\/+$/, "");
  const templates = {
    text_to_video: templateOf(textToVideo, false, wanTextToVideo),
    image_to_video: templateOf(imageToVideo, true, wanImageToVideo),
  };
  const token = secrets["token"] === undefined ? "" : Redacted.value(secrets["token"]);
  const headers: Readonly<Record<string, string>> = token === "" ? {} : { authorization: `Bearer ${token}` };

  const call = Effect.fnUntraced(function* ({ path, ...request }: Sent, during: During) {
    const answer = yield* http.json({ ...request, url: `${base}${path}`, headers });
    return answer.status >= 200 && answer.status < 300 ? answer : yield* Effect.fail(failureOfAnswer(answer, during));
  });

  const read = <S extends z.ZodType>(schema: S, answer: HttpAnswer) => readAnswer(schema, answer, odd);

  const ask = <S extends z.ZodType>(schema: S, path: string): Effect.Effect<z.output<S>, ProviderFailure> =>
    call({ method: "GET", path, maxBytes: listBytes }, "ask").pipe(
      Effect.mapError(undecided),
      Effect.flatMap((answer) => read(schema, answer)),
    );

  /** The queue first: what ends in between is in the history then. */
  const placeOf = Effect.fnUntraced(function* (id: string): Effect.fn.Return<Place, ProviderFailure> {
    const { queue_running: running, queue_pending: pending } = yield* ask(Queue, "/queue");
    const runs = running.find(([, each]) => each === id);
    if (runs !== undefined) return { at: "running", workflow: runs[2] };
    const waits = pending.find(([, each]) => each === id);
    if (waits !== undefined) return { at: "pending", workflow: waits[2] };
    const entry = (yield* ask(History, `/history/${encodeURIComponent(id)}`))[id];
    return entry === undefined ? { at: "nowhere" } : { at: "ended", entry };
  });

  const upload = Effect.fnUntraced(function* (picture: Buffer<ArrayBuffer>) {
    const form = new FormData();
    // Named by what is in it: the server keeps one of two that are the same. To overwrite could tear it from under a prompt that reads it.
    form.append(
      "image",
      new Blob([picture], { type: "image/jpeg" }),
      `${createHash("sha256").update(picture).digest("hex").slice(0, 32)}.jpg`,
    );
    form.append("type", "input");
    form.append("subfolder", "pixsim");
    const answer = yield* call({ method: "POST", path: "/upload/image", form, timeoutMs: uploadTimeoutMs }, "prepare");
    const { name, subfolder } = yield* read(Uploaded, answer);
    return subfolder === "" ? name : `${subfolder}/${name}`;
  });

  /** The workflow with its values; a picture is uploaded for it. */
  const workflowOf = Effect.fnUntraced(function* (key: string, request: ProviderRequest): Effect.fn.Return<Workflow, ProviderFailure> {
    switch (request.operation) {
      case "text_to_video": {
        const params = yield* checked(textToVideoParams, request);
        return bind(templates.text_to_video, valuesOf(params, sizeOf(params, 1), seedOf(key)));
      }
      case "image_to_video": {
        const params = yield* checked(imageToVideoParams, request);
        const [input] = request.inputs;
        if (input === undefined) return yield* refuse("input", "Image to video needs a picture.");
        const size = sizeOf(params, yield* ratioOf(input.path));
        const image = yield* Effect.mapError(upload(yield* fitPicture(input.path, size)), unsent);
        return bind(templates.image_to_video, valuesOf(params, size, seedOf(key), image));
      }
      case "video_extend":
      case "video_edit":
      case "video_transition":
      case "fusion":
        return yield* refuse("parameters", "This account has no workflow for that.");
    }
  });

  /** Older servers interrupt whatever runs: only if that is ours. */
  const interrupt = Effect.fnUntraced(function* (id: string) {
    yield* call({ method: "POST", path: "/queue", json: { delete: [id] } }, "ask");
    const { at } = yield* placeOf(id);
    if (at === "running") yield* call({ method: "POST", path: "/interrupt", json: { prompt_id: id } }, "ask");
  });

  const finished = makeFinished();
  const urlOf = (entry: Entry): Effect.Effect<string, ProviderFailure> => {
    const ended = endOfEntry(entry);
    return "failure" in ended ? Effect.fail(ended.failure) : Effect.succeed(`${base}/view?${new URLSearchParams(ended.file).toString()}`);
  };
  const askedAgain = Effect.fnUntraced(function* (id: string): Effect.fn.Return<string, ProviderFailure> {
    const known = Effect.filterOrFail(
      placeOf(id),
      ({ at }) => at !== "nowhere",
      () => unknown,
    );
    // It may lie between queue and history, or its server come up again: it is lost only if it stays so.
    const place = yield* askedSurely(polling, known, { pace, expectedMs });
    return place.at === "ended"
      ? yield* urlOf(place.entry)
      : yield* Effect.fail({ kind: "network", message: "The prompt has not ended yet." } satisfies ProviderFailure);
  });

  return {
    submit: Effect.fn("comfyui.submit")(function* (key, request) {
      const prompt = yield* workflowOf(key, request);
      const id = promptIdOf(key);
      // Messages about a prompt go to the socket of its client: each prompt is a client of its own, whoever follows it.
      const json = { prompt, prompt_id: id, client_id: id, extra_data: { [keyField]: key } };
      const answer = yield* Effect.mapError(call({ method: "POST", path: "/prompt", json }, "submit"), undecided);
      return { providerJobId: (yield* read(Accepted, answer)).prompt_id, charged: null };
    }),

    track: Effect.fn("comfyui.track")(function* (id, progress, remainingMs) {
      let heard = nothingHeard;
      let told = 0;
      const tell = (fraction: number): Effect.Effect<void> => {
        told = Math.max(told, fraction);
        return progress(told);
      };
      const stateOf = Effect.gen(function* (): Effect.fn.Return<Status, ProviderFailure> {
        const place = yield* placeOf(id);
        switch (place.at) {
          case "pending":
            return { state: "waiting" };
          case "running":
            heard = { ...heard, weights: weightsOf(place.workflow) };
            return { state: "running", fraction: fractionOf(heard) };
          case "ended": {
            yield* finished.keep(id, yield* urlOf(place.entry));
            return { state: "done", charged: null };
          }
          case "nowhere":
            return yield* Effect.fail(unknown);
        }
      });
      const statusOf = surely(stateOf);
      const over = Deferred.makeUnsafe<void>();
      const message = (text: string): Effect.Effect<void> =>
        Effect.suspend(() => {
          heard = hear(heard, id, text);
          if (heard.ended) Deferred.doneUnsafe(over, Exit.void);
          const fraction = fractionOf(heard);
          return fraction === null ? Effect.void : tell(Math.min(0.99, fraction));
        });
      const url = `${base.replace(/^http/, "ws")}/ws?clientId=${encodeURIComponent(id)}`;
      const listening = Effect.retry(http.socket(url, { headers, message }), reconnect);
      /** Once it is said to be over, how it ended. When that cannot be told, polling goes on to ask. */
      const ending = Deferred.await(over).pipe(
        Effect.andThen(Effect.repeat(statusOf, { ...settling, until: ({ state }) => state === "done" })),
        Effect.catchIf(isPassing, () => Effect.never),
        Effect.andThen((status) => (status.state === "done" ? Effect.succeed({ charged: null }) : Effect.never)),
      );
      const polled = polling.track(statusOf, tell, { pace, expectedMs, remainingMs });
      const ended = yield* Effect.raceFirst(polled, Effect.raceFirst(ending, Effect.andThen(Effect.ignore(listening), Effect.never)));
      yield* tell(1);
      return ended;
    }),

    download: Effect.fn("comfyui.download")((id, path) => {
      const from = (url: string) => http.download(url, path, { headers });
      // Its file may be on the way to its folder, or that folder away for a moment: it is made anew only if the file stays away.
      const surelyFrom = (url: string) => askedSurely(polling, from(url), { pace, expectedMs });
      return finished.fetch(id, from, Effect.flatMap(askedAgain(id), surelyFrom));
    }),

    cancel: Effect.fn("comfyui.cancel")(function* (id) {
      const answer = yield* http.json({ method: "POST", url: `${base}/api/jobs/${encodeURIComponent(id)}/cancel`, headers });
      // What has ended, or is not known, takes up no place either.
      if (answer.status === 200 && Cancelled.safeParse(answer.body).success) return true;
      if (answer.status !== 404 && answer.status !== 405) return yield* Effect.fail(failureOfAnswer(answer, "ask"));
      yield* interrupt(id);
      return true;
    }),

    check: Effect.gen(function* () {
      yield* read(SystemStats, yield* call({ method: "GET", path: "/system_stats" }, "prepare"));
      const names = new Set(Object.values(templates).flatMap((template) => Object.values(template).map(({ class_type }) => class_type)));
      const infos = yield* Effect.forEach(
        names,
        (name) =>
          Effect.map(call({ method: "GET", path: `/object_info/${encodeURIComponent(name)}` }, "prepare"), ({ body }) => {
            const info = z.record(z.string(), z.unknown()).safeParse(body).data?.[name];
            return [name, info] as const;
          }),
        { concurrency: 4 },
      );
      for (const template of Object.values(templates)) {
        const missing = missingAt(template, new Map(infos));
        if (missing !== null) return yield* Effect.fail({ kind: "parameters", message: missing } satisfies ProviderFailure);
      }
    }),

    reconcile: Effect.fn("comfyui.reconcile")(function* (key) {
      const id = promptIdOf(key);
      if ((yield* placeOf(id)).at !== "nowhere") return { providerJobId: id };
      const { queue_running: running, queue_pending: pending } = yield* ask(Queue, "/queue");
      const queued = [...running, ...pending].find((item) => isOfKey(item, key));
      if (queued !== undefined) return { providerJobId: queued[1] };
      const history = yield* ask(History, `/history?max_items=${recent}`);
      const found = Object.entries(history).find(([, { prompt }]) => prompt !== null && prompt !== undefined && isOfKey(prompt, key));
      return found === undefined ? undefined : { providerJobId: found[0] };
    }),
  };
};

const isPassing = ({ kind }: ProviderFailure): boolean => kind === "network" || kind === "timeout" || kind === "limit";

export const comfyui: Provider = {
  id: "comfyui",
  title: "ComfyUI",
  summary: "Open video models on a ComfyUI server of your own: it charges nothing, and runs the workflows that you give it.",
  account,
  concurrency: account.concurrency,
  operations: comfyuiOperations,
  recovery: "lookup",
  connect,
};
