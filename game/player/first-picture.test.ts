import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FirstPicture } from "./first-picture.ts";
import { Page, SimulatedCanvas, SimulatedVideo } from "./testing.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** `share`: of the longest delays that there can be. */
const scene = async (share: number) => {
  const page = new Page((most) => most * share);
  const canvas = new SimulatedCanvas(page);
  const video = new SimulatedVideo(page);
  video.src = "a.mp4";
  await page.pass(500);
  const first = new FirstPicture(canvas as unknown as HTMLCanvasElement);
  return { page, canvas, video, draw: () => first.draw("a", video as unknown as HTMLVideoElement) };
};

test("is there where it was drawn, and drawn once", async () => {
  const { canvas, video, draw } = await scene(1);
  expect([draw(), canvas.seen]).toEqual([true, "a.mp4"]);
  video.src = "b.mp4";
  expect([draw(), canvas.seen]).toEqual([true, "a.mp4"]);
});

test("is not there, and never black, where a video has no picture yet or a browser no memory for it, and is drawn later", async () => {
  const { page, canvas, video, draw } = await scene(1);
  video.readyState = 1;
  expect([draw(), canvas.seen]).toEqual([false, null]);
  video.readyState = 2;
  canvas.loseFor(100);
  expect([draw(), canvas.seen]).toEqual([false, null]);
  await page.pass(200);
  expect([draw(), canvas.seen]).toEqual([true, "a.mp4"]);
  const without = await scene(0);
  expect([without.draw(), without.canvas.seen]).toEqual([false, null]);
});

test("is not there any more when a browser loses its memory, until it is drawn anew", async () => {
  const { page, canvas, draw } = await scene(1);
  draw();
  canvas.loseFor(100);
  expect(canvas.seen).toBeNull();
  await page.pass(200);
  expect([draw(), canvas.seen]).toEqual([true, "a.mp4"]);
});
