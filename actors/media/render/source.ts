// The pictures and videos an order comes with: loaded, fitted to the frame, as planes or as something to draw.
import { type Canvas, createCanvas, ImageData, Path2D } from "@napi-rs/canvas";
import { type InputVideoTrack, VideoSampleSink } from "mediabunny";
import sharp from "sharp";
import { withVideo } from "../container.ts";
import { failureFrom, unsupported } from "../failure.ts";
import type { RenderSpec } from "../media.ts";
import { type Rgb, toRgb } from "../rgb.ts";
import { fromRgb, makePlanes, type Planes } from "./i420.ts";

export type Source = RenderSpec["inputs"][number];

/** A picture in RGB; of a video the frame at its time, or the last one where `last` is said and no time is. */
export const loadPicture = async (source: Source, last = false): Promise<Rgb> => {
  try {
    if (source.mediaType === "video") {
      return await withVideo(source.path, async ({ video }) => {
        const start = await video.getFirstTimestamp();
        const time = source.timeMs ?? (last ? Number.POSITIVE_INFINITY : 0);
        return frameAt(video, start + (time + 0.5) / 1000);
      });
    }
    const picture = await sharp(source.path, { autoOrient: true, failOn: "truncated" })
      .flatten({ background: "#101018" })
      .toColourspace("srgb")
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { data: picture.data, width: picture.info.width, height: picture.info.height };
  } catch (error) {
    throw failureFrom(error, (message) => unsupported(`An input cannot be read (${message}).`, error));
  }
};

/** The frame shown at a time (s); past the end: the last one. */
const frameAt = async (video: InputVideoTrack, time: number): Promise<Rgb> => {
  const end = await video.computeDuration();
  const sample = await new VideoSampleSink(video).getSample(Math.min(time, end));
  if (sample === null) throw unsupported("An input video has no frame there.");
  try {
    return await toRgb(sample, await video.getDisplayWidth(), await video.getDisplayHeight());
  } finally {
    sample.close();
  }
};

/** Scales to cover the size, cutting what is over at the sides. */
export const cover = async (picture: Rgb, width: number, height: number): Promise<Rgb> => {
  if (picture.width === width && picture.height === height) return picture;
  const data = await sharp(picture.data, { raw: { width: picture.width, height: picture.height, channels: 3 } })
    .resize(width, height, { fit: "cover" })
    .raw()
    .toBuffer();
  return { data, width, height };
};

export const toPlanes = (picture: Rgb): Planes => {
  const planes = makePlanes(picture.width, picture.height);
  fromRgb(picture.data, planes);
  return planes;
};

const toCanvas = (rgba: Uint8ClampedArray, width: number, height: number): Canvas => {
  const canvas = createCanvas(width, height);
  canvas.getContext("2d").putImageData(new ImageData(rgba, width, height), 0, 0);
  return canvas;
};

export interface Cutout {
  readonly canvas: Canvas;
  /** Stands free: had transparent parts or a plain background that was taken away. */
  readonly free: boolean;
}

/** Squared distance of two colours at which they count as the same background. */
const sameColour = 34 * 34;
/** Share of the border that has to be of the background's colour. */
const plainBorder = 0.8;

/** Takes away a background of one colour, by filling inwards from the border. Answers how much of the picture went. */
const keyOut = (rgba: Uint8ClampedArray, width: number, height: number): number => {
  const border: Array<number> = [];
  for (let x = 0; x < width; x++) border.push(x, (height - 1) * width + x);
  for (let y = 0; y < height; y++) border.push(y * width, y * width + width - 1);
  const key = [0, 1, 2].map(
    (channel) => border.map((at) => rgba[at * 4 + channel] as number).toSorted((a, b) => a - b)[border.length >> 1] as number,
  );
  const like = (at: number): boolean => {
    let distance = 0;
    for (let channel = 0; channel < 3; channel++) distance += ((rgba[at * 4 + channel] as number) - (key[channel] as number)) ** 2;
    return distance < sameColour;
  };
  // Nearly all of the border must be of one colour, else it is a photograph.
  if (border.filter(like).length < border.length * plainBorder) return 0;
  const queue = new Int32Array(width * height);
  const seen = new Uint8Array(width * height);
  let head = 0;
  let tail = 0;
  const visit = (at: number): void => {
    if (seen[at] === 1 || !like(at)) return;
    seen[at] = 1;
    queue[tail++] = at;
  };
  for (let x = 0; x < width; x++) {
    visit(x);
    visit((height - 1) * width + x);
  }
  for (let y = 0; y < height; y++) {
    visit(y * width);
    visit(y * width + width - 1);
  }
  while (head < tail) {
    const at = queue[head++] as number;
    const x = at % width;
    if (x > 0) visit(at - 1);
    if (x < width - 1) visit(at + 1);
    if (at >= width) visit(at - width);
    if (at < width * (height - 1)) visit(at + width);
  }
  const share = tail / (width * height);
  if (share < 0.08 || share > 0.97) return 0;
  for (let at = 0; at < seen.length; at++) {
    if (seen[at] === 1) rgba[at * 4 + 3] = 0;
  }
  return share;
};

/** Softens the outline that was cut. */
const feather = (rgba: Uint8ClampedArray, width: number, height: number): void => {
  const before = new Uint8Array(width * height);
  for (let at = 0; at < before.length; at++) before[at] = rgba[at * 4 + 3] as number;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      let sum = 0;
      for (const step of [-width - 1, -width, -width + 1, -1, 0, 1, width - 1, width, width + 1]) sum += before[at + step] as number;
      if (sum > 0 && sum < 9 * 255) rgba[at * 4 + 3] = Math.min(before[at] as number, sum / 9);
    }
  }
};

/** A subject to put before a background: cut out where that can be told, else framed as a round card. At most `size` high and wide. */
export const loadCutout = async (source: Source, size: number): Promise<Cutout> => {
  const still = source.mediaType === "video" ? await loadPicture(source) : null;
  try {
    const input =
      still === null
        ? sharp(source.path, { autoOrient: true, failOn: "truncated" })
        : sharp(still.data, { raw: { width: still.width, height: still.height, channels: 3 } });
    const { data, info } = await input
      .toColourspace("srgb")
      .ensureAlpha()
      .resize(size, size, { fit: "inside" })
      .raw()
      .toBuffer({ resolveWithObject: true });
    const rgba = new Uint8ClampedArray(data);
    const { width, height } = info;
    let transparent = 0;
    for (let at = 3; at < rgba.length; at += 4) if ((rgba[at] as number) < 128) transparent++;
    if (transparent > width * height * 0.03) return { canvas: toCanvas(rgba, width, height), free: true };
    if (keyOut(rgba, width, height) > 0) {
      feather(rgba, width, height);
      return { canvas: toCanvas(rgba, width, height), free: true };
    }
    return { canvas: card(toCanvas(rgba, width, height)), free: false };
  } catch (error) {
    throw failureFrom(error, (message) => unsupported(`An input cannot be read (${message}).`, error));
  }
};

/** A print with a white edge and round corners. */
const card = (picture: Canvas): Canvas => {
  const edge = Math.round(Math.max(picture.width, picture.height) * 0.03);
  const canvas = createCanvas(picture.width + edge * 2, picture.height + edge * 2);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "rgb(250,248,244)";
  pen.beginPath();
  pen.roundRect(0, 0, canvas.width, canvas.height, edge * 2.2);
  pen.fill();
  const inner = new Path2D();
  inner.roundRect(edge, edge, picture.width, picture.height, edge * 1.4);
  pen.clip(inner);
  pen.drawImage(picture, edge, edge);
  return canvas;
};
