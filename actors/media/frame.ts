// Writes one frame of a video as a picture. Runs in a media child.
import { type InputVideoTrack, VideoSampleSink } from "mediabunny";
import { withVideo } from "./container.ts";
import { MediaFailure, failureFrom, unsupported } from "./failure.ts";
import { fromRgb, writePicture } from "./pictures.ts";
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

/** Writes the frame shown at a time as a PNG, full size and upright; past the end: the last one. Throws MediaFailure. */
export const frame = async (path: string, timeMs: number, output: string): Promise<FrameTaken> => {
  try {
    return await withVideo(path, ({ video }) => takeFrame(video, timeMs, output));
  } catch (error) {
    throw failureFrom(error, (message) => new MediaFailure("unsupported", `The frame cannot be read (${message}).`, error));
  }
};
