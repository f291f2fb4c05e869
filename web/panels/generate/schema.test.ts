import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { arrange, fitValues, isWide, problemOf, readFields, toParams, validate, wordsOf, type FormField } from "./schema.ts";

/** Written the way providers write theirs. */
const params = z.object({
  duration: z.number().min(1).max(15).multipleOf(0.5).default(5).meta({ title: "Duration", description: "Seconds.", "x-widget": "slider" }),
  prompt: z.string().min(1).max(2000).meta({ title: "Prompt", "x-widget": "prompt" }),
  quality: z.enum(["360p", "540p", "720p", "1080p"]).default("540p").meta({ title: "Quality", "x-widget": "select" }),
  fps: z
    .union([z.literal(24), z.literal(30)])
    .default(24)
    .meta({ title: "Frames per second" }),
  seed: z.int().min(0).max(2147483647).optional().meta({ title: "Seed", "x-widget": "seed" }),
  audio: z.boolean().default(false).meta({ title: "Sound", "x-widget": "switch" }),
  camera: z.enum(["auto", "still", "panLeft", "panRight", "pushIn"]).default("auto"),
  steps: z.int().min(1).optional(),
  style: z.string().nullable().optional(),
  mask: z.object({ x: z.number() }).optional(),
});
const schema = z.toJSONSchema(params, { io: "input" });
const fields = readFields(schema);
const fieldOf = (key: string): FormField => {
  const field = fields.find((each) => each.key === key);
  if (field === undefined) {
    throw new Error(`no field ${key}`);
  }
  return field;
};

describe("the form of a schema", () => {
  it("has a field for every parameter, the prompt first", () => {
    expect(fields.map(({ key }) => key)).toEqual([
      "prompt",
      "duration",
      "quality",
      "fps",
      "seed",
      "audio",
      "camera",
      "steps",
      "style",
      "mask",
    ]);
  });

  it("chooses the control by what the parameter is", () => {
    expect(Object.fromEntries(fields.map((field) => [field.key, field.kind]))).toEqual({
      prompt: "text",
      duration: "number",
      quality: "choice",
      fps: "choice",
      seed: "seed",
      audio: "switch",
      camera: "choice",
      steps: "number",
      style: "text",
      mask: "json",
    });
    expect(fieldOf("duration")).toMatchObject({ look: "slider", min: 1, max: 15, step: 0.5 });
    expect(fieldOf("steps")).toMatchObject({ look: "number", integer: true });
    expect(fieldOf("fps")).toMatchObject({ options: [{ value: 24 }, { value: 30 }] });
    expect(fieldOf("camera")).toMatchObject({ options: [{}, {}, { value: "panLeft", label: "Pan left" }, {}, {}] });
  });

  it("says of a choice of lengths that they are seconds, and names what a provider has no name for", () => {
    const [length, model] = readFields({
      type: "object",
      properties: {
        duration: { enum: [4, 8], title: "Duration", description: "Seconds.", "x-widget": "select" },
        model: { enum: ["v6", "fast_one"], "x-labels": { v6: "v6" } },
      },
    });
    expect(length).toMatchObject({ options: [{ label: "4 s" }, { label: "8 s" }] });
    expect(model).toMatchObject({ options: [{ label: "v6" }, { label: "Fast one" }] });
  });

  it("needs only what has no default and may not be left out", () => {
    expect(fields.filter(({ required }) => required).map(({ key }) => key)).toEqual(["prompt"]);
  });

  it("starts with the defaults, which are valid but for what is needed", () => {
    const values = fitValues(fields, {});
    expect(values).toMatchObject({ duration: 5, quality: "540p", fps: 24, audio: false, camera: "auto" });
    expect(Object.keys(validate(fields, values))).toEqual(["prompt"]);
    expect(validate(fields, { ...values, prompt: "a fox" })).toEqual({});
    expect(params.safeParse(toParams(fields, { ...values, prompt: " a fox " })).data).toMatchObject({ prompt: "a fox", duration: 5 });
  });

  it("says at the field what is wrong and what would be right", () => {
    const wrong = (key: string, value: unknown) => problemOf(fieldOf(key), value);
    expect(wrong("prompt", "  ")).toContain("Describe");
    expect(wrong("prompt", "x".repeat(2001))).toContain("2,000");
    expect(wrong("duration", 0)).toContain("At least 1");
    expect(wrong("duration", 16)).toContain("At most 15");
    expect(wrong("duration", 1.3)).toContain("steps of 0.5");
    expect(wrong("seed", 1.5)).toContain("whole");
    expect(wrong("quality", "8k")).toContain("Choose");
    expect(wrong("mask", "{")).toContain("JSON");
    expect(wrong("seed", undefined)).toBeUndefined();
  });

  it("keeps values that fit when the operation changes, and takes defaults for those that do not", () => {
    const values = fitValues(fields, { prompt: "a fox", duration: 99, quality: "8k", audio: true, gone: 1 });
    expect(values).toMatchObject({ prompt: "a fox", duration: 5, quality: "540p", audio: true });
    expect(values).not.toHaveProperty("gone");
  });

  it("judges numbers and choices as the provider's own schema does", () => {
    const values = fc.record({
      prompt: fc.string(),
      duration: fc.oneof(
        fc.integer({ min: -5, max: 40 }).map((n) => n / 4),
        fc.double({ min: -5, max: 40, noNaN: true }),
      ),
      quality: fc.constantFrom("360p", "1080p", "8k"),
      fps: fc.constantFrom(24, 25, 30),
      seed: fc.option(fc.integer({ min: -10, max: 2147483700 }), { nil: undefined }),
      audio: fc.boolean(),
    });
    fc.assert(
      fc.property(values, (given) => {
        const ours = Object.keys(validate(fields, { ...fitValues(fields, {}), ...given })).length === 0;
        const theirs = params.safeParse(toParams(fields, { ...given })).success;
        expect(ours).toBe(theirs);
      }),
    );
  });

  it("reads any JSON without failing", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (properties) => {
        const read = readFields({ properties });
        expect(Object.keys(validate(read, fitValues(read, {}))).every((key) => Object.hasOwn(properties, key))).toBe(true);
      }),
    );
  });
});

describe("the order of fields", () => {
  it("leaves no narrow field alone while another one follows, and loses none", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...fields]), (some) => {
        const arranged = arrange(some);
        expect(new Set(arranged)).toEqual(new Set(some));
        const alone = arranged.filter((field, index) => {
          const before = arranged.slice(0, index).toReversed().findIndex(isWide);
          const run = before < 0 ? index : before;
          const next = arranged[index + 1];
          return !isWide(field) && run % 2 === 0 && (next === undefined || isWide(next));
        });
        expect(alone.length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("names as words", () => {
  it("are what people read", () => {
    expect(["panLeft", "text_to_video", "540p", "16:9"].map(wordsOf)).toEqual(["Pan left", "Text to video", "540p", "16:9"]);
  });
});
