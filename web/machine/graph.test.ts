import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMachine } from "xstate";
import { jobMachine } from "#actors/job/machine.ts";
import { finalJobStates, JobState } from "#protocol/job.ts";
import { graphOf, leavesOf, placesOf, reachableFrom, triggerOf } from "./graph.ts";
import { anyGraph } from "./testing.ts";

const job = graphOf(jobMachine);

describe("the graph of the job's machine", () => {
  it("has every state of a job once, and those that end it as ends", () => {
    expect(job.places.map(({ name }) => name).toSorted()).toEqual(JobState.options.toSorted());
    expect(new Set(job.places.filter(({ kind }) => kind === "final").map(({ name }) => name))).toEqual(finalJobStates);
    expect(job.places.filter(({ kind }) => kind === "initial").map(({ name }) => name)).toEqual(["scheduled"]);
    expect(job.initial).toBe("scheduled");
  });

  it("shows what lies inside a state as its parts, and what a state is for", () => {
    const processing = job.places.find(({ name }) => name === "processing");
    expect(processing?.parts).toEqual([
      { path: "processing.tracking", name: "tracking" },
      { path: "processing.pausing", name: "pausing" },
    ]);
    expect(processing?.description).toBe("The provider makes the video");
    expect(job.places.find(({ name }) => name === "queued")?.parts).toEqual([]);
  });

  it("keeps the ways of an edge in the order in which the machine asks", () => {
    const toQueued = job.edges.find(({ id }) => id === "submitting>queued");
    expect(toQueued?.ways.map(({ trigger, guard }) => [trigger.kind, trigger.name, guard])).toEqual([
      ["error", "submit", "isSentAgain"],
      ["error", "submit", "wasRefusedForGood"],
      ["error", "submit", "tellsNothingOfBefore"],
      ["error", "submit", "isWantOfRoom"],
      ["error", "submit", "mayTryWithSameKey"],
      ["error", "submit", "mayTryAgain"],
      ["error", "submit", "wasRefused"],
      ["after", "submissionLimit", "mayResend"],
    ]);
  });

  it("leaves ways inside of a state out of the edges", () => {
    expect(job.inner).toContainEqual({
      source: "processing.tracking",
      target: "processing.pausing",
      trigger: { kind: "error", name: "track" },
      guard: "isOnlyUnreachable",
    });
    expect(job.inner).toContainEqual({
      source: "processing",
      target: null,
      trigger: { kind: "event", name: "provider.progress" },
      guard: null,
    });
    expect(job.edges.filter(({ from, to }) => from === to)).toEqual([]);
  });

  it("leads from the start to every state, and from an end nowhere", () => {
    expect(reachableFrom(job, ["scheduled"])).toEqual(new Set(JobState.options));
    for (const end of finalJobStates) {
      expect(reachableFrom(job, [end])).toEqual(new Set([end]));
    }
    expect(reachableFrom(job, ["cancelling"])).toEqual(new Set(["cancelling", "cancelled", "timedOut", "failed"]));
  });
});

describe("the graph of other machines", () => {
  it("gives what the root takes to every state that has not ended", () => {
    const graph = graphOf(
      createMachine({ initial: "a", on: { stop: ".c", note: {} }, states: { a: { on: { go: "b" } }, b: {}, c: { type: "final" } } }),
    );
    expect(graph.edges.map(({ id }) => id)).toEqual(["a>b", "a>c", "b>c"]);
    expect(graph.inner.map(({ source, trigger }) => `${source} ${trigger.name}`)).toEqual(["a note", "b note"]);
  });

  it("starts a parallel machine at its first region and names what lies deep inside", () => {
    const graph = graphOf(
      createMachine({
        type: "parallel",
        states: { sound: { initial: "off", states: { off: {}, on: { initial: "low", states: { low: {}, high: {} } } } }, picture: {} },
      }),
    );
    expect(graph.initial).toBe("sound");
    expect(graph.places[0]?.parts.map(({ path, name }) => [path, name])).toEqual([
      ["sound.off", "off"],
      ["sound.on.low", "on.low"],
      ["sound.on.high", "on.high"],
    ]);
  });

  it("names guards that are functions or objects", () => {
    const isReady = () => true;
    const graph = graphOf(
      createMachine({
        initial: "a",
        states: { a: { on: { x: [{ guard: isReady, target: "b" }, { guard: { type: "isBig" }, target: "b" }, { target: "b" }] } }, b: {} },
      }),
    );
    expect(graph.edges[0]?.ways.map(({ guard }) => guard)).toEqual(["isReady", "isBig", null]);
  });

  it("joins states that are there, each pair and direction once", () => {
    fc.assert(
      fc.property(anyGraph, ({ places, edges, inner, initial }) => {
        const names = new Set(places.map(({ name }) => name));
        expect(names.size).toBe(places.length);
        expect(names.has(initial)).toBe(true);
        expect(new Set(edges.map(({ id }) => id)).size).toBe(edges.length);
        for (const { from, to, ways } of edges) {
          expect(names.has(from) && names.has(to) && from !== to && ways.length > 0).toBe(true);
          expect(ways.every(({ source }) => source.split(".")[0] === from)).toBe(true);
          expect(places.find(({ name }) => name === from)?.kind).not.toBe("final");
        }
        expect(inner.every(({ source }) => names.has(source.split(".")[0] ?? ""))).toBe(true);
      }),
    );
  });

  it("reaches what a step from something reached leads to, and nothing else", () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const reached = reachableFrom(graph, [graph.initial]);
        for (const { from, to } of graph.edges) {
          expect(!reached.has(from) || reached.has(to)).toBe(true);
        }
        for (const place of reached) {
          expect(place === graph.initial || graph.edges.some(({ from, to }) => to === place && from !== to && reached.has(from))).toBe(
            true,
          );
        }
      }),
    );
  });
});

describe("types of events", () => {
  it.each([
    ["", "always", ""],
    ["xstate.init", "start", ""],
    ["job.cancel", "event", "job.cancel"],
    ["xstate.done.actor.submit", "done", "submit"],
    ["xstate.error.actor.submit", "error", "submit"],
    ["xstate.done.actor.0.job.processing.tracking", "done", "tracking"],
    ["xstate.done.state.job.processing", "done", "processing"],
    ["xstate.after.untilDeadline.job.queued", "after", "untilDeadline"],
    ["xstate.after.5000.job.queued", "after", "5000"],
  ])("%s is %s %s", (type, kind, name) => expect(triggerOf(type)).toEqual({ kind, name }));
});

describe("state values", () => {
  it("are their innermost states", () => {
    expect(leavesOf("queued")).toEqual(["queued"]);
    expect(leavesOf({ processing: "tracking" })).toEqual(["processing.tracking"]);
    expect(leavesOf({ a: { b: "c", d: {} }, e: "f" })).toEqual(["a.b.c", "a.d", "e.f"]);
    expect(leavesOf({})).toEqual([]);
    expect(leavesOf(null)).toEqual([]);
    expect(leavesOf({ a: null })).toEqual(["a"]);
  });

  it("are in one place, or in one for each region", () => {
    expect(placesOf({ processing: "pausing" })).toEqual(["processing"]);
    expect(placesOf({ a: { b: "c", d: "e" }, f: "g" })).toEqual(["a", "f"]);
  });
});
