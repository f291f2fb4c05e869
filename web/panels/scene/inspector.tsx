// What is selected, as a form: the scene itself, one node, one edge, or what can be done with several nodes.
import ArrowDown from "lucide-solid/icons/arrow-down";
import ArrowUp from "lucide-solid/icons/arrow-up";
import Trash from "lucide-solid/icons/trash";
import { createMemo, createSignal, For, Match, Show, Switch, type Component } from "solid-js";
import { sceneLimits } from "#protocol/scene/limits.ts";
import type { SceneEdge, SceneNode } from "#protocol/scene/scene.ts";
import { Button, IconButton } from "#web/ui/button.tsx";
import { Select, Switch as Toggle } from "#web/ui/choice.tsx";
import { formatCount } from "#web/ui/format.ts";
import { TextField } from "#web/ui/text-field.tsx";
import type { Editor } from "./editor.ts";
import { languagesIn, languageTitle, offeredLanguages } from "./languages.ts";
import { edgeOfKind, kindsFrom, typeTitles } from "./make.ts";
import { NodeForm } from "./node-form.tsx";
import { typeIcons } from "./node-view.tsx";
import { ByKind, NamePick, Part } from "./pickers.tsx";
import type { Known } from "./rule-defaults.ts";
import { ConditionBuilder, EffectsBuilder } from "./rules.tsx";
import { TextsField, type FormContext } from "./texts-field.tsx";
import { edgeLabel, kindTitles, nameOf } from "./words.ts";

export const Inspector: Component<{ readonly editor: Editor }> = (props) => {
  const { editor } = props;
  const { graph, body } = editor.store;
  const [chosen, setChosen] = createSignal<string | null>(null);
  const language = () => chosen() ?? body().language;
  const known = createMemo((): Known => ({
    head: body(),
    nodes: body().nodes.map((node) => ({ id: node.id, name: nameOf(graph(), node) })),
  }));
  const context: FormContext = { editor, known, language };
  const edge = createMemo(() => graph().edges.get(editor.edge() ?? ""));
  /** What is selected and still there. */
  const nodes = createMemo(() => [...editor.selected()].flatMap((id) => graph().nodes.get(id) ?? []));
  const only = createMemo(() => (nodes().length === 1 ? nodes()[0] : undefined));
  const languages = createMemo(() => {
    const used = new Set([body().language, language(), ...languagesIn(body())]);
    return [
      ...[...used].map((value) => ({ value, label: languageTitle(value) })),
      ...offeredLanguages.filter((value) => !used.has(value)).map((value) => ({ value, label: `Add ${languageTitle(value)}` })),
    ];
  });
  return (
    <>
      <fieldset class="scene-fields" disabled={!editor.store.canEdit()}>
        <Switch>
          <Match when={edge()}>{(edge) => <EdgeForm edge={edge()} context={context} />}</Match>
          <Match when={only()}>{(node) => <OneNode node={node()} context={context} />}</Match>
          <Match when={nodes().length > 1}>
            <p class="scene-hint">{formatCount(nodes().length, "node")} selected.</p>
            <div class="scene-buttons">
              <Button size="s" onClick={editor.duplicate}>
                Duplicate
              </Button>
              <Button size="s" onClick={editor.group}>
                Group
              </Button>
              <Button size="s" tone="danger" onClick={editor.remove}>
                Remove
              </Button>
            </div>
          </Match>
          <Match when={editor.selected().size > 0 || editor.edge() !== null}>
            <p class="scene-hint" role="status">
              What was selected here has been removed.
            </p>
          </Match>
          <Match when={true}>
            <p class="scene-hint">
              Select a node or an edge to {editor.store.canEdit() ? "change it" : "look at it"}. {formatCount(body().nodes.length, "node")},{" "}
              {formatCount(body().edges.length, "edge")}.
            </p>
          </Match>
        </Switch>
      </fieldset>
      <Show when={only() !== undefined || edge() !== undefined}>
        <Select size="s" label="Language of the texts" value={language()} options={languages()} onChange={setChosen} />
      </Show>
    </>
  );
};

const OneNode: Component<{ readonly node: SceneNode; readonly context: FormContext }> = (props) => {
  const { editor } = props.context;
  const { store } = editor;
  const put = (node: SceneNode) => store.apply([{ do: "putNode", node }], `node ${node.id}`);
  const ways = () => store.graph().from.get(props.node.id) ?? [];
  const origins = () => store.graph().to.get(props.node.id) ?? [];
  const move = (at: number, by: number) => {
    const now = ways();
    const [moved, other] = [now[at], now[at + by]];
    if (moved === undefined || other === undefined) return;
    const order = now.toSpliced(at, 1).toSpliced(at + by, 0, moved);
    store.apply(order.map((edge, place) => ({ do: "putEdge", edge: { ...edge, order: place } }) as const));
  };
  const canStart = () => !["group", "end", "return"].includes(props.node.type);
  return (
    <>
      <div class="scene-form-top">
        {typeIcons[props.node.type]({ size: 16, "aria-hidden": "true" })}
        <strong>{typeTitles[props.node.type]}</strong>
        <Show when={canStart()}>
          <Button size="s" tone="ghost" disabled={store.body().start === props.node.id} onClick={() => editor.startAt(props.node.id)}>
            {store.body().start === props.node.id ? "The start" : "Start here"}
          </Button>
        </Show>
        <IconButton size="s" label="Remove the node" keys="Del" icon={Trash} onClick={editor.remove} />
      </div>
      <TextField label="Title" value={props.node.title} maxLength={sceneLimits.title} onInput={(title) => put({ ...props.node, title })} />
      <ByKind of={props.node} kind={`${props.node.type} ${props.node.id}`}>
        {(node) => <NodeForm node={node} context={props.context} put={put} />}
      </ByKind>
      <Show when={props.node.type !== "group"}>
        <Part title="Leads to">
          <Show when={ways().length > 0} fallback={<p class="scene-hint">Nowhere. Drag from its right side, or press C on the canvas.</p>}>
            <ul class="scene-list">
              <For each={ways()}>
                {(edge, at) => (
                  <li class="scene-way">
                    <button type="button" class="scene-row" onClick={() => editor.selectEdge(edge.id)}>
                      <span class="truncate">{edgeLabel(store.graph(), edge)}</span>
                    </button>
                    <IconButton size="s" label="Earlier" icon={ArrowUp} disabled={at() === 0} onClick={() => move(at(), -1)} />
                    <IconButton
                      size="s"
                      label="Later"
                      icon={ArrowDown}
                      disabled={at() === ways().length - 1}
                      onClick={() => move(at(), 1)}
                    />
                  </li>
                )}
              </For>
            </ul>
          </Show>
        </Part>
        <Show when={origins().length > 0}>
          <Part title="Comes from">
            <ul class="scene-list">
              <For each={origins()}>
                {(edge) => (
                  <li>
                    <button type="button" class="scene-row" onClick={() => editor.show({ node: edge.from })}>
                      <span class="truncate">{nameOf(store.graph(), store.graph().nodes.get(edge.from) ?? props.node)}</span>
                    </button>
                  </li>
                )}
              </For>
            </ul>
          </Part>
        </Show>
      </Show>
    </>
  );
};

const EdgeForm: Component<{ readonly edge: SceneEdge; readonly context: FormContext }> = (props) => {
  const { editor, known } = props.context;
  const { store } = editor;
  const put = (edge: SceneEdge) => store.apply([{ do: "putEdge", edge }], `edge ${edge.id}`);
  const from = () => store.graph().nodes.get(props.edge.from);
  const to = () => store.graph().nodes.get(props.edge.to);
  const kinds = () => {
    const start = from();
    const fitting = start === undefined ? [] : kindsFrom(start.type);
    return (fitting.includes(props.edge.kind) ? fitting : [props.edge.kind, ...fitting]).map((value) => ({
      value,
      label: kindTitles[value],
    }));
  };
  const setKind = (kind: SceneEdge["kind"]) => {
    const { id, from: start, to: end, order, effects } = props.edge;
    store.apply([{ do: "putEdge", edge: edgeOfKind({ id, from: start, to: end, order, effects }, kind) }]);
  };
  const nodeName = (node: SceneNode | undefined) => (node === undefined ? "nothing" : nameOf(store.graph(), node));
  return (
    <>
      <div class="scene-form-top">
        <strong class="truncate">
          {nodeName(from())} → {nodeName(to())}
        </strong>
        <IconButton size="s" label="Remove the edge" keys="Del" icon={Trash} onClick={editor.remove} />
      </div>
      <div class="scene-buttons">
        <Button size="s" onClick={() => editor.show({ node: props.edge.from })}>
          To its origin
        </Button>
        <Button size="s" onClick={() => editor.show({ node: props.edge.to })}>
          To its end
        </Button>
      </div>
      <Select size="s" label="Kind" value={props.edge.kind} options={kinds()} onChange={setKind} />
      <ByKind of={props.edge} kind={`${props.edge.kind} ${props.edge.id}`}>
        {(edge) => {
          switch (edge.kind) {
            case "default":
              return <p class="scene-hint">Taken where no other way is.</p>;
            case "conditional":
              return (
                <ConditionBuilder
                  title="If"
                  condition={edge.condition}
                  known={known()}
                  onChange={(condition) => put({ ...edge, condition })}
                />
              );
            case "choice":
              return (
                <>
                  <TextsField
                    label="What the choice says"
                    texts={edge.text}
                    language={props.context.language()}
                    onChange={(text) => put({ ...edge, text })}
                  />
                  <Select
                    size="s"
                    label="When it is taken"
                    value={edge.cut}
                    options={[
                      { value: "now", label: "Cut at once" },
                      { value: "atEnd", label: "Wait for the end of the clip" },
                    ]}
                    onChange={(cut) => put({ ...edge, cut })}
                  />
                  <Toggle label="Only once" checked={edge.once} onChange={(once) => put({ ...edge, once })} />
                  <Toggle
                    label="Taken when the time is over"
                    checked={edge.onTimeout}
                    onChange={(onTimeout) => put({ ...edge, onTimeout })}
                  />
                  <ConditionBuilder
                    title="Open if"
                    condition={edge.condition}
                    known={known()}
                    onChange={(condition) => put({ ...edge, condition })}
                    onRemove={() => put({ ...edge, condition: null })}
                  />
                  <Show when={edge.condition !== null || edge.once}>
                    <Toggle
                      label="Shown while it is closed"
                      checked={edge.whenClosed === "show"}
                      onChange={(shown) => put({ ...edge, whenClosed: shown ? "show" : "hide" })}
                    />
                  </Show>
                </>
              );
            case "return":
              return <ReturnPoint edge={edge} context={props.context} put={put} />;
            case "outcome":
              return (
                <Select
                  size="s"
                  label="Outcome"
                  value={edge.outcome}
                  options={[
                    { value: "passed", label: "Passed" },
                    { value: "failed", label: "Failed" },
                    { value: "detected", label: "Detected" },
                  ]}
                  onChange={(outcome) => put({ ...edge, outcome })}
                />
              );
          }
        }}
      </ByKind>
      <EffectsBuilder
        title="Done on the way"
        effects={props.edge.effects}
        known={known()}
        onChange={(effects) => put({ ...props.edge, effects: [...effects] })}
      />
    </>
  );
};

const ReturnPoint: Component<{
  readonly edge: Extract<SceneEdge, { kind: "return" }>;
  readonly context: FormContext;
  readonly put: (edge: SceneEdge) => void;
}> = (props) => {
  const callee = () => {
    const from = props.context.editor.store.graph().nodes.get(props.edge.from);
    return from?.type === "scene_call" && from.scene !== null ? props.context.editor.bodyOf(from.scene) : undefined;
  };
  return (
    <NamePick
      label="Return point"
      showLabel
      value={props.edge.point}
      names={callee()?.returnPoints ?? []}
      onChange={(point) => props.put({ ...props.edge, point })}
    />
  );
};
