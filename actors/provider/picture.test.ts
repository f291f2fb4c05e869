import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Effect } from "effect";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fitPicture, ratioOf } from "./picture.ts";

describe("a picture for a provider", () => {
  let folder: string;
  const fit = (path: string, width: number, height: number) => Effect.runPromise(fitPicture(path, { width, height }));
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pixsim-picture-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Red on the left, green in the middle, blue on the right. */
  const stripes = async (name: string): Promise<string> => {
    const path = join(folder, name);
    const part = (background: string) =>
      sharp({ create: { width: 100, height: 100, channels: 3, background } })
        .png()
        .toBuffer();
    const parts = await Promise.all(["#f00", "#0f0", "#00f"].map(part));
    const composed = parts.map((input, index) => ({ input, left: 100 * index, top: 0 }));
    await sharp({ create: { width: 300, height: 100, channels: 3, background: "#000" } })
      .composite(composed)
      .png()
      .toFile(path);
    return path;
  };

  it("is cropped around its middle and has the size that is asked for", async () => {
    const made = sharp(await fit(await stripes("wide.png"), 64, 64));
    expect(await made.metadata()).toMatchObject({ format: "jpeg", width: 64, height: 64 });
    const { dominant } = await made.stats();
    expect(dominant.g).toBeGreaterThan(200);
    expect(dominant.r + dominant.b).toBeLessThan(60);
  });

  it("is enlarged where it is small", async () => {
    expect(await sharp(await fit(await stripes("small.png"), 1280, 720)).metadata()).toMatchObject({ width: 1280, height: 720 });
  });

  it("stands upright and without what its camera wrote into it", async () => {
    const path = join(folder, "turned.jpg");
    await sharp(await stripes("to-turn.png"))
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toFile(path);
    expect(await Effect.runPromise(ratioOf(path))).toBeCloseTo(1 / 3);
    const made = await sharp(await fit(path, 100, 300)).metadata();
    expect(made).toMatchObject({ width: 100, height: 300 });
    expect(made.exif).toBeUndefined();
    const top = await sharp(await fit(path, 100, 300))
      .extract({ left: 0, top: 0, width: 100, height: 50 })
      .png()
      .toBuffer();
    expect((await sharp(top).stats()).dominant.r).toBeGreaterThan(200);
  });

  it("is white where it was transparent", async () => {
    const path = join(folder, "clear.png");
    await sharp({ create: { width: 40, height: 40, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
      .png()
      .toFile(path);
    const { channels } = await sharp(await fit(path, 40, 40)).stats();
    expect(channels.map(({ min }) => min > 250)).toEqual([true, true, true]);
  });

  it.each([["gone.png"], ["words.png"]])("that cannot be read is refused before anything is sent: %s", async (name) => {
    await writeFile(join(folder, "words.png"), "no picture");
    const failure = await Effect.runPromise(Effect.flip(fitPicture(join(folder, name), { width: 64, height: 64 })));
    expect(failure).toMatchObject({ kind: "input", unsent: true, message: expect.stringMatching(/use another one/) });
  });
});
