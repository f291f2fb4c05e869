import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Effect } from "effect";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fitPicture, type PictureLimits, ratioOf, takenPicture } from "./picture.ts";
import type { ProviderInput } from "./provider.ts";
import { testInput } from "./testing.ts";

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

  describe("as it is taken", () => {
    const input = (path: string, mime: string): ProviderInput => testInput("image", path, { mime });
    const jpegOrPng = ["image/jpeg", "image/png"];
    /** What is sent, and whether its file is there afterwards. */
    const taken = async (given: ProviderInput, limits: PictureLimits) => {
      const found = await Effect.runPromise(
        Effect.scoped(
          Effect.flatMap(takenPicture(given, limits), ({ input: made, bytes: size }) =>
            Effect.promise(async () => {
              const bytes = await readFile(made.path);
              expect(size).toBe(bytes.length);
              return { made, bytes };
            }),
          ),
        ),
      );
      return { ...found, remains: existsSync(found.made.path) };
    };

    it("stays as it is where that is read, and a video always", async () => {
      const png = input(await stripes("as-is.png"), "image/png");
      expect((await taken(png, {})).made).toBe(png);
      expect((await taken(png, { formats: jpegOrPng, bytes: 1e6 })).made).toBe(png);
      const video = input(png.path, "video/webm");
      expect((await taken(video, { formats: ["video/mp4"], bytes: 1 })).made).toBe(video);
    });

    it("is converted where its format is not read, and its file goes when it was sent", async () => {
      const path = join(folder, "modern.avif");
      await sharp(await stripes("to-convert.png"))
        .avif()
        .toFile(path);
      const { made, bytes, remains } = await taken(input(path, "image/avif"), { formats: jpegOrPng });
      expect(made).toMatchObject({ role: "image", mime: "image/jpeg", sha256: createHash("sha256").update(bytes).digest("hex") });
      expect(await sharp(bytes).metadata()).toMatchObject({ format: "jpeg", width: 300, height: 100 });
      expect(remains).toBe(false);
      expect((await taken(input(path, "image/avif"), { formats: ["image/png"] })).made.mime).toBe("image/png");
    });

    it("is scaled down where its sides are too long, and keeps its shape", async () => {
      const path = await stripes("long.png");
      const png = input(path, "image/png");
      expect((await taken(png, { formats: jpegOrPng, side: 300 })).made).toBe(png);
      const { made, bytes } = await taken(png, { formats: jpegOrPng, side: 150, bytes: 1e6 });
      expect(made.mime).toBe("image/jpeg");
      expect(await sharp(bytes).metadata()).toMatchObject({ width: 150, height: 50 });
    });

    it("is scaled down where its file is too large, and keeps its shape", async () => {
      const path = join(folder, "large.png");
      const noise = { type: "gaussian" as const, mean: 128, sigma: 40 };
      await sharp({ create: { width: 600, height: 400, channels: 3, background: "#000", noise } })
        .png()
        .toFile(path);
      const most = 20_000;
      const { bytes } = await taken(input(path, "image/png"), { formats: jpegOrPng, bytes: most });
      expect(bytes.length).toBeLessThanOrEqual(most);
      const { width, height } = await sharp(bytes).metadata();
      expect(width / height).toBeCloseTo(1.5, 1);
      expect(width).toBeGreaterThan(60);
    });
  });

  it.each([["gone.png"], ["words.png"]])("that cannot be read is refused before anything is sent: %s", async (name) => {
    await writeFile(join(folder, "words.png"), "no picture");
    const failure = await Effect.runPromise(Effect.flip(fitPicture(join(folder, name), { width: 64, height: 64 })));
    expect(failure).toMatchObject({ kind: "input", unsent: true, message: expect.stringMatching(/use another one/) });
  });
});
