// Videos that say in their pixels which one they are and which frame is shown, made ready for playing as PixSim makes its own. Each has a
// tone of its own all along.
import { join } from "node:path";
import { makePlayable } from "#actors/media/play.ts";
import { probe } from "#actors/media/probe.ts";
import { openWriter } from "#actors/media/render/writer.ts";
import { makePlanes } from "#actors/media/render/i420.ts";
import { sampleRate } from "#actors/media/render/sound.ts";

export const clipFormat = { width: 640, height: 360, fps: 24 } as const;
/** Bits in the picture: 8 of the clip, 8 of the frame. One below the other, each in a row of its own. */
const bits = 8;
/** Brightness of a bit that is set, and of one that is not: neither is as dark as what is shown where nothing is. */
const light = 225;
const dark = 110;

export interface CodedClip {
  readonly index: number;
  readonly frames: number;
  readonly video: string;
  readonly audio: string;
}

/** In the folder; of so many frames. */
export const makeCodedClip = async (folder: string, index: number, frames: number): Promise<CodedClip> => {
  const { width, height, fps } = clipFormat;
  const path = join(folder, `clip-${index}.mp4`);
  const writer = await openWriter({ path, width, height, fps, frames, sound: true, progress: () => {} });
  const samples = new Float32Array(Math.round((frames / fps) * sampleRate) * 2);
  for (let at = 0; at < samples.length; at++) samples[at] = 0.4 * Math.sin((at >> 1) * ((2 * Math.PI * (330 + 40 * index)) / sampleRate));
  await writer.addSound(samples);
  const planes = makePlanes(width, height);
  planes.data.fill(128, width * height);
  for (let frame = 0; frame < frames; frame++) {
    for (let y = 0; y < height; y++) {
      const value = y < height / 2 ? index : frame;
      for (let bit = 0; bit < bits; bit++) {
        const from = y * width + (bit * width) / bits;
        planes.data.fill(((value >> bit) & 1) === 1 ? light : dark, from, from + width / bits);
      }
    }
    await writer.addPlanes(planes);
  }
  await writer.finish();
  const facts = await probe(path);
  if (facts.mediaType !== "video") throw new Error("A clip is no video.");
  const made = await makePlayable(path, facts, join(folder, `clip-${index}`));
  const pathOf = (role: "play-video" | "play-audio"): string => {
    const file = made.find((one) => one.role === role);
    if (file === undefined) throw new Error(`The clip has no ${role}.`);
    return file.path;
  };
  return { index, frames, video: pathOf("play-video"), audio: pathOf("play-audio") };
};

export interface Read {
  readonly clip: number;
  readonly frame: number;
}

/** What a picture of the whole stage shows. `at`: brightness at a place, each coordinate 0 to 1. "black": nothing; null: no clip of these. */
export const readPicture = (at: (x: number, y: number) => number): Read | "black" | null => {
  const read = (y: number): number | "black" | null => {
    let value = 0;
    let black = 0;
    for (let bit = 0; bit < bits; bit++) {
      const brightness = at((bit + 0.5) / bits, y);
      if (brightness < 45) black++;
      else if (brightness > (light + dark) / 2) value |= 1 << bit;
    }
    if (black === bits) return "black";
    return black === 0 ? value : null;
  };
  const [clip, frame] = [read(0.25), read(0.75)];
  if (clip === "black" || frame === "black") return "black";
  return clip === null || frame === null ? null : { clip, frame };
};
