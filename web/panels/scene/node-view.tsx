// One node on the canvas: what it is, its name, and of a video a picture. Moves by the position of its element alone.
import Bolt from "lucide-solid/icons/zap";
import Clapperboard from "lucide-solid/icons/clapperboard";
import CornerDownLeft from "lucide-solid/icons/corner-down-left";
import Flag from "lucide-solid/icons/flag";
import Gamepad from "lucide-solid/icons/gamepad-2";
import GitFork from "lucide-solid/icons/git-fork";
import Group from "lucide-solid/icons/group";
import ListTree from "lucide-solid/icons/list-tree";
import Play from "lucide-solid/icons/play";
import Sparkles from "lucide-solid/icons/sparkles";
import Workflow from "lucide-solid/icons/workflow";
import { createEffect, createMemo, createSignal, Show, type Accessor, type Component } from "solid-js";
import type { SceneNode, SegmentMedia } from "#protocol/scene/scene.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import type { Icon } from "#web/ui/button.tsx";
import type { Rect } from "./geometry.ts";
import type { SceneGraph } from "./graph.ts";
import { typeTitles } from "./make.ts";
import { labelOf, nameOf, summaryOf } from "./words.ts";

export const typeIcons: Readonly<Record<SceneNode["type"], Icon>> = {
  video: Clapperboard,
  choice: ListTree,
  action: Bolt,
  condition: GitFork,
  minigame: Gamepad,
  generation: Sparkles,
  scene_call: Workflow,
  return: CornerDownLeft,
  end: Flag,
  group: Group,
};

export const assetOf = (media: SegmentMedia | undefined): string | null =>
  media === undefined || media.kind === "missing" ? null : media.assetId;

/** A still of an asset; nothing while it is not known. */
export const Still: Component<{ readonly assetId: string | null }> = (props) => {
  const { assets } = useWorkspace();
  const [broken, setBroken] = createSignal<string | null>(null);
  createEffect(() => props.assetId !== null && assets.ensure(props.assetId));
  const src = () => {
    const asset = props.assetId === null ? undefined : assets.row(props.assetId);
    const url = asset?.urls.thumbs?.m ?? asset?.urls.poster ?? undefined;
    return url === broken() ? undefined : url;
  };
  return (
    <span class="scene-still">
      <Show when={src()} keyed fallback={<Clapperboard size={18} aria-hidden="true" />}>
        {(url) => <img src={url} alt="" decoding="async" draggable={false} onError={() => setBroken(url)} />}
      </Show>
    </span>
  );
};

interface NodeViewProps {
  readonly id: string;
  readonly graph: Accessor<SceneGraph>;
  readonly rect: Rect | undefined;
  readonly selected: boolean;
  readonly current: boolean;
  /** The focus is to go with the keyboard's node. */
  readonly focused: boolean;
  /** What a connection that is being drawn would lead to. */
  readonly target: boolean;
  readonly problems: number;
  readonly severity: "error" | "warning" | "hint" | null;
}

export const NodeView: Component<NodeViewProps> = (props) => {
  const node = createMemo(() => props.graph().nodes.get(props.id));
  let face: HTMLButtonElement | undefined;
  createEffect(() => props.current && props.focused && face?.focus({ preventScroll: true }));
  return (
    <Show when={node()}>
      {(node) => (
        <li
          class="scene-node"
          data-node={props.id}
          data-type={node().type}
          data-selected={props.selected ? "" : undefined}
          data-target={props.target ? "" : undefined}
          style={{
            translate: `${props.rect?.x ?? 0}px ${props.rect?.y ?? 0}px`,
            width: `${props.rect?.width ?? 0}px`,
            height: `${props.rect?.height ?? 0}px`,
            "--colour": node().type === "group" ? (node() as Extract<SceneNode, { type: "group" }>).colour : undefined,
          }}
        >
          <button
            type="button"
            class="scene-face"
            ref={(element) => (face = element)}
            tabIndex={props.current ? 0 : -1}
            aria-pressed={props.selected}
            aria-label={labelOf(props.graph(), node(), props.problems)}
          >
            <span class="scene-face-top">
              {typeIcons[node().type]({ size: 14, "aria-hidden": "true" })}
              <span class="truncate">{nameOf(props.graph(), node())}</span>
              <Show when={props.graph().body.start === props.id}>
                <span class="scene-start">
                  <Play size={10} aria-hidden="true" />
                  Start
                </span>
              </Show>
              <Show when={props.severity}>{(severity) => <span class="scene-mark" data-severity={severity()} />}</Show>
            </span>
            <Show when={node().type === "video"}>
              <Still assetId={assetOf((node() as Extract<SceneNode, { type: "video" }>).segments[0]?.media)} />
            </Show>
            <Show when={node().type !== "group"}>
              <span class="scene-face-text truncate">
                {node().title === "" ? typeTitles[node().type] : summaryOf(props.graph(), node())}
              </span>
            </Show>
          </button>
          <Show when={node().type !== "group" && node().type !== "end" && node().type !== "return"}>
            <span class="scene-port" data-port="" aria-hidden="true" />
          </Show>
          <Show when={node().type === "group"}>
            <span class="scene-corner" data-corner="" aria-hidden="true" />
          </Show>
        </li>
      )}
    </Show>
  );
};
