// The video that is extended: its frames as planes of the new size, and its sound.
import { AudioSampleSink, type InputAudioTrack, type InputVideoTrack, type VideoSample, VideoSampleSink } from "mediabunny";
import { unsupported } from "../failure.ts";
import { toRgb } from "../rgb.ts";
import { fromRgb, makePlanes, matrixOf, type Planes } from "./i420.ts";
import { cover } from "./source.ts";
import { sampleRate } from "./sound.ts";

/** Fills `out` with a frame. Frames that have the right form already are taken as they are, so that nothing changes in them. */
const framePlanes = async (sample: VideoSample, video: InputVideoTrack, out: Planes): Promise<void> => {
  const { matrix, fullRange } = sample.colorSpace;
  const fits =
    sample.format === "I420" &&
    sample.codedWidth === out.width &&
    sample.codedHeight === out.height &&
    sample.rotation === 0 &&
    !sample.flip &&
    fullRange !== true &&
    (matrix === null || matrix === matrixOf(out.height)) &&
    sample.allocationSize() === out.data.byteLength;
  if (fits) {
    await sample.copyTo(out.data);
    return;
  }
  const picture = await toRgb(sample, await video.getDisplayWidth(), await video.getDisplayHeight());
  fromRgb((await cover(picture, out.width, out.height)).data, out);
};

/** Calls `use` with each frame of a video at even times; the planes are reused. Answers the last frame. */
export const eachFrame = async (
  video: InputVideoTrack,
  fps: number,
  size: { readonly width: number; readonly height: number },
  use: ((planes: Planes) => Promise<void>) | null,
): Promise<Planes> => {
  const start = await video.getFirstTimestamp();
  const end = await video.computeDuration();
  const sink = new VideoSampleSink(video);
  const planes = makePlanes(size.width, size.height);
  if (use !== null) {
    const count = Math.max(1, Math.round((end - start) * fps));
    // Half a frame in: a time that falls between two frames by rounding must not show the one before.
    const times = Array.from({ length: count }, (_, index) => Math.min(start + (index + 0.25) / fps, end));
    for await (const sample of sink.samplesAtTimestamps(times)) {
      if (sample !== null) {
        try {
          await framePlanes(sample, video, planes);
        } finally {
          sample.close();
        }
      }
      await use(planes);
    }
  }
  const last = await sink.getSample(end);
  if (last === null) throw unsupported("The video has no frames.");
  try {
    await framePlanes(last, video, planes);
  } finally {
    last.close();
  }
  return planes;
};

/** The first seconds of a sound track as interleaved stereo at the renderer's rate; silence where there is none. */
export const soundOf = async (audio: InputAudioTrack | null, seconds: number): Promise<Float32Array> => {
  const out = new Float32Array(Math.round(seconds * sampleRate) * 2);
  if (audio === null || !(await audio.canDecode())) return out;
  const frames = out.length / 2;
  for await (const sample of new AudioSampleSink(audio).samples(0, seconds)) {
    const planes = Array.from({ length: Math.min(2, sample.numberOfChannels) }, (_, planeIndex) => {
      const plane = new Float32Array(sample.numberOfFrames);
      sample.copyTo(plane, { planeIndex, format: "f32-planar" });
      return plane;
    });
    const [left, right = left] = planes;
    if (left === undefined || right === undefined) continue;
    const ratio = sample.sampleRate / sampleRate;
    const from = Math.max(0, Math.ceil(sample.timestamp * sampleRate));
    const to = Math.min(frames, Math.ceil((sample.timestamp + sample.numberOfFrames / sample.sampleRate) * sampleRate));
    for (let at = from; at < to; at++) {
      const place = Math.min(left.length - 1, Math.max(0, (at / sampleRate - sample.timestamp) * ratio * sampleRate));
      const first = Math.floor(place);
      const second = Math.min(left.length - 1, first + 1);
      const share = place - first;
      out[at * 2] = (left[first] as number) * (1 - share) + (left[second] as number) * share;
      out[at * 2 + 1] = (right[first] as number) * (1 - share) + (right[second] as number) * share;
    }
    sample.close();
  }
  return out;
};
