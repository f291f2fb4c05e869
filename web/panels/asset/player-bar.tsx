// The bar below what plays, be it one video or several: where it stands, and buttons and keys that move it.
import Pause from "lucide-solid/icons/pause";
import Play from "lucide-solid/icons/play";
import StepBack from "lucide-solid/icons/step-back";
import StepForward from "lucide-solid/icons/step-forward";
import { createSignal, Show, type Component, type JSX } from "solid-js";
import { IconButton } from "#web/ui/button.tsx";
import { actAt } from "#web/ui/place-keys.ts";
import { spriteFrameAt, spriteStyle, type Sprite } from "#web/ui/sprite.ts";
import { frameAt, framesIn, timecode, type Timing } from "./frames.ts";
import "./player-bar.css";

interface PlayerBarProps {
  readonly timing: Timing;
  /** s */
  readonly time: number;
  /** 0: paused; below: backwards. */
  readonly speed: number;
  /** Shown over the scale where the pointer is. */
  readonly sprite: Sprite | null;
  readonly onSeek: (seconds: number) => void;
  readonly onToggle: () => void;
  readonly onStep: (frames: number) => void;
  /** Further buttons, at the right. */
  readonly children: JSX.Element;
}

/** Does what a key means to a player; leaves the others alone. */
export const onPlayerKey = (event: KeyboardEvent, acts: Readonly<Record<string, () => void>>): void => {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  const act = actAt(event, acts);
  // A focused button keeps its own space bar.
  if (act === undefined || (event.key === " " && event.target instanceof HTMLButtonElement)) {
    return;
  }
  act();
  event.preventDefault();
  event.stopPropagation();
};

export const PlayerBar: Component<PlayerBarProps> = (props) => {
  const [hover, setHover] = createSignal<number | null>(null);
  const length = () => (props.timing.durationMs ?? 0) / 1000;
  const frameWords = () => `frame ${frameAt(props.timing, props.time) + 1} of ${framesIn(props.timing)}`;
  return (
    <div class="player-bar">
      <div class="player-scrub">
        <input
          class="ui-slider"
          type="range"
          aria-label="Place in the video"
          aria-valuetext={`${timecode(props.timing, props.time)}, ${frameWords()}`}
          min={0}
          max={Math.max(length(), 0.001)}
          step="any"
          value={props.time}
          onInput={(event) => props.onSeek(event.currentTarget.valueAsNumber)}
          onPointerMove={(event) => {
            const box = event.currentTarget.getBoundingClientRect();
            setHover(Math.min(Math.max((event.clientX - box.left) / Math.max(box.width, 1), 0), 1));
          }}
          onPointerLeave={() => setHover(null)}
        />
        <Show when={hover() === null ? null : props.sprite}>
          {(sprite) => (
            <span class="player-preview" style={{ "--place": `${(hover() ?? 0) * 100}%` }}>
              <span
                style={{
                  "aspect-ratio": `${sprite().width} / ${sprite().height}`,
                  ...spriteStyle(sprite(), spriteFrameAt(sprite(), hover() ?? 0)),
                }}
              />
              {timecode(props.timing, (hover() ?? 0) * length())}
            </span>
          )}
        </Show>
      </div>
      <div class="player-buttons">
        <IconButton size="s" label="Frame back" keys="," icon={StepBack} onClick={() => props.onStep(-1)} />
        {/* One button whatever it says: another in its place would lose the focus, and the keys with it. */}
        <IconButton
          size="s"
          label={props.speed === 0 ? "Play" : "Pause"}
          keys="K"
          icon={props.speed === 0 ? Play : Pause}
          onClick={() => props.onToggle()}
        />
        <IconButton size="s" label="Frame on" keys="." icon={StepForward} onClick={() => props.onStep(1)} />
        <span class="player-time">
          {timecode(props.timing, props.time)}
          <span class="muted"> {frameWords()}</span>
          <Show when={props.speed !== 0 && props.speed !== 1}>
            <strong> {props.speed}×</strong>
          </Show>
        </span>
        <span class="player-more">{props.children}</span>
      </div>
    </div>
  );
};
