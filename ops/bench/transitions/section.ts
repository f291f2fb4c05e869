// Transitions of the player, as the compositor shows them: in a real browser, with media from PixSim's own gateway behind a line that is
// slow and stalls. PIXSIM_BENCH_TRANSITIONS: cuts to measure, all else in proportion; default 40, in full 200.
import { createHash, randomBytes } from "node:crypto";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as pause } from "node:timers/promises";
import { Effect } from "effect";
import type { Browser, Page } from "playwright-core";
import { drawn, mixedSeed } from "#protocol/random.ts";
import { choice, clip, edge, storyOf } from "#protocol/scene/testing.ts";
import type { Story } from "#protocol/scene/scene.ts";
import { expiryOf, signMediaUrl } from "#runtime/gateway/media-url.ts";
import { startGateway } from "#runtime/gateway/testing.ts";
import { openBrowser } from "../../e2e/browser.ts";
import type { Report, Row, Section } from "../report.ts";
import { clipFormat, makeCodedClip } from "./clips.ts";
import { openLine } from "./line.ts";
import { type Shown, startScreencast } from "./screencast.ts";
import { blackIn, type Cut, cutAfter, gapsAtEnds, percentile, staleIn, stepsBack } from "./transitions.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const frameMs = 1000 / clipFormat.fps;
/** Of the display. */
const displayMs = 1000 / 60;
/** A clip and up to four that may follow it. */
const branches = 5;
const branchFrames = 72;
const chainFrames = 24;

const line = { latencyMs: 30, bitsPerSecond: 20_000_000, stalls: 0.01, stallMs: 2000 } as const;
const cutAims = { first: displayMs + 16, moving: 80 } as const;
const coldAimMs = 400;
const soundGapMs = 20;

/** What `game/bench/page.ts` offers. */
interface Bench {
  readonly pressed: Array<number>;
  readonly silences: ReadonlyArray<{ readonly at: number; readonly seconds: number }>;
  readonly heard: number;
  readonly play: (story: unknown, media: Media) => Promise<void>;
  readonly switches: () => ReadonlyArray<{ readonly primed: boolean; readonly movingMs: number }>;
  readonly cold: (media: Media) => void;
  readonly compare: (how: string, urls: ReadonlyArray<string>) => Promise<void>;
}
/** As the player takes files (game/net/source.ts). */
type Media = Readonly<
  Record<
    string,
    {
      readonly picture: string;
      readonly audio: string;
      readonly durationMs: number;
      readonly stills: { readonly start: null; readonly end: null };
    }
  >
>;

/** No video at all: what the browser and the way of measuring take by themselves. */
const bare = "nothing but a picture";

/** Tells of silences of more than 3 ms in what is heard, between two sounds, and of each tenth of a second of sound. */
const recorder = `
registerProcessor("silences", class extends AudioWorkletProcessor {
  heard = 0; since = null;
  process([input]) {
    const samples = input[0];
    for (let at = 0; at < 128; at++) {
      const loud = samples !== undefined && Math.abs(samples[at]) > 0.002;
      const now = currentTime + at / sampleRate;
      if (!loud) { this.since ??= now; continue; }
      if (this.heard > 0 && this.since !== null && now - this.since > 0.003)
        this.port.postMessage({ silence: { at: this.since, seconds: now - this.since } });
      this.since = null;
      if (++this.heard % Math.round(sampleRate / 10) === 0) this.port.postMessage({ heard: this.heard / sampleRate });
    }
    return true;
  }
});
`;

const asset = (index: number): string => `ast_n${index}`;

const branching = (): Story =>
  storyOf([
    "main",
    {
      start: "n0",
      nodes: Array.from({ length: branches }, (_, at) =>
        clip(`n${at}`, { playback: { mode: "loopSegment", startMs: 0, endMs: 3000 }, offer: { showAtMs: 0 } }),
      ),
      edges: Array.from({ length: branches }, (_, from) =>
        Array.from({ length: branches }, (_, to) => (from === to ? [] : [choice(`e${from}${to}`, `n${from}`, `n${to}`)])).flat(),
      ).flat(),
    },
  ]);

const chained = (): Story =>
  storyOf([
    "main",
    { start: "n5", nodes: [clip("n5"), clip("n6"), clip("n7")], edges: [edge("n5", "n6"), edge("n6", "n7"), edge("n7", "n5")] },
  ]);

const looping = (): Story =>
  storyOf([
    "main",
    {
      start: "n5",
      nodes: [clip("n5", { playback: { mode: "loopSegment", startMs: 0, endMs: 1000 }, offer: {} }), clip("n6")],
      edges: [choice("out", "n5", "n6")],
    },
  ]);

interface Stand {
  readonly browser: Browser;
  readonly address: string;
  readonly media: (ids: ReadonlyArray<number>) => Media;
  readonly draw: () => number;
}

const onStand = async (run: (stand: Stand) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "pixsim-transitions-"));
  const key = new Uint8Array(randomBytes(32));
  let random = mixedSeed(1);
  const draw = (): number => {
    const { state, share } = drawn(random);
    random = state;
    return share;
  };
  const closing: Array<() => Promise<unknown>> = [() => rm(folder, { recursive: true, force: true })];
  try {
    const store = async (path: string, extension: string) => {
      const bytes = await readFile(path);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      await copyFile(path, join(folder, sha256));
      return signMediaUrl(key, sha256, extension, expiryOf(0));
    };
    const made: Record<string, Media[string]> = {};
    for (let index = 0; index < branches + 3; index++) {
      const { video, audio, frames } = await makeCodedClip(folder, index + 1, index < branches ? branchFrames : chainFrames);
      const [picture, sound] = [await store(video, "mp4"), await store(audio, "m4a")];
      made[asset(index)] = { picture, audio: sound, durationMs: frames * frameMs, stills: { start: null, end: null } };
    }
    const vite = await import("vite");
    const site = join(folder, "site");
    await vite.build({
      configFile: join(root, "game/vite.config.ts"),
      root: join(root, "game/bench"),
      build: { outDir: site },
      logLevel: "warn",
    });
    await writeFile(join(site, "recorder.js"), recorder);
    const gateway = await startGateway({
      http: {
        site,
        media: { key, path: (sha256) => join(folder, sha256), recall: () => Effect.die("Nothing is away."), used: () => {} },
      },
    });
    closing.push(() => gateway.close());
    const slow = await openLine({ to: gateway.port, ...line, draw });
    closing.push(() => slow.close());
    const browser = await openBrowser();
    closing.push(() => browser.close());
    await run({
      browser,
      address: `http://127.0.0.1:${slow.port}/`,
      draw,
      media: (ids) => Object.fromEntries(ids.map((index) => [asset(index), made[asset(index)]!])),
    });
  } finally {
    for (const close of closing.toReversed()) await close();
  }
};

interface Watched {
  readonly shown: ReadonlyArray<Shown>;
  readonly pressed: ReadonlyArray<number>;
  readonly silences: Bench["silences"];
  /** Sound in all, and how long it was listened to, s. */
  readonly heard: number;
  readonly listened: number;
  readonly switches: ReturnType<Bench["switches"]>;
}

const inPage = <T>(page: Page, run: (bench: Bench) => T): Promise<T> => page.evaluate<T>(`(${run.toString()})(globalThis.bench)`);

/** A page of its own: `prepare` puts up what is measured, `use` uses it while the compositor is watched. */
const watch = async (
  { browser, address }: Stand,
  prepare: (page: Page) => Promise<void>,
  use: (page: Page) => Promise<void>,
): Promise<Watched> => {
  const context = await browser.newContext({ viewport: { width: clipFormat.width, height: clipFormat.height } });
  try {
    const page = await context.newPage();
    await page.goto(address);
    await page.waitForFunction(() => "bench" in globalThis);
    await prepare(page);
    const cast = await startScreencast(page);
    const began = performance.now();
    await use(page);
    const listened = (performance.now() - began) / 1000;
    const shown = await cast.stop();
    return {
      shown,
      pressed: await inPage(page, (bench) => bench.pressed),
      silences: await inPage(page, (bench) => bench.silences),
      heard: await inPage(page, (bench) => bench.heard),
      listened,
      switches: await inPage(page, (bench) => bench.switches()),
    };
  } finally {
    await context.close();
  }
};

/** Presses the keys 1 to `keys`, never the last one again, after times that a person might take. */
const pressKeys = async (page: Page, count: number, keys: number, draw: () => number, ms: number): Promise<void> => {
  let last = 0;
  for (let at = 0; at < count; at++) {
    let key = 1 + Math.floor(draw() * keys);
    if (key === last) key = (key % keys) + 1;
    last = key;
    await page.keyboard.press(String(key));
    await pause(ms + draw() * ms * 0.5);
  }
};

const cutsIn = ({ shown, pressed }: Watched): ReadonlyArray<Cut> =>
  pressed.flatMap((input, at) => cutAfter(shown, input, pressed[at + 1] ?? Infinity) ?? []);

const spread = (values: ReadonlyArray<number>): string =>
  `p50 ${percentile(values, 50).toFixed(1)}, worst ${Math.max(...values).toFixed(1)}, of ${values.length}`;

const p95 = (name: string, values: ReadonlyArray<number>, aim?: number, note?: string): Row => ({
  name,
  figure: percentile(values, 95),
  also: spread(values),
  ...(aim === undefined ? {} : { aim: { atMost: aim } }),
  ...(note === undefined ? {} : { note }),
});

const faults = (name: string, { shown }: Watched): ReadonlyArray<Row> => [
  { name: `${name}: black pictures`, figure: blackIn(shown), aim: { atMost: 0 }, note: `${shown.length} pictures` },
  { name: `${name}: steps back`, figure: stepsBack(shown), aim: { atMost: 0 } },
  { name: `${name}: stale pictures, of a clip as it was left`, figure: staleIn(shown, frameMs), aim: { atMost: 0 } },
];

/** Where hardly anything is heard, there is no silence between two sounds either: that is no good figure. */
const longestSilence = ({ silences, heard, listened }: Watched): Row => ({
  name: "longest silence at a change",
  figure: heard < listened / 2 ? Infinity : Math.max(0, ...silences.map(({ seconds }) => seconds * 1000)),
  also: `${silences.length} of more than 3 ms, ${heard.toFixed(1)} s heard`,
  aim: { atMost: soundGapMs },
});

const run = async (report: Report): Promise<void> => {
  const cuts = Number(process.env["PIXSIM_BENCH_TRANSITIONS"] ?? 40);
  if (!Number.isInteger(cuts) || cuts < 10) throw new Error("PIXSIM_BENCH_TRANSITIONS is a whole number, at least 10.");
  const part = (share: number): number => Math.max(10, Math.round(cuts * share));
  await onStand(async (stand) => {
    const { draw } = stand;
    const all = Array.from({ length: branches }, (_, at) => at);
    const chain = [branches, branches + 1, branches + 2];
    const playing = (story: Story, ids: ReadonlyArray<number>) => async (page: Page) => {
      const given = JSON.stringify([story, stand.media(ids)]);
      await page.evaluate(`globalThis.bench.play(...${given})`);
      await page.waitForFunction(() => [...document.querySelectorAll("video")].some((one) => one.style.opacity === "1"));
      // As somebody looks at the picture before choosing: what may follow is made ready meanwhile.
      await pause(2500);
    };

    const cut = await watch(stand, playing(branching(), all), (page) => pressKeys(page, cuts, branches - 1, draw, 650));
    const measured = cutsIn(cut);
    const unprimed = cut.switches.filter(({ primed }) => !primed).length;
    report.table({
      title: `Choices that cut at once: ${measured.length} of ${cut.pressed.length} seen, ${branches - 1} candidates (95th percentile)`,
      unit: "ms",
      rows: [
        p95(
          "first picture of the chosen clip",
          measured.map(({ first }) => first),
          cutAims.first,
        ),
        p95(
          "moving picture",
          measured.map(({ moving }) => moving),
          cutAims.moving,
          `${unprimed} changes in the page were not made ready`,
        ),
        ...faults("cuts", cut),
        longestSilence(cut),
      ],
    });

    const ends = await watch(stand, playing(chained(), chain), () => pause(part(0.2) * 1000));
    const endGaps = gapsAtEnds(ends.shown, chainFrames - 1, frameMs);
    report.table({
      title: "At the end of a clip: from its last frame to the first of the next",
      unit: "ms",
      rows: [
        p95("95th percentile", endGaps, frameMs),
        { name: "worst", figure: Math.max(...endGaps), aim: { atMost: frameMs + displayMs } },
        ...faults("ends", ends),
        longestSilence(ends),
      ],
    });

    const loops = await watch(stand, playing(looping(), chain), () => pause(part(0.15) * 1000));
    const loopGaps = gapsAtEnds(loops.shown, chainFrames - 1, frameMs);
    report.table({
      title: "A loop: from its last frame to its first",
      unit: "ms",
      rows: [p95("95th percentile", loopGaps, frameMs), ...faults("loops", loops), longestSilence(loops)],
    });

    const cold: Array<number> = [];
    for (let round = 0; round < Math.ceil(part(0.1) / (branches - 1)); round++) {
      const seen = await watch(
        stand,
        async (page) => void (await page.evaluate(`globalThis.bench.cold(${JSON.stringify(stand.media(all))})`)),
        (page) => pressKeys(page, branches, 1, draw, 1200),
      );
      // The first of them comes from black.
      cold.push(
        ...cutsIn(seen)
          .slice(1)
          .map(({ first }) => first),
      );
    }
    report.table({ title: "Nothing made ready", unit: "ms", rows: [p95("first picture of the chosen clip", cold, coldAimMs)] });

    const rows: Array<Row> = [];
    for (const how of [bare, "new src", "two elements", "Phaser video"]) {
      const urls = all.slice(0, 4).map((index) => stand.media(all)[asset(index)]!.picture);
      const seen = await watch(
        stand,
        async (page) => {
          await page.evaluate(`globalThis.bench.compare(...${JSON.stringify([how, urls])})`);
          await pause(1500);
        },
        (page) => pressKeys(page, part(0.06), 4, draw, 1100),
      );
      const others = cutsIn(seen);
      rows.push(
        p95(
          `${how}: first picture`,
          others.map(({ first }) => first),
        ),
        ...(how === bare
          ? []
          : [
              p95(
                `${how}: moving picture`,
                others.map(({ moving }) => moving),
              ),
              { name: `${how}: black pictures`, figure: blackIn(seen.shown) },
            ]),
      );
    }
    report.table({ title: "For comparison: plainer ways to the same cut", unit: "ms", rows });
  });
};

export const transitions: Section = { name: "transitions", summary: "what the compositor shows when a story goes on", run };
