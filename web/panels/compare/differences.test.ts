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

  it("is also what one was not given, and what was uploaded has no request", () => {
    expect(differences([made({ seed: 1, style: "ink" }), made({ seed: 1 })])).toEqual([
      [{ name: "Style", value: "ink" }],
      [{ name: "Style", value: null }],
    ]);
    const uploaded = made({}, { job: null, asset: sampleAsset({ origin: { kind: "upload" }, width: 640, height: 360 }) });
    const [generated, given] = differences([made({ seed: 1 }), uploaded]);
    expect(given).toContainEqual({ name: "Came about", value: "Uploaded" });
    expect(given).toContainEqual({ name: "Picture", value: "640 × 360" });
    expect(generated).toContainEqual({ name: "Came about", value: null });
    expect(generated).toContainEqual({ name: "Seed", value: "1" });
  });

  it("tells one input from another, and where in it was looked", () => {
    const input = { assetId: "ast_7", role: "frame" as const };
    const of = (timeMs: number) => made({}, { job: sampleJob({ params: {}, inputs: [{ ...input, timeMs }] }) });
    expect(differences([of(0), of(1500)])).toEqual([
      [{ name: "Inputs", value: "frame ast_7 at 0 s" }],
      [{ name: "Inputs", value: "frame ast_7 at 1.5 s" }],
    ]);
  });

  it("is nothing between equal requests; otherwise each name stands at each, and not all of its values are the same", () => {
    const params = fc.dictionary(fc.constantFrom("prompt", "seed", "model", "style"), fc.constantFrom("a", "b", 1, true, null));
    fc.assert(
      fc.property(fc.array(params, { minLength: 2, maxLength: 4 }), (all) => {
        const found = differences(all.map((each) => made(each)));
        const names = found.map((each) => each.map(({ name }) => name));
        expect(new Set(names.map((each) => each.join())).size).toBe(1);
        for (const at of names[0]!.keys()) expect(new Set(found.map((each) => each[at]!.value)).size).toBeGreaterThan(1);
        expect(differences([made(all[0]!), made(all[0]!)])).toEqual([[], []]);
      }),
    );
  });
});
