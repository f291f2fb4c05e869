// Where everything stands in the drawing of a machine: the main line of states, the others beside it, and edges that share one lane
// for each state they lead to, so that thirty edges read as a few. Deterministic and pure; px at scale 1.
//
// A general layered layout (dagre) was tried: its width for the job's first 13 states and 33 edges is 805 px without a label, because every
// edge past a rank gets a line of its own; this one needs half of that with labels, and fits a panel of 420 px.
import type { MachineGraph, Place } from "./graph.ts";
import { lanesNeeded, routeEdges } from "./lanes.ts";
import type { Box, Direction, Layout, PlacedPart, PlacedState } from "./shape.ts";
import { arrange } from "./spine.ts";

/** Widths of letters in the fonts of machine.css. */
const letter = 6.4;
const partLetter = 5.6;
/** The mark before a name, and the time spent there behind it. */
const beforeName = 20;
const afterName = 40;

const nodeHeight = 30;
const partHeight = 16;
const partGap = 5;
const partsBelow = 6;
const innerMargin = 8;
/** Between states on the line: room for the words at the edge. */
const spineGap = { down: 21, right: 74 } as const;
/** Between states beside it: room for words above or between. */
const sideGap = { down: 24, right: 22 } as const;
const margin = 12;
/** Before the first state of the line: the mark where it starts. */
const startMark = 12;
const laneGap = 4.5;
/** Free way before the first lane and after the last. */
const laneMargin = 11;
/** Of the box around the states that end it: its margin, and its heading in the direction of the line. */
const endsMargin = 9;
const endsHeading = { down: 38, right: 48 } as const;
/** Words below a state beside the line. */
const wordsBelow = 12;

interface Sized {
  readonly width: number;
  readonly height: number;
  readonly partWidths: ReadonlyArray<number>;
}

const sizeOf = (place: Place, label: string): Sized => {
  const partWidths = place.parts.map(({ name }) => Math.ceil(name.length * partLetter + 14));
  const parts = partWidths.reduce((sum, width) => sum + width + partGap, -partGap);
  return {
    width: Math.ceil(Math.max(beforeName + label.length * letter + (place.kind === "final" ? 0 : afterName), parts) + 2 * innerMargin),
    height: nodeHeight + (partWidths.length === 0 ? 0 : partHeight + partsBelow - 3),
    partWidths,
  };
};

const placeParts = (place: Place, { partWidths }: Sized, box: Box): ReadonlyArray<PlacedPart> => {
  let x = box.x + innerMargin;
  return place.parts.map((part, index) => {
    const width = partWidths[index] ?? 0;
    const placed = { ...part, x, y: box.y + box.height - partHeight - partsBelow, width, height: partHeight };
    x += width + partGap;
    return placed;
  });
};

interface Interval {
  readonly start: number;
  readonly size: number;
}
const endOf = ({ start, size }: Interval): number => start + size;

/** One after the other, each as near to what is wanted for its middle as those before it allow. */
const queue = (wanted: ReadonlyArray<{ readonly middle: number; readonly size: number }>, gap: number, from: number) => {
  let next = from;
  return wanted.map(({ middle, size }): Interval => {
    const start = Math.max(middle - size / 2, next);
    next = start + size + gap;
    return { start, size };
  });
};

/** `label`: the words that stand in a state. */
export const layOut = (graph: MachineGraph, direction: Direction, label: (place: Place) => string): Layout => {
  const down = direction === "down";
  const { spine, side } = arrange(graph);
  const sizes = new Map(graph.places.map((place) => [place.name, sizeOf(place, label(place))]));
  const size = (place: Place): Sized => sizes.get(place.name) ?? sizeOf(place, label(place));
  const along = (place: Place): number => (down ? size(place).height : size(place).width);
  const across = (places: ReadonlyArray<Place>): number =>
    Math.max(0, ...places.map((place) => (down ? size(place).width : size(place).height)));

  // Along the line.
  const onSpine = new Map<string, Interval>();
  let next = margin + startMark;
  for (const place of spine) {
    onSpine.set(place.name, { start: next, size: along(place) });
    next += along(place) + spineGap[direction];
  }
  const spineEnd = next - spineGap[direction];

  // Beside it: what is passed stands near to where one comes from, what ends it stands together, as far down as the line goes.
  const passing = side.filter(({ kind }) => kind !== "final");
  const ends = side.filter(({ kind }) => kind === "final");
  const gap = sideGap[direction];
  const endsSize = ends.reduce((sum, place) => sum + along(place) + gap, endsHeading[direction] + endsMargin - gap);
  const passingSize = passing.reduce((sum, place) => sum + along(place) + gap, 0);
  const latest = Math.max(spineEnd - (ends.length === 0 ? 0 : endsSize + gap) - passingSize, margin + gap);
  const comesFrom = ({ name }: Place): number => {
    const from = graph.edges.flatMap((edge) => (edge.to === name ? (onSpine.get(edge.from) ?? []) : []));
    return from.reduce((sum, { start, size }) => sum + start + size / 2, 0) / from.length || 0;
  };
  const passed = queue(
    passing.map((place) => ({ middle: Math.min(comesFrom(place), latest + along(place) / 2), size: along(place) })),
    gap,
    margin + gap,
  );
  const onSide = new Map(passing.map(({ name }, index) => [name, passed[index] ?? { start: 0, size: 0 }]));
  const endsStart = Math.max(spineEnd - endsSize, ...passed.map((interval) => endOf(interval) + gap), margin);
  let nextEnd = endsStart + endsHeading[direction];
  for (const place of ends) {
    onSide.set(place.name, { start: nextEnd, size: along(place) });
    nextEnd += along(place) + gap;
  }
  const endsEnd = nextEnd - gap + endsMargin;
  const alongEnd = Math.max(spineEnd, ...passed.map(endOf), ends.length === 0 ? 0 : endsEnd) + margin;

  // Across it.
  const columns = { spine: spine.map(({ name }) => name), side: side.map(({ name }) => name) };
  const lanes = lanesNeeded(graph, columns);
  const room = (count: number): number => (count === 0 ? 0 : 2 * laneMargin + (count - 1) * laneGap);
  const spineAt = Math.max(room(lanes.outer), margin);
  const spineSize = across(spine);
  const around = ends.length === 0 ? 0 : endsMargin;
  const sideAt = spineAt + spineSize + Math.max(room(lanes.middle), side.length === 0 ? 0 : laneMargin) + around;
  const sideSize = across(side);
  const words = !down && side.length > 0 ? wordsBelow : 0;
  const sideEnd = side.length === 0 ? spineAt + spineSize : sideAt + sideSize + around + words;
  const acrossEnd = sideEnd + Math.max(room(lanes.far), margin);

  const stateAt = (place: Place, column: ReadonlyMap<string, Interval>, at: number, columnSize: number): PlacedState => {
    const { start } = column.get(place.name) ?? { start: 0 };
    const sized = size(place);
    const { width, height } = sized;
    // States of a column are equally wide; states of a row have their own heights and a common middle.
    const box = down ? { x: at, y: start, width: columnSize, height } : { x: start, y: at + (columnSize - height) / 2, width, height };
    return { place, ...box, parts: placeParts(place, sized, box) };
  };
  const states = [
    ...spine.map((place) => stateAt(place, onSpine, spineAt, spineSize)),
    ...side.map((place) => stateAt(place, onSide, sideAt, sideSize)),
  ];

  const endsAcross = { at: sideAt - endsMargin, size: sideSize + 2 * endsMargin + words };
  return {
    width: Math.ceil(down ? acrossEnd : alongEnd),
    height: Math.ceil(down ? alongEnd : acrossEnd),
    direction,
    states,
    edges: routeEdges(graph, new Map(states.map((state) => [state.place.name, state])), {
      ...columns,
      direction,
      firstLane: { outer: spineAt - laneMargin, middle: spineAt + spineSize + laneMargin, far: sideEnd + laneMargin },
      laneGap,
    }),
    ends:
      ends.length === 0
        ? null
        : down
          ? { x: endsAcross.at, y: endsStart, width: endsAcross.size, height: endsEnd - endsStart }
          : { x: endsStart, y: endsAcross.at, width: endsEnd - endsStart, height: endsAcross.size },
  };
};

/** How much a drawing has to shrink to fit; never grows. */
export const fitScale = (
  { width, height }: Pick<Layout, "width" | "height">,
  room: { readonly width: number; readonly height: number },
): number => Math.min(1, room.width / width, room.height / height);
