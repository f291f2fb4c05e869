// What a picture looks like in a few bytes: a perceptual hash to find near copies by, and a placeholder to show while it
// loads. Pure.
import { rgbaToThumbHash } from "thumbhash";

/** Width and height of the greyscale picture that `perceptualHash` takes. */
export const hashSide = 32;
const kept = 8;

/** cosines[frequency * hashSide + position] */
const cosines = Float64Array.from({ length: kept * hashSide }, (_, index) => {
  const frequency = Math.floor(index / hashSide);
  const position = index % hashSide;
  return Math.cos(((2 * position + 1) * frequency * Math.PI) / (2 * hashSide));
});

/** The lowest 8 by 8 frequencies (discrete cosine transform) of a 32 by 32 picture. */
const lowFrequencies = (grey: Uint8Array): Float64Array => {
  const rows = new Float64Array(hashSide * kept);
  for (let row = 0; row < hashSide; row++) {
    for (let frequency = 0; frequency < kept; frequency++) {
      let sum = 0;
      for (let column = 0; column < hashSide; column++) {
        sum += (grey[row * hashSide + column] as number) * (cosines[frequency * hashSide + column] as number);
      }
      rows[row * kept + frequency] = sum;
    }
  }
  const out = new Float64Array(kept * kept);
  for (let vertical = 0; vertical < kept; vertical++) {
    for (let frequency = 0; frequency < kept; frequency++) {
      let sum = 0;
      for (let row = 0; row < hashSide; row++) {
        sum += (rows[row * kept + frequency] as number) * (cosines[vertical * hashSide + row] as number);
      }
      out[vertical * kept + frequency] = sum;
    }
  }
  return out;
};

/**
 * 64 bits as 16 hex digits, of a 32 by 32 greyscale picture: each tells whether a frequency is above the median. Pictures
 * that look alike differ in few bits. The mean brightness (the first frequency) is left out of the median.
 */
export const perceptualHash = (grey: Uint8Array): string => {
  const frequencies = lowFrequencies(grey);
  const sorted = frequencies.slice(1).sort();
  const median = sorted[(sorted.length - 1) / 2] as number;
  let bits = 0n;
  for (const frequency of frequencies) bits = (bits << 1n) | (frequency > median ? 1n : 0n);
  return bits.toString(16).padStart(16, "0");
};

/** Longest edge that `placeholder` takes, px. */
export const placeholderSide = 100;

/** Thumbhash as base64, of an RGBA picture with edges of at most 100 px. */
export const placeholder = (rgba: Uint8Array, width: number, height: number): string =>
  Buffer.from(rgbaToThumbHash(width, height, rgba)).toString("base64");
