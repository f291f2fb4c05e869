// Prompts that were used, each once, the one used last first; from here they go back into the form.
import Clock from "lucide-solid/icons/clock";
import { createEffect, createSignal, For, Match, on, onCleanup, Show, Switch, type Component } from "solid-js";
import type { UsedPrompt } from "#protocol/prompt.ts";
import { openPanel } from "#web/dock/panel.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button } from "#web/ui/button.tsx";
import { FailedState } from "#web/ui/failed-state.tsx";
import { EmptyState, Skeleton } from "#web/ui/feedback.tsx";
import { formatCount } from "#web/ui/format.ts";
import { ListProblem } from "#web/ui/list-problem.tsx";

const pageRows = 50;

export const History: Component<{ readonly search: string }> = (props) => {
  const { client, draft } = useWorkspace();
  const [used, setUsed] = createSignal<ReadonlyArray<UsedPrompt> | null>(null);
  const [next, setNext] = createSignal<string | null>(null);
  const [problem, setProblem] = createSignal<string | null>(null);
  /** Where the page begins that did not come. */
  const [missing, setMissing] = createSignal<string | null>(null);
  let reading: AbortController | null = null;
  const read = (cursor: string | null) => {
    reading?.abort();
    const mine = new AbortController();
    reading = mine;
    setProblem(null);
    const words = props.search.trim();
    client
      .call(
        "prompts.history",
        { limit: pageRows, ...(words === "" ? {} : { search: words }), ...(cursor === null ? {} : { cursor }) },
        { signal: mine.signal },
      )
      .then(
        (page) => {
          if (reading === mine) {
            setUsed((now) => (cursor === null ? page.used : [...(now ?? []), ...page.used]));
            setNext(page.next);
          }
        },
        (error: unknown) => {
          if (reading === mine) {
            setMissing(cursor);
            setProblem(sentenceOf(error));
          }
        },
      );
  };
  createEffect(
    on(
      () => props.search,
      () => read(null),
    ),
  );
  onCleanup(() => reading?.abort());
  const use = ({ text, negative }: UsedPrompt) => {
    draft.usePrompt(text, { negative });
    openPanel("generate", {});
  };
  return (
    <Switch>
      <Match when={missing() === null ? problem() : null}>
        {(message) => <FailedState title="The history could not be read" problem={message()} onRetry={() => read(null)} />}
      </Match>
      <Match when={used() === null}>
        <div class="prompts-loading" aria-busy="true" aria-label="Loading the history">
          <Skeleton class="prompts-skeleton" />
        </div>
      </Match>
      <Match when={used()?.length === 0}>
        <EmptyState icon={Clock} title={props.search.trim() === "" ? "Nothing was made yet" : "Nothing is like that"} />
      </Match>
      <Match when={used()}>
        {(rows) => (
          <ul class="prompts-list panel-scroll" aria-label="Used prompts">
            <For each={rows()}>
              {(each) => (
                <li class="prompts-used">
                  <p class="prompts-wording">{each.text}</p>
                  <Show when={each.negative !== ""}>
                    <p class="prompts-negative">{`Not: ${each.negative}`}</p>
                  </Show>
                  <div class="prompts-row-facts">
                    {`${formatCount(each.jobs, "video")}, last on ${new Date(each.lastUsedAt).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" })}`}
                    <Button size="s" tone="ghost" onClick={() => openPanel("job", { jobId: each.jobId })}>
                      Show
                    </Button>
                    <Button size="s" onClick={() => use(each)}>
                      Use
                    </Button>
                  </div>
                </li>
              )}
            </For>
            <Show when={problem() === null ? next() : null}>
              {(cursor) => (
                <li>
                  <Button size="s" tone="ghost" onClick={() => read(cursor())}>
                    Show older ones
                  </Button>
                </li>
              )}
            </Show>
            <ListProblem what="Older ones" problem={problem()} onRetry={() => read(missing())} />
          </ul>
        )}
      </Match>
    </Switch>
  );
};
