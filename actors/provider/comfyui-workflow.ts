// Workflows of ComfyUI as templates: where a string holds the name of a value between percent signs, the value is put. A string that is
// nothing else becomes the value with its type, so `"seed": "%seed%"` becomes a number. Pure.
import * as z from "zod";

export const Workflow = z.record(z.string(), z.looseObject({ class_type: z.string().min(1), inputs: z.record(z.string(), z.unknown()) }));
export type Workflow = z.infer<typeof Workflow>;

export interface WorkflowValues {
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly seed: number;
  /** Px, multiples of 32. */
  readonly width: number;
  readonly height: number;
  /** One more than a multiple of 4. */
  readonly frames: number;
  readonly fps: number;
  readonly seconds: number;
  /** Name of an uploaded picture of that size, as Load Image takes it. */
  readonly image?: string;
}

const names = ["prompt", "negativePrompt", "seed", "width", "height", "frames", "fps", "seconds", "image"] as const satisfies ReadonlyArray<
  keyof WorkflowValues
>;
type Name = (typeof names)[number];

// ComfyUI itself fills in names in file names (`%date:yyyy-MM-dd%`): what is not one of ours stays.
const placeholder = new RegExp(`%(${names.join("|")})%`, "g");
const alone = new RegExp(`^%(${names.join("|")})%$`);

export const placeholders: string = names.map((name) => `%${name}%`).join(" ");

const mapStrings = (value: unknown, change: (text: string) => unknown): unknown => {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((each: unknown) => mapStrings(each, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mapStrings(each, change)]));
};

const mapInputs = (workflow: Workflow, change: (text: string) => unknown): Workflow =>
  Object.fromEntries(
    Object.entries(workflow).map(([id, node]) => [
      id,
      { ...node, inputs: Object.fromEntries(Object.entries(node.inputs).map(([name, value]) => [name, mapStrings(value, change)])) },
    ]),
  );

/** The workflow with its values, which are not looked through again. */
export const bind = (template: Workflow, values: WorkflowValues): Workflow =>
  mapInputs(template, (text) => {
    const only = alone.exec(text)?.[1] as Name | undefined;
    if (only !== undefined) return values[only] ?? text;
    return text.replaceAll(placeholder, (whole, name: Name) => String(values[name] ?? whole));
  });

const namesIn = (template: Workflow): ReadonlySet<string> => {
  const found = new Set<string>();
  mapInputs(template, (text) => {
    for (const [, name = ""] of text.matchAll(placeholder)) found.add(name);
    return text;
  });
  return found;
};

export type ReadWorkflow = { readonly workflow: Workflow } | { readonly problem: string };

/** Reads a workflow that a person has pasted; `problem` says what to do about it. */
export const readWorkflow = (text: string, takesImage: boolean): ReadWorkflow => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { problem: "This is not JSON: export the workflow from ComfyUI by “Export (API)” and paste the whole file." };
  }
  if (typeof json === "object" && json !== null && "nodes" in json && Array.isArray(json.nodes)) {
    return { problem: "This is a workflow as the editor saves it: export it by “Export (API)” instead." };
  }
  const checked = Workflow.safeParse(json);
  if (!checked.success || Object.keys(checked.data).length === 0) {
    return { problem: "This is no workflow: each node needs class_type and inputs, as “Export (API)” writes them." };
  }
  const found = namesIn(checked.data);
  if (!found.has("prompt")) return { problem: "The workflow does not say where the prompt goes: put %prompt% into its text." };
  if (takesImage && !found.has("image")) {
    return { problem: "The workflow does not say where the picture goes: put %image% into its Load Image." };
  }
  if (!takesImage && found.has("image")) return { problem: "The workflow wants %image%, but text to video has no picture." };
  return { workflow: checked.data };
};

/**
 * Wan 2.2 TI2V 5B as ComfyUI's own template has it: one model for words and pictures that fits 8 GB, with the files that its documentation
 * names (https://docs.comfy.org/tutorials/video/wan/wan2_2).
 */
const wan = (inputs: Readonly<Record<string, unknown>>, more: Workflow): Workflow => ({
  "3": {
    class_type: "KSampler",
    inputs: {
      seed: "%seed%",
      steps: 20,
      cfg: 5,
      sampler_name: "uni_pc",
      scheduler: "simple",
      denoise: 1,
      model: ["48", 0],
      positive: ["6", 0],
      negative: ["7", 0],
      latent_image: ["55", 0],
    },
  },
  "6": { class_type: "CLIPTextEncode", inputs: { text: "%prompt%", clip: ["38", 0] } },
  "7": { class_type: "CLIPTextEncode", inputs: { text: "%negativePrompt%", clip: ["38", 0] } },
  "8": { class_type: "VAEDecode", inputs: { samples: ["3", 0], vae: ["39", 0] } },
  "37": { class_type: "UNETLoader", inputs: { unet_name: "wan2.2_ti2v_5B_fp16.safetensors", weight_dtype: "default" } },
  "38": { class_type: "CLIPLoader", inputs: { clip_name: "umt5_xxl_fp8_e4m3fn_scaled.safetensors", type: "wan", device: "default" } },
  "39": { class_type: "VAELoader", inputs: { vae_name: "wan2.2_vae.safetensors" } },
  "48": { class_type: "ModelSamplingSD3", inputs: { shift: 8, model: ["37", 0] } },
  "55": {
    class_type: "Wan22ImageToVideoLatent",
    inputs: { width: "%width%", height: "%height%", length: "%frames%", batch_size: 1, vae: ["39", 0], ...inputs },
  },
  "57": { class_type: "CreateVideo", inputs: { fps: "%fps%", images: ["8", 0] } },
  "58": { class_type: "SaveVideo", inputs: { filename_prefix: "video/PixSim", format: "auto", codec: "auto", video: ["57", 0] } },
  ...more,
});

export const wanTextToVideo: Workflow = wan({}, {});
export const wanImageToVideo: Workflow = wan(
  { start_image: ["56", 0] },
  { "56": { class_type: "LoadImage", inputs: { image: "%image%" } } },
);

const Input = z.tuple([z.unknown()]).rest(z.unknown());
const NodeInfo = z.object({
  input: z.object({
    required: z.record(z.string(), Input.catch([null])).nullish(),
    optional: z.record(z.string(), Input.catch([null])).nullish(),
  }),
});

/** What an input can be chosen from; undefined if it is no choice. Old servers say it by the list, new ones by `COMBO` and options. */
const choicesOf = ([type, options]: z.infer<typeof Input>): ReadonlyArray<unknown> | undefined => {
  if (Array.isArray(type)) return type;
  if (type !== "COMBO" || typeof options !== "object" || options === null || !("options" in options)) return undefined;
  return Array.isArray(options.options) ? options.options : undefined;
};

/** The first thing that a workflow needs and the server does not have, as a sentence; null if it has all. `info`: of `/object_info/…`. */
export const missingAt = (template: Workflow, info: ReadonlyMap<string, unknown>): string | null => {
  for (const { class_type: name, inputs } of Object.values(template)) {
    const known = NodeInfo.safeParse(info.get(name));
    if (!known.success) return `The server has no node ${name}: update ComfyUI or install the custom nodes that the workflow uses.`;
    const specs = { ...known.data.input.required, ...known.data.input.optional };
    for (const [field, value] of Object.entries(inputs)) {
      const choices = specs[field] === undefined ? undefined : choicesOf(specs[field]);
      if (choices === undefined || typeof value !== "string" || value.search(placeholder) >= 0 || choices.includes(value)) continue;
      return `The server's ${name} has no ${field} “${value}”: put the file into its models folder, or change the workflow.`;
    }
  }
  return null;
};
