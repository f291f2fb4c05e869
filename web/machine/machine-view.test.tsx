import { cleanup, fireEvent, render, screen } from "@solidjs/testing-library";
import { createSignal } from "solid-js";
import { afterEach, describe, expect, it } from "vitest";
import { createMachine } from "xstate";
import { graphOf } from "./graph.ts";
import { MachineView } from "./machine-view.tsx";
import { trailOf, type Step } from "./trail.ts";

afterEach(cleanup);

const graph = graphOf(
  createMachine({
    initial: "idle",
    states: {
      idle: { description: "Nothing to do", on: { go: { target: "busy", guard: "isReady" }, stop: "over" } },
      busy: {
        initial: "first",
        on: { stop: "over" },
        states: { first: { on: { next: "second" } }, second: { on: { done: "#(machine).idle" } } },
      },
      over: { type: "final" },
    },
  }),
);

const show = (first: Step) => {
  const [steps, setSteps] = createSignal<ReadonlyArray<Step>>([first]);
  render(() => (
    <MachineView
      graph={graph}
      value={steps().at(-1)?.value}
      trail={trailOf(graph, steps())}
      label="A machine"
      noteOf={({ name }) => (name === "idle" ? "2 s" : null)}
    />
  ));
  return (step: Step) => setSteps((now) => [...now, step]);
};
const texts = (selector: string) => [...document.querySelectorAll(selector)].map((element) => element.textContent?.trim() ?? "");
const state = (name: string) =>
  [...document.querySelectorAll<SVGGElement>(".machine-state")].find((each) =>
    each.querySelector(".machine-name")?.textContent?.startsWith(name),
  ) ?? expect.fail(`no ${name}`);
const paths = (kind: string) => document.querySelectorAll(`.machine-edges[data-kind=${kind}] > path`).length;

describe("a drawn machine", () => {
  it("has each state, part and edge once, and says what it is", () => {
    show({ type: "xstate.init", value: "idle" });
    expect(screen.getByRole("group", { name: "A machine" })).toBeTruthy();
    expect(texts(".machine-name")).toEqual(["Idle", "Busy", "Over"]);
    expect(texts(".machine-part > text")).toEqual(["first", "second"]);
    expect(document.querySelectorAll(".machine-edges:not([data-kind]) > path")).toHaveLength(graph.edges.length);
    expect(texts(".machine-note")).toEqual(["2 s"]);
    expect(state("Idle").getAttribute("data-tip")).toBe("Nothing to do. Leads to Busy, Over.");
    expect(state("Over").getAttribute("data-tip")).toBe("It ends here.");
  });

  it("lights the state and its part, ticks what was passed, draws the step just taken, and steps back from what is out of reach", () => {
    const step = show({ type: "xstate.init", value: "idle" });
    expect(texts("[data-current] > .machine-name")).toEqual(["Idle"]);
    expect(paths("taken")).toBe(0);
    step({ type: "go", value: { busy: "first" } });
    expect(texts("[data-current] > .machine-name")).toEqual(["Busy"]);
    expect(texts(".machine-part[data-current]")).toEqual(["first"]);
    expect(state("Idle").querySelector(".machine-tick")).toBeTruthy();
    expect([paths("walked"), paths("taken")]).toEqual([1, 1]);
    step({ type: "next", value: { busy: "second" } });
    expect(texts(".machine-part[data-current]")).toEqual(["second"]);
    step({ type: "done", value: "idle" });
    step({ type: "stop", value: "over" });
    expect(texts(".machine-visits")).toEqual(["×2"]);
    expect([paths("walked"), paths("taken"), paths("open")]).toEqual([3, 1, 0]);
    expect(state("Over").hasAttribute("data-dim")).toBe(false);
  });

  it("dims what it can no longer reach", () => {
    show({ type: "xstate.init", value: "over" });
    expect(state("Idle").hasAttribute("data-dim")).toBe(true);
    expect(state("Over").hasAttribute("data-dim")).toBe(false);
  });

  it("tells the state and its ways in words, and moves them along", () => {
    const step = show({ type: "xstate.init", value: "idle" });
    expect(screen.getByText("Now in Idle. From here it can go to Busy: go, is ready; Over: stop.")).toBeTruthy();
    step({ type: "go", value: { busy: "first" } });
    expect(screen.getByText("Now in Busy (first). From here it can go to Over: stop.")).toBeTruthy();
    step({ type: "stop", value: "over" });
    expect(screen.getByText("Now in Over. It has ended here.")).toBeTruthy();
  });

  it("shows the ways from and to a state under the pointer", () => {
    show({ type: "xstate.init", value: "idle" });
    expect(paths("open")).toBe(2);
    fireEvent.pointerEnter(state("Busy"));
    expect([paths("open"), paths("in")]).toEqual([2, 1]);
    fireEvent.pointerEnter(state("Over"));
    expect([paths("open"), paths("in")]).toEqual([0, 2]);
    fireEvent.pointerLeave(state("Over"));
    expect([paths("open"), paths("in")]).toEqual([2, 0]);
  });
});
