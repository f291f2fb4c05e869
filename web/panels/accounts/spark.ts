// The line of a sparkline. Pure.

export interface Point {
  readonly at: number;
  readonly amount: number;
}

/** Px of the drawing, which is stretched to its place. */
export const sparkSize = { width: 120, height: 28 } as const;
/** Room for the stroke at the edges, px. */
const margin = 2;

/** The `d` of a path through the points, from the first to the last; null where nothing has changed. */
export const sparkPath = (points: ReadonlyArray<Point>): string | null => {
  const [first, last] = [points[0], points.at(-1)];
  const amounts = points.map(({ amount }) => amount);
  const [least, most] = [Math.min(...amounts), Math.max(...amounts)];
  if (first === undefined || last === undefined || last.at <= first.at || most <= least) {
    return null;
  }
  const x = (at: number) => margin + ((at - first.at) / (last.at - first.at)) * (sparkSize.width - 2 * margin);
  const y = (amount: number) => margin + ((most - amount) / (most - least)) * (sparkSize.height - 2 * margin);
  return points.map(({ at, amount }, index) => `${index === 0 ? "M" : "L"}${x(at).toFixed(1)} ${y(amount).toFixed(1)}`).join("");
};
