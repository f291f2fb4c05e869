// A ComfyUI server: a queue that one GPU works through, a history, files in folders, and a WebSocket for each client. It keeps no account
// of who submits what, and takes one prompt twice as two.
import { createHash } from "node:crypto";
import { WebSocket, WebSocketServer } from "ws";
import * as z from "zod";
import { infoOf, nodeNames, problemOf, Workflow } from "./comfyui-nodes.ts";
import { type Call, ordersIn, plannedEnd, type Reply, type SimulatedJob, Simulator, type SimulatorOptions } from "./simulator.ts";
import { simulatedVideo } from "./video.ts";

export interface ComfyuiOptions extends SimulatorOptions {
  /** `old`: it chooses the ids of prompts, cancels none by id and interrupts whatever runs. Default: `new`. */
  readonly age?: "old" | "new";
  /** Its WebSocket opens, but says nothing. Default: false. */
  readonly isSilent?: boolean;
  /** Key of a proxy in front of it. Default: none is asked for. */
  readonly token?: string;
  /** Nodes that were not installed. Default: none of what its own templates use. */
  readonly lacks?: ReadonlyArray<string>;
}

export interface ComfyuiJob extends SimulatedJob {
  readonly number: number;
  readonly workflow: Workflow;
  readonly extra: Readonly<Record<string, unknown>>;
  /** Of the generation, provider's time, ms. */
  readonly takesMs: number;
}

/** Between the message that a prompt is over and its move from the queue to the history, ms of real time: it takes no GPU. */
const historyLagMs = 40;
/** How often sockets are told of what has changed, ms of real time. */
const tickMs = 5;
const steps = 20;

const videoFile = /\.mp4$/;

const Item = (job: ComfyuiJob) => [job.number, job.id, job.workflow, job.extra, []];

const Prompt = z.object({
  prompt: Workflow,
  prompt_id: z.string().nullish(),
  client_id: z.string().optional(),
  extra_data: z.record(z.string(), z.unknown()).default({}),
});
const problem = (type: string, message: string, node_errors: unknown = {}): Reply => ({
  status: 400,
  json: { error: { type, message, details: "", extra_info: {} }, node_errors },
});
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const done: Reply = { status: 200 };

export class ComfyuiSimulator extends Simulator<ComfyuiJob> {
  readonly #options: ComfyuiOptions;
  readonly #sockets = new WebSocketServer({ noServer: true });
  /** By client id: a second one of a client takes the messages over. */
  readonly #clients = new Map<string, WebSocket>();
  readonly #ticker: NodeJS.Timeout;
  readonly #installed: ReadonlySet<string>;
  /** Of each prompt, what its client has been told. */
  readonly #told = new Map<string, { isStarted: boolean; step: number; isEnded: boolean }>();
  readonly uploads = new Map<string, Buffer>();
  /** How often each key was taken. */
  readonly starts = new Map<string, number>();
  #number = 0;

  constructor(options: ComfyuiOptions) {
    const account = { key: options.token ?? "", credits: {}, concurrency: Number.POSITIVE_INFINITY };
    const text = (status: number): Reply => ({ status, bytes: Buffer.from(`${status}`), type: "text/plain" });
    super(
      {
        keyOf: ({ headers }) => (headers["authorization"] ?? "").replace(/^Bearer /, ""),
        refunds: [],
        replies: { unauthorized: text(401), rateLimited: text(429), unavailable: text(503), notFound: text(404) },
        routes: [
          { method: "POST", path: "/prompt", kind: "submit", handle: (call) => this.#prompt(call) },
          { method: "GET", path: "/queue", kind: "status", handle: () => this.#queue() },
          { method: "POST", path: "/queue", kind: "other", handle: (call) => this.#delete(call) },
          { method: "POST", path: "/interrupt", kind: "other", handle: (call) => this.#interrupt(call) },
          { method: "GET", path: "/history", kind: "other", handle: () => this.#history(this.#ended()) },
          {
            method: "GET",
            path: "/history/:id",
            kind: "status",
            handle: ({ params }) => this.#history(this.#ended().filter(({ id }) => id === params["id"])),
          },
          { method: "POST", path: "/upload/image", kind: "other", handle: (call) => this.#upload(call) },
          { method: "GET", path: "/view", kind: "file", handle: (call) => this.#view(call) },
          {
            method: "GET",
            path: "/system_stats",
            kind: "other",
            handle: () => ({ status: 200, json: { system: { os: "posix", comfyui_version: "0.3.75", argv: [] }, devices: [] } }),
          },
          { method: "GET", path: "/object_info/:name", kind: "other", handle: ({ params }) => this.#info(params["name"] ?? "") },
          ...(options.age === "old"
            ? []
            : [{ method: "POST", path: "/api/jobs/:id/cancel", kind: "other", handle: (call: Call) => this.#cancel(call) } as const]),
        ],
      },
      { ...options, accounts: [account] },
    );
    this.#options = options;
    this.#installed = new Set(nodeNames.filter((name) => !(options.lacks ?? []).includes(name)));
    this.server.on("upgrade", (request, socket, head) => {
      const url = new URL(request.url ?? "/", "http://simulator");
      const isAllowed = (request.headers.authorization ?? "") === (options.token === undefined ? "" : `Bearer ${options.token}`);
      if (url.pathname !== "/ws" || !isAllowed) return void socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      this.#sockets.handleUpgrade(request, socket, head, (client) => {
        this.#clients.set(url.searchParams.get("clientId") ?? "", client);
        client.send(JSON.stringify({ type: "status", data: { status: { exec_info: { queue_remaining: this.#open().length } } } }));
        client.send(Buffer.from([0, 0, 0, 1, 0xff, 0xd8]));
      });
    });
    this.#ticker = setInterval(() => this.#tell(), tickMs);
  }

  override async close(): Promise<void> {
    clearInterval(this.#ticker);
    for (const client of this.#sockets.clients) client.terminate();
    this.#sockets.close();
    await super.close();
  }

  /** As when its process is started anew: queue and history are in memory only. */
  forget(): void {
    this.jobs.clear();
  }

  #open(): ReadonlyArray<ComfyuiJob> {
    const now = this.now();
    return [...this.jobs.values()].filter(({ endsAt }) => endsAt > now);
  }

  /** What the GPU works on, and what it has just ended with. */
  #running(): ReadonlyArray<ComfyuiJob> {
    const now = this.now();
    return [...this.jobs.values()].filter(({ startsAt, endsAt }) => startsAt <= now && endsAt > now - historyLagMs * this.speed);
  }

  #ended(): ReadonlyArray<ComfyuiJob> {
    const now = this.now() - historyLagMs * this.speed;
    return [...this.jobs.values()].filter(({ endsAt, isLost }) => endsAt <= now && !isLost);
  }

  /** Those that wait follow the one that runs, one after another. */
  #reckon(): void {
    const now = this.now();
    let free = now;
    for (const job of this.#open()) {
      if (job.startsAt > now) {
        job.startsAt = Math.max(free, job.createdAt);
        job.endsAt = ordersIn(promptOf(job.workflow)).stall ? Number.POSITIVE_INFINITY : job.startsAt + job.takesMs;
      }
      free = job.endsAt;
    }
  }

  #prompt({ json, account }: Call): Reply {
    const body = Prompt.safeParse(json);
    if (!body.success) return problem("no_prompt", "No prompt provided");
    const { prompt: workflow, prompt_id: wanted, client_id, extra_data } = body.data;
    const refused = this.#refusal(workflow);
    if (refused !== null) return refused;
    const number = ++this.#number;
    const isOld = this.#options.age === "old";
    if (!isOld && typeof wanted === "string" && !uuid.test(wanted)) return problem("invalid_prompt_id", "prompt_id must be a valid UUID");
    const id = isOld || typeof wanted !== "string" ? `00000000-0000-4000-8000-${String(number).padStart(12, "0")}` : wanted;
    const createdAt = this.now();
    const key = extra_data["pixsim_key"];
    const words = promptOf(workflow);
    const { endsAt, ending } = plannedEnd(words, createdAt, this.#options.generationMs ?? 60_000);
    const job: ComfyuiJob = {
      id,
      key: typeof key === "string" ? key : null,
      account,
      createdAt,
      // Not before those that wait; reckoned below.
      startsAt: Number.MAX_VALUE,
      endsAt: Number.POSITIVE_INFINITY,
      ending,
      isLost: false,
      cost: 0,
      paid: new Map(),
      isSettled: false,
      asked: 0,
      number,
      workflow,
      extra: { ...extra_data, ...(client_id === undefined ? {} : { client_id }), create_time: Math.floor(createdAt) },
      takesMs: endsAt - createdAt,
    };
    this.add(job);
    this.#reckon();
    if (job.isLost) this.jobs.delete(id);
    this.starts.set(job.key ?? "", (this.starts.get(job.key ?? "") ?? 0) + 1);
    return { status: 200, json: { prompt_id: id, number, node_errors: {} } };
  }

  #refusal(workflow: Workflow): Reply | null {
    if (ordersIn(promptOf(workflow)).reject || this.faults.take("refused")) return problem("invalid_prompt", "Cannot execute the prompt");
    const found = problemOf(workflow, this.#installed, (name) => this.uploads.has(name));
    return found === null ? null : problem(found.type, found.message, found.nodes);
  }

  #queue(): Reply {
    const now = this.now();
    const isBackwards = this.faults.take("backwards");
    const [running, waiting] = [this.#running(), this.#open().filter(({ startsAt }) => startsAt > now)];
    const [shown, behind] = isBackwards ? [[], [...running, ...waiting]] : [running, waiting];
    return { status: 200, json: { queue_running: shown.map(Item), queue_pending: behind.map(Item) } };
  }

  #history(jobs: ReadonlyArray<ComfyuiJob>): Reply {
    return { status: 200, json: Object.fromEntries(jobs.map((job) => [job.id, this.#entry(job)])) };
  }

  #entry(job: ComfyuiJob) {
    const { id, ending } = job;
    const started: [string, unknown] = ["execution_start", { prompt_id: id, timestamp: Math.floor(job.startsAt) }];
    const sampler = Object.entries(job.workflow).find(([, { class_type }]) => class_type === "KSampler")?.[0] ?? "3";
    const failed = {
      prompt_id: id,
      node_id: sampler,
      node_type: "KSampler",
      executed: [],
      exception_message: "It went wrong.",
      exception_type: "RuntimeError",
    };
    const last: [string, unknown] =
      ending === "done"
        ? ["execution_success", { prompt_id: id, timestamp: Math.floor(job.endsAt) }]
        : ending === "cancelled"
          ? ["execution_interrupted", { prompt_id: id, node_id: sampler, node_type: "KSampler", executed: [] }]
          : ["execution_error", failed];
    const saver = Object.entries(job.workflow).find(
      ([, { class_type }]) => class_type === "SaveVideo" || class_type === "VHS_VideoCombine",
    );
    const file = { filename: `${id}_00001_.mp4`, subfolder: "video", type: "output" };
    const output =
      saver?.[1].class_type === "VHS_VideoCombine"
        ? { gifs: [{ ...file, format: "video/h264-mp4", frame_rate: 24 }] }
        : { images: [file], animated: [true] };
    return {
      prompt: Item(job),
      outputs: ending === "done" && saver !== undefined ? { [saver[0]]: output } : {},
      status: { status_str: ending === "done" ? "success" : "error", completed: ending === "done", messages: [started, last] },
      meta: {},
    };
  }

  /** Whether it was stopped: not if it has ended, or nobody knows it. */
  #stop(id: string): boolean {
    const job = this.#open().find((each) => each.id === id);
    if (job === undefined) return false;
    const now = this.now();
    if (job.startsAt > now) this.jobs.delete(id);
    else {
      job.endsAt = now;
      job.ending = "cancelled";
    }
    this.#reckon();
    return true;
  }

  #cancel({ params }: Call): Reply {
    return { status: 200, json: { cancelled: this.#stop(params["id"] ?? "") } };
  }

  #delete({ json }: Call): Reply {
    const { delete: ids } = z.object({ delete: z.array(z.string()).default([]) }).parse(json);
    const running = new Set(this.#running().map(({ id }) => id));
    for (const id of ids) if (!running.has(id)) this.#stop(id);
    return done;
  }

  #interrupt({ json }: Call): Reply {
    const running = this.#running().at(-1);
    const wanted = z.object({ prompt_id: z.string() }).safeParse(json).data?.prompt_id;
    const isMeant = this.#options.age === "old" || wanted === undefined || wanted === running?.id;
    if (running !== undefined && isMeant) this.#stop(running.id);
    return done;
  }

  async #upload(call: Call): Promise<Reply> {
    const form = await call.form();
    const [file, subfolder] = [form.get("image"), form.get("subfolder")];
    if (!(file instanceof File)) return { status: 400 };
    const bytes = Buffer.from(await file.arrayBuffer());
    const folder = typeof subfolder === "string" && subfolder !== "" ? `${subfolder}/` : "";
    const [stem, ending] = [file.name.replace(/\.[^.]*$/, ""), /\.[^.]*$/.exec(file.name)?.[0] ?? ""];
    let name = file.name;
    for (let count = 1; this.uploads.has(folder + name) && !this.uploads.get(folder + name)!.equals(bytes); count++) {
      name = `${stem} (${count})${ending}`;
    }
    this.uploads.set(folder + name, bytes);
    return { status: 200, json: { name, subfolder: folder.slice(0, -1), type: "input" } };
  }

  async #view(call: Call): Promise<Reply> {
    const { query } = call;
    if (this.#options.token !== undefined && call.headers["authorization"] !== `Bearer ${this.#options.token}`) return { status: 401 };
    const name = query.get("filename") ?? "";
    const job = this.#ended().find(({ id, ending }) => name === `${id}_00001_.mp4` && ending === "done");
    if (job === undefined || !videoFile.test(name) || query.get("type") !== "output" || query.get("subfolder") !== "video")
      return { status: 404 };
    const latent = Object.values(job.workflow).find(({ inputs }) => typeof inputs["width"] === "number")?.inputs ?? {};
    const [width, height] = [Number(latent["width"] ?? 512) / 8, Number(latent["height"] ?? 512) / 8];
    const look = createHash("sha256").update(job.id).digest()[0] ?? 0;
    return { status: 200, bytes: await simulatedVideo({ width, height, seconds: 1, look }), type: "video/mp4" };
  }

  #info(name: string): Reply {
    const info = this.#installed.has(name) ? { [name]: infoOf(name, this.#options.age === "old") } : {};
    return { status: 200, json: info };
  }

  /** Tells each client what has become of its prompts since the last time. */
  #tell(): void {
    if (this.#options.isSilent === true) return;
    const now = this.now();
    for (const job of this.jobs.values()) {
      const client = this.#clients.get(String(job.extra["client_id"]));
      if (client?.readyState !== WebSocket.OPEN || job.startsAt > now) continue;
      const told = this.#told.get(job.id) ?? { isStarted: false, step: 0, isEnded: false };
      this.#told.set(job.id, told);
      const say = (type: string, data: Readonly<Record<string, unknown>>): void =>
        client.send(JSON.stringify({ type, data: { ...data, prompt_id: job.id } }));
      const sampler = Object.entries(job.workflow).find(([, { inputs }]) => inputs["steps"] !== undefined)?.[0] ?? "3";
      if (!told.isStarted) {
        told.isStarted = true;
        say("execution_start", { timestamp: Math.floor(now) });
        say("execution_cached", { nodes: [], timestamp: Math.floor(now) });
        say("executing", { node: sampler, display_node: sampler });
      }
      const share = Number.isFinite(job.endsAt) ? (now - job.startsAt) / (job.endsAt - job.startsAt) : 0.5;
      const step = Math.min(steps, Math.floor(share * steps));
      if (step > told.step) {
        told.step = step;
        say("progress", { node: sampler, value: step, max: steps });
        const state = { value: step, max: steps, state: "running", node_id: sampler, display_node_id: sampler };
        say("progress_state", { nodes: { [sampler]: state } });
      }
      if (job.endsAt > now || told.isEnded) continue;
      told.isEnded = true;
      const [event, data] = this.#entry(job).status.messages.at(-1)!;
      say(event, z.record(z.string(), z.unknown()).parse(data));
      say("executing", { node: null });
    }
  }
}

/** The words of a workflow: those that its text encoders get. */
const promptOf = (workflow: Workflow): string =>
  Object.values(workflow)
    .flatMap(({ inputs }) => (typeof inputs["text"] === "string" ? [inputs["text"]] : []))
    .join("\n");

export const startComfyui = async (options: ComfyuiOptions = {}): Promise<ComfyuiSimulator> => {
  const simulator = new ComfyuiSimulator(options);
  await simulator.listen(options.port);
  return simulator;
};
