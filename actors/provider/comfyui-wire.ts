// What a ComfyUI server says of a prompt, as data: queue, history, errors, and the messages of its WebSocket. Pure.
import * as z from "zod";
import type { ProviderFailure } from "./provider.ts";
import type { HttpAnswer } from "./tools.ts";
import { Workflow } from "./comfyui-workflow.ts";

/** [number, prompt_id, workflow, extra_data, …] */
const Item = z.tuple([z.number(), z.string(), z.unknown(), z.unknown()]).rest(z.unknown());
export type Item = z.infer<typeof Item>;

export const Queue = z.object({ queue_running: z.array(Item), queue_pending: z.array(Item) });

const Entry = z.object({
  prompt: Item.nullish().catch(null),
  outputs: z.record(z.string(), z.record(z.string(), z.unknown()).catch({})).catch({}),
  status: z
    .object({ status_str: z.string(), messages: z.array(z.tuple([z.string(), z.unknown()])).catch([]) })
    .nullish()
    .catch(null),
});
export type Entry = z.infer<typeof Entry>;

export const History = z.record(z.string(), Entry);

export const Accepted = z.object({ prompt_id: z.string().min(1) });
export const Uploaded = z.object({ name: z.string().min(1), subfolder: z.string().catch("") });
export const Cancelled = z.object({ cancelled: z.boolean() });
export const SystemStats = z.object({ system: z.looseObject({}), devices: z.array(z.unknown()) });

/** Where a submit puts its key, to be found again at servers that give prompts ids of their own. */
export const keyField = "pixsim_key";

export const isOfKey = ([, , , extra]: Item, key: string): boolean =>
  typeof extra === "object" && extra !== null && keyField in extra && extra[keyField] === key;

const File = z.object({ filename: z.string().min(1), subfolder: z.string().catch(""), type: z.string().catch("output") });
export type File = z.infer<typeof File>;

const isVideo = /\.(?:mp4|m4v|mov|webm|mkv)$/i;

/**
 * The video that a prompt has made. Save Video puts it under `images`, the Video Helper Suite under `gifs`, others under `videos` or
 * `video`. What is kept goes before previews, which a restart sweeps away.
 */
const videoOf = ({ outputs }: Entry): File | undefined => {
  const files = Object.values(outputs)
    .flatMap((output) => ["videos", "video", "gifs", "images"].flatMap((key) => (Array.isArray(output[key]) ? output[key] : [])))
    .flatMap((each: unknown) => File.safeParse(each).data ?? [])
    .filter(({ filename }) => isVideo.test(filename));
  return files.find(({ type }) => type === "output") ?? files[0];
};

const Thrown = z.object({
  node_type: z.string().catch("a node"),
  exception_message: z.string().catch(""),
  exception_type: z.string().catch(""),
});

const cut = (text: string): string => {
  const line = text.trim().replaceAll(/\s+/g, " ");
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
};

/** How it has ended: with a video, or why not. */
export const endOfEntry = (entry: Entry): { readonly file: File } | { readonly failure: ProviderFailure } => {
  const failure = failureOfEntry(entry);
  if (failure !== null) return { failure };
  const file = videoOf(entry);
  return file === undefined
    ? { failure: { kind: "parameters", message: "The workflow has made no video: let it end in Save Video or Video Combine." } }
    : { file };
};

/** Null: nothing went wrong. */
const failureOfEntry = (entry: Entry): ProviderFailure | null => {
  const messages = entry.status?.messages ?? [];
  if (messages.some(([event]) => event === "execution_interrupted")) {
    return { kind: "provider", message: "It was cancelled at the ComfyUI server: run it again if that was not meant." };
  }
  const thrown = messages.find(([event]) => event === "execution_error");
  if (thrown !== undefined || entry.status?.status_str === "error") {
    const {
      node_type: node,
      exception_message: said,
      exception_type: type,
    } = Thrown.catch({
      node_type: "a node",
      exception_message: "",
      exception_type: "",
    }).parse(thrown?.[1]);
    return /OutOfMemory/.test(type) || /out of memory|allocation on device/i.test(said)
      ? { kind: "provider", message: `The server's GPU ran out of memory in ${node}: choose a smaller size or a shorter duration.` }
      : { kind: "provider", message: `${node} failed: ${cut(said) || "it did not say why"}` };
  }
  return null;
};

const Problem = z.object({ message: z.string().catch(""), details: z.string().catch("") });
const Refused = z.object({
  error: z.union([z.string(), Problem]),
  node_errors: z.record(z.string(), z.object({ class_type: z.string().catch("a node"), errors: z.array(Problem) })).catch({}),
});

/** What an answer that is not a success means. `prepare`: before a submit. */
export const failureOfAnswer = ({ status, body }: HttpAnswer, during: "submit" | "ask" | "prepare"): ProviderFailure => {
  if (status === 401 || status === 403) {
    return { kind: "authentication", message: "The server, or the proxy in front of it, does not let this account in: check its token." };
  }
  if (status === 429)
    return {
      kind: "limit",
      rate: true,
      message: "The proxy in front of the server takes no more requests at the moment: try again in a while.",
    };
  // Behind a proxy a 5xx may come of a request that went through.
  if (status >= 500 || during === "ask")
    return {
      kind: "network",
      message: `The ComfyUI server, or a proxy in front of it, failed (status ${status}): see whether it is running and what its log says, then try again.`,
    };
  if (status === 413) return { kind: "input", message: "The picture is too large for the ComfyUI server: use a smaller one." };
  const refused = Refused.safeParse(body);
  if (!refused.success) {
    return { kind: "authentication", message: `It answered ${status} as no ComfyUI server does: check the base URL of the account.` };
  }
  const { error, node_errors: nodes } = refused.data;
  const [first] = Object.values(nodes);
  const [why] = first?.errors ?? [];
  const said = why ?? (typeof error === "string" ? { message: error, details: "" } : error);
  const where = first === undefined ? "" : `${first.class_type}: `;
  return {
    kind: "parameters",
    message: `The server does not take the workflow: ${where}${cut(`${said.message}${said.details === "" ? "" : ` (${said.details})`}`)}`,
  };
};

/** How far a prompt is, by its nodes. */
export interface Heard {
  /** Steps of each node; empty as long as the workflow is not known. */
  readonly weights: Readonly<Record<string, number>>;
  /** Share of each node that is done. */
  readonly done: Readonly<Record<string, number>>;
  readonly current: string | null;
  /** It is over, well or not: the history says how. */
  readonly ended: boolean;
}

export const nothingHeard: Heard = { weights: {}, done: {}, current: null, ended: false };

/** A sampler's steps take the time; every other node counts as one of them. */
export const weightsOf = (workflow: unknown): Heard["weights"] => {
  const nodes = Object.entries(Workflow.safeParse(workflow).data ?? {});
  return Object.fromEntries(
    nodes.map(([id, { inputs }]) => [id, typeof inputs["steps"] === "number" && inputs["steps"] >= 1 ? inputs["steps"] : 1]),
  );
};

/** 0 to 1; null as long as nothing is known. */
export const fractionOf = ({ weights, done }: Heard): number | null => {
  const nodes = Object.entries(weights);
  const all = nodes.reduce((sum, [, weight]) => sum + weight, 0);
  if (all === 0 || Object.keys(done).length === 0) return null;
  return nodes.reduce((sum, [id, weight]) => sum + weight * (done[id] ?? 0), 0) / all;
};

const Steps = z.object({
  value: z.number(),
  max: z.number().positive(),
  state: z.string().nullish(),
  display_node_id: z.string().nullish(),
});
const Message = z.object({
  type: z.string(),
  data: z.object({
    prompt_id: z.string().nullish(),
    node: z.string().nullish(),
    display_node: z.string().nullish(),
    value: z.number().nullish(),
    max: z.number().nullish(),
    /** Of `execution_cached` a list of ids, of `progress_state` what each node is at. */
    nodes: z.unknown().optional(),
  }),
});

const share = (value: number, max: number): number => (max > 0 ? Math.min(1, Math.max(0, value / max)) : 0);
const isOver: ReadonlySet<string> = new Set(["execution_success", "execution_error", "execution_interrupted"]);

/** What is known after a message of the WebSocket; those of other prompts and of other kinds change nothing. */
export const hear = (heard: Heard, promptId: string, text: string): Heard => {
  const message = Message.safeParse(parse(text)).data;
  if (message === undefined || (message.data.prompt_id ?? promptId) !== promptId) return heard;
  const { type, data } = message;
  const { done } = heard;
  if (isOver.has(type)) return { ...heard, ended: true };
  switch (type) {
    case "execution_start":
      return { ...heard, done: {}, current: null };
    case "execution_cached": {
      const cached = z.array(z.string()).safeParse(data.nodes).data ?? [];
      return { ...heard, done: { ...done, ...Object.fromEntries(cached.map((id) => [id, 1])) } };
    }
    case "executing": {
      const current = data.display_node ?? data.node ?? null;
      // The node before it has ended; no node: all have, in servers that say so by this.
      const before = heard.current === null || heard.current === current ? {} : { [heard.current]: 1 };
      return { ...heard, done: { ...done, ...before }, current, ended: heard.ended || current === null };
    }
    case "progress": {
      const id = data.node ?? heard.current;
      return id === null ? heard : { ...heard, done: { ...done, [id]: share(data.value ?? 0, data.max ?? 0) } };
    }
    case "progress_state": {
      const nodes = Object.entries(z.record(z.string(), Steps).safeParse(data.nodes).data ?? {});
      const shares = nodes.map(([id, { value, max, state, display_node_id: shown }]) => [
        shown ?? id,
        state === "finished" ? 1 : share(value, max),
      ]);
      return { ...heard, done: { ...done, ...Object.fromEntries(shares) } };
    }
    default:
      return heard;
  }
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
