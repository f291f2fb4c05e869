// Who else has the scene open: as names in the bar, and on the canvas as pointers and frames around what they have selected.
import { For, Index, Show, type Component } from "solid-js";
import { tip } from "#web/ui/tooltip.tsx";
import type { Editor } from "./editor.ts";
import { pointOn, type Placed } from "./geometry.ts";
import type { SceneGraph } from "./graph.ts";
import type { Other } from "./others.ts";
import { edgeLabel, nameOf } from "./words.ts";

/** Shown each by its own mark. */
const mostMarks = 4;

/** What they look at, in words; empty: at nothing in particular. */
const lookOf = (graph: SceneGraph, { at }: Other): string => {
  const edge = graph.edges.get(at.edge ?? "");
  if (edge !== undefined) return edgeLabel(graph, edge);
  const [node] = at.nodes.flatMap((id) => graph.nodes.get(id) ?? []);
  if (node === undefined) return "";
  return at.selected > 1 ? `${nameOf(graph, node)} and ${at.selected - 1} more` : nameOf(graph, node);
};
const wordsOf = (graph: SceneGraph, other: Other): string => {
  const look = lookOf(graph, other);
  return look === "" ? other.name : `${other.name}: ${look}`;
};

/** Leads to what they look at. */
const goTo = (editor: Editor, { at }: Other): void => {
  if (at.edge !== null || at.nodes.length > 0) editor.show({ node: at.nodes[0] ?? null, edge: at.edge });
  else if (at.cursor !== null) editor.centreOn(at.cursor);
};

export const OthersBar: Component<{ readonly editor: Editor; readonly others: ReadonlyArray<Other>; readonly news: string }> = (props) => (
  <>
    <Show when={props.others.length > 0}>
      <ul class="scene-others" aria-label="Also here">
        <Index each={props.others.slice(0, mostMarks)}>
          {(other) => (
            <li>
              <button
                type="button"
                {...tip(wordsOf(props.editor.store.graph(), other()))}
                class="scene-other"
                data-colour={other().colour}
                aria-label={wordsOf(props.editor.store.graph(), other())}
                onClick={() => goTo(props.editor, other())}
              >
                {other().mark}
              </button>
            </li>
          )}
        </Index>
        <Show when={props.others.length > mostMarks}>
          <li class="muted">and {props.others.length - mostMarks} more</li>
        </Show>
      </ul>
    </Show>
    <p class="visually-hidden" aria-live="polite">
      {props.news}
    </p>
  </>
);

/** Over the canvas, in its own measure: moved with it, and as large however far it is seen from. */
export const OthersOnCanvas: Component<{
  readonly others: ReadonlyArray<Other>;
  readonly placed: Placed;
  readonly scale: number;
}> = (props) => {
  const at = (x: number, y: number) => `${Math.round(x * props.scale)}px ${Math.round(y * props.scale)}px`;
  return (
    <div class="scene-presence" aria-hidden="true">
      <Index each={props.others}>
        {(other) => (
          <div data-colour={other().colour}>
            <For each={other().at.nodes}>
              {(id, place) => (
                <Show when={props.placed.rects.get(id)}>
                  {(rect) => (
                    <div
                      class="scene-held"
                      style={{
                        translate: at(rect().x, rect().y),
                        width: `${rect().width * props.scale}px`,
                        height: `${rect().height * props.scale}px`,
                      }}
                    >
                      <Show when={place() === 0}>
                        <span class="scene-held-name">{other().name}</span>
                      </Show>
                    </div>
                  )}
                </Show>
              )}
            </For>
            <Show when={props.placed.curves.get(other().at.edge ?? "")}>
              {(curve) => {
                const middle = () => pointOn(curve(), 0.5);
                return (
                  <span class="scene-held-edge" style={{ translate: at(middle().x, middle().y) }}>
                    {other().name}
                  </span>
                );
              }}
            </Show>
            <Show when={other().at.cursor}>
              {(cursor) => (
                <div class="scene-cursor" style={{ translate: at(cursor().x, cursor().y) }}>
                  <svg viewBox="0 0 16 16" width="16" height="16">
                    <path d="M1 1 L14 7 L8 8.6 L5.6 14.4 Z" />
                  </svg>
                  <span>{other().name}</span>
                </div>
              )}
            </Show>
          </div>
        )}
      </Index>
    </div>
  );
};

/** Says who else has the same selected. */
export const AlsoHere: Component<{ readonly editor: Editor; readonly others: ReadonlyArray<Other> }> = (props) => {
  const names = () => {
    const [selected, edge] = [props.editor.selected(), props.editor.edge()];
    return props.others.flatMap(({ at, name }) =>
      (edge !== null && at.edge === edge) || at.nodes.some((id) => selected.has(id)) ? [name] : [],
    );
  };
  return (
    <Show when={names().length > 0}>
      <p class="scene-hint scene-also">Also here: {names().join(", ")}.</p>
    </Show>
  );
};
