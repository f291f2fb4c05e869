// fal's queue, storage and lists of requests as its documentation describes them, for tests and trying out. One address serves what fal
// has three hosts for.
import { randomUUID } from "node:crypto";
import { enqueue, isRejected, problemIn, type QueuedJob, type SimulatedModel, videoOf } from "./queues.ts";
import { type Call, type Reply, type Route, type SimulatedAccount, Simulator, type SimulatorOptions } from "./simulator.ts";

const generationMs = 30_000;
const waitMs = 1000;
/** How long a result is kept, ms. */
const resultLife = 60 * 60_000;
const number = (value: unknown, otherwise: number): number => (value === undefined ? otherwise : Number.parseInt(String(value), 10));
const text = (from: number, to: number): ReadonlyArray<string> => Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);

const veo = { prompt: "text", duration: ["4s", "6s", "8s"], resolution: ["720p", "1080p", "4k"], generate_audio: "switch" } as const;
const veoMore = { ...veo, negative_prompt: "text", seed: "number" } as const;
const ratios = { wide: ["16:9", "9:16"], auto: ["auto", "16:9", "9:16"] } as const;
const veoSeconds = (input: Readonly<Record<string, unknown>>): number => number(input["duration"], 8);
const isSilent = (input: Readonly<Record<string, unknown>>): boolean => input["generate_audio"] === false;
const veoPrice = (input: Readonly<Record<string, unknown>>): number =>
  veoSeconds(input) * (input["resolution"] === "4k" ? (isSilent(input) ? 40 : 60) : isSilent(input) ? 20 : 40);
const veoModel = (fields: SimulatedModel["fields"], required: ReadonlyArray<string>): SimulatedModel => ({
  fields,
  required: ["prompt", ...required],
  price: veoPrice,
  seconds: veoSeconds,
});

const seedance = {
  prompt: "text",
  duration: ["auto", ...text(4, 15)],
  aspect_ratio: ["auto", "21:9", "16:9", "4:3", "1:1", "3:4", "9:16"],
  resolution: ["480p", "720p", "1080p"],
  generate_audio: "switch",
  seed: "number",
} as const;
const seedancePixels: Readonly<Record<string, number>> = { "480p": 854 * 480, "720p": 1280 * 720, "1080p": 1920 * 1080 };
const seedanceModel = (fields: SimulatedModel["fields"], required: ReadonlyArray<string>): SimulatedModel => {
  const seconds = (input: Readonly<Record<string, unknown>>): number => number(input["duration"], 5);
  const price = (input: Readonly<Record<string, unknown>>): number =>
    ((seedancePixels[String(input["resolution"] ?? "720p")]! * seconds(input) * 24) / 1024 / 1000) * 1.4;
  return { fields: { ...seedance, ...fields }, required: ["prompt", ...required], price, seconds };
};

const klingModel = (fields: SimulatedModel["fields"], required: ReadonlyArray<string>): SimulatedModel => {
  const seconds = (input: Readonly<Record<string, unknown>>): number => number(input["duration"], 5);
  return {
    fields: { prompt: "text", negative_prompt: "text", duration: text(3, 15), generate_audio: "switch", ...fields },
    required,
    price: (input) => seconds(input) * (isSilent(input) ? 11.2 : 16.8),
    seconds,
  };
};

const ltxModel = (fields: SimulatedModel["fields"], required: ReadonlyArray<string>, base: number): SimulatedModel => {
  const seconds = (input: Readonly<Record<string, unknown>>): number => number(input["duration"], 6);
  const factors: Readonly<Record<string, number>> = { "1080p": 1, "1440p": 2, "2160p": 4 };
  return {
    fields: { prompt: "text", duration: [6, 8, 10], resolution: Object.keys(factors), ...fields },
    required: ["prompt", ...required],
    price: (input) => seconds(input) * base * factors[String(input["resolution"] ?? "1080p")]!,
    seconds,
  };
};

const models: Readonly<Record<string, SimulatedModel>> = {
  "fal-ai/veo3.1": veoModel({ ...veoMore, aspect_ratio: ratios.wide }, []),
  "fal-ai/veo3.1/image-to-video": veoModel({ ...veoMore, aspect_ratio: ratios.auto, image_url: "file" }, ["image_url"]),
  "fal-ai/veo3.1/first-last-frame-to-video": veoModel(
    { ...veoMore, aspect_ratio: ratios.auto, first_frame_url: "file", last_frame_url: "file" },
    ["first_frame_url", "last_frame_url"],
  ),
  "fal-ai/veo3.1/reference-to-video": veoModel({ ...veo, duration: ["8s"], aspect_ratio: ratios.wide, image_urls: "files" }, [
    "image_urls",
  ]),
  "fal-ai/veo3.1/fast/extend-video": {
    fields: { ...veoMore, duration: ["7s"], resolution: ["720p"], aspect_ratio: ratios.auto, video_url: "file" },
    required: ["prompt", "video_url"],
    price: (input) => 7 * (isSilent(input) ? 10 : 15),
    seconds: () => 7,
  },
  "bytedance/seedance-2.0/text-to-video": seedanceModel({}, []),
  "bytedance/seedance-2.0/image-to-video": seedanceModel({ image_url: "file", end_image_url: "file" }, ["image_url"]),
  "bytedance/seedance-2.0/reference-to-video": seedanceModel({ image_urls: "files" }, []),
  "fal-ai/kling-video/v3/pro/text-to-video": klingModel({ aspect_ratio: ["16:9", "9:16", "1:1"] }, ["prompt"]),
  "fal-ai/kling-video/v3/pro/image-to-video": klingModel({ start_image_url: "file", end_image_url: "file" }, ["start_image_url"]),
  "fal-ai/ltx-2.3/text-to-video": ltxModel({ aspect_ratio: ["16:9", "9:16"], generate_audio: "switch" }, [], 8),
  "fal-ai/ltx-2.3/image-to-video": ltxModel({ image_url: "file", end_image_url: "file", generate_audio: "switch" }, ["image_url"], 6),
  "xai/grok-imagine-video/v1.5/image-to-video": {
    fields: {
      prompt: "text",
      duration: Array.from({ length: 15 }, (_, index) => index + 1),
      resolution: ["480p", "720p"],
      image_url: "file",
    },
    required: ["prompt", "image_url"],
    price: (input) => number(input["duration"], 6) * (input["resolution"] === "480p" ? 8 : 14) + 1,
    seconds: (input) => number(input["duration"], 6),
  },
};

const detail = (status: number, message: string, more: Readonly<Record<string, unknown>> = {}): Reply => ({
  status,
  json: { detail: message, ...more },
});
const problems = (status: number, field: string, type: string, msg: string): Reply => ({
  status,
  json: { detail: [{ loc: ["body", field], msg, type, url: `https://docs.fal.ai/errors#${type}`, input: null }] },
});
const flagged = problems(
  422,
  "prompt",
  "content_policy_violation",
  "The content could not be processed because it was flagged by a content checker.",
);

export class FalSimulator extends Simulator<QueuedJob> {
  /** By path. */
  readonly files = new Map<string, { readonly type: string; readonly bytes: Buffer }>();
  readonly #places = new Map<string, string>();
  readonly #generationMs: number;

  constructor(options: SimulatorOptions) {
    super(
      {
        routes: routesOf(() => this),
        keyOf: ({ headers }) => /^Key (.+)$/u.exec(headers["authorization"] ?? "")?.[1],
        replies: {
          unauthorized: detail(401, "Cannot access application. Authentication is required to access this application."),
          rateLimited: { ...detail(429, "Too many requests"), headers: { "retry-after": "3" } },
          unavailable: detail(503, "No runner could be allocated", { error_type: "runner_scheduling_failure" }),
          notFound: detail(404, "Not found"),
        },
        // fal charges for what comes out.
        refunds: ["failed", "refused", "cancelled"],
      },
      options,
    );
    this.#generationMs = options.generationMs ?? generationMs;
  }

  submit({ account, params, json }: Call): Reply {
    const id = `${params["owner"]}/${params["rest"]}`;
    const model = models[id];
    if (model === undefined) return detail(404, `Application '${id}' not found`);
    if (typeof json !== "object" || json === null) return detail(400, "The body is not JSON", { error_type: "bad_request" });
    const input = json as Readonly<Record<string, unknown>>;
    if (this.faults.take("refused") || isRejected(input)) return flagged;
    const problem = problemIn(model, input, (url) => this.#isThere(url));
    const cost = problem === null ? Math.round(model.price(input) * 100) / 100 : 0;
    if (account.left <= 0 || account.left < cost) {
      return detail(403, "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing.");
    }
    const seconds = problem === null ? model.seconds(input) : 1;
    const job = enqueue(
      this,
      account,
      { generationMs: this.#generationMs, waitMs },
      { id: randomUUID(), model: id, input, seconds, problem, cost },
    );
    this.add(job);
    const at = `${this.url}/${id.split("/").slice(0, 2).join("/")}/requests/${job.id}`;
    return {
      status: 200,
      json: {
        status: "IN_QUEUE",
        request_id: job.id,
        response_url: at,
        status_url: `${at}/status`,
        cancel_url: `${at}/cancel`,
        queue_position: 0,
      },
    };
  }

  #find({ account, params }: Call): QueuedJob | undefined {
    const job = this.jobs.get(params["id"] ?? "");
    const isOfApp = job?.model.startsWith(`${params["owner"]}/${params["app"]}`) === true;
    if (job === undefined || !isOfApp || job.isLost || job.account !== account) return undefined;
    job.asked++;
    return job;
  }

  status(call: Call): Reply {
    const job = this.#find(call);
    if (job === undefined) return detail(404, "Request not found");
    const now = this.now();
    const ended = now >= job.endsAt;
    if (now < job.startsAt || (!ended && this.faults.take("backwards"))) {
      return { status: 202, json: { status: "IN_QUEUE", request_id: job.id, queue_position: 1 } };
    }
    if (!ended) return { status: 202, json: { status: "IN_PROGRESS", request_id: job.id, logs: null } };
    return { status: 200, json: { status: "COMPLETED", request_id: job.id, logs: null, metrics: { inference_time: 30 } } };
  }

  result(call: Call): Reply {
    const job = this.#find(call);
    if (job === undefined || this.now() > job.endsAt + resultLife) return detail(404, "Request not found");
    if (this.now() < job.endsAt) return detail(400, "Request is still in progress");
    if (job.ending === "cancelled") return this.#onTheWay(499, "The request was cancelled by the client.", "client_cancelled");
    if (job.problem !== null) return problems(422, job.problem.field, job.problem.type, job.problem.message);
    if (job.ending === "refused") return flagged;
    if (job.ending === "failed") return this.#onTheWay(500, "The runner encountered an internal server error.", "runner_server_error");
    const name = `${job.id}.mp4`;
    return { status: 200, json: { video: { url: `${this.url}/files/out/${name}`, content_type: "video/mp4", file_name: name } } };
  }

  #onTheWay(status: number, message: string, type: string): Reply {
    return { ...detail(status, message, { error_type: type }), headers: { "x-fal-error-type": type } };
  }

  cancel(call: Call): Reply {
    const job = this.#find(call);
    if (job === undefined) return { status: 404, json: { status: "NOT_FOUND" } };
    const now = this.now();
    if (now >= job.endsAt) return { status: 400, json: { status: "ALREADY_COMPLETED" } };
    const isQueued = now < job.startsAt;
    job.ending = "cancelled";
    job.endsAt = now;
    return isQueued ? { status: 200, json: { status: "OK" } } : { status: 202, json: { status: "CANCELLATION_REQUESTED" } };
  }

  initiate({ json }: Call): Reply {
    const { file_name: name, content_type: type } = json as { readonly file_name: string; readonly content_type: string };
    const token = randomUUID();
    const path = `/files/in/${token}/${name}`;
    this.#places.set(token, type);
    return { status: 200, json: { upload_url: `${this.url}/uploads/${token}/${name}?signature=${token}`, file_url: `${this.url}${path}` } };
  }

  receive({ params, bytes, headers }: Call): Reply {
    const token = params["token"] ?? "";
    const type = this.#places.get(token);
    if (type === undefined || headers["content-type"] !== type) return { status: 403, json: { detail: "The signature does not match" } };
    this.files.set(`/files/in/${token}/${params["name"]}`, { type, bytes });
    return { status: 201 };
  }

  #isThere(url: string): boolean {
    return this.files.has(URL.parse(url)?.pathname ?? "");
  }

  async file({ params, path }: Call): Promise<Reply> {
    const job = this.jobs.get((params["rest"] ?? "").replace(/^out\/|\.mp4$/gu, ""));
    if (job !== undefined) return this.now() > job.endsAt + resultLife ? detail(404, "Not found") : videoOf(job);
    const kept = this.files.get(path);
    return kept === undefined ? detail(404, "Not found") : { status: 200, bytes: kept.bytes, type: kept.type };
  }

  /** Only what has ended, the newest end first. */
  list({ account, query }: Call): Reply {
    const now = this.now();
    const since = Date.parse(query.get("start") ?? "");
    const wanted = new Set(query.getAll("endpoint_id").flatMap((each) => each.split(",")));
    const limit = Number(query.get("limit") ?? 50);
    const from = Number(query.get("cursor") ?? 0);
    const all = [...this.jobs.values()]
      .filter((job) => job.account === account && wanted.has(job.model) && job.endsAt <= now && job.endsAt >= since)
      .toSorted((a, b) => b.endsAt - a.endsAt);
    const iso = (at: number): string => new Date(at).toISOString();
    const items = all.slice(from, from + limit).map((job) => ({
      request_id: job.id,
      endpoint_id: job.model,
      sent_at: iso(job.createdAt),
      started_at: iso(job.startsAt),
      ended_at: iso(job.endsAt),
      status_code: job.ending === "done" ? 200 : 500,
      json_input: query.get("expand") === "payloads" ? job.input : null,
    }));
    const more = from + limit < all.length;
    return { status: 200, json: { items, has_more: more, next_cursor: more ? `${from + limit}` : null } };
  }

  /** An administrator's key begins with `admin`. */
  billing({ account }: Call): Reply {
    if (!account.key.startsWith("admin")) return detail(403, "Insufficient permissions");
    return { status: 200, json: { username: "someone", credits: { current_balance: account.left / 100, currency: "USD" } } };
  }

  mayUpload(account: SimulatedAccount): boolean {
    return account.left > 0;
  }
}

const routesOf = (simulator: () => FalSimulator): ReadonlyArray<Route> => [
  {
    method: "POST",
    path: "/storage/upload/initiate",
    kind: "other",
    handle: (call) =>
      simulator().mayUpload(call.account)
        ? simulator().initiate(call)
        : detail(403, "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing."),
  },
  { method: "PUT", path: "/uploads/:token/:name", kind: "file", handle: (call) => simulator().receive(call) },
  { method: "GET", path: "/files/*", kind: "file", handle: (call) => simulator().file(call) },
  { method: "GET", path: "/v1/models/requests/by-endpoint", kind: "other", handle: (call) => simulator().list(call) },
  { method: "GET", path: "/v1/account/billing", kind: "other", handle: (call) => simulator().billing(call) },
  { method: "GET", path: "/:owner/:app/requests/:id/status", kind: "status", handle: (call) => simulator().status(call) },
  { method: "GET", path: "/:owner/:app/requests/:id", kind: "status", handle: (call) => simulator().result(call) },
  { method: "PUT", path: "/:owner/:app/requests/:id/cancel", kind: "other", handle: (call) => simulator().cancel(call) },
  { method: "POST", path: "/:owner/*", kind: "submit", handle: (call) => simulator().submit(call) },
];

export const startFal = async (options: SimulatorOptions): Promise<FalSimulator> => {
  const simulator = new FalSimulator(options);
  await simulator.listen(options.port);
  return simulator;
};
