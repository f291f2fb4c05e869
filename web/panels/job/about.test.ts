import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { Job, ProviderSpec } from "#protocol/job.ts";
import { formatMoment } from "#web/ui/format.ts";
import { sampleJob } from "#web/store/testing.ts";
import { aboutJob, jobPrice, jobTitle, waitsFor } from "./about.ts";

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
  providers: { list: () => [], title: () => "PixVerse", operation: () => operation, isFree: (id: string) => id === "comfyui" },
} as unknown as Parameters<typeof aboutJob>[0];

const cellOf = (values: Readonly<Record<string, unknown>>) => Object.entries(values).map(([axis, value]) => ({ axis, index: 0, value }));

it("a job that is to be made later says when, any other what it waits for", () => {
  const at = new Date(2026, 10, 28, 15, 42).getTime();
  const job = sampleJob({ state: "scheduled", scheduledFor: at, waitingFor: "Its scheduled time." });
  expect(waitsFor(job, at - 60_000)).toBe(`Its scheduled time: ${formatMoment(at, at)}.`);
  expect(waitsFor({ ...job, state: "waitingForSlot", waitingFor: "A place." }, at)).toBe("A place.");
  expect(waitsFor({ ...job, state: "paused", waitingFor: "Being resumed: it is paused." }, at)).toBe("It goes on once it is resumed.");
  expect(waitsFor({ ...job, state: "completed", waitingFor: null }, at)).toBeNull();
});

it("a job of a provider that charges nobody is free, unless it was sent to another before", () => {
  const job = sampleJob({ provider: "comfyui", credits: 0, charges: [], accountId: "acc_1" });
  const charge: Job["charges"][number] = {
    key: "k1",
    accountId: "acc_1",
    accountTitle: "Tower",
    estimated: 0,
    charged: null,
    type: null,
    outcome: "provider",
    tookMs: 1,
    at: 1,
  };
  for (const state of ["waitingForSlot", "processing", "completed", "failed"] as const) {
    expect(jobPrice(stores, { ...job, state, charges: [charge] })).toBe("free");
    expect(jobPrice(stores, { ...job, state, charges: [{ ...charge, provider: "gateway" }, charge] })).toBeNull();
  }
  expect(jobPrice(stores, { ...job, provider: "gateway", charges: [charge] })).toBeNull();
  expect(jobPrice(stores, { ...job, credits: 45, state: "processing" })).toBe("about 45 credits");
});

describe("what a job is in one line", () => {
  it("tells jobs of one grid apart by what each got, and says nothing of it twice", () => {
    const job = sampleJob({ operation: "text_to_video", prompt: "a fox", credits: 0, charges: [], accountId: null });
    expect(aboutJob(stores, { ...job, cell: null })).toBe("Text to video · PixVerse");
    const cell = cellOf({ prompt: "a fox", duration: 8, fps: 24, camera: "panLeft", audio: true, provider: "pixverse/text_to_video" });
    expect(aboutJob(stores, { ...job, cell })).toBe("Text to video · 8 s · Frames per second: 24 · Pan left · Sound: Yes · PixVerse");
    const below = cellOf({ fps: -1, prompt: "a {red|blue} fox ".repeat(9) });
    expect(aboutJob(stores, { ...job, cell: below })).toBe(
      "Text to video · Frames per second: -1 · a {red|blue} fox a {red|blue} fox a {re… · PixVerse",
    );
  });
});

it("is called by its name, its prompt, or what it makes", () => {
  expect(jobTitle(sampleJob({ name: "Take 2", prompt: "a fox" }))).toBe("Take 2");
  expect(jobTitle(sampleJob({ name: null, prompt: "a fox" }))).toBe("a fox");
  expect(jobTitle(sampleJob({ name: null, prompt: "", operation: "video_transition" }))).toBe("Transition");
});
