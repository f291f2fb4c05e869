// One video of a comparison: its picture on the common clock, what sets it apart, and what can be done with it from here.
import ExternalLink from "lucide-solid/icons/external-link";
import ImagePlus from "lucide-solid/icons/image-plus";
import Star from "lucide-solid/icons/star";
import Trash from "lucide-solid/icons/trash";
import Undo from "lucide-solid/icons/undo-2";
import Volume from "lucide-solid/icons/volume-2";
import VolumeOff from "lucide-solid/icons/volume-x";
import X from "lucide-solid/icons/x";
import { createEffect, createMemo, For, onCleanup, Show, type Component } from "solid-js";
import type { Asset } from "#protocol/asset.ts";
import { openPanel } from "#web/dock/panel.ts";
import { restoreAssets, sendToForm, toggleFavourites, trashAssets } from "#web/panels/asset/actions.ts";
import type { Timing } from "#web/panels/asset/frames.ts";
import { createSource } from "#web/panels/asset/source.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button, IconButton } from "#web/ui/button.tsx";
import type { Fact } from "#web/ui/facts.tsx";
import { lastPlace } from "./clock.ts";
import type { Sync } from "./sync.ts";

interface TileProps {
  readonly asset: Asset;
  /** From 0. */
  readonly place: number;
  readonly differing: ReadonlyArray<Fact>;
  readonly sync: Sync;
  readonly heard: boolean;
  readonly onHear: () => void;
  readonly onToggle: () => void;
  readonly onTakeOut: () => void;
}

export const Tile: Component<TileProps> = (props) => {
  const workspace = useWorkspace();
  const { src, broken, renew } = createSource(() => props.asset);
  const inTrash = () => props.asset.deletedAt !== null;
  const timing = createMemo((): Timing => ({ durationMs: props.asset.durationMs, fps: props.asset.fps }), undefined, {
    equals: (a, b) => a.durationMs === b.durationMs && a.fps === b.fps,
  });
  const isShorter = createMemo(() => lastPlace(props.asset) < lastPlace(props.sync.timing()));
  const hasEnded = createMemo(() => isShorter() && props.sync.place() > lastPlace(props.asset));
  let video: HTMLVideoElement | undefined;
  // One that cannot be played is not waited for.
  createEffect(() => {
    if (video !== undefined && broken() === null) {
      onCleanup(props.sync.join(video, timing()));
    }
  });
  // Set once the element stands in the page: before that browsers refuse to load.
  createEffect(() => {
    const url = src();
    if (video !== undefined && url !== undefined) video.src = url;
  });
  return (
    <figure class="compare-tile" data-place={props.place + 1} aria-label={props.asset.name}>
      <div class="compare-picture">
        <video
          ref={(element) => (video = element)}
          aria-label={props.asset.name}
          poster={props.asset.urls.poster ?? undefined}
          width={props.asset.width}
          height={props.asset.height}
          muted={!props.heard}
          playsinline
          preload="auto"
          onClick={() => props.onToggle()}
          onError={() => void renew()}
        />
        <span class="compare-number">{props.place + 1}</span>
        <Show when={broken() ?? (hasEnded() ? "Ended: holds its last frame" : null)}>
          {(note) => <span class="compare-note">{note()}</span>}
        </Show>
      </div>
      <figcaption>
        <div class="compare-top">
          <span class="compare-number" aria-hidden="true">
            {props.place + 1}
          </span>
          <strong class="truncate" title={props.asset.name}>
            {props.asset.name}
          </strong>
          <Show when={props.asset.audioCodec !== null}>
            <IconButton
              size="s"
              label="Hear this one"
              keys={String(props.place + 1)}
              icon={props.heard ? Volume : VolumeOff}
              pressed={props.heard}
              onClick={() => props.onHear()}
            />
          </Show>
          <Show
            when={!inTrash()}
            fallback={
              <Button size="s" icon={Undo} onClick={() => void restoreAssets(workspace, [props.asset.id])}>
                Bring back
              </Button>
            }
          >
            <IconButton
              size="s"
              label={props.asset.favourite ? "Remove from favourites" : "Add to favourites"}
              icon={Star}
              pressed={props.asset.favourite}
              onClick={() => void toggleFavourites(workspace, [props.asset.id])}
            />
            <IconButton size="s" label="Use as input" icon={ImagePlus} onClick={() => sendToForm(workspace, [props.asset])} />
            <IconButton size="s" label="Move to the trash" icon={Trash} onClick={() => void trashAssets(workspace, [props.asset.id])} />
          </Show>
          <IconButton
            size="s"
            label="Open"
            icon={ExternalLink}
            onClick={() => openPanel("asset", { assetId: props.asset.id, timeMs: Math.round(props.sync.place() * 1000) })}
          />
          <IconButton size="s" label="Take out of the comparison" icon={X} onClick={() => props.onTakeOut()} />
        </div>
        <Show when={props.differing.length > 0} fallback={<p class="muted">Nothing that is known sets it apart.</p>}>
          <dl class="compare-facts">
            <For each={props.differing}>
              {(fact) => (
                <div>
                  <dt>{fact.name}</dt>
                  <dd title={fact.value ?? undefined}>{fact.value ?? <span class="muted">left open</span>}</dd>
                </div>
              )}
            </For>
          </dl>
        </Show>
      </figcaption>
    </figure>
  );
};
