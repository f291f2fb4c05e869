import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMachine } from "xstate";
import { jobMachine } from "#actors/job/machine.ts";
import { graphOf } from "./graph.ts";
import { lanesNeeded } from "./lanes.ts";
import { arrange } from "./spine.ts";
import { anyGraph } from "./testing.ts";

const names = (places: ReadonlyArray<{ readonly name: string }>) => places.map(({ name }) => name);
const columnsOf = (graph: Parameters<typeof arrange>[0]) => {
  const { spine, side } = arrange(graph);
  return { spine: names(spine), side: names(side) };
};

describe("the main line", () => {
  it("of the job leads from its acceptance to the asset, and all ends but that stand beside it", () => {
    const { spine, side } = columnsOf(graphOf(jobMachine));
    expect(spine).toEqual([
      "scheduled",
      "awaitingInputs",
      "queued",
      "waitingForSlot",
      "submitting",
      "processing",
      "downloading",
      "ingesting",
      "completed",
    ]);
    expect(side.slice(0, 2)).toEqual(["paused", "cancelling"]);
    expect(side.slice(2).toSorted()).toEqual(["cancelled", "failed", "filtered", "timedOut"]);
  });

  it("stops where only an exception leads on", () => {
    const graph = graphOf(
      createMachine({
        initial: "work",
        states: { work: { invoke: { id: "do", src: "do", onError: "broken" } }, broken: {} },
      }),
    );
    expect(columnsOf(graph)).toEqual({ spine: ["work"], side: ["broken"] });
  });

  it("prefers what goes on over what ends, and success over a request", () => {
    const graph = graphOf(
      createMachine({
        initial: "a",
        states: {
          a: { on: { stop: "end", go: "b" } },
          b: { on: { back: "c" }, invoke: { id: "x", src: "x", onDone: "end" } },
          c: {},
          end: { type: "final" },
        },
      }),
    );
    expect(columnsOf(graph)).toEqual({ spine: ["a", "b", "end"], side: ["c"] });
  });

  it("and what stands beside it are all states once; the line follows edges; ends stand last", () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const { spine, side } = arrange(graph);
        expect([...names(spine), ...names(side)].toSorted()).toEqual(names(graph.places).toSorted());
        expect(spine[0]?.name).toBe(graph.initial);
        const pairs = spine.slice(1).map((place, index) => `${spine[index]?.name}>${place.name}`);
        expect(pairs.every((pair) => graph.edges.some(({ id }) => id === pair))).toBe(true);
        const firstEnd = side.findIndex(({ kind }) => kind === "final");
        expect(firstEnd < 0 || side.slice(firstEnd).every(({ kind }) => kind === "final")).toBe(true);
      }),
    );
  });
});

describe("lanes", () => {
  it("are one for each state that is led to, not one for each edge", () => {
    const graph = graphOf(jobMachine);
    const lanes = lanesNeeded(graph, columnsOf(graph));
    expect(graph.edges.length).toBeGreaterThan(30);
    // Back to be tried again, and to the beginning once it is replaced; to what ends it or is passed, and back from what was held; from
    // cancelling to how it ended.
    expect(lanes.outer).toBeLessThanOrEqual(4);
    expect(lanes.middle).toBe(7);
    expect(lanes.far).toBeLessThanOrEqual(3);
  });

  it("are not needed between neighbours", () => {
    const graph = graphOf(createMachine({ initial: "a", states: { a: { on: { go: "b" } }, b: { on: { go: "c" } }, c: {} } }));
    expect(lanesNeeded(graph, columnsOf(graph))).toEqual({ outer: 0, middle: 0, far: 0 });
  });

  it("are never more than there are states", () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const { outer, middle, far } = lanesNeeded(graph, columnsOf(graph));
        expect(Math.max(outer, middle, far)).toBeLessThanOrEqual(graph.places.length);
      }),
    );
  });
});
