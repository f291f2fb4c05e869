// Changes of a draft: each names one node, edge or field, so that two people who change different things lose nothing, and of the same
// thing the last word counts. Pure.
import * as z from "zod";
import { Id } from "../values.ts";
import { type SceneBody, SceneEdge, SceneHead, SceneNode } from "./scene.ts";

/** Properties by name; that they are such as the node or edge has is seen when they are in it. */
const Properties = z.record(z.string().max(40), z.unknown());

export const SceneEdit = z.discriminatedUnion("do", [
  /** In the place of the one with this id, or new. */
  z.object({ do: z.literal("putNode"), node: SceneNode }),
  /** These properties of it, and no others; its id and type stay. */
  z.object({ do: z.literal("patchNode"), id: Id, set: Properties }),
  z.object({ do: z.literal("moveNode"), id: Id, x: z.number().min(-1e6).max(1e6), y: z.number().min(-1e6).max(1e6) }),
  /** With the edges from and to it; what stood in a group stands alone. */
  z.object({ do: z.literal("removeNode"), id: Id }),
  z.object({ do: z.literal("putEdge"), edge: SceneEdge }),
  /** These properties of it; its id and kind stay. */
  z.object({ do: z.literal("patchEdge"), id: Id, set: Properties }),
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
    achievements: shape.achievements.unwrap().optional(),
    hud: shape.hud.unwrap().optional(),
  });
}

type Properties = z.infer<typeof Properties>;

/** One that is none any more stays as it was made: whoever reads the whole refuses it, and says why. */
export const patchedNode = (node: SceneNode, set: Properties): SceneNode => {
  const made = { ...node, ...set, id: node.id, type: node.type };
  const read = SceneNode.safeParse(made);
  return read.success ? read.data : (made as SceneNode);
};
export const patchedEdge = (edge: SceneEdge, set: Properties): SceneEdge => {
  const made = { ...edge, ...set, id: edge.id, kind: edge.kind };
  const read = SceneEdge.safeParse(made);
  return read.success ? read.data : (made as SceneEdge);
};

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
      case "patchNode": {
        const node = nodes.get(edit.id);
        if (node !== undefined) nodes.set(edit.id, patchedNode(node, edit.set));
        break;
      }
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
      case "patchEdge": {
        const edge = edges.get(edit.id);
        if (edge !== undefined) edges.set(edit.id, patchedEdge(edge, edit.set));
        break;
      }
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

const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

/** The properties of the second that are others in the first. */
export const changedIn = <T extends object>(before: T, after: T): Partial<T> =>
  Object.fromEntries(Object.entries(after).filter(([key, value]) => !same(before[key as keyof T], value))) as Partial<T>;

/** What makes the node of what it was; nothing: it is the same. */
export const nodeChange = (before: SceneNode | undefined, after: SceneNode): ReadonlyArray<SceneEdit> => {
  if (before === after) return [];
  if (before?.type !== after.type) return [{ do: "putNode", node: after }];
  const set = changedIn(before, after);
  const keys = Object.keys(set);
  if (keys.length === 0) return [];
  const moved = keys.every((key) => key === "x" || key === "y");
  return [moved ? { do: "moveNode", id: after.id, x: after.x, y: after.y } : { do: "patchNode", id: after.id, set }];
};
export const edgeChange = (before: SceneEdge | undefined, after: SceneEdge): ReadonlyArray<SceneEdit> => {
  if (before === after) return [];
  if (before?.kind !== after.kind) return [{ do: "putEdge", edge: after }];
  const set = changedIn(before, after);
  return Object.keys(set).length === 0 ? [] : [{ do: "patchEdge", id: after.id, set }];
};

interface Identified {
  readonly id: string;
}
/** Whether what stayed is in its order, and what is new after it: as edits would have it. */
const isInOrder = (
  before: ReadonlyMap<string, Identified>,
  after: ReadonlyArray<Identified>,
  now: ReadonlyMap<string, Identified>,
): boolean => {
  const stayed = [...before.keys()].filter((id) => now.has(id));
  return after.every(({ id }, at) => (at < stayed.length ? id === stayed[at] : !before.has(id)));
};

/** Small edits that make the second body of the first; null: none do, as something stands in another order. */
export const editsBetween = (before: SceneBody, after: SceneBody): ReadonlyArray<SceneEdit> | null => {
  const byId = <T extends Identified>(list: ReadonlyArray<T>) => new Map(list.map((one) => [one.id, one]));
  const [nodes, edges, newNodes, newEdges] = [byId(before.nodes), byId(before.edges), byId(after.nodes), byId(after.edges)];
  if (!isInOrder(nodes, after.nodes, newNodes) || !isInOrder(edges, after.edges, newEdges)) return null;
  const { nodes: _, edges: __, ...head } = after;
  const heads = changedIn<SceneHead>(before, head);
  return [
    ...before.edges.flatMap(({ id }) => (newEdges.has(id) ? [] : [{ do: "removeEdge", id } as const])),
    ...after.nodes.flatMap((node) => nodeChange(nodes.get(node.id), node)),
    // An edge may lead elsewhere than to what is removed.
    ...after.edges.flatMap((edge) => edgeChange(edges.get(edge.id), edge)),
    ...before.nodes.flatMap(({ id }) => (newNodes.has(id) ? [] : [{ do: "removeNode", id } as const])),
    ...(Object.keys(heads).length === 0 ? [] : [{ do: "setHead", head: heads } as const]),
  ];
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
