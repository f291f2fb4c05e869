import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EncodedPacketSink, type InputTrack } from "mediabunny";
import sharp, { type Sharp } from "sharp";
import { afterAll, expect, test, vi } from "vitest";
import { withVideo } from "./container.ts";
import { derive } from "./derive.ts";
import { frame } from "./frame.ts";
import type { Derived, DerivedFile, VideoFacts } from "./media.ts";
import { probe } from "./probe.ts";
import { type ClipOptions, makeClip, must } from "./testing.ts";

const folder = mkdtempSync(join(tmpdir(), "pixsim-derive-"));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
const fresh = (name: string): string => join(folder, `${++count}-${name}`);

const clip = async (options: ClipOptions): Promise<string> => {
  const path = fresh("clip");
  await makeClip(path, options);
  return path;
};

const deriveFrom = async (path: string): Promise<Derived> => derive(path, await probe(path), fresh("out"));

const role = (derived: Derived, name: DerivedFile["role"]): DerivedFile => {
  return must(derived.files.find((one) => one.role === name));
};

/** Brightness of the left half of a frame of a test clip, as it was drawn (see testing.ts). */
const drawnLuma = async (picture: Sharp): Promise<number> => {
  const { data, info } = await picture.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (Math.floor(info.height / 2) * info.width + Math.floor(info.width / 4)) * info.channels;
  const [red, green, blue] = [data[at], data[at + 1], data[at + 2]].map(Number) as [number, number, number];
  return 16 + ((0.299 * red + 0.587 * green + 0.114 * blue) * 219) / 255;
};

const drawn = (index: number): number => 80 + index * 2;

const packetsOf = async (track: InputTrack) => {
  const packets: Array<{ type: string; timestamp: number; data: string; end: number }> = [];
  for await (const packet of new EncodedPacketSink(track).packets()) {
    packets.push({
      type: packet.type,
      timestamp: packet.timestamp,
      end: packet.timestamp + packet.duration,
      data: Buffer.from(packet.data).toString("base64"),
    });
  }
  return packets;
};

const videoPackets = (path: string) => withVideo(path, ({ video }) => packetsOf(video));

const expectShortClosedGroups = (packets: Awaited<ReturnType<typeof packetsOf>>): void => {
  expect(packets[0]).toMatchObject({ type: "key", timestamp: 0 });
  let key = 0;
  for (const packet of packets) {
    if (packet.type === "key") key = packet.timestamp;
    expect(packet.timestamp).toBeGreaterThanOrEqual(key);
    expect(packet.timestamp - key).toBeLessThan(1.001);
  }
};

test("makes all that is shown and played of a clip", async () => {
  const path = await clip({ frames: 48, width: 320, height: 180, audio: "aac" });
  const derived = await deriveFrom(path);
  expect(derived.files.map((file) => file.role).toSorted()).toEqual(
    ["first", "last", "play-audio", "play-video", "poster", "sprite", "thumb-l", "thumb-m", "thumb-s"].toSorted(),
  );
  for (const file of derived.files) expect(statSync(file.path).size).toBeGreaterThan(0);
  expect(role(derived, "thumb-s")).toMatchObject({ width: 160, height: 90, mime: "image/webp" });
  expect(role(derived, "thumb-m")).toMatchObject({ width: 320, height: 180 });
  expect(role(derived, "thumb-l")).toMatchObject({ width: 320, height: 180 });
  expect(derived.sprite).toEqual({ columns: 8, rows: 1, frames: 8, width: 240, height: 135 });
  expect(await sharp(role(derived, "sprite").path).metadata()).toMatchObject({ width: 8 * 240, height: 135, format: "webp" });
  expect(derived.phash).toMatch(/^[0-9a-f]{16}$/);
  expect(Buffer.from(derived.thumbhash, "base64").length).toBeGreaterThan(4);
});

test("first and last frame and the sheet show the right moments in the right colours", async () => {
  const derived = await deriveFrom(await clip({ frames: 48, width: 320, height: 180 }));
  expect(await drawnLuma(sharp(role(derived, "first").path))).toBeCloseTo(drawn(0), -0.3);
  expect(await drawnLuma(sharp(role(derived, "last").path))).toBeCloseTo(drawn(47), -0.3);
  const sheet = role(derived, "sprite").path;
  for (let tile = 0; tile < 8; tile++) {
    const shown = await sharp(sheet)
      .extract({ left: tile * 240, top: 0, width: 240, height: 135 })
      .png()
      .toBuffer();
    expect(Math.abs((await drawnLuma(sharp(shown))) - drawn(tile * 6 + 3))).toBeLessThan(5);
  }
});

test("copies the picture packet by packet where the source has short closed groups, and the sound too", async () => {
  const path = await clip({ frames: 48, audio: "aac", keyFrameInterval: 1 });
  const derived = await deriveFrom(path);
  const source = await videoPackets(path);
  const copy = await videoPackets(role(derived, "play-video").path);
  expect(copy.map((packet) => packet.data)).toEqual(source.map((packet) => packet.data));
  expectShortClosedGroups(copy);
  expect(readFileSync(role(derived, "play-video").path).includes("moof")).toBe(true);
  const sourceSound = await withVideo(path, ({ audio }) => packetsOf(must(audio)));
  expect((await soundPackets(role(derived, "play-audio").path)).map((packet) => packet.data)).toEqual(
    sourceSound.map((packet) => packet.data),
  );
});

test("encodes anew where groups are long and have frames that refer back and forth", async () => {
  const path = await clip({ frames: 60, keyFrameInterval: 5, bFrames: true });
  const packets = await videoPackets(role(await deriveFrom(path), "play-video").path);
  expect(packets).toHaveLength(60);
  expectShortClosedGroups(packets);
  expect(Math.max(...packets.map((packet) => packet.end))).toBeCloseTo(2.5, 2);
});

test("puts the index of an MP4 first without touching its packets", async () => {
  const path = await clip({ faststart: false, audio: "aac" });
  const derived = await deriveFrom(path);
  const playable = role(derived, "faststart");
  const bytes = readFileSync(playable.path);
  expect(bytes.indexOf("moov")).toBeLessThan(bytes.indexOf("mdat"));
  expect((await videoPackets(playable.path)).map((packet) => packet.data)).toEqual((await videoPackets(path)).map((packet) => packet.data));
  expect(await probe(playable.path)).toEqual(await probe(path));
});

test("makes an MP4 that browsers play of what they do not", async () => {
  for (const options of [
    { codec: "hevc", audio: "aac" },
    { container: "mkv", codec: "vp8", audio: "opus" },
    { container: "mov", codec: "avc", audio: "pcm-s16" },
  ] as const) {
    const path = await clip({ ...options, frames: 24, width: 66, height: 50 });
    const playable = await probe(role(await deriveFrom(path), "faststart").path);
    expect(playable).toMatchObject({ mime: "video/mp4", videoCodec: expect.stringMatching(/^avc1/), width: 66, height: 50, frames: 24 });
    expect(playable).toMatchObject({ audioCodec: expect.stringMatching(/^(mp4a\.40\.2|opus)$/) });
  }
});

test("of what is too long to be encoded, and plays as it is, the packets alone are copied", async () => {
  const path = await clip({ frames: 130, fps: 1, keyFrameInterval: 5 });
  const derived = await deriveFrom(path);
  expect(derived.files.map((file) => file.role)).not.toContain("play-video");
  const copy = role(derived, "faststart").path;
  expect((await videoPackets(copy)).map((packet) => packet.data)).toEqual((await videoPackets(path)).map((packet) => packet.data));
});

test.each([
  [{ codec: "hevc", rotation: 90, container: "mov" }, "video/mp4"],
  [{ codec: "vp8", container: "webm", audio: "opus" }, "video/webm"],
  [{ codec: "vp8", container: "mkv", rotation: 90 }, "video/webm"],
  [{ codec: "vp8", container: "mkv", audio: "aac" }, "video/x-matroska"],
] as const)("so are they of what only some browsers play: %j", async (options, mime) => {
  const path = await clip({ ...options, frames: 130, fps: 1, width: 64, height: 128, keyFrameInterval: 5, title: "home" });
  const derived = await deriveFrom(path);
  const copy = role(derived, "faststart");
  expect(derived.files.map((file) => file.role)).not.toContain("play-video");
  const [facts, copied] = (await Promise.all([probe(path), probe(copy.path)])) as [VideoFacts, VideoFacts];
  expect(copy).toMatchObject({ mime, width: facts.width, height: facts.height });
  expect(copied).toEqual({ ...facts, mime, durationMs: copied.durationMs });
  // Matroska does not say how long the last frame is shown.
  expect(Math.abs(copied.durationMs - facts.durationMs)).toBeLessThanOrEqual(1000);
  expect((await videoPackets(copy.path)).map((packet) => packet.data)).toEqual((await videoPackets(path)).map((packet) => packet.data));
  expect([path, copy.path].map((file) => readFileSync(file).includes("home"))).toEqual([true, false]);
});

test("lets a WebM be, which browsers play as it is", async () => {
  const derived = await deriveFrom(await clip({ container: "webm", codec: "vp9", audio: "opus" }));
  expect(derived.files.some((file) => file.role === "faststart")).toBe(false);
  expectShortClosedGroups(await videoPackets(role(derived, "play-video").path));
});

test("shows a turned video upright everywhere", async () => {
  const derived = await deriveFrom(await clip({ rotation: 90, width: 128, height: 64, keyFrameInterval: 5, frames: 30 }));
  expect(role(derived, "first")).toMatchObject({ width: 64, height: 128 });
  expect(role(derived, "thumb-l")).toMatchObject({ width: 64, height: 128 });
  // The left half of the picture, which is of one colour, is at the top after a turn to the right.
  const spread = async (top: number) => {
    const half = await sharp(role(derived, "first").path).extract({ left: 4, top, width: 56, height: 48 }).png().toBuffer();
    return (await sharp(half).stats()).channels[1]?.stdev ?? 0;
  };
  expect(await spread(4)).toBeLessThan(4);
  expect(await spread(76)).toBeGreaterThan(15);
  expect(await probe(role(derived, "play-video").path)).toMatchObject({ width: 64, height: 128 });
});

test("a clip of one frame has all derivatives", async () => {
  const derived = await deriveFrom(await clip({ frames: 1 }));
  expect(derived.sprite).toMatchObject({ columns: 1, rows: 1, frames: 1 });
  expect(existsSync(role(derived, "last").path)).toBe(true);
});

test("makes poster and thumbnails of a photo upright and without what the camera wrote into it", async () => {
  const photo = await sharp({ create: { width: 400, height: 200, channels: 3, background: "#284" } })
    .composite([{ input: { create: { width: 200, height: 200, channels: 3, background: "#e33" } }, left: 0, top: 0 }])
    .withExif({ IFD0: { Artist: "Somebody", Copyright: "Secret place" } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  const path = fresh("photo.jpg");
  writeFileSync(path, photo);
  const derived = await deriveFrom(path);
  expect(derived.files.map((file) => file.role)).toEqual(["poster", "thumb-s", "thumb-m", "thumb-l"]);
  expect(role(derived, "thumb-s")).toMatchObject({ width: 80, height: 160 });
  expect(role(derived, "poster")).toMatchObject({ width: 200, height: 400 });
  for (const file of derived.files) {
    const meta = await sharp(file.path).metadata();
    expect(meta.exif ?? meta.xmp ?? meta.iptc).toBeUndefined();
    expect(meta.orientation ?? 1).toBe(1);
  }
  const { data } = await sharp(role(derived, "poster").path).raw().toBuffer({ resolveWithObject: true });
  expect(data[0]).toBeGreaterThan(180);
});

test("makes of a picture that is larger than its poster one for a whole screen, no larger than that, with nothing else in it", async () => {
  const [wide, huge] = [fresh("wide.jpg"), fresh("huge.jpg")];
  const photo = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: "#284" } });
  await photo(1600, 900)
    .withExif({ IFD0: { Artist: "Somebody" } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toFile(wide);
  await photo(5000, 2500).jpeg().toFile(huge);
  const still = role(await deriveFrom(wide), "still");
  expect(still).toMatchObject({ mime: "image/webp", width: 900, height: 1600 });
  const meta = await sharp(still.path).metadata();
  expect([meta.exif, meta.xmp, meta.iptc, meta.orientation]).toEqual([undefined, undefined, undefined, undefined]);
  expect(role(await deriveFrom(huge), "still")).toMatchObject({ width: 3840, height: 1920 });
});

test("keeps transparency and the first picture of an animation", async () => {
  const see = await sharp({ create: { width: 60, height: 40, channels: 4, background: { r: 200, g: 0, b: 0, alpha: 0 } } })
    .png()
    .toBuffer();
  const path = fresh("clear.png");
  writeFileSync(path, see);
  const derived = await deriveFrom(path);
  expect((await sharp(role(derived, "thumb-s").path).metadata()).hasAlpha).toBe(true);
  expect(role(derived, "thumb-l")).toMatchObject({ width: 60, height: 40 });
});

test("near copies have near fingerprints", async () => {
  const path = await clip({ frames: 2, width: 320, height: 180, seed: 3 });
  const still = fresh("still.png");
  await frame(path, 0, still);
  const copy = fresh("copy.jpg");
  await sharp(still).resize(200).jpeg({ quality: 40 }).toFile(copy);
  const other = fresh("other.png");
  await sharp({ create: { width: 90, height: 90, channels: 3, background: "#000", noise: { type: "gaussian", mean: 120, sigma: 50 } } })
    .png()
    .toFile(other);
  const bits = async (a: string, b: string) => {
    const [x, y] = [await deriveFrom(a), await deriveFrom(b)];
    return [...(BigInt(`0x${x.phash}`) ^ BigInt(`0x${y.phash}`)).toString(2)].filter((bit) => bit === "1").length;
  };
  expect(await bits(still, copy)).toBeLessThanOrEqual(6);
  expect(await bits(still, other)).toBeGreaterThan(12);
});

test("takes exactly the frame that is shown at a time", async () => {
  const path = await clip({ frames: 24, bFrames: true, keyFrameInterval: 5 });
  for (const [asked, index] of [
    [0, 0],
    [41, 0],
    [42, 1],
    [500, 12],
    [520, 12],
    [99_999, 23],
    [Number.MAX_SAFE_INTEGER, 23],
  ] as const) {
    const output = fresh("frame.png");
    const taken = await frame(path, asked, output);
    expect(taken).toEqual({ timeMs: Math.round((index * 1000) / 24), width: 64, height: 48 });
    expect(Math.abs((await drawnLuma(sharp(output))) - drawn(index))).toBeLessThan(3);
    // Asking for the time that was told gives the same frame.
    expect((await frame(path, taken.timeMs, output)).timeMs).toBe(taken.timeMs);
  }
});

test("refuses to work on what is damaged, and to write where it cannot", async () => {
  const path = await clip({ frames: 12 });
  const facts = await probe(path);
  const damaged = fresh("damaged.mp4");
  writeFileSync(damaged, readFileSync(path).subarray(0, 300));
  await expect(derive(damaged, facts, fresh("out"))).rejects.toMatchObject({ reason: "unsupported" });
  await expect(frame(damaged, 0, fresh("frame.png"))).rejects.toMatchObject({ reason: "unsupported" });
  await expect(derive(path, facts, join(folder, "no such folder", "out"))).rejects.toMatchObject({
    reason: expect.stringMatching(/fault|storage|unsupported/),
  });
});

test.runIf(existsSync("/dev/full"))("says that the disk is full where it is", async () => {
  const path = await clip({ frames: 12 });
  const facts = await probe(path);
  for (const name of ["play-video.mp4", "poster.webp", "first.jpg"]) {
    const prefix = fresh("full");
    symlinkSync("/dev/full", `${prefix}-${name}`);
    await expect(derive(path, facts, prefix)).rejects.toMatchObject({ reason: "storage" });
  }
});

/** Packets of a file that holds sound only. */
test.each([
  ["copied", { frames: 30, audio: "aac", faststart: false }],
  ["encoded anew", { frames: 30, audio: "opus", container: "mkv", codec: "vp8" }],
] as const)("makes the same bytes of the same file at another time: %s", async (_, options) => {
  const path = await clip({ width: 192, height: 108, ...options });
  vi.useFakeTimers({ toFake: ["Date"] });
  try {
    vi.setSystemTime("2026-01-01T00:00:00Z");
    const before = await deriveFrom(path);
    vi.setSystemTime("2027-03-04T05:06:07Z");
    const after = await deriveFrom(path);
    expect(before.files.map(({ role: name }) => name)).toContain("faststart");
    // An encoder in a hurry shares its bits out by the time that it has: its pictures are the same to the eye only.
    const isExact = ({ mime }: Derived["files"][number]) => !("codec" in options) || !mime.startsWith("video/");
    const contents = ({ files }: Derived) =>
      files.map((file) => [file.role, isExact(file) ? readFileSync(file.path).toString("base64") : file.mime]);
    expect(contents(after)).toEqual(contents(before));
    expect({ ...after, files: [] }).toEqual({ ...before, files: [] });
    // Nothing of the time is left, not even where it would be the same by chance.
    const playable = readFileSync(role(after, "faststart").path);
    for (const box of ["mvhd", "tkhd", "mdhd"]) {
      const at = playable.indexOf(box);
      expect(playable.readUIntBE(at + 8, 4) + playable.readUIntBE(at + 12, 4)).toBe(0);
    }
  } finally {
    vi.useRealTimers();
  }
});

const soundPackets = async (path: string) => {
  const { FilePathSource, Input, MP4 } = await import("mediabunny");
  const input = new Input({ source: new FilePathSource(path), formats: [MP4] });
  try {
    return await packetsOf(must(await input.getPrimaryAudioTrack()));
  } finally {
    input.dispose();
  }
};
