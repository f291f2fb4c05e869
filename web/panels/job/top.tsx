// The head of the Job panel: what was asked, how it stands, how far it is, and what can be done.
import Ban from "lucide-solid/icons/ban";
import CirclePause from "lucide-solid/icons/circle-pause";
import CirclePlay from "lucide-solid/icons/circle-play";
import EllipsisVertical from "lucide-solid/icons/ellipsis-vertical";
import Play from "lucide-solid/icons/play";
import RotateCcw from "lucide-solid/icons/rotate-ccw";
import { Show, type Component } from "solid-js";
import { finalJobStates, waitingJobStates, type Job } from "#protocol/job.ts";
import { openPanel } from "#web/dock/panel.ts";
import { compareJobs } from "#web/panels/compare/open.ts";
import { holdable, pauseJobs, resumeJobs, runNext } from "#web/panels/jobs/actions.ts";
import { jobMenu } from "#web/panels/jobs/job-menu.ts";
import { useNow } from "#web/store/now.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button } from "#web/ui/button.tsx";
import { Badge, Progress } from "#web/ui/feedback.tsx";
import { formatFull, formatMoment, formatSpan } from "#web/ui/format.ts";
import { aboutJob, jobTitle } from "./about.ts";
import { progressShown } from "#web/ui/job-progress.ts";
import { JobStateBadge, jobStateLooks } from "#web/ui/job-state.tsx";
import { MenuButton } from "#web/ui/menu.tsx";

interface TopProps {
  readonly job: Job;
  readonly stale: boolean;
  readonly onCancel: () => void;
  readonly onRetry: (newSeed: boolean) => void;
}

export const Top: Component<TopProps> = (props) => {
  const workspace = useWorkspace();
  const { draft } = workspace;
  const ended = () => finalJobStates.has(props.job.state);
  const title = () => jobTitle(props.job);
  return (
    <header class="job-top">
      <div class="job-top-line">
        <h2 title={props.job.prompt}>{title()}</h2>
        <MenuButton
          size="s"
          icon={EllipsisVertical}
          label="More for this job"
          items={() =>
            jobMenu({
              ids: [props.job.id],
              open: ended() ? [] : [props.job.id],
              ...holdable([props.job]),
              job: props.job,
              draft,
              onSelectSeveral: null,
              onRetry: (_, newSeed) => props.onRetry(newSeed),
              onCancel: props.onCancel,
              results: 0,
              onCompare: (ids) => void compareJobs(workspace, ids),
              onPause: (chosen) => void pauseJobs(workspace, chosen),
              onResume: (chosen) => void resumeJobs(workspace, chosen),
              onRunNext: (ids) => void runNext(workspace, ids),
            }).filter((item) => item === "separator" || item.label !== "Open")
          }
        />
      </div>
      <div class="job-top-line">
        <JobStateBadge state={props.job.state} />
        <Show when={props.stale}>
          <Badge tone="warn">Not live</Badge>
        </Show>
        <span class="job-top-meta">
          {aboutJob(workspace, props.job)} ·{" "}
          <time dateTime={new Date(props.job.createdAt).toISOString()} title={formatFull(props.job.createdAt)}>
            {formatMoment(props.job.createdAt, Date.now())}
          </time>
          <Show when={props.job.attempt > 1}>
            {" "}
            · attempt {props.job.attempt} of {props.job.maxAttempts}
          </Show>
          <Show when={props.job.parentJobId}>
            {(parent) => (
              <>
                {" · "}
                <button type="button" class="ui-link" onClick={() => openPanel("job", { jobId: parent() })}>
                  repeats another
                </button>
              </>
            )}
          </Show>
        </span>
        <span class="job-top-actions">
          <Show when={waitingJobStates.has(props.job.state)}>
            <Button size="s" icon={CirclePause} onClick={() => void pauseJobs(workspace, { ids: [props.job.id] })}>
              Pause
            </Button>
          </Show>
          <Show when={props.job.state === "paused"}>
            <Button size="s" tone="primary" icon={CirclePlay} onClick={() => void resumeJobs(workspace, { ids: [props.job.id] })}>
              Resume
            </Button>
          </Show>
          <Show
            when={ended()}
            fallback={
              <Button size="s" tone="danger" icon={Ban} disabled={props.job.state === "cancelling"} onClick={props.onCancel}>
                Cancel
              </Button>
            }
          >
            <Button size="s" icon={RotateCcw} onClick={() => props.onRetry(false)}>
              Run again
            </Button>
            <Show when={props.job.assetId}>
              {(assetId) => (
                <Button size="s" tone="primary" icon={Play} onClick={() => openPanel("asset", { assetId: assetId() })}>
                  Play
                </Button>
              )}
            </Show>
          </Show>
        </span>
      </div>
      <Show when={!ended() && jobStateLooks[props.job.state].live}>
        <HowFar job={props.job} />
      </Show>
    </header>
  );
};

const HowFar: Component<{ readonly job: Job }> = (props) => {
  const now = useNow();
  const left = () => (props.job.etaAt === null ? null : props.job.etaAt - now());
  const progress = () => progressShown(props.job, now());
  return (
    <div class="job-how-far">
      <Progress label="Progress of the job" value={progress()} tone={jobStateLooks[props.job.state].tone} />
      <span>
        {Math.round((progress() ?? props.job.progress) * 100)} %
        <Show when={left() !== null}>{(left() ?? 0) > 1000 ? ` · ${formatSpan(left() ?? 0)} left` : " · any moment"}</Show>
      </span>
    </div>
  );
};
