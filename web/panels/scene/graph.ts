// A scene as a graph that is looked at: nodes and edges by id, what leads to and from each, and where the keyboard goes from one. Pure.
import type { SceneBody, SceneEdge, SceneNode } from "#protocol/scene/scene.ts";
import { centreOf, rectOf } from "./geometry.ts";

export interface SceneGraph {
  readonly body: SceneBody;
  readonly nodes: ReadonlyMap<string, SceneNode>;
  readonly edges: ReadonlyMap<string, SceneEdge>;
  /** In their order. */
  readonly from: ReadonlyMap<string, ReadonlyArray<SceneEdge>>;
  readonly to: ReadonlyMap<string, ReadonlyArray<SceneEdge>>;
}

const grouped = (edges: ReadonlyArray<SceneEdge>, key: "from" | "to"): ReadonlyMap<string, ReadonlyArray<SceneEdge>> => {
  const map = new Map<string, Array<SceneEdge>>();
  for (const edge of edges) {
    const list = map.get(edge[key]);
    if (list === undefined) map.set(edge[key], [edge]);
    else list.push(edge);
  }
  return map;
};

export const graphOf = (body: SceneBody): SceneGraph => {
  const ordered = body.edges.toSorted((a, b) => a.order - b.order);
  return {
    body,
    nodes: new Map(body.nodes.map((node) => [node.id, node])),
    edges: new Map(body.edges.map((edge) => [edge.id, edge])),
    from: grouped(ordered, "from"),
    to: grouped(ordered, "to"),
  };
};

export type Direction = "left" | "right" | "up" | "down";

/** The nearest node on that side, with a strong liking for what lies straight ahead. */
const nearest = (candidates: Iterable<SceneNode>, of: SceneNode, direction: Direction): SceneNode | undefined => {
  const from = centreOf(rectOf(of));
  let best: { readonly node: SceneNode; readonly far: number } | undefined;
  for (const node of candidates) {
    const at = centreOf(rectOf(node));
    const [dx, dy] = [at.x - from.x, at.y - from.y];
    const ahead = { left: -dx, right: dx, up: -dy, down: dy }[direction];
    const aside = Math.abs(direction === "left" || direction === "right" ? dy : dx);
    if (node.id === of.id || ahead <= 0) continue;
    const far = ahead + aside * 2;
    if (best === undefined || far < best.far) best = { node, far };
  }
  return best?.node;
};

/**
 * Where an arrow key leads: right along the first edge away, left back along the first edge here, up and down among what has the same
 * origin; where no edge leads, to the nearest node on that side.
 */
export const neighbourOf = (graph: SceneGraph, id: string, direction: Direction): string | null => {
  const node = graph.nodes.get(id);
  if (node === undefined) return null;
  const there = (ids: ReadonlyArray<string>) => ids.flatMap((one) => (one === id ? [] : (graph.nodes.get(one) ?? [])));
  if (direction === "right" || direction === "left") {
    const [along] = there(
      direction === "right" ? (graph.from.get(id) ?? []).map(({ to }) => to) : (graph.to.get(id) ?? []).map(({ from }) => from),
    );
    if (along !== undefined) return along.id;
  } else {
    const siblings = (graph.to.get(id) ?? []).flatMap(({ from }) => (graph.from.get(from) ?? []).map(({ to }) => to));
    const sibling = nearest(there(siblings), node, direction);
    if (sibling !== undefined) return sibling.id;
  }
  return nearest(graph.nodes.values(), node, direction)?.id ?? null;
};
