// A short story for tests of whatever plays one: a choice of two ways to the one ending.
import { choice, clip, storyOf } from "#protocol/scene/testing.ts";

export const forkStory = storyOf([
  "main",
  {
    start: "ask",
    achievements: [{ name: "done", when: { is: "ending", ending: "end" } }],
    nodes: [{ id: "ask", type: "choice" }, clip("left"), clip("right"), { id: "end", type: "end", ending: "end" }],
    edges: [
      choice("l", "ask", "left"),
      choice("r", "ask", "right"),
      { id: "le", from: "left", to: "end", kind: "default" },
      { id: "re", from: "right", to: "end", kind: "default" },
    ],
  },
]);
