import { expect, test } from "vitest";
import type * as z from "zod";
import { calls, contract, streams, topics } from "./contract.ts";

const name = /^[a-z][A-Za-z]*\.[a-z][A-Za-z]*$/;

/** What is wrong with an example as it travels, by name of the schema. */
const faults = (...pairs: ReadonlyArray<readonly [name: string, schema: z.ZodType, example: unknown]>): ReadonlyArray<string> =>
  pairs.flatMap(([name, schema, example]) => {
    const travelled: unknown = JSON.parse(JSON.stringify(example));
    const parsed = schema.safeParse(travelled);
    if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `${name}.${path.join(".")}: ${message}`);
    // What the schema does not know, readers would still take for a field.
    const known = new Set(Object.keys(Object(parsed.data)));
    return Object.keys(Object(travelled)).flatMap((key) => (known.has(key) ? [] : [`${name}.${key}: not in the schema`]));
  });

test.each([...calls])("the example of the call %s fits what it takes and answers", (_, { input, output, example }) => {
  expect(faults(["input", input, example.input], ["output", output, example.output])).toEqual([]);
});

test.each([...streams])("the example of the stream %s fits what it takes and carries", (_, { input, item, example }) => {
  expect(faults(["input", input, example.input], ["item", item, example.item])).toEqual([]);
});

test.each([...topics])("the example of the topic %s fits all its parts", (_, { params, snapshot, delta, example }) => {
  expect(faults(["params", params, example.params], ["snapshot", snapshot, example.snapshot], ["delta", delta, example.delta])).toEqual([]);
});

test("names are of one form and within what a frame may carry, and summaries are sentences", () => {
  for (const [key, domain] of Object.entries(contract)) expect(domain.name).toBe(key);
  for (const [full, spec] of [...calls, ...streams, ...topics]) {
    expect(full).toMatch(name);
    expect(full.length).toBeLessThanOrEqual(80);
    expect(spec.summary).toMatch(/^[A-Z].*\.$/);
  }
  expect(new Set([...calls.keys(), ...streams.keys(), ...topics.keys()]).size).toBe(calls.size + streams.size + topics.size);
});

test("input that is no object is refused by every call, stream and topic", () => {
  const inputs = [...[...calls.values()].map(({ input }) => input), ...[...topics.values()].map(({ params }) => params)];
  for (const schema of inputs) for (const value of [null, 1, "x", []]) expect(schema.safeParse(value).success).toBe(false);
});
