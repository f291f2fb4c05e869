// Real clips, small ones: the same order gives the same bytes, and each operation keeps what it promises.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RenderSpec } from "../media.ts";
import { probe } from "../probe.ts";
import { makeClip } from "../testing.ts";
import { render } from "./render.ts";
import { loadPicture } from "./source.ts";

type Input = RenderSpec["inputs"][number];

describe("the renderer", () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const drawn = async (
    name: string,
    operation: RenderSpec["operation"],
    params: Readonly<Record<string, unknown>>,
    inputs: ReadonlyArray<Input> = [],
  ) => {
    await render({ operation, params: { duration: 1, quality: "360p", ...params }, inputs }, at(name), () => {});
    return at(name);
  };
  const picture = (path: string): Input => ({ role: "image", name: null, path, mediaType: "image", timeMs: null });
  const video = (path: string, timeMs: number | null = null): Input => ({ role: "video", name: null, path, mediaType: "video", timeMs });
  const frame = (path: string, timeMs: number | null) => loadPicture(video(path, timeMs), true);
  /** Mean difference of two pictures, of 255. */
  const difference = (a: Uint8Array, b: Uint8Array): number => {
    expect(a.length).toBe(b.length);
    let sum = 0;
    for (let index = 0; index < a.length; index++) sum += Math.abs((a[index] as number) - (b[index] as number));
    return sum / a.length;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pixsim-render-"));
    await sharp({ create: { width: 300, height: 200, channels: 3, background: "#3060a0" } })
      .composite([{ input: { create: { width: 80, height: 80, channels: 3, background: "#f0a020" } }, left: 100, top: 60 }])
      .png()
      .toFile(at("picture.png"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("gives the same bytes for the same order, and others for another seed", async () => {
    const params = { prompt: "a fox in the rain at night", seed: 4, audio: true, caption: true };
    const [first, again, other] = await Promise.all(
      [params, params, { ...params, seed: 5 }].map(async (each, index) => readFile(await drawn(`same${index}.mp4`, "text_to_video", each))),
    );
    expect(first?.equals(again as Buffer)).toBe(true);
    expect(first?.equals(other as Buffer)).toBe(false);
  });

  it("draws in the size, length, rate and with the sound that were asked for", async () => {
    const path = await drawn("tall.mp4", "text_to_video", { prompt: "sea", aspectRatio: "9:16", fps: 30, duration: 1.5, audio: true });
    expect(await probe(path)).toMatchObject({
      width: 360,
      height: 640,
      fps: 30,
      frames: 45,
      videoCodec: expect.stringMatching(/^avc1/),
      audioCodec: expect.stringMatching(/^mp4a/),
    });
  });

  it("tells its progress in steps of two hundredths", async () => {
    const told: Array<number> = [];
    await render(
      { operation: "text_to_video", params: { prompt: "x", duration: 3, quality: "360p" }, inputs: [] },
      at("steps.mp4"),
      (fraction) => told.push(fraction),
    );
    expect(told).toHaveLength(50);
    expect(told.at(-1)).toBe(1);
    told.forEach((fraction, index) => expect(fraction).toBeCloseTo((index + 1) / 50, 6));
  });

  it("keeps the shape of a picture that it brings to life", async () => {
    const path = await drawn("alive.mp4", "image_to_video", { prompt: "snow" }, [picture(at("picture.png"))]);
    expect(await probe(path)).toMatchObject({ width: 540, height: 360, frames: 24 });
  });

  it("goes on from exactly the last frame, after the source or without it", async () => {
    await makeClip(at("source.mp4"), { width: 640, height: 360, frames: 18, audio: "aac" });
    const last = await frame(at("source.mp4"), null);
    const alone = await drawn("alone.mp4", "video_extend", { includeSource: false, prompt: "rain" }, [video(at("source.mp4"))]);
    expect(difference((await frame(alone, 0)).data, last.data)).toBeLessThan(4);
    expect(difference((await frame(alone, 950)).data, last.data)).toBeGreaterThan(4);
    const both = await drawn("both.mp4", "video_extend", {}, [video(at("source.mp4"))]);
    expect(await probe(both)).toMatchObject({ frames: 18 + 24, audioCodec: expect.stringMatching(/^mp4a/) });
    expect(difference((await frame(both, 0)).data, (await frame(at("source.mp4"), 0)).data)).toBeLessThan(4);
    expect(difference((await frame(both, 750)).data, last.data)).toBeLessThan(4);
  });

  it("leads through all pictures, fifteen seconds at most", async () => {
    const seven = Array.from({ length: 7 }, () => picture(at("picture.png")));
    const path = await drawn("seven.mp4", "video_transition", { duration: 5, style: "slide", fps: 24 }, seven);
    expect((await probe(path)).mediaType === "video" && (await probe(path))).toMatchObject({ durationMs: 15_000, width: 540, height: 360 });
  });

  it("cuts out a subject and puts it before what the words say", async () => {
    const subject = { ...picture(at("picture.png")), role: "subject", name: "box" };
    const withIt = await drawn("fusion.mp4", "fusion", { prompt: "@box stands in the desert at sunset", seed: 1 }, [subject]);
    const { data } = await frame(withIt, 500);
    // The orange of the cut-out square is there, the blue around it is not.
    const near = (r: number, g: number, b: number) => {
      let count = 0;
      for (let index = 0; index < data.length; index += 3) {
        if (
          Math.abs((data[index] as number) - r) + Math.abs((data[index + 1] as number) - g) + Math.abs((data[index + 2] as number) - b) <
          60
        )
          count++;
      }
      return count;
    };
    expect(near(240, 160, 32)).toBeGreaterThan(1000);
    expect(near(48, 96, 160)).toBeLessThan(500);
  });

  it("refuses inputs that are not what they should be, and leaves no file", async () => {
    await expect(drawn("no.mp4", "video_extend", {}, [picture(at("picture.png"))])).rejects.toMatchObject({ reason: "unsupported" });
    await expect(drawn("no.mp4", "image_to_video", {}, [picture(at("nowhere.png"))])).rejects.toMatchObject({ reason: "unsupported" });
    await expect(drawn("no.mp4", "video_transition", {}, [picture(at("picture.png"))])).rejects.toMatchObject({ reason: "unsupported" });
    await expect(readFile(at("no.mp4"))).rejects.toThrow("ENOENT");
  });
});
