// One job as a row: what is asked, how it stands, why it waits, and the two things done most. As the list scrolls, one row shows many jobs:
// whatever belongs to one of them alone goes by its id.
import Ban from "lucide-solid/icons/ban";
import Clapperboard from "lucide-solid/icons/clapperboard";
import RotateCcw from "lucide-solid/icons/rotate-ccw";
import { createEffect, createSignal, Show, type Component } from "solid-js";
import { finalJobStates, type Job } from "#protocol/job.ts";
import { useNow } from "#web/store/now.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { IconButton } from "#web/ui/button.tsx";
import { Progress } from "#web/ui/feedback.tsx";
import { formatFull, formatMoment, formatSpan } from "#web/ui/format.ts";
import { aboutJob, jobPrice, waitsFor } from "#web/panels/job/about.ts";
import { progressShown } from "#web/ui/job-progress.ts";
import { JobStateBadge, jobStateLooks } from "#web/ui/job-state.tsx";
import { cancelOutcome } from "./outcome.ts";

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
  const [pointed, setPointed] = createSignal(false);
  const ended = () => finalJobStates.has(props.job.state);
  /** Keyed, so that a bar never slides from where another job's stood. */
  const live = () => (!ended() && jobStateLooks[props.job.state].live ? props.job.id : null);
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
      onPointerEnter={(event) => setPointed(event.pointerType !== "touch")}
      onPointerLeave={() => setPointed(false)}
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
        <Show when={live()} keyed fallback={<JobTime job={props.job} />}>
          {(_id) => <JobProgress job={props.job} />}
        </Show>
      </div>
      {/* For the mouse; the keyboard has Delete, R and the menu key. */}
      <Show when={pointed()}>
        <div class="job-quick" aria-hidden="true">
          <Show
            when={ended()}
            fallback={
              <IconButton
                label="Cancel"
                icon={Ban}
                size="s"
                tabIndex={-1}
                onClick={(event) => (event.stopPropagation(), props.onCancel())}
              />
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
      </Show>
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
  const icon = () => (props.job.state === "completed" ? Clapperboard : jobStateLooks[props.job.state].icon);
  return (
    <div class="job-thumb" data-tone={jobStateLooks[props.job.state].tone} aria-hidden="true">
      {/* Stays under the picture, so that it is not made anew for each job that scrolls in before its picture is known. */}
      <Show when={icon()} keyed>
        {(draw) => draw({ size: 18 })}
      </Show>
      {/* Keyed: an image that is given another address shows the old picture until the new one has come. */}
      <Show when={url()} keyed>
        {(src) => <img src={src} alt="" decoding="async" draggable={false} />}
      </Show>
    </div>
  );
};

/** Why it failed or waits; otherwise what it is, its price, and where it is made. */
const JobMeta: Component<{ readonly job: Job }> = (props) => {
  const workspace = useWorkspace();
  /** What went wrong before it went on is told in its steps. */
  const failure = () => (finalJobStates.has(props.job.state) && props.job.state !== "completed" ? props.job.failure : null);
  const waiting = () => (finalJobStates.has(props.job.state) ? null : waitsFor(props.job, Date.now()));
  return (
    <Show
      when={failure()}
      fallback={
        <Show when={waiting()} fallback={cancelOutcome(props.job) ?? aboutJob(workspace, props.job)}>
          {(reason) => (props.job.state === "paused" ? reason() : <>Waiting: {reason()}</>)}
        </Show>
      }
    >
      {(wrong) => (
        <span class="job-failure" title={wrong().message}>
          {wrong().message}
        </span>
      )}
    </Show>
  );
};

const JobTime: Component<{ readonly job: Job }> = (props) => {
  const workspace = useWorkspace();
  const at = () => props.job.finishedAt ?? props.job.createdAt;
  const took = () => {
    const { state, submittedAt, finishedAt } = props.job;
    return state === "completed" && submittedAt !== null && finishedAt !== null ? `${formatSpan(finishedAt - submittedAt)} · ` : "";
  };
  /** Of one that waits: why it does stands where its price would, and how long is told by the queue. */
  const price = () => (props.job.waitingFor === null ? null : jobPrice(workspace, props.job));
  return (
    <span class="job-time" title={formatFull(at())}>
      {price() ?? `${took()}${formatMoment(at(), Date.now())}`}
    </span>
  );
};

const JobProgress: Component<{ readonly job: Job }> = (props) => {
  const now = useNow();
  const left = () => (props.job.etaAt === null ? null : props.job.etaAt - now());
  const progress = () => progressShown(props.job, now());
  return (
    <>
      <Progress label={`Progress of ${props.job.prompt}`} value={progress()} tone={jobStateLooks[props.job.state].tone} />
      <span class="job-time">
        {Math.round((progress() ?? props.job.progress) * 100)} %
        <Show when={left() !== null}>{(left() ?? 0) > 1000 ? ` · ${formatSpan(left() ?? 0)} left` : " · any moment"}</Show>
        <Show when={props.job.attempt > 1}> · attempt {props.job.attempt}</Show>
      </span>
    </>
  );
};
