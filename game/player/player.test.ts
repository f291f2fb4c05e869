// The whole player with a simulated browser's elements: what it does with what a source answers.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Story } from "#protocol/scene/scene.ts";
import { choice, clip, storyOf } from "#protocol/scene/testing.ts";
import { localPlay } from "../net/local.ts";
import { makePlayer } from "./player.ts";
import { Page, SimulatedCanvas, SimulatedVideo } from "./testing.ts";

const story = storyOf([
  "main",
  {
    start: "hall",
    nodes: [clip("hall"), { id: "over", type: "end", ending: "over" }],
    edges: [{ id: "ho", from: "hall", to: "over", kind: "default" }],
  },
]);
/** A clip that goes round, from which one is chosen at any time, or for its end; nothing is played where it is asked what comes then. */
const doors = storyOf([
  "main",
  {
    start: "hall",
    nodes: [
      clip("hall", { playback: { mode: "loopSegment", startMs: 0, endMs: 1500 }, offer: { showAtMs: 0 } }),
      clip("left"),
      clip("right"),
      { id: "ask", type: "choice" },
      { id: "over", type: "end", ending: "over" },
    ],
    edges: [
      choice("l", "hall", "left"),
      choice("r", "hall", "right", { cut: "atEnd" }),
      { id: "la", from: "left", to: "ask", kind: "default" },
      { id: "ra", from: "right", to: "ask", kind: "default" },
      choice("o", "ask", "over"),
    ],
  },
]);
const silence = {
  currentTime: 0,
  destination: null,
  createGain: () => ({ connect: () => {} }),
  resume: () => Promise.resolve(),
} as unknown as AudioContext;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Plays it with files that `fetch` answers, of which something may be shown as soon as `yet` says so. */
const open = (told: Story, fetch: (path: string) => Promise<Response>, yet: () => boolean = () => true) => {
  const page = new Page((most) => most);
  const createElement = (name: string) => (name === "canvas" ? new SimulatedCanvas(page) : new SimulatedVideo(page));
  vi.stubGlobal("document", { createElement });
  vi.stubGlobal("requestAnimationFrame", (run: () => void) => page.frame(run));
  vi.stubGlobal("cancelAnimationFrame", (handle: number) => page.dropFrame(handle));
  vi.stubGlobal("location", { href: "http://player.test/" });
  vi.stubGlobal("fetch", fetch);
  const made: Array<string> = [];
  vi.spyOn(URL, "createObjectURL").mockImplementation(() => `blob:${made.push("")}`);
  const stills = { start: null, end: null };
  const media = (ids: ReadonlyArray<string>) =>
    Promise.resolve(new Map(ids.map((id) => [id, { picture: yet() ? `/${id}.mp4` : null, audio: null, durationMs: 2000, stills }])));
  const source = localPlay({ story: told, title: "", media, seed: () => 1 });
  const player = makePlayer({ source, container: { append: () => {} } as unknown as HTMLElement, language: "en", audio: silence });
  const visible = () =>
    page.videos
      .filter(({ src, style }) => src !== "" && style.opacity === "1")
      .toSorted((a, b) => Number(b.style.zIndex) - Number(a.style.zIndex));
  return { page, source, player, visible, node: () => player.view().node };
};
/** Of all files but these. */
const without = (missing: ReadonlySet<string>) => (path: string) =>
  Promise.resolve(missing.has(path) ? new Response(null, { status: 404 }) : new Response(`of ${path}`));

test("a piece of which nothing may be shown yet is shown when something is made of it", async () => {
  let made = false;
  const { page, player, visible } = open(
    story,
    () => Promise.resolve(new Response("of the hall")),
    () => made,
  );
  player.start();
  await page.pass(3000);
  expect([visible().length, player.waiting()]).toEqual([0, true]);
  made = true;
  await page.pass(4000);
  expect([visible().length, player.waiting(), player.problem()]).toEqual([1, false, null]);
  player.close();
});

test("where a piece cannot be had, the one before stands until it is tried again or gone on without", async () => {
  const missing = new Set(["/ast_left.mp4"]);
  const { page, player, visible, node } = open(doors, without(missing));
  player.start();
  await page.pass(1400);
  player.choose("l");
  await page.pass(100);
  expect([node(), player.problem()?.message, visible()[0]?.paused]).toEqual([
    "left",
    "What is to be seen here could not be loaded: /ast_left.mp4 answered 404.",
    true,
  ]);
  const hall = visible()[0]!;
  const at = hall.currentTime;
  player.setPaused(true);
  player.setPaused(false);
  await page.pass(3000);
  expect([node(), hall.paused, hall.currentTime, player.problem() === null]).toEqual(["left", true, at, false]);
  player.retry();
  await page.pass(400);
  expect([node(), player.problem() === null]).toEqual(["left", false]);
  missing.clear();
  player.retry();
  await page.pass(1400);
  expect([node(), player.problem(), visible()[0] === hall, visible()[0]?.paused]).toEqual(["left", null, false, false]);
  player.close();
});

test("a file that cannot be played is fetched anew when that is tried again", async () => {
  const asked: Array<string> = [];
  const { page, player, visible } = open(doors, (path) => {
    asked.push(path);
    return without(new Set())(path);
  });
  player.start();
  await page.pass(100);
  page.videos.find(({ src }) => src !== "")!.dispatchEvent(new Event("error"));
  await page.pass(1400);
  expect([player.problem()?.message, visible().length]).toEqual(["The video cannot be played.", 0]);
  asked.length = 0;
  player.retry();
  await page.pass(1400);
  expect([player.problem(), visible().length, asked]).toEqual([null, 1, ["/ast_hall.mp4"]]);
  player.close();
});

test("a problem of a piece is gone with it", async () => {
  const { page, player, node } = open(doors, without(new Set(["/ast_left.mp4"])));
  player.start();
  await page.pass(1400);
  player.choose("l");
  await page.pass(100);
  expect([node(), player.problem() === null]).toEqual(["left", false]);
  player.source.take({ type: "ended", turn: player.source.state().turn });
  await page.pass(100);
  expect([node(), player.problem(), player.offered()]).toEqual(["ask", null, true]);
  player.close();
});

test("a choice for the end of a piece that is not to be had is not waited with", async () => {
  const { page, player, node } = open(doors, without(new Set(["/ast_hall.mp4"])));
  player.start();
  await page.pass(100);
  expect([player.problem() === null, player.offered()]).toEqual([false, false]);
  player.skip();
  expect([player.problem(), player.offered()]).toEqual([null, true]);
  player.choose("r");
  await page.pass(1000);
  expect([node(), player.problem()]).toEqual(["right", null]);
  player.close();
});

test("what is still waited for when the story goes on to where nothing is played is not shown any more", async () => {
  const late = Promise.withResolvers<Response>();
  const { page, player, visible, node } = open(doors, (path) => (path === "/ast_left.mp4" ? late.promise : without(new Set())(path)));
  player.start();
  await page.pass(1400);
  player.choose("l");
  await page.pass(400);
  const [hall] = visible();
  expect([node(), player.waiting()]).toEqual(["left", true]);
  player.skip();
  expect([node(), player.waiting()]).toEqual(["ask", false]);
  late.resolve(new Response("of the left"));
  await page.pass(2000);
  expect([visible().length, visible()[0] === hall, hall?.paused]).toEqual([1, true, true]);
  player.close();
});

test("where nothing is played, what was played when it was gone back to stands, also after a pause", async () => {
  const { page, source, player, visible, node } = open(doors, without(new Set()));
  player.start();
  await page.pass(1400);
  player.choose("l");
  await page.pass(400);
  player.skip();
  const inAsk = source.state().turn;
  player.choose("o");
  await source.restart();
  await page.pass(1000);
  expect(visible()[0]?.paused).toBe(false);
  player.choose("l");
  player.skip();
  await page.pass(100);
  player.setPaused(true);
  await source.rewind(inAsk);
  player.setPaused(false);
  const [stands] = visible();
  const at = stands?.currentTime;
  await page.pass(1000);
  expect([node(), player.bare(), stands?.paused, stands?.currentTime]).toEqual(["ask", true, true, at]);
  player.close();
});

test("where a piece cannot be had and no choice is open, going on without it leads to its end", async () => {
  const closed = storyOf([
    "main",
    {
      start: "hall",
      nodes: [clip("hall"), { id: "over", type: "end", ending: "over" }, { id: "far", type: "end", ending: "far" }],
      edges: [
        choice("f", "hall", "far", { whenClosed: "show", condition: { kind: "constant", value: false } }),
        { id: "ho", from: "hall", to: "over", kind: "default" },
      ],
    },
  ]);
  const { page, player, node } = open(closed, without(new Set(["/ast_hall.mp4"])));
  player.start();
  await page.pass(100);
  expect([player.problem() === null, player.view().choices.map(({ open: isOpen }) => isOpen)]).toEqual([false, [false]]);
  player.skip();
  await page.pass(100);
  expect([node(), player.problem()]).toEqual(["over", null]);
  player.close();
});

test("what would have followed in a piece that is left for where nothing is played does not follow", async () => {
  const segments = ["hall", "left"].map((name) => ({ id: name, media: { kind: "asset" as const, assetId: `ast_${name}` } }));
  const twice = storyOf([
    "main",
    {
      start: "hall",
      nodes: [clip("hall", { segments }), { id: "ask", type: "choice" }, { id: "over", type: "end", ending: "over" }],
      edges: [{ id: "ha", from: "hall", to: "ask", kind: "default" }, choice("o", "ask", "over")],
    },
  ]);
  const { page, player, visible, node } = open(twice, without(new Set(["/ast_left.mp4"])));
  player.start();
  await page.pass(1400);
  const [hall] = visible();
  player.skip();
  await page.pass(4000);
  expect([node(), player.problem(), visible()[0] === hall, player.offered()]).toEqual(["ask", null, true, true]);
  player.close();
});
