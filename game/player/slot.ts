// One of the video elements: made ready with a piece, so that it can be shown and moves at once. While it waits it stays composited: at no
// opacity at all the browser shows one black frame when it is turned on.
import type { Clip } from "./clips.ts";
import type { Cue } from "./cue.ts";

const waitingOpacity = "0.001";
const waitingLayer = "1";
const shownLayer = "0";

/** Of its first picture, which a piece that waits has passed already, s: from being told to play until it moves the browser takes longer. */
const headStart = 0.025;
/** An element that is told to play is no further than that when its first frame is told of, s. */
const begun = 0.1;
/** A picture that is decoded, but of which the browser tells nothing for so long, is taken to be there, ms. */
const silenceMs = 1000;

/**
 * Resolves with the first of these events, or when what it is waited for is given up: an element that is given another file tells of neither.
 * Rejects where the video cannot be played.
 */
const happens = (element: HTMLVideoElement, events: ReadonlyArray<string>, given: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const heard = new AbortController();
    const end = (settle: () => void) => (): void => {
      heard.abort();
      settle();
    };
    const { signal } = heard;
    for (const event of events) element.addEventListener(event, end(resolve), { signal });
    element.addEventListener(
      "error",
      end(() => reject(new Error(element.error?.message ?? "The video cannot be played."))),
      { signal },
    );
    given.addEventListener("abort", end(resolve), { signal });
    if (given.aborted) end(resolve)();
  });

/** Plays up to the next frame that the element hands to the screen. Also one that was at its last frame just now comes to its end. */
const firstFrame = async (element: HTMLVideoElement, given: AbortSignal): Promise<void> => {
  let handle = 0;
  let silence: ReturnType<typeof setTimeout> | undefined;
  const framed = new Promise<void>((resolve) => {
    handle = element.requestVideoFrameCallback(() => resolve());
  });
  const ended = happens(element, ["ended"], given);
  try {
    await Promise.race([playing(element), ended]);
    const silent = new Promise<void>((resolve) => (silence = setTimeout(resolve, silenceMs)));
    await Promise.race([framed, ended, silent]);
  } finally {
    clearTimeout(silence);
    element.cancelVideoFrameCallback(handle);
    ended.catch(() => {});
  }
};

/** A browser that stops it again, to save power or since the element was given another file, is no fault of the video. */
const playing = (element: HTMLVideoElement): Promise<void> =>
  element.play().catch((error: unknown) => {
    if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
  });

export class Slot {
  readonly element: HTMLVideoElement;
  cue: Cue | null = null;
  clip: Clip | null = null;
  sound: AudioBuffer | null = null;
  /** `loading` until its first frame is there. */
  state: "empty" | "loading" | "ready" | "shown" = "empty";
  #url = "";
  /** Whether a frame of this file has been shown. */
  #decodes = false;
  /** Ends with what it was made ready for. */
  #given = new AbortController();

  constructor(container: HTMLElement) {
    this.element = document.createElement("video");
    this.element.muted = true;
    this.element.playsInline = true;
    this.element.preload = "auto";
    this.element.disablePictureInPicture = true;
    this.element.tabIndex = -1;
    this.element.setAttribute("aria-hidden", "true");
    this.element.style.opacity = waitingOpacity;
    this.element.style.zIndex = waitingLayer;
    // A layer of its own from the beginning: none is made when it is turned on.
    this.element.style.willChange = "opacity";
    container.append(this.element);
  }

  /** Whether this is now made ready with that piece, or was. */
  has({ key }: Cue): boolean {
    return this.state !== "empty" && this.state !== "shown" && this.cue?.key === key;
  }

  /** Answers what ends when this is made ready with something else, or given up. */
  reserve(cue: Cue): AbortSignal {
    this.#giveUp();
    this.cue = cue;
    this.state = "loading";
    return this.#given.signal;
  }

  /**
   * Answers whether it is ready: false where it was given up or another piece meanwhile. Rejects when the video cannot be played. `atOnce`: it
   * is to be shown as soon as there is a picture, and plays already.
   */
  async prime(clip: Clip, atOnce = false): Promise<boolean> {
    const { cue, element } = this;
    const { signal } = this.#given;
    if (cue === null) return false;
    this.clip = clip;
    const start = cue.startMs / 1000;
    if (this.#url !== clip.url) {
      this.#url = clip.url;
      this.#decodes = false;
      element.src = clip.url;
    }
    // One that is being put to another place has no picture either, and has told that it is loaded before.
    while (element.readyState < element.HAVE_CURRENT_DATA && !signal.aborted)
      await happens(element, ["loadeddata", "seeked", "canplay"], signal);
    if (signal.aborted) return false;
    if (!this.#decodes) {
      // One that has begun to play stays where it is: it is at its first frames.
      if (element.currentTime < start || element.currentTime > start + begun || element.seeking || element.ended)
        await this.#putTo(start, signal);
      if (signal.aborted) return false;
      // Decoding begins with playing, not with loading.
      await firstFrame(element, signal);
      if (signal.aborted) return false;
      this.#decodes = true;
      if (atOnce) return this.#isReady();
    }
    element.pause();
    const wait = start + Math.min(headStart, ((cue.endMs ?? Infinity) - cue.startMs) / 2000);
    if (element.currentTime !== wait || element.seeking || element.ended) await this.#putTo(wait, signal);
    return !signal.aborted && this.#isReady();
  }

  /** Over all that is shown. */
  show(): void {
    this.state = "shown";
    this.element.style.opacity = "1";
  }

  /** Under those that wait: they are drawn all the time, so that nothing but their opacity changes when one is turned on. */
  lower(): void {
    this.element.style.zIndex = shownLayer;
  }

  /** Waits again. The file stays in it. */
  hide(): void {
    this.element.pause();
    this.element.style.opacity = waitingOpacity;
    this.element.style.zIndex = waitingLayer;
  }

  clear(): void {
    this.#giveUp();
    this.hide();
    this.state = "empty";
    if (this.#url === "") return;
    this.#url = "";
    this.#decodes = false;
    this.element.removeAttribute("src");
    this.element.load();
  }
  #giveUp(): void {
    this.#given.abort();
    this.#given = new AbortController();
    this.cue = null;
    this.clip = null;
    this.sound = null;
  }

  #putTo(seconds: number, given: AbortSignal): Promise<void> {
    this.element.currentTime = seconds;
    return happens(this.element, ["seeked"], given);
  }

  #isReady(): true {
    this.state = "ready";
    return true;
  }
}
