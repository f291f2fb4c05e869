// Small real videos for simulators to hand out: H.264 in MP4, made once for each size, length and look.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeClip } from "#actors/media/testing.ts";

export interface SimulatedVideo {
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
  /** Default: 12. */
  readonly fps?: number;
  /** Videos of different looks differ; their bytes do, too. Taken modulo 16. Default: 0. */
  readonly look?: number;
  readonly audio?: boolean;
}

/** Kept in memory; the oldest goes when there are more. */
const keptVideos = 64;
const kept = new Map<string, Promise<Buffer>>();
/** The encoder runs in this process: one after another, so that a burst of jobs does not stop everything else. */
let last: Promise<unknown> = Promise.resolve();

const even = (value: number): number => Math.max(16, Math.round(value / 2) * 2);

const make = async ({ width, height, seconds, fps = 12, look = 0, audio = false }: SimulatedVideo): Promise<Buffer> => {
  const folder = await mkdtemp(join(tmpdir(), "pixsim-simulated-"));
  try {
    const path = join(folder, "video.mp4");
    await makeClip(path, { width, height, fps, frames: Math.max(1, Math.round(seconds * fps)), seed: look, audio: audio ? "aac" : null });
    return await readFile(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Sizes are rounded to even pixels. */
export const simulatedVideo = (wanted: SimulatedVideo): Promise<Buffer> => {
  const video = { ...wanted, width: even(wanted.width), height: even(wanted.height), look: (wanted.look ?? 0) % 16 };
  const key = JSON.stringify([video.width, video.height, video.seconds, video.fps, video.look, video.audio]);
  const known = kept.get(key);
  if (known !== undefined) return known;
  const made = last.then(() => make(video));
  last = made.catch(() => undefined);
  kept.set(key, made);
  const [oldest] = kept.keys();
  if (kept.size > keptVideos && oldest !== undefined) kept.delete(oldest);
  return made;
};
