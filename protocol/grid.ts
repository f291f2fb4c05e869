// A batch as a sparse grid: which cells it has, what is asked for at each, and what is wrong with the grid itself. Pure: the form counts
// with it what the server will make.
import { canonicalJson } from "./canonical.ts";
import { type Grid, type GridAxis, type JobCell, type JobRequest, mostJobsAtOnce } from "./job.ts";

/** Places on the axes, in their order. */
export type Place = ReadonlyArray<number>;

interface GridFault {
  readonly path: ReadonlyArray<string | number>;
  readonly message: string;
}

const keyOf = (place: Place): string => place.join(" ");

/** Whether a place is one of the grid's. */
const isWithin = ({ axes }: Grid, place: Place): boolean =>
  place.length === axes.length && place.every((index, axis) => index < axes[axis]!.values.length);

const leftOut = (grid: Grid): ReadonlySet<string> => new Set(grid.without.filter((place) => isWithin(grid, place)).map(keyOf));

/** Cells, without making them: axes may come to billions. */
export const gridSize = (grid: Grid): number => grid.axes.reduce((size, { values }) => size * values.length, 1) - leftOut(grid).size;

/** The cells that are made, the last axis running fastest. Only of a grid without faults: it makes all of them. */
export const cellsOf = (grid: Grid): ReadonlyArray<Place> => {
  const all = grid.axes.reduce<ReadonlyArray<Place>>(
    (places, { values }) => places.flatMap((place) => values.map((_, index) => [...place, index])),
    [[]],
  );
  const out = leftOut(grid);
  return all.filter((place) => !out.has(keyOf(place)));
};

/** What an axis is called: a parameter's name, `seed` or `provider`. */
export const axisName = (axis: GridAxis): string => (axis.by === "param" ? axis.param : axis.by);

/** What is asked for at a cell. `seed`: to be set under the name that the provider has for it. */
export const requestAt = (
  request: JobRequest,
  { axes }: Grid,
  place: Place,
): { readonly request: JobRequest; readonly seed: number | null } => {
  let { provider, operation, params } = request;
  let seed: number | null = null;
  const set: Record<string, unknown> = {};
  for (const [at, axis] of axes.entries()) {
    const index = place[at]!;
    if (axis.by === "provider") {
      const variant = axis.values[index]!;
      provider = variant.provider;
      operation = variant.operation ?? operation;
      params = variant.params ?? params;
    } else if (axis.by === "seed") seed = axis.values[index]!;
    else set[axis.param] = axis.values[index];
  }
  return { request: { ...request, provider, operation, params: { ...params, ...set } }, seed };
};

/** Where a job stands, with what it got there. */
export const cellAt = (request: Pick<JobRequest, "operation">, { axes }: Grid, place: Place): JobCell =>
  axes.map((axis, at) => {
    const index = place[at]!;
    if (axis.by !== "provider") return { axis: axisName(axis), index, value: axis.values[index] };
    const { provider, operation } = axis.values[index]!;
    return { axis: "provider", index, value: `${provider}/${operation ?? request.operation}` };
  });

const longestValue = 40;
/** What stands among others in a line. */
export const shortValue = (text: string): string =>
  text.length > longestValue ? `${text.slice(0, longestValue - 1).toWellFormed()}…` : text;
const valueWords = (value: unknown): string => shortValue(typeof value === "string" ? value : JSON.stringify(value));

/** A cell in words: `duration 5, PixVerse`. `titleOf`: what a provider is called. */
export const cellWords = (cell: JobCell, titleOf: (provider: string) => string): string =>
  cell
    .map(({ axis, value }) => (axis === "provider" ? titleOf(String(value).split("/")[0] ?? "") : `${axis} ${valueWords(value)}`))
    .join(", ");

/** What is wrong with a grid before any provider is asked, each with its place in the call. */
export const gridFaults = (grid: Grid, count: number): ReadonlyArray<GridFault> => {
  const faults: Array<GridFault> = [];
  const names = new Set<string>();
  for (const [at, axis] of grid.axes.entries()) {
    const name = axisName(axis);
    if (names.has(name)) faults.push({ path: ["grid", "axes", at], message: `Two axes vary "${name}".` });
    names.add(name);
    const values = new Set<string>();
    for (const [index, value] of axis.values.entries()) {
      const key = canonicalJson(value);
      if (values.has(key)) {
        const message = `The axis "${name}" has ${axis.by === "provider" ? "the same variant" : valueWords(value)} twice.`;
        faults.push({ path: ["grid", "axes", at, "values", index], message });
      }
      values.add(key);
    }
  }
  if (names.has("seed") && count > 1) {
    faults.push({ path: ["count"], message: "The grid varies the seed already: ask for one of each cell." });
  }
  for (const [index, place] of grid.without.entries()) {
    if (!isWithin(grid, place)) faults.push({ path: ["grid", "without", index], message: "The grid has no such cell." });
  }
  const size = gridSize(grid);
  if (size === 0) faults.push({ path: ["grid", "without"], message: "All cells of the grid are left out." });
  if (size * count > mostJobsAtOnce) {
    const sum = [...grid.axes.map(({ values }) => values.length), ...(count > 1 ? [count] : [])].join(" × ");
    const out = leftOut(grid).size;
    const less = out === 0 ? "" : ` with ${out} left out`;
    const message = `${sum}${less} are ${(size * count).toLocaleString("en")} videos, and one call takes ${mostJobsAtOnce}: shorten an axis or leave cells out.`;
    faults.push({ path: ["grid"], message });
  }
  return faults;
};
