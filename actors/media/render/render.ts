// The renderer: draws and encodes what an order says. Runs in a media child.
import type { RenderSpec } from "../media.ts";
import { videoExtend } from "./extend.ts";
import { fusion } from "./fusion.ts";
import { imageToVideo } from "./image-to-video.ts";
import { textToVideo } from "./text-to-video.ts";
import { videoTransition } from "./transition.ts";
import type { Work } from "./work.ts";

const works: Readonly<Record<RenderSpec["operation"], Work>> = {
  text_to_video: textToVideo,
  image_to_video: imageToVideo,
  video_extend: videoExtend,
  video_transition: videoTransition,
  fusion,
};

/** Writes the video of an order to `path`: the same order gives the same bytes on the same machine. Throws MediaFailure for bad inputs. */
export const render: Work = (spec, path, progress) => works[spec.operation](spec, path, progress);
