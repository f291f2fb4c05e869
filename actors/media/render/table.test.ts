// What can be asked of the renderer, in pairs that cover each value with few pixels: what comes out is what was asked for, and
// the same bytes each time.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RenderSpec } from "../media.ts";
import { probe } from "../probe.ts";
import { makeClip } from "../testing.ts";
import { aspects, frameSize, qualities } from "./params.ts";
import { render } from "./render.ts";

type Operation = RenderSpec["operation"];
type Quality = keyof typeof qualities;
type Aspect = keyof typeof aspects;

/** Pixels of every quality in every aspect ratio. */
const sizes: Readonly<Record<Aspect, Readonly<Record<Quality, readonly [width: number, height: number]>>>> = {
  "16:9": { "360p": [640, 360], "540p": [960, 540], "720p": [1280, 720], "1080p": [1920, 1080] },
  "9:16": { "360p": [360, 640], "540p": [540, 960], "720p": [720, 1280], "1080p": [1080, 1920] },
  "1:1": { "360p": [360, 360], "540p": [540, 540], "720p": [720, 720], "1080p": [1080, 1080] },
  "4:3": { "360p": [480, 360], "540p": [720, 540], "720p": [960, 720], "1080p": [1440, 1080] },
  "3:4": { "360p": [360, 480], "540p": [540, 720], "720p": [720, 960], "1080p": [1080, 1440] },
  "21:9": { "360p": [840, 360], "540p": [1260, 540], "720p": [1680, 720], "1080p": [2520, 1080] },
};

interface Row {
  readonly operation: Operation;
  readonly quality: Quality;
  /** Of an extended video: its source's. */
  readonly aspect: Aspect;
  readonly fps: 24 | 30;
  readonly audio: boolean;
}

const row = (operation: Operation, quality: Quality, aspect: Aspect, fps: 24 | 30, audio = false): Row => ({
  operation,
  quality,
  aspect,
  fps,
  audio,
});

const rows: ReadonlyArray<Row> = [
  row("text_to_video", "360p", "16:9", 24),
  row("text_to_video", "360p", "9:16", 30, true),
  row("text_to_video", "540p", "21:9", 24),
  row("text_to_video", "720p", "3:4", 30),
  row("text_to_video", "1080p", "1:1", 30),
  row("image_to_video", "360p", "21:9", 30, true),
  row("image_to_video", "540p", "9:16", 24),
  row("image_to_video", "720p", "1:1", 24),
  row("fusion", "360p", "3:4", 24),
  row("fusion", "540p", "4:3", 30, true),
  row("fusion", "720p", "16:9", 24),
  row("video_transition", "360p", "4:3", 24, true),
  row("video_transition", "540p", "1:1", 30),
  row("video_extend", "360p", "16:9", 30, true),
  row("video_extend", "360p", "9:16", 24),
];

const operations = [...new Set(rows.map(({ operation }) => operation))];

describe("the renderer's table", () => {
  let folder: string;
  let written = 0;
  const at = (name: string): string => join(folder, name);
  const picture = (role: string, name: string | null = null): RenderSpec["inputs"][number] => ({
    role,
    name,
    path: at("picture.png"),
    mediaType: "image",
    timeMs: null,
  });

  const inputsOf = ({ operation, aspect }: Row): RenderSpec["inputs"] => {
    switch (operation) {
      case "text_to_video":
        return [];
      case "image_to_video":
        return [picture("image")];
      case "video_extend":
        return [{ role: "video", name: null, path: at(`${aspect.replace(":", "x")}.mp4`), mediaType: "video", timeMs: null }];
      case "video_transition":
        return [picture("frame"), picture("frame")];
      case "fusion":
        return [picture("subject", "box")];
    }
  };

  const draw = async (row: Row, more: Readonly<Record<string, unknown>> = {}): Promise<string> => {
    const { operation, quality, aspect, fps, audio } = row;
    const prompt = operation === "fusion" ? "@box stands on a beach at sunset" : "a fox in the rain at night";
    const params = { prompt, seed: 7, duration: 1, quality, fps, audio, ...more };
    const path = at(`${++written}.mp4`);
    await render(
      { operation, params: operation === "video_extend" ? params : { ...params, aspectRatio: aspect }, inputs: inputsOf(row) },
      path,
      () => {},
    );
    return path;
  };

  /** Seconds of what comes out: a transition shows each of two pictures for one, an extended clip begins with half a second. */
  const secondsOf = ({ operation }: Row): number => (operation === "video_transition" ? 2 : operation === "video_extend" ? 1.5 : 1);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pixsim-table-"));
    await sharp({ create: { width: 300, height: 200, channels: 3, background: "#3060a0" } })
      .composite([{ input: { create: { width: 80, height: 80, channels: 3, background: "#f0a020" } }, left: 100, top: 60 }])
      .png()
      .toFile(at("picture.png"));
    await makeClip(at("16x9.mp4"), { width: 128, height: 72 });
    await makeClip(at("9x16.mp4"), { width: 72, height: 128 });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("has every quality, ratio and rate, and every operation at both rates", () => {
    const of = <T>(value: (row: Row) => T) => new Set(rows.map(value));
    expect(of(({ quality }) => quality)).toEqual(new Set(Object.keys(qualities)));
    expect(of(({ aspect }) => aspect)).toEqual(new Set(Object.keys(aspects)));
    expect(of(({ operation, fps }) => `${operation} ${fps}`).size).toBe(2 * operations.length);
    expect(of(({ quality, fps }) => `${quality} ${fps}`).size).toBe(2 * Object.keys(qualities).length - 1);
    expect(of(({ aspect, fps }) => `${aspect} ${fps}`).size).toBe(2 * Object.keys(aspects).length);
    expect(of(({ operation, audio }) => `${operation} ${audio}`).size).toBe(2 * operations.length);
  });

  it.each(Object.entries(sizes))("knows the size of a frame in %s", (aspect, expected) => {
    for (const [quality, [width, height]] of Object.entries(expected)) {
      expect(frameSize(quality as Quality, aspects[aspect as Aspect])).toEqual({ width, height });
    }
  });

  it.each(rows)("$operation in $quality, $aspect, $fps a second, with sound: $audio", async (row) => {
    const [width, height] = sizes[row.aspect][row.quality];
    const seconds = secondsOf(row);
    const facts = await probe(await draw(row));
    expect(facts).toMatchObject({ mediaType: "video", mime: "video/mp4", width, height, fps: row.fps, frames: seconds * row.fps });
    expect(facts).toMatchObject({ durationMs: expect.closeTo(seconds * 1000, -2), videoCodec: expect.stringMatching(/^avc1/) });
    expect(facts).toMatchObject({ audioCodec: row.audio ? expect.stringMatching(/^mp4a/) : null });
  });

  it.each(operations)("gives the same bytes for the same order, and others for another: %s", async (operation) => {
    const order: Row = { operation, quality: "360p", aspect: "16:9", fps: 24, audio: true };
    const [first, again, other] = await Promise.all(
      [{ caption: true }, { caption: true }, { caption: false }].map(async (more) => readFile(await draw(order, more))),
    );
    expect(first?.equals(again as Buffer)).toBe(true);
    expect(first?.equals(other as Buffer)).toBe(false);
  });
});
