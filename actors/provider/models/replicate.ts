// The video models of Replicate that PixSim offers, as their pages describe them (read in November 2026; each entry names its pages). What a
// page does not say is not here. Pure.
import type { Operation } from "#protocol/job.ts";
import type { ProviderOperation } from "../provider.ts";
import { inputSpecs, operationOf } from "./form.ts";
import { alike, type ModelEntry, type Wanted, wholeNumbers } from "./model.ts";

/** The output of each is the URL itself. */
const output = [] as const;
const most = 5000;

// https://replicate.com/google/veo-3.1/versions/ed5b1767b711dd15d954b162af1e890d27882680f463a85e94f02d604012b972/api; values of duration and
// resolution and the prices: https://replicate.com/google/veo-3.1. References only at 16:9 and 8 seconds.
const veo = {
  id: "google/veo-3.1",
  key: "veo-3.1",
  title: "Veo 3.1",
  prompt: { field: "prompt", most },
  negativePrompt: "negative_prompt",
  duration: { field: "duration", values: [4, 6, 8], form: "number" },
  aspectRatio: alike("aspect_ratio", ["16:9", "9:16"], "16:9"),
  quality: alike("resolution", ["720p", "1080p"], "1080p"),
  audio: { field: "generate_audio" },
  seed: "seed",
  price: ({ seconds, audio }: Wanted) => seconds * (audio ? 0.4 : 0.2),
  output,
} as const;

// https://replicate.com/kwaivgi/kling-v3-video/versions/4a8ba2743bd9dc2b487e0c4319988aacd658d33c2d064b8a420f4ee1732c30bd/api; prices:
// https://replicate.com/kwaivgi/kling-v3-video. `mode` standard makes 720p, pro 1080p; a picture decides the ratio.
const kling = {
  id: "kwaivgi/kling-v3-video",
  key: "kling-3.0",
  title: "Kling 3.0",
  prompt: { field: "prompt", most: 2500 },
  negativePrompt: "negative_prompt",
  duration: { field: "duration", values: wholeNumbers(3, 15), form: "number" },
  quality: { field: "mode", values: { "720p": "standard", "1080p": "pro" }, initial: "1080p" },
  audio: { field: "generate_audio" },
  price: ({ seconds, quality, audio }: Wanted) => seconds * (quality === "720p" ? (audio ? 0.126 : 0.084) : audio ? 0.168 : 0.112),
  output,
} as const;
const klingFiles = { formats: ["image/jpeg", "image/png"], bytes: 10_000_000 };

// https://replicate.com/minimax/hailuo-2.3/versions/23a02633b5a44780345a59d4d43f8bd510efa239c56f08f29639ff24fa6615e1/api; prices a video:
// https://replicate.com/minimax/hailuo-2.3. 10 seconds only at 768p.
const hailuo = {
  id: "minimax/hailuo-2.3",
  key: "hailuo-2.3",
  title: "Hailuo 2.3",
  prompt: { field: "prompt", most },
  duration: { field: "duration", values: [6, 10], form: "number" },
  quality: alike("resolution", ["768p", "1080p"], "768p"),
  audio: "never",
  conflict: ({ duration, quality }: { readonly duration?: number | undefined; readonly quality?: string | undefined }) =>
    duration === 10 && quality === "1080p"
      ? { field: "duration", message: "Hailuo 2.3 makes 10 seconds only at 768p: choose 6 seconds or 768p." }
      : null,
  price: ({ seconds, quality }: Wanted) => (quality === "1080p" ? 0.49 : seconds > 6 ? 0.56 : 0.28),
  output,
} as const;

export const replicateModels: ReadonlyArray<ModelEntry> = [
  { ...veo, operation: "text_to_video", inputs: [] },
  {
    ...kling,
    operation: "text_to_video",
    aspectRatio: alike("aspect_ratio", ["16:9", "9:16", "1:1"], "16:9"),
    inputs: [],
  },
  { ...hailuo, operation: "text_to_video", inputs: [] },

  { ...veo, operation: "image_to_video", inputs: [{ kind: "each", role: "image", fields: ["image"], files: {} }] },
  { ...kling, operation: "image_to_video", inputs: [{ kind: "each", role: "image", fields: ["start_image"], files: klingFiles }] },
  { ...hailuo, operation: "image_to_video", inputs: [{ kind: "each", role: "image", fields: ["first_frame_image"], files: {} }] },

  { ...veo, operation: "video_transition", inputs: [{ kind: "each", role: "frame", fields: ["image", "last_frame"], files: {} }] },
  {
    ...kling,
    operation: "video_transition",
    inputs: [{ kind: "each", role: "frame", fields: ["start_image", "end_image"], files: klingFiles }],
  },

  {
    ...veo,
    operation: "fusion",
    duration: { ...veo.duration, values: [8] },
    aspectRatio: alike("aspect_ratio", ["16:9"], "16:9"),
    inputs: [{ kind: "list", roles: ["subject", "background"], field: "reference_images", most: 3, mention: null, files: {} }],
  },
];

const of = (operation: Operation): ReadonlyArray<ModelEntry> => replicateModels.filter((entry) => entry.operation === operation);

export const replicateOperations = {
  text_to_video: operationOf("Text to video", "A video from words, with sound where the model makes it.", [], of("text_to_video")),
  image_to_video: operationOf("Image to video", "Sets a picture in motion.", [inputSpecs.image], of("image_to_video")),
  video_transition: operationOf("Transition", "Leads from one picture to another.", [inputSpecs.frames], of("video_transition")),
  fusion: operationOf(
    "Fusion",
    "Puts subjects from pictures into one video.",
    [inputSpecs.subjects(3), inputSpecs.background],
    of("fusion"),
  ),
} as const satisfies Partial<Record<Operation, ProviderOperation>>;
