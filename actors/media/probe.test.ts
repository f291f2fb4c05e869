import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { afterAll, expect, test } from "vitest";
import { probe } from "./probe.ts";
import { makeClip, type ClipOptions } from "./testing.ts";

const folder = mkdtempSync(join(tmpdir(), "pixsim-probe-"));
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, content: Uint8Array | string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const clip = async (name: string, options: ClipOptions): Promise<string> => {
  const path = join(folder, name);
  await makeClip(path, options);
  return path;
};

const refusal = async (path: string): Promise<unknown> => {
  try {
    await probe(path);
  } catch (error) {
    return error;
  }
  throw new Error("was accepted");
};

test("reads an MP4 with sound, whatever it is called", async () => {
  const path = await clip("holiday.txt", { frames: 30, audio: "aac", width: 96, height: 64 });
  expect(await probe(path)).toEqual({
    mediaType: "video",
    mime: "video/mp4",
    width: 96,
    height: 64,
    durationMs: 1250,
    fps: 24,
    frames: 30,
    videoCodec: expect.stringMatching(/^avc1\./),
    audioCodec: "mp4a.40.2",
  });
});

test("reads the other containers and codecs", async () => {
  expect(await probe(await clip("a.webm", { container: "webm", codec: "vp9", audio: "opus" }))).toMatchObject({
    mime: "video/webm",
    audioCodec: "opus",
    fps: 24,
  });
  expect(await probe(await clip("a.mkv", { container: "mkv", codec: "vp8" }))).toMatchObject({
    mime: "video/x-matroska",
    videoCodec: "vp8",
  });
  expect(await probe(await clip("a.mov", { container: "mov", faststart: false, fps: 30, frames: 15 }))).toMatchObject({
    mime: "video/quicktime",
    fps: 30,
    durationMs: 500,
    audioCodec: null,
  });
});

test("tells the size at which a turned video is shown", async () => {
  expect(await probe(await clip("turned.mp4", { rotation: 90, width: 64, height: 48 }))).toMatchObject({ width: 48, height: 64 });
});

test("reads pictures of all accepted types", async () => {
  const picture = sharp({ create: { width: 40, height: 30, channels: 3, background: "#7a3" } });
  for (const type of ["png", "jpeg", "webp", "gif", "avif"] as const) {
    const path = write(`picture-${type}`, await picture.clone().toFormat(type).toBuffer());
    expect(await probe(path)).toEqual({ mediaType: "image", mime: `image/${type}`, width: 40, height: 30 });
  }
});

test("tells the upright size of a photo that the camera held sideways", async () => {
  const photo = await sharp({ create: { width: 40, height: 30, channels: 3, background: "#7a3" } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  expect(await probe(write("sideways.jpg", photo))).toMatchObject({ width: 30, height: 40 });
});

test("refuses what is no picture or video, and says what can be used", async () => {
  expect(await refusal(write("empty.mp4", ""))).toMatchObject({ reason: "unsupported", message: expect.stringContaining("an empty file") });
  expect(await refusal(write("text.mp4", "this is only text, though it is called a video"))).toMatchObject({
    reason: "unsupported",
    message: expect.stringContaining("PNG, JPEG"),
  });
  const heic = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from("ftypheic\0\0\0\0mif1heic"), Buffer.alloc(64)]);
  expect(await refusal(write("photo.jpg", heic))).toMatchObject({ reason: "unsupported", message: expect.stringContaining("HEIC") });
});

test("never follows a playlist, which could name any file of the server", async () => {
  const playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n/etc/hostname\n#EXT-X-ENDLIST\n";
  expect(await refusal(write("list.mp4", playlist))).toMatchObject({ reason: "unsupported" });
});

test("refuses a video that is not one", async () => {
  const fake = Buffer.concat([Buffer.from([0, 0, 0, 16]), Buffer.from("ftypisom\0\0\0\0"), Buffer.alloc(4000, 7)]);
  expect(await refusal(write("fake.mp4", fake))).toMatchObject({ reason: "unsupported" });
});

test("refuses videos that are cut off, wherever their index stands", async () => {
  for (const faststart of [true, false]) {
    const whole = readFileSync(await clip("whole.mp4", { faststart, frames: 24 }));
    const cut = write("cut.mp4", whole.subarray(0, Math.floor(whole.length * 0.7)));
    expect(await refusal(cut)).toMatchObject({ reason: "unsupported" });
  }
});

test("refuses pictures that are cut off", async () => {
  const noise = sharp({
    create: { width: 200, height: 200, channels: 3, background: "#000", noise: { type: "gaussian", mean: 128, sigma: 60 } },
  });
  for (const type of ["png", "jpeg", "webp"] as const) {
    const whole = await noise.clone().toFormat(type).toBuffer();
    expect(await refusal(write(`cut.${type}`, whole.subarray(0, whole.length >> 1)))).toMatchObject({ reason: "unsupported" });
  }
});

test("refuses a picture that would fill the memory when unpacked", async () => {
  const small = await sharp({ create: { width: 1, height: 1, channels: 3, background: "#000" } })
    .png()
    .toBuffer();
  const header = Buffer.from(small.subarray(12, 29));
  header.writeUInt32BE(60_000, 4);
  header.writeUInt32BE(60_000, 8);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(header));
  const bomb = Buffer.concat([small.subarray(0, 12), header, checksum, small.subarray(33)]);
  expect(await refusal(write("bomb.png", bomb))).toMatchObject({
    reason: "unsupported",
    message: expect.stringContaining("3600 megapixels"),
  });
});

test("does not blame a file that is not there", async () => {
  expect(await refusal(join(folder, "missing.mp4"))).toMatchObject({ reason: "fault", message: "The file to work on is gone." });
});
