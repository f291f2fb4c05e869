// What PixVerse offers: operations, the parameters of each, what depends on the model, and what it costs. Pure; where the vendor's pages
// disagree, its endpoint reference counts.
import * as z from "zod";
import { mentions, nameOf, referenceName } from "./pixverse-names.ts";
import type { InputGiven, ProviderInputSpec, ProviderOperation } from "./provider.ts";

export const models = ["v6", "c1", "v5.6", "v5.5", "v5", "v4.5", "v4", "v3.5"] as const;
export type Model = (typeof models)[number];
export const qualities = ["360p", "540p", "720p", "1080p"] as const;
type Quality = (typeof qualities)[number];
export const ratios = ["16:9", "4:3", "1:1", "3:4", "9:16", "2:3", "3:2", "21:9"] as const;
const wideRatios: ReadonlySet<string> = new Set(["2:3", "3:2", "21:9"]);
export const cameras = [
  "none",
  "horizontal_left",
  "horizontal_right",
  "vertical_up",
  "vertical_down",
  "zoom_in",
  "zoom_out",
  "crane_up",
  "quickly_zoom_in",
  "quickly_zoom_out",
  "smooth_zoom_in",
  "camera_rotation",
  "robo_arm",
  "super_dolly_out",
  "whip_pan",
  "hitchcock",
  "left_follow",
  "right_follow",
  "pan_left",
  "pan_right",
  "fix_bg",
] as const;
const styles = ["none", "anime", "3d_animation", "clay", "comic", "cyberpunk"] as const;

/** The newest: any length up to 15 s, and more ratios. */
const free: ReadonlyArray<Model> = ["v6", "c1"];
/** Their prompts may have 2,048 characters, and they take frames one by one. */
export const older: ReadonlyArray<Model> = ["v5", "v4.5", "v4", "v3.5"];
export const withSound: ReadonlyArray<Model> = ["v6", "c1", "v5.6", "v5.5"];
export const withClips: ReadonlyArray<Model> = ["v6", "v5.5"];
export const withThinking: ReadonlyArray<Model> = ["v6", "v5.6", "v5.5"];
export const withMotion: ReadonlyArray<Model> = ["v4.5", "v4", "v3.5"];
export const withCamera: ReadonlyArray<Model> = ["v4.5", "v4"];
const withExtend: ReadonlyArray<Model> = ["v6", "v5.5", "v5", "v4.5", "v4", "v3.5"];
const withFusion: ReadonlyArray<Model> = ["v6", "c1", "v5.6", "v5.5", "v5", "v4.5"];

const olderPrompt = 2048;
const longestSequence = 30;
/** References that a fusion may have. */
const mostReferences = (model: Model): number => (older.includes(model) ? 3 : 7);

const lengthsOf = (model: Model, quality: Quality): ReadonlyArray<number> => {
  if (free.includes(model)) return Array.from({ length: 15 }, (_, index) => index + 1);
  if (older.includes(model)) return quality === "1080p" ? [5] : [5, 8];
  return quality === "1080p" ? [5, 8] : [5, 8, 10];
};

const prompt = z.string().trim().max(5000).meta({
  title: "Prompt",
  description: "What is to be seen and how it moves. Up to v5 at most 2048 characters.",
  "x-widget": "prompt",
});
const needed = prompt.min(1, "Say what is to be seen.");
const model = (among: ReadonlyArray<Model>, standard: Model) =>
  z
    .enum(among)
    .default(standard)
    .meta({
      title: "Model",
      description: "What else can be chosen depends on it.",
      "x-widget": "select",
      // As PixVerse spells them, and as they are spoken of here.
      "x-labels": Object.fromEntries(among.map((each) => [each, each])),
    });
const duration = z.int().min(1).max(15).default(5).meta({
  title: "Duration",
  description: "Seconds: 5 or 8 up to v5, also 10 with v5.5 and v5.6, any with v6 and c1.",
  "x-widget": "slider",
});
const quality = z.enum(qualities).default("540p").meta({ title: "Quality", "x-widget": "select" });
const aspectRatio = z
  .enum(ratios)
  .default("16:9")
  .meta({ title: "Aspect ratio", description: "2:3, 3:2 and 21:9 only with v6 and c1.", "x-widget": "select" });
const seed = z
  .int()
  .min(0)
  .max(2147483647)
  .optional()
  .meta({ title: "Seed", description: "Left open, one is chosen.", "x-widget": "seed" });
const audio = z.boolean().default(false).meta({ title: "Sound", description: "With v5.5 and newer, and c1.", "x-widget": "switch" });
const multiClip = z
  .boolean()
  .default(false)
  .meta({ title: "Several shots", description: "Cuts between shots; with v5.5 and v6.", "x-widget": "switch" });
const thinking = z
  .enum(["auto", "enabled", "disabled"])
  .default("auto")
  .meta({ title: "Thinking", description: "Reworks the prompt first; with v5.5 and newer.", "x-widget": "select" });
const motion = z
  .enum(["normal", "fast"])
  .default("normal")
  .meta({ title: "Motion", description: "“fast”: up to v4.5, with 5 seconds and up to 720p.", "x-widget": "select" });
const camera = z.enum(cameras).default("none").meta({ title: "Camera", description: "With v4 and v4.5.", "x-widget": "select" });
const style = z.enum(styles).default("none").meta({ title: "Style", "x-widget": "select" });
const negativePrompt = z
  .string()
  .trim()
  .max(2048)
  .default("")
  .meta({ title: "Negative prompt", description: "What is not to be seen; newer models may pass over it.", "x-widget": "prompt" });

const shared = { duration, quality, seed, negativePrompt };
const looks = { motion, camera, style };
const extras = { audio, multiClip, thinking };

export const pixverseParams = {
  text_to_video: z.object({ prompt: needed, model: model(models, "v6"), aspectRatio, ...shared, ...extras, ...looks }),
  image_to_video: z.object({ prompt: needed, model: model(models, "v6"), ...shared, ...extras, ...looks }),
  video_extend: z.object({
    prompt: needed,
    model: model(withExtend, "v6"),
    ...shared,
    duration: duration.meta({ title: "Duration", description: "Seconds that are added.", "x-widget": "slider" }),
  }),
  video_transition: z.object({
    prompt: needed,
    model: model(models, "v5"),
    ...shared,
    duration: duration.meta({
      title: "Duration",
      description: "Seconds from one picture to the next. More than two pictures: up to v5, 30 seconds together.",
      "x-widget": "slider",
    }),
    audio,
    motion,
  }),
  fusion: z.object({
    prompt: needed.meta({
      title: "Prompt",
      description: "Name every subject as @name: “@hero walks beside @dog along the sea”.",
      "x-widget": "prompt",
    }),
    model: model(withFusion, "v6"),
    aspectRatio,
    ...shared,
    audio,
  }),
} as const;

const Common = z.object({
  prompt: z.string(),
  model: z.enum(models),
  duration: z.number(),
  quality: z.enum(qualities),
  aspectRatio: z.string().optional(),
  audio: z.boolean().default(false),
  multiClip: z.boolean().default(false),
  thinking: z.string().default("auto"),
  motion: z.string().default("normal"),
  camera: z.string().default("none"),
});
type Conflict = { readonly field: string | null; readonly message: string } | null;

const listed = (names: ReadonlyArray<string | number>): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;

/** What the model that was chosen does not take. */
const conflictOf = (params: Readonly<Record<string, unknown>>): Conflict => {
  const chosen = Common.parse(params);
  const lengths = lengthsOf(chosen.model, chosen.quality);
  const needs = (field: string, wanted: boolean, among: ReadonlyArray<Model>, what: string): Conflict =>
    wanted && !among.includes(chosen.model)
      ? { field, message: `${what} needs model ${listed(among)}: choose one of them, or leave it out.` }
      : null;
  if (!lengths.includes(chosen.duration)) {
    return { field: "duration", message: `${chosen.model} makes ${listed(lengths)} seconds in ${chosen.quality}: choose one of them.` };
  }
  if (older.includes(chosen.model) && chosen.prompt.length > olderPrompt) {
    return { field: "prompt", message: `${chosen.model} takes ${olderPrompt} characters: shorten the prompt, or choose a newer model.` };
  }
  if (chosen.motion === "fast" && (chosen.duration !== 5 || chosen.quality === "1080p")) {
    return { field: "motion", message: "Fast motion goes with 5 seconds and at most 720p." };
  }
  return (
    needs("aspectRatio", wideRatios.has(chosen.aspectRatio ?? ""), free, `${chosen.aspectRatio}`) ??
    needs("audio", chosen.audio, withSound, "Sound") ??
    needs("multiClip", chosen.multiClip, withClips, "Several shots") ??
    needs("thinking", chosen.thinking !== "auto", withThinking, "Thinking") ??
    needs("motion", chosen.motion === "fast", withMotion, "Fast motion") ??
    needs("camera", chosen.camera !== "none", withCamera, "A camera movement")
  );
};

export type PixverseOperation = keyof typeof pixverseParams;

/** What goes not with the pictures that were chosen. */
const inputsConflict = (
  operation: PixverseOperation,
  params: Readonly<Record<string, unknown>>,
  inputs: ReadonlyArray<InputGiven>,
): Conflict => {
  const { model: chosen, duration: seconds, prompt } = Common.parse(params);
  if (operation === "video_transition" && inputs.length > 2) {
    if (!older.includes(chosen)) return { field: "model", message: `More than two pictures need model v5 or older, not ${chosen}.` };
    const whole = (inputs.length - 1) * seconds;
    return whole > longestSequence
      ? { field: null, message: `${inputs.length} pictures would take ${whole} seconds; at most ${longestSequence}: take fewer.` }
      : null;
  }
  if (operation !== "fusion") return null;
  if (inputs.length > mostReferences(chosen)) {
    return { field: null, message: `${chosen} takes at most ${mostReferences(chosen)} pictures: take fewer, or a newer model.` };
  }
  const names = inputs.map(nameOf);
  const odd = names.find((name) => !referenceName.test(name));
  if (odd !== undefined) return { field: null, message: `“${odd}” cannot be a name: at most 30 letters, digits, spaces and underscores.` };
  if (new Set(names).size < names.length) return { field: null, message: "Two pictures have the same name: give each its own." };
  const missing = inputs.find((input) => input.role !== "background" && !mentions(prompt, nameOf(input)));
  return missing === undefined
    ? null
    : { field: "prompt", message: `The prompt does not say @${nameOf(missing)}: name every subject in it.` };
};

/** Credits for 5 seconds; 8 cost double with the older models, others by the second. 100 are one US dollar. */
const price: Readonly<Record<Quality, number>> = { "360p": 45, "540p": 45, "720p": 60, "1080p": 120 };

const estimate = (params: Readonly<Record<string, unknown>>): ReturnType<ProviderOperation["estimate"]> => {
  const { model: chosen, quality: size, duration: seconds } = Common.parse(params);
  const credits = older.includes(chosen) && seconds === 8 ? price[size] * 2 : Math.ceil((price[size] * seconds) / 5);
  return { credits, durationMs: 30_000 + seconds * (size === "1080p" ? 9000 : 5000) };
};

const picture = (role: ProviderInputSpec["role"], title: string): ProviderInputSpec => ({
  role,
  title,
  accepts: ["image"],
  min: 1,
  max: 1,
  named: false,
});
const shape = (
  title: string,
  summary: string,
  operation: PixverseOperation,
  inputs: ReadonlyArray<ProviderInputSpec>,
): ProviderOperation => ({
  title,
  summary,
  params: pixverseParams[operation],
  inputs,
  conflict: (params, given) => conflictOf(params) ?? (given === undefined ? null : inputsConflict(operation, params, given)),
  estimate,
});

export const pixverseOperations: Readonly<Record<PixverseOperation, ProviderOperation>> = {
  text_to_video: shape("Text to video", "Makes a clip from words.", "text_to_video", []),
  image_to_video: shape("Image to video", "Sets a picture in motion; the video has its ratio.", "image_to_video", [
    picture("image", "Picture"),
  ]),
  video_extend: shape("Extend", "Goes on with a video.", "video_extend", [{ ...picture("video", "Video"), accepts: ["video"] }]),
  video_transition: shape("Transition", "Leads from picture to picture.", "video_transition", [
    { ...picture("frame", "Pictures, in order"), min: 2, max: 7 },
  ]),
  fusion: shape("Fusion", "Puts subjects into one scene. Up to v5 at most three pictures together.", "fusion", [
    { ...picture("subject", "Subjects"), max: 7, named: true },
    { ...picture("background", "Background"), min: 0 },
  ]),
};
