// Plays a video and walks through it frame by frame, by buttons, by keys and by a bar that shows what is where.
import Maximize from "lucide-solid/icons/maximize";
import Pause from "lucide-solid/icons/pause";
import Play from "lucide-solid/icons/play";
import Repeat from "lucide-solid/icons/repeat";
import StepBack from "lucide-solid/icons/step-back";
import StepForward from "lucide-solid/icons/step-forward";
import Volume from "lucide-solid/icons/volume-2";
import VolumeOff from "lucide-solid/icons/volume-x";
import { createEffect, createSignal, on, onCleanup, onMount, Show, untrack, type Component, type JSX } from "solid-js";
import type { Asset } from "#protocol/asset.ts";
import { IconButton } from "#web/ui/button.tsx";
import { actAt, type ActsOf, type playerKeys } from "#web/ui/place-keys.ts";
import { spriteFrameAt, spriteStyle } from "#web/ui/sprite.ts";
import { frameAt, framesIn, shuttle, timecode, timeOfFrame } from "./frames.ts";

export interface PlayerHandle {
  /** What is shown right now, ms. */
  readonly timeMs: () => number;
  readonly seek: (ms: number) => void;
}

interface PlayerProps {
  readonly asset: Asset;
  readonly src: string;
  /** False: not seen, so it stops. */
  readonly visible: boolean;
  readonly loop: boolean;
  readonly muted: boolean;
  readonly onLoop: (loop: boolean) => void;
  readonly onMuted: (muted: boolean) => void;
  /** The file cannot be had or played under this URL. */
  readonly onBroken: () => void;
  readonly handle: (handle: PlayerHandle) => void;
  /** Further buttons of the bar. */
  readonly children?: JSX.Element;
}

export const Player: Component<PlayerProps> = (props) => {
  const [time, setTime] = createSignal(0);
  /** 0: paused; below: backwards. */
  const [speed, setSpeed] = createSignal(0);
  const [hover, setHover] = createSignal<number | null>(null);
  let video: HTMLVideoElement | undefined;
  let stage: HTMLDivElement | undefined;
  /** Where to go once the seek that is under way has ended; where to start once there is something to play. */
  let wanted: number | null = null;

  const length = () => (props.asset.durationMs ?? 0) / 1000;
  const seek = (seconds: number) => {
    const to = Math.min(Math.max(seconds, 0), Math.max(length(), 0));
    setTime(to);
    if (video === undefined || video.readyState === 0 || video.seeking) {
      wanted = to;
    } else {
      wanted = null;
      video.currentTime = to;
    }
  };
  const seekWanted = () => wanted !== null && seek(wanted);

  const run = (next: number) => {
    setSpeed(next);
    if (video === undefined) {
      return;
    }
    if (next > 0) {
      video.playbackRate = next;
      // Refused (nothing loaded yet, no gesture): the button shows that it does not play.
      video.play().catch(() => setSpeed(0));
    } else {
      video.pause();
    }
  };
  const toggle = () => run(speed() === 0 ? 1 : 0);
  const stepFrames = (by: number) => {
    run(0);
    seek(timeOfFrame(props.asset, frameAt(props.asset, time()) + by));
  };

  // Backwards, which no browser plays: seeks as fast as they are answered.
  createEffect(
    on(speed, (now) => {
      if (now < 0) {
        let last = performance.now();
        let frame = requestAnimationFrame(function back(at: number) {
          if (video !== undefined && !video.seeking) {
            seek(time() + ((at - last) / 1000) * now);
            last = at;
          }
          if (time() <= 0) {
            run(0);
          } else {
            frame = requestAnimationFrame(back);
          }
        });
        onCleanup(() => cancelAnimationFrame(frame));
      }
    }),
  );
  createEffect(() => !props.visible && run(0));

  onMount(() => {
    const own = video;
    if (own === undefined) {
      return;
    }
    props.handle({ timeMs: () => Math.round(time() * 1000), seek: (ms) => seek(ms / 1000) });
    // Each shown frame tells its own time; `timeupdate` comes four times a second only.
    if ("requestVideoFrameCallback" in own) {
      let frame = own.requestVideoFrameCallback(function shown(_now, { mediaTime }) {
        if (!own.paused) {
          setTime(mediaTime);
        }
        frame = own.requestVideoFrameCallback(shown);
      });
      onCleanup(() => own.cancelVideoFrameCallback(frame));
    }
  });
  // Set once the element stands in the page: before that browsers refuse to load. Another URL goes on where the last one stood.
  createEffect(() => {
    if (video !== undefined) {
      wanted = untrack(time);
      video.src = props.src;
    }
  });

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const own: ActsOf<typeof playerKeys> = {
      " ": toggle,
      ",": () => stepFrames(-1),
      ".": () => stepFrames(1),
      ArrowLeft: () => stepFrames(event.shiftKey ? -10 : -1),
      ArrowRight: () => stepFrames(event.shiftKey ? 10 : 1),
      Home: () => seek(0),
      End: () => seek(timeOfFrame(props.asset, framesIn(props.asset))),
      j: () => run(shuttle(speed(), "j")),
      k: () => run(speed() === 0 ? 1 : shuttle(speed(), "k")),
      l: () => run(shuttle(speed(), "l")),
      m: () => props.onMuted(!props.muted),
      r: () => props.onLoop(!props.loop),
      f: () => void stage?.requestFullscreen(),
    };
    const act = actAt(event, own);
    // A focused button keeps its own space bar.
    if (act === undefined || (event.key === " " && event.target instanceof HTMLButtonElement)) {
      return;
    }
    act();
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div class="player" role="group" aria-label="Player" onKeyDown={onKeyDown} ref={(element) => (stage = element)}>
      <video
        ref={(element) => (video = element)}
        tabIndex={0}
        aria-label={props.asset.name}
        poster={props.asset.urls.poster ?? undefined}
        width={props.asset.width}
        height={props.asset.height}
        loop={props.loop}
        muted={props.muted}
        playsinline
        preload="auto"
        onClick={toggle}
        onError={() => props.onBroken()}
        onLoadedData={seekWanted}
        onSeeked={seekWanted}
        onTimeUpdate={(event) => !event.currentTarget.paused && setTime(event.currentTarget.currentTime)}
        onPlay={() => speed() <= 0 && setSpeed(1)}
        onPause={() => speed() > 0 && setSpeed(0)}
      />
      <div class="player-bar">
        <div class="player-scrub">
          <input
            class="ui-slider"
            type="range"
            aria-label="Place in the video"
            aria-valuetext={`${timecode(props.asset, time())}, frame ${frameAt(props.asset, time()) + 1} of ${framesIn(props.asset)}`}
            min={0}
            max={Math.max(length(), 0.001)}
            step="any"
            value={time()}
            onInput={(event) => {
              run(0);
              seek(event.currentTarget.valueAsNumber);
            }}
            onPointerMove={(event) => {
              const box = event.currentTarget.getBoundingClientRect();
              setHover(Math.min(Math.max((event.clientX - box.left) / Math.max(box.width, 1), 0), 1));
            }}
            onPointerLeave={() => setHover(null)}
          />
          <Show when={hover() === null ? null : props.asset.urls.sprite}>
            {(sprite) => (
              <span class="player-preview" style={{ "--place": `${(hover() ?? 0) * 100}%` }}>
                <span
                  style={{
                    "aspect-ratio": `${sprite().width} / ${sprite().height}`,
                    ...spriteStyle(sprite(), spriteFrameAt(sprite(), hover() ?? 0)),
                  }}
                />
                {timecode(props.asset, (hover() ?? 0) * length())}
              </span>
            )}
          </Show>
        </div>
        <div class="player-buttons">
          <IconButton size="s" label="Frame back" keys="," icon={StepBack} onClick={() => stepFrames(-1)} />
          <Show when={speed() === 0} fallback={<IconButton size="s" label="Pause" keys="K" icon={Pause} onClick={toggle} />}>
            <IconButton size="s" label="Play" keys="K" icon={Play} onClick={toggle} />
          </Show>
          <IconButton size="s" label="Frame on" keys="." icon={StepForward} onClick={() => stepFrames(1)} />
          <span class="player-time">
            {timecode(props.asset, time())}
            <span class="muted">
              {" "}
              frame {frameAt(props.asset, time()) + 1} of {framesIn(props.asset)}
            </span>
            <Show when={speed() !== 0 && speed() !== 1}>
              <strong> {speed()}×</strong>
            </Show>
          </span>
          <span class="player-more">
            {props.children}
            <IconButton size="s" label="Loop" keys="R" icon={Repeat} pressed={props.loop} onClick={() => props.onLoop(!props.loop)} />
            <Show when={props.asset.audioCodec !== null}>
              <Show
                when={props.muted}
                fallback={<IconButton size="s" label="Mute" keys="M" icon={Volume} onClick={() => props.onMuted(true)} />}
              >
                <IconButton size="s" label="Sound on" keys="M" icon={VolumeOff} onClick={() => props.onMuted(false)} />
              </Show>
            </Show>
            <IconButton size="s" label="Full screen" keys="F" icon={Maximize} onClick={() => void stage?.requestFullscreen()} />
          </span>
        </div>
      </div>
    </div>
  );
};
