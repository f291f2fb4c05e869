// PixVerse's platform API v2 as a simulator: its tables are written down here once more, so that the adapter is held against the vendor's
// pages and not against itself.
import { randomInt } from "node:crypto";
import sharp from "sharp";
import { wide } from "#actors/provider/wide.ts";
import {
  type AccountOptions,
  type Call,
  ordersIn,
  plannedEnd,
  type Reply,
  type Route,
  type SimulatedAccount,
  type SimulatedJob,
  Simulator,
  type SimulatorOptions,
} from "./simulator.ts";
import { simulatedVideo } from "./video.ts";

export interface PixverseOptions extends SimulatorOptions {
  /** The finished file is not there for so long, ms of the provider's time. Default: 0. */
  readonly fileDelayMs?: number;
}

export interface PixverseJob extends SimulatedJob {
  readonly prompt: string;
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
  readonly hasAudio: boolean;
}

/** An account that can do everything for a while. */
export const pixverseAccount: AccountOptions = { key: "sim-pixverse-1", credits: { monthly: 5000, package: 2000 }, concurrency: 5 };

const models = ["v3.5", "v4", "v4.5", "v5", "v5.5", "v5.6", "c1", "v6"];
const until = (last: string): ReadonlyArray<string> => models.slice(0, models.indexOf(last) + 1);
const heights: Readonly<Record<string, number>> = { "360p": 360, "540p": 540, "720p": 720, "1080p": 1080 };
const ratios: Readonly<Record<string, ReadonlyArray<string>>> = {
  all: ["16:9", "4:3", "1:1", "3:4", "9:16"],
  newest: ["2:3", "3:2", "21:9"],
};
/** Small, so that nobody waits for the encoder: frames are this part of what was asked for. */
const scale = 1 / 4;

interface Body {
  readonly [name: string]: unknown;
}

const answered = (Resp: unknown): Reply => ({ status: 200, json: { ErrCode: 0, ErrMsg: "success", Resp } });
const refused = (ErrCode: number, ErrMsg: string): Reply => ({ status: 200, json: { ErrCode, ErrMsg, Resp: null } });
const misses = (name: string): Reply => refused(400011, `empty parameter: ${name}`);
const invalid = (name: string): Reply => refused(400017, `invalid parameter: ${name}`);

/** Ids must not be sent as strings, however wide they are. */
const quotedId = /"(img_id|source_video_id|video_media_id|first_frame_img|last_frame_img)":"/;

const digits = (value: unknown): string | undefined =>
  typeof value === "number" && Number.isSafeInteger(value)
    ? String(value)
    : typeof value === "string" && /^\d+$/.test(value)
      ? value
      : undefined;

const lengths = (model: string, quality: string): ReadonlyArray<number> => {
  switch (model) {
    case "v6":
    case "c1":
      return Array.from({ length: 15 }, (_, index) => index + 1);
    case "v5.5":
    case "v5.6":
      return quality === "1080p" ? [5, 8] : [5, 8, 10];
    default:
      return quality === "1080p" ? [5] : [5, 8];
  }
};

/** What is wrong with the fields that several endpoints share. */
const wrongShared = (body: Body, needed: ReadonlyArray<string>, allowed: ReadonlyArray<string>): Reply | undefined => {
  const missing = needed.find((name) => body[name] === undefined || body[name] === "");
  if (missing !== undefined) return misses(missing);
  const { prompt, model, duration, quality, aspect_ratio: ratio, seed } = body;
  if (typeof model !== "string" || !allowed.includes(model)) return invalid("model");
  if (typeof quality !== "string" || !(quality in heights)) return invalid("quality");
  if (prompt !== undefined) {
    if (typeof prompt !== "string") return invalid("prompt");
    if (prompt.length > 5000) return refused(400018, "prompt is too long");
    if (prompt.length > 2048 && until("v5").includes(model)) return refused(400019, "prompt is too long");
  }
  if (duration !== undefined && (typeof duration !== "number" || !lengths(model, quality).includes(duration))) return invalid("duration");
  if (ratio !== undefined) {
    const isNewest = ["v6", "c1"].includes(model);
    if (![...ratios["all"]!, ...(isNewest ? ratios["newest"]! : [])].includes(String(ratio))) return invalid("aspect_ratio");
  }
  if (seed !== undefined && !(Number.isInteger(seed) && Number(seed) >= 0 && Number(seed) <= 2147483647)) return invalid("seed");
  return wrongOptional(body, model);
};

const wrongOptional = (body: Body, model: string): Reply | undefined => {
  const { motion_mode, camera_movement, style, generate_audio_switch, generate_multi_clip_switch, thinking_type, duration, quality } = body;
  if (motion_mode !== undefined) {
    if (!["normal", "fast"].includes(String(motion_mode)) || !until("v4.5").includes(model)) return invalid("motion_mode");
    if (motion_mode === "fast" && (duration === 8 || quality === "1080p")) return invalid("motion_mode");
  }
  if (camera_movement !== undefined && !["v4", "v4.5"].includes(model)) return invalid("camera_movement");
  if (style !== undefined && !["anime", "3d_animation", "clay", "comic", "cyberpunk"].includes(String(style))) return invalid("style");
  if (generate_audio_switch !== undefined && (typeof generate_audio_switch !== "boolean" || until("v5").includes(model))) {
    return invalid("generate_audio_switch");
  }
  if (generate_multi_clip_switch !== undefined && !["v5.5", "v6"].includes(model)) return invalid("generate_multi_clip_switch");
  if (thinking_type !== undefined && (!["enabled", "disabled", "auto"].includes(String(thinking_type)) || until("v5").includes(model))) {
    return invalid("thinking_type");
  }
  return undefined;
};

/** Credits; the price list of v5, and by the second where none is known. */
const costOf = (model: string, quality: string, seconds: number, audio: boolean): number => {
  if (model === "v6" && quality === "720p" && audio) return 12 * seconds;
  const five = { "360p": 45, "540p": 45, "720p": 60, "1080p": 120 }[quality] ?? 45;
  return seconds === 8 && until("v5").includes(model) ? five * 2 : Math.ceil((five * seconds) / 5);
};

export class PixverseSimulator extends Simulator<PixverseJob> {
  readonly images = new Set<string>();
  readonly media = new Map<string, "video" | "audio">();
  readonly #generationMs: number | undefined;
  readonly #fileDelayMs: number;
  /** Above 2^53, as those of PixVerse may be; after a restart none comes that was given before. */
  #lastId = 9_007_199_254_740_993_000n + 1009n * BigInt(randomInt(2 ** 47));

  constructor(options: PixverseOptions = {}) {
    const routes: ReadonlyArray<Route> = [
      { method: "POST", path: "/openapi/v2/image/upload", kind: "other", handle: (call) => this.#uploadImage(call) },
      { method: "POST", path: "/openapi/v2/media/upload", kind: "other", handle: (call) => this.#uploadMedia(call) },
      { method: "POST", path: "/openapi/v2/video/:operation/generate", kind: "submit", handle: (call) => this.#generate(call) },
      { method: "GET", path: "/openapi/v2/video/result/:id", kind: "status", handle: (call) => this.#result(call) },
      { method: "GET", path: "/openapi/v2/account/balance", kind: "other", handle: ({ account }) => this.#balance(account) },
      { method: "POST", path: "/openapi/v2/account/billing/usage-detail", kind: "other", handle: (call) => this.#usage(call) },
      { method: "GET", path: "/files/:id.mp4", kind: "file", handle: (call) => this.#file(call) },
    ];
    super(
      {
        routes,
        keyOf: ({ headers }) => headers["api-key"],
        replies: {
          unauthorized: { status: 401, json: { ErrCode: 10003, ErrMsg: "invalid api key", Resp: null } },
          rateLimited: { status: 429, headers: { "retry-after": "5" }, json: { ErrCode: 500069, ErrMsg: "too many requests", Resp: null } },
          unavailable: { status: 503, bytes: Buffer.from("<html><body>503</body></html>"), type: "text/html" },
          notFound: { status: 404, bytes: Buffer.from("404 page not found"), type: "text/plain" },
        },
        refunds: ["refused", "failed"],
      },
      { accounts: [pixverseAccount], ...options },
    );
    this.#generationMs = options.generationMs;
    this.#fileDelayMs = options.fileDelayMs ?? 0;
  }

  #newId(): string {
    this.#lastId += 1009n;
    return String(this.#lastId);
  }

  async #uploadImage(call: Call): Promise<Reply> {
    const file = (await call.form()).get("image");
    if (!(file instanceof File)) return misses("image");
    if (file.size > 20e6) return refused(500042, "image is too large");
    const facts = await sharp(Buffer.from(await file.arrayBuffer()))
      .metadata()
      .catch(() => undefined);
    if (facts === undefined || !["jpeg", "png", "webp"].includes(facts.format)) return refused(500030, "image cannot be read");
    if (Math.max(facts.width, facts.height) > 10_000) return refused(500032, "image has too many pixels");
    const id = this.#newId();
    this.images.add(id);
    return answered({ img_id: wide(id), img_url: `${this.url}/images/${id}` });
  }

  async #uploadMedia(call: Call): Promise<Reply> {
    const file = (await call.form()).get("file");
    if (!(file instanceof File)) return misses("file");
    if (file.size > 50e6) return refused(500042, "media is too large");
    const type = file.type.split("/")[0];
    if (type !== "video" && type !== "audio") return refused(500030, "media cannot be read");
    const id = this.#newId();
    this.media.set(id, type);
    return answered({ media_id: wide(id), media_type: type, url: `${this.url}/media/${id}` });
  }

  #generate(call: Call): Reply {
    const traceId = call.headers["ai-trace-id"];
    if (traceId === undefined || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(traceId)) return misses("Ai-trace-id");
    const before = [...this.jobs.values()].find(({ key, account }) => key === traceId && account === call.account);
    if (before !== undefined) return answered({ video_id: wide(before.id), credits: before.cost });
    if (typeof call.json !== "object" || call.json === null) return refused(400013, "malformed body");
    if (quotedId.test(call.bytes.toString("utf8"))) return refused(400013, "ids are numbers");
    const body = call.json as Body;
    const wrong = this.#wrong(call.params["operation"] ?? "", body);
    if (wrong !== undefined) return wrong;

    const { prompt, seconds, hasAudio } = factsOf(body);
    if (ordersIn(prompt).reject || this.faults.take("refused")) return refused(500063, "the prompt was refused");
    const { account } = call;
    if (this.active(account).length >= account.concurrency) return refused(500044, "too many generations at the same time");
    const model = String(body["model"]);
    const quality = String(body["quality"]);
    const cost = costOf(model, quality, seconds, hasAudio);
    if (account.left < cost) return refused(500090, "credits are used up");

    const id = this.#newId();
    const now = this.now();
    const [across = 16, down = 9] = String(body["aspect_ratio"] ?? "16:9")
      .split(":")
      .map(Number);
    const short = (heights[quality] ?? 540) * scale;
    this.add({
      id,
      key: traceId,
      account,
      createdAt: now,
      startsAt: now,
      ...plannedEnd(prompt, now, this.#generationMs ?? 20_000 + seconds * 4000),
      isLost: false,
      cost,
      paid: this.pay(account, id, traceId, cost),
      isSettled: false,
      asked: 0,
      prompt,
      seed: typeof body["seed"] === "number" ? body["seed"] : Number(BigInt(id) % 2147483647n),
      width: across >= down ? (short * across) / down : short,
      height: across >= down ? short : (short * down) / across,
      seconds,
      hasAudio,
    });
    return answered({ video_id: wide(id), credits: cost });
  }

  #wrong(operation: string, body: Body): Reply | undefined {
    const isImage = (value: unknown): boolean => this.images.has(digits(value) ?? "");
    const whole = ["prompt", "model", "duration", "quality"];
    const noImage = refused(400032, "no such image");
    switch (operation) {
      case "text":
        return wrongShared(body, [...whole, "aspect_ratio"], models);
      case "img":
        return wrongShared(body, [...whole, "img_id"], models) ?? (isImage(body["img_id"]) ? undefined : noImage);
      case "transition":
        return (
          wrongShared(body, [...whole, "first_frame_img", "last_frame_img"], models) ??
          (isImage(body["first_frame_img"]) && isImage(body["last_frame_img"]) ? undefined : noImage)
        );
      case "multi_transition":
        return wrongShared(body, ["multi_transition", "model", "quality"], until("v5")) ?? this.#wrongSequence(body["multi_transition"]);
      case "extend":
        return wrongShared(body, whole, [...until("v5.5"), "v6"]) ?? this.#wrongSource(body);
      case "fusion":
        return (
          wrongShared(body, [...whole, "aspect_ratio", "image_references"], models.slice(models.indexOf("v4.5"))) ??
          this.#wrongReferences(body)
        );
      default:
        return refused(400017, "no such operation");
    }
  }

  #wrongSequence(value: unknown): Reply | undefined {
    if (!Array.isArray(value) || value.length < 2 || value.length > 7) return invalid("multi_transition");
    const frames = value as ReadonlyArray<Body>;
    if (frames.some((frame) => !this.images.has(digits(frame["img_id"]) ?? ""))) return refused(400032, "no such image");
    if (frames.some((frame) => typeof frame["prompt"] !== "string")) return misses("prompt");
    const isTimed = frames.map(({ duration }) => typeof duration === "number");
    if (isTimed.at(-1) === true || isTimed.slice(0, -1).includes(false)) return invalid("duration");
    const total = frames.reduce((sum, { duration }) => sum + (typeof duration === "number" ? duration : 0), 0);
    return total >= 1 && total <= 30 ? undefined : invalid("duration");
  }

  #wrongSource({ source_video_id: source, video_media_id: media }: Body): Reply | undefined {
    if ((source === undefined) === (media === undefined)) return invalid("source_video_id");
    if (source !== undefined) return this.jobs.get(digits(source) ?? "")?.ending === "done" ? undefined : refused(500008, "no such video");
    return this.media.get(digits(media) ?? "") === "video" ? undefined : refused(500008, "no such media");
  }

  #wrongReferences({ image_references: value, prompt, model }: Body): Reply | undefined {
    if (!Array.isArray(value) || value.length === 0) return invalid("image_references");
    const references = value as ReadonlyArray<Body>;
    if (references.length > (["v4.5", "v5"].includes(String(model)) ? 3 : 7)) return invalid("image_references");
    if (references.some(({ type }) => type !== "subject" && type !== "background")) return invalid("type");
    const names = references.map(({ ref_name: name }) => String(name));
    if (names.some((name) => !/^[A-Za-z0-9_ ]{1,30}$/.test(name)) || new Set(names).size < names.length) return invalid("ref_name");
    if (names.some((name) => !String(prompt).includes(`@${name} `))) return invalid("prompt");
    return references.every(({ img_id: id }) => this.images.has(digits(id) ?? "")) ? undefined : refused(400032, "no such image");
  }

  #result({ params, account }: Call): Reply {
    const job = this.jobs.get(params["id"] ?? "");
    if (job === undefined || job.account !== account || job.isLost) return refused(500008, "no such video");
    job.asked++;
    const isEnded = job.endsAt <= this.now();
    const status = isEnded && !this.faults.take("backwards") ? { done: 1, failed: 8, refused: 7, cancelled: 6 }[job.ending] : 5;
    const { width, height } = job;
    return answered({
      id: wide(job.id),
      status,
      url: status === 1 ? `${this.url}/files/${job.id}.mp4` : "",
      prompt: job.prompt,
      seed: job.seed,
      size: 0,
      create_time: new Date(job.createdAt).toISOString(),
      modify_time: new Date(Math.min(job.endsAt, this.now())).toISOString(),
      outputWidth: Math.round(width),
      outputHeight: Math.round(height),
      has_audio: job.hasAudio,
    });
  }

  #balance({ credits }: SimulatedAccount): Reply {
    return answered({ account_id: 1, credit_monthly: credits.get("monthly") ?? 0, credit_package: credits.get("package") ?? 0 });
  }

  #usage({ json, account }: Call): Reply {
    const { start_time: from, end_time: to, credits_status: status, cursor, limit } = (json ?? {}) as Body;
    const [begin, end] = [Date.parse(String(from)), Date.parse(String(to))];
    if (!(begin <= end) || end - begin > 30 * 86_400_000) return invalid("start_time");
    const kind = status === "refund" ? "refund" : "charge";
    const all = this.ledger.filter((row) => row.account === account.key && row.kind === kind && row.at >= begin && row.at <= end);
    const offset = Number(cursor ?? 0);
    const page = all.slice(offset, offset + Number(limit ?? 20));
    const next = offset + page.length;
    return answered({
      list: page.map(({ jobId, key, amount, at }) => ({
        video_id: wide(jobId),
        trace_id: key,
        credits: amount,
        credits_status: status,
        create_time: new Date(at).toISOString(),
      })),
      cursor: next < all.length ? String(next) : "",
    });
  }

  async #file({ params }: Call): Promise<Reply> {
    const job = this.jobs.get(params["id"] ?? "");
    const isThere = job?.ending === "done" && job.endsAt + this.#fileDelayMs <= this.now();
    if (job === undefined || !isThere) return { status: 404, bytes: Buffer.from("NoSuchKey"), type: "application/xml" };
    const { width, height, seconds, seed, hasAudio } = job;
    return { status: 200, bytes: await simulatedVideo({ width, height, seconds, look: seed, audio: hasAudio }), type: "video/mp4" };
  }
}

/** What the length, words and sound of a body come to. */
const factsOf = (body: Body): { readonly prompt: string; readonly seconds: number; readonly hasAudio: boolean } => {
  const hasAudio = body["generate_audio_switch"] === true;
  const frames = body["multi_transition"];
  if (!Array.isArray(frames)) return { prompt: String(body["prompt"]), seconds: Number(body["duration"]), hasAudio };
  const sequence = frames as ReadonlyArray<Body>;
  const seconds = sequence.reduce((sum, { duration }) => sum + Number(duration ?? 0), 0);
  return { prompt: String(sequence[0]?.["prompt"] ?? ""), seconds, hasAudio };
};

export const startPixverse = async (options: PixverseOptions = {}): Promise<PixverseSimulator> => {
  const simulator = new PixverseSimulator(options);
  await simulator.listen(options.port);
  return simulator;
};
