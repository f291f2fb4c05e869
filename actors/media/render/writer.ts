// Encodes pictures and sound into an MP4 file that is the same, byte for byte, each time.
import { open, rename, rm } from "node:fs/promises";
import { AudioSampleSource, BufferTarget, Mp4OutputFormat, Output, VideoSample, VideoSampleSource } from "mediabunny";
import "../container.ts";
import { forgetTimes } from "../forget-times.ts";
import { SoundPieces } from "../sound-pieces.ts";
import { fromRgba, makePlanes, matrixOf, type Planes } from "./i420.ts";
import { sampleRate } from "./sound.ts";

export interface WriterOptions {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Frames that will be written. */
  readonly frames: number;
  readonly sound: boolean;
  /** 0 to 1, each 2 %. */
  readonly progress: (fraction: number) => void;
}

export interface Writer {
  /** The canvas' pixels as the next frame. */
  readonly addPixels: (rgba: Uint8Array) => Promise<void>;
  /** The planes as the next frame; they may be changed afterwards. */
  readonly addPlanes: (planes: Planes) => Promise<void>;
  /** Interleaved stereo at `sampleRate`, following what was added before. All of it comes before the first frame. */
  readonly addSound: (samples: Float32Array) => Promise<void>;
  readonly finish: () => Promise<void>;
}

/** Times the pixels: sharp at the usual sizes, and small files. */
const bitsPerPixel = 0.14;
/** Frames between two collections of short-lived memory. */
const collectEvery = 4;
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const store = async (path: string, bytes: Uint8Array): Promise<void> => {
  const part = `${path}.part`;
  try {
    await using file = await open(part, "w");
    await file.writeFile(bytes);
    await file.datasync();
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  await rename(part, path);
};

export const openWriter = async ({ path, width, height, fps, frames, sound, progress }: WriterOptions): Promise<Writer> => {
  const target = new BufferTarget();
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: "in-memory" }), target });
  const video = new VideoSampleSource({
    codec: "avc",
    bitrate: Math.round(width * height * fps * bitsPerPixel),
    keyFrameInterval: 1,
    // Fast preset without B-frames: what is played can be cut at each key frame without encoding anew.
    latencyMode: "realtime",
    hardwareAcceleration: "prefer-software",
  });
  output.addVideoTrack(video, { frameRate: fps });
  const audio = sound ? new AudioSampleSource({ codec: "aac", bitrate: 128_000 }) : null;
  if (audio !== null) output.addAudioTrack(audio);
  const pieces = audio === null ? null : new SoundPieces(audio);
  await output.start();
  // While the encoder has one picture, the next is drawn: two are kept in turn.
  const turns = [makePlanes(width, height), makePlanes(width, height)] as const;
  let encoding: Promise<void> = Promise.resolve();
  let frame = 0;
  let told = 0;

  const encode = async (planes: Planes, index: number): Promise<void> => {
    const sample = new VideoSample(planes.data, {
      format: "I420",
      codedWidth: width,
      codedHeight: height,
      timestamp: index / fps,
      duration: 1 / fps,
      colorSpace: { primaries: matrixOf(height), transfer: matrixOf(height), matrix: matrixOf(height), fullRange: false },
    });
    try {
      await video.add(sample);
    } finally {
      sample.close();
    }
  };

  /** Fills the free picture and hands it to the encoder once that has done with the one before. */
  const next = async (fill: (planes: Planes) => void): Promise<void> => {
    if (frame === 0) await pieces?.end();
    const planes = turns[frame % 2 === 0 ? 0 : 1];
    fill(planes);
    await encoding;
    encoding = encode(planes, frame);
    // It is awaited with the next picture; until then a failure is nobody's.
    encoding.catch(() => {});
    frame++;
    if (frame % collectEvery === 0) {
      // What the canvas handed out is freed only after a turn of the event loop.
      globalThis.gc?.({ type: "minor" });
      await nextTurn();
    }
    const fraction = Math.min(0.98, Math.floor((frame / frames) * 50) / 50);
    if (fraction > told) progress((told = fraction));
  };

  return {
    addPlanes: (planes) => next((free) => free.data.set(planes.data)),
    addPixels: (rgba) => next((free) => fromRgba(rgba, free)),
    addSound: async (data) => pieces?.add({ data, channels: 2, sampleRate, timestamp: 0 }),
    finish: async () => {
      await encoding;
      await output.finalize();
      if (target.buffer === null) throw new Error("The encoder gave no file.");
      const bytes = new Uint8Array(target.buffer);
      forgetTimes(bytes);
      await store(path, bytes);
      progress(1);
    },
  };
};
