// One of the video elements: made ready with a piece, so that it can be shown and moves at once. While it waits it stays composited: at no
// opacity at all the browser shows one black frame when it is turned on.
import type { Clip } from "./clips.ts";
import type { Cue } from "./cue.ts";

const waitingOpacity = "0.001";

/** Resolves with the next frame that the element hands to the screen. */
const nextFrame = (element: HTMLVideoElement): Promise<void> =>
  new Promise((resolve) => void element.requestVideoFrameCallback(() => resolve()));

const happens = (element: HTMLVideoElement, event: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const off = (): void => {
      element.removeEventListener(event, done);
      element.removeEventListener("error", failed);
    };
    const done = (): void => {
      off();
      resolve();
    };
    const failed = (): void => {
      off();
      reject(new Error(element.error?.message ?? "The video cannot be played."));
    };
    element.addEventListener(event, done);
    element.addEventListener("error", failed);
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
  #turn = 0;

  constructor(container: HTMLElement) {
    this.element = document.createElement("video");
    this.element.muted = true;
    this.element.playsInline = true;
    this.element.preload = "auto";
    this.element.disablePictureInPicture = true;
    this.element.tabIndex = -1;
    this.element.setAttribute("aria-hidden", "true");
    this.element.style.opacity = waitingOpacity;
    // A layer of its own from the beginning: none is made when it is turned on.
    this.element.style.willChange = "opacity";
    container.append(this.element);
  }

  /** Whether this is now made ready with that piece, or was. */
  has({ key }: Cue): boolean {
    return this.state !== "empty" && this.state !== "shown" && this.cue?.key === key;
  }

  reserve(cue: Cue): void {
    this.#turn++;
    this.cue = cue;
    this.clip = null;
    this.sound = null;
    this.state = "loading";
  }

  /**
   * Answers whether it is ready: false where it was given another piece meanwhile. Rejects when the video cannot be played. `atOnce`: it is to
   * be shown as soon as there is a picture, and plays already.
   */
  async prime(clip: Clip, atOnce = false): Promise<boolean> {
    const { cue, element } = this;
    const turn = this.#turn;
    if (cue === null) return false;
    this.clip = clip;
    const start = cue.startMs / 1000;
    if (this.#url !== clip.url) {
      this.#url = clip.url;
      this.#decodes = false;
      element.src = clip.url;
    }
    if (element.readyState < element.HAVE_CURRENT_DATA) {
      await happens(element, "loadeddata");
      if (turn !== this.#turn) return false;
    }
    if (!this.#decodes) {
      if (start > 0) element.currentTime = start;
      // Decoding begins with playing, not with loading.
      const first = nextFrame(element);
      await element.play();
      await first;
      if (turn !== this.#turn) return false;
      this.#decodes = true;
      if (atOnce) {
        this.state = "ready";
        return true;
      }
    }
    element.pause();
    if (element.currentTime !== start || element.ended) {
      const seeked = happens(element, "seeked");
      element.currentTime = start;
      await seeked;
    }
    if (turn !== this.#turn) return false;
    this.state = "ready";
    return true;
  }

  show(above: number): void {
    this.state = "shown";
    this.element.style.zIndex = String(above);
    this.element.style.opacity = "1";
  }

  /** Under the others again. The file stays in it. */
  hide(): void {
    this.element.pause();
    this.element.style.opacity = waitingOpacity;
    this.element.style.zIndex = "0";
  }

  clear(): void {
    this.#turn++;
    this.hide();
    this.cue = null;
    this.clip = null;
    this.sound = null;
    this.state = "empty";
    if (this.#url === "") return;
    this.#url = "";
    this.#decodes = false;
    this.element.removeAttribute("src");
    this.element.load();
  }
}
