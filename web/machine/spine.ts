// Which states make the main line of a drawing and which stand beside it: the line is the way that a machine goes when everything
// succeeds. Pure.
import type { Edge, MachineGraph, Place } from "./graph.ts";

export interface Arrangement {
  /** From the initial state to where success leads, in order. */
  readonly spine: ReadonlyArray<Place>;
  /** The others, in the order in which they stand: those in passing first, then those that end it. */
  readonly side: ReadonlyArray<Place>;
}

/** The lower, the more an edge is what is meant to happen. */
const rankOf = (edge: Edge): number => {
  const ranks = edge.ways.map(({ trigger }) => {
    switch (trigger.kind) {
      case "done":
        return 0;
      case "always":
        return 1;
      case "start":
      case "event":
        return 2;
      case "after":
        return 3;
      case "error":
        return 4;
    }
  });
  return Math.min(...ranks);
};

/** Where a way out is only an exception, the line stops rather than follow it. */
const worstRank = 3;

const longestLine = (graph: MachineGraph): ReadonlyArray<string> => {
  const line = [graph.initial];
  const seen = new Set(line);
  const ends = new Set(graph.places.filter(({ kind }) => kind === "final").map(({ name }) => name));
  for (let at: string | undefined = graph.initial; at !== undefined;) {
    const here: string = at;
    // What leads on is better than what ends, unless it is an exception; the machine's own order decides the rest.
    const ways: ReadonlyArray<Edge> = graph.edges.filter((edge) => edge.from === here && !seen.has(edge.to) && rankOf(edge) <= worstRank);
    // A short cut past a state that leads to the same one is not the whole way.
    const cutsShort = (edge: Edge) =>
      ways.some(({ to }) => to !== edge.to && graph.edges.some((each) => each.from === to && each.to === edge.to && rankOf(each) <= 1));
    const next: Edge | undefined = ways.toSorted(
      (a, b) =>
        Number(rankOf(a) > 1) - Number(rankOf(b) > 1) ||
        Number(ends.has(a.to)) - Number(ends.has(b.to)) ||
        Number(cutsShort(a)) - Number(cutsShort(b)) ||
        rankOf(a) - rankOf(b),
    )[0];
    at = next?.to;
    if (at !== undefined) {
      line.push(at);
      seen.add(at);
    }
  }
  return line;
};

/** Mean place on the line of what is connected with it; the end of the line where nothing is. */
const pullOf = (graph: MachineGraph, name: string, line: ReadonlyArray<string>): number => {
  const at = graph.edges.flatMap(({ from, to }) => {
    const other = from === name ? to : to === name ? from : null;
    const index = other === null ? -1 : line.indexOf(other);
    return index < 0 ? [] : [index];
  });
  return at.length === 0 ? line.length : at.reduce((sum, index) => sum + index, 0) / at.length;
};

export const arrange = (graph: MachineGraph): Arrangement => {
  const byName = new Map(graph.places.map((place) => [place.name, place]));
  const line = longestLine(graph);
  const spine = line.flatMap((name) => byName.get(name) ?? []);
  const side = graph.places
    .filter(({ name }) => !line.includes(name))
    .map((place) => ({ place, pull: pullOf(graph, place.name, line) }))
    .toSorted((a, b) => Number(a.place.kind === "final") - Number(b.place.kind === "final") || a.pull - b.pull)
    .map(({ place }) => place);
  return { spine, side };
};
