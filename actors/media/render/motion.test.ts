// The arithmetic of pictures in motion: what must hold at the ends and never breaks out of the frame.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeBlend } from "./blends.ts";
import { cameraPath, glide } from "./camera.ts";
import { fromRgba, makePlanes, type Planes } from "./i420.ts";
import { moveOver } from "./motion.ts";
import { aspects, cameras, frameSize, motions, qualities, transitionStyles } from "./params.ts";
import { placeSubjects } from "./placement.ts";
import { planScene } from "./plan.ts";
import { still, warp } from "./warp.ts";

const noisy = (seed: number, width = 32, height = 24): Planes => {
  const planes = makePlanes(width, height);
  for (let at = 0; at < planes.data.length; at++) planes.data[at] = (at * 31 + seed * 97) % 220;
  return planes;
};

const camera = fc.constantFrom(...cameras);
const motion = fc.constantFrom(...motions);

describe("a picture in motion", () => {
  it("begins untouched where it goes on from a video", () => {
    fc.assert(
      fc.property(camera, motion, fc.double({ min: 1, max: 15, noNaN: true }), fc.string(), (kind, speed, seconds, prompt) => {
        const look = moveOver({ prompt, seed: 5, camera: kind, motion: speed }, seconds, true)(0);
        expect([look.zoom, Math.abs(look.parallax), Math.abs(look.sway)]).toEqual([1, 0, 0]);
      }),
    );
  });

  it("is the source itself when the look is still", () => {
    const [source, out] = [noisy(1), makePlanes(32, 24)];
    warp(source, still, out);
    expect(out.data).toEqual(source.data);
  });

  it("never shows less than the whole frame", () => {
    fc.assert(
      fc.property(camera, motion, fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean(), (kind, speed, share, extending) => {
        const look = moveOver({ prompt: "storm", seed: 7, camera: kind, motion: speed }, 6, extending)(share * 6);
        expect(look.zoom).toBeGreaterThanOrEqual(1);
        expect(Math.abs(look.x)).toBeLessThanOrEqual(1);
        expect(Math.abs(look.y)).toBeLessThanOrEqual(1);
        const scene = cameraPath(planScene({ prompt: "a car", seed: 3, camera: kind, motion: speed }), 6, 100)(share * 6);
        expect(scene.zoom).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  it("starts and ends softly", () => {
    expect([glide(0), glide(1), glide(-1), glide(2)]).toEqual([0, 1, 0, 1]);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (a, b) => {
        expect(glide(Math.max(a, b))).toBeGreaterThanOrEqual(glide(Math.min(a, b)) - 1e-12);
      }),
    );
  });
});

describe("a transition", () => {
  it.each(transitionStyles)("by %s begins with the first picture and ends with the second", (style) => {
    const [first, second, out] = [noisy(1), noisy(2), makePlanes(32, 24)];
    const blend = makeBlend(style, 32, 24);
    blend(first, second, 0, out);
    expect(out.data).toEqual(first.data);
    blend(first, second, 1, out);
    expect(out.data).toEqual(second.data);
  });
});

describe("colours", () => {
  it.each([
    ["black", [0, 0, 0], [16, 128, 128]],
    ["white", [255, 255, 255], [235, 128, 128]],
  ] as const)("%s is told in studio range", (_name, rgb, expected) => {
    const planes = makePlanes(4, 4);
    fromRgba(new Uint8Array(Array.from({ length: 16 }, () => [...rgb, 255]).flat()), planes);
    expect([planes.data[0], planes.data[16], planes.data[20]]).toEqual(expected);
  });
});

describe("frames", () => {
  it("have even sides, the shorter as the quality says", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(qualities) as Array<keyof typeof qualities>)),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        (quality, ratio) => {
          const { width, height } = frameSize(quality, ratio);
          expect([width % 2, height % 2]).toEqual([0, 0]);
          expect(Math.min(width, height)).toBe(qualities[quality]);
          expect(Math.max(width, height)).toBeLessThanOrEqual(qualities[quality] * 3);
        },
      ),
    );
    expect(frameSize("540p", aspects["16:9"])).toEqual({ width: 960, height: 540 });
    expect(frameSize("1080p", aspects["9:16"])).toEqual({ width: 1080, height: 1920 });
  });
});

describe("subjects of a fusion", () => {
  const scene = { seconds: 5, pace: 1, seed: 9 };
  const place = (prompt: string) =>
    placeSubjects(
      [
        { name: "cat", free: true },
        { name: "catnip", free: true },
      ],
      prompt,
      scene,
    );

  it("stand where the words beside their names say", () => {
    const [cat, catnip] = place("@cat sits on the right. @catnip is behind on the left");
    expect(cat?.at(0).x).toBeGreaterThan(0.6);
    expect(catnip?.at(0).x).toBeLessThan(0.4);
    expect(catnip?.size).toBeLessThan(cat?.size ?? 0);
  });

  it("move as the words say", () => {
    const heights = (prompt: string) => Array.from({ length: 20 }, (_, step) => place(prompt)[0]?.at(step / 4).y ?? 0);
    expect(Math.max(...heights("@cat flies"))).toBeLessThan(Math.min(...heights("@cat sleeps")));
    expect(new Set(heights("@cat sleeps")).size).toBe(1);
    expect(new Set(heights("@cat jumps")).size).toBeGreaterThan(5);
  });
});
