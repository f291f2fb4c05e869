import fc from "fast-check";
import { expect, test } from "vitest";
import { hashSide, perceptualHash } from "./fingerprint.ts";

const pixels = hashSide * hashSide;
const picture = fc.uint8Array({ minLength: pixels, maxLength: pixels });

const distance = (a: string, b: string): number =>
  [...(BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(2)].filter((bit) => bit === "1").length;

test("a perceptual hash is 64 bits in hex, the same for the same picture", () => {
  fc.assert(
    fc.property(picture, (grey) => {
      expect(perceptualHash(grey)).toMatch(/^[0-9a-f]{16}$/);
      expect(perceptualHash(grey)).toBe(perceptualHash(grey));
    }),
  );
});

test("making a picture brighter hardly changes its hash", () => {
  const waves = Uint8Array.from({ length: pixels }, (_, at) => 90 + 40 * Math.sin(at / 5) + 30 * Math.cos((at / hashSide) * 0.7));
  const brighter = waves.map((value) => value + 30);
  expect(distance(perceptualHash(waves), perceptualHash(brighter))).toBeLessThanOrEqual(2);
});

test("different pictures have hashes far apart", () => {
  const across = Uint8Array.from({ length: pixels }, (_, at) => (at % hashSide) * 7 + ((at * 31) % 17));
  const down = Uint8Array.from({ length: pixels }, (_, at) => 220 - Math.floor(at / hashSide) * 6 + ((at * 13) % 23));
  expect(distance(perceptualHash(across), perceptualHash(down))).toBeGreaterThan(12);
});

test("a picture of one colour has a hash too", () => {
  expect(perceptualHash(new Uint8Array(pixels))).toBe("0".repeat(16));
});
