// One picture of the gallery: placeholder, thumbnail of the right size, and for a video its frames under a moving pointer. As the gallery
// scrolls, one tile shows many assets: what is known of a picture goes by its address.
import Film from "lucide-solid/icons/film";
import Star from "lucide-solid/icons/star";
import { createMemo, createSignal, Show, type Component } from "solid-js";
import type { Asset } from "#protocol/asset.ts";
import { formatClock } from "#web/ui/format.ts";
import { spriteFrameAt, spriteStyle } from "#web/ui/sprite.ts";
import { placeholderOf } from "./placeholder.ts";

interface TileProps {
  readonly asset: Asset;
  readonly domId: string;
  /** px */
  readonly width: number;
  readonly height: number;
  readonly selected: boolean;
  readonly current: boolean;
  /** Place among those loaded, and how many there are: for screen readers, which see a part of the list only. */
  readonly place: number;
  readonly total: number;
  readonly onPick: (event: MouseEvent) => void;
  readonly onOpen: () => void;
  readonly onMenu: (event: MouseEvent) => void;
  readonly onDrag: (event: DragEvent) => void;
}

/** The smallest thumbnail with enough pixels for the tile; a small picture without thumbnails stands for itself. */
const pictureOf = ({ urls, mediaType }: Asset, longEdge: number): string | undefined => {
  const pixels = longEdge * (window.devicePixelRatio || 1);
  const { thumbs } = urls;
  // A little too few cannot be seen, and cost a quarter.
  return thumbs === null
    ? (urls.poster ?? (mediaType === "image" ? urls.original : undefined))
    : pixels <= 200
      ? thumbs.s
      : pixels <= 400
        ? thumbs.m
        : thumbs.l;
};

export const Tile: Component<TileProps> = (props) => {
  const [scrub, setScrub] = createSignal<number | null>(null);
  const [broken, setBroken] = createSignal<string | null>(null);
  const [shown, setShown] = createSignal<string | null>(null);
  const picture = createMemo(() => {
    const url = pictureOf(props.asset, Math.max(props.width, props.height));
    return url === broken() ? undefined : url;
  });
  const sprite = () => (scrub() === null ? null : props.asset.urls.sprite);

  return (
    <div
      id={props.domId}
      class="tile"
      role="option"
      aria-selected={props.selected}
      aria-label={`${props.asset.name}, ${props.asset.mediaType}${props.asset.favourite ? ", favourite" : ""}`}
      aria-setsize={props.total}
      aria-posinset={props.place + 1}
      data-current={props.current ? "" : undefined}
      draggable={true}
      style={{ "background-image": shown() === picture() ? "none" : placeholderOf(props.asset.thumbhash) }}
      onClick={(event) => props.onPick(event)}
      onDblClick={() => props.onOpen()}
      onContextMenu={(event) => props.onMenu(event)}
      onDragStart={(event) => props.onDrag(event)}
      onPointerMove={(event) => {
        if (event.pointerType === "mouse" && props.asset.urls.sprite !== null) {
          const box = event.currentTarget.getBoundingClientRect();
          setScrub(Math.min(Math.max((event.clientX - box.left) / Math.max(box.width, 1), 0), 1));
        }
      }}
      onPointerLeave={() => setScrub(null)}
    >
      {/* Keyed: an image that is given another address shows the old picture until the new one has come. */}
      <Show when={picture()} keyed fallback={<Film size={22} aria-hidden="true" />}>
        {(src) => <img src={src} alt="" decoding="async" draggable={false} onLoad={() => setShown(src)} onError={() => setBroken(src)} />}
      </Show>
      <Show when={sprite()}>
        {(sheet) => (
          <>
            <span class="tile-frame" style={spriteStyle(sheet(), spriteFrameAt(sheet(), scrub() ?? 0))} />
            <span class="tile-line" style={{ scale: `${scrub() ?? 0} 1` }} />
          </>
        )}
      </Show>
      <Show when={props.asset.favourite}>
        <span class="tile-star">
          <Star size={13} fill="currentColor" aria-hidden="true" />
        </span>
      </Show>
      <Show when={props.asset.durationMs}>{(ms) => <span class="tile-time">{formatClock((scrub() ?? 1) * ms())}</span>}</Show>
      <span class="tile-name truncate">{props.asset.name}</span>
    </div>
  );
};
