// How one picture becomes the next: the styles of a transition, each from two pictures and how far it has come.
import { blend, makePlanes, type Planes } from "./i420.ts";
import type { TransitionStyle } from "./params.ts";
import { still, warp } from "./warp.ts";

/** `share` 0: only the first, 1: only the second. */
export type Blend = (first: Planes, second: Planes, share: number, out: Planes) => void;

/** Mixes by a weight (0 to 256) of its own for each square of 2 by 2 pixels. */
const byMask = (first: Planes, second: Planes, out: Planes, weight: (x: number, y: number) => number): void => {
  const { width, height } = out;
  const [a, b, to] = [first.data, second.data, out.data];
  const pixels = width * height;
  let chroma = pixels;
  for (let y = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2) {
      const share = weight(x, y);
      for (const at of [y * width + x, y * width + x + 1, (y + 1) * width + x, (y + 1) * width + x + 1, chroma, chroma + pixels / 4]) {
        to[at] = ((a[at] as number) * (256 - share) + (b[at] as number) * share + 128) >> 8;
      }
      chroma++;
    }
  }
};

const ramp = (value: number, soft: number): number => Math.round(Math.min(1, Math.max(0, value / soft + 0.5)) * 256);

const slide: Blend = (first, second, share, out) => {
  const copy = (source: Planes, from: number, to: number, width: number, height: number, shift: number): void => {
    for (let row = 0; row < height; row++) {
      const start = Math.max(0, shift);
      const end = Math.min(width, width + shift);
      if (end > start)
        out.data.set(source.data.subarray(from + row * width + start - shift, from + row * width + end - shift), to + row * width + start);
    }
  };
  const half = Math.round((out.width * share) / 2);
  for (const [source, side] of [
    [first, 0],
    [second, 1],
  ] as const) {
    const shift = side * (out.width / 2) - half;
    const pixels = out.width * out.height;
    copy(source, 0, 0, out.width, out.height, shift * 2);
    copy(source, pixels, pixels, out.width / 2, out.height / 2, shift);
    copy(source, pixels * 1.25, pixels * 1.25, out.width / 2, out.height / 2, shift);
  }
};

/** A fixed grain of 8 by 8 pixels that decides who goes first. */
const grain = (x: number, y: number): number => {
  let hash = Math.imul(x >> 3, 0x27d4eb2d) ^ Math.imul(y >> 3, 0x165667b1);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) >>> 0) / 4294967296;
};

/** Two pictures of scratch memory for the styles that bend before they mix. */
export const makeBlend = (style: TransitionStyle, width: number, height: number): Blend => {
  const bentFirst = makePlanes(width, height);
  const bentSecond = makePlanes(width, height);
  switch (style) {
    case "crossfade":
      return blend;
    case "slide":
      return slide;
    case "wipe":
      return (first, second, share, out) => {
        // The edge leans: it starts and ends so far outside that no corner shows it.
        const outside = width * 0.1 + height * 0.125 + 1;
        const edge = share * (width + outside * 2) - outside;
        byMask(first, second, out, (x, y) => ramp(edge - x - (y - height / 2) * 0.25, width * 0.2));
      };
    case "iris":
      return (first, second, share, out) => {
        const radius = share * Math.hypot(width, height) * 0.56;
        byMask(first, second, out, (x, y) => (share <= 0 ? 0 : ramp(radius - Math.hypot(x - width / 2, y - height / 2), width * 0.05)));
      };
    case "dissolve":
      return (first, second, share, out) => byMask(first, second, out, (x, y) => ramp(share * 1.4 - 0.2 - grain(x, y), 0.35));
    case "zoom":
      return (first, second, share, out) => {
        warp(first, { ...still, zoom: 1 + share * 0.9 }, bentFirst);
        warp(second, { ...still, zoom: 1.5 - share * 0.5 }, bentSecond);
        blend(bentFirst, bentSecond, share * share * (3 - 2 * share), out);
      };
    case "warp":
      return (first, second, share, out) => {
        const bend = Math.sin(share * Math.PI);
        warp(
          first,
          { ...still, zoom: 1 + 0.25 * share, sway: 0.05 * bend * share * 2, phase: share * 7, parallax: 0.2 * share * bend },
          bentFirst,
        );
        warp(
          second,
          {
            ...still,
            zoom: 1 + 0.25 * (1 - share),
            sway: 0.05 * bend * (1 - share) * 2,
            phase: share * 7 + 2,
            parallax: -0.2 * (1 - share) * bend,
          },
          bentSecond,
        );
        blend(bentFirst, bentSecond, share, out);
      };
  }
};
