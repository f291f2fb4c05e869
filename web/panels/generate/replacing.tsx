// The form changes a job that waits, instead of asking for a new one: which, and the way out. It ends by itself once that job is sent.
import Pencil from "lucide-solid/icons/pencil";
import { createEffect, Show, type Component } from "solid-js";
import { waitingJobStates, type Job } from "#protocol/job.ts";
import { openPanel } from "#web/dock/panel.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button } from "#web/ui/button.tsx";
import { toast } from "#web/ui/toast.tsx";
import "./generate.css";

export const mayBeReplaced = ({ state }: Pick<Job, "state">): boolean => state === "paused" || waitingJobStates.has(state);

export const Replacing: Component = () => {
  const { draft, jobs } = useWorkspace();
  /** As it is now, where it is known. */
  const job = () => {
    const known = draft.replacing();
    return known === null ? null : (jobs.row(known.id) ?? known);
  };
  createEffect(() => {
    const now = job();
    if (now !== null && !mayBeReplaced(now)) {
      draft.replaceNothing();
      toast("It waits no more", { tone: "warn", detail: "What the form says now would be a new job." });
    }
  });
  return (
    <Show when={job()}>
      {(now) => (
        <div class="generate-notice" role="status">
          <Pencil size={15} aria-hidden="true" />
          <span>
            Changes a job that waits; its place in the queue stays.
            <span class="generate-replaced">“{now().name ?? now().prompt}”</span>
          </span>
          <span class="generate-replacing-buttons">
            <Button size="s" onClick={() => openPanel("queue", { jobId: now().id })}>
              Its place
            </Button>
            <Button size="s" onClick={draft.replaceNothing}>
              Make a new one instead
            </Button>
          </span>
        </div>
      )}
    </Show>
  );
};
