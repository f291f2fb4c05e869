// One job as a row: what is asked, how it stands, why it waits, and the two things done most.
import Ban from "lucide-solid/icons/ban";
import Clapperboard from "lucide-solid/icons/clapperboard";
import RotateCcw from "lucide-solid/icons/rotate-ccw";
import { createEffect, Show, type Component } from "solid-js";
import { finalJobStates, type Job } from "#protocol/job.ts";
import { useNow } from "#web/store/now.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { IconButton } from "#web/ui/button.tsx";
import { Progress } from "#web/ui/feedback.tsx";
import { formatFull, formatMoment, formatSpan } from "#web/ui/format.ts";
import { JobStateBadge, jobStateLooks, operationLabels } from "#web/ui/job-state.tsx";

interface JobRowProps {
  readonly job: Job;
  readonly domId: string;
  readonly selected: boolean;
  readonly current: boolean;
  /** Place among those loaded, and how many there are: for screen readers, which see a part of the list only. */
  readonly place: number;
  readonly total: number;
  readonly onPick: (event: MouseEvent) => void;
  readonly onOpen: () => void;
  readonly onMenu: (event: MouseEvent) => void;
  readonly onCancel: () => void;
  readonly onRetry: () => void;
}

export const JobRow: Component<JobRowProps> = (props) => {
  const ended = () => finalJobStates.has(props.job.state);
  return (
    <div
      id={props.domId}
      role="option"
      class="job-row"
      aria-selected={props.selected}
      aria-setsize={props.total}
      aria-posinset={props.place + 1}
      data-current={props.current ? "" : undefined}
      onClick={(event) => props.onPick(event)}
      onDblClick={() => props.onOpen()}
      onContextMenu={(event) => props.onMenu(event)}
    >
      <JobThumb job={props.job} />
      <div class="job-words">
        <span class="job-prompt truncate" title={props.job.prompt}>
          {props.job.name ?? (props.job.prompt === "" ? "(no prompt)" : props.job.prompt)}
        </span>
        <span class="job-meta truncate">
          <Show when={props.job.parked}>
            <strong class="job-parked">Parked · </strong>
          </Show>
          <JobMeta job={props.job} />
        </span>
      </div>
      <div class="job-state">
        <JobStateBadge state={props.job.state} />
        <Show when={!ended() && jobStateLooks[props.job.state].live} fallback={<JobTime job={props.job} />}>
          <Progress
            label={`Progress of ${props.job.prompt}`}
            value={props.job.state === "submitting" || props.job.state === "cancelling" ? null : props.job.progress}
            tone={jobStateLooks[props.job.state].tone}
          />
          <JobEta job={props.job} />
        </Show>
      </div>
      {/* For the mouse; the keyboard has Delete, R and the menu key. */}
      <div class="job-quick" aria-hidden="true">
        <Show
          when={ended()}
          fallback={
            <IconButton label="Cancel" icon={Ban} size="s" tabIndex={-1} onClick={(event) => (event.stopPropagation(), props.onCancel())} />
          }
        >
          <IconButton
            label="Run again"
            icon={RotateCcw}
            size="s"
            tabIndex={-1}
            onClick={(event) => (event.stopPropagation(), props.onRetry())}
          />
        </Show>
      </div>
    </div>
  );
};

const JobThumb: Component<{ readonly job: Job }> = (props) => {
  const { assets } = useWorkspace();
  createEffect(() => {
    const { assetId } = props.job;
    if (assetId !== null) {
      assets.ensure(assetId);
    }
  });
  const url = () => {
    const asset = props.job.assetId === null ? undefined : assets.row(props.job.assetId);
    return asset?.urls.thumbs?.s ?? asset?.urls.poster ?? undefined;
  };
  return (
    <div class="job-thumb" data-tone={jobStateLooks[props.job.state].tone} aria-hidden="true">
      <Show when={url()} fallback={(props.job.state === "completed" ? Clapperboard : jobStateLooks[props.job.state].icon)({ size: 18 })}>
        {(src) => <img src={src()} alt="" decoding="async" draggable={false} />}
      </Show>
    </div>
  );
};

/** Why it waits or failed; otherwise what it is. */
const JobMeta: Component<{ readonly job: Job }> = (props) => (
  <Show
    when={props.job.failure}
    fallback={
      <Show when={props.job.waitingFor} fallback={`${operationLabels[props.job.operation]} · ${props.job.provider}`}>
        {(reason) => <>Waiting: {reason()}</>}
      </Show>
    }
  >
    {(failure) => (
      <span class="job-failure" title={failure().message}>
        {failure().message}
      </span>
    )}
  </Show>
);

const JobTime: Component<{ readonly job: Job }> = (props) => {
  const at = () => props.job.finishedAt ?? props.job.createdAt;
  return (
    <span class="job-time" title={formatFull(at())}>
      <Show when={props.job.state === "completed" && props.job.submittedAt !== null && props.job.finishedAt !== null}>
        {formatSpan((props.job.finishedAt ?? 0) - (props.job.submittedAt ?? 0))} ·{" "}
      </Show>
      {formatMoment(at(), Date.now())}
    </span>
  );
};

const JobEta: Component<{ readonly job: Job }> = (props) => {
  const now = useNow();
  const left = () => (props.job.etaAt === null ? null : props.job.etaAt - now());
  return (
    <span class="job-time">
      {Math.round(props.job.progress * 100)} %
      <Show when={left() !== null}>{(left() ?? 0) > 1000 ? ` · ${formatSpan(left() ?? 0)} left` : " · any moment"}</Show>
      <Show when={props.job.attempt > 1}> · attempt {props.job.attempt}</Show>
    </span>
  );
};
