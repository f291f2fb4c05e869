// What a job was asked differently from another: the one that it repeats, or one that somebody holds beside it.
import { createEffect, createSignal, For, on, onCleanup, Show, type Component, type JSX } from "solid-js";
import { shortValue } from "#protocol/grid.ts";
import type { Job } from "#protocol/job.ts";
import { openPanel } from "#web/dock/panel.ts";
import { readFields } from "#web/panels/generate/schema.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { jobTitle } from "./about.ts";
import { differencesOf, type Asked, type Difference } from "./difference.ts";

interface AgainstProps {
  readonly job: Job;
  readonly otherId: string;
}

const valueOf = (value: Difference["before"]): JSX.Element => (value === undefined ? "–" : (value ?? <span class="muted">left open</span>));

export const Against: Component<AgainstProps> = (props) => {
  const { client, jobs, assets, providers } = useWorkspace();
  const [problem, setProblem] = createSignal<string | null>(null);
  createEffect(
    on(
      () => props.otherId,
      (id) => {
        setProblem(null);
        if (jobs.peek(id) !== undefined) {
          return;
        }
        const stop = new AbortController();
        client.call("jobs.get", { id }, { signal: stop.signal }).then(
          (row) => jobs.put([row]),
          (error: unknown) => !stop.signal.aborted && setProblem(sentenceOf(error)),
        );
        onCleanup(() => stop.abort());
      },
    ),
  );
  const other = () => jobs.row(props.otherId);
  const asked = (job: Job): Asked => ({ ...job, titles: readFields(providers.operation(job.provider, job.operation)?.params ?? {}) });
  const differences = (before: Job) =>
    differencesOf(asked(before), asked(props.job), { provider: providers.title, asset: (id) => assets.row(id)?.name ?? id });
  const words = () => {
    if (props.job.parentJobId === props.otherId) {
      return "the job that it repeats";
    }
    const job = other();
    return job === undefined ? "another job" : shortValue(jobTitle(job));
  };
  return (
    <>
      <h3>
        Changed against{" "}
        <button type="button" class="ui-link" onClick={() => openPanel("job", { jobId: props.otherId })}>
          {words()}
        </button>
      </h3>
      <Show when={other()} fallback={<p class="muted">{problem() ?? "Reading that job…"}</p>}>
        {(before) => (
          <Show when={differences(before()).length > 0} fallback={<p class="muted">Nothing: the very same was asked for.</p>}>
            <table class="job-differences">
              <caption class="visually-hidden">What was asked differently</caption>
              <thead>
                <tr>
                  <td />
                  <th scope="col">Before</th>
                  <th scope="col">Here</th>
                </tr>
              </thead>
              <tbody>
                <For each={differences(before())}>
                  {(row) => (
                    <tr>
                      <th scope="row">{row.name}</th>
                      <td>{valueOf(row.before)}</td>
                      <td>{valueOf(row.after)}</td>
                    </tr>
                  )}
                </For>
              </tbody>
            </table>
          </Show>
        )}
      </Show>
    </>
  );
};
