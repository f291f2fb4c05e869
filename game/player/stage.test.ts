// The stage with simulated video elements and pictures, whose times and stalls are drawn at random: whatever is asked for and however the browser dawdles,
// what was asked for last is shown in the end, and a piece tells of its end once.
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { drawn, mixedSeed } from "#protocol/random.ts";
import type { Clip } from "./clips.ts";
import { type Cue, cueFor, stillFor } from "./cue.ts";
import { Stage, type StageClips, type StageSound } from "./stage.ts";
import { clipMs, displayMs, isSeen, Page, SimulatedCanvas, SimulatedImage, SimulatedVideo, stepMs } from "./testing.ts";

const silence: StageSound = { cross: () => {}, follow: () => {}, rate: 1 };

/** Files that come after a time. */
const filesOf = (page: Page, soundOf: (assetId: string) => Clip["sound"] = () => Promise.resolve(null)): StageClips => {
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
        media: { picture: assetId, audio: null, durationMs: clipMs } as unknown as Clip["media"],
        url: `${assetId}#${number}`,
        bytes: 1000,
        sound: soundOf(assetId),
      };
      page.task(page.delay(600), () => {
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
    drop: (assetId) => void files.delete(assetId),
  };
};

const cue = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom("a", "b", "c", "d"), fc.constantFrom([0, null], [0, 1500], [500, 1500] as const))
      .map(([assetId, [startMs, endMs]]) => cueFor(assetId, startMs!, endMs)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom("p", "q"), fc.constantFrom(400, 1700))
      .map(([assetId, durationMs]) => stillFor(assetId, durationMs)),
  },
);

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

const scene = (seed: number, isShort?: () => boolean) => {
  let state = mixedSeed(seed);
  const page = new Page((most) => {
    const { share, state: next } = drawn(state);
    state = next;
    return Math.round(share * most);
  }, isShort);
  const createElement = (name: string) => {
    if (name === "img") return new SimulatedImage(page);
    return name === "canvas" ? new SimulatedCanvas(page) : new SimulatedVideo(page);
  };
  vi.stubGlobal("document", { createElement });
  vi.stubGlobal("requestAnimationFrame", (run: () => void) => page.frame(run));
  vi.stubGlobal("cancelAnimationFrame", (handle: number) => page.dropFrame(handle));
  const container = { append: () => {} } as unknown as HTMLElement;
  const visible = (): SimulatedVideo | SimulatedImage | undefined => {
    const [top, next] = [...page.videos, ...page.images]
      .filter(({ style }) => isSeen(style))
      .toSorted((a, b) => Number(b.style.zIndex) - Number(a.style.zIndex));
    expect(next === undefined || next.style.zIndex !== top!.style.zIndex).toBe(true);
    return top;
  };
  /** First pictures that lie over it, or right under it, and are not its own. */
  const wrong = (): ReadonlyArray<string> => {
    const seen = visible();
    const near = Number(seen?.style.zIndex) - 1;
    return page.canvases.flatMap(({ style, seen: of }) =>
      isSeen(style) && Number(style.zIndex) >= near && of !== null && of !== seen?.src ? [of] : [],
    );
  };
  return { page, container, visible, wrong };
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
        const { page, container, visible, wrong } = scene(seed);
        const failures: Array<unknown> = [];
        let asked: Cue | null = null;
        let ends = 0;
        let reachedMs = 0;
        const stage = new Stage(container, filesOf(page), silence, {
          ending: () => {
            expect(stage.current).toBe(asked);
            ends += 1;
            expect(ends).toBe(1);
          },
          switched: () => {},
          waiting: () => {},
          position: (ms) => {
            expect(stage.current).toBe(asked);
            reachedMs = stage.current!.startMs + ms;
          },
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
              stage.prepare(() => one.cues.map((wished) => ({ cue: wished, likelihood: 0.5 })));
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
          expect(wrong()).toEqual([]);
          // One that is put to another place keeps its picture until then.
          expect(seen === undefined || (seen instanceof SimulatedImage ? seen.complete : seen.readyState >= 2 || seen.seeking)).toBe(true);
        }
        await page.pass(12_000);
        expect(failures).toEqual([]);
        expect(wrong()).toEqual([]);
        expect(new Set(page.canvases.map(({ style }) => style.opacity))).toEqual(new Set(["0.001"]));
        expect(stage.current).toBe(asked);
        expect(visible()?.src).toMatch(new RegExp(`^${last.assetId}#`));
        expect(ends).toBe(1);
        expect(reachedMs).toBeGreaterThanOrEqual(cueEnd(last) - 100);
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
    stage.prepare(() => [{ cue: chosen, likelihood: 0.5 }]);
    await page.pass(ms);
    stage.show({ ...chosen }, "choice");
    await page.pass(3000);
    expect(failures).toEqual([]);
    expect({ ms, shown: visible()?.src.split("#")[0] }).toEqual({ ms, shown: "b" });
    stage.close();
  }
});

test("what is gone back to at once begins by its first picture, not by the one at which it was left", async () => {
  const { page, container, visible } = scene(7);
  const stage = new Stage(container, filesOf(page), silence, {
    ending: () => {},
    switched: () => {},
    waiting: () => {},
    position: () => {},
    failed: () => {},
  });
  const [a, b] = [cueFor("a"), cueFor("b")];
  const wishes = () => [a, b].map((cue) => ({ cue, likelihood: 0.5 }));
  /** Whether its first picture covers the piece that is shown. */
  const covered = (): boolean => {
    const seen = visible();
    const own = page.canvases.find(({ style, seen: of }) => isSeen(style) && of === seen?.src);
    return Number(own?.style.zIndex) > Number(seen?.style.zIndex);
  };
  stage.show(a, "start");
  stage.prepare(wishes);
  await page.pass(3000);
  for (const [cue, afterMs, hidden] of [
    [b, 700, false],
    [a, 700, true],
    [b, 2500, true],
    [a, 700, false],
  ] as const) {
    page.seen.length = 0;
    stage.show(cue, "choice");
    expect([visible()?.src.split("#")[0], covered()]).toEqual([cue.assetId, hidden]);
    await page.pass(110);
    expect(covered()).toBe(false);
    // However soon the video tells of its frame.
    const places = page.seen.flatMap(({ of, atMs }) => (of.startsWith(cue.assetId) ? [atMs] : []));
    expect(places.length).toBeGreaterThan(4);
    expect(Math.max(...places)).toBeLessThan(150);
    stage.prepare(wishes);
    await page.pass(afterMs);
  }
  stage.close();
});

/** A clip that was seen and left for another, which is there; both are wished for. No canvas is short of memory. */
const leftFor = async (seed: number) => {
  const { page, container, visible } = scene(seed, () => false);
  const told = { ending: () => {}, switched: () => {}, waiting: () => {}, position: () => {}, failed: () => {} };
  const stage = new Stage(container, filesOf(page), silence, told);
  const [left, other] = [cueFor("a"), cueFor("b")];
  stage.show(left, "start");
  stage.prepare(() => [left, other].map((cue) => ({ cue, likelihood: 0.5 })));
  await page.pass(3000);
  stage.show(other, "choice");
  /** Places of the pictures that were seen of the one that was left, ms. */
  const places = () => page.seen.flatMap(({ of, atMs }) => (of.startsWith("a") ? [atMs] : []));
  return { page, visible, stage, left, other, places };
};

test.each([
  ["that moves", false],
  ["that was paused, and goes on at once", true],
] as const)("of a clip that is gone back to in one %s no picture is seen by which it was left", async (_, isPaused) => {
  for (let shift = 0; shift < 2 * displayMs; shift += stepMs) {
    const { page, stage, left, places } = await leftFor(shift);
    await page.pass(640 + shift);
    page.seen.length = 0;
    if (isPaused) stage.pause();
    stage.show(left, "choice");
    if (isPaused) stage.resume();
    await page.pass(400);
    expect(places().length).toBeGreaterThan(20);
    expect(Math.max(...places())).toBeLessThan(500);
    stage.close();
  }
});

test("what is cut away from before it is seen stays under what is shown, and begins by its first picture when it is gone back to as soon", async () => {
  for (let awayMs = 0; awayMs <= 4 * displayMs; awayMs += stepMs) {
    for (let backMs = 0; backMs <= 4 * displayMs; backMs += stepMs) {
      const { page, visible, stage, left, other, places } = await leftFor(awayMs + backMs);
      // A frame of the display begins: the first one of the video is told of in the next.
      await page.pass(40 * displayMs + (displayMs - (page.now % displayMs)));
      stage.show(left, "choice");
      await page.pass(awayMs);
      page.seen.length = 0;
      stage.show(other, "choice");
      await page.pass(backMs);
      expect(visible()?.src).toMatch(/^b#/);
      stage.show(left, "choice");
      await page.pass(400);
      expect(visible()?.src).toMatch(/^a#/);
      expect({ awayMs, backMs, isStale: Math.max(...places()) > 600 }).toEqual({ awayMs, backMs, isStale: false });
      stage.close();
    }
  }
});

test.each(["resume", "scrub"] as const)("what is gone back to while it stands still begins by its first picture, until %s", async (how) => {
  const { page, container, visible } = scene(7);
  const told = { ending: () => {}, switched: () => {}, waiting: () => {}, position: () => {}, failed: () => {} };
  const stage = new Stage(container, filesOf(page), silence, told);
  const [a, b] = [cueFor("a"), cueFor("b")];
  const covers = (): ReadonlyArray<string | null> => {
    const seen = visible();
    return page.canvases.flatMap(({ style, seen: of }) =>
      isSeen(style) && Number(style.zIndex) > Number(seen?.style.zIndex) ? [of!.split("#")[0]!] : [],
    );
  };
  stage.show(a, "start");
  stage.prepare(() => [a, b].map((cue) => ({ cue, likelihood: 0.5 })));
  await page.pass(3000);
  stage.show(b, "choice");
  await page.pass(700);
  stage.pause();
  stage.show(a, "choice");
  expect([visible()?.src.split("#")[0], covers()]).toEqual(["a", ["a"]]);
  await page.pass(2000);
  expect(covers()).toEqual(["a"]);
  if (how === "resume") stage.resume();
  else stage.scrub(0.5);
  await page.pass(300);
  expect([visible()?.src.split("#")[0], covers()]).toEqual(["a", []]);
  stage.close();
});

test("what was put to a place stands there, silent, whatever else is told to the stage", async () => {
  const { page, container, visible } = scene(7);
  const heard: Array<unknown> = [];
  const sound: StageSound = { rate: 1, follow: () => {}, cross: (buffer) => void heard.push(buffer) };
  const told = { ending: () => expect.unreachable(), switched: () => {}, waiting: () => {}, position: () => {}, failed: () => {} };
  const stage = new Stage(
    container,
    filesOf(page, () => Promise.resolve({} as AudioBuffer)),
    sound,
    told,
  );
  stage.show(cueFor("a"), "start");
  await page.pass(1800);
  stage.scrub(0.5);
  const shown = visible() as SimulatedVideo;
  const at = shown.currentTime;
  heard.length = 0;
  stage.pause();
  stage.resume();
  stage.rate = 2;
  await page.pass(3000);
  expect([visible() === shown, shown.currentTime, heard.filter((one) => one !== null)]).toEqual([true, at, []]);
  stage.close();
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
            stage.prepare(() => [loop, chosen].map((wished) => ({ cue: wished, likelihood: 0.5 })));
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

test("a picture stands for its time, in which it is not counted when it is stopped, and stays when it is asked for again", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.integer({ min: 100, max: 3000 }),
      fc.constantFrom(0.5, 1, 2),
      fc.integer({ min: 0, max: 2000 }),
      async (seed, durationMs, rate, stoppedMs) => {
        const { page, container, visible } = scene(seed);
        const ended: Array<number> = [];
        const frames: Array<number> = [];
        const shown = stillFor("p", durationMs);
        let switches = 0;
        const stage = new Stage(container, filesOf(page), silence, {
          ending: () => {
            ended.push(page.now);
            if (ended.length === 1) stage.show({ ...shown }, "loop");
            else if (ended.length === 2) stage.show(cueFor("a"), "end");
          },
          switched: () => (switches += 1),
          waiting: () => {},
          position: () => void frames.push(page.now),
          failed: (_, error) => expect.unreachable(String(error)),
        });
        stage.rate = rate;
        stage.prepare(() => [{ cue: shown, likelihood: 0.5 }]);
        await page.pass(1500);
        const from = page.now;
        stage.show({ ...shown }, "start");
        const picture = visible();
        stage.pause();
        await page.pass(stoppedMs);
        stage.resume();
        const passed = page.now - from;
        stage.prepare(() => [{ cue: cueFor("a"), likelihood: 0.5 }]);
        while (ended.length < 1) await page.pass(stepMs);
        expect(visible()).toBe(picture);
        while (ended.length < 2) await page.pass(stepMs);
        // It tells of its end a little before, and at a frame of the display.
        for (const [at, began] of [
          [ended[0]!, from + passed],
          [ended[1]!, ended[0]!],
        ] as const) {
          expect(at - began).toBeGreaterThanOrEqual(durationMs / rate - 60);
          expect(at - began).toBeLessThanOrEqual(durationMs / rate + 20);
        }
        await page.pass(3000);
        expect([visible()?.src.split("#")[0], switches]).toEqual(["a", 2]);
        // It looks once a frame, also after it has begun anew.
        expect(new Set(frames).size).toBe(frames.length);
        stage.close();
      },
    ),
    { numRuns: 30 },
  );
});

test.each([["goes on"], ["is paused, and goes on"], ["is left"]])(
  "a picture that waits for more of its file is silent, and that is told, until it %s",
  async (how) => {
    const { page, container, visible } = scene(3);
    const heard: Array<readonly [what: unknown, ms: number]> = [];
    const waits: Array<boolean> = [];
    const sound: StageSound = { rate: 1, follow: () => {}, cross: (buffer, from) => void heard.push([buffer, Math.round(from * 1000)]) };
    const stage = new Stage(
      container,
      filesOf(page, (assetId) => Promise.resolve({ of: assetId } as unknown as AudioBuffer)),
      sound,
      { ending: () => {}, switched: () => {}, waiting: (waiting) => void waits.push(waiting), position: () => {}, failed: () => {} },
    );
    stage.show(cueFor("a"), "start");
    stage.prepare(() => [{ cue: cueFor("b"), likelihood: 1 }]);
    while (visible() === undefined) await page.pass(stepMs);
    await page.pass(800);
    const video = visible() as SimulatedVideo;
    const at = video.currentTime * 1000;
    video.starves = true;
    [heard.length, waits.length] = [0, 0];
    await page.pass(120);
    expect([heard, waits]).toEqual([[], []]);
    await page.pass(1000);
    expect([heard, waits]).toEqual([[[null, 0]], [true]]);
    if (how === "is left") stage.show(cueFor("b"), "choice");
    else {
      if (how !== "goes on") {
        stage.pause();
        stage.resume();
        await page.pass(1000);
        expect([heard.at(-1), waits.at(-1)]).toEqual([[null, 0], true]);
      }
      video.starves = false;
    }
    await page.pass(400);
    expect(waits.at(-1)).toBe(false);
    expect(heard.at(-1)![0]).toEqual({ of: how === "is left" ? "b" : "a" });
    if (how !== "is left") expect(Math.abs(heard.at(-1)![1] - at)).toBeLessThan(40);
    stage.close();
  },
);

test("a picture that breaks while it is shown stands and is silent, and that is told once; it is shown again with its file fetched anew", async () => {
  const { page, container, visible } = scene(3, () => false);
  const failed: Array<string> = [];
  const waits: Array<boolean> = [];
  const heard: Array<unknown> = [];
  const sound: StageSound = { rate: 1, follow: () => {}, cross: (buffer) => void heard.push(buffer) };
  const dropped: Array<string> = [];
  const files = filesOf(page, (assetId) => Promise.resolve({ of: assetId } as unknown as AudioBuffer));
  const stage = new Stage(container, { ...files, drop: (assetId) => void dropped.push(assetId) }, sound, {
    ending: () => {},
    switched: () => {},
    waiting: (waiting) => void waits.push(waiting),
    position: () => {},
    failed: ({ assetId }) => void failed.push(assetId),
  });
  stage.show(cueFor("a"), "start");
  await page.pass(3000);
  stage.show(cueFor("a"), "start");
  await page.pass(2000 - 1000);
  const video = visible() as SimulatedVideo;
  [video.starves, video.error] = [true, { code: 2 } as MediaError];
  await page.pass(200);
  stage.pause();
  stage.resume();
  await page.pass(1000);
  expect([failed, waits.at(-1), heard.at(-1), video.paused]).toEqual([["a"], false, null, true]);
  stage.forget(cueFor("a"));
  expect(dropped).toEqual(["a"]);
  stage.show(cueFor("a"), "choice");
  await page.pass(1500);
  const again = visible() as SimulatedVideo;
  expect([again === video, again.paused]).toEqual([false, false]);
  expect([failed, heard.at(-1)]).toEqual([["a"], { of: "a" }]);
  await page.pass(3000);
  expect(video.src).toBe("");
  stage.close();
});

test.each(["hold", "forgo"] as const)("what waits for more of its file is not waited for any more after %s", async (how) => {
  const { page, container, visible } = scene(3);
  const waits: Array<boolean> = [];
  const told = { ending: () => {}, switched: () => {}, position: () => {}, failed: () => {} };
  const stage = new Stage(container, filesOf(page), silence, { ...told, waiting: (waiting) => void waits.push(waiting) });
  stage.show(cueFor("a"), "start");
  while (visible() === undefined) await page.pass(stepMs);
  await page.pass(500);
  const video = visible() as SimulatedVideo;
  video.starves = true;
  await page.pass(500);
  expect(waits.at(-1)).toBe(true);
  stage[how]();
  await page.pass(500);
  expect([waits.at(-1), video.paused]).toEqual([false, true]);
  stage.close();
});

test("sound that comes after its picture is heard from where that is, and until then the one before for a moment only", async () => {
  const quiet = 180;
  for (const lateMs of [0, 40, 150, 900]) {
    for (const isReady of [true, false]) {
      const { page, container } = scene(lateMs);
      const heard: Array<{ readonly what: unknown; readonly at: number; readonly from: number }> = [];
      const sound: StageSound = {
        rate: 1,
        follow: () => {},
        cross: (buffer, from) => void heard.push({ what: buffer, at: page.now, from }),
      };
      const [first, second] = [{ of: "a" }, { of: "b" }] as unknown as [AudioBuffer, AudioBuffer];
      const late = Promise.withResolvers<AudioBuffer>();
      const stage = new Stage(
        container,
        filesOf(page, (assetId) => (assetId === "a" ? Promise.resolve(first) : late.promise)),
        sound,
        { ending: () => {}, switched: () => {}, waiting: () => {}, position: () => {}, failed: () => {} },
      );
      stage.show(cueFor("a"), "start");
      if (isReady) stage.prepare(() => [{ cue: cueFor("b"), likelihood: 1 }]);
      await page.pass(1800);
      expect(heard.at(-1)?.what).toBe(first);
      const asked = page.now;
      heard.length = 0;
      stage.show(cueFor("b", 0, 1500), "choice");
      while (stage.current?.assetId !== "b") await page.pass(stepMs);
      const cut = page.now;
      await page.pass(lateMs);
      late.resolve(second);
      await page.pass(stepMs);
      const silences = heard.filter(({ what }) => what === null);
      // The one before goes on for no longer than a wait that nobody is told of, before the cut and after it.
      const waits = [cut - asked, Math.max(lateMs, 0)].filter((ms) => ms > quiet).length;
      expect({ lateMs, isReady, silences: silences.length > 0 }).toEqual({ lateMs, isReady, silences: waits > 0 });
      const { what, from } = heard.at(-1)!;
      expect(what).toBe(second);
      expect(Math.abs(from * 1000 - lateMs)).toBeLessThan(200);
      stage.close();
      expect(heard.at(-1)?.what).toBeNull();
    }
  }
});
