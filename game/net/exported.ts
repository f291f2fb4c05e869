// A story that lies in files beside the page: as the static export writes it.
import { ExportedStory } from "#protocol/scene/exported.ts";
import { Problem } from "../words/catalogue.ts";
import { localPlay } from "./local.ts";
import type { PlayableMedia, PlaySource } from "./source.ts";

/** Rejects with a sentence for a person. */
export const exportedPlay = async (address: string): Promise<PlaySource> => {
  const url = new URL(address, document.baseURI);
  const response = await fetch(url);
  if (!response.ok) throw new Problem(({ notLoaded }) => notLoaded(url.pathname, response.status));
  const read = ExportedStory.safeParse(await response.json().catch(() => null));
  if (!read.success) throw new Problem(({ notRead }) => notRead);
  const { title, story, media } = read.data;
  const beside = (path: string): string => new URL(path, url).href;
  const besideOrNull = (path: string | null): string | null => (path === null ? null : beside(path));
  const files = new Map<string, PlayableMedia>(
    Object.entries(media).map(([id, one]) => [
      id,
      {
        picture: beside(one.video),
        audio: besideOrNull(one.audio),
        durationMs: one.durationMs,
        stills: { start: besideOrNull(one.poster), end: besideOrNull(one.poster) },
      },
    ]),
  );
  return localPlay({
    story,
    title,
    media: (ids) => Promise.resolve(new Map(ids.flatMap((id) => (files.has(id) ? [[id, files.get(id)!] as const] : [])))),
    seed: () => crypto.getRandomValues(new Uint32Array(1))[0]!,
    // Of whatever version: what was saved and achieved in an earlier one stays.
    keep: { at: localStorage, name: `pixsim.play.${url.pathname}` },
  });
};
