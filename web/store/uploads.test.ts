// Uploads over a reload of the page, which the test plays by making the store anew: the tab's storage stays.
import { createRoot } from "solid-js";
import { afterEach, describe, expect, it } from "vitest";
import type { Asset } from "#protocol/asset.ts";
import { CallError } from "#protocol/wire/errors.ts";
import type { Client } from "./client.ts";
import { keptUploads } from "./kept-uploads.ts";
import { memoryClient, sampleAsset } from "./testing.ts";
import { createUploads, type UploadsStore } from "./uploads.ts";

afterEach(() => sessionStorage.clear());

type Options = Parameters<Client["upload"]>[1];

const page = (userId = "usr_1") => {
  const sent: Array<Options> = [];
  const ends: Array<PromiseWithResolvers<Asset>> = [];
  const client: Client = {
    ...memoryClient({}),
    upload: (_file, options) => {
      sent.push(options);
      const end = Promise.withResolvers<Asset>();
      ends.push(end);
      return end.promise;
    },
  };
  // Never disposed of: a page that is reloaded does not say goodbye.
  const store: UploadsStore = createRoot(() => createUploads(client, { put: () => undefined }, userId));
  const add = (...files: ReadonlyArray<File>) => store.add(files, { place: "gallery", accepts: ["video"], taker: "The gallery", most: 10 });
  return { sent, ends, add, store };
};

const film = () => new File(["film"], "film.mp4", { type: "video/mp4", lastModified: 1000 });

describe("an upload whose page is reloaded", () => {
  it("goes on where it was when the same file is chosen again, once", () => {
    const before = page();
    before.add(film());
    expect(before.sent[0]?.uploadId).toBeUndefined();
    before.sent[0]?.opened?.("upl_1");

    expect(keptUploads("usr_1", Date.now).cutOff()).toEqual(["film.mp4"]);
    expect(keptUploads("usr_2", Date.now).cutOff()).toEqual([]);
    const after = page();
    after.add(new File(["film"], "film.mp4", { type: "video/mp4", lastModified: 2000 }), film(), film());
    expect(after.sent.map(({ uploadId }) => uploadId)).toEqual([undefined, "upl_1", undefined]);
  });

  it("is kept over a second reload, under the id it has by then", () => {
    const first = page();
    first.add(film());
    first.sent[0]?.opened?.("upl_1");
    const second = page();
    second.add(film());
    second.sent[0]?.opened?.("upl_2");
    const third = page();
    third.add(film());
    expect(third.sent[0]?.uploadId).toBe("upl_2");
    expect(keptUploads("usr_1", Date.now).cutOff()).toHaveLength(1);
  });

  it("is forgotten when it has ended, well or not, and after the day that the server keeps it", async () => {
    const before = page();
    before.add(film(), new File(["b"], "b.mp4", { type: "video/mp4" }));
    before.sent.forEach((options, index) => options.opened?.(`upl_${index}`));
    expect(keptUploads("usr_1", () => Date.now() + 86_400_000).cutOff()).toEqual([]);
    before.ends[0]?.resolve(sampleAsset({ id: "ast_1" }));
    before.ends[1]?.reject(new CallError("storage_full", "The disk is full."));
    await Promise.allSettled(before.ends.map(({ promise }) => promise));
    await Promise.resolve();
    expect(before.store.list()).toEqual([]);
    expect(keptUploads("usr_1", Date.now).cutOff()).toEqual([]);
  });
});
