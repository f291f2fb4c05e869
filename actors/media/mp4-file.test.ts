// Files that a disk has no room for: why they were not written is told, and none is left open.
import { mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EncodedPacket, EncodedVideoPacketSource, type Output } from "mediabunny";
import { afterAll, describe, expect, test } from "vitest";
import { withLongestFile } from "#runtime/blobs/testing.ts";
import "./container.ts";
import { writeMp4 } from "./mp4-file.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "pixsim-mp4-")));
afterAll(() => rmSync(folder, { recursive: true }));

/** Descriptors of this process that lead there. */
const opened = (path: string): number =>
  readdirSync("/proc/self/fd").filter((descriptor) => {
    try {
      return readlinkSync(join("/proc/self/fd", descriptor)) === path;
    } catch {
      // That of the listing itself.
      return false;
    }
  }).length;

/** Packets that nobody will look into. */
const packets =
  (count: number, bytes: number) =>
  async (output: Output): Promise<void> => {
    const source = new EncodedVideoPacketSource("vp9");
    output.addVideoTrack(source, { maximumPacketCount: count });
    await output.start();
    const decoderConfig = { codec: "vp09.00.10.08", codedWidth: 64, codedHeight: 48 };
    for (let index = 0; index < count; index++) {
      await source.add(new EncodedPacket(new Uint8Array(bytes), "key", index, 1), { decoderConfig });
    }
  };

describe.runIf(process.platform === "linux")("an MP4 that cannot be written", () => {
  test.each([
    ["at its end", packets(10, 1000)],
    ["while it grows", packets(60, 1_000_000)],
  ])("as the disk is full %s, says so", async (when, fill) => {
    const path = join(folder, `${when}.mp4`);
    symlinkSync("/dev/full", path);
    const before = opened("/dev/full");
    await expect(writeMp4(path, "faststart", fill)).rejects.toMatchObject({ code: "ENOSPC" });
    expect(opened("/dev/full")).toBe(before);
  });

  test("as the disk takes only its beginning, is not taken for whole", async () => {
    const path = join(folder, "part.mp4");
    await expect(withLongestFile(20_000, () => writeMp4(path, "faststart", packets(10, 10_000)))).rejects.toMatchObject({ code: "EFBIG" });
    expect(opened(path)).toBe(0);
    await writeMp4(path, "faststart", packets(10, 10_000));
    expect(statSync(path).size).toBeGreaterThan(100_000);
  });

  test("as what it is made of is damaged, says that, whether before it began or after", async () => {
    const path = join(folder, "damaged.mp4");
    const damaged = new Error("damaged");
    await expect(writeMp4(path, "faststart", () => Promise.reject(damaged))).rejects.toBe(damaged);
    const late = async (output: Output) => {
      await packets(2, 1000)(output);
      throw damaged;
    };
    await expect(writeMp4(path, "fragmented", late)).rejects.toBe(damaged);
    expect(opened(path)).toBe(0);
  });
});
