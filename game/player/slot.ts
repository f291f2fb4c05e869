// One of the video elements: made ready with a piece, so that it can be shown and moves at once. While it waits it stays composited: at no
// opacity at all the browser shows one black frame when it is turned on. It lies under what is shown, which is as large: where it lay over
// that, the browser drew it anew with each of its frames, and of several that took longer than a frame lasts. A picture has an element of its
// own in the same place.
import { Problem } from "../words/catalogue.ts";
import type { Clip } from "./clips.ts";
import type { Cue } from "./cue.ts";
import { FirstPicture } from "./first-picture.ts";
import { type StageElement, StillElement } from "./still-element.ts";

const waitingOpacity = "0.001";
/** Of a video, and of the picture under it by which it begins. */
const waitingLayers = { picture: "0", video: "0" };
const shownLayers = { picture: "1", video: "2" };
/** Until it moves, over the one that was shown. */
const turnedOnLayers = { picture: "3", video: "4" };
/** The same for one of which the browser may still have the last picture that was shown: it would be seen for a moment. */
const coveredLayers = { picture: "4", video: "3" };
/** For so long after it is shown no more, ms: half as long was measured. */
const rememberedMs = 1000;
/**
 * Of a picture that covers its video. Under one that nothing can be seen through, the browser does not draw the video at all, and has that last
 * picture still when nothing covers it any more.
 */
const coveringOpacity = "0.999";

/** What is to be seen now is drawn: of a frame of the display one is told before it is drawn, so that the second one tells of the first. */
const untilDrawn = (): Promise<void> => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));

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
      end(() => reject(new Problem(({ video }) => video, { cause: element.error }))),
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
  readonly #container: HTMLElement;
  readonly #video: HTMLVideoElement;
  readonly #first: FirstPicture;
  /** Whether the picture was drawn by which it begins. */
  #begins = false;
  /** Made when the first picture is to be shown in this. */
  #still: StillElement | null = null;
  #screen: StageElement;
  #layers = waitingLayers;
  /** Resolves when what was covered last is drawn under its cover. */
  #drawn = Promise.resolve();
  cue: Cue | null = null;
  clip: Clip | null = null;
  /** Null: it has none. Undefined: that is not known yet. */
  sound: AudioBuffer | null | undefined;
  /** `loading` until its first frame is there. */
  state: "empty" | "loading" | "ready" | "shown" = "empty";
  #url = "";
  /** Whether a frame of this file has been shown. */
  #decodes = false;
  /** When it was shown last. */
  #shownUntil = -Infinity;
  /** Ends with what it was made ready for. */
  #given = new AbortController();

  constructor(container: HTMLElement) {
    this.#container = container;
    const video = document.createElement("video");
    video.muted = true;
    video.playsInline = true;
    video.preload = "auto";
    video.disablePictureInPicture = true;
    video.tabIndex = -1;
    this.#video = video;
    this.#screen = this.#place(video, video);
    const canvas = document.createElement("canvas");
    this.#first = this.#place(canvas, new FirstPicture(canvas));
  }

  /** What the piece is shown in. */
  get element(): StageElement {
    return this.#screen;
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
    this.#screen = cue.still ? this.#picture() : this.#video;
    return this.#given.signal;
  }

  /**
   * Answers whether it is ready: false where it was given up or another piece meanwhile. Rejects when it cannot be played. `atOnce`: it is to
   * be shown as soon as there is a picture, and plays already.
   */
  async prime(clip: Clip, atOnce = false): Promise<boolean> {
    const { cue } = this;
    if (cue === null) return false;
    this.clip = clip;
    return cue.still ? this.#primeStill(clip) : this.#primeVideo(clip, cue, atOnce);
  }

  async #primeStill(clip: Clip): Promise<boolean> {
    const { signal } = this.#given;
    const still = this.#picture();
    still.pause();
    still.currentTime = 0;
    this.#url = clip.url;
    try {
      await still.load(clip.url);
    } catch (error) {
      if (!signal.aborted) throw new Problem(({ picture }) => picture, { cause: error });
    }
    return !signal.aborted && this.#isReady();
  }

  async #primeVideo(clip: Clip, cue: Cue, atOnce: boolean): Promise<boolean> {
    const element = this.#video;
    const { signal } = this.#given;
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
    if (signal.aborted) return false;
    this.#begins = this.#first.draw(`${clip.url}@${wait}`, element);
    return this.#isReady();
  }

  /** Over all that is shown. */
  show(): void {
    this.state = "shown";
    this.#screen.style.opacity = "1";
    const isCovered = this.#begins && performance.now() - this.#shownUntil < rememberedMs;
    if (this.#begins) this.#first.style.opacity = isCovered ? coveringOpacity : "1";
    this.#lie(isCovered ? coveredLayers : turnedOnLayers);
    if (isCovered) this.#drawn = untilDrawn();
  }

  /** It has a picture of what it was turned on with. Resolves when that is to be seen: where it is covered, after it is drawn under that. */
  async moves(): Promise<void> {
    await this.#drawn;
    // Not where it was cut away from meanwhile.
    if (this.#layers === coveredLayers) this.#lie(turnedOnLayers);
  }

  /** Under what is turned on after it. */
  lower(): void {
    this.#lie(shownLayers);
  }

  /** Its own picture is on the screen: that by which it began is not needed any more. */
  settle(): void {
    this.lower();
    this.#first.style.opacity = waitingOpacity;
  }

  /** Waits again. The file stays in it. */
  hide(): void {
    if (this.state === "shown") this.#shownUntil = performance.now();
    this.#screen.pause();
    this.#screen.style.opacity = waitingOpacity;
    this.#first.style.opacity = waitingOpacity;
    this.#lie(waitingLayers);
  }

  clear(): void {
    this.#giveUp();
    this.hide();
    this.state = "empty";
    if (this.#url === "") return;
    this.#url = "";
    this.#decodes = false;
    this.#first.clear();
    this.#still?.clear();
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  #picture(): StillElement {
    if (this.#still !== null) return this.#still;
    const image = document.createElement("img");
    image.alt = "";
    image.draggable = false;
    this.#still = new StillElement(image);
    this.#place(image, this.#still);
    return this.#still;
  }

  /** Waits in a layer of its own from the beginning: none is made when it is turned on. */
  #place<S extends Pick<StageElement, "style">>(element: HTMLElement, screen: S): S {
    element.setAttribute("aria-hidden", "true");
    screen.style.opacity = waitingOpacity;
    screen.style.zIndex = waitingLayers.video;
    screen.style.willChange = "opacity";
    this.#container.append(element);
    return screen;
  }

  #lie(layers: typeof waitingLayers): void {
    this.#layers = layers;
    this.#screen.style.zIndex = layers.video;
    this.#first.style.zIndex = layers.picture;
  }

  #giveUp(): void {
    this.#begins = false;
    this.#given.abort();
    this.#given = new AbortController();
    this.cue = null;
    this.clip = null;
    this.sound = undefined;
  }

  #putTo(seconds: number, given: AbortSignal): Promise<void> {
    this.#video.currentTime = seconds;
    return happens(this.#video, ["seeked"], given);
  }

  #isReady(): true {
    this.state = "ready";
    return true;
  }
}
