import { describe, expect, it } from "vitest";
import { paramFacts, paramWords } from "./param-facts.ts";

describe("values of parameters", () => {
  it.each([
    [true, "Yes"],
    [false, "No"],
    [0, "0"],
    [7.5, "7.5"],
    ["16:9", "16:9"],
    ["", null],
    [null, null],
    [undefined, null],
    [["a", 2], "a, 2"],
    [{ x: 1 }, '{"x":1}'],
    [[{ x: 1 }], '[{"x":1}]'],
  ])("%j reads %s", (value, words) => expect(paramWords(value)).toBe(words));

  it("stand under their names in words, in their order", () => {
    expect(paramFacts({ aspectRatio: "16:9", sound: true })).toEqual([
      { name: "Aspect ratio", value: "16:9" },
      { name: "Sound", value: "Yes" },
    ]);
  });

  it("stand as the form shows them where its titles are known", () => {
    const titles = [
      { key: "fps", title: "Frames a second" },
      { key: "duration", title: "Duration", help: "Seconds" },
      { key: "camera", title: "Camera", options: [{ value: "panLeft", label: "Pan left" }] },
    ];
    expect(paramFacts({ fps: 24, duration: 5, camera: "panLeft", newOne: 1 }, titles)).toEqual([
      { name: "Frames a second", value: "24" },
      { name: "Duration", value: "5 s" },
      { name: "Camera", value: "Pan left" },
      { name: "New one", value: "1" },
    ]);
    expect(paramFacts({ camera: "another" }, titles)).toEqual([{ name: "Camera", value: "another" }]);
  });
});
