// Lays a picture with transparent parts over planes.
import { fromRgba, makePlanes, type Planes } from "./i420.ts";

export type Overlay = (planes: Planes) => void;

/** Prepares an overlay of the same size as the planes; only the rows in which something is are touched. */
export const makeOverlay = (rgba: Uint8ClampedArray, width: number, height: number): Overlay => {
  const opaque = new Uint8Array(rgba.buffer, rgba.byteOffset, rgba.byteLength);
  const alpha = new Uint8Array(width * height);
  let first = height;
  let last = -1;
  for (let at = 0; at < alpha.length; at++) {
    alpha[at] = rgba[at * 4 + 3] as number;
    if (alpha[at] === 0) continue;
    first = Math.min(first, Math.floor(at / width));
    last = Math.floor(at / width);
  }
  const picture = makePlanes(width, height);
  fromRgba(opaque, picture);
  first -= first % 2;
  const pixels = width * height;
  return ({ data }) => {
    for (let at = first * width; at < (last + 1) * width; at++) {
      const cover = alpha[at] as number;
      if (cover > 0) data[at] = (data[at] as number) + ((((picture.data[at] as number) - (data[at] as number)) * cover) >> 8);
    }
    const half = width >> 1;
    for (let row = first >> 1; row <= last >> 1; row++) {
      for (let column = 0; column < half; column++) {
        const cover = alpha[row * 2 * width + column * 2] as number;
        if (cover === 0) continue;
        for (const plane of [0, 1]) {
          const at = pixels + (plane * pixels) / 4 + row * half + column;
          data[at] = (data[at] as number) + ((((picture.data[at] as number) - (data[at] as number)) * cover) >> 8);
        }
      }
    }
  };
};
