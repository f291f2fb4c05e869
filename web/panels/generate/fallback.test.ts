import { describe, expect, it } from "vitest";
import { Fallback, type ProviderSpec } from "#protocol/job.ts";
import { fallbackOf, minutesProblem, mostMinutes, nowhere, occasionsProblem } from "./fallback.ts";

const offering = (id: string, ...operations: ReadonlyArray<"text_to_video" | "video_extend">): ProviderSpec => ({
  id,
  title: id,
  summary: "",
  concurrency: 1,
  account: null,
  operations: operations.map((operation) => ({ operation, title: operation, summary: "", params: {}, inputs: [] })),
});
const all = [
  offering("own", "text_to_video", "video_extend"),
  offering("both", "text_to_video", "video_extend"),
  offering("words", "text_to_video"),
];

describe("where a request goes on", () => {
  it("is with those that were chosen and offer what is made, in order; nowhere where none is left", () => {
    const chosen = { ...nowhere, providers: ["words", "own", "both", "gone"] };
    const providersOf = (operation: "text_to_video" | "video_extend", providers = chosen.providers) =>
      fallbackOf({ ...chosen, providers }, all, {}, { provider: "own", operation })?.orders.map(({ provider }) => provider);
    expect(providersOf("text_to_video")).toEqual(["words", "both"]);
    expect(providersOf("video_extend")).toEqual(["both"]);
    expect(providersOf("video_extend", ["words"])).toBeUndefined();
  });

  it("has minutes that the protocol takes, or none, and an occasion without them", () => {
    const fallback = (afterMinutes: number) =>
      fallbackOf({ ...nowhere, providers: ["both"], afterMinutes }, all, {}, { provider: "own", operation: "video_extend" });
    for (const minutes of [1, mostMinutes]) {
      expect(minutesProblem({ ...nowhere, afterMinutes: minutes })).toBeUndefined();
      expect(Fallback.safeParse(fallback(minutes)).success).toBe(true);
    }
    for (const minutes of [0, 1.5, mostMinutes + 1]) {
      expect(minutesProblem({ ...nowhere, afterMinutes: minutes })).toBe("From 1 to 10,080 minutes, or nothing.");
    }
    expect(minutesProblem(nowhere)).toBeUndefined();
    expect(occasionsProblem(nowhere)).toBeUndefined();
    expect(occasionsProblem({ ...nowhere, on: [], afterMinutes: 5 })).toBeUndefined();
    expect(occasionsProblem({ ...nowhere, on: [] })).toBe("Choose at least one occasion, or a time.");
  });
});
