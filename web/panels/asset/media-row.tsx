// An asset as a row: its picture, its name, and a click opens it.
import Clapperboard from "lucide-solid/icons/clapperboard";
import { createEffect, Show, type Component } from "solid-js";
import { openPanel } from "#web/dock/panel.ts";
import { setDraggedAssets } from "#web/store/drag.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { formatClock, formatSpan } from "#web/ui/format.ts";
import "./media-row.css";

interface MediaRowProps {
  readonly assetId: string;
  /** What it is here: `image @fox`. */
  readonly words: string;
  readonly timeMs?: number;
}

export const MediaRow: Component<MediaRowProps> = (props) => {
  const { assets } = useWorkspace();
  createEffect(() => assets.ensure(props.assetId));
  const asset = () => assets.row(props.assetId);
  const picture = () => {
    const urls = asset()?.urls;
    return urls?.thumbs?.s ?? urls?.poster ?? undefined;
  };
  return (
    <button
      type="button"
      class="media-row"
      draggable="true"
      onDragStart={(event) => setDraggedAssets(event, [props.assetId])}
      onClick={() => openPanel("asset", { assetId: props.assetId, ...(props.timeMs === undefined ? {} : { timeMs: props.timeMs }) })}
    >
      <span class="media-row-picture">
        <Show when={picture()} fallback={<Clapperboard size={18} aria-hidden="true" />}>
          {(src) => <img src={src()} alt="" decoding="async" draggable={false} />}
        </Show>
      </span>
      <span class="media-row-words">
        <strong class="truncate">{asset()?.name ?? "An asset"}</strong>
        <span class="muted truncate">
          {props.words}
          <Show when={props.timeMs}>{(time) => <> at {formatSpan(time())}</>}</Show>
          <Show when={asset()?.durationMs}>{(ms) => <> · {formatClock(ms())}</>}</Show>
          <Show when={asset()?.deletedAt}> · in the trash</Show>
        </span>
      </span>
    </button>
  );
};
