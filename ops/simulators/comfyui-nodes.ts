// The nodes of a simulated ComfyUI: which there are, what their inputs take, and what a server says of a workflow that does not fit.
import * as z from "zod";

export const Workflow = z.record(z.string(), z.object({ class_type: z.string(), inputs: z.record(z.string(), z.unknown()) }));
export type Workflow = z.infer<typeof Workflow>;

/** The nodes that are installed, with what is checked of their inputs: a number, or a choice. */
const nodes: Readonly<Record<string, Readonly<Record<string, "number" | ReadonlyArray<string>>>>> = {
  CLIPLoader: {
    clip_name: ["umt5_xxl_fp8_e4m3fn_scaled.safetensors"],
    type: ["stable_diffusion", "sd3", "wan"],
    device: ["default", "cpu"],
  },
  CLIPTextEncode: {},
  CreateVideo: { fps: "number" },
  KSampler: {
    seed: "number",
    steps: "number",
    cfg: "number",
    sampler_name: ["euler", "dpmpp_2m", "uni_pc"],
    scheduler: ["normal", "karras", "simple"],
    denoise: "number",
  },
  LoadImage: {},
  ModelSamplingSD3: { shift: "number" },
  SaveVideo: { format: ["auto", "mp4"], codec: ["auto", "h264"] },
  UNETLoader: { unet_name: ["wan2.2_ti2v_5B_fp16.safetensors"], weight_dtype: ["default", "fp8_e4m3fn"] },
  VAEDecode: {},
  VAELoader: { vae_name: ["wan2.2_vae.safetensors", "wan_2.1_vae.safetensors"] },
  VHS_VideoCombine: { frame_rate: "number" },
  Wan22ImageToVideoLatent: { width: "number", height: "number", length: "number", batch_size: "number" },
};

export const nodeNames: ReadonlyArray<string> = Object.keys(nodes);

/** As `/object_info/…` tells it; old servers wrote choices as a bare list. */
export const infoOf = (name: string, isOld: boolean) => {
  const required = Object.entries(nodes[name] ?? {}).map(([field, wanted]) => {
    if (wanted === "number") return [field, ["INT", {}]];
    return [field, isOld ? [wanted, {}] : ["COMBO", { options: wanted }]];
  });
  return { input: { required: Object.fromEntries(required) }, output_node: false, name };
};

interface Problem {
  readonly type: string;
  readonly message: string;
  readonly nodes: unknown;
}

/** The first thing that is wrong with a workflow; null if it can be run. */
export const problemOf = (workflow: Workflow, installed: ReadonlySet<string>, isUploaded: (name: string) => boolean): Problem | null => {
  const error = (type: string, message: string, details: string) => [{ type, message, details, extra_info: {} }];
  for (const [id, { class_type: name, inputs }] of Object.entries(workflow)) {
    if (!installed.has(name)) {
      return { type: "missing_node_type", message: `Node '${name}' not found. The custom node may not be installed.`, nodes: {} };
    }
    const errors = Object.entries(inputs).flatMap(([field, value]) => {
      const wanted = nodes[name]?.[field];
      if (Array.isArray(value)) return [];
      if (wanted === "number") {
        return typeof value === "number" ? [] : error("invalid_input_type", "Failed to convert an input value to a INT value", field);
      }
      if (wanted !== undefined && !wanted.includes(String(value))) {
        return error("value_not_in_list", "Value not in list", `${field}: '${String(value)}' not in ${JSON.stringify(wanted)}`);
      }
      const isMissing = name === "LoadImage" && field === "image" && !isUploaded(String(value));
      return isMissing
        ? error("custom_validation_failed", "Custom validation failed for node", `Invalid image file: ${String(value)}`)
        : [];
    });
    if (errors.length > 0) {
      const told = { [id]: { errors, dependent_outputs: [], class_type: name } };
      return { type: "prompt_outputs_failed_validation", message: "Prompt outputs failed validation", nodes: told };
    }
  }
  return null;
};
