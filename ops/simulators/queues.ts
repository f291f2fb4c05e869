// What the simulators of fal and Replicate share: jobs that wait in the provider's queue when the account has no place, and the models of
// their documentation, written down once more so that a mistake in an adapter's own list is found.
import type { Reply, SimulatedAccount, SimulatedJob, Simulator } from "./simulator.ts";
import { ordersIn, plannedEnd } from "./simulator.ts";
import { simulatedVideo } from "./video.ts";

export interface QueuedJob extends SimulatedJob {
  readonly model: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly seconds: number;
  /** Its video differs from those of others. */
  readonly look: number;
  /** What is wrong with its input, found out at the end; null: nothing. */
  readonly problem: Problem | null;
}

export interface Problem {
  readonly field: string;
  readonly message: string;
  readonly type: "missing" | "literal_error" | "extra_forbidden" | "file_download_error";
}

/** A field's rule: its values, a kind, or that it holds files. */
type Rule = ReadonlyArray<unknown> | "text" | "number" | "switch" | "file" | "files";

export interface SimulatedModel {
  readonly fields: Readonly<Record<string, Rule>>;
  readonly required: ReadonlyArray<string>;
  /** Cents of an input. */
  readonly price: (input: Readonly<Record<string, unknown>>) => number;
  readonly seconds: (input: Readonly<Record<string, unknown>>) => number;
}

const fits = (value: unknown, rule: Rule): boolean => {
  if (typeof rule === "object") return rule.includes(value);
  switch (rule) {
    case "text":
    case "file":
      return typeof value === "string" && value !== "";
    case "number":
      return Number.isInteger(value);
    case "switch":
      return typeof value === "boolean";
    case "files":
      return Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "string");
  }
};

/** `isThere`: whether a file can be fetched from a URL. */
export const problemIn = (
  { fields, required }: SimulatedModel,
  input: Readonly<Record<string, unknown>>,
  isThere: (url: string) => boolean,
): Problem | null => {
  for (const field of required) if (!(field in input)) return { field, message: "Field required", type: "missing" };
  for (const [field, value] of Object.entries(input)) {
    const rule = fields[field];
    if (rule === undefined) return { field, message: "Extra inputs are not permitted", type: "extra_forbidden" };
    if (!fits(value, rule))
      return { field, message: `Input should be ${typeof rule === "object" ? rule.join(", ") : rule}`, type: "literal_error" };
    const urls = rule === "file" ? [value] : rule === "files" ? (value as ReadonlyArray<unknown>) : [];
    if (!urls.every((url) => isThere(String(url)))) {
      return { field, message: "Failed to download the file from the URL", type: "file_download_error" };
    }
  }
  return null;
};

/** Takes a job in; it begins when a place is free. `waitMs`: what it waits at least, provider's time. */
export const enqueue = <J extends QueuedJob>(
  simulator: Simulator<J>,
  account: SimulatedAccount,
  { generationMs, waitMs }: { readonly generationMs: number; readonly waitMs: number },
  particulars: Omit<QueuedJob, keyof SimulatedJob | "look"> & { readonly id: string; readonly cost: number },
): QueuedJob => {
  const now = simulator.now();
  const ends = simulator
    .active(account)
    .map(({ endsAt }) => endsAt)
    .toSorted((a, b) => a - b);
  const free = ends.length < account.concurrency ? now : (ends[ends.length - account.concurrency] ?? now);
  const startsAt = free + waitMs;
  const prompt = String(particulars.input["prompt"] ?? "");
  return {
    ...particulars,
    key: null,
    account,
    createdAt: now,
    startsAt,
    ...plannedEnd(prompt, startsAt, generationMs),
    isLost: false,
    paid: simulator.pay(account, particulars.id, null, particulars.cost),
    isSettled: false,
    asked: 0,
    look: simulator.jobs.size,
  };
};

export const isRejected = (input: Readonly<Record<string, unknown>>): boolean => ordersIn(String(input["prompt"] ?? "")).reject;

/** The video of a job, small whatever was asked for. */
export const videoOf = async ({ input, seconds, look }: QueuedJob): Promise<Reply> => {
  const isTall = input["aspect_ratio"] === "9:16";
  const [width, height] = isTall ? [144, 256] : [256, 144];
  return { status: 200, bytes: await simulatedVideo({ width, height, seconds: Math.min(2, seconds), look }), type: "video/mp4" };
};
