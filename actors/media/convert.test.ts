// Videos made to fit: what comes out is probed and decoded again, and says by its pictures which frames it has.
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EncodedPacketSink } from "mediabunny";
import { afterAll, describe, expect, test } from "vitest";
import { withVideo } from "./container.ts";
import { convert } from "./convert.ts";
import type { VideoFacts } from "./media.ts";
import { probe } from "./probe.ts";
import { type ClipOptions, makeClip } from "./testing.ts";
import { codecOf, type VideoTarget, workFor } from "./video-target.ts";

const folder = mkdtempSync(join(tmpdir(), "pixsim-convert-"));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;
const fresh = (): string => join(folder, `${++count}.media`);

const factsOf = async (path: string): Promise<VideoFacts> => {
  const facts = await probe(path);
  if (facts.mediaType !== "video") throw new Error("not a video");
  return facts;
};
const clip = async (options: ClipOptions): Promise<{ readonly path: string; readonly facts: VideoFacts; readonly size: number }> => {
  const path = fresh();
  await makeClip(path, options);
  return { path, facts: await factsOf(path), size: statSync(path).size };
};
const converted = async (path: string, facts: VideoFacts, target: VideoTarget) => {
  const output = fresh();
  await convert(path, facts, target, output);
  return { path: output, facts: await factsOf(output), size: statSync(output).size };
};
const packetsOf = (path: string): Promise<ReadonlyArray<string>> =>
  withVideo(path, async ({ video }) => {
    const found: Array<string> = [];
    for await (const packet of new EncodedPacketSink(video).packets()) found.push(Buffer.from(packet.data).toString("base64"));
    return found;
  });

const usual: VideoTarget = { formats: ["video/mp4", "video/quicktime", "video/webm"], codecs: ["avc", "vp8", "vp9"] };

describe("converting", () => {
  test.each<readonly [ClipOptions, VideoTarget, ReturnType<typeof workFor>]>([
    [{}, usual, "none"],
    [{ container: "webm", codec: "vp9" }, usual, "none"],
    [{ container: "webm", codec: "vp8" }, { ...usual, formats: ["video/mp4"] }, "encode"],
    [{ container: "webm", codec: "vp9" }, { formats: ["video/mp4"] }, "copy"],
    [{ container: "mkv", codec: "avc" }, usual, "copy"],
    [{ container: "mov", codec: "hevc" }, usual, "encode"],
    [{}, { ...usual, edge: 63 }, "encode"],
    [{}, { ...usual, bytes: 10 }, "encode"],
    [{}, {}, "none"],
  ])("%o for %o: %s", async (options, target, work) => {
    const { facts, size } = await clip(options);
    expect(workFor(facts, size, target)).toBe(work);
  });

  test("a file that is not read becomes an MP4 of the same packets, with its sound", async () => {
    const { path, facts } = await clip({ container: "mkv", codec: "avc", audio: "opus", frames: 24 });
    const made = await converted(path, facts, { ...usual, formats: ["video/mp4"] });
    expect(made.facts).toMatchObject({ mime: "video/mp4", frames: 24, width: 64, height: 48, audioCodec: "opus" });
    expect(await packetsOf(made.path)).toEqual(await packetsOf(path));
  });

  test("a codec that is not read becomes H.264 of the same length, upright and within the edge", async () => {
    const { path, facts } = await clip({
      container: "mov",
      codec: "hevc",
      audio: "pcm-s16",
      width: 320,
      height: 160,
      frames: 30,
      rotation: 90,
    });
    const made = await converted(path, facts, { ...usual, edge: 200 });
    expect(codecOf(made.facts.videoCodec)).toBe("avc");
    expect(made.facts).toMatchObject({ mime: "video/mp4", frames: 30, width: 100, height: 200, durationMs: facts.durationMs });
    expect(made.facts.audioCodec).toMatch(/^mp4a/);
  });

  test("a file that is too large is encoded with fewer bits, and smaller where those would be too few for its pictures", async () => {
    const { path, facts, size } = await clip({ width: 640, height: 480, frames: 48, codec: "avc" });
    const most = Math.floor(size * 0.6);
    const made = await converted(path, facts, { ...usual, bytes: most });
    expect(made.size).toBeLessThanOrEqual(most);
    expect(made.facts).toMatchObject({ frames: 48, durationMs: facts.durationMs });
    const smaller = await converted(path, facts, { ...usual, bytes: 20_000 });
    expect(smaller.size).toBeLessThanOrEqual(20_000);
    expect(smaller.facts.width).toBeLessThan(640);
    expect(smaller.facts.width / smaller.facts.height).toBeCloseTo(4 / 3, 1);
  });

  test("what cannot be made small enough, or is damaged, is refused with a sentence", async () => {
    const { path, facts } = await clip({ width: 640, height: 480, frames: 48 });
    const output = fresh();
    await expect(convert(path, facts, { bytes: 900 }, output)).rejects.toMatchObject({
      reason: "unsupported",
      message: "It is too long to be made smaller than 1 KB: cut it first.",
    });
    const broken = fresh();
    writeFileSync(broken, "no video");
    await expect(convert(broken, facts, { edge: 10 }, fresh())).rejects.toMatchObject({
      reason: "unsupported",
      message: expect.stringMatching(/damaged/),
    });
  });
});
