// What a prompt is read as.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashText } from "./random.ts";
import { planScene } from "./plan.ts";
import { readOrders, readPrompt } from "./words.ts";

const plan = (prompt: string, seed = 1) => planScene({ prompt, seed, camera: "auto", motion: "normal" });

describe("a prompt is read", () => {
  it("for place, time, weather, look and camera", () => {
    expect(readPrompt("a neon city street at night in the rain, slow zoom")).toMatchObject({
      places: ["city"],
      time: "night",
      weather: "rain",
      look: "neon",
      camera: "pushIn",
    });
  });

  it("for subjects with their number, size and colour", () => {
    const { subjects, colours } = readPrompt("two tiny blue birds over a red house, teal");
    expect(subjects).toMatchObject([
      { kind: "bird", count: 2, size: 0.6 },
      { kind: "house", count: 1, size: 1 },
    ]);
    expect(subjects[0]?.colour).not.toBeNull();
    expect(subjects[1]?.colour).not.toEqual(subjects[0]?.colour);
    expect(colours).toHaveLength(1);
  });

  it("for plurals and flocks", () => {
    expect(readPrompt("foxes").subjects).toMatchObject([{ kind: "fox", count: 3 }]);
    expect(readPrompt("a flock of birds").subjects).toMatchObject([{ kind: "bird", count: 6 }]);
  });

  it("and keeps what it does not know, without names and orders", () => {
    expect(readPrompt("the zorgle hums @fox #slow:3 quietly").unknown).toEqual(["zorgle", "hums", "quietly"]);
    expect(readPrompt("@fox walks").subjects).toEqual([]);
  });

  it("whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (prompt) => {
        expect(plan(prompt)).toEqual(plan(prompt));
      }),
    );
  });
});

describe("orders in a prompt", () => {
  it("stand alone as words", () => {
    expect(readOrders("a fox #fail")).toEqual({ fail: true, filtered: false, stall: false, slow: 0 });
    expect(readOrders("#SLOW:2.5 #stall")).toEqual({ fail: false, filtered: false, stall: true, slow: 2.5 });
    expect(readOrders("#failing a#filtered #slow:x")).toEqual({ fail: false, filtered: false, stall: false, slow: 0 });
  });

  it("delay by an hour at most", () => {
    expect(readOrders("#slow:999999").slow).toBe(3600);
  });
});

describe("a scene is planned", () => {
  it("where its subjects live, if no place is named", () => {
    expect(plan("a whale").place).toBe("sea");
    expect(plan("three fish in the sea").place).toBe("underwater");
    expect(plan("a rocket").place).toBe("space");
    expect(plan("a fox on the beach").place).toBe("beach");
  });

  it("differently for another seed or another unknown word", () => {
    expect(plan("hello", 1)).not.toEqual(plan("hello", 2));
    expect(plan("hello zorgle").hueShift).not.toBe(plan("hello gorzle").hueShift);
  });

  it("as the parameters say, before the words", () => {
    expect(planScene({ prompt: "pan left", seed: 1, camera: "rise", motion: "calm" })).toMatchObject({ camera: "rise", pace: 0.6 });
  });

  it("by hashes that spread", () => {
    const seen = new Set(Array.from({ length: 1000 }, (_, index) => hashText(`word${index}`) % 64));
    expect(seen.size).toBe(64);
  });
});
