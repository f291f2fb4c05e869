// The Prompts panel: the library on one side, what is chosen there with its versions on the other, and the history of used prompts.
import BookText from "lucide-solid/icons/book-text";
import ChevronLeft from "lucide-solid/icons/chevron-left";
import Plus from "lucide-solid/icons/plus";
import SearchX from "lucide-solid/icons/search-x";
import { createEffect, createMemo, createSignal, For, Match, on, Show, Switch, type Component } from "solid-js";
import type { Prompt, PromptKind } from "#protocol/prompt.ts";
import { provideCommands } from "#web/app/commands.ts";
import { openPanel, type PanelProps } from "#web/dock/panel.ts";
import { debounced } from "#web/store/debounced.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button, IconButton } from "#web/ui/button.tsx";
import { Segments, Select } from "#web/ui/choice.tsx";
import { FailedState } from "#web/ui/failed-state.tsx";
import { Badge, EmptyState, Skeleton } from "#web/ui/feedback.tsx";
import { formatCount } from "#web/ui/format.ts";
import { ListProblem } from "#web/ui/list-problem.tsx";
import { SearchField } from "#web/ui/search-field.tsx";
import { History } from "./history.tsx";
import { kindTitles, PromptDialog, type PromptTask } from "./prompt-dialog.tsx";
import { PromptView } from "./prompt-view.tsx";
import { createPromptsStore, type PromptsFilter } from "./store.ts";
import "./prompts.css";

type View = "library" | "history";
const searchRestMs = 200;

interface Chosen {
  readonly id: string;
  /** Null: its newest one. */
  readonly versionId: string | null;
}

const PromptsPanel: Component<PanelProps<"prompts">> = (props) => {
  const { client } = useWorkspace();
  const store = createPromptsStore(client);
  const [view, setView] = createSignal<View>("library");
  const [search, setSearch] = createSignal("");
  const [kind, setKind] = createSignal<PromptKind | "all" | "trash">("all");
  const [chosen, setChosen] = createSignal<Chosen | null>(null);
  const [task, setTask] = createSignal<PromptTask | null>(null);
  const choose = (id: string) => setChosen((now) => (now?.id === id ? now : { id, versionId: null }));
  createEffect(
    on(
      () => props.params,
      ({ promptId, versionId }) => {
        if (promptId !== undefined) {
          setView("library");
          setChosen({ id: promptId, versionId: versionId ?? null });
        }
      },
    ),
  );
  const rested = debounced(search, searchRestMs);
  const filter = createMemo((): PromptsFilter => {
    const now = kind();
    return { kind: now === "all" || now === "trash" ? null : now, search: rested(), deleted: now === "trash" };
  });
  const list = store.list(filter);
  const create = () => setTask({ kind: "create", promptKind: "prompt", text: "", negative: "" });
  const saved = (prompt: Prompt) => {
    store.put([prompt]);
    choose(prompt.id);
  };
  const retry = () => {
    if (store.problem() !== null) {
      store.retry();
    }
    if (list.state() === "failed") {
      list.retry();
    }
  };
  const isFiltered = () => kind() !== "all" || rested().trim() !== "";
  provideCommands(() => [
    {
      id: "prompts.create",
      title: "Add a prompt, style or list",
      group: "Prompts",
      icon: Plus,
      words: "library new template wildcard",
      run: () => {
        openPanel("prompts", {});
        create();
      },
    },
  ]);

  return (
    <div class="prompts" data-open={chosen() === null || view() === "history" ? undefined : ""}>
      <div class="prompts-side">
        <div class="prompts-tools">
          <Segments
            label="Show"
            hideLabel
            value={view()}
            onChange={setView}
            options={[
              { value: "library", label: "Library" },
              { value: "history", label: "History" },
            ]}
          />
          <IconButton size="s" label="Add a prompt, style or list" icon={Plus} onClick={create} />
        </div>
        <SearchField
          size="s"
          label={view() === "library" ? "Search titles, texts and notes" : "Search used prompts"}
          placeholder="Search…"
          value={search()}
          onInput={setSearch}
        />
        <Show when={view() === "library"} fallback={<History search={rested()} visible={props.visible} />}>
          <Select
            label="Kind"
            hideLabel
            size="s"
            value={kind()}
            onChange={setKind}
            options={[
              { value: "all", label: "Everything" },
              { value: "prompt", label: "Prompts" },
              { value: "style", label: "Styles" },
              { value: "list", label: "Lists" },
              { value: "trash", label: "Trash" },
            ]}
          />
          <Switch>
            <Match when={list.ids().length > 0}>
              <ul class="prompts-list panel-scroll" aria-label="Library">
                <For each={list.ids()}>
                  {(id) => (
                    <Show when={store.row(id)}>
                      {(prompt) => (
                        <li>
                          <button
                            type="button"
                            class="prompts-row"
                            aria-current={chosen()?.id === id ? "true" : undefined}
                            onClick={() => choose(id)}
                          >
                            <span class="prompts-row-top">
                              <strong class="truncate">{prompt().title}</strong>
                              <Show when={prompt().kind !== "prompt"}>
                                <Badge>{kindTitles[prompt().kind]}</Badge>
                              </Show>
                            </span>
                            <span class="prompts-row-text">{prompt().latest.text}</span>
                            <span class="prompts-row-facts">
                              {formatCount(prompt().versions, "version")}
                              <Show when={prompt().latest.rating}>
                                {(rating) => <span aria-label={`rated ${rating()} of 5`}>{"★".repeat(rating())}</span>}
                              </Show>
                            </span>
                          </button>
                        </li>
                      )}
                    </Show>
                  )}
                </For>
                <Show when={list.hasMore()}>
                  <li>
                    <Button size="s" tone="ghost" onClick={list.more}>
                      Show older ones
                    </Button>
                  </li>
                </Show>
              </ul>
              <ListProblem what="Older ones" problem={list.problem()} onRetry={list.retry} />
              <ListProblem what="What changes" problem={store.problem()} onRetry={store.retry} />
            </Match>
            <Match when={store.problem() ?? (list.state() === "failed" ? list.problem() : null)}>
              {(problem) => <FailedState title="The library could not be read" problem={problem()} onRetry={retry} />}
            </Match>
            <Match when={list.state() === "loading"}>
              <div class="prompts-loading" aria-busy="true" aria-label="Loading the library">
                <Skeleton class="prompts-skeleton" />
                <Skeleton class="prompts-skeleton" />
              </div>
            </Match>
            <Match when={isFiltered()}>
              <EmptyState
                icon={SearchX}
                title={kind() === "trash" && rested().trim() === "" ? "The trash is empty" : "Nothing is like that"}
              />
            </Match>
            <Match when={true}>
              <EmptyState
                icon={BookText}
                title="The library is empty"
                actions={
                  <Button tone="primary" icon={Plus} onClick={create}>
                    Add a prompt
                  </Button>
                }
              >
                Keep prompts with their versions, styles that go around them, and lists of words to choose from.
              </EmptyState>
            </Match>
          </Switch>
        </Show>
      </div>
      <Show when={view() === "library"}>
        <div class="prompts-main panel-scroll">
          <Show when={chosen()} keyed fallback={<p class="prompts-hint">Choose something on the left to see its versions.</p>}>
            {(now) => (
              <>
                <Button class="prompts-back" size="s" tone="ghost" icon={ChevronLeft} onClick={() => setChosen(null)}>
                  Library
                </Button>
                <PromptView id={now.id} versionId={now.versionId} store={store} visible={props.visible} onTask={setTask} />
              </>
            )}
          </Show>
        </div>
      </Show>
      <PromptDialog task={task()} onClose={() => setTask(null)} onSaved={saved} />
    </div>
  );
};

export default PromptsPanel;
