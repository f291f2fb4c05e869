// The canvas of the scene editor in Chromium: a scene of 1,000 nodes is panned at two scales, and every frame that the page draws is counted.
import type { Page } from "playwright-core";
import { openStudio } from "#ops/e2e/studio.ts";
import { openWorkspace, panel } from "#ops/e2e/pages.ts";
import { buildFrontEnds } from "#ops/build.ts";
import { SceneEdge, SceneNode } from "#protocol/scene/scene.ts";
import { median } from "../measure.ts";
import type { Report, Section } from "../report.ts";

const nodes = 1000;
const columns = 40;
const panMs = 4000;

/** Of five types, with one or two edges on from each, in rows as wide as people lay them out. */
const clipping = (): string => {
  const types = ["video", "choice", "condition", "action", "video"] as const;
  const placed = Array.from({ length: nodes }, (_, at) =>
    SceneNode.parse({
      id: `n${at}`,
      type: types[at % types.length],
      title: `Part ${at} of the story`,
      x: (at % columns) * 304,
      y: Math.floor(at / columns) * 240,
    }),
  );
  const edge = (from: number, to: number, more: object) =>
    SceneEdge.parse({ id: `e${from}_${to}`, from: `n${from}`, to: `n${to % nodes}`, order: to, ...more });
  const edges = placed.flatMap((_, at) =>
    at % types.length === 1
      ? [
          edge(at, at + 1, { kind: "choice", text: { en: `Go on to ${at + 1}` } }),
          edge(at, at + columns, { kind: "choice", text: { en: "Go round" } }),
        ]
      : [edge(at, at + 1, { kind: "default" })],
  );
  return JSON.stringify({ format: "pixsim-nodes", version: 1, nodes: placed, edges });
};

interface Frames {
  /** Between one drawn frame and the next, ms. */
  readonly between: ReadonlyArray<number>;
  /** Tasks that held the page up for more than 50 ms. */
  readonly long: ReadonlyArray<number>;
}

/** Pans with the wheel, at 20 px a frame, to and fro. */
const pan = (page: Page): Promise<Frames> =>
  page.evaluate(async (ms) => {
    const canvas = document.querySelector(".scene-canvas")!;
    const box = canvas.getBoundingClientRect();
    const between: Array<number> = [];
    const long: Array<number> = [];
    const observer = new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration)));
    observer.observe({ type: "longtask" });
    await new Promise<void>((done) => {
      let began = 0;
      let last = 0;
      const step = (now: number): void => {
        if (began === 0) began = now;
        else between.push(now - last);
        last = now;
        if (now - began >= ms) {
          done();
          return;
        }
        const direction = Math.floor((now - began) / 1000) % 2 === 0 ? 1 : -1;
        canvas.dispatchEvent(
          new WheelEvent("wheel", {
            deltaX: 20 * direction,
            deltaY: 6 * direction,
            clientX: box.left + box.width / 2,
            clientY: box.top + box.height / 2,
            bubbles: true,
            cancelable: true,
          }),
        );
        requestAnimationFrame(step);
      };
      requestAnimationFrame(step);
    });
    observer.disconnect();
    return { between, long };
  }, panMs);

const run = async (report: Report): Promise<void> => {
  await buildFrontEnds(() => undefined);
  const studio = await openStudio();
  try {
    const page = await studio.device.open();
    await openWorkspace(page, studio.url);
    await page.keyboard.press("g");
    await page.keyboard.press("e");
    await panel(page, "Scenes").getByRole("button", { name: "New scene" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Title").fill("Large");
    await dialog.getByRole("button", { name: "Create" }).click();
    const scene = panel(page, "Scene");
    const canvas = scene.getByRole("group", { name: /^Canvas/ });
    await canvas.waitFor();
    await canvas.evaluate((element, text) => {
      (element as HTMLElement).focus();
      const data = new DataTransfer();
      data.setData("text/plain", text);
      document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    }, clipping());
    await scene.getByText("Draft, saved").waitFor();
    const rows = [];
    for (const [name, key] of [["whole scene in view", "0"] as const, ["100 %", "+"] as const]) {
      await canvas.focus();
      for (let press = 0; press < (key === "0" ? 1 : 14); press++) await canvas.press(key);
      await page.keyboard.press("Escape");
      const { between, long } = await pan(page);
      const scale = await scene.getByRole("button", { name: "Fit the scene in" }).textContent();
      const sorted = between.toSorted((a, b) => a - b);
      rows.push({
        name: `${name} (${scale?.trim() ?? ""})`,
        figure: between.length / (between.reduce((sum, ms) => sum + ms, 0) / 1000),
        also: `median ${median(between).toFixed(1)} ms, p95 ${sorted[Math.floor(sorted.length * 0.95)]!.toFixed(1)} ms, longest ${sorted.at(-1)!.toFixed(1)} ms, ${long.length} long tasks`,
        aim: { atLeast: 58 },
      });
    }
    report.table({ title: `Panning a scene of ${nodes} nodes`, unit: "frames/s", rows });
  } finally {
    await studio.close();
  }
};

export const editor: Section = { name: "editor", summary: "the canvas of the scene editor, panned in Chromium", run };
