import * as z from "zod";
import { describe, expect, it, test } from "vitest";
import type { InputRole } from "#protocol/job.ts";
import type { ProviderInput } from "../provider.ts";
import { testInput } from "../testing.ts";
import { falModels, falOperations } from "./fal.ts";
import { inputProblem, modelInput, outputUrl, seedOf } from "./input.ts";
import { centsOf, entryFor, formParams, type ModelEntry, type ModelOperation, wantedOf } from "./model.ts";
import { replicateModels, replicateOperations } from "./replicate.ts";

const catalogues = [
  { name: "fal", models: falModels, operations: falOperations },
  { name: "replicate", models: replicateModels, operations: replicateOperations },
] as const;

const input = (role: InputRole, name: string | null = null, mime = "image/png"): ProviderInput =>
  testInput(role, `/nowhere/${role}-${name}`, { name, mime });

const parsed = (provider: "fal" | "replicate", operation: ModelOperation, params: Readonly<Record<string, unknown>>) => {
  const { models, operations } = catalogues.find(({ name }) => name === provider)!;
  const { params: schema, conflict } = (operations as typeof falOperations)[operation];
  const checked = schema.parse(params);
  const form = formParams(checked);
  return { form, conflict: conflict?.(checked) ?? null, entry: entryFor(models, operation, form)! };
};

/** What the model gets. */
const sent = (
  provider: "fal" | "replicate",
  operation: ModelOperation,
  params: Readonly<Record<string, unknown>>,
  inputs: ReadonlyArray<ProviderInput> = [],
) => {
  const { form, entry } = parsed(provider, operation, params);
  const urls = inputs.map((_, index) => `https://files/${index}`);
  return { id: entry.id, input: modelInput(entry, form, inputs, urls) };
};

describe.each(catalogues)("the models of $name", ({ models, operations }) => {
  const each = models.map((entry): [string, ModelEntry] => [`${entry.operation}: ${entry.title}`, entry]);

  it("are several for most operations, and each has one name in the form of an operation", () => {
    for (const operation of Object.keys(operations)) {
      const keys = models.filter((entry) => entry.operation === operation).map(({ key }) => key);
      expect(new Set(keys).size).toBe(keys.length);
      expect(keys.length).toBeGreaterThan(0);
    }
  });

  it.each(each)("take an untouched form: %s", (_, entry) => {
    const { params, conflict, estimate } = (operations as typeof falOperations)[entry.operation];
    const checked = params.parse({ prompt: "a fox", model: entry.key });
    expect(conflict?.(checked) ?? null).toBeNull();
    const { credits, durationMs } = estimate(checked);
    expect(credits).toBeGreaterThan(0);
    expect(durationMs).toBeGreaterThan(0);
  });

  it.each(each)("get what the form says in their own words, and nothing that was left to them: %s", (_, entry) => {
    const { params } = (operations as typeof falOperations)[entry.operation];
    const form = formParams(params.parse({ prompt: "a fox", model: entry.key }));
    const body = modelInput(entry, form, [], []);
    const fields = Object.keys(body);
    expect(body[entry.prompt.field]).toBe("a fox");
    for (const choice of [entry.aspectRatio, entry.quality]) if (choice !== undefined) expect(fields).not.toContain(choice.field);
    for (const choice of [entry.aspectRatio, entry.quality]) {
      for (const [ours, theirs] of Object.entries(choice?.values ?? {})) {
        const chosen = choice === entry.quality ? { quality: ours } : { aspectRatio: ours };
        expect(modelInput(entry, { ...form, ...chosen }, [], [])[choice!.field]).toBe(theirs);
      }
    }
    expect(JSON.parse(JSON.stringify(body))).toEqual(body);
  });

  it.each(each)("refuse what another model of the operation has and they have not, and say what to do: %s", (_, entry) => {
    const { params, conflict } = (operations as typeof falOperations)[entry.operation];
    const form = params.parse({ prompt: "a fox", model: entry.key });
    const fields = Object.keys(params.shape);
    const told = (more: Readonly<Record<string, unknown>>) => conflict?.(params.parse({ ...form, ...more })) ?? null;
    if (fields.includes("seed")) expect(told({ seed: 7 })?.field).toBe(entry.seed === undefined ? "seed" : undefined);
    if (fields.includes("negativePrompt")) {
      expect(told({ negativePrompt: "rain" })?.field).toBe(entry.negativePrompt === undefined ? "negativePrompt" : undefined);
    }
    if (fields.includes("audio")) expect(told({ audio: true })?.field).toBe(entry.audio === "never" ? "audio" : undefined);
    const refused = told({ prompt: "x".repeat(entry.prompt.most) });
    expect(refused).toBeNull();
  });

  it.each(each)("draw a form: %s", (_, entry) => {
    const schema = z.toJSONSchema((operations as typeof falOperations)[entry.operation].params, { io: "input" });
    expect(schema.required).toEqual(["prompt"]);
    expect(schema.properties?.["model"]).toMatchObject({ "x-labels": { [entry.key]: entry.title } });
  });
});

describe("what the models of fal are sent", () => {
  const full = { prompt: "a fox", aspectRatio: "16:9", quality: "720p", audio: true };

  test("words", () => {
    expect(sent("fal", "text_to_video", { ...full, model: "veo-3.1", duration: 6, negativePrompt: "rain", seed: 5 })).toEqual({
      id: "fal-ai/veo3.1",
      input: {
        prompt: "a fox",
        negative_prompt: "rain",
        duration: "6s",
        aspect_ratio: "16:9",
        resolution: "720p",
        generate_audio: true,
        seed: 5,
      },
    });
    expect(sent("fal", "text_to_video", { ...full, model: "seedance-2.0", duration: 15, seed: 0 })).toEqual({
      id: "bytedance/seedance-2.0/text-to-video",
      input: { prompt: "a fox", duration: "15", aspect_ratio: "16:9", resolution: "720p", generate_audio: true, seed: 0 },
    });
    expect(
      sent("fal", "text_to_video", { prompt: "a fox", aspectRatio: "1:1", model: "kling-3.0-pro", duration: 3, audio: false }),
    ).toEqual({
      id: "fal-ai/kling-video/v3/pro/text-to-video",
      input: { prompt: "a fox", duration: "3", aspect_ratio: "1:1", generate_audio: false },
    });
    expect(sent("fal", "text_to_video", { prompt: "a fox", quality: "4k", model: "ltx-2.3-pro", duration: 10 })).toEqual({
      id: "fal-ai/ltx-2.3/text-to-video",
      input: { prompt: "a fox", duration: 10, resolution: "2160p" },
    });
  });

  test("a picture, and two", () => {
    expect(sent("fal", "image_to_video", { prompt: "go", model: "grok-imagine-1.5", duration: 1 }, [input("image")])).toEqual({
      id: "xai/grok-imagine-video/v1.5/image-to-video",
      input: { prompt: "go", duration: 1, image_url: "https://files/0" },
    });
    expect(
      sent("fal", "video_transition", { prompt: "go", model: "kling-3.0-pro", duration: 5, audio: true }, [input("frame"), input("frame")]),
    ).toEqual({
      id: "fal-ai/kling-video/v3/pro/image-to-video",
      input: { prompt: "go", duration: "5", generate_audio: true, start_image_url: "https://files/0", end_image_url: "https://files/1" },
    });
  });

  test("a video", () => {
    expect(sent("fal", "video_extend", { prompt: "on" }, [input("video", null, "video/mp4")])).toEqual({
      id: "fal-ai/veo3.1/fast/extend-video",
      input: { prompt: "on", generate_audio: true, video_url: "https://files/0" },
    });
  });

  test("subjects by name, in the words of the model, with the background behind them", () => {
    const inputs = [input("background", "sea"), input("subject", "hero"), input("subject", "old_friend")];
    const params = { prompt: "@hero waves to @old_friend at the @sea, not @nobody", duration: 8, audio: true };
    expect(sent("fal", "fusion", { ...params, model: "seedance-2.0" }, inputs).input).toEqual({
      prompt: "@Image1 waves to @Image2 at the @Image3, not @nobody",
      duration: "8",
      generate_audio: true,
      image_urls: ["https://files/1", "https://files/2", "https://files/0"],
    });
    expect(sent("fal", "fusion", { ...params, model: "veo-3.1" }, inputs).input["prompt"]).toBe(
      "hero waves to old friend at the sea, not @nobody",
    );
  });
});

test("what the models of Replicate are sent", () => {
  expect(
    sent("replicate", "text_to_video", {
      prompt: "a fox",
      model: "kling-3.0",
      duration: 6,
      quality: "720p",
      negativePrompt: "rain",
      audio: true,
    }),
  ).toEqual({
    id: "kwaivgi/kling-v3-video",
    input: { prompt: "a fox", negative_prompt: "rain", duration: 6, mode: "standard", generate_audio: true },
  });
  expect(sent("replicate", "image_to_video", { prompt: "a fox", model: "hailuo-2.3", quality: "1080p" }, [input("image")])).toEqual({
    id: "minimax/hailuo-2.3",
    input: { prompt: "a fox", duration: 6, resolution: "1080p", first_frame_image: "https://files/0" },
  });
  expect(sent("replicate", "video_transition", { prompt: "a fox", duration: 4, audio: false }, [input("frame"), input("frame")])).toEqual({
    id: "google/veo-3.1",
    input: { prompt: "a fox", duration: 4, generate_audio: false, image: "https://files/0", last_frame: "https://files/1" },
  });
  expect(sent("replicate", "fusion", { prompt: "@a", audio: true }, [input("subject", "a")]).input).toEqual({
    prompt: "a",
    generate_audio: true,
    reference_images: ["https://files/0"],
  });
});

test("prices are the published ones, in cents", () => {
  const cents = (provider: "fal" | "replicate", operation: ModelOperation, params: Readonly<Record<string, unknown>>): number => {
    const { entry, form } = parsed(provider, operation, { prompt: "a fox", ...params });
    return centsOf(entry, form);
  };
  expect(cents("fal", "text_to_video", { model: "veo-3.1", duration: 8, quality: "1080p", audio: true })).toBe(320);
  expect(cents("fal", "text_to_video", { model: "veo-3.1", duration: 4, quality: "4k", audio: false })).toBe(160);
  expect(cents("fal", "text_to_video", { model: "seedance-2.0", duration: 10, quality: "720p" })).toBe(302.4);
  expect(cents("fal", "text_to_video", { model: "kling-3.0-pro", duration: 5, audio: true })).toBe(84);
  expect(cents("fal", "text_to_video", { model: "kling-3.0-pro", duration: 15, audio: false })).toBe(168);
  expect(cents("fal", "text_to_video", { model: "ltx-2.3-pro", duration: 6, quality: "4k" })).toBe(192);
  expect(cents("fal", "image_to_video", { model: "grok-imagine-1.5", duration: 5, quality: "480p" })).toBe(41);
  expect(cents("fal", "video_extend", { audio: true })).toBe(105);
  expect(cents("replicate", "text_to_video", { model: "veo-3.1", duration: 8, audio: true })).toBe(320);
  expect(cents("replicate", "text_to_video", { model: "kling-3.0", duration: 10, quality: "720p", audio: true })).toBe(126);
  expect(cents("replicate", "text_to_video", { model: "hailuo-2.3", duration: 6, quality: "1080p" })).toBe(49);
  expect(cents("replicate", "text_to_video", { model: "hailuo-2.3", duration: 10 })).toBe(56);
});

test("what is left to a model counts as the model's own value", () => {
  const { entry, form } = parsed("replicate", "text_to_video", { prompt: "a fox" });
  expect(wantedOf(entry, form)).toEqual({ seconds: 6, quality: "1080p", audio: false });
});

test("a conflict names the field and what to choose instead", () => {
  const message = (provider: "fal" | "replicate", operation: ModelOperation, params: Readonly<Record<string, unknown>>) =>
    parsed(provider, operation, { prompt: "a fox", ...params }).conflict;
  expect(message("fal", "text_to_video", { model: "veo-3.1", duration: 5 })).toEqual({
    field: "duration",
    message: "Veo 3.1 makes videos of 4, 6, or 8 seconds: choose one of these.",
  });
  expect(message("fal", "text_to_video", { model: "seedance-2.0", quality: "4k", duration: 4 })).toMatchObject({ field: "quality" });
  expect(message("fal", "image_to_video", { model: "kling-3.0-pro", aspectRatio: "16:9" })?.message).toMatch(/set it to “auto”/);
  expect(message("fal", "text_to_video", { model: "kling-3.0-pro", prompt: "x".repeat(2501) })?.message).toMatch(/shorten it by 1\./);
  expect(message("replicate", "text_to_video", { model: "hailuo-2.3", duration: 10, quality: "1080p" })?.field).toBe("duration");
});

test("a form says which of the models have what", () => {
  const described = (shape: Readonly<Record<string, unknown>>, field: string) => (shape[field] as z.ZodType).meta()?.description;
  const { shape } = falOperations.text_to_video.params;
  expect(described(shape, "duration")).toMatch(/Veo 3\.1: 4, 6, or 8; Seedance 2\.0: 4 to 15;/);
  expect(described(shape, "seed")).toMatch(/Only Veo 3\.1 and Seedance 2\.0\.$/);
  expect(described(shape, "audio")).toMatch(/Always there: LTX 2\.3 Pro\.$/);
  expect(described(replicateOperations.text_to_video.params.shape, "audio")).toMatch(/Never: Hailuo 2\.3\.$/);
});

test("files that a model does not take are refused in a sentence", () => {
  const { entry } = parsed("replicate", "image_to_video", { prompt: "a fox", model: "kling-3.0" });
  expect(inputProblem(entry, [input("image")], [1000])).toBeNull();
  expect(inputProblem(entry, [input("image", null, "image/webp")], [1000])).toMatch(/does not take image\/webp: give JPEG or PNG/);
  expect(inputProblem(entry, [input("image")], [10_000_001])).toMatch(/10\.0 MB .* at most 10 MB/);
  const { entry: veo } = parsed("fal", "fusion", { prompt: "a fox", model: "veo-3.1" });
  const four = ["a", "b", "c", "d"].map((name) => input("subject", name));
  expect(inputProblem(veo, four, [1, 1, 1, 1])).toMatch(/at most 3 .* 4 are given/);
  expect(inputProblem(veo, [], [])).toMatch(/needs 1 .* 0 are given/);
  const { entry: between } = parsed("fal", "video_transition", { prompt: "a fox" });
  expect(inputProblem(between, [input("frame")], [1])).toMatch(/needs 2 .* 1 are given/);
});

test("the URL of a video is found where the entry says, and nothing else passes for one", () => {
  expect(outputUrl(["video", "url"], { video: { url: "https://fal.media/a.mp4" } })).toBe("https://fal.media/a.mp4");
  expect(outputUrl([], "https://replicate.delivery/a.mp4")).toBe("https://replicate.delivery/a.mp4");
  expect(outputUrl([0], ["https://replicate.delivery/a.mp4"])).toBe("https://replicate.delivery/a.mp4");
  for (const result of [null, undefined, "a.mp4", { video: null }, { video: { url: 5 } }, { video: { url: "file:///etc/passwd" } }]) {
    expect(outputUrl(["video", "url"], result)).toBeUndefined();
  }
});

test("each key has a seed of its own, always the same", () => {
  const seeds = Array.from({ length: 1000 }, (_, index) => seedOf(`job_${index}/0`));
  expect(new Set(seeds).size).toBe(1000);
  expect(seeds).toEqual(Array.from({ length: 1000 }, (_, index) => seedOf(`job_${index}/0`)));
  expect(Math.min(...seeds)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...seeds)).toBeLessThanOrEqual(2147483647);
});
