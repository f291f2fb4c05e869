import { createRoot } from "solid-js";
import { describe, expect, it, vi } from "vitest";
import { CallError } from "#protocol/wire/errors.ts";
import { allAssets, createAssetsStore, isAllAssets, matchesAssets } from "./assets.ts";
import { memoryClient, sampleAsset } from "./testing.ts";

describe("the filter of assets", () => {
  const clip = sampleAsset({ mediaType: "video", name: "Fox", prompt: "in the snow", favourite: true, deletedAt: null });

  it("goes by kind, origin, favourite, trash and words", () => {
    expect(isAllAssets(allAssets)).toBe(true);
    expect(matchesAssets(clip, allAssets)).toBe(true);
    expect(matchesAssets(clip, { ...allAssets, mediaType: "image" })).toBe(false);
    expect(matchesAssets(clip, { ...allAssets, origin: "upload" })).toBe(false);
    expect(matchesAssets(clip, { ...allAssets, favourite: true, search: "FOX snow" })).toBe(true);
    expect(matchesAssets({ ...clip, favourite: false }, { ...allAssets, favourite: true })).toBe(false);
    expect(matchesAssets(clip, { ...allAssets, deleted: true })).toBe(false);
    expect(matchesAssets({ ...clip, deletedAt: 5 }, { ...allAssets, deleted: true })).toBe(true);
  });
});

describe("the assets", () => {
  it("are counted on with what comes, goes to the trash and comes back", () =>
    createRoot(async (dispose) => {
      const client = memoryClient({});
      const store = createAssetsStore(client);
      const old = sampleAsset({ id: "ast_1", createdAt: 1000, rev: 1 });
      client.snapshot("assets.assets", { count: 1, assets: [old], next: null });
      expect(store.count()).toBe(1);
      client.deltas("assets.assets", [sampleAsset({ id: "ast_2", createdAt: 2000, rev: 1 })]);
      await vi.waitFor(() => expect(store.count()).toBe(2));
      client.deltas("assets.assets", [{ ...old, deletedAt: 3000, rev: 2 }]);
      await vi.waitFor(() => expect(store.count()).toBe(1));
      client.deltas("assets.assets", [{ ...old, rev: 3 }]);
      await vi.waitFor(() => expect(store.count()).toBe(2));
      dispose();
    }));

  it("that are not known are read once, however many look for them", () =>
    createRoot(async (dispose) => {
      const client = memoryClient({
        "assets.get": ({ id }) => {
          if (id === "ast_gone") {
            throw new CallError("not_found", "It does not exist, or is not yours.");
          }
          return sampleAsset({ id });
        },
      });
      const store = createAssetsStore(client);
      for (let time = 0; time < 5; time += 1) {
        store.ensure("ast_7");
        store.ensure("ast_gone");
      }
      await vi.waitFor(() => expect(store.row("ast_7")?.id).toBe("ast_7"));
      expect(client.calls).toHaveLength(2);
      expect(store.row("ast_gone")).toBeUndefined();
      dispose();
    }));

  it("take fresh addresses of a row that has not changed otherwise", () =>
    createRoot((dispose) => {
      const store = createAssetsStore(memoryClient({}));
      const row = sampleAsset();
      store.put([row]);
      store.put([{ ...row, urls: { ...row.urls, original: "/media/fresh" } }]);
      expect(store.peek(row.id)?.urls.original).toBe("/media/fresh");
      dispose();
    }));
});
