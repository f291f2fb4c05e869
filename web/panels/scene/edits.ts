// Edits of a scene as the editor makes, undoes and sends them: property by property, so that what somebody else changes meanwhile stays; what
// takes an edit back, what of them still has a place in a newer state, and how they are sent in few and small calls. Pure.
import { editedBody, edgeChange, nodeChange, patchedEdge, patchedNode, SceneEdit } from "#protocol/scene/edit.ts";
import { SceneBody, SceneEdge, SceneNode, type SceneHead } from "#protocol/scene/scene.ts";
import { defaultLimits } from "#protocol/wire/limits.ts";

export type Edits = ReadonlyArray<SceneEdit>;

/** What an edit is about: two of the same subject must stay in their order. */
export const subjectOf = (edit: SceneEdit): string => {
  switch (edit.do) {
    case "putNode":
      return `node ${edit.node.id}`;
    case "patchNode":
    case "moveNode":
    case "removeNode":
      return `node ${edit.id}`;
    case "putEdge":
      return `edge ${edit.edge.id}`;
    case "patchEdge":
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

type Properties = Readonly<Record<string, unknown>>;

/** What these properties are. */
const valuesIn = (of: object, set: Properties): Record<string, unknown> =>
  Object.fromEntries(Object.keys(set).map((key) => [key, (of as Properties)[key]]));

const inverseOfOne = (body: SceneBody, { nodes, edges }: Index, edit: SceneEdit): Edits => {
  switch (edit.do) {
    case "putNode": {
      const before = nodes.get(edit.node.id);
      return [before === undefined ? { do: "removeNode", id: edit.node.id } : { do: "putNode", node: before }];
    }
    case "patchNode": {
      const before = nodes.get(edit.id);
      return before === undefined ? [] : [{ do: "patchNode", id: edit.id, set: valuesIn(before, edit.set) }];
    }
    case "patchEdge": {
      const before = edges.get(edit.id);
      return before === undefined ? [] : [{ do: "patchEdge", id: edit.id, set: valuesIn(before, edit.set) }];
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
        ...children.map(({ id, group }) => ({ do: "patchNode", id, set: { group } }) as const),
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
      return [{ do: "setHead", head: valuesIn(body, edit.head) }];
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

/** As the nodes, edges and head are while edits are made one after the other. */
class Walk {
  readonly #body: SceneBody;
  readonly #index: Index;
  readonly #nodes = new Map<string, SceneNode | undefined>();
  readonly #edges = new Map<string, SceneEdge | undefined>();

  constructor(body: SceneBody) {
    this.#body = body;
    this.#index = indexOf(body);
  }

  get head(): SceneHead {
    return this.#body;
  }
  node(id: string): SceneNode | undefined {
    return this.#nodes.has(id) ? this.#nodes.get(id) : this.#index.nodes.get(id);
  }
  edge(id: string): SceneEdge | undefined {
    const edge = this.#edges.has(id) ? this.#edges.get(id) : this.#index.edges.get(id);
    return edge !== undefined && this.isPlace(edge.from) && this.isPlace(edge.to) ? edge : undefined;
  }
  isPlace(id: string): boolean {
    const node = this.node(id);
    return node !== undefined && node.type !== "group";
  }
  isGroup(id: string | null): boolean {
    return id === null || this.node(id)?.type === "group";
  }

  make(edit: SceneEdit): void {
    switch (edit.do) {
      case "putNode":
        this.#nodes.set(edit.node.id, edit.node);
        break;
      case "patchNode": {
        const node = this.node(edit.id);
        if (node !== undefined) this.#nodes.set(edit.id, patchedNode(node, edit.set));
        break;
      }
      case "moveNode": {
        const node = this.node(edit.id);
        if (node !== undefined) this.#nodes.set(edit.id, { ...node, x: edit.x, y: edit.y });
        break;
      }
      case "removeNode":
        this.#nodes.set(edit.id, undefined);
        break;
      case "putEdge":
        this.#edges.set(edit.edge.id, edit.edge);
        break;
      case "patchEdge": {
        const edge = this.edge(edit.id);
        if (edge !== undefined) this.#edges.set(edit.id, patchedEdge(edge, edit.set));
        break;
      }
      case "removeEdge":
        this.#edges.set(edit.id, undefined);
        break;
      case "setHead":
        break;
    }
  }
}

/** Of each edit what the walk has it be, as the ones before have left things. */
const along = (body: SceneBody, edits: Edits, of: (edit: SceneEdit, now: Walk) => Edits): Edits => {
  const now = new Walk(body);
  return edits.flatMap((edit) => {
    const made = of(edit, now);
    for (const one of made) now.make(one);
    return made;
  });
};

/**
 * The same edits by property and as the server would store them; null: they would not leave a scene. What they carry is looked at, and not the
 * whole scene with each letter; of the head all, for names must not stand twice. What no call could carry would be refused for ever, and hold
 * up all that is made after it.
 */
export const narrowed = (edits: Edits, body: SceneBody): Edits | null => {
  let sound = true;
  const refuse = (): Edits => {
    sound = false;
    return [];
  };
  const narrow = along(body, edits, (edit, now) => {
    const read = SceneEdit.safeParse(edit);
    if (!read.success) return refuse();
    switch (read.data.do) {
      case "putNode":
        return nodeChange(now.node(read.data.node.id), read.data.node);
      case "putEdge":
        return edgeChange(now.edge(read.data.edge.id), read.data.edge);
      case "patchNode": {
        const node = now.node(read.data.id);
        const after = node === undefined ? undefined : SceneNode.safeParse(patchedNode(node, read.data.set));
        return node === undefined || after === undefined ? [] : after.success ? nodeChange(node, after.data) : refuse();
      }
      case "patchEdge": {
        const edge = now.edge(read.data.id);
        const after = edge === undefined ? undefined : SceneEdge.safeParse(patchedEdge(edge, read.data.set));
        return edge === undefined || after === undefined ? [] : after.success ? edgeChange(edge, after.data) : refuse();
      }
      case "setHead":
        return [read.data];
      case "moveNode":
      case "removeNode":
      case "removeEdge":
        return [read.data];
    }
  });
  sound &&= narrow.every((edit) => bytesOf(edit) <= longestEdit);
  if (sound && narrow.some((edit) => edit.do === "setHead")) {
    const { start: _, ...head } = editedBody(body, narrow);
    sound = SceneBody.safeParse({ ...head, nodes: [], edges: [] }).success;
  }
  return sound ? narrow : null;
};

/** Those of the edits, or of their properties, that have a place in a body on which somebody else has worked: it stays a sound one. */
export const fitted = (edits: Edits, body: SceneBody): Edits =>
  along(body, edits, (edit, now) => {
    switch (edit.do) {
      case "putNode":
        // The group that it was put into may be gone.
        return now.isGroup(edit.node.group) ? [edit] : [{ do: "putNode", node: { ...edit.node, group: null } }];
      case "patchNode": {
        const node = now.node(edit.id);
        if (node === undefined || !SceneNode.safeParse(patchedNode(node, edit.set)).success) return [];
        const { group } = edit.set;
        return typeof group !== "string" || now.isGroup(group) ? [edit] : [{ ...edit, set: { ...edit.set, group: null } }];
      }
      case "moveNode":
      case "removeNode":
        return now.node(edit.id) === undefined ? [] : [edit];
      case "putEdge":
        // An end that somebody else removed: there is nothing to lead to.
        return now.isPlace(edit.edge.from) && now.isPlace(edit.edge.to) ? [edit] : [];
      case "patchEdge": {
        const edge = now.edge(edit.id);
        const read = edge === undefined ? undefined : SceneEdge.safeParse(patchedEdge(edge, edit.set));
        return read?.success === true && now.isPlace(read.data.from) && now.isPlace(read.data.to) ? [edit] : [];
      }
      case "removeEdge":
        return now.edge(edit.id) === undefined ? [] : [edit];
      case "setHead": {
        const { start, ...head } = edit.head;
        if (start === undefined || start === null || now.node(start) !== undefined) return [edit];
        return Object.keys(head).length === 0 ? [] : [{ do: "setHead", head }];
      }
    }
  });

/** Those properties that are in the one as in the other. */
const unchanged = (set: Properties, then: object, now: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(set).filter(([key]) => same((then as Properties)[key], (now as Properties)[key])));

/** Edits that were meant for `then`, for a body on which somebody else has worked: what they have changed since stays as they left it. */
export const sparing = (edits: Edits, then: SceneBody, body: SceneBody): Edits => {
  if (then === body) return edits;
  const was = new Walk(then);
  const known = new Map(then.edges.map((edge) => [edge.id, edge]));
  /** Ends of edges that somebody else has drawn, or changed. */
  const tied = new Set(body.edges.flatMap((edge) => (same(known.get(edge.id), edge) ? [] : [edge.from, edge.to])));
  const mine = along(body, edits, (edit, now) => {
    const spared = ((): Edits => {
      switch (edit.do) {
        case "putNode": {
          const [before, there] = [was.node(edit.node.id), now.node(edit.node.id)];
          return before?.type === there?.type ? [edit] : [];
        }
        case "putEdge": {
          const [before, there] = [was.edge(edit.edge.id), now.edge(edit.edge.id)];
          return before?.kind === there?.kind ? [edit] : [];
        }
        case "patchNode": {
          const [before, there] = [was.node(edit.id), now.node(edit.id)];
          const set = before === undefined || there === undefined ? {} : unchanged(edit.set, before, there);
          return Object.keys(set).length === 0 ? [] : [{ ...edit, set }];
        }
        case "patchEdge": {
          const [before, there] = [was.edge(edit.id), now.edge(edit.id)];
          const set = before === undefined || there === undefined ? {} : unchanged(edit.set, before, there);
          return Object.keys(set).length === 0 ? [] : [{ ...edit, set }];
        }
        case "moveNode": {
          const [before, there] = [was.node(edit.id), now.node(edit.id)];
          return before?.x === there?.x && before?.y === there?.y ? [edit] : [];
        }
        case "setHead": {
          const head = unchanged(edit.head, was.head, now.head);
          return Object.keys(head).length === 0 ? [] : [{ do: "setHead", head }];
        }
        case "removeNode":
          return same(was.node(edit.id), now.node(edit.id)) && !tied.has(edit.id) ? [edit] : [];
        case "removeEdge":
          return same(was.edge(edit.id), now.edge(edit.id)) ? [edit] : [];
      }
    })();
    was.make(edit);
    return spared;
  });
  return fitted(mine, body);
};

/** The same said shorter: of the same properties the last word alone, and one patch of each. Typing a title is one edit, not one a letter. */
export const condensed = (edits: Edits): Edits => {
  /** Of each subject what comes later, by what it says: earlier words are taken into it or not needed. */
  const later = new Map<string, SceneEdit>();
  const kept: Array<SceneEdit> = [];
  for (const edit of edits.toReversed()) {
    if (edit.do === "removeNode" || edit.do === "removeEdge") {
      // What follows a removal brings it back anew: what went before must stay.
      later.clear();
      kept.push(edit);
      continue;
    }
    const subject = subjectOf(edit);
    const isPut = edit.do === "putNode" || edit.do === "putEdge";
    if (later.has(`put ${subject}`) || (edit.do === "moveNode" && later.has(`moveNode ${subject}`))) continue;
    const known = later.get(`${edit.do} ${subject}`);
    const merged = known === undefined ? undefined : togetherOf(edit, known);
    if (merged !== undefined && known !== undefined) {
      kept[kept.indexOf(known)] = merged;
      later.set(`${edit.do} ${subject}`, merged);
      continue;
    }
    later.set(`${isPut ? "put" : edit.do} ${subject}`, edit);
    // A patch before it may say another place.
    if (edit.do === "moveNode") later.delete(`patchNode ${subject}`);
    kept.push(edit);
  }
  return kept.reverse();
};

/** Two changes of the same properties as one, if they are such. */
const togetherOf = (first: SceneEdit, second: SceneEdit): SceneEdit | undefined => {
  if (first.do === "setHead" && second.do === "setHead") return { do: "setHead", head: { ...first.head, ...second.head } };
  if ((first.do === "patchNode" || first.do === "patchEdge") && second.do === first.do) {
    return { ...second, set: { ...first.set, ...second.set } };
  }
  return undefined;
};

/** What one call carries at most: edits, and their bytes as JSON, which leave room in a frame. */
const callBounds = { edits: 500, bytes: 150_000 };
/** Of one edit that goes alone, bytes as JSON: a frame has some more in it. */
const longestEdit = defaultLimits.maxTextBytes - 4096;
const utf8 = new TextEncoder();
const bytesOf = (edit: SceneEdit): number => utf8.encode(JSON.stringify(edit)).length;

/** How many of them go with the next call; at least one, however long that is. */
export const firstCall = (edits: Edits): number => {
  let bytes = 0;
  const stop = edits.findIndex((edit, at) => {
    bytes += bytesOf(edit);
    return at > 0 && (at >= callBounds.edits || bytes > callBounds.bytes);
  });
  return stop === -1 ? edits.length : stop;
};
