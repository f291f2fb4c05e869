// A generation as PixVerse wants to be asked for it: endpoint and body, and what it would refuse anyway. Pure.
import { createHash } from "node:crypto";
import * as z from "zod";
import { mention, mentions, nameOf } from "./pixverse-names.ts";
import type { ProviderFailure, ProviderInput, ProviderRequest } from "./provider.ts";
import {
  type Model,
  type PixverseOperation,
  pixverseOperations,
  pixverseParams,
  withCamera,
  withClips,
  withMotion,
  withSound,
  withThinking,
} from "./pixverse-operations.ts";
import { wide } from "./wide.ts";

/** What stands at PixVerse for an input: an uploaded picture, an uploaded video or sound, or a video that PixVerse made. */
export interface RemoteInput {
  readonly kind: "image" | "media" | "made";
  readonly id: string;
}

export interface PixverseRequest {
  /** Under `/openapi/v2`. */
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Params {
  readonly prompt: string;
  readonly model: Model;
  readonly duration: number;
  readonly quality: string;
  readonly aspectRatio?: string;
  readonly seed?: number | undefined;
  readonly negativePrompt: string;
  readonly audio?: boolean;
  readonly multiClip?: boolean;
  readonly thinking?: string;
  readonly motion?: string;
  readonly camera?: string;
  readonly style?: string;
}

/** Of an operation that PixVerse has. */
export type PixverseOrder = ProviderRequest & { readonly operation: PixverseOperation };

export const isOrder = (request: ProviderRequest): request is PixverseOrder => Object.hasOwn(pixverseParams, request.operation);

const refused = (kind: "parameters" | "input", message: string): ProviderFailure => ({ kind, message, unsent: true });

/** Checked parameters, or why they cannot be sent. */
export const paramsOf = ({ operation, params, inputs }: PixverseOrder): Params | ProviderFailure => {
  const checked = pixverseParams[operation].safeParse(params);
  if (!checked.success) return refused("parameters", z.prettifyError(checked.error));
  const data: Params = checked.data;
  const conflict = pixverseOperations[operation].conflict?.(checked.data, inputs) ?? null;
  return conflict === null ? data : refused("parameters", conflict.message);
};

/** Every mention followed by a space, as PixVerse needs it; longer names first, as one may begin with another. */
const fusionPrompt = (prompt: string, inputs: ReadonlyArray<ProviderInput>): string => {
  const names = inputs.map(nameOf).toSorted((a, b) => b.length - a.length);
  const all = inputs.filter((input) => input.role === "background" && !mentions(prompt, nameOf(input)));
  const whole = [prompt, ...all.map((input) => `@${nameOf(input)}`)].join(" ");
  return names.reduce((text, name) => text.replace(mention(name), `@${name} `), whole);
};

const setting = (name: string, isSent: boolean, value: unknown): Readonly<Record<string, unknown>> => (isSent ? { [name]: value } : {});

/** What goes with every generation. A switch is sent to the models that have it, even when it is off. */
const common = (params: Params): Readonly<Record<string, unknown>> => {
  const { model, seed, negativePrompt, audio, multiClip, thinking = "auto", motion = "normal", camera = "none", style = "none" } = params;
  return {
    model,
    quality: params.quality,
    ...setting("seed", seed !== undefined, seed),
    ...setting("negative_prompt", negativePrompt !== "", negativePrompt),
    ...setting("motion_mode", motion !== "normal" && withMotion.includes(model), motion),
    ...setting("camera_movement", camera !== "none" && withCamera.includes(model), camera),
    ...setting("style", style !== "none", style),
    ...setting("generate_audio_switch", audio !== undefined && withSound.includes(model), audio),
    ...setting("generate_multi_clip_switch", multiClip !== undefined && withClips.includes(model), multiClip),
    ...setting("thinking_type", thinking !== "auto" && withThinking.includes(model), thinking),
  };
};

/** `remote`: one for each input, in its order. */
export const requestOf = ({ operation, inputs }: PixverseOrder, params: Params, remote: ReadonlyArray<RemoteInput>): PixverseRequest => {
  const { prompt, duration, aspectRatio } = params;
  const whole = { prompt, duration, ...common(params) };
  const ids = remote.map(({ id }) => wide(id));
  switch (operation) {
    case "text_to_video":
      return { path: "/video/text/generate", body: { ...whole, aspect_ratio: aspectRatio } };
    case "image_to_video":
      return { path: "/video/img/generate", body: { ...whole, img_id: ids[0] } };
    case "video_extend":
      return {
        path: "/video/extend/generate",
        body: { ...whole, [remote[0]?.kind === "made" ? "source_video_id" : "video_media_id"]: ids[0] },
      };
    case "video_transition":
      if (ids.length === 2) {
        return { path: "/video/transition/generate", body: { ...whole, first_frame_img: ids[0], last_frame_img: ids[1] } };
      }
      return {
        path: "/video/multi_transition/generate",
        body: {
          ...common(params),
          multi_transition: ids.map((id, index) => ({ img_id: id, ...setting("duration", index < ids.length - 1, duration), prompt })),
        },
      };
    case "fusion":
      return {
        path: "/video/fusion/generate",
        body: {
          ...whole,
          prompt: fusionPrompt(prompt, inputs),
          aspect_ratio: aspectRatio,
          image_references: inputs.map((input, index) => ({
            type: input.role === "background" ? "background" : "subject",
            img_id: ids[index],
            ref_name: nameOf(input),
          })),
        },
      };
  }
};

/** The namespace of our trace ids. */
const namespace = Buffer.from("6f1d6c1e0d5b4f6c9a3e7b2f8c4d5e60", "hex");

/** The same UUID (version 5) for the same key: PixVerse answers a repeated one with what it led to. */
export const traceIdOf = (key: string): string => {
  const bytes = createHash("sha1").update(namespace).update(key).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
};
