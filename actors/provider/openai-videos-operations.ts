// What the OpenAI Videos format can make: parameters and inputs of each operation, and the fields that they become. Pure.
import * as z from "zod";
import type { Operation } from "#protocol/job.ts";
import type { Size } from "./picture.ts";
import type { ProviderOperation, ProviderRequest } from "./provider.ts";

export const sizes = {
  "1280x720": { width: 1280, height: 720 },
  "720x1280": { width: 720, height: 1280 },
  "1792x1024": { width: 1792, height: 1024 },
  "1024x1792": { width: 1024, height: 1792 },
} as const satisfies Record<string, Size>;

const prompt = z
  .string()
  .trim()
  .min(1, "Say what is to be seen.")
  .max(5000)
  .meta({
    title: "Prompt",
    description: "Shot, subject, action, place, light, and what is heard.",
    examples: ["Wide tracking shot of a teal coupé on a desert highway, heat ripples, hard sun, engine hum"],
    "x-widget": "prompt",
  });
const model = z.enum(["standard", "pro"]).default("standard").meta({
  title: "Model",
  description: "The account says which model of its gateway each of them is.",
  "x-widget": "select",
});
const duration = z.literal([4, 8, 12]).default(4).meta({ title: "Duration", description: "Seconds.", "x-widget": "select" });
const size = z
  .enum(Object.keys(sizes) as [keyof typeof sizes, ...Array<keyof typeof sizes>])
  .default("1280x720")
  .meta({ title: "Size", description: "Width × height in pixels.", "x-widget": "select" });

export const createParams = z.object({ prompt, model, duration, size });
export const fusionParams = createParams.extend({
  prompt: prompt.meta({
    title: "Prompt",
    description: "Name each character as @name and say what it does.",
    examples: ["@fox chases @ball over a meadow in the evening sun"],
    "x-widget": "prompt",
  }),
});
export const extendParams = z.object({
  prompt: prompt.meta({ title: "Prompt", description: "How it goes on.", "x-widget": "prompt" }),
  duration: z
    .literal([4, 8, 12, 16, 20])
    .default(4)
    .meta({ title: "Duration", description: "Seconds that are added.", "x-widget": "select" }),
});

type CreateParams = z.infer<typeof createParams>;

export const editParams = z.object({
  prompt: prompt.meta({ title: "Prompt", description: "What is to be different.", "x-widget": "prompt" }),
});

/** Names of the models at an account's gateway. */
export type Models = Readonly<Record<CreateParams["model"], string>>;

const conflict: NonNullable<ProviderOperation["conflict"]> = ({ model: chosen, size: asked }) =>
  chosen === "standard" && (asked === "1792x1024" || asked === "1024x1792")
    ? { field: "size", message: "Only the pro model makes this size: choose it, or 1280x720 or 720x1280." }
    : null;

/** Ms; gateways do not say what they charge. */
const estimate: ProviderOperation["estimate"] = ({ duration: seconds, model: chosen }) => ({
  credits: 0,
  durationMs: 20_000 + (chosen === "pro" ? 30_000 : 15_000) * (typeof seconds === "number" ? seconds : 4),
});

// Its two-frame transitions do not exist.
export const openaiVideosOperations = {
  text_to_video: {
    title: "Text to video",
    summary: "Makes a video with sound from words.",
    params: createParams,
    inputs: [],
    conflict,
    estimate,
  },
  image_to_video: {
    title: "Image to video",
    summary: "Goes on from a picture, which is scaled and cropped to the size of the video.",
    params: createParams,
    inputs: [{ role: "image", title: "First frame", accepts: ["image"], min: 1, max: 1, named: false }],
    conflict,
    estimate,
  },
  video_extend: {
    title: "Extend",
    summary: "Goes on with a video. One that this account made is named to it, others are uploaded.",
    params: extendParams,
    inputs: [{ role: "video", title: "Video", accepts: ["video"], min: 1, max: 1, named: false }],
    estimate,
  },
  video_edit: {
    title: "Edit",
    summary: "Makes a video anew with what the words change. One that this account made is remixed, others are uploaded.",
    params: editParams,
    inputs: [{ role: "video", title: "Video", accepts: ["video"], min: 1, max: 1, named: false }],
    // As long as its source, which is not known here.
    estimate: () => estimate({ duration: 8 }),
  },
  fusion: {
    title: "Fusion",
    summary: "Puts one or two characters into a new scene. Each is a video of 2 to 4 seconds that shows it; people are mostly refused.",
    params: fusionParams,
    inputs: [{ role: "subject", title: "Characters", accepts: ["video"], min: 1, max: 2, named: true }],
    conflict,
    estimate,
  },
} as const satisfies Partial<Record<Operation, ProviderOperation>>;

export type OpenaiVideosOperation = keyof typeof openaiVideosOperations;

export const isOperation = (operation: Operation): operation is OpenaiVideosOperation => Object.hasOwn(openaiVideosOperations, operation);

/** The fields that all ways to create a video have. Seconds are a string. */
export const createFields = (params: CreateParams, models: Models) => ({
  prompt: params.prompt,
  model: models[params.model],
  seconds: String(params.duration),
  size: params.size,
});

/** The prompt as the format wants it: names as they are, without the sign. `missing`: a character that it does not name. */
export const namedPrompt = (
  words: string,
  inputs: ProviderRequest["inputs"],
): { readonly prompt: string; readonly missing: string | undefined } => {
  const names = inputs.flatMap(({ name }) => (name === null ? [] : [name]));
  const used = new Set<string>();
  const prompt = words.replaceAll(/@([A-Za-z0-9_]+)/g, (whole, name: string) => {
    if (!names.includes(name)) return whole;
    used.add(name);
    return name;
  });
  return { prompt, missing: names.find((name) => !used.has(name)) };
};
