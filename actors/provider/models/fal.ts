// The video models of fal that PixSim offers, as fal's own pages describe them (read in November 2026; each entry names its pages). What a
// page does not say is not here. Pure.
import type { ProviderOperation } from "../provider.ts";
import { inputSpecs, operationOf } from "./form.ts";
import { alike, type ModelEntry, type ModelOperation, type Wanted, wholeNumbers } from "./model.ts";

const output = ["video", "url"] as const;
const most = 5000;

// Veo 3.1: https://fal.ai/models/fal-ai/veo3.1/llms.txt, …/image-to-video, …/first-last-frame-to-video, …/reference-to-video (also
// https://fal.ai/docs/model-api-reference/video-generation-api/veo3.1-reference-to-video), …/fast/extend-video. References: up to
// three, as Google says of the model.
const veo = {
  key: "veo-3.1",
  title: "Veo 3.1",
  prompt: { field: "prompt", most },
  duration: { field: "duration", values: [4, 6, 8], form: "suffixed" },
  quality: alike("resolution", ["720p", "1080p", "4k"], "720p"),
  audio: { field: "generate_audio" },
  price: ({ seconds, quality, audio }: Wanted) => seconds * ((quality === "4k" ? 0.4 : 0.2) + (audio ? 0.2 : 0)),
  output,
} as const;
const veoFollowing = alike("aspect_ratio", ["16:9", "9:16"], null);

// Seedance 2.0: https://fal.ai/models/bytedance/seedance-2.0/{text-to-video,image-to-video,reference-to-video} and llms.txt there. Sound
// costs nothing. Priced by tokens: height × width × seconds × 24 / 1024, $0.014 a thousand.
const seedanceWidth: Readonly<Record<string, number>> = { "480p": 854, "720p": 1280, "1080p": 1920 };
const seedance = {
  key: "seedance-2.0",
  title: "Seedance 2.0",
  prompt: { field: "prompt", most },
  duration: { field: "duration", values: wholeNumbers(4, 15), form: "text" },
  aspectRatio: alike("aspect_ratio", ["21:9", "16:9", "4:3", "1:1", "3:4", "9:16"], null),
  quality: alike("resolution", ["480p", "720p", "1080p"], "720p"),
  audio: { field: "generate_audio" },
  seed: "seed",
  /** As of 16:9: the size of other ratios is not published. */
  price: ({ seconds, quality }: Wanted) => {
    const height = Number.parseInt(quality ?? "720p", 10);
    return (((height * (seedanceWidth[`${height}p`] ?? 1280) * seconds * 24) / 1024) * 0.014) / 1000;
  },
  output,
} as const;
const seedanceFiles = { formats: ["image/jpeg", "image/png", "image/webp"], bytes: 30_000_000 };

// Kling 3.0 Pro: https://fal.ai/docs/model-api-reference/video-generation-api/kling-video-v3-pro and
// https://fal.ai/models/fal-ai/kling-video/v3/pro/image-to-video (price: the page, which is newer than its llms.txt). At most 2500 characters:
// https://fal.ai/models/fal-ai/kling-video/v3/turbo/pro/text-to-video/llms.txt. The picture decides the ratio.
const kling = {
  key: "kling-3.0-pro",
  title: "Kling 3.0 Pro",
  prompt: { field: "prompt", most: 2500 },
  negativePrompt: "negative_prompt",
  duration: { field: "duration", values: wholeNumbers(3, 15), form: "text" },
  audio: { field: "generate_audio" },
  price: ({ seconds, audio }: Wanted) => seconds * (audio ? 0.168 : 0.112),
  output,
} as const;

// LTX 2.3 Pro: https://fal.ai/models/fal-ai/ltx-2.3/text-to-video/llms.txt and …/image-to-video/llms.txt. The switch of the sound is of the
// fast variant's page (https://fal.ai/models/fal-ai/ltx-2.3/text-to-video/fast/llms.txt) and is not sent: there always is sound.
const ltxFactors: Readonly<Record<string, number>> = { "1080p": 1, "1440p": 2, "4k": 4 };
const ltx = {
  key: "ltx-2.3-pro",
  title: "LTX 2.3 Pro",
  prompt: { field: "prompt", most },
  duration: { field: "duration", values: [6, 8, 10], form: "number" },
  quality: { field: "resolution", values: { "1080p": "1080p", "1440p": "1440p", "4k": "2160p" }, initial: "1080p" },
  audio: "always",
  output,
} as const;
const ltxPrice =
  (base: number) =>
  ({ seconds, quality }: Wanted): number =>
    seconds * base * (ltxFactors[quality ?? "1080p"] ?? 1);

const any = {};
const first = (field: string, files = {}) => ({ kind: "each", role: "image", fields: [field], files }) as const;
const firstAndLast = (fields: readonly [string, string], files = {}) => ({ kind: "each", role: "frame", fields, files }) as const;

export const falModels: ReadonlyArray<ModelEntry> = [
  {
    ...veo,
    id: "fal-ai/veo3.1",
    operation: "text_to_video",
    negativePrompt: "negative_prompt",
    aspectRatio: alike("aspect_ratio", ["16:9", "9:16"], "16:9"),
    seed: "seed",
    inputs: [],
  },
  { ...seedance, id: "bytedance/seedance-2.0/text-to-video", operation: "text_to_video", inputs: [] },
  {
    ...kling,
    id: "fal-ai/kling-video/v3/pro/text-to-video",
    operation: "text_to_video",
    aspectRatio: alike("aspect_ratio", ["16:9", "9:16", "1:1"], "16:9"),
    inputs: [],
  },
  {
    ...ltx,
    id: "fal-ai/ltx-2.3/text-to-video",
    operation: "text_to_video",
    aspectRatio: alike("aspect_ratio", ["16:9", "9:16"], "16:9"),
    inputs: [],
    price: ltxPrice(0.08),
  },

  {
    ...veo,
    id: "fal-ai/veo3.1/image-to-video",
    operation: "image_to_video",
    negativePrompt: "negative_prompt",
    aspectRatio: veoFollowing,
    seed: "seed",
    inputs: [first("image_url")],
  },
  { ...seedance, id: "bytedance/seedance-2.0/image-to-video", operation: "image_to_video", inputs: [first("image_url", seedanceFiles)] },
  { ...kling, id: "fal-ai/kling-video/v3/pro/image-to-video", operation: "image_to_video", inputs: [first("start_image_url")] },
  { ...ltx, id: "fal-ai/ltx-2.3/image-to-video", operation: "image_to_video", inputs: [first("image_url")], price: ltxPrice(0.06) },
  // https://fal.ai/models/xai/grok-imagine-video/v1.5/image-to-video/llms.txt: sound is included, each picture costs a cent.
  {
    id: "xai/grok-imagine-video/v1.5/image-to-video",
    key: "grok-imagine-1.5",
    title: "Grok Imagine 1.5",
    operation: "image_to_video",
    prompt: { field: "prompt", most },
    duration: { field: "duration", values: wholeNumbers(1, 15), form: "number" },
    quality: alike("resolution", ["480p", "720p"], "720p"),
    audio: "always",
    inputs: [first("image_url")],
    price: ({ seconds, quality }) => seconds * (quality === "480p" ? 0.08 : 0.14) + 0.01,
    output,
  },

  {
    ...veo,
    id: "fal-ai/veo3.1/first-last-frame-to-video",
    operation: "video_transition",
    negativePrompt: "negative_prompt",
    aspectRatio: veoFollowing,
    seed: "seed",
    inputs: [firstAndLast(["first_frame_url", "last_frame_url"])],
  },
  {
    ...seedance,
    id: "bytedance/seedance-2.0/image-to-video",
    operation: "video_transition",
    inputs: [firstAndLast(["image_url", "end_image_url"], seedanceFiles)],
  },
  {
    ...kling,
    id: "fal-ai/kling-video/v3/pro/image-to-video",
    operation: "video_transition",
    inputs: [firstAndLast(["start_image_url", "end_image_url"])],
  },
  {
    ...ltx,
    id: "fal-ai/ltx-2.3/image-to-video",
    operation: "video_transition",
    inputs: [firstAndLast(["image_url", "end_image_url"])],
    price: ltxPrice(0.06),
  },

  {
    ...veo,
    id: "fal-ai/veo3.1/fast/extend-video",
    key: "veo-3.1-fast",
    title: "Veo 3.1 Fast",
    operation: "video_extend",
    negativePrompt: "negative_prompt",
    duration: 7,
    aspectRatio: veoFollowing,
    quality: alike("resolution", ["720p"], "720p"),
    seed: "seed",
    inputs: [{ kind: "each", role: "video", fields: ["video_url"], files: { seconds: { most: 8 } } }],
    price: ({ seconds, audio }) => seconds * (audio ? 0.15 : 0.1),
  },

  {
    ...seedance,
    id: "bytedance/seedance-2.0/reference-to-video",
    operation: "fusion",
    inputs: [
      {
        kind: "list",
        roles: ["subject", "background"],
        field: "image_urls",
        most: 9,
        mention: (nth) => `@Image${nth}`,
        files: seedanceFiles,
      },
    ],
  },
  {
    ...veo,
    id: "fal-ai/veo3.1/reference-to-video",
    operation: "fusion",
    duration: { ...veo.duration, values: [8] },
    aspectRatio: alike("aspect_ratio", ["16:9", "9:16"], "16:9"),
    inputs: [{ kind: "list", roles: ["subject", "background"], field: "image_urls", most: 3, mention: null, files: any }],
  },
];

const of = (operation: ModelOperation): ReadonlyArray<ModelEntry> => falModels.filter((entry) => entry.operation === operation);

export const falOperations: Readonly<Record<ModelOperation, ProviderOperation>> = {
  text_to_video: operationOf("Text to video", "A video from words, with sound where the model makes it.", [], of("text_to_video")),
  image_to_video: operationOf("Image to video", "Sets a picture in motion.", [inputSpecs.image], of("image_to_video")),
  video_extend: operationOf(
    "Extend",
    "Goes on with a video of up to 8 seconds that Veo made, in 16:9 or 9:16 at 720p or 1080p, for 7 more.",
    [inputSpecs.video],
    of("video_extend"),
  ),
  video_transition: operationOf("Transition", "Leads from one picture to another.", [inputSpecs.frames], of("video_transition")),
  fusion: operationOf(
    "Fusion",
    "Puts subjects from pictures into one video.",
    [inputSpecs.subjects(8), inputSpecs.background],
    of("fusion"),
  ),
};
