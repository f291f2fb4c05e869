import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sampleAsset, sampleJob } from "#web/store/testing.ts";
import { differences, type Compared } from "./differences.ts";

const made = (params: Readonly<Record<string, unknown>>, change: Partial<Compared> = {}): Compared => ({
  asset: sampleAsset(),
  job: sampleJob({ params }),
  providerTitle: "Studio",
  titles: [],
  ...change,
});

describe("what differs", () => {
  it("is named, in the order in which people look for it, and nothing else is", () => {
    const titles = [{ key: "seed", title: "Seed" }];
    const all = differences([
      made({ prompt: "a fox", style: "ink", seed: 7, duration: 5 }, { titles }),
      made({ prompt: "a wolf", style: "oil", seed: 8, duration: 5 }, { titles, providerTitle: "PixVerse" }),
    ]);
    expect(all).toEqual([
      [
        { name: "Provider", value: "Studio" },
        { name: "Seed", value: "7" },
        { name: "Style", value: "ink" },
        { name: "Prompt", value: "a fox" },
      ],
      [
        { name: "Provider", value: "PixVerse" },
        { name: "Seed", value: "8" },
        { name: "Style", value: "oil" },
        { name: "Prompt", value: "a wolf" },
      ],
    ]);
  });

  it("is also what one left open that another was given, as far as it could have been given there", () => {
    const titles = [{ key: "style", title: "Style" }];
    expect(differences([made({ seed: 1, style: "ink" }, { titles }), made({ seed: 1 }, { titles }), made({ seed: 1 })])).toEqual([
      [{ name: "Style", value: "ink" }],
      [{ name: "Style", value: null }],
      [],
    ]);
  });

  it("is not what only one provider knows and nobody chose there", () => {
    const titles = [
      { key: "camera", title: "Camera", initial: "none" },
      { key: "audio", title: "Sound", initial: false },
      { key: "thinking", title: "Thinking" },
    ];
    const unknowing = made({ seed: 1 });
    const knowing = (params: Readonly<Record<string, unknown>>) => made({ seed: 1, ...params }, { titles });
    expect(differences([knowing({ camera: "none", audio: false, thinking: "" }), unknowing, knowing({})])).toEqual([[], [], []]);
    expect(differences([knowing({ camera: "panLeft" }), unknowing])).toEqual([[{ name: "Camera", value: "panLeft" }], []]);
    expect(differences([knowing({ camera: "panLeft" }), knowing({})])).toEqual([
      [{ name: "Camera", value: "panLeft" }],
      [{ name: "Camera", value: "none" }],
    ]);
  });

  it("is where it came from; what was uploaded has no request", () => {
    const uploaded = made({}, { job: null, asset: sampleAsset({ origin: { kind: "upload" }, width: 640, height: 360 }) });
    const [generated, given] = differences([made({ seed: 1 }), uploaded]);
    expect(given).toEqual([
      { name: "Came about", value: "Uploaded" },
      { name: "Picture", value: "640 × 360" },
    ]);
    expect(generated).toContainEqual({ name: "Seed", value: "1" });
    expect(generated?.every(({ value }) => value !== null)).toBe(true);
  });

  it("tells one input from another, and where in it was looked", () => {
    const input = { assetId: "ast_7", role: "frame" as const };
    const of = (timeMs: number) => made({}, { job: sampleJob({ params: {}, inputs: [{ ...input, timeMs }] }) });
    expect(differences([of(0), of(1500)])).toEqual([
      [{ name: "Inputs", value: "frame ast_7 at 0 s" }],
      [{ name: "Inputs", value: "frame ast_7 at 1.5 s" }],
    ]);
  });

  it("is nothing between equal requests; otherwise what stands at one is not the same of all, and somebody has given it", () => {
    const keys = ["prompt", "seed", "model", "style"] as const;
    const requests = fc.record({
      params: fc.dictionary(fc.constantFrom(...keys), fc.constantFrom("a", "b", 1, true, false, null, "")),
      titles: fc.array(fc.record({ key: fc.constantFrom(...keys), initial: fc.constantFrom(undefined, "a", false) }), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(requests, { minLength: 2, maxLength: 4 }), (all) => {
        const of = all.map(({ params, titles }) => made(params, { titles: titles.map((title) => ({ ...title, title: title.key })) }));
        const found = differences(of);
        for (const name of new Set(found.flatMap((facts) => facts.map((fact) => fact.name.toLowerCase())))) {
          const values = found.map((facts) => facts.find((fact) => fact.name.toLowerCase() === name)?.value);
          expect(new Set(values).size).toBeGreaterThan(1);
          expect(values.some((value) => value !== null && value !== undefined)).toBe(true);
        }
        expect(differences([of[0]!, of[0]!])).toEqual([[], []]);
      }),
    );
  });
});
