// Plays a video and walks through it frame by frame, by buttons, by keys and by a bar that shows what is where.
import Maximize from "lucide-solid/icons/maximize";
import Repeat from "lucide-solid/icons/repeat";
import Volume from "lucide-solid/icons/volume-2";
import VolumeOff from "lucide-solid/icons/volume-x";
import { createEffect, createSignal, on, onCleanup, onMount, Show, untrack, type Component, type JSX } from "solid-js";
import type { Asset } from "#protocol/asset.ts";
import { IconButton } from "#web/ui/button.tsx";
import type { ActsOf, playerKeys } from "#web/ui/place-keys.ts";
import { frameAt, framesIn, shuttle, timeOfFrame } from "./frames.ts";
import { onPlayerKey, PlayerBar } from "./player-bar.tsx";
import { playBeside } from "./sound-beside.ts";
import "./player.css";

export interface PlayerHandle {
  /** What is shown right now, ms. */
  readonly timeMs: () => number;
  readonly seek: (ms: number) => void;
}

interface PlayerProps {
  readonly asset: Asset;
  /** Undefined: nothing may be shown yet. */
  readonly src: string | undefined;
  /** The sound, where the video has none of its own. */
  readonly sound: string | undefined;
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
      if (props.src === undefined) video.removeAttribute("src");
      else video.src = props.src;
    }
  });

  createEffect(() => {
    if (video !== undefined && props.sound !== undefined) onCleanup(playBeside(video, props.sound));
  });

  const onKeyDown = (event: KeyboardEvent) => {
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
    onPlayerKey(event, own);
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
      <PlayerBar
        timing={props.asset}
        time={time()}
        speed={speed()}
        sprite={props.asset.urls.sprite}
        onSeek={(seconds) => {
          run(0);
          seek(seconds);
        }}
        onToggle={toggle}
        onStep={stepFrames}
      >
        {props.children}
        <IconButton size="s" label="Loop" keys="R" icon={Repeat} pressed={props.loop} onClick={() => props.onLoop(!props.loop)} />
        <Show when={props.asset.audioCodec !== null}>
          <IconButton
            size="s"
            label={props.muted ? "Sound on" : "Mute"}
            keys="M"
            icon={props.muted ? VolumeOff : Volume}
            onClick={() => props.onMuted(!props.muted)}
          />
        </Show>
        <IconButton size="s" label="Full screen" keys="F" icon={Maximize} onClick={() => void stage?.requestFullscreen()} />
      </PlayerBar>
    </div>
  );
};
