// Replicate's HTTP API as its documentation describes it, for tests and trying out.
import { randomUUID } from "node:crypto";
import { enqueue, isRejected, problemIn, type QueuedJob, type SimulatedModel, videoOf } from "./queues.ts";
import { type Call, type Reply, type Route, Simulator, type SimulatorOptions } from "./simulator.ts";

const generationMs = 30_000;
const waitMs = 1000;
/** How long a file is kept, ms. */
const fileLife = 24 * 60 * 60_000;
/** How long input and output of a prediction are kept after its end, ms. */
const dataLife = 60 * 60_000;
const number = (value: unknown, otherwise: number): number => (typeof value === "number" ? value : otherwise);

const models: Readonly<Record<string, SimulatedModel>> = {
  "google/veo-3.1": {
    fields: {
      prompt: "text",
      aspect_ratio: ["16:9", "9:16"],
      duration: [4, 6, 8],
      image: "file",
      last_frame: "file",
      reference_images: "files",
      negative_prompt: "text",
      resolution: ["720p", "1080p"],
      generate_audio: "switch",
      seed: "number",
    },
    required: ["prompt"],
    price: (input) => number(input["duration"], 8) * (input["generate_audio"] === false ? 20 : 40),
    seconds: (input) => number(input["duration"], 8),
  },
  "kwaivgi/kling-v3-video": {
    fields: {
      prompt: "text",
      negative_prompt: "text",
      start_image: "file",
      end_image: "file",
      mode: ["standard", "pro"],
      aspect_ratio: ["16:9", "9:16", "1:1"],
      duration: Array.from({ length: 13 }, (_, index) => 3 + index),
      generate_audio: "switch",
      multi_prompt: "text",
    },
    required: ["prompt"],
    price: (input) =>
      number(input["duration"], 5) *
      (input["mode"] === "standard" ? (input["generate_audio"] === true ? 12.6 : 8.4) : input["generate_audio"] === true ? 16.8 : 11.2),
    seconds: (input) => number(input["duration"], 5),
  },
  "minimax/hailuo-2.3": {
    fields: {
      prompt: "text",
      duration: [6, 10],
      resolution: ["768p", "1080p"],
      prompt_optimizer: "switch",
      first_frame_image: "file",
    },
    required: ["prompt"],
    price: (input) => (input["resolution"] === "1080p" ? 49 : number(input["duration"], 6) > 6 ? 56 : 28),
    seconds: (input) => number(input["duration"], 6),
  },
};

const refusal = (status: number, title: string, detail: string, more: Readonly<Record<string, unknown>> = {}): Reply => ({
  status,
  json: { title, detail, status, ...more },
});
const notFound = refusal(404, "Not found", "The requested resource could not be found.");
const sensitive = "The input or output was flagged as sensitive. Please try again with different inputs. (E005)";

interface Kept {
  readonly type: string;
  readonly bytes: number;
  readonly expiresAt: number;
}

export interface ReplicateOptions extends SimulatorOptions {
  /** Predictions on one page of the list. Default: 100. */
  readonly pageSize?: number;
}

export class ReplicateSimulator extends Simulator<QueuedJob> {
  /** By id. */
  readonly files = new Map<string, Kept>();
  readonly #generationMs: number;
  readonly #pageSize: number;

  constructor(options: ReplicateOptions) {
    super(
      {
        routes: routesOf(() => this),
        keyOf: ({ headers }) => /^Bearer (.+)$/u.exec(headers["authorization"] ?? "")?.[1],
        replies: {
          unauthorized: refusal(401, "Unauthenticated", "You did not pass a valid authentication token"),
          rateLimited: refusal(429, "Too many requests", "Request was throttled. Your rate limit resets in ~5s.", { retry_after: 5 }),
          unavailable: refusal(503, "Service unavailable", "Please try again later."),
          notFound,
        },
        refunds: ["failed", "refused", "cancelled"],
      },
      options,
    );
    this.#generationMs = options.generationMs ?? generationMs;
    this.#pageSize = options.pageSize ?? 100;
  }

  /** Where the API is. */
  get baseUrl(): string {
    return `${this.url}/v1`;
  }

  submit({ account, params, json }: Call): Reply {
    const id = `${params["owner"]}/${params["name"]}`;
    const model = models[id];
    if (model === undefined) return notFound;
    const { input } = (json ?? {}) as { readonly input?: Readonly<Record<string, unknown>> };
    if (typeof input !== "object") return refusal(422, "Input validation failed", "- input is required");
    const isThere = (url: string): boolean => url.startsWith("data:") || this.files.has(/\/files\/([\w-]+)$/u.exec(url)?.[1] ?? "");
    const problem = problemIn(model, input, isThere);
    if (problem !== null && problem.type !== "file_download_error") {
      return refusal(422, "Input validation failed", `- input.${problem.field}: ${problem.message}\n`, {
        invalid_fields: [{ type: problem.type, field: `input.${problem.field}`, description: problem.message }],
      });
    }
    if (this.faults.take("refused") || isRejected(input)) return refusal(422, "Input validation failed", "- input.prompt: not taken");
    const cost = Math.round(model.price(input) * 100) / 100;
    if (account.left < cost) {
      return refusal(
        402,
        "Insufficient credit",
        "You have insufficient credit to run this model. Go to https://replicate.com/account/billing.",
      );
    }
    const particulars = {
      id: randomUUID().replaceAll("-", "").slice(0, 26),
      model: id,
      input,
      seconds: model.seconds(input),
      problem,
      cost,
    };
    const job = enqueue(this, account, { generationMs: this.#generationMs, waitMs }, particulars);
    this.add(job);
    return { status: 201, json: this.#shown(job) };
  }

  #shown(job: QueuedJob, isBackwards = false): Readonly<Record<string, unknown>> {
    const now = this.now();
    const iso = (at: number): string | null => (Number.isFinite(at) && now >= at ? new Date(at).toISOString() : null);
    const { error, output, status } = this.#end(job);
    const isRemoved = now > job.endsAt + dataLife;
    return {
      id: job.id,
      model: job.model,
      version: "hidden",
      input: isRemoved ? {} : job.input,
      logs: "",
      output: isRemoved ? null : output,
      data_removed: isRemoved,
      error,
      source: "api",
      status: isBackwards || now < job.startsAt ? "starting" : now < job.endsAt ? "processing" : status,
      created_at: new Date(job.createdAt).toISOString(),
      started_at: iso(job.startsAt),
      completed_at: iso(job.endsAt),
      urls: { get: `${this.baseUrl}/predictions/${job.id}`, cancel: `${this.baseUrl}/predictions/${job.id}/cancel` },
    };
  }

  #end(job: QueuedJob): { readonly status: string; readonly error: string | null; readonly output: string | null } {
    if (this.now() < job.endsAt) return { status: "processing", error: null, output: null };
    if (job.ending === "cancelled") return { status: "canceled", error: null, output: null };
    if (job.problem !== null) return { status: "failed", error: "Failed to download image from URL", output: null };
    if (job.ending === "refused") return { status: "failed", error: sensitive, output: null };
    if (job.ending === "failed") return { status: "failed", error: "Prediction interrupted; please retry (code: PA)", output: null };
    return { status: "succeeded", error: null, output: `${this.url}/output/${job.id}.mp4` };
  }

  #find({ account, params }: Call): QueuedJob | undefined {
    const job = this.jobs.get(params["id"] ?? "");
    if (job === undefined || job.isLost || job.account !== account) return undefined;
    job.asked++;
    return job;
  }

  get(call: Call): Reply {
    const job = this.#find(call);
    if (job === undefined) return notFound;
    return { status: 200, json: this.#shown(job, this.now() < job.endsAt && this.faults.take("backwards")) };
  }

  cancel(call: Call): Reply {
    const job = this.#find(call);
    if (job === undefined) return notFound;
    const now = this.now();
    if (now < job.endsAt) {
      job.ending = "cancelled";
      job.endsAt = now;
    }
    return { status: 200, json: this.#shown(job) };
  }

  /** The newest first. */
  list({ account, query }: Call): Reply {
    const since = query.get("created_after");
    const after = since === null ? 0 : Date.parse(since);
    const all = [...this.jobs.values()].filter((job) => job.account === account && job.createdAt >= after).toReversed();
    const from = Number(query.get("cursor") ?? 0);
    const next = from + this.#pageSize;
    const more = new URLSearchParams(query);
    more.set("cursor", `${next}`);
    return {
      status: 200,
      json: {
        previous: null,
        next: next < all.length ? `${this.baseUrl}/predictions?${more}` : null,
        results: all.slice(from, next).map((job) => this.#shown(job)),
      },
    };
  }

  async upload({ form }: Call): Promise<Reply> {
    const content = (await form()).get("content");
    if (!(content instanceof File)) return refusal(422, "Invalid file", "content is required");
    const id = randomUUID();
    this.files.set(id, { type: content.type, bytes: content.size, expiresAt: this.now() + fileLife });
    return { status: 201, json: this.#file(id) };
  }

  file({ params }: Call): Reply {
    const id = params["id"] ?? "";
    return this.files.has(id) ? { status: 200, json: this.#file(id) } : notFound;
  }

  #file(id: string): Readonly<Record<string, unknown>> {
    const { type, bytes, expiresAt } = this.files.get(id)!;
    return {
      id,
      content_type: type,
      size: bytes,
      expires_at: new Date(expiresAt).toISOString(),
      urls: { get: `${this.baseUrl}/files/${id}` },
    };
  }

  async output({ params }: Call): Promise<Reply> {
    const job = this.jobs.get((params["rest"] ?? "").replace(/\.mp4$/u, ""));
    return job === undefined || this.now() > job.endsAt + dataLife ? notFound : videoOf(job);
  }
}

const routesOf = (simulator: () => ReplicateSimulator): ReadonlyArray<Route> => [
  { method: "GET", path: "/v1/account", kind: "other", handle: () => ({ status: 200, json: { type: "user", username: "someone" } }) },
  { method: "POST", path: "/v1/models/:owner/:name/predictions", kind: "submit", handle: (call) => simulator().submit(call) },
  { method: "GET", path: "/v1/predictions", kind: "other", handle: (call) => simulator().list(call) },
  { method: "GET", path: "/v1/predictions/:id", kind: "status", handle: (call) => simulator().get(call) },
  { method: "POST", path: "/v1/predictions/:id/cancel", kind: "other", handle: (call) => simulator().cancel(call) },
  { method: "POST", path: "/v1/files", kind: "other", handle: (call) => simulator().upload(call) },
  { method: "GET", path: "/v1/files/:id", kind: "other", handle: (call) => simulator().file(call) },
  { method: "GET", path: "/output/*", kind: "file", handle: (call) => simulator().output(call) },
];

export const startReplicate = async (options: ReplicateOptions): Promise<ReplicateSimulator> => {
  const simulator = new ReplicateSimulator(options);
  await simulator.listen(options.port);
  return simulator;
};
