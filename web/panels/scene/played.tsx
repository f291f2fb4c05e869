// How versions of the scene were played: where it led, how it ended, where people left. The canvas shows the same as the weight of its edges.
import { createEffect, createMemo, createResource, createSignal, For, Show, type Component } from "solid-js";
import type { SceneNode } from "#protocol/scene/scene.ts";
import type { StoryFlow } from "#protocol/scene/play/flow.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button } from "#web/ui/button.tsx";
import { Select } from "#web/ui/choice.tsx";
import { formatCount, formatSpan } from "#web/ui/format.ts";
import type { Editor } from "./editor.ts";
import { Part } from "./pickers.tsx";
import { nameOf } from "./words.ts";

/** What of it belongs to the scene that is edited. */
export interface SceneFlow {
  readonly plays: number;
  readonly nodes: ReadonlyMap<string, StoryFlow["nodes"][number]>;
  /** How often each was taken. */
  readonly edges: ReadonlyMap<string, number>;
  readonly most: number;
}

export const flowIn = ({ plays, nodes, edges }: StoryFlow, scene: string): SceneFlow => {
  const own = edges.filter((edge) => edge.scene === scene);
  return {
    plays,
    nodes: new Map(nodes.filter((node) => node.scene === scene).map((node) => [node.node, node])),
    edges: new Map(own.map(({ edge, taken }) => [edge, taken])),
    most: Math.max(1, ...own.map(({ taken }) => taken)),
  };
};

const percent = (part: number, whole: number): string => `${whole === 0 ? 0 : Math.round((100 * part) / whole)} %`;

/** How long they stayed: nobody goes on from an ending, and of who stopped here it is not known. */
const stayOf = (node: SceneNode, visits: number, ms: number, stopped: number): ReadonlyArray<string> => {
  if (node.type === "end") return ["The end"];
  if (ms > 0 && visits > 0) return [`${formatSpan(ms / visits)} each`];
  return stopped >= visits ? [] : ["passed at once"];
};

const Bar: Component<{ readonly share: number }> = (props) => (
  <span class="scene-share" aria-hidden="true">
    <span style={{ width: `${Math.round(props.share * 100)}%` }} />
  </span>
);

export const Played: Component<{ readonly editor: Editor; readonly onFlow: (flow: SceneFlow | null) => void }> = (props) => {
  const { client } = useWorkspace();
  const scene = () => props.editor.store.scene();
  const [versions] = createResource(
    () => scene()?.latest?.id,
    () => client.call("scenes.versions", { id: scene()!.id }).then((answer) => answer.versions),
  );
  const [chosen, setChosen] = createSignal<string | null>(null);
  const version = () => chosen() ?? scene()?.latest?.id;
  const [counted, { refetch }] = createResource(version, (versionId) =>
    client.call("play.flow", { versionId }).then(
      (answer) => ({ ...answer, problem: null }),
      (error: unknown) => ({ playthroughs: 0, flow: null, problem: sentenceOf(error) }),
    ),
  );
  const flow = () => counted.latest?.flow ?? null;
  const own = createMemo(() => {
    const [all, id] = [flow(), scene()?.id];
    return all === null || id === undefined ? null : flowIn(all, id);
  });
  createEffect(() => props.onFlow(own()));
  /** Those where people stand and have not gone on, or stayed: the most first. */
  const nodes = (): ReadonlyArray<readonly [SceneNode, StoryFlow["nodes"][number]]> => {
    const graph = props.editor.store.graph();
    return [...(own()?.nodes.values() ?? [])]
      .flatMap((counts) => {
        const node = graph.nodes.get(counts.node);
        return node === undefined ? [] : [[node, counts] as const];
      })
      .toSorted(([, a], [, b]) => b.stopped - a.stopped || b.visits - a.visits);
  };
  return (
    <Show
      when={version() !== undefined}
      fallback={<p class="scene-hint">Publish the scene: how its versions are played is counted here.</p>}
    >
      <Show when={(versions.latest ?? []).length > 1}>
        <Select
          size="s"
          label="Version"
          value={version()!}
          onChange={setChosen}
          options={(versions.latest ?? []).map(({ id, number, note }) => ({
            value: id,
            label: `Version ${number}${note === "" ? "" : `: ${note}`}`,
          }))}
        />
      </Show>
      <Show when={counted.latest?.problem ?? null}>
        {(problem) => (
          <p class="scene-hint" role="alert">
            {problem()}{" "}
            <Button size="s" onClick={() => void refetch()}>
              Try again
            </Button>
          </p>
        )}
      </Show>
      <Show when={flow()}>
        {(all) => (
          <Show when={all().plays > 0} fallback={<p class="scene-hint">Nobody has played this version yet.</p>}>
            <p class="scene-hint">
              {formatCount(counted.latest!.playthroughs, "playthrough")}
              {counted.latest!.playthroughs > all().plays ? `, of which the newest ${all().plays} are counted` : ""}.{" "}
              <Button size="s" tone="ghost" onClick={() => void refetch()}>
                Count again
              </Button>
            </p>
            <Part title="How it ended">
              <ul class="scene-list" aria-label="How it ended">
                <For each={all().endings}>
                  {({ ending, plays }) => (
                    <li class="scene-count">
                      <span class="truncate">{ending === "" ? "Nothing led on" : ending}</span>
                      <Bar share={plays / all().plays} />
                      <span class="scene-number">{`${plays} (${percent(plays, all().plays)})`}</span>
                    </li>
                  )}
                </For>
                <li class="scene-count">
                  <span class="muted truncate">still going on</span>
                  <Bar share={1 - all().endings.reduce((sum, { plays }) => sum + plays, 0) / all().plays} />
                  <span class="scene-number">{all().plays - all().endings.reduce((sum, { plays }) => sum + plays, 0)}</span>
                </li>
              </ul>
            </Part>
            <Part title="Where they were">
              <ul class="scene-list" aria-label="Where they were">
                <For each={nodes()}>
                  {([node, { visits, stopped, ms }]) => (
                    <li>
                      <button type="button" class="scene-row" onClick={() => props.editor.show({ node: node.id })}>
                        <span class="scene-row-top">
                          <strong class="truncate">{nameOf(props.editor.store.graph(), node)}</strong>
                          <span class="scene-number">{formatCount(visits, "visit")}</span>
                        </span>
                        <span class="scene-row-text">
                          {[
                            ...stayOf(node, visits, ms, stopped),
                            ...(stopped > 0
                              ? [`${formatCount(stopped, "playthrough")} stopped here (${percent(stopped, all().plays)})`]
                              : []),
                          ].join(", ")}
                        </span>
                      </button>
                    </li>
                  )}
                </For>
              </ul>
            </Part>
          </Show>
        )}
      </Show>
    </Show>
  );
};
