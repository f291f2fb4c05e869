// What the local studio can be told for each operation. One schema serves the form, the check and the renderer. Pure.
import * as z from "zod";

export const qualities = { "360p": 360, "540p": 540, "720p": 720, "1080p": 1080 } as const;
export const aspects = { "16:9": 16 / 9, "9:16": 9 / 16, "1:1": 1, "4:3": 4 / 3, "3:4": 3 / 4, "21:9": 21 / 9 } as const;

const names = <T extends Readonly<Record<string, unknown>>>(record: T): [keyof T & string, ...Array<keyof T & string>] =>
  Object.keys(record) as [keyof T & string, ...Array<keyof T & string>];

const prompt = z
  .string()
  .trim()
  .min(1, "Say what is to be seen.")
  .max(2000)
  .meta({
    title: "Prompt",
    description: "What is to be seen: place, time of day, weather, subjects and their colours, movement of the camera.",
    examples: [
      "a red fox walks through a snowy forest at dawn",
      "a sailboat on the sea at sunset, three birds, slow zoom",
      "cyberpunk city street at night, neon, rain, a red car",
      "an astronaut and a rocket in space, purple nebula",
      "a hot air balloon over mountains at sunrise, drone shot",
      "coral reef with jellyfish and a turtle",
    ],
    "x-widget": "prompt",
  });
const optionalPrompt = z
  .string()
  .trim()
  .max(2000)
  .default("")
  .meta({ title: "Prompt", description: "How it moves: words for the camera and the weather.", "x-widget": "prompt" });
const duration = z
  .number()
  .min(1)
  .max(15)
  .multipleOf(0.5)
  .default(5)
  .meta({ title: "Duration", description: "Seconds.", "x-widget": "slider" });
const quality = z
  .enum(names(qualities))
  .default("540p")
  .meta({ title: "Quality", description: "Length of the shorter side in pixels.", "x-widget": "select" });
const aspectRatio = z.enum(names(aspects)).default("16:9").meta({ title: "Aspect ratio", "x-widget": "select" });
const aspectOfSource = z
  .enum(["source", ...names(aspects)])
  .default("source")
  .meta({ title: "Aspect ratio", description: "“source”: as the (first) input.", "x-widget": "select" });
const fps = z.literal([24, 30]).default(24).meta({ title: "Frames per second", "x-widget": "select" });
const seed = z
  .int()
  .min(0)
  .max(2147483647)
  .optional()
  .meta({ title: "Seed", description: "The same seed and words give the same video; left open, one is chosen.", "x-widget": "seed" });
const audio = z.boolean().default(false).meta({ title: "Sound", description: "Adds synthesised ambience.", "x-widget": "switch" });
const caption = z
  .boolean()
  .default(false)
  .meta({ title: "Caption", description: "Writes the prompt and “drawn by PixSim studio” into the picture.", "x-widget": "switch" });

export const cameras = ["auto", "still", "panLeft", "panRight", "pushIn", "pullOut", "rise", "drift"] as const;
export type Camera = (typeof cameras)[number];
const camera = z.enum(cameras).default("auto").meta({ title: "Camera", description: "“auto”: from the prompt.", "x-widget": "select" });

export const motions = ["calm", "normal", "lively"] as const;
export type Motion = (typeof motions)[number];
const motion = z.enum(motions).default("normal").meta({ title: "Motion", "x-widget": "select" });

export const transitionStyles = ["crossfade", "wipe", "slide", "zoom", "dissolve", "iris", "warp"] as const;
export type TransitionStyle = (typeof transitionStyles)[number];

const common = { quality, fps, seed, audio, caption };

export const textToVideoParams = z.object({ prompt, duration, aspectRatio, camera, motion, ...common });
export const imageToVideoParams = z.object({ prompt: optionalPrompt, duration, aspectRatio: aspectOfSource, camera, motion, ...common });
export const videoExtendParams = z.object({
  prompt: optionalPrompt,
  duration: duration.meta({ title: "Duration", description: "Seconds that are added.", "x-widget": "slider" }),
  includeSource: z.boolean().default(true).meta({
    title: "Include source",
    description: "The source video, then the continuation; else only the continuation.",
    "x-widget": "switch",
  }),
  camera,
  motion,
  ...common,
});
export const videoTransitionParams = z.object({
  prompt: optionalPrompt,
  duration: z
    .number()
    .min(1)
    .max(5)
    .multipleOf(0.5)
    .default(2)
    .meta({ title: "Seconds per picture", description: "All pictures together last at most 15 s.", "x-widget": "slider" }),
  style: z
    .enum(transitionStyles)
    .default("crossfade")
    .meta({ title: "Style", description: "How one picture becomes the next.", "x-widget": "select" }),
  aspectRatio: aspectOfSource,
  motion,
  ...common,
});
export const fusionParams = z.object({
  prompt: prompt.meta({
    title: "Prompt",
    description: "Name each subject as @name; words beside it say where and how: “@cat flies left of @dog”.",
    examples: ["@hero walks on the left, @friend dances on the right, a beach at sunset"],
    "x-widget": "prompt",
  }),
  duration,
  aspectRatio,
  camera,
  motion,
  ...common,
});

export const studioParams = {
  text_to_video: textToVideoParams,
  image_to_video: imageToVideoParams,
  video_extend: videoExtendParams,
  video_transition: videoTransitionParams,
  fusion: fusionParams,
} as const;

/** Longest video of any operation without its source, s. */
export const longestSeconds = 15;

const even = (value: number): number => Math.max(2, Math.round(value / 2) * 2);

/** Pixels of a frame: the shorter side as the quality says, the ratio at most 3 to 1, both even. */
export const frameSize = (quality: keyof typeof qualities, ratio: number): { readonly width: number; readonly height: number } => {
  const short = qualities[quality];
  const bounded = Math.min(3, Math.max(1 / 3, ratio));
  return bounded >= 1 ? { width: even(short * bounded), height: short } : { width: short, height: even(short / bounded) };
};
