import { describe, expect, it } from "vitest";
import { choice, clip, storyOf } from "#protocol/scene/testing.ts";
import { createBackground } from "./background.ts";
import { PageWorker } from "./testing.ts";

const story = storyOf(["a", { start: "v", nodes: [clip("v"), clip("lost")], edges: [choice("c", "v", "v")] }]);

describe("work beside the page", () => {
  it("lays out and checks, and says why something could not be", async () => {
    const background = createBackground(() => new PageWorker());
    const [placed, problems] = await Promise.all([
      background.arrange({ nodes: [{ id: "v", width: 208, height: 64 }], edges: [] }),
      background.check({ story, assets: new Map([["ast_v", { mediaType: "image", durationMs: null }]]), hidden: new Set() }),
    ]);
    expect(placed).toEqual([{ id: "v", x: 0, y: 0 }]);
    expect(problems.map(({ code }) => code)).toEqual(expect.arrayContaining(["not_a_video", "missing_media", "unreachable"]));
    const broken = { ...story, scenes: [{ ...story.scenes[0]!, body: null as never }] };
    await expect(background.check({ story: broken, assets: new Map(), hidden: new Set() })).rejects.toThrow("null");
    background.close();
  });

  it("leaves nobody waiting where the worker stops or the scene is closed", async () => {
    class Silent extends PageWorker {
      override readonly postMessage = (): void => undefined;
    }
    const worker = new Silent();
    const background = createBackground(() => worker);
    const stopped = background.check({ story, assets: new Map(), hidden: new Set() });
    worker.dispatchEvent(new Event("error"));
    await expect(stopped).rejects.toThrow("has stopped");
    const closed = background.arrange({ nodes: [], edges: [] });
    background.close();
    await expect(closed).rejects.toThrow("closed");
  });
});
