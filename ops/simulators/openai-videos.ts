// A gateway that speaks the OpenAI Videos format, under /v1. It takes no key of a submit, so one that is sent twice is made and paid twice.
import { randomUUID } from "node:crypto";
import sharp from "sharp";
import * as z from "zod";
import {
  type Call,
  ordersIn,
  plannedEnd,
  type Reply,
  type SimulatedJob,
  Simulator,
  type SimulatorOptions,
  type Vendor,
} from "./simulator.ts";
import { simulatedVideo } from "./video.ts";

export interface OpenaiVideosOptions extends SimulatorOptions {
  /** Its clock goes before (or after, if negative) the true one, ms. Default: 0. */
  readonly skewMs?: number;
  /** Fields that it does not show, as some gateways do not. Default: none. */
  readonly hides?: ReadonlyArray<"prompt" | "created_at" | "has_more">;
  /** What it does not know of a question for a list. Default: it knows all. */
  readonly ignores?: ReadonlyArray<"order" | "after" | "limit">;
  /** It keeps no list of videos. Default: false. */
  readonly hasNoList?: boolean;
  /** It writes its states in words of its own. Default: none. */
  readonly states?: Readonly<Record<string, string>>;
  /** Names of the characters that it knows, by id. Default: none. */
  readonly characters?: Map<string, string>;
}

export interface OpenaiVideosJob extends SimulatedJob {
  readonly model: string;
  readonly prompt: string;
  readonly seconds: string;
  readonly size: string;
  readonly remixedFrom: string | null;
  isDeleted: boolean;
}

/** US cents a second. */
const prices: Readonly<Record<string, number>> = { "sora-2": 10, "sora-2-pro": 30 };
const sizes: ReadonlySet<string> = new Set(["720x1280", "1280x720", "1024x1792", "1792x1024"]);
const queueMs = 2000;
const fileLifeMs = 3_600_000;

const problem = (status: number, code: string | null, message: string, param: string | null = null): Reply => ({
  status,
  json: { error: { message, type: status < 500 ? "invalid_request_error" : "server_error", param, code } },
});
const notFound = problem(404, "not_found", "Video not found.");

const Reference = z.object({ id: z.string() });
const Characters = z.array(Reference).max(2);

/** The fields of a request, as JSON or as a form. */
const fieldsOf = async (call: Call): Promise<Readonly<Record<string, unknown>>> => {
  if (!(call.headers["content-type"] ?? "").startsWith("multipart/form-data")) {
    return z.record(z.string(), z.unknown()).catch({}).parse(call.json);
  }
  return Object.fromEntries(await call.form());
};

export const startOpenaiVideos = async (options: OpenaiVideosOptions = {}): Promise<Simulator<OpenaiVideosJob>> => {
  const {
    skewMs = 0,
    hides = [],
    ignores = [],
    hasNoList = false,
    states = {},
    characters = new Map<string, string>(),
    generationMs,
  } = options;
  const keyOf: Vendor["keyOf"] = ({ headers }) => /^Bearer (\S+)$/.exec(headers["authorization"] ?? "")?.[1];

  const stateOf = (job: OpenaiVideosJob): { readonly status: string; readonly progress: number } => {
    const now = simulator.now();
    if (now < job.startsAt || simulator.faults.take("backwards")) return { status: "queued", progress: 0 };
    if (now < job.endsAt) {
      const share = Number.isFinite(job.endsAt) ? (now - job.startsAt) / (job.endsAt - job.startsAt) : 0.5;
      return { status: "in_progress", progress: Math.floor(share * 100) };
    }
    return job.ending === "done" ? { status: "completed", progress: 100 } : { status: "failed", progress: 0 };
  };

  const secondsOf = (ms: number): number => Math.floor((ms + skewMs) / 1000);

  const show = (job: OpenaiVideosJob) => {
    const { status, progress } = stateOf(job);
    const isCompleted = status === "completed";
    const error =
      status !== "failed"
        ? null
        : job.ending === "refused"
          ? { code: "moderation_blocked", message: "The video was blocked by our moderation system." }
          : { code: "server_error", message: "The video could not be made." };
    return {
      id: job.id,
      object: "video",
      model: job.model,
      status: states[status] ?? status,
      progress,
      ...(hides.includes("created_at") ? {} : { created_at: secondsOf(job.createdAt) }),
      completed_at: isCompleted ? secondsOf(job.endsAt) : null,
      expires_at: isCompleted ? secondsOf(job.endsAt + fileLifeMs) : null,
      prompt: hides.includes("prompt") ? null : job.prompt,
      seconds: job.seconds,
      size: job.size,
      remixed_from_video_id: job.remixedFrom,
      error,
    };
  };

  const find = (call: Call): OpenaiVideosJob | undefined => {
    const job = simulator.jobs.get(call.params["id"] ?? "");
    if (job === undefined || job.isLost || job.isDeleted || job.account !== call.account) return undefined;
    job.asked++;
    return job;
  };

  const begin = (call: Call, asked: Pick<OpenaiVideosJob, "model" | "prompt" | "seconds" | "size" | "remixedFrom">): Reply => {
    const { account } = call;
    if (ordersIn(asked.prompt).reject || simulator.faults.take("refused")) {
      return problem(400, "moderation_blocked", "Your request was blocked by our moderation system.");
    }
    if (simulator.active(account).length >= account.concurrency) {
      return { ...problem(429, "rate_limit_exceeded", "Too many videos at the same time."), headers: { "retry-after": "1" } };
    }
    const cost = (prices[asked.model] ?? 0) * Number(asked.seconds);
    if (cost > account.left) return problem(429, "insufficient_quota", "You exceeded your current quota, please check your plan.");
    const id = `video_${randomUUID().replaceAll("-", "")}`;
    const createdAt = simulator.now();
    const key = call.headers["idempotency-key"] ?? null;
    const startsAt = createdAt + queueMs;
    const job: OpenaiVideosJob = {
      id,
      key,
      account,
      createdAt,
      startsAt,
      ...plannedEnd(asked.prompt, startsAt, generationMs ?? 10_000 + 5000 * Number(asked.seconds)),
      isLost: false,
      cost,
      paid: simulator.pay(account, id, key, cost),
      isSettled: false,
      asked: 0,
      isDeleted: false,
      ...asked,
    };
    simulator.add(job);
    return { status: 200, json: show(job) };
  };

  const create = async (call: Call): Promise<Reply> => {
    const {
      prompt,
      model = "sora-2",
      seconds = "4",
      size = "720x1280",
      input_reference: reference,
      characters: cast,
    } = await fieldsOf(call);
    if (typeof prompt !== "string" || prompt === "") return problem(400, "missing_required_parameter", "prompt is required.", "prompt");
    if (typeof model !== "string" || prices[model] === undefined) {
      return problem(404, "model_not_found", `The model '${String(model)}' does not exist.`, "model");
    }
    if (typeof seconds !== "string" || !["4", "8", "12"].includes(seconds)) {
      return problem(400, "invalid_value", "seconds must be '4', '8' or '12', as a string.", "seconds");
    }
    if (typeof size !== "string" || !sizes.has(size)) return problem(400, "invalid_value", "This size is not supported.", "size");
    if (model === "sora-2" && size.includes("1024")) return problem(400, "invalid_value", "This size needs sora-2-pro.", "size");
    if (reference !== undefined) {
      const bytes = reference instanceof Blob ? await reference.arrayBuffer() : new ArrayBuffer();
      const { width, height } = await sharp(bytes)
        .metadata()
        .catch(() => ({ width: 0, height: 0 }));
      if (`${width}x${height}` !== size) {
        return problem(400, "invalid_value", "The image must have the size of the video.", "input_reference");
      }
    }
    if (cast !== undefined) {
      const ids = Characters.safeParse(cast);
      if (!ids.success || ids.data.some(({ id }) => !characters.has(id))) {
        return problem(400, "invalid_value", "A character does not exist.", "characters");
      }
      const unnamed = ids.data.find(({ id }) => !prompt.includes(characters.get(id) ?? ""));
      if (unnamed !== undefined) return problem(400, "invalid_value", "The prompt names no such character.", "prompt");
    }
    return begin(call, { prompt, model, seconds, size, remixedFrom: null });
  };

  const extend = async (call: Call): Promise<Reply> => {
    const { prompt, seconds, video } = await fieldsOf(call);
    if (typeof prompt !== "string" || prompt === "") return problem(400, "missing_required_parameter", "prompt is required.", "prompt");
    if (typeof seconds !== "string" || !["4", "8", "12", "16", "20"].includes(seconds)) {
      return problem(400, "invalid_value", "seconds must be '4' to '20', as a string.", "seconds");
    }
    if (video instanceof Blob && video.size > 0) {
      return begin(call, { prompt, seconds, model: "sora-2", size: "1280x720", remixedFrom: null });
    }
    const source = simulator.jobs.get(Reference.safeParse(video).data?.id ?? "");
    if (source === undefined || stateOf(source).status !== "completed") {
      return problem(400, "invalid_value", "There is no completed video of this id.", "video");
    }
    return begin(call, { prompt, seconds, model: source.model, size: source.size, remixedFrom: source.id });
  };

  const remix = async (call: Call): Promise<Reply> => {
    const { prompt } = await fieldsOf(call);
    if (typeof prompt !== "string" || prompt === "") return problem(400, "missing_required_parameter", "prompt is required.", "prompt");
    const source = find(call);
    if (source === undefined) return notFound;
    if (stateOf(source).status !== "completed") return problem(400, "invalid_value", "Only a completed video can be remixed.");
    const { model, seconds, size, id } = source;
    return begin(call, { prompt, model, seconds, size, remixedFrom: id });
  };

  const edit = async (call: Call): Promise<Reply> => {
    const { prompt, video } = await fieldsOf(call);
    if (typeof prompt !== "string" || prompt === "") return problem(400, "missing_required_parameter", "prompt is required.", "prompt");
    if (!(video instanceof Blob) || video.size === 0) return problem(400, "missing_required_parameter", "video is required.", "video");
    return begin(call, { prompt, seconds: "8", model: "sora-2", size: "1280x720", remixedFrom: null });
  };

  const makeCharacter = async (call: Call): Promise<Reply> => {
    const { name, video } = await fieldsOf(call);
    if (typeof name !== "string" || !(video instanceof Blob) || video.size === 0) {
      return problem(400, "missing_required_parameter", "name and video are required.");
    }
    const id = `char_${randomUUID()}`;
    characters.set(id, name);
    return { status: 200, json: { id, name, created_at: secondsOf(simulator.now()) } };
  };

  const list = ({ account, query }: Call): Reply => {
    const all = [...simulator.jobs.values()].filter((job) => job.account === account && !job.isDeleted);
    const ordered = query.get("order") === "desc" && !ignores.includes("order") ? all.toReversed() : all;
    const after = ignores.includes("after") ? null : query.get("after");
    const begun = after === null ? 0 : ordered.findIndex(({ id }) => id === after) + 1;
    const limit = ignores.includes("limit") ? all.length : Number(query.get("limit") ?? 20);
    const data = ordered.slice(begun, begun + limit).map(show);
    return {
      status: 200,
      headers: { date: new Date(Date.now() + skewMs).toUTCString() },
      json: {
        object: "list",
        data,
        first_id: data[0]?.id ?? null,
        last_id: data.at(-1)?.id ?? null,
        ...(hides.includes("has_more") ? {} : { has_more: begun + limit < ordered.length }),
      },
    };
  };

  const content = async (call: Call): Promise<Reply> => {
    const account = simulator.accounts.get(keyOf(call) ?? "");
    if (account === undefined) return vendor.replies.unauthorized;
    const job = find({ ...call, account });
    if (job === undefined || stateOf(job).status !== "completed" || simulator.now() > job.endsAt + fileLifeMs) return notFound;
    if ((call.query.get("variant") ?? "video") !== "video")
      return problem(400, "invalid_value", "This variant is not simulated.", "variant");
    const [width = 0, height = 0] = job.size.split("x").map((side) => Number(side) / 8);
    const look = Number.parseInt(job.id.slice(-4), 16);
    return { status: 200, bytes: await simulatedVideo({ width, height, seconds: 1, look }), type: "video/mp4" };
  };

  const vendor: Vendor = {
    keyOf,
    refunds: ["failed", "refused"],
    replies: {
      unauthorized: problem(401, "invalid_api_key", "Incorrect API key provided."),
      rateLimited: { ...problem(429, "rate_limit_exceeded", "Rate limit reached."), headers: { "retry-after": "1" } },
      unavailable: { ...problem(503, "server_error", "The server is overloaded."), headers: { "retry-after": "1" } },
      notFound: problem(404, null, "Invalid URL."),
    },
    routes: [
      { method: "POST", path: "/v1/videos", kind: "submit", handle: create },
      { method: "POST", path: "/v1/videos/extensions", kind: "submit", handle: extend },
      { method: "POST", path: "/v1/videos/edits", kind: "submit", handle: edit },
      { method: "POST", path: "/v1/videos/:id/remix", kind: "submit", handle: remix },
      { method: "POST", path: "/v1/videos/characters", kind: "other", handle: makeCharacter },
      ...(hasNoList ? [] : [{ method: "GET", path: "/v1/videos", kind: "other", handle: list } as const]),
      {
        method: "GET",
        path: "/v1/models",
        kind: "other",
        handle: () => ({ status: 200, json: { object: "list", data: Object.keys(prices).map((id) => ({ id, object: "model" })) } }),
      },
      {
        method: "GET",
        path: "/v1/videos/:id",
        kind: "status",
        handle: (call) => {
          const job = find(call);
          return job === undefined ? notFound : { status: 200, json: show(job) };
        },
      },
      {
        method: "DELETE",
        path: "/v1/videos/:id",
        kind: "other",
        handle: (call) => {
          const job = find(call);
          if (job === undefined) return notFound;
          if (simulator.now() < job.endsAt) return problem(400, "invalid_value", "Only a video that has ended can be deleted.");
          job.isDeleted = true;
          return { status: 200, json: { id: job.id, object: "video.deleted", deleted: true } };
        },
      },
      { method: "GET", path: "/v1/videos/:id/content", kind: "file", handle: content },
    ],
  };
  const simulator: Simulator<OpenaiVideosJob> = new Simulator<OpenaiVideosJob>(vendor, options);
  await simulator.listen(options.port);
  return simulator;
};
