// Small soft shapes put straight into the pixels of a picture. Lengths are stage units.

export interface Pixels {
  /** RGBA, opaque, or (`step` 1) only brightness, 16 to 235. */
  readonly data: Uint8Array;
  /** Bytes of one pixel. */
  readonly step: 1 | 4;
  readonly width: number;
  readonly height: number;
  /** Pixels of one unit. */
  readonly scale: number;
}

type Rgb = readonly [red: number, green: number, blue: number];

const put = ({ data, width, step }: Pixels, x: number, y: number, [red, green, blue]: Rgb, cover: number): void => {
  if (step === 1) {
    const bright = 16 + (66 * red + 129 * green + 25 * blue) / 256;
    data[y * width + x] = (data[y * width + x] as number) + (bright - (data[y * width + x] as number)) * cover;
    return;
  }
  const at = (y * width + x) * 4;
  data[at] = (data[at] as number) + (red - (data[at] as number)) * cover;
  data[at + 1] = (data[at + 1] as number) + (green - (data[at + 1] as number)) * cover;
  data[at + 2] = (data[at + 2] as number) + (blue - (data[at + 2] as number)) * cover;
};

/** A filled circle with a soft edge. */
export const disc = (pixels: Pixels, x: number, y: number, radius: number, colour: Rgb, alpha: number): void => {
  const { width, height, scale } = pixels;
  const [cx, cy, reach] = [x * scale, y * scale, radius * scale];
  const bottom = Math.min(height - 1, Math.ceil(cy + reach));
  const right = Math.min(width - 1, Math.ceil(cx + reach));
  for (let py = Math.max(0, Math.floor(cy - reach)); py <= bottom; py++) {
    for (let px = Math.max(0, Math.floor(cx - reach)); px <= right; px++) {
      const cover = reach + 0.5 - Math.hypot(px + 0.5 - cx, py + 0.5 - cy);
      if (cover > 0) put(pixels, px, py, colour, Math.min(1, cover) * alpha);
    }
  }
};

/** A steep line downwards that fades in; `slant`: units sideways for each unit down. */
export const streak = (
  pixels: Pixels,
  x: number,
  y: number,
  length: number,
  slant: number,
  thick: number,
  colour: Rgb,
  alpha: number,
): void => {
  const { width, height, scale } = pixels;
  const top = Math.round(y * scale);
  const rows = Math.max(1, Math.round(length * scale));
  const half = (thick * scale) / 2;
  for (let row = Math.max(0, -top); row < rows && top + row < height; row++) {
    const middle = (x + (row / scale) * slant) * scale;
    const right = Math.min(width - 1, Math.ceil(middle + half));
    for (let px = Math.max(0, Math.floor(middle - half)); px <= right; px++) {
      const cover = Math.min(px + 1, middle + half) - Math.max(px, middle - half);
      if (cover > 0) put(pixels, px, top + row, colour, Math.min(1, cover) * alpha * (0.3 + (0.7 * row) / rows));
    }
  }
};
