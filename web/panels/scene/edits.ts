// Edits of a scene as the editor makes, undoes and sends them: what takes an edit back, how edits made over an older state are made over a
// newer one without touching what somebody else changed meanwhile, and how they are sent in few and small calls. Pure.
import { editedBody, type SceneEdit } from "#protocol/scene/edit.ts";
import type { SceneBody, SceneEdge, SceneHead, SceneNode } from "#protocol/scene/scene.ts";

export type Edits = ReadonlyArray<SceneEdit>;

/** What an edit is about: two of the same subject must stay in their order. */
const subjectOf = (edit: SceneEdit): string => {
  switch (edit.do) {
    case "putNode":
      return `node ${edit.node.id}`;
    case "moveNode":
    case "removeNode":
      return `node ${edit.id}`;
    case "putEdge":
      return `edge ${edit.edge.id}`;
    case "removeEdge":
      return `edge ${edit.id}`;
    case "setHead":
      return "head";
  }
};

/** By id, made once for a body: undoing a drag of a thousand nodes must not look for each of them. */
interface Index {
  readonly nodes: ReadonlyMap<string, SceneNode>;
  readonly edges: ReadonlyMap<string, SceneEdge>;
}
const indexOf = (body: SceneBody): Index => ({
  nodes: new Map(body.nodes.map((node) => [node.id, node])),
  edges: new Map(body.edges.map((edge) => [edge.id, edge])),
});

const headBefore = (body: SceneHead, head: Extract<SceneEdit, { do: "setHead" }>["head"]) =>
  Object.fromEntries(Object.keys(head).map((key) => [key, body[key as keyof typeof head]]));

const inverseOfOne = (body: SceneBody, { nodes, edges }: Index, edit: SceneEdit): Edits => {
  switch (edit.do) {
    case "putNode": {
      const before = nodes.get(edit.node.id);
      return [before === undefined ? { do: "removeNode", id: edit.node.id } : { do: "putNode", node: before }];
    }
    case "moveNode": {
      const before = nodes.get(edit.id);
      return before === undefined ? [] : [{ do: "moveNode", id: edit.id, x: before.x, y: before.y }];
    }
    case "removeNode": {
      const before = nodes.get(edit.id);
      if (before === undefined) {
        return [];
      }
      const children = before.type === "group" ? body.nodes.filter(({ group }) => group === edit.id) : [];
      return [
        { do: "putNode", node: before },
        ...children.map((node) => ({ do: "putNode", node }) as const),
        ...body.edges.flatMap((edge) => (edge.from === edit.id || edge.to === edit.id ? [{ do: "putEdge", edge } as const] : [])),
        ...(body.start === edit.id ? [{ do: "setHead", head: { start: edit.id } } as const] : []),
      ];
    }
    case "putEdge": {
      const before = edges.get(edit.edge.id);
      return [before === undefined ? { do: "removeEdge", id: edit.edge.id } : { do: "putEdge", edge: before }];
    }
    case "removeEdge": {
      const before = edges.get(edit.id);
      return before === undefined ? [] : [{ do: "putEdge", edge: before }];
    }
    case "setHead":
      return [{ do: "setHead", head: headBefore(body, edit.head) }];
  }
};

/** What takes the edits back once they are made over this body. */
export const inverseOf = (body: SceneBody, edits: Edits): Edits => {
  const inverse: Array<Edits> = [];
  let now = body;
  let index = indexOf(now);
  let made: Array<SceneEdit> = [];
  const touched = new Set<string>();
  for (const edit of edits) {
    const subject = subjectOf(edit);
    // Those that do not meet are looked up in one state. Removals meet what else is removed only where both bring it back as it was.
    const meets = touched.has(subject) || made.some((before) => (before.do === "removeNode") !== (edit.do === "removeNode"));
    if (meets) {
      now = editedBody(now, made);
      index = indexOf(now);
      made = [];
      touched.clear();
    }
    inverse.push(inverseOfOne(now, index, edit));
    made.push(edit);
    touched.add(subject);
  }
  // The last first; within those of one edit the node comes before its edges.
  return inverse.reverse().flat();
};

const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

/** What I made of `before`, made of `now` instead: only the properties that I changed. Another kind of node or edge is taken as a whole. */
const mergedOver = <T extends SceneNode | SceneEdge>(before: T | undefined, mine: T, now: T | undefined): T => {
  const kindOf = (one: T) => ("type" in one ? one.type : one.kind);
  if (before === undefined || now === undefined || kindOf(before) !== kindOf(mine) || kindOf(now) !== kindOf(mine)) {
    return mine;
  }
  const changed = Object.entries(mine).filter(([key, value]) => !same(value, before[key as keyof T]));
  return { ...now, ...Object.fromEntries(changed) };
};

/** Edits that were made over `before`, for a body on which somebody else has worked: nothing that they changed is put back. */
export const rebased = (edits: Edits, before: SceneBody, now: SceneBody): Edits => {
  if (before === now) {
    return edits;
  }
  const theirs = indexOf(now);
  const { nodes, edges } = indexOf(before);
  const ours = { nodes: new Map(nodes), edges: new Map(edges) };
  const moved = { nodes: new Map(theirs.nodes), edges: new Map(theirs.edges) };
  const isThere = (id: string) => moved.nodes.has(id) && moved.nodes.get(id)?.type !== "group";
  return edits.flatMap((edit): Edits => {
    switch (edit.do) {
      case "putNode": {
        const { id } = edit.node;
        const merged = mergedOver(ours.nodes.get(id), edit.node, moved.nodes.get(id));
        // The group that it was put into may be gone.
        const node = merged.group !== null && moved.nodes.get(merged.group)?.type !== "group" ? { ...merged, group: null } : merged;
        ours.nodes.set(id, edit.node);
        moved.nodes.set(id, node);
        return [{ do: "putNode", node }];
      }
      case "putEdge": {
        const { id } = edit.edge;
        const edge = mergedOver(ours.edges.get(id), edit.edge, moved.edges.get(id));
        ours.edges.set(id, edit.edge);
        // An end that somebody else removed: there is nothing to lead to.
        if (!isThere(edge.from) || !isThere(edge.to)) {
          return [];
        }
        moved.edges.set(id, edge);
        return [{ do: "putEdge", edge }];
      }
      case "setHead": {
        const { start } = edit.head;
        if (start === undefined || start === null || moved.nodes.has(start)) {
          return [edit];
        }
        const { start: _, ...head } = edit.head;
        return Object.keys(head).length === 0 ? [] : [{ do: "setHead", head }];
      }
      case "removeNode":
        moved.nodes.delete(edit.id);
        return [edit];
      case "moveNode":
      case "removeEdge":
        return [edit];
    }
  });
};

/** Without the puts and moves that a later put of the same subject makes needless: typing a title is one edit, not one for each letter. */
export const condensed = (edits: Edits): Edits => {
  const put = new Set<string>();
  return edits
    .toReversed()
    .filter((edit) => {
      const subject = subjectOf(edit);
      switch (edit.do) {
        case "putNode":
        case "putEdge":
          return put.size !== put.add(subject).size;
        case "moveNode":
          return !put.has(subject);
        case "removeNode":
        case "removeEdge":
          // What follows a removal brings it back anew: what went before must stay.
          put.clear();
          return true;
        case "setHead":
          return true;
      }
    })
    .toReversed();
};

/** What one call carries at most: edits, and their characters as JSON, which leave room in a frame. */
const callBounds = { edits: 500, characters: 150_000 };

/** How many of them go with the next call; at least one, however long that is. */
export const firstCall = (edits: Edits): number => {
  let characters = 0;
  const stop = edits.findIndex((edit, at) => {
    characters += JSON.stringify(edit).length;
    return at > 0 && (at >= callBounds.edits || characters > callBounds.characters);
  });
  return stop === -1 ? edits.length : stop;
};
