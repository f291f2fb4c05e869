// Nodes and edges on the clipboard, as JSON text: into this scene or another, with ids of their own, leading among themselves as before.
// Pure but for the ids, which are random.
import * as z from "zod";
import type { SceneEdit } from "#protocol/scene/edit.ts";
import { sceneLimits } from "#protocol/scene/limits.ts";
import { SceneEdge, SceneNode } from "#protocol/scene/scene.ts";
import type { Point } from "#web/ui/pan-zoom.ts";
import { boundsOf, gridStep, rectOf, snapped } from "./geometry.ts";
import type { SceneGraph } from "./graph.ts";
import { newId } from "./make.ts";

const Clipping = z.object({
  format: z.literal("pixsim-nodes"),
  version: z.literal(1),
  nodes: z.array(SceneNode).min(1).max(sceneLimits.nodes),
  edges: z.array(SceneEdge).max(sceneLimits.edges),
});
type Clipping = z.infer<typeof Clipping>;

/** With a group goes what stands in it. */
export const withContents = (graph: SceneGraph, ids: ReadonlySet<string>): ReadonlySet<string> => {
  const all = new Set(ids);
  // Groups may stand in groups: until nothing more comes.
  for (let size = -1; size !== all.size;) {
    size = all.size;
    for (const { id, group } of graph.nodes.values()) if (group !== null && all.has(group)) all.add(id);
  }
  return all;
};

export const copied = (graph: SceneGraph, ids: ReadonlySet<string>): string => {
  const all = withContents(graph, ids);
  const clipping: Clipping = {
    format: "pixsim-nodes",
    version: 1,
    nodes: [...graph.nodes.values()].filter(({ id }) => all.has(id)),
    edges: [...graph.edges.values()].filter(({ from, to }) => all.has(from) && all.has(to)),
  };
  return JSON.stringify(clipping);
};

/** Null for a text that holds no nodes, or not ones that may be. */
const readClipping = (text: string): Clipping | null => {
  try {
    const read = Clipping.safeParse(JSON.parse(text));
    return read.success ? read.data : null;
  } catch {
    // Any text may be pasted.
    return null;
  }
};

/** How far they are moved, from `by` on a step further down and to the right until none comes to stand exactly on one that is there. */
const apart = (nodes: ReadonlyArray<Point>, by: Point, there: Iterable<Point>): Point => {
  const corners = new Set([...there].map(({ x, y }) => `${x} ${y}`));
  let { x, y } = by;
  while (nodes.some((node) => corners.has(`${node.x + x} ${node.y + y}`))) {
    x += gridStep * 2;
    y += gridStep * 2;
  }
  return { x, y };
};

/** What brings them in with their upper left corner at `at`, or near it, and the ids that they get; null for another text. */
export const pasted = (
  text: string,
  at: Point,
  into: SceneGraph,
): { readonly edits: ReadonlyArray<SceneEdit>; readonly ids: ReadonlySet<string> } | null => {
  const clipping = readClipping(text);
  const bounds = clipping === null ? null : boundsOf(clipping.nodes.map(rectOf));
  if (clipping === null || bounds === null) {
    return null;
  }
  const by = apart(clipping.nodes, { x: snapped(at.x - bounds.x), y: snapped(at.y - bounds.y) }, into.nodes.values());
  const ids = new Map(clipping.nodes.map(({ id }) => [id, newId()]));
  const groups = new Set(clipping.nodes.flatMap(({ id, type }) => (type === "group" ? [id] : [])));
  // Groups first: what stands in one is put there once it is there.
  const nodes = clipping.nodes.toSorted((a, b) => Number(b.type === "group") - Number(a.type === "group"));
  return {
    ids: new Set(ids.values()),
    edits: [
      ...nodes.map((node) => ({
        do: "putNode" as const,
        node: {
          ...node,
          id: ids.get(node.id)!,
          x: Math.min(1e6, Math.max(-1e6, node.x + by.x)),
          y: Math.min(1e6, Math.max(-1e6, node.y + by.y)),
          group: node.group !== null && groups.has(node.group) ? ids.get(node.group)! : null,
        },
      })),
      ...clipping.edges.flatMap((edge) => {
        const [from, to] = [ids.get(edge.from), ids.get(edge.to)];
        return from === undefined || to === undefined || groups.has(edge.from) || groups.has(edge.to)
          ? []
          : [{ do: "putEdge" as const, edge: { ...edge, id: newId(), from, to } }];
      }),
    ],
  };
};
