// The Jobs panel: every job of the user, live, however many; filtered, selected and acted upon by mouse or keyboard.
import Ban from "lucide-solid/icons/ban";
import CircleAlert from "lucide-solid/icons/circle-alert";
import Clapperboard from "lucide-solid/icons/clapperboard";
import Dices from "lucide-solid/icons/dices";
import ExternalLink from "lucide-solid/icons/external-link";
import Link from "lucide-solid/icons/link";
import ListChecks from "lucide-solid/icons/list-checks";
import ListVideo from "lucide-solid/icons/list-video";
import RotateCcw from "lucide-solid/icons/rotate-ccw";
import Search from "lucide-solid/icons/search";
import SlidersHorizontal from "lucide-solid/icons/sliders-horizontal";
import Sparkles from "lucide-solid/icons/sparkles";
import X from "lucide-solid/icons/x";
import { createEffect, createMemo, createSignal, createUniqueId, For, Match, on, Show, Switch, type Component } from "solid-js";
import { finalJobStates, Operation } from "#protocol/job.ts";
import { provideCommands } from "#web/app/commands.ts";
import { linkTo } from "#web/app/route.ts";
import { openPanel, type PanelProps } from "#web/dock/panel.ts";
import { debounced } from "#web/store/debounced.ts";
import type { JobsFilter } from "#web/store/jobs.ts";
import { keepPresent, nothingSelected, select, selectAll, selectModeOf, step, type Selection } from "#web/store/selection.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button, IconButton } from "#web/ui/button.tsx";
import { Select } from "#web/ui/choice.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import { EmptyState, Skeleton } from "#web/ui/feedback.tsx";
import { formatCount } from "#web/ui/format.ts";
import { operationLabels } from "#web/ui/job-state.tsx";
import { showContextMenu, type MenuItem } from "#web/ui/menu.tsx";
import { toast } from "#web/ui/toast.tsx";
import { WindowList, type WindowListHandle } from "#web/ui/window-list.tsx";
import { cancelJobs, retryJobs } from "./actions.ts";
import { countOf, groupLabels, jobGroups, statesOf, type JobGroup } from "./groups.ts";
import { JobRow } from "./job-row.tsx";
import "./jobs.css";

/** px, as in jobs.css */
const rowHeight = 58;
/** Cancelling more than this many is asked about first. */
const askAbove = 10;
/** Typing rests this long before it is searched for, ms. */
const searchAfterMs = 250;

const JobsPanel: Component<PanelProps<"jobs">> = () => {
  const workspace = useWorkspace();
  const { jobs, draft } = workspace;
  const domId = createUniqueId();

  const [group, setGroup] = createSignal<JobGroup>("all");
  const [operation, setOperation] = createSignal<Operation | "any">("any");
  const [typed, setTyped] = createSignal("");
  const search = debounced(typed, searchAfterMs);
  const filter = createMemo((): JobsFilter => {
    const chosen = operation();
    return { states: statesOf(group()), operation: chosen === "any" ? null : chosen, search: search() };
  });
  const isFiltered = () => group() !== "all" || operation() !== "any" || search().trim() !== "";
  const clearFilters = () => {
    setGroup("all");
    setOperation("any");
    setTyped("");
  };

  const list = jobs.list(filter);
  const [selection, setSelection] = createSignal<Selection>(nothingSelected);
  /** On touch screens: taps add to the selection. */
  const [selecting, setSelecting] = createSignal(false);
  const [asking, setAsking] = createSignal<ReadonlyArray<string> | null>(null);
  let handle: WindowListHandle | undefined;

  createEffect(
    on(list.ids, (ids) => {
      const present = new Set(ids);
      setSelection((now) => keepPresent(now, (id) => present.has(id)));
    }),
  );
  createEffect(() => selection().ids.size === 0 && setSelecting(false));
  createEffect(on(filter, () => handle?.scrollTo(0), { defer: true }));

  const chosen = () => [...selection().ids];
  const isOpen = (id: string) => !finalJobStates.has(jobs.peek(id)?.state ?? "completed");
  const chosenOpen = createMemo(() => chosen().filter((id) => !finalJobStates.has(jobs.row(id)?.state ?? "completed")));
  const openJob = (id: string | null) => id !== null && openPanel("job", { jobId: id });
  const cancel = (ids: ReadonlyArray<string>) => {
    if (ids.length > askAbove) {
      setAsking(ids);
    } else if (ids.length > 0) {
      void cancelJobs(workspace, ids);
    }
  };
  const retry = (ids: ReadonlyArray<string>, newSeed = false) => ids.length > 0 && void retryJobs(workspace, ids, newSeed);

  const pick = (event: MouseEvent, id: string) => {
    const isTouch = event instanceof PointerEvent && event.pointerType === "touch";
    const mode = isTouch && selecting() ? "toggle" : selectModeOf(event);
    setSelection((now) => select(now, list.ids(), id, mode));
    if (mode === "only") {
      openPanel("job", { jobId: id }, { inBackground: !isTouch });
    }
  };

  const menuFor = (event: MouseEvent, id: string) => {
    if (!selection().ids.has(id)) {
      setSelection((now) => select(now, list.ids(), id, "only"));
    }
    const ids = chosen();
    const job = jobs.peek(id);
    const many = ids.length > 1;
    const open = ids.filter(isOpen);
    const one: ReadonlyArray<MenuItem> =
      job === undefined || many
        ? []
        : [
            { label: "Open", icon: ExternalLink, keys: "Enter", onSelect: () => openJob(id) },
            { label: "Open in another panel", icon: ListVideo, onSelect: () => openPanel("job", { jobId: id }, { another: true }) },
            ...(job.assetId === null
              ? []
              : [
                  {
                    label: "Show the result",
                    icon: Clapperboard,
                    onSelect: () => job.assetId !== null && openPanel("asset", { assetId: job.assetId }),
                  },
                ]),
            {
              label: "Use these settings",
              icon: SlidersHorizontal,
              onSelect: () => {
                draft.fromJob(job);
                openPanel("generate", {});
              },
            },
            {
              label: "Copy link",
              icon: Link,
              onSelect: () =>
                void navigator.clipboard.writeText(linkTo("job", id)).then(
                  () => toast("Link copied"),
                  () => toast("The browser did not allow copying", { tone: "warn" }),
                ),
            },
            "separator",
          ];
    const touch: ReadonlyArray<MenuItem> = matchMedia("(pointer: coarse)").matches
      ? [{ label: "Select several", icon: ListChecks, onSelect: () => setSelecting(true) }]
      : [];
    showContextMenu(event, many ? `${ids.length} jobs` : "Job", [
      ...one,
      ...touch,
      { label: many ? `Run ${ids.length} again` : "Run again", icon: RotateCcw, keys: "R", onSelect: () => retry(ids) },
      { label: "Run again with a new seed", icon: Dices, keys: "Shift R", onSelect: () => retry(ids, true) },
      "separator",
      {
        label: many && open.length > 0 ? `Cancel ${open.length}` : "Cancel",
        icon: Ban,
        keys: "Del",
        danger: true,
        disabled: open.length === 0,
        onSelect: () => cancel(open),
      },
    ]);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const ids = list.ids();
    const walk = (by: number) => {
      setSelection((now) => step(now, ids, by, event.shiftKey));
      const current = selection().current;
      if (current !== null) {
        handle?.scrollTo(ids.indexOf(current));
      }
    };
    const mod = event.ctrlKey || event.metaKey;
    switch (event.key) {
      case "ArrowDown":
        walk(1);
        break;
      case "ArrowUp":
        walk(-1);
        break;
      case "PageDown":
        walk(handle?.pageSize() ?? 10);
        break;
      case "PageUp":
        walk(-(handle?.pageSize() ?? 10));
        break;
      case "Home":
        walk(-ids.length);
        break;
      case "End":
        walk(ids.length);
        break;
      case " ":
        setSelection((now) => (now.current === null ? now : select(now, ids, now.current, "toggle")));
        break;
      case "Enter":
        openJob(selection().current);
        break;
      case "Escape":
        setSelection(nothingSelected);
        break;
      case "Delete":
      case "Backspace":
        cancel(chosen());
        break;
      case "a":
        if (!mod) {
          return;
        }
        setSelection((now) => selectAll(now, ids));
        break;
      case "r":
      case "R":
        if (mod) {
          return;
        }
        retry(chosen(), event.shiftKey);
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  provideCommands(() => [
    {
      id: "jobs.cancelActive",
      title: "Cancel all active jobs",
      group: "Jobs",
      icon: Ban,
      words: "stop abort",
      run: () => {
        setGroup("active");
        openPanel("jobs", {});
        const active = list.ids().filter(isOpen);
        setAsking(active.length > 0 ? active : null);
      },
    },
    {
      id: "jobs.problems",
      title: "Show jobs with problems",
      group: "Jobs",
      icon: CircleAlert,
      words: "failed errors",
      run: () => (setGroup("problems"), openPanel("jobs", {})),
    },
  ]);

  return (
    <div class="jobs">
      <div class="panel-bar jobs-filters">
        <div class="jobs-groups" role="group" aria-label="Jobs by state">
          <For each={jobGroups}>
            {(each) => (
              <button type="button" aria-pressed={group() === each} onClick={() => setGroup(each)}>
                {groupLabels[each]}
                <Show when={jobs.ready()}>
                  <span class="jobs-count">{countOf(each, jobs.counts()).toLocaleString("en")}</span>
                </Show>
              </button>
            )}
          </For>
        </div>
        <div class="jobs-find">
          <Select
            label="Operation"
            hideLabel
            size="s"
            value={operation()}
            onChange={setOperation}
            options={[
              { value: "any", label: "Any operation" },
              ...Operation.options.map((value) => ({ value, label: operationLabels[value] })),
            ]}
          />
          <div class="ui-input-icon">
            <Search size={14} aria-hidden="true" />
            <input
              class="ui-input"
              data-size="s"
              type="search"
              aria-label="Search jobs by prompt or name"
              placeholder="Search prompts"
              value={typed()}
              onInput={(event) => setTyped(event.currentTarget.value)}
            />
          </div>
        </div>
      </div>

      <Switch>
        <Match when={list.state() === "loading"}>
          <div class="jobs-loading" aria-label="Loading jobs" aria-busy="true">
            <For each={[1, 2, 3, 4, 5, 6]}>{() => <Skeleton class="jobs-skeleton" />}</For>
          </div>
        </Match>
        <Match when={list.state() === "failed"}>
          <EmptyState
            tone="bad"
            icon={CircleAlert}
            title="The jobs could not be read"
            actions={<Button onClick={list.retry}>Try again</Button>}
          >
            {list.problem()}
          </EmptyState>
        </Match>
        <Match when={list.ids().length === 0 && isFiltered()}>
          <EmptyState icon={Search} title="No job fits these filters" actions={<Button onClick={clearFilters}>Show all jobs</Button>} />
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
            row={(id) => (
              <Show when={jobs.row(id)}>
                {(job) => (
                  <JobRow
                    job={job()}
                    domId={`${domId}-${id}`}
                    selected={selection().ids.has(id)}
                    current={selection().current === id}
                    onPick={(event) => pick(event, id)}
                    onOpen={() => openJob(id)}
                    onMenu={(event) => menuFor(event, id)}
                    onCancel={() => cancel([id])}
                    onRetry={() => retry([id])}
                  />
                )}
              </Show>
            )}
            footer={
              <Show when={list.problem()}>
                {(problem) => (
                  <p class="jobs-footer" role="alert">
                    Older jobs could not be read. {problem()}{" "}
                    <Button size="s" onClick={list.retry}>
                      Try again
                    </Button>
                  </p>
                )}
              </Show>
            }
          />
        </Match>
      </Switch>

      <Show when={selection().ids.size > 1 || selecting()}>
        <div class="jobs-bulk" role="toolbar" aria-label="Selected jobs">
          <strong>{selection().ids.size.toLocaleString("en")} selected</strong>
          <Show when={selection().ids.size === list.ids().length && list.hasMore()}>
            <span class="muted">of those loaded</span>
          </Show>
          <span class="jobs-bulk-buttons">
            <Button size="s" icon={RotateCcw} onClick={() => retry(chosen())}>
              Run again
            </Button>
            <Button size="s" tone="danger" icon={Ban} disabled={chosenOpen().length === 0} onClick={() => cancel(chosenOpen())}>
              {chosenOpen().length === 0 ? "Cancel" : `Cancel ${chosenOpen().length}`}
            </Button>
            <IconButton size="s" label="Clear the selection" icon={X} onClick={() => setSelection(nothingSelected)} />
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
