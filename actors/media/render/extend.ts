// Goes on with a video from its last frame: the first new frame is that frame, and the motion grows out of it.
import { withVideo } from "../container.ts";
import { failureFrom, unsupported } from "../failure.ts";
import { eachFrame, soundOf } from "./clip-source.ts";
import { moveOver } from "./motion.ts";
import { frameSize, videoExtendParams } from "./params.ts";
import { openStillWriter } from "./stills.ts";
import { warp } from "./warp.ts";
import type { Work } from "./work.ts";

/** Longest source that is written again before its continuation, s. */
const longestSource = 120;

export const videoExtend: Work = async (spec, path, progress) => {
  const params = videoExtendParams.parse(spec.params);
  const [input] = spec.inputs;
  if (input === undefined || input.mediaType !== "video") throw unsupported("Extending needs a video.");
  try {
    await withVideo(input.path, async ({ video, audio }) => {
      const size = frameSize(params.quality, (await video.getDisplayWidth()) / (await video.getDisplayHeight()));
      const length = (await video.computeDuration()) - (await video.getFirstTimestamp());
      if (params.includeSource && length > longestSource) {
        throw unsupported(
          `The video lasts ${Math.round(length)} s; at most ${longestSource} s can be kept before a continuation. Turn “Include source” off.`,
        );
      }
      const before = params.includeSource ? Math.max(1, Math.round(length * params.fps)) : 0;
      const after = Math.round(params.duration * params.fps);
      const soundBefore = params.includeSource && (audio !== null || params.audio) ? await soundOf(audio, before / params.fps) : null;
      const writer = await openStillWriter({
        ...size,
        path,
        frames: before + after,
        progress,
        params,
        seconds: params.duration,
        soundBefore,
      });
      const last = await eachFrame(
        video,
        params.fps,
        size,
        params.includeSource
          ? async (planes) => {
              writer.planes.data.set(planes.data);
              await writer.add(null);
            }
          : null,
      );
      const look = moveOver(params, params.duration, true);
      for (let frame = 0; frame < after; frame++) {
        const time = frame / params.fps;
        warp(last, look(time), writer.planes);
        // Weather sets in a moment later: the first new frame is the last old one.
        await writer.add(frame === 0 ? null : time);
      }
      await writer.finish();
    });
  } catch (error) {
    throw failureFrom(error, (message) => unsupported(`The video cannot be extended (${message}).`, error));
  }
};
