// The Job panel: one job's state machine as it moves, every step of its journal, and the way back through them.
import CircleAlert from "lucide-solid/icons/circle-alert";
import Workflow from "lucide-solid/icons/workflow";
import { createEffect, createMemo, createSignal, Match, on, onCleanup, Show, Switch, type Component } from "solid-js";
import { jobMachine } from "#actors/job/machine.ts";
import { finalJobStates, type Job } from "#protocol/job.ts";
import { openPanel, type PanelProps } from "#web/dock/panel.ts";
import { graphOf, type Place } from "#web/machine/graph.ts";
import { MachineView } from "#web/machine/machine-view.tsx";
import { trailOf } from "#web/machine/trail.ts";
import { sentenceCase, spaced } from "#web/machine/words.ts";
import { cancelJobs, retryJobs } from "#web/panels/jobs/actions.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button } from "#web/ui/button.tsx";
import { Segments } from "#web/ui/choice.tsx";
import { FailedState } from "#web/ui/failed-state.tsx";
import { EmptyState, Skeleton } from "#web/ui/feedback.tsx";
import { jobStateLooks } from "#web/ui/job-state.tsx";
import { ContextView } from "./context-view.tsx";
import { followActor, type FollowedActor } from "./follow-actor.ts";
import { travel as moved } from "./journal.ts";
import { MediaRow } from "#web/panels/asset/media-row.tsx";
import { Notices } from "./notices.tsx";
import type { Travel } from "./parts.ts";
import { RequestView } from "./request-view.tsx";
import { Scrub } from "./scrub.tsx";
import { Timeline } from "./timeline.tsx";
import { createTold } from "./told.ts";
import { staysOf, timesByState } from "./timings.ts";
import { TimingsView } from "./timings-view.tsx";
import { Top } from "./top.tsx";
import { jobStateOf, shortSpan } from "./words.ts";
import "./job.css";

const graph = graphOf(jobMachine);
const nameOf = ({ name }: Place): string => {
  const state = jobStateOf(name);
  return state === null ? sentenceCase(spaced(name)) : jobStateLooks[state].label;
};
const toneOf = ({ name }: Place) => {
  const state = jobStateOf(name);
  return state === null ? ("neutral" as const) : jobStateLooks[state].tone;
};

const details = [
  { value: "timeline", label: "Steps" },
  { value: "timings", label: "Timings" },
  { value: "context", label: "Context" },
  { value: "request", label: "Request" },
] as const;
type Detail = (typeof details)[number]["value"];

const JobPanel: Component<PanelProps<"job">> = (props) => {
  const { client, jobs } = useWorkspace();
  const jobId = () => props.params.jobId;
  const actor = followActor(
    client,
    () => (jobId() === undefined ? null : `job/${jobId()}`),
    () => props.visible(),
  );
  const job = () => (jobId() === undefined ? undefined : jobs.row(jobId() ?? ""));

  // A job that is older than what the lists have loaded; if it is not there, following it says so.
  createEffect(() => {
    const id = jobId();
    if (id !== undefined && jobs.peek(id) === undefined) {
      const stop = new AbortController();
      client.call("jobs.get", { id }, { signal: stop.signal }).then(
        (row) => jobs.put([row]),
        () => undefined,
      );
      onCleanup(() => stop.abort());
    }
  });
  createEffect(() => props.setTitle(job()?.name ?? job()?.prompt ?? "Job"));

  return (
    <Switch
      fallback={
        <div class="job-loading" aria-busy="true" aria-label="Loading the job">
          <Skeleton class="job-skeleton-line" />
          <Skeleton class="job-skeleton-chart" />
          <Skeleton class="job-skeleton-line" />
        </div>
      }
    >
      <Match when={jobId() === undefined}>
        <EmptyState
          icon={Workflow}
          title="No job is open"
          actions={
            <Button tone="primary" onClick={() => openPanel("jobs", {})}>
              Show the jobs
            </Button>
          }
        >
          Choose one in the list of jobs to watch its state machine move.
        </EmptyState>
      </Match>
      <Match when={actor.refused()}>
        {(error) => (
          <EmptyState
            tone="bad"
            icon={CircleAlert}
            title={error().code === "not_found" ? "This job is not there" : "The job cannot be followed"}
            actions={<Button onClick={() => openPanel("jobs", {})}>Show the jobs</Button>}
          >
            {error().message}
          </EmptyState>
        )}
      </Match>
      <Match when={actor.view() !== null && job() !== undefined ? job() : undefined}>
        {(known) => <JobView job={known()} actor={actor} against={props.params.against ?? null} />}
      </Match>
    </Switch>
  );
};

export default JobPanel;

const createTravel = (actor: FollowedActor): Travel => {
  const [cursor, setCursor] = createSignal<number | null>(null);
  const last = () => actor.view()?.seq ?? 0;
  const goTo = (seq: number) => setCursor(moved(seq, 0, last()));
  const at = () => cursor() ?? last();
  // Another job: back to the present. Not with each step of this one.
  const address = createMemo(() => actor.view()?.address);
  createEffect(on(address, () => setCursor(null), { defer: true }));
  return {
    cursor,
    shown: createMemo(() => (actor.complete() ? actor.entries()[at()] : undefined)),
    before: createMemo(() => (actor.complete() ? actor.entries()[at() - 1] : undefined)),
    last,
    goTo,
    step: (by) => setCursor((now) => moved(now, by, last())),
    live: () => setCursor(null),
  };
};

interface ViewProps {
  readonly job: Job;
  readonly actor: FollowedActor;
  readonly against: string | null;
}

const JobView: Component<ViewProps> = (props) => {
  const workspace = useWorkspace();
  const { actor } = props;
  const [detail, setDetail] = createSignal<Detail>("timeline");
  createEffect(() => props.against !== null && setDetail("request"));
  const travel = createTravel(actor);
  const told = createTold(workspace.client, () => props.job);
  const ended = () => finalJobStates.has(props.job.state);

  /** All steps up to the one that is shown. */
  const upToShown = createMemo(() => {
    const all = actor.complete() ? actor.entries() : [];
    const cursor = travel.cursor();
    return cursor === null ? all : all.slice(0, cursor + 1);
  });
  const value = () => {
    const shown = travel.shown();
    return shown === undefined ? actor.view()?.value : shown.value;
  };
  const trail = createMemo(() =>
    trailOf(
      graph,
      actor.complete()
        ? upToShown().map((entry) => ({ type: entry.event.type, value: entry.value }))
        : [{ type: "xstate.init", value: value() }],
    ),
  );
  /** Of stays that have ended: these do not move while one looks. */
  const times = createMemo(
    () =>
      new Map(
        timesByState(
          staysOf(upToShown()).filter(({ to }) => to !== null),
          0,
        ).map(({ state, total }) => [state, shortSpan(total)]),
      ),
  );
  const context = () => {
    const shown = travel.shown();
    return (shown === undefined ? actor.view()?.context : shown.context) ?? {};
  };
  const cancel = () => void cancelJobs(workspace, [props.job.id]);
  const retry = (newSeed: boolean) => void retryJobs(workspace, [props.job.id], newSeed);

  return (
    <div class="job">
      <Top job={props.job} stale={actor.stale()} onCancel={cancel} onRetry={retry} />
      <Show when={actor.view()}>{(view) => <Notices job={props.job} view={view()} told={told} onRetry={retry} />}</Show>
      <Show when={props.job.assetId}>
        {(assetId) => (
          <div class="job-result">
            <MediaRow assetId={assetId()} words="The result" />
          </div>
        )}
      </Show>
      <div class="job-body">
        <div class="job-machine">
          <div class="job-chart">
            <MachineView
              graph={graph}
              value={value()}
              trail={trail()}
              label="State machine of the job"
              nameOf={nameOf}
              toneOf={toneOf}
              noteOf={({ name }) => times().get(name) ?? null}
            />
          </div>
          <Scrub entries={actor.complete() ? actor.entries() : []} travel={travel} ended={ended()} />
        </div>
        <div class="job-detail">
          <div class="job-tabs">
            <Segments label="Details of the job" hideLabel value={detail()} onChange={setDetail} options={details} />
          </div>
          <Show when={detail() === "request" || actor.complete()} fallback={<HistoryPending actor={actor} />}>
            <Switch>
              <Match when={detail() === "timeline"}>
                <Timeline entries={actor.entries()} travel={travel} />
              </Match>
              <Match when={detail() === "timings"}>
                <TimingsView entries={upToShown()} maxAttempts={props.job.maxAttempts} live={travel.cursor() === null} />
              </Match>
              <Match when={detail() === "context"}>
                <ContextView travel={travel} />
              </Match>
              <Match when={detail() === "request" ? actor.view() : null}>
                {(view) => <RequestView job={props.job} told={told} context={context()} view={view()} against={props.against} />}
              </Match>
            </Switch>
          </Show>
        </div>
      </div>
    </div>
  );
};

const HistoryPending: Component<{ readonly actor: FollowedActor }> = (props) => (
  <Show
    when={props.actor.historyProblem()}
    fallback={
      <div class="job-loading" aria-busy="true" aria-label="Loading the steps">
        <Skeleton class="job-skeleton-line" />
        <Skeleton class="job-skeleton-line" />
        <Skeleton class="job-skeleton-line" />
      </div>
    }
  >
    {(problem) => <FailedState title="The steps could not be read" problem={problem()} onRetry={props.actor.retryHistory} />}
  </Show>
);
