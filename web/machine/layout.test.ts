import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jobMachine } from "#actors/job/machine.ts";
import { JobState } from "#protocol/job.ts";
import { graphOf, type MachineGraph } from "./graph.ts";
import { fitScale, layOut } from "./layout.ts";
import type { Box, Direction, Layout } from "./shape.ts";
import { anyGraph } from "./testing.ts";

const directions: ReadonlyArray<Direction> = ["down", "right"];
const drawn = (graph: MachineGraph, direction: Direction) => layOut(graph, direction, ({ name }) => name);
const job = graphOf(jobMachine);

/** Coordinates are rounded to tenths. */
const slack = 0.1;
const right = ({ x, width }: Box) => x + width;
const bottom = ({ y, height }: Box) => y + height;
const overlap = (a: Box, b: Box): boolean => a.x < right(b) && b.x < right(a) && a.y < bottom(b) && b.y < bottom(a);
const holds = (outer: Box, inner: Box): boolean =>
  outer.x <= inner.x && outer.y <= inner.y && right(outer) >= right(inner) && bottom(outer) >= bottom(inner);

type Point = readonly [number, number];
/** The corners that a path runs by; a rounded one at its control point. */
const cornersOf = (path: string): ReadonlyArray<Point> => {
  const numbers = [...path.matchAll(/-?[\d.]+/g)].map(Number);
  return Array.from({ length: numbers.length / 2 }, (_, index): Point => [numbers[2 * index] ?? NaN, numbers[2 * index + 1] ?? NaN]);
};
const isOnBorder = ([x, y]: Point, box: Box): boolean => {
  const near = (a: number, b: number) => Math.abs(a - b) <= slack;
  const within = (at: number, from: number, to: number) => at >= from - slack && at <= to + slack;
  return (
    ((near(x, box.x) || near(x, right(box))) && within(y, box.y, bottom(box))) ||
    ((near(y, box.y) || near(y, bottom(box))) && within(x, box.x, right(box)))
  );
};
/** Whether a line goes through a box, its border not counted. */
const goesThrough = ([ax, ay]: Point, [bx, by]: Point, box: Box): boolean =>
  overlap(
    { x: Math.min(ax, bx), y: Math.min(ay, by), width: Math.abs(ax - bx), height: Math.abs(ay - by) },
    { x: box.x + slack, y: box.y + slack, width: box.width - 2 * slack, height: box.height - 2 * slack },
  );

const boxOf = (layout: Layout, name: string): Box => layout.states.find(({ place }) => place.name === name) ?? expect.fail(`no ${name}`);

describe.each(directions)("a machine drawn %s", (direction) => {
  it("has every state of the job once", () => {
    const { states } = drawn(job, direction);
    expect(states.map(({ place }) => place.name).toSorted()).toEqual(JobState.options.toSorted());
  });

  it("has every state once, in the drawing, over no other", () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const layout = drawn(graph, direction);
        expect(layout.states.map(({ place }) => place.name).toSorted()).toEqual(graph.places.map(({ name }) => name).toSorted());
        layout.states.forEach((state, index) => {
          expect(holds({ x: 0, y: 0, width: layout.width, height: layout.height }, state)).toBe(true);
          expect(layout.states.slice(index + 1).some((other) => overlap(state, other))).toBe(false);
        });
      }),
    );
  });

  it("has the parts inside of their state, beside each other, below its name", () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        for (const state of drawn(graph, direction).states) {
          expect(state.parts.map(({ path }) => path)).toEqual(state.place.parts.map(({ path }) => path));
          state.parts.forEach((part, index) => {
            expect(holds(state, part)).toBe(true);
            expect(part.y).toBeGreaterThanOrEqual(state.y + 20);
            expect(state.parts.slice(index + 1).some((other) => overlap(part, other))).toBe(false);
          });
        }
      }),
    );
  });

  it("has edges that begin and end at their states and go through none", () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const layout = drawn(graph, direction);
        expect(layout.edges.map(({ id }) => id)).toEqual(graph.edges.map(({ id }) => id));
        for (const { id, from, to, path } of layout.edges) {
          const corners = cornersOf(path);
          expect(corners.flat().every(Number.isFinite), `${id}: ${path}`).toBe(true);
          expect(isOnBorder(corners[0] ?? [NaN, NaN], boxOf(layout, from)), `${id} begins at ${from}: ${path}`).toBe(true);
          expect(isOnBorder(corners.at(-1) ?? [NaN, NaN], boxOf(layout, to)), `${id} ends at ${to}: ${path}`).toBe(true);
          for (const [index, corner] of corners.entries()) {
            expect(corner[0] >= 0 && corner[0] <= layout.width && corner[1] >= 0 && corner[1] <= layout.height, `${id} leaves`).toBe(true);
            const next = corners[index + 1];
            const hit = next === undefined ? undefined : layout.states.find((state) => goesThrough(corner, next, state));
            expect(hit?.place.name, `${id} goes through it: ${path}`).toBeUndefined();
          }
        }
      }),
    );
  });

  it("joins states in one lane for each state led to: lanes of two of them never run in one", () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const layout = drawn(graph, direction);
        const lanes = new Map<string, string>();
        for (const { to, path } of layout.edges.filter(({ path }) => path.includes("Q"))) {
          const [, , turn] = cornersOf(path);
          const lane = direction === "down" ? turn?.[0] : turn?.[1];
          expect(lanes.get(String(lane)) ?? to).toBe(to);
          lanes.set(String(lane), to);
        }
      }),
    );
  });

  it("keeps what ends it together, apart from all others", () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const { states, ends } = drawn(graph, direction);
        const inside = ends === null ? [] : states.filter((state) => overlap(ends, state));
        expect(inside.every((state) => state.place.kind === "final" && ends !== null && holds(ends, state))).toBe(true);
        // One that success leads to may stand on the line.
        expect(states.filter(({ place }) => place.kind === "final").length - inside.length).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("has words at edges that have room, in the drawing", () => {
    for (const { label } of drawn(job, direction).edges) {
      expect(label.width).toBeGreaterThan(40);
      expect(label.y).toBeGreaterThan(0);
    }
  });

  it("grows with the words in its states", () => {
    const few = layOut(job, direction, () => "x");
    const many = layOut(job, direction, () => "a state with a long name indeed");
    expect(many.width).toBeGreaterThan(few.width);
    expect(many.states.every((state) => state.width > 31 * 6)).toBe(true);
  });
});

describe("a drawing", () => {
  it("of the job fits a panel of the dock as it is", () => {
    expect(layOut(job, "down", ({ name }) => name).width).toBeLessThanOrEqual(440);
  });

  it("shrinks to fit and never grows", () => {
    const size = { width: 400, height: 800 };
    expect(fitScale(size, { width: 4000, height: 8000 })).toBe(1);
    expect(fitScale(size, { width: 200, height: 8000 })).toBe(0.5);
    expect(fitScale(size, { width: 400, height: 200 })).toBe(0.25);
  });
});
