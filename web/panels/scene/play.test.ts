import { createRoot, createSignal } from "solid-js";
import { describe, expect, it } from "vitest";
import { choice, clip, storyOf } from "#protocol/scene/testing.ts";
import { found } from "./find.ts";
import { graphOf } from "./graph.ts";
import { createPlay } from "./play.ts";
import { uses } from "./uses.ts";

const story = storyOf([
  "forest",
  {
    start: "a",
    variables: [{ name: "coins", type: { kind: "number" } }],
    flags: [{ name: "met" }],
    nodes: [
      clip("a", { title: "Path", caption: { en: "You have {coins} coins." } }),
      clip("b", { title: "Hut" }),
      { id: "end", type: "end", ending: "home" },
    ],
    edges: [
      choice("in", "a", "b", {
        text: { en: "Go in" },
        effects: [{ kind: "addToVariable", name: "coins", by: { from: "value", value: 2 } }],
      }),
      choice("home", "b", "end", { condition: { kind: "variable", name: "coins", is: "atLeast", to: { from: "value", value: 2 } } }),
    ],
  },
]);

const open = (from: string | null = null) =>
  createRoot((dispose) => {
    const [now, setNow] = createSignal(story);
    const [begin, setBegin] = createSignal(from);
    return { play: createPlay(now, begin), setNow, setBegin, dispose };
  });

describe("playing from here", () => {
  it("goes through the story, and back step by step", () => {
    const { play, dispose } = open();
    play.send({ type: "choose", turn: 0, edge: "in" });
    expect(play.state()?.variables).toEqual({ coins: 2 });
    play.send({ type: "choose", turn: 1, edge: "home" });
    expect(play.log()).toEqual(["Came to “Path”", "Came to “Hut”", "Came to ending", "The end: home"]);
    play.back();
    expect(play.state()?.waiting.for).toBe("media");
    play.restart();
    expect(play.inputs()).toEqual([]);
    dispose();
  });

  it("shows an edit at once, says what cannot be taken any more, and goes on from there", () => {
    const { play, setNow, setBegin, dispose } = open();
    play.send({ type: "choose", turn: 0, edge: "in" });
    const [scene] = story.scenes;
    setNow({ ...story, scenes: [{ ...scene!, body: { ...scene!.body, edges: scene!.body.edges.filter(({ id }) => id !== "in") } }] });
    expect(play.refusal()).not.toBeNull();
    expect(play.state()?.frames[0]?.node).toBe("a");
    play.send({ type: "ended", turn: 0 });
    expect(play.inputs()).toEqual([{ type: "ended", turn: 0 }]);
    setBegin("b");
    expect(play.inputs()).toEqual([]);
    expect(play.state()?.frames[0]?.node).toBe("b");
    dispose();
  });
});

describe("looking through a scene", () => {
  const { body } = story.scenes[0]!;
  it("finds nodes and edges by any of their texts", () => {
    const graph = graphOf(body);
    const places = (words: string) => found(graph, words).map(({ node, edge, where }) => [node.id, edge?.id ?? null, where]);
    expect(places("GO in")).toEqual([["a", "in", "Go in"]]);
    expect(places("{coins}")).toEqual([["a", null, "You have {coins} coins."]]);
    expect(places("")).toHaveLength(3);
    expect(places("nowhere")).toEqual([]);
  });

  it("counts where what is declared is used", () => {
    expect(uses(body, "variable", "coins")).toBe(3);
    expect(uses(body, "flag", "met")).toBe(0);
    expect(uses(body, "counter", "coins")).toBe(0);
  });
});
