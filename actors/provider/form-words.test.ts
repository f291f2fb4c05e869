import { expect, test } from "vitest";
import * as z from "zod";
import { inWords } from "./form-words.ts";

test("what is wrong with a field is said in words that a form's owner understands, and repeats nothing that was entered", () => {
  const schema = z.object({
    prompt: z.string().min(2, "Say what is to be seen.").max(5),
    model: z.enum(["v5", "v6"]),
    duration: z.literal([5, 8]),
    seconds: z.int().min(1).max(15),
    share: z.number().gt(0).lt(1),
    sound: z.boolean(),
    tags: z.array(z.string()).max(1),
  });
  const saidOf = (values: object): Readonly<Record<string, string>> =>
    Object.fromEntries(
      (schema.safeParse(values, { error: inWords }).error?.issues ?? []).map(({ path, message }) => [path.join("."), message]),
    );
  const good = { prompt: "fox", model: "v5", duration: 5, seconds: 3, share: 0.5, sound: true, tags: [] };
  expect(saidOf(good)).toEqual({});
  expect(saidOf({})).toMatchObject({ prompt: "This is missing.", seconds: "This is missing.", sound: "This is missing." });
  expect(saidOf({ ...good, prompt: "secret", model: "v7", duration: 6, seconds: 99, share: 1, tags: ["a", "b"] })).toEqual({
    prompt: "This must have at most 5 characters.",
    model: "This must be one of v5, v6.",
    duration: "This must be one of 5, 8.",
    seconds: "This must be at most 15.",
    share: "This must be less than 1.",
    tags: "This must have at most 1 entries.",
  });
  expect(saidOf({ ...good, prompt: "x", seconds: 0.5, share: 0, sound: "yes", tags: [1] })).toEqual({
    // The schema's own words go before.
    prompt: "Say what is to be seen.",
    seconds: "This must be a whole number.",
    share: "This must be more than 0.",
    sound: "This must be true or false.",
    "tags.0": "This must be a text.",
  });
});
