// A picture that is shown for a time, to be handled as a video that does not move: it stands, and its clock runs and is stopped as that of a
// video does.

/** Of a video element, what the stage needs. */
export interface StageElement {
  readonly style: Pick<CSSStyleDeclaration, "opacity" | "zIndex" | "willChange">;
  readonly duration: number;
  readonly ended: boolean;
  readonly paused: boolean;
  /** Why it plays no further. */
  readonly error: MediaError | null;
  /** s. */
  currentTime: number;
  playbackRate: number;
  readonly play: () => Promise<void>;
  readonly pause: () => void;
  /** Of the next picture that comes to the screen. */
  readonly requestVideoFrameCallback: (shown: (now: number) => void) => number;
}

/** As long as one could be shown, s. */
const longest = 86_400;

export class StillElement implements StageElement {
  readonly #image: HTMLImageElement;
  readonly duration = longest;
  readonly ended = false;
  readonly error = null;
  #at = 0;
  /** Null: the clock is stopped. */
  #runsFrom: number | null = null;
  #rate = 1;
  #url = "";

  constructor(image: HTMLImageElement) {
    this.#image = image;
  }

  get style(): CSSStyleDeclaration {
    return this.#image.style;
  }

  get paused(): boolean {
    return this.#runsFrom === null;
  }

  get currentTime(): number {
    return this.#runsFrom === null ? this.#at : this.#at + ((performance.now() - this.#runsFrom) / 1000) * this.#rate;
  }
  set currentTime(seconds: number) {
    this.#at = seconds;
    if (this.#runsFrom !== null) this.#runsFrom = performance.now();
  }

  get playbackRate(): number {
    return this.#rate;
  }
  set playbackRate(rate: number) {
    const at = this.currentTime;
    this.#rate = rate;
    this.currentTime = at;
  }

  play(): Promise<void> {
    this.#runsFrom ??= performance.now();
    return Promise.resolve();
  }

  pause(): void {
    this.#at = this.currentTime;
    this.#runsFrom = null;
  }

  requestVideoFrameCallback(shown: (now: number) => void): number {
    return requestAnimationFrame(shown);
  }

  /** Resolves when it can be drawn at once. Rejects where it cannot be shown, or is given another file. */
  load(url: string): Promise<void> {
    if (this.#url !== url) {
      this.#url = url;
      this.#image.src = url;
    }
    return this.#image.decode();
  }

  clear(): void {
    this.pause();
    this.#at = 0;
    this.#url = "";
    this.#image.removeAttribute("src");
  }
}
