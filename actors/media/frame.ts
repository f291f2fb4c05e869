// Writes one frame of a video, or what is seen of a picture, as a picture of its own. Runs in a media child.
import { type InputVideoTrack, VideoSampleSink } from "mediabunny";
import sharp from "sharp";
import { withVideo } from "./container.ts";
import { MediaFailure, failureFrom, unsupported } from "./failure.ts";
import { fromRgb, writePicture } from "./pictures.ts";
import { maxPixels } from "./probe.ts";
import { toRgb } from "./rgb.ts";

interface FrameTaken {
  /** When the frame starts to be shown, ms from the video's start. */
  readonly timeMs: number;
  readonly width: number;
  readonly height: number;
}

const takeFrame = async (video: InputVideoTrack, timeMs: number, output: string): Promise<FrameTaken> => {
  const start = await video.getFirstTimestamp();
  // Times are told in whole ms, rounded: half a ms is added, lest the frame before is taken for one that was told.
  const sample = await new VideoSampleSink(video).getSample(start + (Math.max(0, timeMs) + 0.5) / 1000);
  if (sample === null) throw unsupported(`The video has no frame at ${timeMs} ms.`);
  try {
    const [width, height] = [await video.getDisplayWidth(), await video.getDisplayHeight()];
    const picture = await toRgb(sample, width, height);
    await writePicture(fromRgb(picture).png({ compressionLevel: 6 }), output);
    return { timeMs: Math.round((sample.timestamp - start) * 1000), width, height };
  } finally {
    sample.close();
  }
};

/** Nothing of what a camera wrote into it comes along. */
const takePicture = async (path: string, output: string): Promise<FrameTaken> => {
  const upright = sharp(path, { limitInputPixels: maxPixels, failOn: "truncated", autoOrient: true });
  const { width, height } = await writePicture(upright.png({ compressionLevel: 6 }), output);
  return { timeMs: 0, width, height };
};

/**
 * Writes the frame shown at a time as a PNG, full size and upright; past the end: the last one. Null: the file is a picture, which shows
 * one thing at all times. Throws MediaFailure.
 */
export const frame = async (path: string, timeMs: number | null, output: string): Promise<FrameTaken> => {
  try {
    if (timeMs === null) return await takePicture(path, output);
    return await withVideo(path, ({ video }) => takeFrame(video, timeMs, output));
  } catch (error) {
    throw failureFrom(error, (message) => new MediaFailure("unsupported", `The frame cannot be read (${message}).`, error));
  }
};
