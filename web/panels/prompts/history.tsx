// Prompts that were used, each once, the one used last first; from here they go back into the form.
import Clock from "lucide-solid/icons/clock";
import {
  batch,
  createEffect,
  createMemo,
  createSignal,
  For,
  Match,
  on,
  onCleanup,
  Show,
  Switch,
  untrack,
  type Accessor,
  type Component,
} from "solid-js";
import type { UsedPrompt } from "#protocol/prompt.ts";
import { openPanel } from "#web/dock/panel.ts";
import { debounced } from "#web/store/debounced.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button } from "#web/ui/button.tsx";
import { FailedState } from "#web/ui/failed-state.tsx";
import { EmptyState, Skeleton } from "#web/ui/feedback.tsx";
import { formatCount } from "#web/ui/format.ts";
import { ListProblem } from "#web/ui/list-problem.tsx";
import { withNewer, withOlder, type Used } from "./used.ts";

const pageRows = 50;
/** Jobs that are asked for together are one reason to read anew, ms. */
const restMs = 800;

/** Which part of it is read: all from the newest on, what is new, or what is behind a place. */
type Part = "first" | "newer" | { readonly behind: string };

export const History: Component<{ readonly search: string; readonly visible: Accessor<boolean> }> = (props) => {
  const { client, draft, jobs } = useWorkspace();
  const [used, setUsed] = createSignal<Used | null>(null);
  const [problem, setProblem] = createSignal<{ readonly part: Part; readonly message: string } | null>(null);
  const [reading, setReading] = createSignal<AbortController | null>(null);
  const taken = (part: Part, page: Used) => {
    const before = used();
    if (before === null || part === "first") {
      return page;
    }
    return part === "newer" ? withNewer(before, page) : withOlder(before, page);
  };
  const read = (part: Part) => {
    untrack(reading)?.abort();
    const mine = new AbortController();
    setReading(mine);
    setProblem(null);
    const words = props.search.trim();
    client
      .call(
        "prompts.history",
        { limit: pageRows, ...(words === "" ? {} : { search: words }), ...(typeof part === "string" ? {} : { cursor: part.behind }) },
        { signal: mine.signal },
      )
      .then(
        (page) => {
          if (reading() === mine) {
            batch(() => {
              setUsed(taken(part, page));
              setReading(null);
            });
          }
        },
        (error: unknown) => {
          if (reading() === mine) {
            batch(() => {
              setProblem({ part, message: sentenceOf(error) });
              setReading(null);
            });
          }
        },
      );
  };
  createEffect(
    on(
      () => props.search,
      () => read("first"),
    ),
  );
  // Each new job is another use; one that ends is none.
  const asked = createMemo(() => Object.values(jobs.counts()).reduce((sum, count) => sum + count, 0));
  const [due, setDue] = createSignal(false);
  createEffect(on(debounced(asked, restMs), () => setDue(true), { defer: true }));
  createEffect(() => {
    // What is being read comes first.
    if (due() && props.visible() && reading() === null) {
      setDue(false);
      read(untrack(used) === null || untrack(problem)?.part === "first" ? "first" : "newer");
    }
  });
  onCleanup(() => reading()?.abort());
  const failed = (part: Part) => {
    const now = problem();
    return now?.part === part ? now.message : null;
  };
  const use = ({ text, negative }: UsedPrompt) => {
    draft.usePrompt(text, { negative });
    openPanel("generate", {});
  };
  return (
    <Switch>
      <Match when={failed("first")}>
        {(message) => <FailedState title="The history could not be read" problem={message()} onRetry={() => read("first")} />}
      </Match>
      <Match when={used() === null}>
        <div class="prompts-loading" aria-busy="true" aria-label="Loading the history">
          <Skeleton class="prompts-skeleton" />
        </div>
      </Match>
      <Match when={used()?.used.length === 0}>
        <EmptyState icon={Clock} title={props.search.trim() === "" ? "Nothing was made yet" : "Nothing is like that"} />
      </Match>
      <Match when={used()}>
        {(shown) => (
          <ul class="prompts-list panel-scroll" aria-label="Used prompts">
            <For each={shown().used}>
              {(each) => (
                <li class="prompts-used">
                  <p class="prompts-wording">{each.text}</p>
                  <Show when={each.negative !== ""}>
                    <p class="prompts-negative">{`Not: ${each.negative}`}</p>
                  </Show>
                  <div class="prompts-row-facts">
                    <span class="prompts-used-when">
                      {`${formatCount(each.jobs, "video")}, last on ${new Date(each.lastUsedAt).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" })}`}
                    </span>
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
            <Show when={problem() === null ? shown().next : null}>
              {(cursor) => (
                <li>
                  <Button size="s" tone="ghost" onClick={() => read({ behind: cursor() })}>
                    Show older ones
                  </Button>
                </li>
              )}
            </Show>
            <ListProblem
              what={problem()?.part === "newer" ? "What is new" : "Older ones"}
              problem={problem()?.message ?? null}
              onRetry={() => read(problem()?.part ?? "first")}
            />
          </ul>
        )}
      </Match>
    </Switch>
  );
};
