// A machine as a graph to draw: its states and its transitions, read from the XState machine itself, so that what is drawn is what runs.
// The states below the root are the places; what lies inside one is shown in it as its parts. Pure.
import type { AnyStateMachine, AnyStateNode, StateValue } from "xstate";

/** What moves a machine, read from the type of the event. */
export interface Trigger {
  readonly kind: "event" | "done" | "error" | "after" | "always" | "start";
  /** Of the event, the effect, the delay. */
  readonly name: string;
}

export interface Way {
  /** Path of the state that takes it: `processing.tracking`. */
  readonly source: string;
  /** Path of the state it leads to; null: it stays. */
  readonly target: string | null;
  readonly trigger: Trigger;
  readonly guard: string | null;
}

/** A state within a place. */
export interface Part {
  /** `processing.tracking` */
  readonly path: string;
  /** Without the place: `tracking`. */
  readonly name: string;
}

export interface Place {
  readonly name: string;
  readonly kind: "initial" | "normal" | "final";
  readonly description: string | null;
  readonly parts: ReadonlyArray<Part>;
}

/** All the ways from one place to another. */
export interface Edge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** In the order in which the machine asks. */
  readonly ways: ReadonlyArray<Way>;
}

export interface MachineGraph {
  readonly places: ReadonlyArray<Place>;
  /** The place where it starts. */
  readonly initial: string;
  /** Between different places. */
  readonly edges: ReadonlyArray<Edge>;
  /** Ways that do not leave their place. */
  readonly inner: ReadonlyArray<Way>;
}

export const edgeId = (from: string, to: string): string => `${from}>${to}`;

const placeOfPath = (path: string): string => path.split(".", 1)[0] ?? path;

/** The type of an event in its parts. */
export const triggerOf = (type: string): Trigger => {
  if (type === "") {
    return { kind: "always", name: "" };
  }
  if (type === "xstate.init") {
    return { kind: "start", name: "" };
  }
  const found = /^xstate\.(done|error)\.(actor|state)\.(.+)$/.exec(type);
  if (found !== null) {
    const [, kind, of, id = ""] = found;
    return { kind: kind === "done" ? "done" : "error", name: of === "state" ? lastOf(id) : nameOfActor(id) };
  }
  const after = /^xstate\.after\.([^.]+)\./.exec(type);
  return after === null ? { kind: "event", name: type } : { kind: "after", name: after[1] ?? "" };
};

const lastOf = (id: string): string => id.slice(id.lastIndexOf(".") + 1);
/** XState numbers an invoke without an id by its state: `0.job.processing.tracking`. */
const nameOfActor = (id: string): string => (/^\d+\./.test(id) ? lastOf(id) : id);

const guardName = (guard: unknown): string | null => {
  if (guard === undefined || guard === null) {
    return null;
  }
  if (typeof guard === "string") {
    return guard;
  }
  if (typeof guard === "object" && "type" in guard && typeof guard.type === "string") {
    return guard.type;
  }
  return typeof guard === "function" && guard.name !== "" ? guard.name : "a condition";
};

const pathOf = (node: AnyStateNode): string => node.path.join(".");

const waysOf = (node: AnyStateNode, source: string): ReadonlyArray<Way> => {
  const always = (node.always ?? []).map((way) => ({ type: "", way }));
  const others = [...node.transitions].flatMap(([type, ways]) => ways.map((way) => ({ type, way })));
  return [...always, ...others].flatMap(({ type, way: { target, guard } }) =>
    (target ?? [null]).map((to: AnyStateNode | null) => ({
      source,
      target: to === null ? null : pathOf(to),
      trigger: triggerOf(type),
      guard: guardName(guard),
    })),
  );
};

/** A node and all below it, the node first. */
const within = (node: AnyStateNode): ReadonlyArray<AnyStateNode> => [
  node,
  ...Object.values<AnyStateNode>(node.states).flatMap((child) => within(child)),
];

export const graphOf = (machine: AnyStateMachine): MachineGraph => {
  const { root } = machine;
  const tops = Object.values<AnyStateNode>(root.states);
  const firstNode: AnyStateNode | undefined = root.type === "parallel" ? undefined : root.initial?.target?.[0];
  const initial = firstNode === undefined ? (tops[0]?.key ?? "") : placeOfPath(pathOf(firstNode));
  const edges = new Map<string, { readonly from: string; readonly to: string; readonly ways: Array<Way> }>();
  const inner: Array<Way> = [];
  for (const top of tops) {
    // What is nested is asked before its parent; what the root takes, every state takes that has not ended.
    const ways = within(top)
      .toReversed()
      .flatMap((node) => waysOf(node, pathOf(node)));
    const rootWays = top.type === "final" ? [] : waysOf(root, top.key);
    for (const way of [...ways, ...rootWays]) {
      const to = way.target === null ? top.key : placeOfPath(way.target);
      if (to === top.key) {
        inner.push(way);
        continue;
      }
      const id = edgeId(top.key, to);
      const edge = edges.get(id) ?? { from: top.key, to, ways: [] };
      edge.ways.push(way);
      edges.set(id, edge);
    }
  }
  return {
    places: tops.map((top) => ({
      name: top.key,
      kind: top.type === "final" ? "final" : top.key === initial ? "initial" : "normal",
      description: top.description ?? null,
      parts: within(top)
        .slice(1)
        .filter((node) => Object.keys(node.states).length === 0)
        .map((node) => ({ path: pathOf(node), name: node.path.slice(1).join(".") })),
    })),
    initial,
    edges: [...edges].map(([id, { from, to, ways }]) => ({ id, from, to, ways })),
    inner,
  };
};

/** Paths of the innermost states of a state value: `{ processing: "tracking" }` is in `processing.tracking`. */
export const leavesOf = (value: StateValue | unknown, prefix = ""): ReadonlyArray<string> => {
  if (typeof value === "string") {
    return [prefix + value];
  }
  if (typeof value !== "object" || value === null) {
    return prefix === "" ? [] : [prefix.slice(0, -1)];
  }
  const regions = Object.entries(value);
  return regions.length === 0 && prefix !== ""
    ? [prefix.slice(0, -1)]
    : regions.flatMap(([name, inside]) => leavesOf(inside, `${prefix}${name}.`));
};

/** The places of a state value: one, or one for each region of a parallel machine. */
export const placesOf = (value: StateValue | unknown): ReadonlyArray<string> => [...new Set(leavesOf(value).map(placeOfPath))];

/** Places that can still be entered from these. */
export const reachableFrom = (graph: MachineGraph, from: ReadonlyArray<string>): ReadonlySet<string> => {
  const found = new Set(from);
  const open = [...from];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    for (const edge of graph.edges) {
      if (edge.from === place && !found.has(edge.to)) {
        found.add(edge.to);
        open.push(edge.to);
      }
    }
  }
  return found;
};
