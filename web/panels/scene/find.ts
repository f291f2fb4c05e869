// Looks through a scene: names, texts, rules and tags of all nodes and edges. Pure.
import type { SceneEdge, SceneNode } from "#protocol/scene/scene.ts";
import type { SceneGraph } from "./graph.ts";

export interface Found {
  readonly node: SceneNode;
  /** The edge away from it that was meant. */
  readonly edge: SceneEdge | null;
  /** The text in which the words are, where that is not the name. */
  readonly where: string;
}

const most = 200;

/** What these hold is for the machine. */
const hidden = new Set(["id", "from", "to", "group", "type"]);

/** What people may look for: every text within, by whatever name it goes. */
const textsIn = (value: unknown): ReadonlyArray<string> => {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, part]) => (hidden.has(key) ? [] : textsIn(part)))
    : [];
};

/** Each node or edge in whose texts all words are; all nodes where there are none. */
export const found = ({ nodes, from }: SceneGraph, words: string): ReadonlyArray<Found> => {
  const wanted = words
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const results: Array<Found> = [];
  const look = (thing: SceneNode | SceneEdge): string | null => {
    const texts = textsIn(thing);
    const all = texts.join("\n").toLowerCase();
    if (!wanted.every((word) => all.includes(word))) return null;
    const matched = (text: string) => wanted.filter((word) => text.toLowerCase().includes(word)).length;
    return texts.toSorted((a, b) => matched(b) - matched(a))[0] ?? "";
  };
  for (const node of nodes.values()) {
    const where = look(node);
    if (where !== null) results.push({ node, edge: null, where: wanted.length === 0 || where === node.title ? "" : where });
    for (const edge of wanted.length === 0 ? [] : (from.get(node.id) ?? [])) {
      const on = look(edge);
      if (on !== null) results.push({ node, edge, where: on });
    }
    if (results.length >= most) break;
  }
  return results.slice(0, most);
};
