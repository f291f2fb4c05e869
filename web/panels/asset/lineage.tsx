// What an asset was made from, and what was made of it; a click leads on.
import { createResource, For, Show, type Component } from "solid-js";
import type { LineageEdge, LineageRelation } from "#protocol/asset.ts";
import { Operation } from "#protocol/job.ts";
import { debounced } from "#web/store/debounced.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button } from "#web/ui/button.tsx";
import { operationLabels } from "#web/ui/job-state.tsx";
import { MediaRow } from "./media-row.tsx";

/** Lineage is read again once no asset has come for this long, ms. */
const settleMs = 500;

const relations: Readonly<Record<LineageRelation, string>> = {
  SOURCE_IMAGE: "Image",
  SOURCE_VIDEO: "Video",
  TRANSITION_INPUT: "Frame of a transition",
  FUSION_CHARACTER: "Subject",
  FUSION_BACKGROUND: "Background",
  PAUSED_FRAME: "Kept frame",
};

const wordsOf = ({ relation, operation }: LineageEdge): string => {
  const known = Operation.safeParse(operation);
  return known.success ? `${relations[relation]} · ${operationLabels[known.data]}` : relations[relation];
};

export const Lineage: Component<{ readonly assetId: string }> = (props) => {
  const { client, assets } = useWorkspace();
  // A new asset may be a child of this one; many come at once.
  const count = debounced(assets.count, settleMs);
  const [read, { refetch }] = createResource(
    () => ({ id: props.assetId, count: count() }),
    async ({ id }) => {
      const { assets: near, edges } = await client.call("assets.lineage", { id, depth: 1 });
      assets.put(near);
      const inOrder = edges.toSorted((a, b) => a.order - b.order);
      return { parents: inOrder.filter(({ childId }) => childId === id), children: inOrder.filter(({ parentId }) => parentId === id) };
    },
  );
  const edges = () => (read.error === undefined ? read.latest : undefined);
  return (
    <Show
      when={read.error === undefined}
      fallback={
        <p role="alert">
          Its lineage could not be read. {sentenceOf(read.error)}{" "}
          <Button size="s" onClick={() => void refetch()}>
            Try again
          </Button>
        </p>
      }
    >
      <Show when={(edges()?.parents.length ?? 0) > 0}>
        <h3>Made from</h3>
        <For each={edges()?.parents}>
          {(edge) => <MediaRow assetId={edge.parentId} words={wordsOf(edge)} {...(edge.timeMs === null ? {} : { timeMs: edge.timeMs })} />}
        </For>
      </Show>
      <Show when={(edges()?.children.length ?? 0) > 0}>
        <h3>Made of it</h3>
        <For each={edges()?.children}>{(edge) => <MediaRow assetId={edge.childId} words={wordsOf(edge)} />}</For>
      </Show>
    </Show>
  );
};
