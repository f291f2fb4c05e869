// What a generation goes on from: a picture that its node names, or what is seen last before it. Pure.
import type { NodeOf, SegmentMedia } from "../scene.ts";
import type { Program } from "./program.ts";
import type { Frame, PictureOf, Playing } from "./state.ts";
import { mediaOf } from "./view.ts";

/** How a medium begins. Null: it is not here. */
const beginningOf = (media: SegmentMedia): PictureOf | null => {
  switch (media.kind) {
    case "asset":
    case "still":
      return { assetId: media.assetId, atMs: 0 };
    case "clip":
      return { assetId: media.assetId, atMs: media.startMs };
    case "missing":
      return null;
  }
};

/** How it ends. */
const endOf = (media: SegmentMedia): PictureOf | null => {
  switch (media.kind) {
    case "asset":
    case "still":
      return { assetId: media.assetId, atMs: null };
    case "clip":
      // At its end, what comes next would be seen.
      return { assetId: media.assetId, atMs: media.endMs - 1 };
    case "missing":
      return null;
  }
};

/** What is seen last of what is played one after the other in the node where the scene is. Null: there is no picture in it. */
export const seenLast = (program: Program, { scene, node }: Frame, playing: ReadonlyArray<Playing>): PictureOf | null => {
  const last = playing.at(-1);
  if (last === undefined) return null;
  if (last.kind === "generated") return { assetId: last.assetId, atMs: null };
  const media = mediaOf(program, scene, node, last);
  return media === undefined ? null : endOf(media);
};

/** Null: words alone. */
export const pictureOf = ({ picture }: NodeOf<"generation">, seen: PictureOf | undefined): PictureOf | null => {
  switch (picture.from) {
    case "none":
      return null;
    case "media":
      return beginningOf(picture.media);
    case "here":
      return seen ?? null;
  }
};
