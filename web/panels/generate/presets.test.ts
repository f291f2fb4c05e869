import { expect, it } from "vitest";
import { readPresets } from "./presets.ts";

const preset = { name: "foxes", provider: "pixverse", operation: "text_to_video" as const, params: { prompt: "a fox" } };

it("keeps the style and where it is to go on, and leaves out what cannot be read of that", () => {
  const elsewhere = { providers: ["fal", "studio"], on: ["filtered" as const], afterMinutes: 20 };
  const kept: unknown = JSON.parse(JSON.stringify([{ ...preset, elsewhere }, preset]));
  expect(readPresets(kept)).toEqual([{ ...preset, elsewhere }, preset]);
  for (const wrong of [
    "fal",
    { ...elsewhere, providers: [] },
    { ...elsewhere, providers: ["a b"] },
    { ...elsewhere, on: ["whenever"] },
    { ...elsewhere, afterMinutes: -1 },
  ]) {
    expect(readPresets([{ ...preset, elsewhere: wrong }])).toEqual([preset]);
  }
  const style = { versionId: "prv_s", title: "Oil", text: "oil on canvas", negative: "" };
  expect(readPresets([{ ...preset, style }])).toEqual([{ ...preset, style }]);
  expect(readPresets([{ ...preset, style: "Oil" }])).toEqual([preset]);
  expect(readPresets([{ ...preset, operation: "dance" }, { name: 5 }, null])).toEqual([]);
  expect(readPresets("presets")).toEqual([]);
});
