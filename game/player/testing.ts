// A browser's main thread, its video elements and its pictures as far as the stage needs them, in simulated time: for tests under vitest's fake timers.
import { vi } from "vitest";

export const stepMs = 4;
export const displayMs = 16;
const frameMs = 40;
/** A browser has the last picture of a video that it does not draw for so long, ms. */
const rememberedMs = 900;
/** Of every simulated video. */
export const clipMs = 2000;

/** Whether more than a trace of it is to be seen. */
export const isSeen = ({ opacity }: { readonly opacity: string }): boolean => Number(opacity) > 0.5;

/** What somebody sees. */
export interface Seen {
  readonly of: string;
  /** Of a video, the place of its picture, ms. */
  readonly atMs: number;
}

/** A main thread that can stand still while media go on: events and callbacks of elements come to it, in their order. */
export class Page {
  readonly videos: Array<SimulatedVideo> = [];
  readonly images: Array<SimulatedImage> = [];
  readonly canvases: Array<SimulatedCanvas> = [];
  /** The next delay up to `most`, ms. */
  readonly delay: (most: number) => number;
  /** Whether a canvas has no memory now. */
  readonly isShort: () => boolean;
  #tasks: Array<{ readonly at: number; readonly run: () => void }> = [];
  #frames = new Map<number, () => void>();
  #handle = 0;
  #stalledUntil = 0;
  now = 0;
  /** At each frame of the display, where there is anything to be seen. */
  readonly seen: Array<Seen> = [];

  constructor(delay: (most: number) => number, isShort = (): boolean => delay(5) === 0) {
    this.delay = delay;
    this.isShort = isShort;
  }

  task(afterMs: number, run: () => void): void {
    this.#tasks.push({ at: this.now + afterMs, run });
  }

  frame(run: () => void): number {
    this.#frames.set(++this.#handle, run);
    return this.#handle;
  }

  dropFrame(handle: number): void {
    this.#frames.delete(handle);
  }

  stall(ms: number): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, this.now + ms);
  }

  async pass(ms: number): Promise<void> {
    for (const end = this.now + ms; this.now < end;) {
      this.now += stepMs;
      for (const video of this.videos) video.advance();
      if (this.now >= this.#stalledUntil) {
        const due = this.#tasks.filter(({ at }) => at <= this.now);
        this.#tasks = this.#tasks.filter(({ at }) => at > this.now);
        for (const { run } of due) {
          run();
          await vi.advanceTimersByTimeAsync(0);
        }
        if (this.now % displayMs === 0) {
          for (const video of this.videos) video.tellFrames();
          await vi.advanceTimersByTimeAsync(0);
          const frames = [...this.#frames.values()];
          this.#frames.clear();
          for (const frame of frames) frame();
          await vi.advanceTimersByTimeAsync(0);
          this.#draw();
        }
      }
      await vi.advanceTimersByTimeAsync(stepMs);
    }
  }

  /**
   * A video that lies under what nothing can be seen through is left out. One that is drawn again is drawn as it was last, once; after a
   * while that is forgotten, and nothing is there that once.
   */
  #draw(): void {
    const videos = this.videos.map((video) => {
      const { drawn } = video;
      const picture = drawn === null || this.now - drawn.at > rememberedMs ? null : { of: drawn.of, atMs: drawn.atMs };
      return { ...video.style, picture, video };
    });
    const layers = [
      ...videos,
      ...this.canvases.map(({ style, seen }) => ({ ...style, picture: seen === null ? null : { of: seen, atMs: 0 }, video: null })),
      ...this.images.map(({ style, src }) => ({ ...style, picture: { of: src, atMs: 0 }, video: null })),
    ].toSorted((a, b) => Number(b.zIndex) - Number(a.zIndex));
    const top = layers.find((layer) => isSeen(layer) && layer.picture !== null);
    if (top?.picture) this.seen.push(top.picture);
    const solid = layers.findIndex(({ opacity, picture }) => opacity === "1" && picture !== null);
    for (const { video } of layers.slice(0, solid === -1 ? undefined : solid + 1)) video?.draw();
  }
}

export class SimulatedVideo extends EventTarget {
  readonly HAVE_CURRENT_DATA = 2;
  readonly style = { opacity: "", zIndex: "", willChange: "" };
  readonly duration = clipMs / 1000;
  readonly videoWidth = 640;
  readonly videoHeight = 360;
  error: MediaError | null = null;
  playbackRate = 1;
  readyState = 0;
  paused = true;
  ended = false;
  seeking = false;
  /** Nothing more comes of its file. */
  starves = false;
  readonly #page: Page;
  #src = "";
  #file = 0;
  #at = 0;
  #playing: Array<PromiseWithResolvers<void>> = [];
  #watching = new Map<number, () => void>();
  #presented = false;
  /** What the browser has of it, since when. */
  drawn: (Seen & { readonly at: number }) | null = null;
  #seek = 0;
  #handle = 0;

  constructor(page: Page) {
    super();
    this.#page = page;
    page.videos.push(this);
  }

  setAttribute(): void {}
  removeAttribute(): void {
    this.#src = "";
  }
  get src(): string {
    return this.#src;
  }
  set src(url: string) {
    this.#src = url;
    this.load();
  }

  load(): void {
    this.#file += 1;
    this.readyState = 0;
    this.seeking = false;
    this.ended = false;
    this.#at = 0;
    this.pause();
    const file = this.#file;
    if (this.#src === "") return;
    this.#page.task(this.#page.delay(400), () => {
      if (file !== this.#file) return;
      this.readyState = 4;
      this.#presented = this.#page.delay(1) > 0;
      this.dispatchEvent(new Event("loadeddata"));
      for (const { resolve } of this.#playing.splice(0)) resolve();
    });
  }

  async play(): Promise<void> {
    this.paused = false;
    if (this.ended) this.currentTime = 0;
    const playing = Promise.withResolvers<void>();
    this.#playing.push(playing);
    if (this.readyState >= 2) {
      this.#page.task(this.#page.delay(60), () => {
        if (this.#playing.includes(playing)) playing.resolve();
      });
    }
    await playing.promise;
  }

  pause(): void {
    this.paused = true;
    for (const { reject } of this.#playing.splice(0)) reject(new DOMException("interrupted", "AbortError"));
  }

  get currentTime(): number {
    return this.#at / 1000;
  }
  set currentTime(seconds: number) {
    this.#at = seconds * 1000;
    this.ended = false;
    if (this.readyState === 0) return;
    this.seeking = true;
    this.readyState = 1;
    const seek = ++this.#seek;
    const file = this.#file;
    this.#page.task(this.#page.delay(80), () => {
      if (seek !== this.#seek || file !== this.#file) return;
      this.seeking = false;
      this.readyState = 4;
      this.#presented = true;
      this.dispatchEvent(new Event("seeked"));
    });
  }

  requestVideoFrameCallback(run: () => void): number {
    this.#watching.set(++this.#handle, run);
    return this.#handle;
  }
  cancelVideoFrameCallback(handle: number): void {
    this.#watching.delete(handle);
  }

  draw(): void {
    if (this.readyState >= 2) this.drawn = { of: this.#src, atMs: this.#at, at: this.#page.now };
  }

  tellFrames(): void {
    if (!this.#presented) return;
    this.#presented = false;
    const told = [...this.#watching.values()];
    this.#watching.clear();
    for (const run of told) run();
  }

  advance(): void {
    if (this.starves || this.paused || this.seeking || this.readyState < 2 || this.#at >= clipMs) return;
    const before = Math.floor(this.#at / frameMs);
    this.#at = Math.min(clipMs, this.#at + stepMs * this.playbackRate);
    if (Math.floor(this.#at / frameMs) !== before && this.#at < clipMs) this.#presented = true;
    if (this.#at < clipMs) return;
    const file = this.#file;
    // The main thread hears of it later.
    this.#page.task(0, () => {
      if (file !== this.#file || this.#at < clipMs) return;
      this.ended = true;
      this.paused = true;
      this.dispatchEvent(new Event("ended"));
    });
  }
}

/** Keeps of what is drawn where it comes from. Now and then it has no memory to draw to, or loses it. */
export class SimulatedCanvas extends EventTarget {
  readonly style = { opacity: "", zIndex: "", willChange: "" };
  readonly #page: Page;
  #drawn = "";
  #isLost = false;
  #width = 0;
  #height = 0;

  constructor(page: Page) {
    super();
    this.#page = page;
    page.canvases.push(this);
  }

  setAttribute(): void {}
  get width(): number {
    return this.#width;
  }
  set width(pixels: number) {
    this.#width = pixels;
    this.#drawn = "";
  }
  get height(): number {
    return this.#height;
  }
  set height(pixels: number) {
    this.#height = pixels;
    this.#drawn = "";
  }
  /** Black where nothing was drawn. Null: it has no size. */
  get seen(): string | null {
    if (this.#width === 0 || this.#height === 0) return null;
    return this.#drawn === "" ? "black" : this.#drawn;
  }

  getContext(): { readonly isContextLost: () => boolean; readonly drawImage: (video: SimulatedVideo) => void } | null {
    if (this.#page.isShort()) return null;
    if (this.#page.isShort()) this.loseFor(this.#page.delay(1000));
    return {
      isContextLost: () => this.#isLost,
      drawImage: (video) => {
        if (this.#isLost || video.readyState < video.HAVE_CURRENT_DATA) return;
        this.#drawn = video.src;
        if (this.#page.isShort()) this.#page.task(this.#page.delay(1000), () => this.loseFor(100));
      },
    };
  }

  loseFor(ms: number): void {
    this.#isLost = true;
    this.#drawn = "";
    this.dispatchEvent(new Event("contextlost"));
    this.#page.task(ms, () => (this.#isLost = false));
  }
}

export class SimulatedImage {
  readonly style = { opacity: "", zIndex: "", willChange: "" };
  readonly #page: Page;
  #src = "";
  #decoded = false;
  #decoding: PromiseWithResolvers<void> | null = null;

  constructor(page: Page) {
    this.#page = page;
    page.images.push(this);
  }

  setAttribute(): void {}
  removeAttribute(): void {
    this.src = "";
  }
  get src(): string {
    return this.#src;
  }
  set src(url: string) {
    this.#src = url;
    this.#decoded = false;
    this.#decoding?.reject(new DOMException("another file", "EncodingError"));
    this.#decoding = null;
  }
  /** Whether there is something to be seen. */
  get complete(): boolean {
    return this.#decoded;
  }

  decode(): Promise<void> {
    if (this.#decoded) return Promise.resolve();
    if (this.#decoding !== null) return this.#decoding.promise;
    const decoding = Promise.withResolvers<void>();
    this.#decoding = decoding;
    this.#page.task(this.#page.delay(400), () => {
      if (this.#decoding !== decoding) return;
      this.#decoded = true;
      this.#decoding = null;
      decoding.resolve();
    });
    return decoding.promise;
  }
}

/** Sound, as far as a story without clips needs it. */
export class Silence {
  readonly destination = {};
  readonly currentTime = 0;
  createGain() {
    return { connect: () => {}, gain: { setTargetAtTime: () => {} } };
  }
  resume = () => Promise.resolve();
}
