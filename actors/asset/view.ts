// A stored asset as clients see it, with addresses of its files. Pure.
import type { AssetRow } from "#db/queries/asset.ts";
import type { Asset, AssetOrigin, AssetUrls } from "#protocol/asset.ts";
import { shownPicture, shownVideo } from "#protocol/scene/exported.ts";
import { extensionOf } from "#runtime/blobs/media-types.ts";
import type { MediaUrls } from "#runtime/blobs/media-urls.ts";

const originOf = (row: AssetRow): AssetOrigin => {
  switch (row.origin) {
    case "generation":
      return { kind: "generation", jobId: row.origin_job_id ?? "" };
    case "upload":
      return { kind: "upload" };
    case "frame":
      return { kind: "frame", assetId: row.origin_asset_id ?? "", timeMs: row.origin_time_ms ?? 0 };
  }
};

const originalOf = (row: AssetRow, media: MediaUrls["Service"]): string => media.url(row.sha256, extensionOf(row.mime));

const urlsOf = (row: AssetRow, media: MediaUrls["Service"]): AssetUrls => {
  const url = (role: string): string | null => {
    const file = row.files[role];
    return file === undefined ? null : media.url(file.sha256, extensionOf(file.mime));
  };
  const [s, m, l] = [url("thumb-s"), url("thumb-m"), url("thumb-l")];
  const sprite = url("sprite");
  const [faststart, still] = [url("faststart"), url("still")];
  return {
    original: originalOf(row, media),
    poster: url("poster"),
    thumbs: s !== null && m !== null && l !== null ? { s, m, l } : null,
    sprite: sprite !== null && row.sprite !== null ? { url: sprite, ...row.sprite } : null,
    firstFrame: url("first"),
    lastFrame: url("last"),
    playVideo: url("play-video"),
    playAudio: url("play-audio"),
    ...(faststart === null ? {} : { faststart }),
    ...(still === null ? {} : { still }),
  };
};

export const assetView = (row: AssetRow, media: MediaUrls["Service"]): Asset => ({
  id: row.id,
  ownerId: row.owner_id,
  mediaType: row.media_type,
  mime: row.mime,
  name: row.name,
  size: row.size,
  width: row.width,
  height: row.height,
  durationMs: row.duration_ms,
  fps: row.fps,
  videoCodec: row.video_codec,
  audioCodec: row.audio_codec,
  sha256: row.sha256,
  phash: row.phash,
  thumbhash: row.thumbhash,
  origin: originOf(row),
  prompt: row.prompt,
  favourite: row.favourite,
  createdAt: row.created_at,
  deletedAt: row.deleted_at,
  urls: urlsOf(row, media),
  ...(row.away ? { archived: true } : {}),
  rev: row.rev,
});

/**
 * One of somebody else, as those see it who have it in a scene: what was asked for to make it is its owner's, and so is what a camera wrote
 * into what was uploaded.
 */
export const lentView = (row: AssetRow, media: MediaUrls["Service"]): Asset => {
  const view = assetView(row, media);
  const { original: _, ...urls } = view.urls;
  const { poster, still = null, faststart = null, playVideo } = urls;
  const original = originalOf(row, media);
  const shown =
    row.media_type === "image" ? shownPicture(row, { original, poster, still }) : (shownVideo(row, { original, faststart }) ?? playVideo);
  return { ...view, urls: shown === null ? urls : { ...urls, original: shown }, prompt: null, favourite: false, lent: true };
};
