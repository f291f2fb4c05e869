// The stills of a video, decoded in one pass: first and last frame, a sheet of frames for scrubbing, the picture that
// becomes the poster. Runs in a media child.
import { EncodedPacketSink, type InputVideoTrack, VideoSampleSink } from "mediabunny";
import { allEnded } from "./all-ended.ts";
import { unsupported } from "./failure.ts";
import type { Derived, DerivedFile, VideoFacts } from "./media.ts";
import { fromRgb, writePicture } from "./pictures.ts";
import { type Rgb, toRgb } from "./rgb.ts";

/** Frames of the sheet: four a second within these bounds. */
const sheetFrames = { perSecond: 4, least: 8, most: 60 };
const sheetColumns = 10;
/** Longest edge of a frame in the sheet, px. */
const tileEdge = 240;
/** Above this length the sheet shows key frames only: decoding all between would take as long as playing them. */
const exactTilesUpToMs = 60_000;
/** A picture whose brightness spreads less than this (of 255) is as good as empty. */
const flatSpread = 8;

export interface Stills {
  readonly files: ReadonlyArray<DerivedFile>;
  readonly sprite: NonNullable<Derived["sprite"]>;
  /** First frame that shows something, full size. */
  readonly poster: Rgb;
}

/** Standard deviation of the green channel. */
const spreadOf = ({ data }: Rgb): number => {
  let sum = 0;
  let squares = 0;
  let count = 0;
  for (let at = 1; at < data.length; at += 3) {
    const value = data[at] as number;
    sum += value;
    squares += value * value;
    count++;
  }
  const mean = sum / count;
  return Math.sqrt(Math.max(0, squares / count - mean * mean));
};

/** Distinct times (s) in order, each the start of a frame to show in the sheet. */
const sheetTimes = async (video: InputVideoTrack, facts: VideoFacts, start: number): Promise<Array<number>> => {
  const seconds = facts.durationMs / 1000;
  const wanted = Math.round(seconds * sheetFrames.perSecond);
  const count = Math.min(facts.frames, Math.max(sheetFrames.least, Math.min(sheetFrames.most, wanted)));
  const times = Array.from({ length: count }, (_, index) => start + ((index + 0.5) * seconds) / count);
  if (facts.durationMs <= exactTilesUpToMs) return times;
  const packets = new EncodedPacketSink(video);
  const keys: Array<number> = [];
  for (const time of times) keys.push((await packets.getKeyPacket(time, { metadataOnly: true }))?.timestamp ?? time);
  return keys;
};

const writeSheet = async (tiles: ReadonlyArray<Rgb>, width: number, height: number, prefix: string): Promise<DerivedFile> => {
  const columns = Math.min(sheetColumns, tiles.length);
  const rows = Math.ceil(tiles.length / columns);
  const sheet = new Uint8Array(columns * width * rows * height * 3);
  for (const [index, tile] of tiles.entries()) {
    const left = (index % columns) * width;
    const top = Math.floor(index / columns) * height;
    for (let row = 0; row < height; row++) {
      sheet.set(tile.data.subarray(row * width * 3, (row + 1) * width * 3), ((top + row) * columns * width + left) * 3);
    }
  }
  const path = `${prefix}-sprite.webp`;
  const size = { width: columns * width, height: rows * height };
  await writePicture(fromRgb({ data: sheet, ...size }).webp({ quality: 70, effort: 0 }), path);
  return { role: "sprite", path, mime: "image/webp", ...size };
};

const writeFrame = async (role: "first" | "last", picture: Rgb, prefix: string): Promise<DerivedFile> => {
  const path = `${prefix}-${role}.jpg`;
  await writePicture(fromRgb(picture).jpeg({ quality: 93, chromaSubsampling: "4:4:4" }), path);
  return { role, path, mime: "image/jpeg", width: picture.width, height: picture.height };
};

/** Decodes the track once and writes first frame, last frame (JPEG, full size) and sheet (WebP). */
export const makeStills = async (video: InputVideoTrack, facts: VideoFacts, prefix: string): Promise<Stills> => {
  const { width, height } = facts;
  const scale = Math.min(1, tileEdge / Math.max(width, height));
  const tileWidth = Math.max(1, Math.round(width * scale));
  const tileHeight = Math.max(1, Math.round(height * scale));
  const start = await video.getFirstTimestamp();
  const times = await sheetTimes(video, facts, start);
  const wanted = [start, ...times, Math.max(start, await video.computeDuration())];

  const tiles: Array<Rgb> = [];
  let first: Rgb | undefined;
  let last: Rgb | undefined;
  let poster: Rgb | undefined;
  let posterSpread = 0;
  let at = 0;
  for await (const sample of new VideoSampleSink(video).samplesAtTimestamps(wanted)) {
    const index = at++;
    if (sample === null) continue;
    try {
      if (index === 0) {
        poster = first = await toRgb(sample, width, height);
        posterSpread = spreadOf(first);
      } else if (index === wanted.length - 1) {
        last = await toRgb(sample, width, height);
      } else {
        const tile = await toRgb(sample, tileWidth, tileHeight);
        tiles.push(tile);
        if (posterSpread < flatSpread && spreadOf(tile) > posterSpread + 1) {
          poster = await toRgb(sample, width, height);
          posterSpread = spreadOf(tile);
        }
      }
    } finally {
      sample.close();
    }
  }
  if (first === undefined || poster === undefined) throw unsupported("The video's first frame cannot be decoded.");
  if (last === undefined || tiles.length < times.length) throw unsupported("The video is damaged: not all of its frames can be decoded.");

  const files = await allEnded([
    writeFrame("first", first, prefix),
    writeFrame("last", last, prefix),
    writeSheet(tiles, tileWidth, tileHeight, prefix),
  ]);
  const columns = Math.min(sheetColumns, tiles.length);
  const sprite = { columns, rows: Math.ceil(tiles.length / columns), frames: tiles.length, width: tileWidth, height: tileHeight };
  return { files, sprite, poster };
};
