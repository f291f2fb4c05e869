// Makes small real media files for tests: nothing binary is kept in the tree. Runs in the process of the test.
import {
  AudioSample,
  AudioSampleSource,
  FilePathTarget,
  MkvOutputFormat,
  MovOutputFormat,
  Mp4OutputFormat,
  Output,
  VideoSample,
  VideoSampleSource,
  WebMOutputFormat,
} from "mediabunny";
import "./container.ts";

export interface ClipOptions {
  readonly container?: "mp4" | "mov" | "webm" | "mkv";
  readonly codec?: "avc" | "hevc" | "vp8" | "vp9";
  readonly audio?: "aac" | "opus" | "pcm-s16" | null;
  readonly width?: number;
  readonly height?: number;
  readonly frames?: number;
  readonly fps?: number;
  /** Bits a second that the encoder aims at. Default: 400,000. */
  readonly bitrate?: number;
  /** s */
  readonly keyFrameInterval?: number;
  /** Index first. */
  readonly faststart?: boolean;
  /** Slow preset with B-frames. */
  readonly bFrames?: boolean;
  readonly rotation?: 0 | 90 | 180 | 270;
  /** What a camera writes into the file besides. */
  readonly title?: string;
  /** Moves the picture, so that clips differ. */
  readonly seed?: number;
}

const formatOf = (container: NonNullable<ClipOptions["container"]>, faststart: boolean) => {
  switch (container) {
    case "mp4":
      return new Mp4OutputFormat({ fastStart: faststart ? "in-memory" : false });
    case "mov":
      return new MovOutputFormat({ fastStart: faststart ? "in-memory" : false });
    case "webm":
      return new WebMOutputFormat();
    case "mkv":
      return new MkvOutputFormat();
  }
};

/** I420: in the left half the brightness tells the frame (80 + 2 × its number, modulo 120), in the right half a ramp moves. */
const picture = (width: number, height: number, index: number, seed: number): Uint8Array => {
  const half = width >> 1;
  const chroma = (width >> 1) * (height >> 1);
  const data = new Uint8Array(width * height + 2 * chroma);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data[y * width + x] = x < half ? 80 + ((index * 2 + seed) % 120) : 40 + ((x + y * 2 + index * 4 + seed * 7) % 160);
    }
  }
  data.fill(110 + (seed % 30), width * height, width * height + chroma);
  data.fill(140, width * height + chroma);
  return data;
};

/** Writes a clip: 12 frames of 64 by 48 at 24 a second, H.264 in MP4, silent, unless told otherwise. */
export const makeClip = async (path: string, options: ClipOptions = {}): Promise<void> => {
  const { container = "mp4", codec = "avc", audio = null, width = 64, height = 48, frames = 12, fps = 24 } = options;
  const output = new Output({ format: formatOf(container, options.faststart ?? true), target: new FilePathTarget(path) });
  const video = new VideoSampleSource({
    codec,
    bitrate: options.bitrate ?? 400_000,
    keyFrameInterval: options.keyFrameInterval ?? 1,
    latencyMode: options.bFrames === true ? "quality" : "realtime",
    hardwareAcceleration: "prefer-software",
  });
  output.addVideoTrack(video, { frameRate: fps, rotation: options.rotation ?? 0 });
  const sound = audio === null ? null : new AudioSampleSource(audio === "pcm-s16" ? { codec: audio } : { codec: audio, bitrate: 64_000 });
  if (sound !== null) output.addAudioTrack(sound);
  if (options.title !== undefined) output.setMetadataTags({ title: options.title });
  await output.start();
  for (let index = 0; index < frames; index++) {
    const sample = new VideoSample(picture(width, height, index, options.seed ?? 0), {
      format: "I420",
      codedWidth: width,
      codedHeight: height,
      timestamp: index / fps,
      duration: 1 / fps,
    });
    await video.add(sample);
    sample.close();
  }
  video.close();
  if (sound !== null) {
    const sampleRate = 48_000;
    const data = new Float32Array(Math.round((sampleRate * frames) / fps));
    for (let index = 0; index < data.length; index++) data[index] = 0.2 * Math.sin((2 * Math.PI * 440 * index) / sampleRate);
    const sample = new AudioSample({ data, format: "f32", numberOfChannels: 1, sampleRate, timestamp: 0 });
    await sound.add(sample);
    sample.close();
    sound.close();
  }
  await output.finalize();
};

/** The value that a test cannot go on without. */
export const must = <T>(value: T | null | undefined): T => {
  if (value === null || value === undefined) throw new Error("a value that the test needs is not there");
  return value;
};
