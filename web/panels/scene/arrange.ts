// Lays a scene out from left to right: layers by how far a node is from the start. Takes up to seconds for a thousand nodes, so it runs in a
// worker. Pure.
import dagre from "@dagrejs/dagre";
import { snapped } from "./geometry.ts";

export interface ArrangeTask {
  readonly nodes: ReadonlyArray<{ readonly id: string; readonly width: number; readonly height: number }>;
  readonly edges: ReadonlyArray<{ readonly from: string; readonly to: string }>;
}

/** Upper left corners, on the grid. */
export type Arranged = ReadonlyArray<{ readonly id: string; readonly x: number; readonly y: number }>;

/** From so many nodes on the quicker way to find layers: its rows are a little longer, but network simplex takes seconds. */
const many = 300;

export const arrange = ({ nodes, edges }: ArrangeTask): Arranged => {
  const graph = new dagre.graphlib.Graph({ multigraph: false });
  graph.setGraph({ rankdir: "LR", nodesep: 32, ranksep: 96, ranker: nodes.length > many ? "longest-path" : "network-simplex" });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of nodes) graph.setNode(id, { width, height });
  for (const { from, to } of edges) if (from !== to) graph.setEdge(from, to);
  dagre.layout(graph);
  return nodes.map(({ id, width, height }) => {
    const { x, y } = graph.node(id) as { readonly x: number; readonly y: number };
    return { id, x: snapped(x - width / 2), y: snapped(y - height / 2) };
  });
};
