// The life of a job that goes well, as its machine meets it: what was ordered, and every event until it is completed.
import type { JobMachineInput, JobOrder } from "#actors/job/context.ts";
import { sampleOrder } from "#actors/job/life.ts";
import { prompt } from "./work.ts";

const at = Date.UTC(2026, 0, 1);

export const jobOrder: JobOrder = {
  ...sampleOrder,
  id: "job_bench",
  ownerId: "usr_bench",
  params: { prompt, seed: 7, duration: 5, quality: "720p", fps: 24, audio: true },
  prompt,
};

export const jobInput: JobMachineInput = { order: jobOrder, at };

interface StampedEvent {
  readonly type: string;
  readonly at: number;
  readonly output?: unknown;
  readonly fraction?: number;
}

const outcome = (effect: string, ms: number, output: unknown): StampedEvent => ({
  type: `xstate.done.actor.${effect}`,
  output,
  at: at + ms,
});

export const jobEvents: ReadonlyArray<StampedEvent> = [
  outcome("acquireSlot", 1, { slot: "studio-1", expectedMs: 2000 }),
  outcome("submit", 2, { providerJobId: "render-1" }),
  ...Array.from({ length: 10 }, (_, n) => ({ type: "provider.progress", fraction: (n + 1) / 10, at: at + 100 * (n + 1) })),
  outcome("track", 1100, null),
  outcome("download", 1200, { file: "render-1.mp4" }),
  outcome("ingest", 1300, { assetId: "ast_bench" }),
];
