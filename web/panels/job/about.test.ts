import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { ProviderSpec } from "#protocol/job.ts";
import { sampleJob } from "#web/store/testing.ts";
import { aboutJob } from "./about.ts";

const params = z.toJSONSchema(
  z.object({
    duration: z.number().meta({ title: "Duration", description: "In seconds." }),
    fps: z.number().meta({ title: "Frames per second" }),
    camera: z.enum(["panLeft", "auto"]).meta({ title: "Camera" }),
    audio: z.boolean().meta({ title: "Sound" }),
  }),
  { io: "input" },
);
const operation: ProviderSpec["operations"][number] = {
  operation: "text_to_video",
  title: "Text to video",
  summary: "",
  params,
  inputs: [],
};
const stores = {
  accounts: { row: () => undefined },
  providers: { list: () => [], title: () => "PixVerse", operation: () => operation },
} as unknown as Parameters<typeof aboutJob>[0];

const cellOf = (values: Readonly<Record<string, unknown>>) => Object.entries(values).map(([axis, value]) => ({ axis, index: 0, value }));

describe("what a job is in one line", () => {
  it("tells jobs of one grid apart by what each got, and says nothing of it twice", () => {
    const job = sampleJob({ operation: "text_to_video", prompt: "a fox", credits: 0, charges: [], accountId: null });
    expect(aboutJob(stores, { ...job, cell: null })).toBe("Text to video · PixVerse");
    const cell = cellOf({ prompt: "a fox", duration: 8, fps: 24, camera: "panLeft", audio: true, provider: "pixverse/text_to_video" });
    expect(aboutJob(stores, { ...job, cell })).toBe("Text to video · 8 s · Frames per second: 24 · Pan left · Sound: Yes · PixVerse");
  });
});
