// Makes everything that is shown or played of an asset besides the original itself. Runs in a media child.
import sharp from "sharp";
import { isLargerThan, posterEdge } from "#protocol/picture.ts";
import { allEnded } from "./all-ended.ts";
import { withVideo } from "./container.ts";
import { failureFrom, unsupported } from "./failure.ts";
import type { Derived, ImageFacts, MediaFacts, VideoFacts } from "./media.ts";
import { fromRgb, makePictures, makeStill } from "./pictures.ts";
import { makePlayable } from "./play.ts";
import { maxPixels } from "./probe.ts";
import { makeStills } from "./stills.ts";

const deriveImage = async (path: string, facts: ImageFacts, prefix: string): Promise<Derived> => {
  const upright = sharp(path, { limitInputPixels: maxPixels, failOn: "truncated", autoOrient: true });
  const { files, phash, thumbhash } = await makePictures(upright, prefix);
  // After the others, not beside them: a large picture is decoded once more.
  const still = isLargerThan(facts, posterEdge) ? [await makeStill(upright, prefix)] : [];
  return { files: [...files, ...still], sprite: null, phash, thumbhash };
};

const deriveVideo = async (path: string, facts: VideoFacts, prefix: string): Promise<Derived> => {
  const stills = await withVideo(path, ({ video }) => makeStills(video, facts, prefix));
  const [pictures, playable] = await allEnded([makePictures(fromRgb(stills.poster), prefix), makePlayable(path, facts, prefix)]);
  return {
    files: [...pictures.files, ...stills.files, ...playable],
    sprite: stills.sprite,
    phash: pictures.phash,
    thumbhash: pictures.thumbhash,
  };
};

/**
 * Writes the derivatives of a file that was probed, each named `<prefix>-<role>.<ext>`. A picture gets poster and
 * thumbnails; a video stills and what a player needs as well. Throws MediaFailure; what was written till then is left.
 */
export const derive = async (path: string, facts: MediaFacts, prefix: string): Promise<Derived> => {
  try {
    return facts.mediaType === "image" ? await deriveImage(path, facts, prefix) : await deriveVideo(path, facts, prefix);
  } catch (error) {
    throw failureFrom(error, (message) => unsupported(`The file cannot be worked on: it is damaged (${message}).`, error));
  }
};
