// An asset as a player needs it. Pure.
import type { AssetRow } from "#db/queries/asset.ts";
import type { PlayMedia } from "#protocol/play.ts";
import { shownPicture, shownVideo } from "#protocol/scene/exported.ts";
import { extensionOf } from "#runtime/blobs/media-types.ts";
import type { MediaUrls } from "#runtime/blobs/media-urls.ts";

export const playMediaOf = (row: AssetRow, media: MediaUrls["Service"]): PlayMedia => {
  const url = (role: string): string | null => {
    const file = row.files[role];
    return file === undefined ? null : media.url(file.sha256, extensionOf(file.mime));
  };
  const original = media.url(row.sha256, extensionOf(row.mime));
  return {
    assetId: row.id,
    mediaType: row.media_type,
    durationMs: row.duration_ms,
    fps: row.fps,
    width: row.width,
    height: row.height,
    video: url("play-video"),
    audio: url("play-audio"),
    poster: url("poster"),
    firstFrame: url("first"),
    lastFrame: url("last"),
    whole:
      row.media_type === "image"
        ? shownPicture(row, { original, still: url("still"), poster: url("poster") })
        : shownVideo(row, { original, faststart: url("faststart") }),
    thumbhash: row.thumbhash,
  };
};
