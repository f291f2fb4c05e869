// What the local studio offers: its operations with their parameters and inputs, as forms show them. Pure.
import type { Operation } from "#protocol/job.ts";
import type { RenderSpec } from "#actors/media/media.ts";
import { aspects, frameSize, longestSeconds, qualities, studioParams } from "#actors/media/render/params.ts";
import type { ProviderInputSpec, ProviderOperation } from "./provider.ts";

const orders =
  "For tests and stories, words in the prompt order a behaviour: #fail (the render fails), #filtered (it is refused), #slow:n (takes n seconds longer), #stall (never ends).";

const picture = (role: ProviderInputSpec["role"], title: string): ProviderInputSpec => ({
  role,
  title,
  accepts: ["image", "video"],
  min: 1,
  max: 1,
  named: false,
});

interface Sized {
  readonly quality?: unknown;
  readonly aspectRatio?: unknown;
  readonly duration?: unknown;
  readonly fps?: unknown;
}

/** Pixels of all frames of a clip: what its time goes by. Sizes that depend on an input count as 16:9. */
const pixelsOf = ({ quality, aspectRatio, duration, fps }: Sized, count: number): number => {
  const named = Object.keys(qualities).find((name): name is keyof typeof qualities => name === quality) ?? "540p";
  const ratio = Object.entries(aspects).find(([name]) => name === aspectRatio)?.[1] ?? aspects["16:9"];
  const { width, height } = frameSize(named, ratio);
  const seconds = Math.min(longestSeconds, (typeof duration === "number" ? duration : 5) * count);
  return width * height * seconds * (typeof fps === "number" ? fps : 24);
};

/** Pixels by operation, for estimates. A transition is taken to have three pictures, an extended clip to be as long again. */
export const workOf = (operation: Operation, params: Readonly<Record<string, unknown>>): number => {
  const count = operation === "video_transition" ? 3 : operation === "video_extend" && params["includeSource"] !== false ? 2 : 1;
  return pixelsOf(params, count);
};

export const studioOperations = (
  estimate: (operation: RenderSpec["operation"], params: Readonly<Record<string, unknown>>) => ReturnType<ProviderOperation["estimate"]>,
): Readonly<Record<RenderSpec["operation"], ProviderOperation>> => ({
  text_to_video: {
    title: "Text to video",
    summary: `Draws a scene from the words: place, time of day, weather, subjects and their colours, camera. ${orders}`,
    params: studioParams.text_to_video,
    inputs: [],
    estimate: (params) => estimate("text_to_video", params),
  },
  image_to_video: {
    title: "Image to video",
    summary: "Moves a camera over a picture, with depth and sway; words steer the camera and let rain or snow fall before it.",
    params: studioParams.image_to_video,
    inputs: [picture("image", "Picture")],
    estimate: (params) => estimate("image_to_video", params),
  },
  video_extend: {
    title: "Extend",
    summary: "Goes on with a video from its very last frame; the result holds the source too, unless switched off.",
    params: studioParams.video_extend,
    inputs: [{ ...picture("video", "Video"), accepts: ["video"] }],
    estimate: (params) => estimate("video_extend", params),
  },
  video_transition: {
    title: "Transition",
    summary: "Leads through two to seven pictures in one of seven styles.",
    params: studioParams.video_transition,
    inputs: [{ role: "frame", title: "Pictures, in order", accepts: ["image", "video"], min: 2, max: 7, named: false }],
    estimate: (params) => estimate("video_transition", params),
  },
  fusion: {
    title: "Fusion",
    summary:
      "Puts subjects into one moving picture. A subject on a plain or transparent background is cut out, others are framed. Without a background, one is drawn from the words.",
    params: studioParams.fusion,
    inputs: [
      { role: "subject", title: "Subjects", accepts: ["image", "video"], min: 1, max: 6, named: true },
      { role: "background", title: "Background", accepts: ["image", "video"], min: 0, max: 1, named: false },
    ],
    estimate: (params) => estimate("fusion", params),
  },
});
