// The way that an actor has taken through its machine, from the steps of its journal. Pure.
import { edgeId, leavesOf, type MachineGraph, placesOf, triggerOf } from "./graph.ts";

export interface Step {
  /** Type of the event. */
  readonly type: string;
  /** State value after it. */
  readonly value: unknown;
}

export interface Trail {
  /** How often each place was entered. */
  readonly visits: ReadonlyMap<string, number>;
  readonly edges: ReadonlySet<string>;
  /** Edges of the last step that moved it, in order. */
  readonly taken: ReadonlyArray<string>;
  /** Index of that step; -1: there is none. */
  readonly movedAt: number;
}

/**
 * Places that a step passed, from one to another: the event's own transition, then those that need none. One that no transition of the
 * graph explains (an older version of the machine) is taken as a jump.
 */
export const passed = (graph: MachineGraph, from: string | null, type: string, to: string): ReadonlyArray<string> => {
  if (from === to) {
    return [];
  }
  const trigger = triggerOf(type);
  const sameTrigger = (kind: string, name: string) => kind === trigger.kind && name === trigger.name;
  // A breadth-first walk of at most one edge of the event and then edges that are taken at once.
  const paths: Array<ReadonlyArray<string>> = from === null ? [[graph.initial]] : [];
  if (from === null && graph.initial === to) {
    return [to];
  }
  if (from !== null) {
    for (const edge of graph.edges) {
      if (edge.from === from && edge.ways.some((way) => sameTrigger(way.trigger.kind, way.trigger.name))) {
        if (edge.to === to) {
          return [to];
        }
        paths.push([edge.to]);
      }
    }
  }
  const seen = new Set(paths.flat());
  for (let path = paths.shift(); path !== undefined; path = paths.shift()) {
    for (const edge of graph.edges) {
      const settles = edge.ways.some(({ trigger: { kind, name } }) => kind === "always" || (kind === "done" && name === edge.from));
      if (edge.from === path.at(-1) && settles && !seen.has(edge.to)) {
        if (edge.to === to) {
          return [...path, to];
        }
        seen.add(edge.to);
        paths.push([...path, edge.to]);
      }
    }
  }
  return [to];
};

/** Each step adds to the trail before it; the trail before is left as it was. */
export const trailOf = (graph: MachineGraph, steps: ReadonlyArray<Step>): Trail => {
  const visits = new Map<string, number>();
  const edges = new Set<string>();
  let taken: ReadonlyArray<string> = [];
  let movedAt = -1;
  let before: ReadonlyArray<string> = [];
  for (const [index, { type, value }] of steps.entries()) {
    const after = placesOf(value);
    const newTaken: Array<string> = [];
    for (const place of after) {
      if (before.includes(place)) {
        continue;
      }
      // Regions move apart from each other; a machine of one region comes from the only place where it was.
      let at = before.length === 0 ? null : (before.find((other) => !after.includes(other)) ?? null);
      for (const next of passed(graph, at, type, place)) {
        visits.set(next, (visits.get(next) ?? 0) + 1);
        if (at !== null) {
          edges.add(edgeId(at, next));
          newTaken.push(edgeId(at, next));
        }
        at = next;
      }
    }
    if (newTaken.length > 0) {
      taken = newTaken;
      movedAt = index;
    }
    before = after;
  }
  return { visits, edges, taken, movedAt };
};

/** Where an actor can go from here: the ways of the innermost states and of all that they stand in. */
export const waysFrom = (
  graph: MachineGraph,
  value: unknown,
): ReadonlyArray<{ readonly to: string; readonly ways: ReadonlyArray<MachineGraph["inner"][number]> }> => {
  const leaves = leavesOf(value);
  const holds = (source: string) => leaves.some((leaf) => leaf === source || leaf.startsWith(`${source}.`));
  return graph.edges.flatMap(({ to, ways }) => {
    const open = ways.filter(({ source }) => holds(source));
    return open.length === 0 ? [] : [{ to, ways: open }];
  });
};
