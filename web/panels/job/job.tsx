// The Job panel: one job's actor live, with every step of its journal.
import Workflow from "lucide-solid/icons/workflow";
import { createEffect, createSignal, For, onCleanup, Show, type Component } from "solid-js";
import type { ActorView, JournalEntry } from "#protocol/actor.ts";
import { openPanel, type PanelProps } from "#web/dock/panel.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button } from "#web/ui/button.tsx";
import { EmptyState } from "#web/ui/feedback.tsx";
import "./job.css";

const nameOf = (value: ActorView["value"]): string => (typeof value === "string" ? value : (Object.keys(value)[0] ?? ""));

const JobPanel: Component<PanelProps<"job">> = (props) => {
  const { client, jobs } = useWorkspace();
  const [view, setView] = createSignal<ActorView | null>(null);
  const [entries, setEntries] = createSignal<ReadonlyArray<JournalEntry>>([]);
  const [problem, setProblem] = createSignal<string | null>(null);

  const merge = (more: ReadonlyArray<JournalEntry>) =>
    setEntries((known) => [...new Map([...known, ...more].map((entry) => [entry.seq, entry])).values()].toSorted((a, b) => a.seq - b.seq));

  createEffect(() => {
    const id = props.params.jobId;
    setView(null);
    setEntries([]);
    setProblem(null);
    if (id === undefined) return;
    const address = `job/${id}`;
    const stop = new AbortController();
    const readHistory = async () => {
      const read: Array<JournalEntry> = [];
      for await (const entry of client.stream("actors.history", { address }, { signal: stop.signal })) read.push(entry);
      if (!stop.signal.aborted) merge(read);
    };
    const unfollow = client.follow(
      "actors.actor",
      { address },
      {
        snapshot: (now) => {
          setView(now);
          readHistory().catch(() => undefined);
        },
        deltas: (deltas) => {
          merge(deltas.map(({ entry }) => entry));
          const last = deltas.at(-1);
          if (last !== undefined)
            setView((now) =>
              now === null ? now : { ...now, ...last.entry, parked: last.parked, effects: last.effects, timers: last.timers },
            );
        },
        error: ({ message }) => setProblem(message),
      },
    );
    onCleanup(() => {
      stop.abort();
      unfollow();
    });
  });
  const job = () => (props.params.jobId === undefined ? undefined : jobs.row(props.params.jobId));
  createEffect(() => props.setTitle(job()?.prompt ?? "Job"));

  return (
    <Show
      when={view()}
      fallback={<EmptyState icon={Workflow} title="No job is open" children={problem() ?? "Choose one in the list of jobs."} />}
    >
      {(now) => (
        <div class="job">
          <p class="job-state" aria-live="polite">
            {nameOf(now().value)}
          </p>
          <Show when={now().parked}>{(reason) => <p role="alert">{reason()}</p>}</Show>
          <Show when={job()?.failure}>{(failure) => <p role="alert">{failure().message}</p>}</Show>
          <Show when={job()?.assetId}>
            {(assetId) => <Button onClick={() => openPanel("asset", { assetId: assetId() })}>Open the result</Button>}
          </Show>
          <ol class="job-steps">
            <For each={entries()}>
              {(entry) => (
                <li>
                  <details>
                    <summary>
                      <time>{new Date(entry.at).toLocaleTimeString()}</time> {entry.event.type} → {nameOf(entry.value)}
                    </summary>
                    <pre>{JSON.stringify(entry.event, null, 2)}</pre>
                  </details>
                </li>
              )}
            </For>
          </ol>
        </div>
      )}
    </Show>
  );
};

export default JobPanel;
