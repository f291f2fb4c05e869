import { describe, expect, it } from "vitest";
import { createFields, createParams, namedPrompt, openaiVideosOperations } from "./openai-videos-operations.ts";
import type { ProviderInput } from "./provider.ts";
import { testInput } from "./testing.ts";

const subject = (name: string): ProviderInput => testInput("subject", `/nowhere/${name}.mp4`, { name });

describe("the parameters of the OpenAI Videos format", () => {
  it("become strings, and the model that the account names", () => {
    const params = createParams.parse({ prompt: " a fox ", duration: 8, model: "pro", size: "1024x1792" });
    expect(createFields(params, { standard: "wan-2.6", pro: "veo-3.1" })).toEqual({
      prompt: "a fox",
      model: "veo-3.1",
      seconds: "8",
      size: "1024x1792",
    });
  });

  it("are small by default", () => {
    expect(createParams.parse({ prompt: "a fox" })).toEqual({ prompt: "a fox", model: "standard", duration: 4, size: "1280x720" });
  });

  it.each([
    ["standard", "1280x720", null],
    ["standard", "1024x1792", "size"],
    ["standard", "1792x1024", "size"],
    ["pro", "1792x1024", null],
  ] as const)("of the %s model in %s: conflict in %s", (model, size, field) => {
    const params = createParams.parse({ prompt: "a fox", model, size });
    expect(openaiVideosOperations.text_to_video.conflict(params)?.field ?? null).toBe(field);
  });

  it("name each character without the sign, and nothing else", () => {
    expect(namedPrompt("@fox meets @ball; mail me@home", [subject("fox"), subject("ball")])).toEqual({
      prompt: "fox meets ball; mail me@home",
      missing: undefined,
    });
    expect(namedPrompt("@fox_2 runs", [subject("fox")])).toEqual({ prompt: "@fox_2 runs", missing: "fox" });
  });
});
