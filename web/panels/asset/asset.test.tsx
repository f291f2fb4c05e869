import { fireEvent, screen, waitFor } from "@solidjs/testing-library";
import { createSignal } from "solid-js";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { Asset } from "#protocol/asset.ts";
import type { OperationSpec } from "#protocol/job.ts";
import { CallError } from "#protocol/wire/errors.ts";
import type { PanelParams } from "#web/dock/panel.ts";
import { sampleAsset, sampleJob } from "#web/store/testing.ts";
import { recordOpened, renderInWorkspace } from "#web/panels/testing.tsx";
import { fileNameOf } from "./actions.ts";
import AssetPanel from "./asset.tsx";

const urls = { ...sampleAsset().urls, original: "/media/a.mp4?e=1" };
const video = (change: Partial<Asset> = {}) => sampleAsset({ id: "ast_1", name: "a fox", durationMs: 5000, fps: 24, urls, ...change });
const none = { assets: [], edges: [] };

const opened = recordOpened();
afterEach(() => localStorage.clear());

const show = async (handlers: Parameters<typeof renderInWorkspace>[0] = {}, start: PanelParams["asset"] = { assetId: "ast_1" }) => {
  const [params, setParams] = createSignal(start);
  const titles: Array<string> = [];
  const shown = renderInWorkspace(
    { "assets.get": () => video(), "assets.lineage": () => none, "jobs.get": () => sampleJob({ id: "job_1" }), ...handlers },
    () => <AssetPanel params={params()} visible={() => true} setTitle={(title) => void titles.push(title)} />,
  );
  return { ...shown, setParams, titles };
};
const showVideo = async (handlers: Parameters<typeof renderInWorkspace>[0] = {}, params?: PanelParams["asset"]) => {
  const shown = await show(handlers, params);
  const player = await screen.findByRole("group", { name: "Player" });
  const element = player.querySelector("video") ?? document.createElement("video");
  return { ...shown, player, element };
};
const time = () => document.querySelector(".player-time")?.textContent;
const inputsOf = (client: { readonly calls: ReadonlyArray<{ name: string; input: unknown }> }, wanted: string) =>
  client.calls.filter(({ name }) => name === wanted).map(({ input }) => input);

describe("the Asset panel", () => {
  it("leads to the gallery while nothing is open", async () => {
    await show({}, {});
    fireEvent.click(screen.getByText("Open the gallery"));
    expect(opened).toEqual(["gallery {}"]);
  });

  it("waits visibly, shows what is known of it, and takes its name as title", async () => {
    const answer = Promise.withResolvers<Asset>();
    const { titles } = await show({ "assets.get": () => answer.promise });
    expect(screen.getByLabelText("Loading the asset")).toBeTruthy();
    answer.resolve(video());
    await screen.findByText("960 × 540");
    expect(screen.getByText("5.00 s")).toBeTruthy();
    expect(titles.at(-1)).toBe("a fox");
  });

  it("says what was asked for as the form does", async () => {
    const params = {
      type: "object",
      properties: { fps: { type: "integer", title: "Frames a second" }, camera: { title: "Camera", enum: ["auto", "panLeft"] } },
    };
    const operation: OperationSpec = { operation: "text_to_video", title: "Text to video", summary: "From words.", params, inputs: [] };
    await show({
      "assets.get": () => video({ origin: { kind: "generation", jobId: "job_1" } }),
      "jobs.get": () => sampleJob({ id: "job_1", params: { prompt: "a fox", fps: 25, camera: "panLeft" } }),
      "jobs.providers": () => ({
        providers: [{ id: "studio", title: "Studio", summary: "Drawn here.", concurrency: 2, account: null, operations: [operation] }],
      }),
    });
    const asked = () => [...(screen.getByText("Operation").parentElement?.children ?? [])].map(({ textContent }) => textContent);
    await waitFor(() =>
      expect(asked()).toEqual(["Operation", "Text to video", "Provider", "Studio", "Frames a second", "25", "Camera", "Pan left"]),
    );
  });

  it("says of another's upload that nothing may be shown of it yet, shows it once it may, and hands out nothing before", async () => {
    const { original: _, ...nothing } = urls;
    const { client } = await show({ "assets.get": () => video({ lent: true, urls: nothing }) });
    expect(await screen.findByText(/is still being made/)).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Download it" }));
    expect(await screen.findByText("The file could not be downloaded")).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Dismiss" }));
    client.deltas("assets.assets", [video({ lent: true, rev: 9 })]);
    const player = await screen.findByRole("group", { name: "Player" });
    await waitFor(() => expect(player.querySelector("video")?.getAttribute("src")).toBe(urls.original));
  });

  it("says that the original is in the archive", async () => {
    await show({ "assets.get": () => video({ archived: true }) });
    expect(await screen.findByText(/In the archive: it is fetched/)).toBeTruthy();
  });

  it("says that it could not be loaded and loads it on request", async () => {
    let fails = true;
    await show({
      "assets.get": () => {
        if (fails) {
          throw new CallError("not_found", "There is no such asset.");
        }
        return video();
      },
    });
    expect((await screen.findByRole("alert")).textContent).toContain("There is no such asset.");
    fails = false;
    fireEvent.click(screen.getByText("Try again"));
    await screen.findByText("960 × 540");
  });

  it("walks frame by frame and keeps the frame that is shown", async () => {
    const frame = sampleAsset({ id: "ast_2", name: "a fox at 0.06 s", mediaType: "image" });
    const { player, client } = await showVideo({ "assets.captureFrame": () => frame });
    expect(time()).toBe("0:00.00 frame 1 of 120");
    fireEvent.keyDown(player, { key: "." });
    expect(time()).toBe("0:00.01 frame 2 of 120");
    fireEvent.click(screen.getByRole("button", { name: "Keep this frame as an image" }));
    await screen.findByText("The frame is in the gallery");
    expect(inputsOf(client, "assets.captureFrame")).toEqual([{ id: "ast_1", timeMs: 63 }]);
    fireEvent.keyDown(player, { key: "ArrowRight", shiftKey: true });
    expect(time()).toBe("0:00.11 frame 12 of 120");
    fireEvent.keyDown(player, { key: "End" });
    fireEvent.keyDown(player, { key: "." });
    expect(time()).toBe("0:04.23 frame 120 of 120");
    fireEvent.keyDown(player, { key: "," });
    expect(time()).toBe("0:04.22 frame 119 of 120");
  });

  it("starts where it was asked to, and goes where it is asked to later", async () => {
    const { setParams } = await showVideo({}, { assetId: "ast_1", timeMs: 2000 });
    await waitFor(() => expect(time()).toBe("0:02.00 frame 49 of 120"));
    setParams({ assetId: "ast_1", timeMs: 3000 });
    await waitFor(() => expect(time()).toBe("0:03.00 frame 73 of 120"));
  });

  it("asks for a fresh URL when one has expired, and says so when that fails too", async () => {
    let url = "/media/a.mp4?e=1";
    const { element } = await showVideo({ "assets.get": () => video({ urls: { ...urls, original: url } }) });
    expect(element.getAttribute("src")).toBe("/media/a.mp4?e=1");
    url = "/media/a.mp4?e=2";
    fireEvent.error(element);
    await waitFor(() => expect(element.getAttribute("src")).toBe("/media/a.mp4?e=2"));
    fireEvent.error(element);
    expect(await screen.findByText("It cannot be shown")).toBeTruthy();
  });

  it("says in the server's words why a file cannot be had, and shows it once it can", async () => {
    const { element } = await showVideo({ "assets.get": () => video() });
    const words = "The archive of originals cannot be reached just now. Try again.";
    const asked = vi.fn(() => Promise.resolve(new Response(`${words}\n`, { status: 503, headers: { "content-type": "text/plain" } })));
    vi.stubGlobal("fetch", asked);
    onTestFinished(() => void vi.unstubAllGlobals());
    fireEvent.error(element);
    expect(await screen.findByText(words)).toBeTruthy();
    expect(asked).toHaveBeenCalledWith(urls.original, { headers: { range: "bytes=0-0" }, cache: "no-store" });
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    const player = await screen.findByRole("group", { name: "Player" });
    await waitFor(() => expect(player.querySelector("video")?.getAttribute("src")).toBe(urls.original));

    asked.mockImplementation(() =>
      Promise.resolve(new Response("<h1>Bad gateway</h1>", { status: 502, headers: { "content-type": "text/html" } })),
    );
    fireEvent.error(player.querySelector("video")!);
    expect(await screen.findByText(/^The file may be missing/)).toBeTruthy();
  });

  it("keeps the URL that plays when a fresh one comes by itself", async () => {
    const { element, client } = await showVideo();
    client.deltas("assets.assets", [video({ rev: 9, favourite: true, urls: { ...urls, original: "/media/a.mp4?e=7" } })]);
    await screen.findByRole("button", { name: "Remove from favourites" });
    expect(element.getAttribute("src")).toBe("/media/a.mp4?e=1");
  });

  it("renames with Enter, and takes back with Escape", async () => {
    const { client } = await showVideo({ "assets.update": ({ name }) => video({ name: name ?? "", rev: 2 }) });
    const name = screen.getByRole<HTMLInputElement>("textbox", { name: "Name" });
    name.focus();
    name.value = "another";
    fireEvent.keyDown(name, { key: "Escape" });
    expect(name.value).toBe("a fox");
    name.focus();
    name.value = "  a red fox ";
    fireEvent.keyDown(name, { key: "Enter" });
    await waitFor(() => expect(name.value).toBe("a red fox"));
    expect(inputsOf(client, "assets.update")).toEqual([{ id: "ast_1", name: "a red fox" }]);
  });

  it("goes to the trash and back", async () => {
    const { client } = await showVideo({
      "assets.delete": ({ ids }) => ({ deleted: ids }),
      "assets.restore": ({ ids }) => ({ restored: ids }),
    });
    fireEvent.click(screen.getByRole("button", { name: "Move to the trash" }));
    await screen.findByText("“a fox” moved to the trash");
    client.deltas("assets.assets", [video({ deletedAt: 5, rev: 2 })]);
    fireEvent.click(await screen.findByText("Bring back"));
    await screen.findByText("“a fox” brought back");
    expect(screen.getByText("Use as input")).toBeTruthy();
    expect(inputsOf(client, "assets.restore")).toEqual([{ ids: ["ast_1"] }]);
  });

  it("shows what it was made from and what was made of it, and leads there", async () => {
    const near = [video(), sampleAsset({ id: "ast_p", name: "the parent" }), sampleAsset({ id: "ast_c", name: "the child" })];
    await showVideo({
      "assets.lineage": () => ({
        assets: near,
        edges: [
          { childId: "ast_1", parentId: "ast_p", relation: "SOURCE_IMAGE", operation: "image_to_video", timeMs: null, order: 0 },
          { childId: "ast_c", parentId: "ast_1", relation: "PAUSED_FRAME", operation: null, timeMs: 500, order: 0 },
        ],
      }),
    });
    expect(await screen.findByText(/^Image · Image to video/)).toBeTruthy();
    fireEvent.click(await screen.findByText("the parent"));
    fireEvent.click(screen.getByText("the child"));
    expect(opened).toEqual(['asset {"assetId":"ast_p"}', 'asset {"assetId":"ast_c"}']);
  });

  it("hands the video, or what it was made with, to the form", async () => {
    const { workspace } = await showVideo();
    fireEvent.click(screen.getByText("Extend"));
    fireEvent.click(await screen.findByText("Use these settings"));
    expect(workspace.draft.take()).toMatchObject([
      { kind: "useAsset", assetId: "ast_1", operation: "video_extend" },
      { kind: "restore", operation: "text_to_video" },
    ]);
  });

  it("is downloaded under a name that any system takes", () => {
    expect(fileNameOf({ name: "a/b: “fox”?.", mime: "video/mp4" })).toBe("a b “fox”.mp4");
    expect(fileNameOf({ name: "fox.PNG", mime: "image/png" })).toBe("fox.PNG");
    expect(fileNameOf({ name: "///", mime: "image/webp" })).toBe("asset.webp");
  });
});
