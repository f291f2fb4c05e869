// Says when videos are ready or have failed, wherever one is looking: one toast for all that end about the same time.
import { onCleanup } from "solid-js";
import type { Job } from "#protocol/job.ts";
import { openPanel } from "#web/dock/panel.ts";
import type { JobsStore } from "#web/store/jobs.ts";
import { formatCount } from "#web/ui/format.ts";
import { operationLabels } from "#web/ui/job-state.tsx";
import { toast } from "#web/ui/toast.tsx";

/** Ends within this time are one piece of news, ms. */
const gatherMs = 700;

const nameOf = (job: Job): string => {
  const given = job.name ?? job.prompt;
  const words = given.trim() === "" ? operationLabels[job.operation] : given;
  return words.length > 48 ? `${words.slice(0, 47)}…` : words;
};

const sayReady = (ready: ReadonlyArray<Job>): void => {
  const [only] = ready;
  const assetId = only?.assetId;
  if (only !== undefined && ready.length === 1) {
    toast(`“${nameOf(only)}” is ready`, {
      tone: "ok",
      ...(assetId === null || assetId === undefined ? {} : { action: { label: "Play", onSelect: () => openPanel("asset", { assetId }) } }),
    });
  } else {
    toast(`${formatCount(ready.length, "video")} are ready`, {
      tone: "ok",
      action: { label: "Gallery", onSelect: () => openPanel("gallery", {}) },
    });
  }
};

const sayFailed = (failed: ReadonlyArray<Job>): void => {
  const [only] = failed;
  if (only !== undefined && failed.length === 1) {
    toast(`“${nameOf(only)}” was not made`, {
      tone: "bad",
      detail: only.failure?.message,
      action: { label: "Look", onSelect: () => openPanel("job", { jobId: only.id }) },
    });
  } else {
    toast(`${formatCount(failed.length, "video")} were not made`, {
      tone: "bad",
      action: { label: "Jobs", onSelect: () => openPanel("jobs", {}) },
    });
  }
};

export const announceEnds = (jobs: Pick<JobsStore, "onEnded">): void => {
  let ended: ReadonlyArray<Job> = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const say = () => {
    timer = undefined;
    const ready = ended.filter(({ state }) => state === "completed");
    const failed = ended.filter(({ state }) => state !== "completed" && state !== "cancelled");
    ended = [];
    if (ready.length > 0) {
      sayReady(ready);
    }
    if (failed.length > 0) {
      sayFailed(failed);
    }
  };
  const stop = jobs.onEnded((more) => {
    ended = [...ended, ...more];
    timer ??= setTimeout(say, gatherMs);
  });
  onCleanup(() => {
    stop();
    clearTimeout(timer);
  });
};
