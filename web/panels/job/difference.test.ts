import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JobInput } from "#protocol/job.ts";
import { differencesOf, type Asked, type Wording } from "./difference.ts";

const wording: Wording = { provider: (id) => id.toUpperCase(), asset: (id) => `${id}.png` };
const asked = (change: Partial<Asked> = {}): Asked => ({
  operation: "text_to_video",
  provider: "studio",
  params: { prompt: "a fox", duration: 5, seed: 7 },
  inputs: [],
  titles: [{ key: "duration", title: "Duration", help: "In seconds." }],
  ...change,
});
const input: JobInput = { assetId: "ast_1", role: "image" };

describe("the differences of two requests", () => {
  it("are what was asked otherwise, in the words of the form", () => {
    const before = asked();
    const after = asked({
      operation: "image_to_video",
      provider: "fal",
      params: { prompt: "a fox", duration: 8, camera: "panLeft" },
      inputs: [input],
    });
    expect(differencesOf(before, after, wording)).toEqual([
      { name: "Operation", before: "Text to video", after: "Image to video" },
      { name: "Provider", before: "STUDIO", after: "FAL" },
      { name: "Duration", before: "5 s", after: "8 s" },
      { name: "Seed", before: "7", after: undefined },
      { name: "Camera", before: undefined, after: "panLeft" },
      { name: "Input 1", before: undefined, after: "image: ast_1.png" },
    ]);
  });

  it("are those of what was understood: what was left open is its default, and what both left open is none", () => {
    const titles = [
      { key: "quality", title: "Quality", initial: "540p" },
      { key: "style", title: "Style" },
    ];
    const before = asked({ params: { prompt: "a fox", style: "" }, titles });
    expect(differencesOf(before, asked({ params: { prompt: "a fox", quality: "540p" }, titles }), wording)).toEqual([]);
    expect(differencesOf(before, asked({ params: { prompt: "a fox", quality: "720p", style: "ink" }, titles }), wording)).toEqual([
      { name: "Quality", before: "540p", after: "720p" },
      { name: "Style", before: null, after: "ink" },
    ]);
  });

  it("of inputs are told by their place; that a job has made one is none", () => {
    const made = { ...input, jobId: "job_1", frame: "last" as const };
    expect(differencesOf(asked({ inputs: [input] }), asked({ inputs: [made] }), wording)).toEqual([]);
    const pending: JobInput = { jobId: "job_1", frame: "last", role: "image" };
    const named = { ...input, name: "fox", timeMs: 40 };
    expect(differencesOf(asked({ inputs: [pending, input] }), asked({ inputs: [named, input] }), wording)).toEqual([
      { name: "Input 1", before: "image: the result of job_1, last frame", after: "image @fox: ast_1.png at 40 ms" },
    ]);
  });

  it("are none between equals, whatever the order of keys, and as many back as forth", () => {
    const requests = fc.record({
      params: fc.dictionary(
        fc.constantFrom("a", "b", "c"),
        fc.oneof(fc.integer(), fc.string(), fc.record({ x: fc.integer(), y: fc.integer() })),
      ),
      inputs: fc.array(fc.record({ assetId: fc.constantFrom("ast_1", "ast_2"), role: fc.constant("image" as const) }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(requests, requests, (a, b) => {
        const [one, other] = [asked(a), asked(b)];
        const turned = asked({ ...a, params: Object.fromEntries(Object.entries(a.params).toReversed()) });
        expect(differencesOf(one, turned, wording)).toEqual([]);
        const [there, back] = [differencesOf(one, other, wording), differencesOf(other, one, wording)];
        expect(back.map(({ name }) => name).toSorted()).toEqual(there.map(({ name }) => name).toSorted());
        for (const { name, before, after } of there) {
          expect(back.find((each) => each.name === name)).toEqual({ name, before: after, after: before });
        }
      }),
    );
  });
});
