// The player in a real browser, with a story that lies beside it in files: no server of PixSim's, as an exported folder is played.
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import type * as z from "zod";
import { exportedPage, type ExportedStory } from "#protocol/scene/exported.ts";
import type { Story } from "#protocol/scene/scene.ts";
import { choice, clip, storyOf } from "#protocol/scene/testing.ts";
import { makeCodedClip, readPicture } from "../bench/transitions/clips.ts";
import { openBrowser, openDevice } from "./browser.ts";
import { type FolderServer, serveFolder } from "./folder-server.ts";

const built = fileURLToPath(new URL("../../dist/game", import.meta.url));
const names = ["hall", "left", "right"];
/** Two cues for two seconds: of the second nothing is shown but its words. */
const said = (words: string) =>
  `WEBVTT\n\n00:00.000 --> 00:00.400\nListen.\n\n00:00.400 --> 01:00.000\n<v Guard>${words}&lt;img src=x onerror=alert(1)&gt;`;
const story = storyOf([
  "main",
  {
    start: "hall",
    nodes: [
      clip("hall", {
        segments: [
          { id: "s", media: { kind: "asset", assetId: "ast_hall" }, subtitles: { en: said("One is <b>cold</b>."), de: said("Kalt.") } },
        ],
        caption: { en: "Two doors.", de: "Zwei Türen." },
        playback: { mode: "loopSegment", startMs: 500, endMs: 1500 },
        offer: { prompt: { en: "Which one?", de: "Welche?" }, showAtMs: 0, timeoutMs: 600_000 },
      }),
      clip("left"),
      clip("right"),
      { id: "lock", type: "minigame", game: { game: "chance", tries: 3, successPercent: 100, detectionPercent: 0 } },
      { id: "won", type: "end", ending: "treasureFound", text: { en: "Gold!" } },
      { id: "lost", type: "end", ending: "lost" },
    ],
    items: [{ name: "key", title: { en: "Key" } }],
    hud: { items: true, quests: false, relationships: false, time: false },
    edges: [
      choice("l", "hall", "left", {
        text: { en: "The left door", de: "Die linke" },
        effects: [{ kind: "giveItem", name: "key", quantity: 1 }],
      }),
      choice("r", "hall", "right", { text: { en: "The right door", de: "Die rechte" }, cut: "atEnd" }),
      { id: "ll", from: "left", to: "lock", kind: "default" },
      { id: "lw", from: "lock", to: "won", kind: "outcome", outcome: "passed" },
      { id: "rl", from: "right", to: "lost", kind: "default" },
    ],
  },
]);

/** A clip, a picture that says something, and one that stays until a choice is made, which leads to a clip again. */
const pictured = storyOf([
  "main",
  {
    start: "hall",
    nodes: [
      clip("hall"),
      clip("map", {
        segments: [
          {
            id: "s",
            media: { kind: "still", assetId: "ast_map", durationMs: 1500 },
            subtitles: { en: "WEBVTT\n\n00:00.200 --> 00:09.000\nHere it is." },
          },
        ],
      }),
      clip("door", {
        segments: [{ id: "s", media: { kind: "still", assetId: "ast_map", durationMs: 500 } }],
        playback: { mode: "loopSegment", startMs: 0, endMs: 1000 },
        offer: { prompt: { en: "And now?" }, timeoutMs: 600_000 },
      }),
      clip("left"),
      { id: "over", type: "end", ending: "over" },
    ],
    edges: [
      { id: "hm", from: "hall", to: "map", kind: "default" },
      { id: "md", from: "map", to: "door", kind: "default" },
      choice("in", "door", "left", { text: { en: "Go in" } }),
      { id: "lo", from: "left", to: "over", kind: "default" },
    ],
  },
]);

type Media = z.input<typeof ExportedStory>["media"][string];

let folder: string;
let server: FolderServer;
let browser: Browser;
let media: ExportedMedia;
type ExportedMedia = z.input<typeof ExportedStory>["media"];

/** A folder beside the media, with the player and a story. */
const exportTo = async (name: string, title: string, told: Story): Promise<void> => {
  const place = join(folder, name);
  const beside = (path: string): string => relative(place, join(folder, path));
  const files = Object.entries(media).map(([id, { video, audio, ...one }]) => [
    id,
    { ...one, video: beside(video), audio: typeof audio === "string" ? beside(audio) : null },
  ]);
  const exported = { title, version: "1", story: told, media: Object.fromEntries(files) as ExportedMedia };
  await cp(built, place, { recursive: true });
  await writeFile(join(place, "story.json"), JSON.stringify(exported));
  await writeFile(join(place, "index.html"), exportedPage(await readFile(join(built, "index.html"), "utf8")));
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pixsim-player-"));
  const clips = await names.reduce<Promise<ReadonlyArray<readonly [string, Media]>>>(async (before, name, index) => {
    const done = await before;
    const { video, audio } = await makeCodedClip(folder, index + 1, 48);
    return [...done, [`ast_${name}`, { video: basename(video), audio: basename(audio), durationMs: 2000 }] as const];
  }, Promise.resolve([]));
  const map = sharp({ create: { width: 640, height: 360, channels: 3, background: { r: 200, g: 160, b: 90 } } });
  await map.png().toFile(join(folder, "map.png"));
  media = { ...Object.fromEntries(clips), ast_map: { video: "map.png", durationMs: 0 } };
  await exportTo("", "Two doors", story);
  await exportTo("pictured", "A map", pictured);
  server = await serveFolder(folder);
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  server?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs in the page: `heard()` answers how loud that is which goes to the speakers within so many frames; 1 is the most that one can play. */
const hearPage = (): void => {
  const connect = AudioNode.prototype.connect as (this: AudioNode, to: AudioNode | AudioParam, ...outputs: ReadonlyArray<number>) => void;
  const loudness: Array<() => number> = [];
  AudioNode.prototype.connect = function (this: AudioNode, to: AudioNode | AudioParam, ...outputs: ReadonlyArray<number>) {
    if (to instanceof AudioDestinationNode) {
      const meter = this.context.createAnalyser();
      const wave = new Float32Array(meter.fftSize);
      connect.call(this, meter);
      loudness.push(() => {
        meter.getFloatTimeDomainData(wave);
        return Math.max(...wave.map(Math.abs));
      });
    }
    connect.call(this, to, ...outputs);
    return to;
  } as typeof AudioNode.prototype.connect;
  const heard = async (frames: number): Promise<number> => {
    let most = 0;
    for (let frame = 0; frame < frames; frame++) {
      await new Promise(requestAnimationFrame);
      most = Math.max(most, ...loudness.map((level) => level()));
    }
    return most;
  };
  Object.assign(globalThis, { heard });
};

const heardOn = (page: Page, frames = 10): Promise<number> =>
  page.evaluate((most) => (globalThis as unknown as { readonly heard: (frames: number) => Promise<number> }).heard(most), frames);

/** Runs in the page: there is nothing to be heard with until `plugIn()`. */
const unplugPage = (): void => {
  const device = Promise.withResolvers<void>();
  class Unplugged extends AudioContext {
    constructor() {
      super();
      void super.suspend();
    }
    override async resume(): Promise<void> {
      await device.promise;
      await super.resume();
    }
  }
  Object.assign(globalThis, { AudioContext: Unplugged, plugIn: device.resolve });
};

test("a picture is shown for its time between clips, in the same place and with nothing black in between", async () => {
  const device = await openDevice(browser);
  const page = await device.open();
  await page.goto(`${server.url}pictured/`);
  // With each frame of the display: what is seen, since when, and whether there is a picture in it.
  await page.evaluate(() => {
    const seen: Array<{ readonly what: string; readonly at: number; readonly place: string }> = [];
    Object.assign(globalThis, { seen });
    const look = (now: number): void => {
      requestAnimationFrame(look);
      const [shown] = [...document.querySelectorAll<HTMLVideoElement | HTMLImageElement>(".pictures > *")]
        .filter(({ style }) => style.opacity === "1")
        .toSorted((a, b) => Number(b.style.zIndex) - Number(a.style.zIndex));
      if (shown === undefined) return;
      const isThere = shown instanceof HTMLVideoElement ? shown.readyState >= 2 : shown.complete && shown.naturalWidth > 0;
      const what = isThere ? shown.tagName : "nothing";
      const { x, y, width, height } = shown.getBoundingClientRect();
      if (seen.at(-1)?.what !== what) seen.push({ what, at: now, place: [x, y, width, height].join(" ") });
    };
    requestAnimationFrame(look);
  });
  await page.getByRole("button", { name: "Play" }).click();
  await page.getByText("Here it is.").waitFor();
  await page.getByRole("button", { name: "Go in" }).click();
  await page.getByRole("heading", { name: "Over" }).waitFor();
  const seen = await page.evaluate(
    () =>
      (globalThis as unknown as { readonly seen: ReadonlyArray<{ readonly what: string; readonly at: number; readonly place: string }> })
        .seen,
  );
  expect(seen.map(({ what }) => what)).toEqual(["VIDEO", "IMG", "VIDEO"]);
  expect(new Set(seen.map(({ place }) => place)).size).toBe(1);
  // Both pictures are one that stays. Each says a little before its end that it ends.
  expect(seen[2]!.at - seen[1]!.at).toBeGreaterThanOrEqual(1500 + 500 - 2 * 60);
  expect(device.complaints()).toEqual([]);
  await device.context.close();
});

test("files of which the first answers never come are seen and heard by the second", async () => {
  const device = await openDevice(browser);
  const page = await device.open();
  await page.addInitScript(hearPage);
  for (const file of [media["ast_hall"]!.video, media["ast_hall"]!.audio]) server.stalling.add(file!);
  await page.goto(server.url);
  await page.getByRole("button", { name: "Play" }).click();
  // A browser sends what is asked for twice only once, and gives up waiting for the first answer after 20 s.
  const timeout = 15_000;
  await expect
    .poll(() => page.evaluate(() => [...document.querySelectorAll("video")].some((one) => one.style.opacity === "1")), { timeout })
    .toBe(true);
  await expect.poll(() => heardOn(page), { timeout }).toBeGreaterThan(0.01);
  expect(server.stalling.size).toBe(0);
  expect(device.complaints()).toEqual([]);
  await device.context.close();
});

test("where a device for sound comes late, no more is heard at once than what is played then", async () => {
  const device = await openDevice(browser);
  const page = await device.open();
  await page.addInitScript(hearPage);
  await page.addInitScript(unplugPage);
  await page.goto(server.url);
  await page.getByRole("button", { name: "Play" }).click();
  const places = () => page.evaluate(() => Math.max(...[...document.querySelectorAll("video")].map(({ currentTime }) => currentTime)));
  await expect.poll(places).toBeGreaterThan(1.2);
  const heard = heardOn(page, 60);
  await page.evaluate(() => (globalThis as unknown as { readonly plugIn: () => void }).plugIn());
  expect(await heard).toBeGreaterThan(0.2);
  expect(await heard).toBeLessThan(0.45);
  expect(device.complaints()).toEqual([]);
  await device.context.close();
});

test("on a phone, in a language of long words, all that a game is played with can be touched", async () => {
  const device = await openDevice(browser);
  const page = await device.open();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.addInitScript(() => Object.defineProperty(navigator, "language", { value: "de" }));
  await page.goto(server.url);
  await page.getByRole("button", { name: "Spielen" }).click();
  await page.getByRole("button", { name: "Die linke" }).click();
  await page.getByRole("button", { name: "Versuchen" }).waitFor();
  /** Buttons of which a corner is under something else. */
  const covered = () =>
    page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>(".game-row button, .bar button")].flatMap((button) => {
        const { left, right, top, bottom } = button.getBoundingClientRect();
        const corners = [left + 4, right - 4].flatMap((x) => [top + 4, bottom - 4].map((y) => document.elementFromPoint(x, y)));
        return corners.every((one) => one !== null && button.contains(one)) ? [] : [button.textContent];
      }),
    );
  expect(await page.locator(".bar").evaluate((bar) => bar.clientHeight)).toBeGreaterThan(60);
  await expect.poll(covered).toEqual([]);
  expect(device.complaints()).toEqual([]);
  await device.context.close();
});

test("a story is played by keyboard to both endings, gone back in, and gone on with after a reload", async () => {
  const device = await openDevice(browser);
  const page = await device.open();
  await page.addInitScript(hearPage);
  await page.goto(server.url);
  /** Which clip is seen. */
  const seen = () =>
    page.evaluate(() => {
      const shown = [...document.querySelectorAll("video")]
        .filter((one) => one.style.opacity === "1")
        .toSorted((a, b) => Number(b.style.zIndex) - Number(a.style.zIndex))[0];
      if (shown === undefined || shown.readyState < 2) return null;
      const canvas = new OffscreenCanvas(64, 36);
      const context = canvas.getContext("2d")!;
      context.drawImage(shown, 0, 0, 64, 36);
      return [...context.getImageData(0, 0, 64, 36).data].filter((_, at) => at % 4 === 1);
    });
  const clipSeen = async (): Promise<unknown> => {
    const pixels = await seen();
    const read = pixels === null ? null : readPicture((x, y) => pixels[Math.floor(y * 36) * 64 + Math.floor(x * 64)]!);
    return read === null || read === "black" ? read : names[read.clip - 1];
  };
  await page.getByRole("button", { name: "Play" }).press("Enter");
  await expect.poll(clipSeen).toBe("hall");
  await expect.poll(() => page.getByText("Two doors.").isVisible()).toBe(true);
  await page.getByText("Guard: One is cold.<img src=x onerror=alert(1)>", { exact: true }).waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  await expect.poll(focused).toContain("The left door");

  // How loud and how fast it is, and whether anything moves by itself, are the player's to say.
  const heard = () => heardOn(page);
  const rate = () => page.evaluate(() => [...document.querySelectorAll("video")].find((one) => one.style.opacity === "1")?.playbackRate);
  const motion = () => page.evaluate(() => getComputedStyle(document.querySelector(".choices")!).animationName);
  await expect.poll(heard).toBeGreaterThan(0.01);
  const loud = await heard();
  await page.keyboard.press("m");
  await expect.poll(heard).toBeLessThan(loud / 1000);
  await page.getByRole("button", { name: "Settings" }).click();
  const settings = page.getByRole("dialog", { name: "Settings" });
  await settings.getByLabel("Volume").press("Home");
  for (let steps = 0; steps < 2; steps++) await settings.getByLabel("Volume").press("ArrowRight");
  expect([await rate(), await motion()]).toEqual([1, "none"]);
  await settings.getByLabel("Speed").selectOption("2 ×");
  await settings.getByLabel("Less motion").uncheck();
  expect(await motion()).toBe("rise");
  await settings.getByLabel("Less motion").check();
  expect(await motion()).toBe("none");
  await settings.getByRole("button", { name: "Close" }).click();
  // The keyboard is where it was.
  await expect.poll(focused).toBe("Settings");
  // A tenth of the volume instead of eight.
  await expect.poll(heard).toBeGreaterThan(loud / 16);
  expect(await heard()).toBeLessThan(loud / 4);
  expect(await rate()).toBe(2);

  await page.keyboard.press("1");
  await expect.poll(clipSeen).toBe("left");
  expect(await rate()).toBe(2);
  expect(await page.getByLabel("Inventory").textContent()).toBe("Key");
  await page.locator(".game canvas").waitFor();
  await page.getByRole("button", { name: "Try" }).press("Enter");
  await page.getByRole("heading", { name: "Treasure found" }).waitFor();

  await page.keyboard.press("h");
  await page.getByRole("button", { name: "Save here" }).click();
  await page.getByRole("button", { name: "Go to The left door" }).waitFor();
  await page.getByRole("button", { name: "Choose again" }).click();
  await expect.poll(clipSeen).toBe("hall");
  expect(await page.getByLabel("Inventory").count()).toBe(0);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await expect.poll(clipSeen).toBe("right");
  await page.getByRole("heading", { name: "Lost" }).waitFor();

  await page.reload();
  await page.getByText("So far: The right door").waitFor();
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("heading", { name: "Lost" }).waitFor();
  await page.getByRole("button", { name: "Play again" }).click();
  await expect.poll(clipSeen).toBe("hall");
  await page.keyboard.press("h");
  await page.getByRole("button", { name: "Go to The left door" }).click();
  await page.getByRole("heading", { name: "Treasure found" }).waitFor();

  // It can be installed (in private windows nothing can), and starts without a network.
  const devtools = await device.context.newCDPSession(page);
  const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
  expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito")).toEqual([]);
  const { data, errors } = await devtools.send("Page.getAppManifest");
  const manifest = JSON.parse(data ?? "") as { readonly icons: ReadonlyArray<{ readonly sizes: string; readonly purpose: string }> };
  expect(errors).toEqual([]);
  expect(manifest.icons.map(({ sizes, purpose }) => `${sizes} ${purpose}`)).toEqual([
    "any any",
    "192x192 any",
    "512x512 any",
    "512x512 maskable",
  ]);
  const isKept = (names: ReadonlyArray<string>) =>
    page.evaluate(async (all) => (await Promise.all(all.map((name) => caches.match(name)))).every((answer) => answer !== undefined), names);
  const own = JSON.parse(await readFile(join(built, "files.json"), "utf8")) as ReadonlyArray<string>;
  await expect.poll(() => isKept(["./", "story.json", ...own])).toBe(true);
  expect(device.complaints()).toEqual([]);
  server.close();
  await device.duringOutage(async () => {
    await page.reload();
    await page.getByRole("button", { name: "From the beginning" }).click();
    await expect.poll(clipSeen).toBe("hall");
  });
  expect(device.complaints()).toEqual([]);
  await device.context.close();
});
