// Turns decoded frames into upright RGB pictures. The colour matrix is applied here: the codec library knows only the
// one of standard definition. Its own scaling is not used either, since that empties the frame it is given.
// Runs in a media child.
import type { VideoSample } from "mediabunny";
import sharp from "sharp";

/** 8-bit RGB, row by row, without padding. */
export interface Rgb {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

interface Plane {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly stride: number;
  /** Distance of two values of a row. */
  readonly step: number;
  readonly width: number;
  readonly height: number;
}

interface Planes {
  readonly y: Plane;
  readonly u: Plane;
  readonly v: Plane;
  readonly shiftX: number;
  readonly shiftY: number;
}

const planesOf = async (sample: VideoSample): Promise<Planes | null> => {
  const { format, codedWidth, codedHeight } = sample;
  if (format !== "I420" && format !== "I422" && format !== "I444" && format !== "NV12") return null;
  const bytes = new Uint8Array(sample.allocationSize());
  const [y, u, v] = await sample.copyTo(bytes);
  if (y === undefined || u === undefined) return null;
  const shiftX = format === "I444" ? 0 : 1;
  const shiftY = format === "I420" || format === "NV12" ? 1 : 0;
  const chroma = { bytes, width: (codedWidth + shiftX) >> shiftX, height: (codedHeight + shiftY) >> shiftY };
  const luma: Plane = { bytes, ...y, step: 1, width: codedWidth, height: codedHeight };
  if (format === "NV12") {
    return { y: luma, u: { ...chroma, ...u, step: 2 }, v: { ...chroma, offset: u.offset + 1, stride: u.stride, step: 2 }, shiftX, shiftY };
  }
  return v === undefined ? null : { y: luma, u: { ...chroma, ...u, step: 1 }, v: { ...chroma, ...v, step: 1 }, shiftX, shiftY };
};

/** The plane made smaller: each value is the mean of a square of `factor` by `factor` values. */
const shrinkPlane = (plane: Plane, factor: number): Plane => {
  const width = Math.ceil(plane.width / factor);
  const height = Math.ceil(plane.height / factor);
  const bytes = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    const bottom = Math.min((row + 1) * factor, plane.height);
    for (let column = 0; column < width; column++) {
      const right = Math.min((column + 1) * factor, plane.width);
      let sum = 0;
      for (let y = row * factor; y < bottom; y++) {
        const start = plane.offset + y * plane.stride;
        for (let x = column * factor; x < right; x++) sum += plane.bytes[start + x * plane.step] as number;
      }
      bytes[row * width + column] = sum / ((bottom - row * factor) * (right - column * factor)) + 0.5;
    }
  }
  return { bytes, offset: 0, stride: width, step: 1, width, height };
};

const shrink = ({ y, u, v, shiftX, shiftY }: Planes, factor: number): Planes => ({
  y: shrinkPlane(y, factor),
  u: shrinkPlane(u, factor),
  v: shrinkPlane(v, factor),
  shiftX,
  shiftY,
});

/** Share of red and blue in luma. Videos that do not say are judged by their height, as browsers do. */
const weightsOf = (sample: VideoSample): { readonly red: number; readonly blue: number } => {
  const matrix: string | null = sample.colorSpace.matrix;
  if (matrix === "bt2020-ncl") return { red: 0.2627, blue: 0.0593 };
  const standard = matrix === "smpte170m" || matrix === "bt470bg" || (matrix === null && sample.codedHeight < 720);
  return standard ? { red: 0.299, blue: 0.114 } : { red: 0.2126, blue: 0.0722 };
};

const convert = ({ y, u, v, shiftX, shiftY }: Planes, sample: VideoSample): Rgb => {
  const { red, blue } = weightsOf(sample);
  const full = sample.colorSpace.fullRange === true;
  const chromaScale = full ? 1 : 255 / 224;
  // Fixed-point numbers of 16 bits after the point.
  const one = 1 << 16;
  const luma = Math.round((full ? 1 : 255 / 219) * one);
  const black = full ? 0 : 16;
  const green = 1 - red - blue;
  const vToRed = Math.round(2 * (1 - red) * chromaScale * one);
  const uToBlue = Math.round(2 * (1 - blue) * chromaScale * one);
  const uToGreen = Math.round(((2 * blue * (1 - blue)) / green) * chromaScale * one);
  const vToGreen = Math.round(((2 * red * (1 - red)) / green) * chromaScale * one);

  const { width, height } = y;
  const out = new Uint8ClampedArray(width * height * 3);
  let at = 0;
  for (let row = 0; row < height; row++) {
    const yRow = y.offset + row * y.stride;
    const chromaRow = Math.min(row >> shiftY, u.height - 1);
    const uRow = u.offset + chromaRow * u.stride;
    const vRow = v.offset + chromaRow * v.stride;
    for (let column = 0; column < width; column++) {
      const chroma = Math.min(column >> shiftX, u.width - 1) * u.step;
      const bright = ((y.bytes[yRow + column] as number) - black) * luma + (one >> 1);
      const uValue = (u.bytes[uRow + chroma] as number) - 128;
      const vValue = (v.bytes[vRow + chroma] as number) - 128;
      out[at] = (bright + vToRed * vValue) >> 16;
      out[at + 1] = (bright - uToGreen * uValue - vToGreen * vValue) >> 16;
      out[at + 2] = (bright + uToBlue * uValue) >> 16;
      at += 3;
    }
  }
  return { data: new Uint8Array(out.buffer), width, height };
};

/** The codec library's own conversion, for the rarer formats (10-bit, with alpha). */
const convertByLibrary = async (sample: VideoSample): Promise<Rgb> => {
  const { codedWidth: width, codedHeight: height } = sample;
  const rgba = new Uint8Array(sample.allocationSize({ format: "RGBA" }));
  await sample.copyTo(rgba, { format: "RGBA" });
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
    data[to] = rgba[from] as number;
    data[to + 1] = rgba[from + 1] as number;
    data[to + 2] = rgba[from + 2] as number;
  }
  return { data, width, height };
};

const raw = ({ data, width, height }: Rgb) => sharp(data, { raw: { width, height, channels: 3 } });

const upright = async (picture: Rgb, sample: VideoSample): Promise<Rgb> => {
  if (sample.rotation === 0 && !sample.flip) return picture;
  const turned = await raw(picture).rotate(sample.rotation).raw().toBuffer({ resolveWithObject: true });
  const { width, height } = turned.info;
  if (!sample.flip) return { data: turned.data, width, height };
  return { data: await raw({ data: turned.data, width, height }).flop().raw().toBuffer(), width, height };
};

/** The frame, upright, with square pixels, scaled to the given size. Does not close the sample. */
export const toRgb = async (sample: VideoSample, width: number, height: number): Promise<Rgb> => {
  const planes = await planesOf(sample);
  const turned = sample.rotation % 180 !== 0;
  const [targetWidth, targetHeight] = turned ? [height, width] : [width, height];
  const factor = Math.max(1, Math.floor(Math.min(sample.codedWidth / targetWidth, sample.codedHeight / targetHeight)));
  const picture = planes === null ? await convertByLibrary(sample) : convert(factor > 1 ? shrink(planes, factor) : planes, sample);
  const shown = await upright(picture, sample);
  if (shown.width === width && shown.height === height) return shown;
  return { data: await raw(shown).resize(width, height, { fit: "fill" }).raw().toBuffer(), width, height };
};
