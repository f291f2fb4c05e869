// The Jobs panel: every job of the user, live, however many; filtered, selected and acted upon by mouse or keyboard.
import Ban from "lucide-solid/icons/ban";
import CircleAlert from "lucide-solid/icons/circle-alert";
import Columns from "lucide-solid/icons/columns-2";
import CirclePause from "lucide-solid/icons/circle-pause";
import CirclePlay from "lucide-solid/icons/circle-play";
import GitCompare from "lucide-solid/icons/git-compare";
import RotateCcw from "lucide-solid/icons/rotate-ccw";
import Search from "lucide-solid/icons/search";
import Sparkles from "lucide-solid/icons/sparkles";
import X from "lucide-solid/icons/x";
import { createEffect, createMemo, createSignal, createUniqueId, For, Match, on, Show, Switch, type Component } from "solid-js";
import { finalJobStates } from "#protocol/job.ts";
import { provideCommands } from "#web/app/commands.ts";
import { openPanel, type PanelProps } from "#web/dock/panel.ts";
import { compareJobs, resultsOf } from "#web/panels/compare/open.ts";
import { newestFirst } from "#web/store/collection.ts";
import { createListSelection } from "#web/store/list-selection.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button, IconButton } from "#web/ui/button.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import { FailedState } from "#web/ui/failed-state.tsx";
import { EmptyState, Skeleton } from "#web/ui/feedback.tsx";
import { formatCount } from "#web/ui/format.ts";
import { ListProblem } from "#web/ui/list-problem.tsx";
import { showContextMenu } from "#web/ui/menu.tsx";
import type { ActsOf, jobsKeys } from "#web/ui/place-keys.ts";
import { WindowList, type WindowListHandle } from "#web/ui/window-list.tsx";
import { cancelJobs, holdable, pauseJobs, readActive, resumeJobs, retryJobs, runNext } from "./actions.ts";
import { createFilters, FilterBar } from "./filters.tsx";
import { jobMenu } from "./job-menu.ts";
import { JobRow } from "./job-row.tsx";
import "./jobs.css";

/** px, as in jobs.css */
const rowHeight = 58;
/** Cancelling more than this many is asked about first. */
const askAbove = 10;

const JobsPanel: Component<PanelProps<"jobs">> = () => {
  const workspace = useWorkspace();
  const { jobs, draft } = workspace;
  const domId = createUniqueId();

  const filters = createFilters();
  const list = jobs.list(filters.filter);
  const [asking, setAsking] = createSignal<ReadonlyArray<string> | null>(null);
  let handle: WindowListHandle | undefined;

  const choice = createListSelection(list.ids, (index) => handle?.scrollTo(index));
  const { selection, chosen } = choice;
  createEffect(on(filters.filter, () => handle?.scrollTo(0), { defer: true }));

  const isOpen = (id: string) => !finalJobStates.has(jobs.peek(id)?.state ?? "completed");
  const chosenOpen = createMemo(() => chosen().filter((id) => !finalJobStates.has(jobs.row(id)?.state ?? "completed")));
  const held = (ids: ReadonlyArray<string>) => holdable(ids.flatMap((id) => jobs.row(id) ?? []));
  const chosenHeld = createMemo(() => held(chosen()));
  /** The later one, held against the earlier. */
  const showDifferences = (ids: ReadonlyArray<string>) => {
    const [first, second] = ids.flatMap((id) => jobs.peek(id) ?? []).toSorted((a, b) => newestFirst(b, a));
    if (first !== undefined && second !== undefined) {
      openPanel("job", { jobId: second.id, against: first.id });
    }
  };
  const openJob = (id: string | null) => id !== null && openPanel("job", { jobId: id });
  const cancel = (ids: ReadonlyArray<string>) => {
    if (ids.length > askAbove) {
      setAsking(ids);
    } else if (ids.length > 0) {
      void cancelJobs(workspace, ids);
    }
  };
  const retry = (ids: ReadonlyArray<string>, newSeed = false) => ids.length > 0 && void retryJobs(workspace, ids, newSeed);

  const compare = (ids: ReadonlyArray<string>) => ids.length > 0 && void compareJobs(workspace, ids);

  const pick = (event: MouseEvent, id: string) => {
    const picked = choice.pick(event, id);
    if (picked !== null) {
      openPanel("job", { jobId: id }, { inBackground: !picked.byTouch });
    }
  };

  const menuFor = (event: MouseEvent, id: string) => {
    const ids = choice.chooseFor(id);
    showContextMenu(
      event,
      ids.length > 1 ? `${ids.length} jobs` : "Job",
      jobMenu({
        ids,
        open: ids.filter(isOpen),
        job: jobs.peek(id),
        draft,
        onSelectSeveral: matchMedia("(pointer: coarse)").matches ? choice.startSelecting : null,
        ...held(ids),
        onRetry: retry,
        onCancel: cancel,
        results: resultsOf(workspace, ids).length,
        onCompare: compare,
        onPause: (which) => void pauseJobs(workspace, which),
        onResume: (which) => void resumeJobs(workspace, which),
        onDifferences: showDifferences,
        onRunNext: (which) => void runNext(workspace, which),
      }),
    );
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const extend = event.shiftKey;
    const page = handle?.pageSize() ?? 10;
    const cancelChosen = () => cancel(chosen());
    const retryChosen = () => retry(chosen(), event.shiftKey);
    const acts: ActsOf<typeof jobsKeys> = {
      ArrowDown: () => choice.walk(1, extend),
      ArrowUp: () => choice.walk(-1, extend),
      PageDown: () => choice.walk(page, extend),
      PageUp: () => choice.walk(-page, extend),
      Enter: () => openJob(selection().current),
      Delete: cancelChosen,
      Backspace: cancelChosen,
      r: retryChosen,
      c: () => compare(chosen()),
      p: () => {
        const { waiting, paused } = chosenHeld();
        if (waiting.length > 0) {
          void pauseJobs(workspace, { ids: waiting });
        } else if (paused.length > 0) {
          void resumeJobs(workspace, { ids: paused });
        }
      },
    };
    choice.onKeyDown(event, acts);
  };

  provideCommands(() => [
    {
      id: "jobs.cancelActive",
      title: "Cancel all active jobs",
      group: "Jobs",
      icon: Ban,
      words: "stop abort",
      run: () => {
        openPanel("jobs", {});
        void readActive(workspace).then((active) => active !== null && setAsking(active));
      },
    },
    {
      id: "jobs.problems",
      title: "Show jobs with problems",
      group: "Jobs",
      icon: CircleAlert,
      words: "failed errors",
      run: () => (filters.setGroup("problems"), openPanel("jobs", {})),
    },
    {
      id: "jobs.compare",
      title: "Compare the results of the selected jobs",
      group: "Jobs",
      icon: Columns,
      words: "side by side sync batch",
      run: () => compare(chosen()),
    },
  ]);

  return (
    <div class="jobs">
      <FilterBar filters={filters} counts={jobs.ready() ? jobs.counts() : null} />

      <Switch>
        <Match when={list.state() === "loading"}>
          <div class="jobs-loading" aria-label="Loading jobs" aria-busy="true">
            <For each={[1, 2, 3, 4, 5, 6]}>{() => <Skeleton class="jobs-skeleton" />}</For>
          </div>
        </Match>
        <Match when={list.state() === "failed"}>
          <FailedState title="The jobs could not be read" problem={list.problem()} onRetry={list.retry} />
        </Match>
        <Match when={list.ids().length === 0 && filters.isFiltered()}>
          <EmptyState icon={Search} title="No job fits these filters" actions={<Button onClick={filters.clear}>Show all jobs</Button>} />
        </Match>
        <Match when={list.ids().length === 0}>
          <EmptyState
            icon={Sparkles}
            title="No jobs yet"
            actions={
              <Button tone="primary" onClick={() => openPanel("generate", {})}>
                Make a video
              </Button>
            }
          >
            Every video you ask for appears here and moves through its states as you watch.
          </EmptyState>
        </Match>
        <Match when={true}>
          <WindowList
            ids={list.ids()}
            rowHeight={rowHeight}
            onNearEnd={list.more}
            handle={(now) => (handle = now)}
            host={{
              role: "listbox",
              "aria-multiselectable": "true",
              "aria-label": "Jobs",
              "aria-activedescendant": selection().current === null ? undefined : `${domId}-${selection().current}`,
              tabIndex: 0,
              onKeyDown,
            }}
            row={(id, place) => (
              <Show when={jobs.row(id())}>
                {(job) => (
                  <JobRow
                    job={job()}
                    domId={`${domId}-${id()}`}
                    selected={selection().ids.has(id())}
                    current={selection().current === id()}
                    place={place()}
                    total={list.ids().length}
                    onPick={(event) => pick(event, id())}
                    onOpen={() => openJob(id())}
                    onMenu={(event) => menuFor(event, id())}
                    onCancel={() => cancel([id()])}
                    onRetry={() => retry([id()])}
                  />
                )}
              </Show>
            )}
            footer={<ListProblem what="Older jobs" problem={list.problem()} onRetry={list.retry} />}
          />
        </Match>
      </Switch>

      <Show when={selection().ids.size > 1 || choice.selecting()}>
        <div class="selection-bar" role="toolbar" aria-label="Selected jobs">
          <strong>{selection().ids.size.toLocaleString("en")} selected</strong>
          <Show when={selection().ids.size === list.ids().length && list.hasMore()}>
            <span class="muted">of those loaded</span>
          </Show>
          <span class="selection-bar-buttons">
            <Show when={resultsOf(workspace, chosen()).length > 1}>
              <Button size="s" icon={Columns} onClick={() => compare(chosen())}>
                Compare
              </Button>
            </Show>
            <Show when={chosen().length === 2}>
              <Button size="s" icon={GitCompare} onClick={() => showDifferences(chosen())}>
                What differs
              </Button>
            </Show>
            <Show when={chosenHeld().waiting.length > 0}>
              <Button size="s" icon={CirclePause} onClick={() => void pauseJobs(workspace, { ids: chosenHeld().waiting })}>
                Pause {chosenHeld().waiting.length}
              </Button>
            </Show>
            <Show when={chosenHeld().paused.length > 0}>
              <Button size="s" icon={CirclePlay} onClick={() => void resumeJobs(workspace, { ids: chosenHeld().paused })}>
                Resume {chosenHeld().paused.length}
              </Button>
            </Show>
            <Button size="s" icon={RotateCcw} onClick={() => retry(chosen())}>
              Run again
            </Button>
            <Button size="s" tone="danger" icon={Ban} disabled={chosenOpen().length === 0} onClick={() => cancel(chosenOpen())}>
              {chosenOpen().length === 0 ? "Cancel" : `Cancel ${chosenOpen().length}`}
            </Button>
            <IconButton size="s" label="Clear the selection" icon={X} onClick={choice.clear} />
          </span>
        </div>
      </Show>

      <Dialog
        open={asking() !== null}
        onClose={() => setAsking(null)}
        size="s"
        title={`Cancel ${formatCount(asking()?.length ?? 0, "job")}?`}
        description="What is running stops; what has ended stays as it is. You can run them again afterwards."
        actions={
          <>
            <Button onClick={() => setAsking(null)}>Keep them</Button>
            <Button
              tone="danger"
              onClick={() => {
                void cancelJobs(workspace, asking() ?? []);
                setAsking(null);
              }}
            >
              Cancel {formatCount(asking()?.length ?? 0, "job")}
            </Button>
          </>
        }
      />
    </div>
  );
};

export default JobsPanel;
