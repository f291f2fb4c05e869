// Changes of a draft: each names one node, edge or field, so that two people who change different things lose nothing, and of the same
// thing the last word counts. Pure.
import * as z from "zod";
import { Id } from "../values.ts";
import { type SceneBody, SceneEdge, SceneHead, SceneNode } from "./scene.ts";

export const SceneEdit = z.discriminatedUnion("do", [
  /** In the place of the one with this id, or new. */
  z.object({ do: z.literal("putNode"), node: SceneNode }),
  z.object({ do: z.literal("moveNode"), id: Id, x: z.number().min(-1e6).max(1e6), y: z.number().min(-1e6).max(1e6) }),
  /** With the edges from and to it; what stood in a group stands alone. */
  z.object({ do: z.literal("removeNode"), id: Id }),
  z.object({ do: z.literal("putEdge"), edge: SceneEdge }),
  z.object({ do: z.literal("removeEdge"), id: Id }),
  /** Fields of the scene itself; those that are left out stay. */
  z.object({ do: z.literal("setHead"), head: headFields() }),
]);
export type SceneEdit = z.infer<typeof SceneEdit>;

/** The fields of a head without their defaults: one that is not given is not one that is emptied. */
function headFields() {
  const { shape } = SceneHead;
  return z.object({
    start: shape.start.unwrap().optional(),
    language: shape.language.unwrap().optional(),
    rating: shape.rating.unwrap().optional(),
    parameters: shape.parameters.unwrap().optional(),
    returnPoints: shape.returnPoints.unwrap().optional(),
    variables: shape.variables.unwrap().optional(),
    flags: shape.flags.unwrap().optional(),
    counters: shape.counters.unwrap().optional(),
    items: shape.items.unwrap().optional(),
    characters: shape.characters.unwrap().optional(),
    quests: shape.quests.unwrap().optional(),
    hud: shape.hud.unwrap().optional(),
  });
}

/** The body after the changes, in their order; what is to be changed and is not there is passed over: somebody else removed it. */
export const editedBody = (body: SceneBody, edits: ReadonlyArray<SceneEdit>): SceneBody => {
  const nodes = new Map(body.nodes.map((node) => [node.id, node]));
  const edges = new Map(body.edges.map((edge) => [edge.id, edge]));
  const head: SceneHead = { ...body };
  for (const edit of edits) {
    switch (edit.do) {
      case "putNode":
        nodes.set(edit.node.id, edit.node);
        break;
      case "moveNode": {
        const node = nodes.get(edit.id);
        if (node !== undefined) nodes.set(edit.id, { ...node, x: edit.x, y: edit.y });
        break;
      }
      case "removeNode":
        nodes.delete(edit.id);
        for (const [id, { from, to }] of edges) if (from === edit.id || to === edit.id) edges.delete(id);
        for (const [id, node] of nodes) if (node.group === edit.id) nodes.set(id, { ...node, group: null });
        if (head.start === edit.id) head.start = null;
        break;
      case "putEdge":
        edges.set(edit.edge.id, edit.edge);
        break;
      case "removeEdge":
        edges.delete(edit.id);
        break;
      case "setHead":
        Object.assign(head, Object.fromEntries(Object.entries(edit.head).filter(([, value]) => value !== undefined)));
        break;
    }
  }
  return { ...body, ...head, nodes: [...nodes.values()], edges: [...edges.values()] };
};

/** Edits of one call. */
const mostEdits = 1000;

/** What makes this body of an empty one, in calls of at most so many characters: each leaves a scene behind that is one. */
export const editsOf = (body: SceneBody, characters: number): ReadonlyArray<ReadonlyArray<SceneEdit>> => {
  const { nodes, edges, start, ...head } = body;
  const edits: ReadonlyArray<SceneEdit> = [
    { do: "setHead", head },
    // A node is put into its group after that is there.
    ...nodes.toSorted((a, b) => Number(b.type === "group") - Number(a.type === "group")).map((node) => ({ do: "putNode", node }) as const),
    ...edges.map((edge) => ({ do: "putEdge", edge }) as const),
    { do: "setHead", head: { start } },
  ];
  const batches: Array<Array<SceneEdit>> = [];
  let length = Infinity;
  for (const edit of edits) {
    const own = JSON.stringify(edit).length + 1;
    if (length + own > characters || batches.at(-1)!.length >= mostEdits) {
      batches.push([]);
      length = 2;
    }
    batches.at(-1)!.push(edit);
    length += own;
  }
  return batches;
};
