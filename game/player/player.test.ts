// The whole player with a simulated browser's elements: what it does with what a source answers.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { clip, storyOf } from "#protocol/scene/testing.ts";
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
});

test("a piece of which nothing may be shown yet is shown when something is made of it", async () => {
  const page = new Page((most) => most);
  const createElement = (name: string) => (name === "canvas" ? new SimulatedCanvas(page) : new SimulatedVideo(page));
  vi.stubGlobal("document", { createElement });
  vi.stubGlobal("requestAnimationFrame", (run: () => void) => page.frame(run));
  vi.stubGlobal("cancelAnimationFrame", (handle: number) => page.dropFrame(handle));
  vi.stubGlobal("location", { href: "http://player.test/" });
  vi.stubGlobal("fetch", () => Promise.resolve(new Response("of the hall")));
  let made = false;
  const media = (ids: ReadonlyArray<string>) =>
    Promise.resolve(
      new Map(
        ids.map((id) => [id, { picture: made ? `/${id}.mp4` : null, audio: null, durationMs: 2000, stills: { start: null, end: null } }]),
      ),
    );
  const source = localPlay({ story, title: "", media, seed: () => 1 });
  const player = makePlayer({ source, container: { append: () => {} } as unknown as HTMLElement, language: "en", audio: silence });
  const visible = () => page.videos.filter(({ src, style }) => src !== "" && style.opacity === "1").length;
  player.start();
  await page.pass(3000);
  expect([visible(), player.waiting()]).toEqual([0, true]);
  made = true;
  await page.pass(4000);
  expect([visible(), player.waiting(), player.problem()]).toEqual([1, false, null]);
  player.close();
});
