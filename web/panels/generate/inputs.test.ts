import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DraftInput } from "#web/store/draft.ts";
import { addInput, checkInputs, inSlot, moveInput, placeIssues, refitInputs, type InputSlot } from "./inputs.ts";
import { totalOf } from "./estimate.tsx";
import { mostPresets, readPresets, withPreset } from "./presets.ts";

const one: ReadonlyArray<InputSlot> = [{ role: "image", title: "Image", accepts: ["image"], min: 1, max: 1, named: false }];
const frames: ReadonlyArray<InputSlot> = [{ role: "frame", title: "Pictures", accepts: ["image"], min: 2, max: 3, named: false }];
const fusion: ReadonlyArray<InputSlot> = [
  { role: "background", title: "Background", accepts: ["image", "video"], min: 0, max: 1, named: false },
  { role: "subject", title: "Subjects", accepts: ["image"], min: 1, max: 3, named: true },
];
const image = (assetId: string) => ({ assetId, mediaType: "image" as const });
const addAll = (slots: ReadonlyArray<InputSlot>, ids: ReadonlyArray<string>) =>
  ids.reduce<ReadonlyArray<DraftInput>>((inputs, id) => addInput(slots, inputs, image(id)) ?? inputs, []);

describe("an asset that is given to the form", () => {
  it("goes into the first slot with room that takes its kind", () => {
    expect(addAll(fusion, ["a", "b", "c"]).map(({ role }) => role)).toEqual(["background", "subject", "subject"]);
    expect(addInput(fusion, [], { assetId: "v", mediaType: "video" })?.[0]?.role).toBe("background");
    expect(addInput(frames, [], { assetId: "v", mediaType: "video" })).toBeNull();
  });

  it("takes the place of the one in a slot for one, and is refused by a full slot for several", () => {
    expect(addAll(one, ["a", "b"])).toEqual([{ assetId: "b", role: "image" }]);
    expect(addInput(frames, addAll(frames, ["a", "b", "c"]), image("d"))).toBeNull();
  });

  it("gets a name of its own where names are needed", () => {
    const inputs = addInput(fusion, addInput(fusion, [], image("a"), "subject") ?? [], image("b"), "subject");
    expect(inputs?.map(({ name }) => name)).toEqual(["subject1", "subject2"]);
  });
});

describe("inputs", () => {
  it("never exceed their slots, whatever is added and moved", () => {
    const step = fc.oneof(
      fc.record({ add: fc.constantFrom("a", "b", "c", "d"), kind: fc.constantFrom("image" as const, "video" as const) }),
      fc.record({ move: fc.nat(5), by: fc.constantFrom(-1 as const, 1 as const) }),
    );
    fc.assert(
      fc.property(fc.constantFrom(one, frames, fusion), fc.array(step), (slots, steps) => {
        let inputs: ReadonlyArray<DraftInput> = [];
        for (const each of steps) {
          const before = inputs;
          inputs =
            "add" in each
              ? (addInput(slots, inputs, { assetId: each.add, mediaType: each.kind }) ?? inputs)
              : moveInput(inputs, each.move, each.by);
          if ("move" in each) {
            expect(new Set(inputs)).toEqual(new Set(before));
          }
          for (const slot of slots) {
            expect(inSlot(inputs, slot.role).length).toBeLessThanOrEqual(slot.max);
          }
          const names = inputs.flatMap(({ name }) => name ?? []);
          expect(new Set(names).size).toBe(names.length);
        }
      }),
    );
  });

  it("change their order within the slot only", () => {
    const inputs = addAll(frames, ["a", "b", "c"]);
    expect(moveInput(inputs, 0, 1).map(({ assetId }) => assetId)).toEqual(["b", "a", "c"]);
    expect(moveInput(inputs, 0, -1)).toBe(inputs);
    expect(moveInput(inputs, 9, 1)).toBe(inputs);
  });

  it("that are missing, too many or badly named are said at their slot", () => {
    expect(checkInputs(one, [])).toEqual({ image: "Add 1 image." });
    expect(checkInputs(frames, addAll(frames, ["a"]))).toEqual({ frame: "Add 1 image more." });
    expect(checkInputs(one, [{ assetId: "a", role: "image" }])).toEqual({});
    expect(checkInputs(fusion, [{ assetId: "a", role: "subject", name: "a b" }])["subject"]).toContain("letters");
    expect(
      checkInputs(fusion, [
        { assetId: "a", role: "subject", name: "cat" },
        { assetId: "b", role: "subject", name: "cat" },
      ])["subject"],
    ).toContain("once");
  });

  it("go along to another operation where their kind is taken", () => {
    const inputs = addAll(frames, ["a", "b", "c"]);
    expect(refitInputs(one, inputs, () => "image")).toEqual([{ assetId: "a", role: "image" }]);
    expect(refitInputs(fusion, inputs, () => "image").map(({ role }) => role)).toEqual(["background", "subject", "subject"]);
    expect(refitInputs([], inputs, () => "image")).toEqual([]);
    expect(refitInputs(one, [{ assetId: "x", role: "video" }], () => undefined)).toEqual([]);
  });

  it("and params get the server's issues at their fields", () => {
    const placed = placeIssues(
      [
        { path: ["request", "params", "duration"], message: "Too long." },
        { path: ["params", "seed"], message: "Too large." },
        { path: ["request", "inputs", 1], message: "It is gone." },
        { path: ["request", "provider"], message: "Unknown." },
      ],
      addAll(fusion, ["a", "b"]),
    );
    expect(placed).toEqual({
      params: { duration: "Too long.", seed: "Too large." },
      inputs: { subject: "It is gone." },
      rest: ["Unknown."],
    });
  });
});

describe("presets", () => {
  const preset = { name: "Snow", provider: "studio", operation: "text_to_video" as const, params: { prompt: "snow" } };

  it("are read back as they were kept, and what is no preset is left out", () => {
    expect(readPresets(JSON.parse(JSON.stringify(withPreset([], preset))))).toEqual([preset]);
    expect(readPresets([preset, null, 3, { ...preset, operation: "dance" }, { name: "x" }])).toEqual([preset]);
    expect(readPresets("nonsense")).toEqual([]);
  });

  it("of the same name are replaced, and stand in order", () => {
    const kept = withPreset(withPreset([], preset), { ...preset, name: "Fox" });
    expect(withPreset(kept, { ...preset, params: {} }).map(({ name }) => name)).toEqual(["Fox", "Snow"]);
    expect(mostPresets).toBeGreaterThan(kept.length);
  });
});

describe("what a job is still to make", () => {
  it("goes in as a video where one is taken, else as its last frame, and fits itself to another operation", () => {
    const added = addInput(frames, [], { jobId: "job_1" });
    expect(added).toEqual([{ jobId: "job_1", frame: "last", role: "frame" }]);
    const video: ReadonlyArray<InputSlot> = [{ role: "video", title: "Video", accepts: ["video"], min: 1, max: 1, named: false }];
    expect(addInput(video, [], { jobId: "job_1" })).toEqual([{ jobId: "job_1", role: "video" }]);
    expect(refitInputs(video, added ?? [], () => undefined)).toEqual([{ jobId: "job_1", role: "video" }]);
    expect(refitInputs(one, [{ jobId: "job_1", role: "video" }], () => undefined)).toEqual([
      { jobId: "job_1", frame: "last", role: "image" },
    ]);
  });
});

describe("the estimate of several", () => {
  it("adds up the credits by type, and the time as far as they do not run side by side", () => {
    const part = { provider: "a", jobs: 5, credits: 15, creditType: null, durationMs: 5000, waitMs: 500 };
    const told = () => null;
    expect(totalOf({ parts: [part] }, () => 2, told)).toEqual({ price: "15 credits", untold: [], totalMs: 3500 });
    const parts = [
      part,
      { ...part, provider: "b", creditType: "USD", credits: 0.5, durationMs: 20_000 },
      { ...part, provider: "c", credits: 5 },
      { ...part, provider: "d", creditType: "points", credits: 0 },
    ];
    expect(totalOf({ parts }, (id) => (id === "b" ? 1 : 5), told)).toEqual({ price: "20 credits + 0.5 USD", untold: [], totalMs: 20_500 });
    expect(totalOf({ parts: [{ ...part, credits: 0 }] }, () => 0, told)).toEqual({ price: null, untold: [], totalMs: 5500 });
    const untold = (id: string) => (id === "d" ? "Gateway" : null);
    expect(totalOf({ parts }, () => 5, untold).untold).toEqual(["Gateway"]);
  });
});
