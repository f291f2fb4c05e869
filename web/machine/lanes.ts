// How the edges of a drawn machine run: neighbours are joined straight, all others by lanes beside the line, one lane for each state that
// is led to. Pure.
import type { Edge, MachineGraph } from "./graph.ts";
import type { Box, Direction, LabelPlace, PlacedEdge } from "./shape.ts";

/** Left of the line, between it and the states beside it, and beyond those. */
type LaneSide = "outer" | "middle" | "far";

interface Columns {
  readonly spine: ReadonlyArray<string>;
  readonly side: ReadonlyArray<string>;
}

/** Which lane an edge takes; null: it joins neighbours. */
const laneSideOf = ({ from, to }: Edge, { spine, side }: Columns): LaneSide | null => {
  const [fromSpine, toSpine] = [spine.indexOf(from), spine.indexOf(to)];
  if (fromSpine >= 0 && toSpine >= 0) {
    return toSpine === fromSpine + 1 ? null : "outer";
  }
  if (fromSpine < 0 && toSpine < 0) {
    return side.indexOf(to) === side.indexOf(from) + 1 ? null : "far";
  }
  return "middle";
};

const targetsBy = (graph: MachineGraph, columns: Columns, wanted: LaneSide): ReadonlyArray<string> => [
  ...new Set(graph.edges.filter((edge) => laneSideOf(edge, columns) === wanted).map(({ to }) => to)),
];

export const lanesNeeded = (graph: MachineGraph, columns: Columns): Readonly<Record<LaneSide, number>> => ({
  outer: targetsBy(graph, columns, "outer").length,
  middle: targetsBy(graph, columns, "middle").length,
  far: targetsBy(graph, columns, "far").length,
});

interface RouteOptions extends Columns {
  readonly direction: Direction;
  /** Where the first lane of each side runs, across the line. */
  readonly firstLane: Readonly<Record<LaneSide, number>>;
  readonly laneGap: number;
}

/** A box in the directions of the line: `a` along it, `c` across. */
interface Turned {
  readonly a0: number;
  readonly a1: number;
  readonly c0: number;
  readonly c1: number;
}

const cornerRadius = 7;
/** Between two edges at one side of a state, at most. */
const portGap = 9;
/** From the corner of a state to its first edge, at least. */
const portMargin = 8;

export const routeEdges = (graph: MachineGraph, boxes: ReadonlyMap<string, Box>, options: RouteOptions): ReadonlyArray<PlacedEdge> => {
  const down = options.direction === "down";
  const turned = (name: string): Turned => {
    const { x, y, width, height } = boxes.get(name) ?? { x: 0, y: 0, width: 0, height: 0 };
    return down ? { a0: y, a1: y + height, c0: x, c1: x + width } : { a0: x, a1: x + width, c0: y, c1: y + height };
  };
  const middle = (name: string): number => {
    const { a0, a1 } = turned(name);
    return (a0 + a1) / 2;
  };
  const isSpine = new Set(options.spine);
  const routed = graph.edges.map((edge) => ({ edge, lane: laneSideOf(edge, options) }));

  const lanes = new Map<string, number>();
  for (const laneSide of ["outer", "middle", "far"] as const) {
    const targets = targetsBy(graph, options, laneSide).map((name) => {
      const along = routed.flatMap(({ edge, lane }) => (lane === laneSide && edge.to === name ? [middle(edge.from)] : []));
      const span = Math.max(...along, middle(name)) - Math.min(...along, middle(name));
      return { name, span };
    });
    // Short lanes run inside of long ones; between the columns the lane of what is further down runs nearer to the line.
    const ordered = targets.toSorted((a, b) => (laneSide === "middle" ? middle(b.name) - middle(a.name) : a.span - b.span));
    const outwards = laneSide === "outer" ? -1 : 1;
    ordered.forEach(({ name }, index) =>
      lanes.set(`${laneSide} ${name}`, options.firstLane[laneSide] + outwards * index * options.laneGap),
    );
  }

  // Which border of a state an edge touches: that towards its lane.
  const ports = new Map<string, Map<string, number>>();
  const portOf = (name: string, laneSide: LaneSide, what: string): number => ports.get(`${laneSide} ${name}`)?.get(what) ?? middle(name);
  const wishes = new Map<string, Array<{ readonly what: string; readonly towards: number }>>();
  const wish = (name: string, laneSide: LaneSide, what: string, towards: number) => {
    const key = `${laneSide} ${name}`;
    const known = wishes.get(key) ?? [];
    if (!known.some((other) => other.what === what)) {
      known.push({ what, towards });
    }
    wishes.set(key, known);
  };
  for (const { edge, lane } of routed) {
    if (lane !== null) {
      wish(edge.from, lane, edge.id, middle(edge.to));
      wish(edge.to, lane, "in", middle(edge.from));
    }
  }
  for (const [key, all] of wishes) {
    const name = key.slice(key.indexOf(" ") + 1);
    const { a0, a1 } = turned(name);
    const step = all.length === 1 ? 0 : Math.min(portGap, (a1 - a0 - 2 * portMargin) / (all.length - 1));
    const first = middle(name) - (step * (all.length - 1)) / 2;
    const ordered = all.toSorted((a, b) => a.towards - b.towards);
    ports.set(key, new Map(ordered.map(({ what }, index) => [what, first + index * step])));
  }

  const at = (a: number, c: number): string => (down ? `${round(c)} ${round(a)}` : `${round(a)} ${round(c)}`);
  const borderOf = (name: string, lane: LaneSide): number => {
    const { c0, c1 } = turned(name);
    return lane === "outer" ? c0 : lane === "far" || isSpine.has(name) ? c1 : c0;
  };
  const pathOf = ({ from, to, id }: Edge, lane: LaneSide | null): string => {
    if (lane === null) {
      const { a1, c0, c1 } = turned(from);
      const c = (c0 + c1) / 2;
      return `M${at(a1, c)}L${at(turned(to).a0, c)}`;
    }
    const c = lanes.get(`${lane} ${to}`) ?? 0;
    const [fromA, toA] = [portOf(from, lane, id), portOf(to, lane, "in")];
    const [fromC, toC] = [borderOf(from, lane), borderOf(to, lane)];
    const radius = Math.min(cornerRadius, Math.abs(toA - fromA) / 2);
    if (radius < 0.5) {
      return `M${at(fromA, fromC)}L${at(toA, toC)}`;
    }
    const onward = Math.sign(toA - fromA);
    const [enter, leave] = [Math.sign(c - fromC), Math.sign(toC - c)];
    return [
      `M${at(fromA, fromC)}`,
      `L${at(fromA, c - enter * radius)}`,
      `Q${at(fromA, c)} ${at(fromA + onward * radius, c)}`,
      `L${at(toA - onward * radius, c)}`,
      `Q${at(toA, c)} ${at(toA, c + leave * radius)}`,
      `L${at(toA, toC)}`,
    ].join("");
  };

  return routed.map(({ edge, lane }) => ({
    id: edge.id,
    from: edge.from,
    to: edge.to,
    path: pathOf(edge, lane),
    straight: lane === null && isSpine.has(edge.from),
    label: labelPlace(edge, lane, boxes, isSpine, down),
  }));
};

const round = (value: number): number => Math.round(value * 10) / 10;
const nowhere: Box = { x: 0, y: 0, width: 0, height: 0 };

/** Beside an edge between neighbours; otherwise at the state that it leads to, where no other edge has its words. */
const labelPlace = (
  { from, to }: Edge,
  lane: LaneSide | null,
  boxes: ReadonlyMap<string, Box>,
  isSpine: ReadonlySet<string>,
  down: boolean,
): LabelPlace => {
  const target = boxes.get(to) ?? nowhere;
  const source = boxes.get(from) ?? nowhere;
  const half = target.width / 2 - 8;
  if (down) {
    if (lane === null && isSpine.has(to)) {
      const y = (source.y + source.height + target.y) / 2 + 3.5;
      return { x: target.x + target.width / 2 + 8, y, anchor: "start", width: half };
    }
    return isSpine.has(to)
      ? { x: target.x + half, y: target.y - 8, anchor: "end", width: half }
      : { x: target.x + 2, y: target.y - 6, anchor: "start", width: target.width - 2 };
  }
  if (lane === null && isSpine.has(to)) {
    const gap = target.x - source.x - source.width;
    return { x: target.x - gap / 2 - 3, y: target.y + target.height / 2, anchor: "middle", width: gap - 12 };
  }
  return isSpine.has(to)
    ? { x: target.x + target.width / 2 + 8, y: target.y - 6, anchor: "start", width: half }
    : { x: target.x + 2, y: target.y + target.height + 12, anchor: "start", width: target.width };
};
