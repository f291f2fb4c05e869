// A story as a folder that plays from any web host: the player's own files, the story beside them, and its media. Pure.
import * as z from "zod";
import type { Asset } from "../asset.ts";
import { isLargerThan, stillEdge } from "../picture.ts";
import { shownAssetsIn } from "./file.ts";
import { Story } from "./scene.ts";

/** The file of an exported story. Addresses are relative to it. */
export const ExportedStory = z.object({
  title: z.string().max(200),
  /** Changes with the story: what was kept of another version is not gone on with. */
  version: z.string().max(100),
  story: Story,
  media: z.record(
    z.string(),
    z.object({
      /** Of a picture, that. */
      video: z.string(),
      audio: z.string().nullable().default(null),
      durationMs: z.number().min(0),
      poster: z.string().nullable().default(null),
    }),
  ),
});
export type ExportedStory = z.infer<typeof ExportedStory>;

const storyFile = "story.json";
/** How the player's page says where its story is. */
const place = 'name="pixsim-story" content=""';

/** The player's page, told to play the story that lies beside it. Throws where it is not the player's. */
export const exportedPage = (html: string): string => {
  if (!html.includes(place)) throw new Error("The player's page does not say where its story would be.");
  return html.replace(place, place.replace('""', `"${storyFile}"`));
};

export interface StoryExport {
  /** What lies in the folder beside the player: each a text, or to be got from an address of the server. */
  readonly files: ReadonlyArray<{ readonly name: string } & ({ readonly text: string } | { readonly url: string })>;
  /** Assets that the story names and that are not there any more, or of which there is nothing yet that others may see. */
  readonly missing: number;
}

/**
 * What players are shown of a picture. What a camera wrote into one that was uploaded, where it was taken among it, is not theirs to see: null
 * until something is made of it. Others are shown as they are, for they may move, unless they are larger than a screen needs. `still`: null: it
 * is no larger than its poster, or was not made yet.
 */
export const shownPicture = (
  picture: { readonly origin: Asset["origin"]["kind"]; readonly width: number; readonly height: number },
  { original, still, poster }: { readonly original: string | null; readonly still: string | null; readonly poster: string | null },
): string | null => {
  if (picture.origin === "upload") return still ?? poster;
  return isLargerThan(picture, stillEdge) ? (still ?? original) : original;
};

/** What players are shown of a video in one file. Of one that was uploaded that is never the original, for the same reason. */
export const shownVideo = (
  { origin }: { readonly origin: Asset["origin"]["kind"] },
  { original, faststart }: { readonly original: string | null; readonly faststart: string | null },
): string | null => faststart ?? (origin === "upload" ? null : original);

/** The whole of an asset in one file, as players are shown it. Null: there is none that they may see. */
export const shownWhole = ({ mediaType, origin, width, height, urls }: Asset): string | null => {
  const { original = null, still = null, faststart = null, poster } = urls;
  return mediaType === "image"
    ? shownPicture({ origin: origin.kind, width, height }, { original, still, poster })
    : shownVideo({ origin: origin.kind }, { original, faststart });
};

/** `assets`: of the story, those that are there. */
export const exportOf = (
  { title, version, story }: { readonly title: string; readonly version: string; readonly story: Story },
  assets: ReadonlyArray<Asset>,
): StoryExport => {
  const files: Array<StoryExport["files"][number]> = [];
  const media: ExportedStory["media"] = {};
  const beside = (name: string, url: string | null): string | null => {
    if (url === null) return null;
    const path = `media/${name}${/\.[a-z0-9]+(?=$|\?)/.exec(url)?.[0] ?? ""}`;
    files.push({ name: path, url });
    return path;
  };
  for (const asset of assets) {
    const { id, durationMs, urls } = asset;
    const apart = urls.playVideo !== null;
    const video = beside(id, apart ? urls.playVideo : shownWhole(asset));
    if (video === null) continue;
    media[id] = {
      video,
      audio: beside(`${id}-sound`, apart ? urls.playAudio : null),
      durationMs: durationMs ?? 0,
      poster: beside(`${id}-poster`, urls.poster),
    };
  }
  const exported: ExportedStory = { title, version, story, media };
  return {
    files: [{ name: storyFile, text: JSON.stringify(exported) }, ...files],
    missing: [...shownAssetsIn(story)].filter((id) => media[id] === undefined).length,
  };
};
