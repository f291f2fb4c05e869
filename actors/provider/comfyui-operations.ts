// What a ComfyUI server is asked to make: parameters of each operation, and the values of the workflow that they become. Pure.
import * as z from "zod";
import type { Operation } from "#protocol/job.ts";
import type { WorkflowValues } from "./comfyui-workflow.ts";
import type { Size } from "./picture.ts";
import type { ProviderOperation } from "./provider.ts";

/** Pixels of a frame: those that Wan 2.2 was trained with. */
const areas = { "480p": 832 * 480, "720p": 1280 * 704 } as const;
const ratios = { "16:9": 16 / 9, "9:16": 9 / 16, "1:1": 1, "4:3": 4 / 3, "3:4": 3 / 4 } as const;
/** Models work on squares of so many pixels. */
const grid = 32;
const fps = 24;

const names = <T extends Readonly<Record<string, unknown>>>(record: T) =>
  Object.keys(record) as [keyof T & string, ...Array<keyof T & string>];

const prompt = z
  .string()
  .trim()
  .min(1, "Say what is to be seen.")
  .max(5000)
  .meta({
    title: "Prompt",
    description: "Subject, action, place, light, camera.",
    examples: ["A red fox runs through deep snow at dawn, low tracking shot, soft light"],
    "x-widget": "prompt",
  });
const negativePrompt = z
  .string()
  .trim()
  .max(2000)
  .default("blurry, static, low quality, watermark, text, deformed")
  .meta({ title: "Negative prompt", description: "What is not to be seen.", "x-widget": "prompt" });
const duration = z
  .number()
  .min(1)
  .max(10)
  .multipleOf(0.5)
  .default(5)
  .meta({ title: "Duration", description: "Seconds. Wan 2.2 was made for 5.", "x-widget": "slider" });
const quality = z
  .enum(names(areas))
  .default("480p")
  .meta({ title: "Quality", description: "720p takes more than twice the time and memory.", "x-widget": "select" });
const aspectRatio = z.enum(names(ratios)).default("16:9").meta({ title: "Aspect ratio", "x-widget": "select" });
const seed = z
  .int()
  .min(0)
  .max(2147483647)
  .optional()
  .meta({ title: "Seed", description: "The same seed and words give the same video; left open, one is chosen.", "x-widget": "seed" });

export const textToVideoParams = z.object({ prompt, negativePrompt, duration, quality, aspectRatio, seed });
export const imageToVideoParams = textToVideoParams.extend({
  aspectRatio: z
    .enum(["source", ...names(ratios)])
    .default("source")
    .meta({ title: "Aspect ratio", description: "“source”: as the picture.", "x-widget": "select" }),
});
type Params = z.infer<typeof imageToVideoParams>;

const onGrid = (value: number): number => Math.max(grid, Math.round(value / grid) * grid);

/** `ratio`: of the picture, for “source”; at most 3 to 1. */
export const sizeOf = ({ quality: named, aspectRatio: chosen }: Pick<Params, "quality" | "aspectRatio">, ratio: number): Size => {
  const area = areas[named];
  const bounded = Math.min(3, Math.max(1 / 3, chosen === "source" ? ratio : ratios[chosen]));
  return { width: onGrid(Math.sqrt(area * bounded)), height: onGrid(Math.sqrt(area / bounded)) };
};

/** Video models make frames by fours, and one. */
const framesOf = (seconds: number): number => Math.round((seconds * fps) / 4) * 4 + 1;

export const valuesOf = (params: Params, size: Size, chosenSeed: number, image?: string): WorkflowValues => ({
  prompt: params.prompt,
  negativePrompt: params.negativePrompt,
  seed: params.seed ?? chosenSeed,
  ...size,
  frames: framesOf(params.duration),
  fps,
  seconds: params.duration,
  ...(image === undefined ? {} : { image }),
});

/** Ms by the pixels of all frames; a GPU of the upper middle takes 4 minutes for 5 s of 480p. Who is faster is learned from what jobs took. */
const estimate: ProviderOperation["estimate"] = (given) => {
  const params = imageToVideoParams.safeParse(given).data;
  const { width, height } = sizeOf(params ?? { quality: "480p", aspectRatio: "16:9" }, 16 / 9);
  return { credits: 0, durationMs: Math.round((240_000 * width * height * framesOf(params?.duration ?? 5)) / (832 * 480 * framesOf(5))) };
};

export const comfyuiOperations = {
  text_to_video: {
    title: "Text to video",
    summary: "Runs the account's workflow for words; without one of its own, Wan 2.2 5B.",
    params: textToVideoParams,
    inputs: [],
    estimate,
  },
  image_to_video: {
    title: "Image to video",
    summary: "Runs the account's workflow for a picture, which is scaled and cropped to the size of the video; without one, Wan 2.2 5B.",
    params: imageToVideoParams,
    inputs: [{ role: "image", title: "First frame", accepts: ["image"], min: 1, max: 1, named: false }],
    estimate,
  },
} as const satisfies Partial<Record<Operation, ProviderOperation>>;
