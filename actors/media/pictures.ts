// The pictures that stand for an asset: poster, thumbnails, fingerprints. Nothing of the source's metadata gets into
// them. Runs in a media child.
import { writeFile } from "node:fs/promises";
import sharp, { type OutputInfo, type Sharp } from "sharp";
import { posterEdge, stillEdge } from "#protocol/picture.ts";
import { allEnded } from "./all-ended.ts";
import { hashSide, perceptualHash, placeholder, placeholderSide } from "./fingerprint.ts";
import type { DerivedFile } from "./media.ts";
import type { Rgb } from "./rgb.ts";

const thumbs = [
  { role: "thumb-s", edge: 160, quality: 74 },
  { role: "thumb-m", edge: 320, quality: 76 },
  { role: "thumb-l", edge: 640, quality: 78 },
] as const;

export const fromRgb = ({ data, width, height }: Rgb): Sharp => sharp(data, { raw: { width, height, channels: 3 } });

/** Written by Node: where several pictures are made at once, what sharp was told by the disk can be lost. */
export const writePicture = async (picture: Sharp, path: string): Promise<OutputInfo> => {
  const { data, info } = await picture.toBuffer({ resolveWithObject: true });
  await writeFile(path, data);
  return info;
};

/** Scaled down, never up, until no edge is longer than `edge`. */
const within = (picture: Sharp, edge: number): Sharp =>
  picture.clone().resize({ width: edge, height: edge, fit: "inside", withoutEnlargement: true });

const writeWebp = async (
  picture: Sharp,
  role: DerivedFile["role"],
  edge: number,
  quality: number,
  prefix: string,
): Promise<DerivedFile> => {
  const path = `${prefix}-${role}.webp`;
  const { width, height } = await writePicture(within(picture, edge).webp({ quality, effort: 2, smartSubsample: true }), path);
  return { role, path, mime: "image/webp", width, height };
};

export interface Pictures {
  readonly files: ReadonlyArray<DerivedFile>;
  readonly phash: string;
  readonly thumbhash: string;
}

/** What players show of an upright picture that is larger than its poster (WebP, at most 3840 px). */
export const makeStill = (upright: Sharp, prefix: string): Promise<DerivedFile> => writeWebp(upright, "still", stillEdge, 88, prefix);

/** Poster (WebP, at most 1280 px), thumbnails and fingerprints of an upright picture. */
export const makePictures = async (upright: Sharp, prefix: string): Promise<Pictures> => {
  // Everything small is made of one picture of medium size: decoding and shrinking a large one costs most.
  const medium = await within(upright, posterEdge).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const { width, height } = medium.info;
  const base = sharp(medium.data, { raw: { width, height, channels: 4 } });
  const [grey, small, ...files] = await allEnded([
    base.clone().flatten({ background: "#808080" }).resize(hashSide, hashSide, { fit: "fill" }).greyscale().raw().toBuffer(),
    within(base, placeholderSide).raw().toBuffer({ resolveWithObject: true }),
    writeWebp(base, "poster", posterEdge, 82, prefix),
    ...thumbs.map(({ role, edge, quality }) => writeWebp(base, role, edge, quality, prefix)),
  ]);
  return { files, phash: perceptualHash(grey), thumbhash: placeholder(small.data, small.info.width, small.info.height) };
};
