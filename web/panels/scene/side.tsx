// Beside the canvas: what is selected, the problems, and a search through the scene.
import { createEffect, createMemo, createSignal, For, Match, on, Show, Switch, type Component } from "solid-js";
import type { Problem } from "#protocol/scene/check/problem.ts";
import { Badge } from "#web/ui/feedback.tsx";
import { formatCount } from "#web/ui/format.ts";
import { SearchField } from "#web/ui/search-field.tsx";
import type { Checking } from "./checking.ts";
import type { Editor } from "./editor.ts";
import { found } from "./find.ts";
import { Inspector } from "./inspector.tsx";
import { typeTitles } from "./make.ts";
import type { Other } from "./others.ts";
import { AlsoHere } from "./others-view.tsx";
import { typeIcons } from "./node-view.tsx";
import { Played, type SceneFlow } from "./played.tsx";
import { Preview } from "./preview.tsx";
import { StoryForm } from "./story.tsx";
import { edgeLabel, nameOf } from "./words.ts";

export type SideView = "inspect" | "story" | "problems" | "find" | "play" | "played";

interface SideProps {
  readonly editor: Editor;
  /** Who else has the scene open. */
  readonly others: ReadonlyArray<Other>;
  readonly checking: Checking;
  readonly view: SideView;
  readonly onView: (view: SideView) => void;
  /** Where the preview begins. */
  readonly playFrom: string | null;
  /** What the canvas shows of how it is played. */
  readonly onFlow: (flow: SceneFlow | null) => void;
}

const titles: Readonly<Record<SideView, string>> = {
  inspect: "Inspect",
  story: "Story",
  problems: "Problems",
  find: "Find",
  play: "Play",
  played: "Played",
};
const views = ["inspect", "story", "problems", "find", "play"] as const satisfies ReadonlyArray<SideView>;
/** How others play it is for its owner to know. */
const ownViews = [...views, "played"] as const satisfies ReadonlyArray<SideView>;

export const Side: Component<SideProps> = (props) => {
  let body: HTMLDivElement | undefined;
  /** What is shown, in a word: another one is read from its top. Lists stay where they are while one goes through what is in them. */
  const shown = createMemo(() => {
    const { edge, selected } = props.editor;
    const [first] = selected();
    return props.view === "inspect" ? `${edge()} ${first} ${selected().size}` : props.view;
  });
  createEffect(on(shown, () => body?.scrollTo(0, 0), { defer: true }));
  return (
    <aside class="scene-side" aria-label="Details of the scene">
      <div class="filter-groups scene-side-tabs">
        <For each={props.editor.store.scene()?.access === "owner" ? ownViews : views}>
          {(view) => (
            <button type="button" aria-pressed={props.view === view} onClick={() => props.onView(view)}>
              {titles[view]}
              <Show when={view === "problems" && props.checking.problems().length > 0}>
                <span class="filter-count">{props.checking.problems().length}</span>
              </Show>
            </button>
          )}
        </For>
      </div>
      <div class="panel-scroll scene-side-body" ref={(element) => (body = element)}>
        <Switch>
          <Match when={props.view === "inspect"}>
            <AlsoHere editor={props.editor} others={props.others} />
            <Inspector editor={props.editor} />
          </Match>
          <Match when={props.view === "problems"}>
            <Problems editor={props.editor} problems={props.checking.problems()} />
          </Match>
          <Match when={props.view === "find"}>
            <Find editor={props.editor} />
          </Match>
          <Match when={props.view === "story"}>
            <fieldset class="scene-fields" disabled={!props.editor.store.canEdit()}>
              <StoryForm editor={props.editor} />
            </fieldset>
          </Match>
          <Match when={props.view === "played"}>
            <Played editor={props.editor} onFlow={props.onFlow} />
          </Match>
          <Match when={props.view === "play"}>
            <Preview
              story={props.checking.story}
              from={props.playFrom}
              language={props.editor.store.body().language}
              onNode={(node) => props.editor.show({ node })}
            />
          </Match>
        </Switch>
      </div>
    </aside>
  );
};

const tones = { error: "bad", warning: "warn", hint: "info" } as const;

const Problems: Component<{ readonly editor: Editor; readonly problems: ReadonlyArray<Problem> }> = (props) => {
  const placeOf = ({ node, edge }: Problem): string => {
    const graph = props.editor.store.graph();
    const [of, on] = [graph.nodes.get(node ?? ""), graph.edges.get(edge ?? "")];
    return of !== undefined ? nameOf(graph, of) : on !== undefined ? edgeLabel(graph, on) : "The scene";
  };
  const summary = () =>
    (["error", "warning", "hint"] as const).flatMap((severity) => {
      const count = props.problems.filter((problem) => problem.severity === severity).length;
      return count === 0 ? [] : [formatCount(count, severity)];
    });
  const keepsBack = () => props.problems.some(({ severity }) => severity === "error");
  return (
    <Show when={props.problems.length > 0} fallback={<p class="scene-hint">Nothing is wrong with it.</p>}>
      <p class="scene-hint">
        {summary().join(", ")}.{keepsBack() ? " With an error it cannot be published." : " It can be published as it is."}
      </p>
      <ul class="scene-list" aria-label="Problems">
        <For each={props.problems}>
          {(problem) => (
            <li>
              <button type="button" class="scene-row" onClick={() => props.editor.show(problem)}>
                <span class="scene-row-top">
                  <Badge tone={tones[problem.severity]}>{problem.severity}</Badge>
                  <strong class="truncate">{placeOf(problem)}</strong>
                </span>
                <span class="scene-row-text">{problem.message}</span>
              </button>
            </li>
          )}
        </For>
      </ul>
    </Show>
  );
};

const Find: Component<{ readonly editor: Editor }> = (props) => {
  const [words, setWords] = createSignal("");
  const results = createMemo(() => found(props.editor.store.graph(), words()));
  return (
    <>
      <SearchField size="s" label="Search names, texts and rules" placeholder="Search the scene…" value={words()} onInput={setWords} />
      <Show when={results().length > 0} fallback={<p class="scene-hint">Nothing is like that.</p>}>
        <ul class="scene-list" aria-label="Found">
          <For each={results()}>
            {({ node, edge, where }) => (
              <li>
                <button type="button" class="scene-row" onClick={() => props.editor.show({ node: node.id, edge: edge?.id ?? null })}>
                  <span class="scene-row-top">
                    {typeIcons[node.type]({ size: 14, "aria-hidden": "true" })}
                    <strong class="truncate">{nameOf(props.editor.store.graph(), node)}</strong>
                    <span class="muted">{typeTitles[node.type]}</span>
                  </span>
                  <Show when={where}>
                    <span class="scene-row-text">{where}</span>
                  </Show>
                </button>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </>
  );
};
