// Turns decoded frames into upright RGB pictures of the size they are shown at. The colour matrix is applied here, since
// the codec library converts with the one of standard definition only. Runs in a media child.
import type { VideoSample } from "mediabunny";

/** 8-bit RGB, row by row, without padding. */
export interface Rgb {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

interface Planes {
  readonly bytes: Uint8Array;
  readonly y: { readonly offset: number; readonly stride: number };
  readonly u: { readonly offset: number; readonly stride: number };
  readonly v: { readonly offset: number; readonly stride: number };
  /** Distance of two chroma values of a row. */
  readonly step: number;
  readonly shiftX: number;
  readonly shiftY: number;
}

const planesOf = async (sample: VideoSample): Promise<Planes | null> => {
  const { format } = sample;
  if (format !== "I420" && format !== "I422" && format !== "I444" && format !== "NV12") return null;
  const bytes = new Uint8Array(sample.allocationSize());
  const [y, u, v] = await sample.copyTo(bytes);
  if (y === undefined || u === undefined) return null;
  const shiftX = format === "I444" ? 0 : 1;
  const shiftY = format === "I420" || format === "NV12" ? 1 : 0;
  if (format === "NV12") return { bytes, y, u, v: { offset: u.offset + 1, stride: u.stride }, step: 2, shiftX, shiftY };
  return v === undefined ? null : { bytes, y, u, v, step: 1, shiftX, shiftY };
};

/** Share of red and blue in luma. Videos that do not say are judged by their height, as browsers do. */
const weightsOf = (sample: VideoSample): { readonly red: number; readonly blue: number } => {
  const matrix: string | null = sample.colorSpace.matrix;
  if (matrix === "bt2020-ncl") return { red: 0.2627, blue: 0.0593 };
  const standard = matrix === "smpte170m" || matrix === "bt470bg" || (matrix === null && sample.codedHeight < 720);
  return standard ? { red: 0.299, blue: 0.114 } : { red: 0.2126, blue: 0.0722 };
};

const convert = (planes: Planes, width: number, height: number, sample: VideoSample): Uint8Array => {
  const { red, blue } = weightsOf(sample);
  const full = sample.colorSpace.fullRange === true;
  const lumaScale = full ? 1 : 255 / 219;
  const chromaScale = full ? 1 : 255 / 224;
  const one = 1 << 16;
  const luma = Math.round(lumaScale * one);
  const black = full ? 0 : 16;
  const vToRed = Math.round(2 * (1 - red) * chromaScale * one);
  const uToBlue = Math.round(2 * (1 - blue) * chromaScale * one);
  const green = 1 - red - blue;
  const uToGreen = Math.round(((2 * blue * (1 - blue)) / green) * chromaScale * one);
  const vToGreen = Math.round(((2 * red * (1 - red)) / green) * chromaScale * one);

  const { bytes, step, shiftX, shiftY } = planes;
  const out = new Uint8ClampedArray(width * height * 3);
  let at = 0;
  for (let row = 0; row < height; row++) {
    const yRow = planes.y.offset + row * planes.y.stride;
    const uRow = planes.u.offset + (row >> shiftY) * planes.u.stride;
    const vRow = planes.v.offset + (row >> shiftY) * planes.v.stride;
    for (let column = 0; column < width; column++) {
      const chroma = (column >> shiftX) * step;
      const y = ((bytes[yRow + column] as number) - black) * luma + (one >> 1);
      const u = (bytes[uRow + chroma] as number) - 128;
      const v = (bytes[vRow + chroma] as number) - 128;
      out[at] = (y + vToRed * v) >> 16;
      out[at + 1] = (y - uToGreen * u - vToGreen * v) >> 16;
      out[at + 2] = (y + uToBlue * u) >> 16;
      at += 3;
    }
  }
  return new Uint8Array(out.buffer);
};

/** The codec library's own conversion, for the rarer formats (10-bit, with alpha). */
const convertByLibrary = async (sample: VideoSample): Promise<Uint8Array> => {
  const pixels = sample.codedWidth * sample.codedHeight;
  const rgba = new Uint8Array(sample.allocationSize({ format: "RGBA" }));
  await sample.copyTo(rgba, { format: "RGBA" });
  const out = new Uint8Array(pixels * 3);
  for (let index = 0; index < pixels; index++) {
    out[index * 3] = rgba[index * 4] as number;
    out[index * 3 + 1] = rgba[index * 4 + 1] as number;
    out[index * 3 + 2] = rgba[index * 4 + 2] as number;
  }
  return out;
};

/** The frame, upright, with square pixels, scaled to the given size. Does not close the sample. */
export const toRgb = async (sample: VideoSample, width: number, height: number): Promise<Rgb> => {
  const asIs = sample.rotation === 0 && !sample.flip && sample.codedWidth === width && sample.codedHeight === height;
  const shown = asIs ? sample : await sample.transform({ width, height, fit: "fill" });
  try {
    const planes = await planesOf(shown);
    const data = planes === null ? await convertByLibrary(shown) : convert(planes, width, height, sample);
    return { data, width, height };
  } finally {
    if (shown !== sample) shown.close();
  }
};
