// Where a clip of an asset begins and ends, to the frame: by the player's own keys and two buttons.
import { createEffect, createSignal, onMount, Show, type Component } from "solid-js";
import type { Asset } from "#protocol/asset.ts";
import type { SegmentMedia } from "#protocol/scene/scene.ts";
import { frameAt, rateOf, timecode } from "#web/panels/asset/frames.ts";
import { Player, type PlayerHandle } from "#web/panels/asset/player.tsx";
import { createSource } from "#web/panels/asset/source.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button } from "#web/ui/button.tsx";
import { assetOf } from "./node-view.tsx";

interface TrimProps {
  readonly media: SegmentMedia;
  readonly onChange: (media: SegmentMedia) => void;
}

export const Trim: Component<TrimProps> = (props) => {
  const { assets } = useWorkspace();
  const id = () => assetOf(props.media);
  createEffect(() => {
    const wanted = id();
    if (wanted !== null) assets.ensure(wanted);
  });
  const asset = () => assets.row(id() ?? "");
  return (
    <Show when={asset()} fallback={<p class="scene-hint">The clip is not here.</p>}>
      {(asset) => <TrimOf asset={asset()} media={props.media} onChange={props.onChange} />}
    </Show>
  );
};

/** A part of an asset from the frame at the one time to that at the other; the whole, where it is all of it. Null: it would be no frame. */
export const trimmed = (asset: Asset, startMs: number, endMs: number): SegmentMedia | null => {
  const length = asset.durationMs ?? 0;
  const edge = (ms: number) => Math.round((frameAt(asset, ms / 1000) / rateOf(asset)) * 1000);
  const [start, end] = [edge(startMs), endMs >= length ? length : edge(endMs)];
  if (start >= end) return null;
  return start === 0 && end >= length
    ? { kind: "asset", assetId: asset.id }
    : { kind: "clip", assetId: asset.id, startMs: start, endMs: end };
};

const TrimOf: Component<TrimProps & { readonly asset: Asset }> = (props) => {
  const source = createSource(() => props.asset);
  const [loop, setLoop] = createSignal(false);
  const [muted, setMuted] = createSignal(true);
  let handle: PlayerHandle | undefined;
  const length = () => props.asset.durationMs ?? 0;
  const startMs = () => (props.media.kind === "clip" ? props.media.startMs : 0);
  const endMs = () => (props.media.kind === "clip" ? props.media.endMs : length());
  const set = (start: number, end: number) => {
    const media = trimmed(props.asset, start, end);
    if (media !== null) props.onChange(media);
  };
  return (
    <div class="scene-trim" ref={(element) => onMount(() => element.scrollIntoView({ block: "nearest" }))}>
      <Show when={source.broken() === null} fallback={<p class="scene-hint">{source.broken()}</p>}>
        <Player
          asset={props.asset}
          src={source.src()}
          sound={source.sound()}
          visible={true}
          loop={loop()}
          muted={muted()}
          onLoop={setLoop}
          onMuted={setMuted}
          onBroken={() => void source.renew()}
          handle={(made) => (handle = made)}
        />
      </Show>
      <div class="scene-buttons">
        <Button size="s" onClick={() => set(handle?.timeMs() ?? 0, endMs())}>
          Begin at this frame
        </Button>
        <Button size="s" onClick={() => set(startMs(), handle?.timeMs() ?? length())}>
          End before this frame
        </Button>
        <Show when={props.media.kind === "clip"}>
          <Button size="s" onClick={() => set(0, length())}>
            The whole clip
          </Button>
        </Show>
      </div>
      <p class="scene-hint">
        <button type="button" class="scene-time" onClick={() => handle?.seek(startMs())}>
          {timecode(props.asset, startMs() / 1000)}
        </button>{" "}
        to{" "}
        <button type="button" class="scene-time" onClick={() => handle?.seek(endMs())}>
          {timecode(props.asset, endMs() / 1000)}
        </button>
      </p>
    </div>
  );
};
