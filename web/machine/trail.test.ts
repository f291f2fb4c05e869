import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMachine } from "xstate";
import { jobMachine } from "#actors/job/machine.ts";
import { edgeId, graphOf, placesOf } from "./graph.ts";
import { anyGraph } from "./testing.ts";
import { passed, trailOf, waysFrom, type Step } from "./trail.ts";

const job = graphOf(jobMachine);
const accepted: Step = { type: "xstate.init", value: "waitingForSlot" };
const granted: Step = { type: "xstate.done.actor.acquireSlot", value: "submitting" };
const submitted: Step = { type: "xstate.done.actor.submit", value: { processing: "tracking" } };
const progress: Step = { type: "provider.progress", value: { processing: "tracking" } };
const lost: Step = { type: "xstate.error.actor.track", value: "queued" };
const retried: Step = { type: "xstate.after.untilRetry.job.queued", value: "waitingForSlot" };

describe("what a step passes", () => {
  it("is the target of the event's own transition", () => {
    expect(passed(job, "submitting", "xstate.done.actor.submit", "processing")).toEqual(["processing"]);
    expect(passed(job, "processing", "provider.progress", "processing")).toEqual([]);
  });

  it("at the start is all states that are left at once", () => {
    expect(passed(job, null, "xstate.init", "waitingForSlot")).toEqual(["scheduled", "queued", "waitingForSlot"]);
    expect(passed(job, null, "xstate.init", "scheduled")).toEqual(["scheduled"]);
  });

  it("goes on from where the event led to what needs none", () => {
    expect(passed(job, "scheduled", "xstate.after.untilDue.job.scheduled", "waitingForSlot")).toEqual(["queued", "waitingForSlot"]);
  });

  it("is a jump where no transition of today's machine explains it", () => {
    expect(passed(job, "completed", "job.reopened", "processing")).toEqual(["processing"]);
    expect(passed(job, "submitting", "xstate.done.actor.submit", "removedLater")).toEqual(["removedLater"]);
  });

  it("ends where the step ended, by edges if it can, over no place twice", () => {
    fc.assert(
      fc.property(anyGraph, fc.nat(), fc.nat(), fc.constantFrom("go", "xstate.done.actor.work0", "other"), (graph, a, b, type) => {
        const from = graph.places[a % graph.places.length]?.name ?? "";
        const to = graph.places[b % graph.places.length]?.name ?? "";
        const way = passed(graph, from, type, to);
        expect(way.at(-1) ?? from).toBe(to);
        expect(new Set(way).size).toBe(way.length);
        if (way.length > 1) {
          const all = [from, ...way];
          expect(way.every((place, index) => graph.edges.some(({ id }) => id === edgeId(all[index] ?? "", place)))).toBe(true);
        }
      }),
    );
  });
});

describe("a trail", () => {
  it("counts how often each state was entered, and keeps the edges gone", () => {
    const { visits, edges } = trailOf(job, [accepted, granted, submitted, progress, progress, lost, retried, granted, submitted]);
    expect(Object.fromEntries(visits)).toEqual({ scheduled: 1, queued: 2, waitingForSlot: 2, submitting: 2, processing: 2 });
    expect([...edges]).toEqual([
      "scheduled>queued",
      "queued>waitingForSlot",
      "waitingForSlot>submitting",
      "submitting>processing",
      "processing>queued",
    ]);
  });

  it("knows the last step that moved it", () => {
    const { taken, movedAt } = trailOf(job, [accepted, granted, submitted, progress, progress]);
    expect(taken).toEqual(["submitting>processing"]);
    expect(movedAt).toBe(2);
    expect(trailOf(job, [accepted])).toMatchObject({ taken: ["scheduled>queued", "queued>waitingForSlot"], movedAt: 0 });
  });

  it("of nothing is empty", () => {
    expect(trailOf(job, [])).toEqual({ visits: new Map(), edges: new Set(), taken: [], movedAt: -1 });
  });

  it("follows each region of a parallel machine by itself", () => {
    const graph = graphOf(
      createMachine({
        type: "parallel",
        states: { sound: { initial: "on", states: { on: {} } }, picture: { initial: "on", states: { on: {} } } },
      }),
    );
    const both = { sound: "on", picture: "on" };
    const { visits } = trailOf(graph, [
      { type: "xstate.init", value: both },
      { type: "x", value: both },
    ]);
    expect(Object.fromEntries(visits)).toEqual({ sound: 1, picture: 1 });
  });

  it("only grows: what was gone before a step was gone after it", () => {
    const step: fc.Arbitrary<Step> = fc.constantFrom(accepted, granted, submitted, progress, lost, retried);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const whole = trailOf(job, steps);
        const before = trailOf(job, steps.slice(0, -1));
        expect([...before.edges].every((edge) => whole.edges.has(edge))).toBe(true);
        expect([...before.visits].every(([place, times]) => (whole.visits.get(place) ?? 0) >= times)).toBe(true);
        const last = steps.at(-1);
        expect(last === undefined || placesOf(last.value).every((place) => whole.visits.has(place))).toBe(true);
      }),
    );
  });
});

describe("the ways from here", () => {
  it("are those of the innermost states and of all that they stand in", () => {
    const to = (value: unknown) => waysFrom(job, value).map((way) => way.to);
    expect(to({ processing: "pausing" })).toEqual(["cancelling"]);
    expect(to({ processing: "tracking" }).toSorted()).toEqual(["cancelling", "downloading", "failed", "filtered", "queued"]);
    expect(to("completed")).toEqual([]);
    const [cancel] = waysFrom(job, { downloading: "pausing" });
    expect(cancel?.ways.map(({ trigger }) => trigger.name).toSorted()).toEqual(["job.cancel", "untilDeadline"]);
  });
});
