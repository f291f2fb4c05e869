// Languages of a scene's texts. Pure.
import type { SceneBody } from "#protocol/scene/scene.ts";
import type { Texts } from "#protocol/scene/value.ts";

/** What many want; any other comes in with an imported story. */
export const offeredLanguages = [
  "en",
  "de",
  "fr",
  "es",
  "it",
  "pt",
  "nl",
  "pl",
  "uk",
  "tr",
  "ar",
  "hi",
  "id",
  "vi",
  "th",
  "zh",
  "ja",
  "ko",
];

const names = new Intl.DisplayNames(undefined, { type: "language" });

export const languageTitle = (code: string): string => names.of(code) ?? code;

/** Those in which any text of nodes and edges stands, or subtitles do. */
export const languagesIn = ({ nodes, edges }: SceneBody): ReadonlySet<string> => {
  const found = new Set<string>();
  const note = (texts: Texts) => {
    for (const language of Object.keys(texts)) found.add(language);
  };
  for (const node of nodes) {
    if (node.type === "video" || node.type === "choice") note(node.offer.prompt);
    if (node.type === "video") for (const texts of [node.caption, ...node.segments.map(({ subtitles }) => subtitles)]) note(texts);
    if (node.type === "end") for (const texts of [node.heading, node.text]) note(texts);
  }
  for (const edge of edges) if (edge.kind === "choice") note(edge.text);
  return found;
};
