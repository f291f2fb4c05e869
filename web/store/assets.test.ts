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
        "assets.many": ({ ids }) => ({ assets: ids.filter((id) => id !== "ast_gone").map((id) => sampleAsset({ id })) }),
      });
      const store = createAssetsStore(client);
      for (let time = 0; time < 5; time += 1) {
        store.ensure("ast_7");
        store.ensure("ast_gone");
      }
      await vi.waitFor(() => expect(store.row("ast_7")?.id).toBe("ast_7"));
      store.ensure("ast_gone");
      expect(client.calls).toEqual([{ name: "assets.many", input: { ids: ["ast_7", "ast_gone"] } }]);
      expect(store.row("ast_gone")).toBeUndefined();
      dispose();
    }));

  it("of others, in a scene that both have, are known by name, and stand in no list and no count of one's own", () =>
    createRoot(async (dispose) => {
      const client = memoryClient({ "assets.many": ({ ids }) => ({ assets: ids.map((id) => sampleAsset({ id, lent: true })) }) });
      const store = createAssetsStore(client);
      const list = store.list(() => allAssets);
      client.snapshot("assets.assets", { count: 0, assets: [], next: null });
      store.ensure("ast_theirs");
      await vi.waitFor(() => expect(store.row("ast_theirs")?.lent).toBe(true));
      expect([list.ids(), store.count()]).toEqual([[], 0]);
      dispose();
    }));

  it("that many look for at once are read a hundred at a time, one call after the other, the latest wishes first", () =>
    createRoot(async (dispose) => {
      let underWay = 0;
      const client = memoryClient({
        "assets.many": async ({ ids }) => {
          underWay += 1;
          expect(underWay).toBe(1);
          await Promise.resolve();
          underWay -= 1;
          return { assets: ids.map((id) => sampleAsset({ id })) };
        },
      });
      const store = createAssetsStore(client);
      const wanted = Array.from({ length: 1000 }, (_, index) => `ast_${index}`);
      wanted.forEach(store.ensure);
      await vi.waitFor(() => expect(store.peek("ast_800")?.id).toBe("ast_800"));
      expect(client.calls.map(({ input }) => input)).toEqual([{ ids: wanted.slice(900) }, { ids: wanted.slice(800, 900) }]);
      // What was dropped is asked for when it is looked for again.
      store.ensure("ast_0");
      await vi.waitFor(() => expect(store.peek("ast_0")?.id).toBe("ast_0"));
      expect(client.calls).toHaveLength(3);
      dispose();
    }));

  it("whose call failed are asked for again when the connection is back, those that are not there never", () =>
    createRoot(async (dispose) => {
      let isDown = true;
      const client = memoryClient({
        "assets.many": ({ ids }) => {
          if (isDown) {
            throw new CallError("unavailable", "The connection is gone.");
          }
          if (ids.every((id) => id === "ast_gone")) {
            throw new CallError("not_found", "It does not exist, or is not yours.");
          }
          return { assets: ids.map((id) => sampleAsset({ id })) };
        },
      });
      const store = createAssetsStore(client);
      client.stale("assets.assets", true);
      store.ensure("ast_7");
      await vi.waitFor(() => expect(client.calls).toHaveLength(1));
      isDown = false;
      client.stale("assets.assets", false);
      await vi.waitFor(() => expect(store.row("ast_7")?.id).toBe("ast_7"));
      store.ensure("ast_gone");
      await vi.waitFor(() => expect(client.calls).toHaveLength(3));
      client.stale("assets.assets", false);
      store.ensure("ast_gone");
      store.ensure("ast_8");
      await vi.waitFor(() => expect(store.row("ast_8")?.id).toBe("ast_8"));
      expect(client.calls.at(-1)?.input).toEqual({ ids: ["ast_8"] });
      dispose();
    }));

  it("that are looked for by name are counted already, or not in the trash", () =>
    createRoot(async (dispose) => {
      const client = memoryClient({
        "assets.many": ({ ids }) => ({
          assets: ids.map((id) => sampleAsset({ id, createdAt: 1, deletedAt: id === "ast_down" ? 5 : null })),
        }),
      });
      const store = createAssetsStore(client);
      client.snapshot("assets.assets", { count: 40, assets: [sampleAsset({ createdAt: 900 })], next: "older" });
      store.ensure("ast_down");
      store.ensure("ast_old");
      await vi.waitFor(() => expect(store.row("ast_old")?.id).toBe("ast_old"));
      expect(store.count()).toBe(40);
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
