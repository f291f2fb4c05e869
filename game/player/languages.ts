// Languages that a story is told in. Pure.
import type { Story } from "#protocol/scene/scene.ts";

/** The one that most is told in first. */
export const languagesOf = (story: Story): ReadonlyArray<string> => {
  const counts = new Map<string, number>();
  const note = (texts: Readonly<Record<string, string>>): void => {
    for (const language of Object.keys(texts)) counts.set(language, (counts.get(language) ?? 0) + 1);
  };
  for (const { body } of story.scenes) {
    counts.set(body.language, (counts.get(body.language) ?? 0) + 1);
    for (const node of body.nodes) {
      if (node.type === "video") for (const texts of [node.caption, ...node.segments.map(({ subtitles }) => subtitles)]) note(texts);
      if (node.type === "video" || node.type === "choice") note(node.offer.prompt);
      if (node.type === "end") for (const texts of [node.heading, node.text]) note(texts);
    }
    for (const edge of body.edges) if (edge.kind === "choice") note(edge.text);
  }
  return [...counts].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([language]) => language);
};

/** The one of these that suits best. */
export const bestLanguage = (available: ReadonlyArray<string>, wanted: ReadonlyArray<string>): string => {
  for (const one of wanted) {
    const found = available.find((other) => other === one) ?? available.find((other) => other.split("-")[0] === one.split("-")[0]);
    if (found !== undefined) return found;
  }
  return available[0] ?? "en";
};
