// Holds the elements of a comparison to one clock: looks at them at each frame of the screen while something moves, and not at all at rest.
import { createMemo, createSignal, onCleanup, untrack, type Accessor } from "solid-js";
import { frameAt, framesIn, timeOfFrame, type Timing } from "#web/panels/asset/frames.ts";
import { commonTiming, restAt, runAt, seekTo, tick, type Seen } from "./clock.ts";

interface Held {
  readonly element: HTMLVideoElement;
  readonly timing: Timing;
  seekingSince: number | null;
  seekTook: number;
  settledAt: number;
}

export interface Sync {
  /** s */
  readonly place: Accessor<number>;
  /** 0: paused; below: backwards. */
  readonly speed: Accessor<number>;
  /** They wait for one of them, or are on their way to a place. */
  readonly gathering: Accessor<boolean>;
  /** The length of the longest, with the frames of the finest. */
  readonly timing: Accessor<Timing>;
  /** Takes an element in; answers how to leave. */
  readonly join: (element: HTMLVideoElement, timing: Timing) => () => void;
  readonly run: (speed: number) => void;
  readonly seek: (seconds: number) => void;
  readonly stepFrames: (by: number) => void;
}

/** Before a seek of an element has been measured, s. */
const firstSeek = 0.05;

const now = (): number => performance.now() / 1000;

/** There is enough to play on; at the end nothing is left to be had. */
const isReady = ({ readyState, currentTime }: HTMLVideoElement, timing: Timing): boolean =>
  readyState >= HTMLMediaElement.HAVE_FUTURE_DATA ||
  (readyState === HTMLMediaElement.HAVE_CURRENT_DATA && frameAt(timing, currentTime) >= framesIn(timing) - 2);

/** `loop` is read at the end of the longest. */
export const createSync = (loop: Accessor<boolean>): Sync => {
  const [held, setHeld] = createSignal<ReadonlyArray<Held>>([]);
  const [clock, setClock] = createSignal(restAt(0, now()), { equals: false });
  const [place, setPlace] = createSignal(0);
  const speed = createMemo(() => clock().speed);
  const gathering = createMemo(() => clock().gathering);
  const timing = createMemo(() => commonTiming(held().map((each) => each.timing)));
  let frame: number | null = null;

  const see = ({ element, timing: own, seekingSince, seekTook, settledAt }: Held, at: number): Seen => ({
    timing: own,
    time: element.currentTime,
    seekingFor: seekingSince === null ? null : at - seekingSince,
    seekTook,
    settledFor: at - settledAt,
    ready: isReady(element, own),
  });

  const look = () => {
    frame = null;
    const at = now();
    const all = untrack(held);
    const next = tick(
      untrack(clock),
      at,
      { common: untrack(timing), loop: untrack(loop) },
      all.map((each) => see(each, at)),
    );
    setClock(next.clock);
    setPlace(next.place);
    next.orders.forEach(({ play, rate, seek }, index) => {
      const each = all[index];
      if (each === undefined || each.element.readyState === HTMLMediaElement.HAVE_NOTHING) {
        return;
      }
      const { element } = each;
      if (seek !== null) {
        each.seekingSince = at;
        element.currentTime = seek;
      }
      if (play) {
        if (element.playbackRate !== rate) {
          element.playbackRate = rate;
        }
        if (element.paused) {
          each.settledAt = at;
          // Refused (no gesture): then nothing plays, and the button shows it. A pause that came at once is not a refusal.
          element.play().catch((error: unknown) => error instanceof DOMException && error.name === "NotAllowedError" && run(0));
        }
      } else if (!element.paused) {
        element.pause();
      }
    });
    if (next.clock.speed !== 0) {
      wake();
    }
  };
  /** At rest what comes of an element wakes it: a seek has ended, there is something to show. */
  const wake = () => {
    frame ??= requestAnimationFrame(look);
  };
  onCleanup(() => {
    if (frame !== null) {
      cancelAnimationFrame(frame);
    }
  });

  const run = (next: number) => {
    setClock((known) => runAt(known, untrack(timing), next, now()));
    wake();
  };
  const seek = (seconds: number) => {
    const common = untrack(timing);
    const to = Math.min(Math.max(seconds, 0), (common.durationMs ?? 0) / 1000);
    setClock((known) => seekTo(known, common, to, now()));
    setPlace(untrack(clock).place);
    wake();
  };

  return {
    place,
    speed,
    gathering,
    timing,
    run,
    seek,
    stepFrames: (by) => {
      const common = untrack(timing);
      run(0);
      seek(timeOfFrame(common, frameAt(common, untrack(clock).place) + by));
    },
    join: (element, own) => {
      const each: Held = { element, timing: own, seekingSince: null, seekTook: firstSeek, settledAt: now() };
      const onSeeked = () => {
        if (each.seekingSince !== null) {
          each.seekTook = now() - each.seekingSince;
          each.seekingSince = null;
          each.settledAt = now();
        }
        wake();
      };
      const listening = new AbortController();
      element.addEventListener("seeked", onSeeked, { signal: listening.signal });
      // Another file: what it was on its way to is gone.
      element.addEventListener("emptied", () => (each.seekingSince = null), { signal: listening.signal });
      for (const event of ["loadeddata", "canplay", "canplaythrough"] as const) {
        element.addEventListener(event, wake, { signal: listening.signal });
      }
      setHeld((known) => [...known, each]);
      wake();
      return () => {
        listening.abort();
        setHeld((known) => known.filter((other) => other !== each));
        wake();
      };
    },
  };
};
