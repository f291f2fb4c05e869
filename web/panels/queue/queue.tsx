// The Queue panel: every own job that waits for a place, in the order in which they will be taken, and for one of them why: by which rule,
// and what speaks for or against each account.
import Hourglass from "lucide-solid/icons/hourglass";
import KeyRound from "lucide-solid/icons/key-round";
import { createEffect, createMemo, createSignal, For, Match, on, Show, Switch, type Component } from "solid-js";
import { openPanel, type PanelProps } from "#web/dock/panel.ts";
import { createQueues } from "#web/store/queues.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button } from "#web/ui/button.tsx";
import { FailedState } from "#web/ui/failed-state.tsx";
import { EmptyState, Skeleton } from "#web/ui/feedback.tsx";
import { formatCount } from "#web/ui/format.ts";
import { ListProblem } from "#web/ui/list-problem.tsx";
import { arrangeJobs } from "#web/panels/jobs/actions.ts";
import { createArranging } from "./arranging.ts";
import { groupsOf, type WaitingGroup } from "./groups.ts";
import { createReorder } from "./reorder.ts";
import { Waiting } from "./waiting.tsx";
import "./queue.css";

/** Jobs that are put in an order at once, at most: an order of some of them would put these before all others. */
const mostArranged = 500;

const waitingJobs = { states: ["waitingForSlot" as const], operation: null, search: "" };

const QueuePanel: Component<PanelProps<"queue">> = (props) => {
  const { client, jobs, providers } = useWorkspace();
  providers.ensure();
  const list = jobs.list(() => waitingJobs);
  const [chosen, setChosen] = createSignal<string | null>(null);
  createEffect(
    on(
      () => props.params.jobId,
      (id) => id !== undefined && setChosen(id),
    ),
  );
  /** Only of an own job that still waits is told why. */
  const asked = createMemo(() => {
    const id = chosen();
    return id !== null && list.ids().includes(id) ? id : null;
  });
  const queues = createQueues(client, asked, props.visible);
  const groups = createMemo(() =>
    groupsOf(
      list.ids().flatMap((id) => jobs.row(id) ?? []),
      queues.list() ?? [],
    ),
  );
  const retry = () => {
    list.retry();
    queues.retry();
  };
  // By provider, so that a group stays the same element while it changes.
  const shown = createMemo(() => groups().map(({ provider }) => provider));
  const groupOf = (provider: string) => groups().find((group) => group.provider === provider);
  const verdictsOf = (provider: string) => queues.list()?.find((queue) => queue.provider === provider)?.accounts ?? null;

  return (
    <div class="queue panel-scroll">
      <Switch>
        <Match when={list.state() === "failed" ? list.problem() : queues.problem()}>
          {(problem) => <FailedState title="The queue could not be read" problem={problem()} onRetry={retry} />}
        </Match>
        <Match when={list.state() === "loading"}>
          <div class="queue-loading" aria-label="Loading the queue" aria-busy="true">
            <For each={[1, 2, 3, 4]}>{() => <Skeleton class="queue-skeleton" />}</For>
          </div>
        </Match>
        <Match when={shown().length === 0}>
          <EmptyState icon={Hourglass} title="Nothing waits" actions={<Button onClick={() => openPanel("jobs", {})}>Show the jobs</Button>}>
            A job that waits for a place at a provider stands here, with the reason and with how many are ahead.
          </EmptyState>
        </Match>
        <Match when={true}>
          <For each={shown()}>
            {(provider) => (
              <Show when={groupOf(provider)}>
                {(group) => (
                  <Group
                    group={group()}
                    chosen={chosen()}
                    verdicts={verdictsOf(provider)}
                    movable={!list.hasMore() && group().jobs.length <= mostArranged}
                    onChoose={(id) => setChosen((now) => (now === id ? null : id))}
                  />
                )}
              </Show>
            )}
          </For>
          <Show when={list.hasMore()}>
            <div class="queue-more">
              <Button onClick={list.more}>Show older ones</Button>
            </div>
          </Show>
          <ListProblem what="Older ones" problem={list.problem()} onRetry={list.retry} />
        </Match>
      </Switch>
    </div>
  );
};

export default QueuePanel;

interface GroupProps {
  readonly group: WaitingGroup;
  readonly chosen: string | null;
  readonly verdicts: Parameters<typeof Waiting>[0]["verdicts"];
  /** All that wait there are known, and no more than can be put in an order. */
  readonly movable: boolean;
  readonly onChoose: (jobId: string) => void;
}

const Group: Component<GroupProps> = (props) => {
  const workspace = useWorkspace();
  const { providers } = workspace;
  const title = () => providers.title(props.group.provider);
  const others = () => props.group.waiting - props.group.jobs.length;
  const arranging = createArranging({ jobs: () => props.group.jobs, send: (arrangement) => arrangeJobs(workspace, arrangement) });
  const ids = createMemo(() => arranging.jobs().map(({ job }) => job.id), undefined, {
    equals: (a, b) => a.length === b.length && a.every((id, at) => id === b[at]),
  });
  const [said, setSaid] = createSignal("");
  const move = (id: string, to: number) => {
    if (arranging.move(id, to)) {
      setSaid(`Moved to place ${ids().indexOf(id) + 1} of ${ids().length}.`);
    }
  };
  const isMovable = () => props.movable && ids().length > 1;
  const reorder = createReorder({ ids, onMove: move });
  return (
    <section class="queue-group" aria-label={`Waiting for ${title()}`}>
      <header class="queue-head">
        <h3>{title()}</h3>
        <span class="muted">
          {others() > 0
            ? `${formatCount(props.group.waiting, "job waits", "jobs wait")}, ${others().toLocaleString("en")} of others`
            : formatCount(props.group.waiting, "job waits", "jobs wait")}
        </span>
        <Button
          size="s"
          tone="ghost"
          icon={KeyRound}
          aria-label={`Accounts at ${title()}`}
          onClick={() => openPanel("accounts", { provider: props.group.provider })}
        >
          Accounts
        </Button>
      </header>
      <p class="visually-hidden" role="status">
        {said()}
      </p>
      <Show when={!props.movable && ids().length > 1}>
        <p class="muted queue-fixed">
          Others could come to stand behind these unasked: they can be moved once all are shown, and no more than {mostArranged} wait. An
          opened one can be run next at any time.
        </p>
      </Show>
      <ol class="queue-jobs" ref={reorder.list}>
        <For each={ids()}>
          {(id) => (
            <Show when={props.group.jobs.find(({ job }) => job.id === id)}>
              {(waiting) => (
                <Waiting
                  waiting={waiting()}
                  open={props.chosen === id}
                  verdicts={props.verdicts}
                  onToggle={() => props.onChoose(id)}
                  handle={isMovable() ? reorder.handle(id) : null}
                  mark={reorder.markOf(id)}
                  ends={
                    isMovable()
                      ? {
                          isFirst: ids()[0] === id,
                          isLast: ids().at(-1) === id,
                          move: (end) => move(id, end === "front" ? 0 : ids().length - 1),
                        }
                      : null
                  }
                />
              )}
            </Show>
          )}
        </For>
      </ol>
    </section>
  );
};
