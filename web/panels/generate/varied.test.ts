import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { gridSize } from "#protocol/grid.ts";
import { Grid, type ProviderSpec } from "#protocol/job.ts";
import { readFields } from "./schema.ts";
import {
  firstVaried,
  gridOf,
  issueAtField,
  shownCells,
  valuesAtFirst,
  variedErrors,
  variedValues,
  writtenOut,
  type Varied,
} from "./varied.ts";

const params: Record<string, unknown> = z.toJSONSchema(
  z.object({
    prompt: z.string().min(1).meta({ title: "Prompt", "x-widget": "prompt" }),
    duration: z.int().min(1).max(15).default(5).meta({ title: "Duration", description: "In seconds." }),
    camera: z.enum(["auto", "panLeft", "panRight"]).default("auto"),
    loop: z.boolean().default(false),
    seed: z.int().min(0).max(9999).optional().meta({ "x-widget": "seed" }),
  }),
  { io: "input" },
);
const fields = readFields(params);
const field = (key: string) => fields.find((each) => each.key === key)!;
const provider = (id: string, schema = params): ProviderSpec => ({
  id,
  title: id.toUpperCase(),
  summary: "",
  concurrency: 1,
  account: null,
  operations: [{ operation: "text_to_video", title: "", summary: "", params: schema, inputs: [] }],
});
const request = { provider: "a", operation: "text_to_video" as const };
const grid = (varied: Varied, changes: Partial<Parameters<typeof gridOf>[0]> = {}) =>
  gridOf({ fields, values: { prompt: "a fox", duration: 5 }, varied, providers: [], request, without: [], ...changes });

describe("what is varied", () => {
  it("begins with the value that the field has", () => {
    expect(variedValues(field("duration"), firstVaried(field("duration"), 7))).toEqual([7]);
    expect(variedValues(field("prompt"), firstVaried(field("prompt"), "a fox"))).toEqual(["a fox"]);
    expect(variedValues(field("camera"), firstVaried(field("camera"), "panLeft"))).toEqual(["panLeft"]);
    expect(variedValues(field("loop"), firstVaried(field("loop"), true))).toEqual([false, true]);
    expect(variedValues(field("seed"), firstVaried(field("seed"), undefined))).toEqual([]);
  });

  it("writes out what prompts with choices can become, each as a line that says just that", () => {
    expect(writtenOut("a {red|grey} fox in ${place:the {snow|rain}}\na dog", {})).toBe(
      ["a red fox in the snow", "a red fox in the rain", "a grey fox in the snow", "a grey fox in the rain", "a dog"].join("\n"),
    );
    expect(writtenOut("a {red|grey} fox in ${place}", { place: "{1}" })).toBe(
      String.raw`a red fox in \{1\}` + "\n" + String.raw`a grey fox in \{1\}`,
    );
    // None has choices; a list or a variable is not known; it is not whole; they are too many.
    for (const given of ["a fox\na dog", "a __colour__ fox", "a {a|b} ${place}", "a {red|grey", "{a|b|c}".repeat(5)]) {
      expect(writtenOut(given, {})).toBeNull();
    }
  });

  it("is read from lines of words and from numbers with anything between them", () => {
    expect(variedValues(field("prompt"), " a fox, \n\na wolf\n")).toEqual(["a fox,", "a wolf"]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9999 })), fc.constantFrom(", ", " ", ";", "\n", ","), (numbers, between) => {
        expect(variedValues(field("duration"), numbers.join(between))).toEqual(numbers);
      }),
    );
    // Ticked in any order, made in the order of the options.
    expect(variedValues(field("camera"), ["panRight", "auto"])).toEqual(["auto", "panRight"]);
  });

  it("says what is wrong with it, with the value that is", () => {
    expect(variedErrors(fields, { duration: "3, 99", camera: [], prompt: "a\na", seed: "one", loop: [true] })).toEqual({
      duration: "99: At most 15.",
      camera: "Choose at least one.",
      prompt: "“a” is there twice.",
      seed: "Numbers, with commas between them.",
    });
    expect(variedErrors(fields, { duration: "" })).toEqual({ duration: "Give at least one value." });
    expect(variedErrors(fields, { quality: "of another provider" })).toEqual({});
  });

  it("makes a grid that the protocol takes, in the order of the form; nothing varied makes none", () => {
    expect(grid({})).toBeNull();
    const made = grid({ camera: ["auto", "panLeft"], duration: "3, 9", seed: "1 2" }, { without: [[0, 1, 1]] });
    expect(Grid.parse(made)).toEqual({
      axes: [
        { by: "param", param: "duration", values: [3, 9] },
        { by: "param", param: "camera", values: ["auto", "panLeft"] },
        { by: "seed", values: [1, 2] },
      ],
      without: [[0, 1, 1]],
    });
    expect(gridSize(made!)).toBe(7);
    expect(valuesAtFirst(fields, { prompt: "a fox", duration: 5 }, { duration: "3, 9" })).toEqual({ prompt: "a fox", duration: 3 });
  });

  it("asks another provider for what of the form it takes", () => {
    const other = provider("b", z.toJSONSchema(z.object({ prompt: z.string(), style: z.string().default("film") }), { io: "input" }));
    expect(grid({}, { providers: [provider("a"), other] })?.axes).toEqual([
      { by: "provider", values: [{ provider: "a" }, { provider: "b", params: { prompt: "a fox", style: "film" } }] },
    ]);
    expect(grid({}, { providers: [provider("a")] })).toBeNull();
  });

  it("shows its cells in words, with those left out, and says at the field what the server says of its axis", () => {
    const made = grid({ duration: "3, 9" }, { providers: [provider("a"), provider("b")], without: [[1, 0]] })!;
    expect(shownCells(made, fields, request, (id) => id.toUpperCase())).toEqual([
      { place: [0, 0], label: "3 s · A", made: true },
      { place: [0, 1], label: "3 s · B", made: true },
      { place: [1, 0], label: "9 s · A", made: false },
      { place: [1, 1], label: "9 s · B", made: true },
    ]);
    expect(shownCells(grid({ prompt: Array.from({ length: 121 }, (_, at) => `p${at}`).join("\n") })!, fields, request, String)).toEqual([]);
    const issue = { path: ["grid", "axes", 0, "values", 1], message: "Too long." };
    expect(issueAtField(issue, fields, made)).toEqual({ path: ["params", "duration"], message: "Too long." });
    expect(issueAtField({ ...issue, path: ["grid", "axes", 1] }, fields, made).path).toEqual(["grid", "axes", 1]);
    expect(issueAtField({ ...issue, path: ["request", "name"] }, fields, made).path).toEqual(["request", "name"]);
  });
});
