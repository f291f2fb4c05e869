import { describe, expect, it } from "vitest";
import { assets, type Asset } from "../asset.ts";
import { ExportedStory } from "../scene/exported.ts";
import { clip, storyOf } from "../scene/testing.ts";
import { CallError } from "../wire/errors.ts";
import type { Call } from "./calls.ts";
import { siteOf } from "./story-site.ts";

const still = (id: string) => clip(id, { segments: [{ id: "s", media: { kind: "still", assetId: `ast_${id}`, durationMs: 4000 } }] });
const story = storyOf(["one", { start: "hall", nodes: [clip("hall"), clip("left"), clip("gone"), still("photo"), still("frame")] }]);
const sample: Asset = assets.calls.get.example.output;
const urls = { ...sample.urls, original: "/media/whole.mov?s=1", playVideo: null, playAudio: null, poster: null };
const made = (id: string, more: Partial<Asset["urls"]>): Asset => ({ ...sample, id, durationMs: 2000, urls: { ...urls, ...more } });
const picture = (name: string, origin: Asset["origin"]): Asset => ({
  ...made(`ast_${name}`, { original: `/media/${name}.png?s=1`, poster: `/media/${name}.webp?s=1` }),
  mediaType: "image",
  durationMs: null,
  origin,
});
const library = [
  made("ast_hall", { playVideo: "/media/v.mp4?s=1", playAudio: "/media/a.m4a?s=1", poster: "/media/p.webp?s=1" }),
  made("ast_left", { faststart: "/media/f.mp4?s=1" }),
  picture("photo", { kind: "upload" }),
  picture("frame", { kind: "frame", assetId: "ast_hall", timeMs: 0 }),
];

const page = '<meta name="pixsim-story" content="" />';
const get = (files: ReadonlyArray<string>) => (path: string) =>
  Promise.resolve(
    path === "/play/files.json"
      ? Response.json(files)
      : path === "/play/index.html"
        ? new Response(page)
        : path.includes("broken")
          ? new Response("", { status: 503 })
          : new Response(`bytes of ${path}`),
  );
const call = (assetsThere: ReadonlyArray<Asset>): Call =>
  (async (name: string) => {
    if (name === "scenes.version") return { story };
    if (assetsThere.length === 0) throw new CallError("not_found", "None of them is there.");
    return { assets: assetsThere };
  }) as unknown as Call;
const version = { title: "The forest", versionId: "scv_1" };

const contents = async (files: Awaited<ReturnType<typeof siteOf>>["files"]) => {
  const all = new Map<string, string>();
  for await (const { name, input } of files) all.set(name, typeof input === "string" ? input : await input.text());
  return all;
};

describe("a story as a folder", () => {
  it("has the player, told where the story is, and of each video what plays best", async () => {
    const { files, count, missing } = await siteOf(call(library), get(["assets/play-1.js", "index.html"]), version);
    expect(missing).toBe(1);
    const all = await contents(files);
    expect(all.size).toBe(count);
    expect(all.get("index.html")).toBe('<meta name="pixsim-story" content="story.json" />');
    expect(all.get("assets/play-1.js")).toBe("bytes of /play/assets/play-1.js");
    expect(all.get("files.json")).toBe('["assets/play-1.js","index.html"]');
    const exported = ExportedStory.parse(JSON.parse(all.get("story.json")!));
    expect(exported).toMatchObject({ title: "The forest", version: "scv_1", story: { entry: "one" } });
    expect(exported.media).toEqual({
      ast_hall: {
        video: "media/ast_hall.mp4",
        audio: "media/ast_hall-sound.m4a",
        poster: "media/ast_hall-poster.webp",
        durationMs: 2000,
      },
      ast_left: { video: "media/ast_left.mp4", audio: null, poster: null, durationMs: 2000 },
      // Without what its camera has written into it.
      ast_photo: { video: "media/ast_photo.webp", audio: null, poster: "media/ast_photo-poster.webp", durationMs: 0 },
      ast_frame: { video: "media/ast_frame.png", audio: null, poster: "media/ast_frame-poster.webp", durationMs: 0 },
    });
    expect(all.get("media/ast_hall-sound.m4a")).toBe("bytes of /media/a.m4a?s=1");
    expect(all.get("media/ast_left.mp4")).toBe("bytes of /media/f.mp4?s=1");
  });

  it("is made without the videos that are gone, and not at all where a file cannot be had", async () => {
    expect((await siteOf(call([]), get(["index.html"]), version)).missing).toBe(5);
    await expect(contents((await siteOf(call([]), get(["broken.js"]), version)).files)).rejects.toThrow(
      "/play/broken.js could not be loaded",
    );
    // What would leave the folder is no name of a file in it.
    await expect(siteOf(call([]), get(["../secret"]), version)).rejects.toThrow("Invalid string");
  });
});
