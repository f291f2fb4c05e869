// The stage with simulated video elements, whose times and stalls are drawn at random: whatever is asked for and however the browser dawdles,
// what was asked for last is shown in the end, and a piece tells of its end once.
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Clip } from "./clips.ts";
import { type Cue, cueFor } from "./cue.ts";
import { Stage, type StageClips, type StageSound } from "./stage.ts";

const stepMs = 4;
const displayMs = 16;
const frameMs = 40;
const clipMs = 2000;

interface Delays {
  /** The next one up to `most`, ms. */
  readonly next: (most: number) => number;
}

/** A main thread that can stand still while media go on: events and callbacks of elements come to it, in their order. */
class Page {
  readonly videos: Array<SimulatedVideo> = [];
  readonly delays: Delays;
  #tasks: Array<{ readonly at: number; readonly run: () => void }> = [];
  #frames = new Map<number, () => void>();
  #handle = 0;
  #stalledUntil = 0;
  now = 0;

  constructor(delays: Delays) {
    this.delays = delays;
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
        }
      }
      await vi.advanceTimersByTimeAsync(stepMs);
    }
  }
}

class SimulatedVideo extends EventTarget {
  readonly HAVE_CURRENT_DATA = 2;
  readonly style = { opacity: "", zIndex: "", willChange: "" };
  readonly duration = clipMs / 1000;
  readonly error = null;
  playbackRate = 1;
  readyState = 0;
  paused = true;
  ended = false;
  seeking = false;
  readonly #page: Page;
  #src = "";
  #file = 0;
  #at = 0;
  #playing: Array<PromiseWithResolvers<void>> = [];
  #watching = new Map<number, () => void>();
  #presented = false;
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
    this.#page.task(this.#page.delays.next(400), () => {
      if (file !== this.#file) return;
      this.readyState = 4;
      this.#presented = this.#page.delays.next(1) > 0;
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
      this.#page.task(this.#page.delays.next(60), () => {
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
    this.#page.task(this.#page.delays.next(80), () => {
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

  tellFrames(): void {
    if (!this.#presented) return;
    this.#presented = false;
    const told = [...this.#watching.values()];
    this.#watching.clear();
    for (const run of told) run();
  }

  advance(): void {
    if (this.paused || this.seeking || this.readyState < 2 || this.#at >= clipMs) return;
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

const silence: StageSound = { cross: () => {}, follow: () => {}, rate: 1 };

/** Files that come after a time. */
const filesOf = (page: Page): StageClips => {
  const files = new Map<string, { readonly clip: Promise<Clip>; ready?: Clip }>();
  let number = 0;
  return {
    get: (assetId) => {
      const known = files.get(assetId);
      if (known !== undefined) return known.clip;
      const { promise, resolve } = Promise.withResolvers<Clip>();
      const entry: { readonly clip: Promise<Clip>; ready?: Clip } = { clip: promise };
      files.set(assetId, entry);
      number += 1;
      const clip: Clip = {
        media: { video: assetId, audio: null, durationMs: clipMs } as unknown as Clip["media"],
        url: `${assetId}#${number}`,
        bytes: 1000,
        sound: Promise.resolve(null),
      };
      page.task(page.delays.next(600), () => {
        entry.ready = clip;
        resolve(clip);
      });
      return promise;
    },
    ready: (assetId) => files.get(assetId)?.ready,
    within: (ms) => ms * 1000,
    keep: (kept) => {
      for (const assetId of files.keys()) if (!kept.has(assetId)) files.delete(assetId);
    },
  };
};

const cue = fc
  .tuple(fc.constantFrom("a", "b", "c", "d"), fc.constantFrom([0, null], [0, 1500], [500, 1500] as const))
  .map(([assetId, [startMs, endMs]]) => cueFor(assetId, startMs!, endMs));

type Action =
  | { readonly do: "show"; readonly cue: Cue }
  | { readonly do: "prepare"; readonly cues: ReadonlyArray<Cue> }
  | { readonly do: "pause" | "resume" }
  | { readonly do: "stall"; readonly ms: number }
  | { readonly do: "pass"; readonly ms: number };

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("show" as const), cue }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("prepare" as const), cues: fc.array(cue, { maxLength: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("pause" as const, "resume" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("stall" as const), ms: fc.integer({ min: 1, max: 3000 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 4, max: 2500 }) }) },
);

const scene = (seed: number) => {
  let state = seed;
  const page = new Page({
    next: (most) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return Math.round(((state >>> 8) / 2 ** 24) * most);
    },
  });
  vi.stubGlobal("document", { createElement: () => new SimulatedVideo(page) });
  vi.stubGlobal("requestAnimationFrame", (run: () => void) => page.frame(run));
  vi.stubGlobal("cancelAnimationFrame", (handle: number) => page.dropFrame(handle));
  const container = { append: () => {} } as unknown as HTMLElement;
  const visible = (): SimulatedVideo | undefined =>
    page.videos.filter(({ style }) => style.opacity === "1").toSorted((a, b) => Number(b.style.zIndex) - Number(a.style.zIndex))[0];
  return { page, container, visible };
};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const cueEnd = ({ endMs }: Cue): number => endMs ?? clipMs;

test("what was asked for last is shown and played to its end, which it tells once; nothing is ever black", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.array(action, { minLength: 1, maxLength: 12 }),
      cue,
      async (seed, actions, last) => {
        const { page, container, visible } = scene(seed);
        const failures: Array<unknown> = [];
        let asked: Cue | null = null;
        let ends = 0;
        const stage = new Stage(container, filesOf(page), silence, {
          ending: () => {
            expect(stage.current).toBe(asked);
            ends += 1;
            expect(ends).toBe(1);
          },
          switched: () => {},
          waiting: () => {},
          position: () => expect(stage.current).toBe(asked),
          failed: (_, error) => failures.push(error),
        });
        const show = (next: Cue): void => {
          asked = next;
          ends = 0;
          stage.show(next, "choice");
        };
        for (const one of [...actions, { do: "resume" } as const, { do: "show", cue: last } as const]) {
          switch (one.do) {
            case "show":
              show({ ...one.cue });
              break;
            case "prepare":
              stage.prepare(one.cues.map((wished) => ({ cue: wished, likelihood: 0.5 })));
              break;
            case "pause":
              stage.pause();
              break;
            case "resume":
              stage.resume();
              break;
            case "stall":
              page.stall(one.ms);
              break;
            case "pass":
              await page.pass(one.ms);
          }
          const seen = visible();
          // One that is put to another place keeps its picture until then.
          expect(seen === undefined || seen.readyState >= 2 || seen.seeking).toBe(true);
        }
        await page.pass(12_000);
        expect(failures).toEqual([]);
        expect(stage.current).toBe(asked);
        expect(visible()?.src).toMatch(new RegExp(`^${last.assetId}#`));
        expect(ends).toBe(1);
        expect(visible()!.currentTime * 1000).toBeGreaterThanOrEqual(cueEnd(last) - 100);
        stage.close();
      },
    ),
    { numRuns: 60 },
  );
});

test("a piece that is chosen at any moment of its being made ready is shown", async () => {
  for (let ms = 0; ms <= 1200; ms += 2 * stepMs) {
    const { page, container, visible } = scene(ms);
    const failures: Array<unknown> = [];
    const stage = new Stage(container, filesOf(page), silence, {
      ending: () => {},
      switched: () => {},
      waiting: () => {},
      position: () => {},
      failed: (_, error) => failures.push(error),
    });
    const chosen = cueFor("b");
    stage.prepare([{ cue: chosen, likelihood: 0.5 }]);
    await page.pass(ms);
    stage.show({ ...chosen }, "choice");
    await page.pass(3000);
    expect(failures).toEqual([]);
    expect({ ms, shown: visible()?.src.split("#")[0] }).toEqual({ ms, shown: "b" });
    stage.close();
  }
});

test("a piece that goes round goes round for as long as it is let, and a choice ends it", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.array(fc.integer({ min: 1, max: 2000 }), { maxLength: 4 }),
      async (seed, stalls) => {
        const { page, container, visible } = scene(seed);
        const failures: Array<unknown> = [];
        const first = cueFor("a", 0, 1500);
        const loop = cueFor("a", 500, 1500);
        const chosen = cueFor("b");
        let rounds = 0;
        let told = 0;
        let choosing = false;
        const stage = new Stage(container, filesOf(page), silence, {
          ending: () => {
            if (choosing) {
              told += 1;
              return;
            }
            rounds += 1;
            stage.show(loop, "loop");
            stage.prepare([loop, chosen].map((wished) => ({ cue: wished, likelihood: 0.5 })));
          },
          switched: () => {},
          waiting: () => {},
          position: () => {},
          failed: (_, error) => failures.push(error),
        });
        stage.show(first, "start");
        for (const ms of stalls) {
          await page.pass(1700);
          page.stall(ms);
        }
        await page.pass(4000);
        const before = rounds;
        await page.pass(6000);
        expect(rounds).toBeGreaterThan(before + 2);
        choosing = true;
        stage.show(chosen, "choice");
        await page.pass(8000);
        expect(failures).toEqual([]);
        expect(stage.current).toBe(chosen);
        expect(visible()?.src).toMatch(/^b#/);
        expect(told).toBe(1);
        stage.close();
      },
    ),
    { numRuns: 30 },
  );
});
