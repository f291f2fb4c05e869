import { fireEvent, screen, waitFor, within } from "@solidjs/testing-library";
import { createSignal } from "solid-js";
import { afterEach, describe, expect, it } from "vitest";
import type { Asset } from "#protocol/asset.ts";
import type { Job } from "#protocol/job.ts";
import { CallError } from "#protocol/wire/errors.ts";
import type { PanelParams } from "#web/dock/panel.ts";
import { recordOpened, renderInWorkspace } from "#web/panels/testing.tsx";
import { sampleAsset, sampleJob } from "#web/store/testing.ts";
import ComparePanel from "./compare.tsx";
import { compareChosen, compareJobs } from "./open.ts";

const opened = recordOpened();
afterEach(() => localStorage.clear());

const video = (id: string, change: Partial<Asset> = {}): Asset =>
  sampleAsset({
    id,
    name: `video ${id}`,
    durationMs: 5000,
    fps: 24,
    origin: { kind: "generation", jobId: `job_${id}` },
    urls: { ...sampleAsset().urls, original: `/media/${id}.mp4` },
    ...change,
  });
const jobOf = (id: string, change: Partial<Job> = {}): Job =>
  sampleJob({ id: `job_${id}`, assetId: id, params: { prompt: "a fox", seed: id }, ...change });

const show = (all: ReadonlyArray<Asset>, start: PanelParams["compare"] = { assetIds: all.map(({ id }) => id) }) => {
  const [params, setParams] = createSignal(start);
  const shown = renderInWorkspace(
    {
      "assets.many": ({ ids }) => ({ assets: all.filter(({ id }) => ids.includes(id)) }),
      "assets.get": ({ id }) => all.find((asset) => asset.id === id) ?? sampleAsset(),
      "assets.update": ({ id, favourite }) => ({
        ...(all.find((asset) => asset.id === id) ?? sampleAsset()),
        favourite: favourite ?? false,
        rev: 9,
      }),
      "assets.delete": ({ ids }) => ({ deleted: ids }),
      "assets.restore": ({ ids }) => ({ restored: ids }),
      "jobs.get": ({ id }) => jobOf(id.slice(4)),
      "jobs.providers": () => ({ providers: [] }),
    },
    () => <ComparePanel params={params()} visible={() => true} setTitle={() => undefined} />,
  );
  return { ...shown, setParams };
};
const two = [video("a", { audioCodec: "aac" }), video("b", { audioCodec: "aac" })];
const tile = (name: string) => screen.findByRole("figure", { name });
const stage = () => screen.getByRole("group", { name: "Comparison" });
const key = (name: string, options: object = {}) => fireEvent.keyDown(stage(), { key: name, ...options });
const videos = () => [...document.querySelectorAll("video")];
const time = () => document.querySelector(".player-time")?.textContent;

describe("the Compare panel", () => {
  it("leads to the gallery while nothing is compared", () => {
    show([]);
    fireEvent.click(screen.getByText("Open the gallery"));
    expect(opened).toEqual(["gallery {}"]);
  });

  it("says at each what differs, and nothing that is the same", async () => {
    show(two);
    const first = await tile("video a");
    expect(await within(first).findByText("Seed")).toBeTruthy();
    expect([...first.querySelectorAll("dd")].map(({ textContent }) => textContent)).toEqual(["a"]);
    expect([...(await tile("video b")).querySelectorAll("dd")].map(({ textContent }) => textContent)).toEqual(["b"]);
  });

  it("leaves out what is gone or is no video, and says so where nothing is left", async () => {
    const { setParams } = show([...two, video("c", { mediaType: "image" })], { assetIds: ["a", "gone", "b", "c"] });
    await tile("video b");
    expect(screen.getAllByRole("figure")).toHaveLength(2);
    setParams({ assetIds: ["gone"] });
    expect(await screen.findByText("These videos are gone")).toBeTruthy();
  });

  it("says that they could not be loaded, and loads them on request", async () => {
    let fails = true;
    renderInWorkspace(
      {
        "assets.many": () => {
          if (fails) {
            throw new CallError("unavailable", "Not reachable now.");
          }
          return { assets: two };
        },
        "jobs.get": ({ id }) => jobOf(id.slice(4)),
      },
      () => <ComparePanel params={{ assetIds: ["a", "b"] }} visible={() => true} setTitle={() => undefined} />,
    );
    await screen.findByText("Not reachable now.");
    fails = false;
    fireEvent.click(screen.getByText("Try again"));
    expect(await tile("video a")).toBeTruthy();
  });

  it("lets one be heard and mutes the others", async () => {
    show(two);
    await tile("video a");
    expect(videos().map(({ muted }) => muted)).toEqual([false, true]);
    key("2");
    expect(videos().map(({ muted }) => muted)).toEqual([true, false]);
    fireEvent.click(within(await tile("video a")).getByRole("button", { name: "Hear this one" }));
    expect(videos().map(({ muted }) => muted)).toEqual([false, true]);
    key("m");
    expect(videos().map(({ muted }) => muted)).toEqual([true, true]);
    // There is no third.
    key("3");
    expect(videos().map(({ muted }) => muted)).toEqual([true, true]);
  });

  it("walks all of them by the frames of the finest, to the end of the longest", async () => {
    show([video("a", { durationMs: 1000, fps: 12 }), video("b")]);
    await tile("video b");
    expect(time()).toBe("0:00.00 frame 1 of 120");
    key(".");
    expect(time()).toBe("0:00.01 frame 2 of 120");
    key("ArrowRight", { shiftKey: true });
    expect(time()).toBe("0:00.11 frame 12 of 120");
    expect(screen.queryByText(/holds its last frame/)).toBeNull();
    key("End");
    expect(time()).toBe("0:04.23 frame 120 of 120");
    expect(within(await tile("video a")).getByText("Ended: holds its last frame")).toBeTruthy();
    key(",");
    expect(time()).toBe("0:04.22 frame 119 of 120");
    key("Home");
    expect(time()).toBe("0:00.00 frame 1 of 120");
  });

  it("lays two over each other, with a line that keys move; three it does not", async () => {
    const { setParams } = show([...two, video("c")], { assetIds: ["a", "b"] });
    await tile("video a");
    key("w");
    const line = screen.getByRole("slider", { name: "Line between the two videos" });
    const at = () => line.getAttribute("aria-valuenow");
    expect(at()).toBe("50");
    fireEvent.keyDown(line, { key: "ArrowLeft" });
    expect(at()).toBe("49");
    fireEvent.keyDown(line, { key: "ArrowRight", shiftKey: true });
    expect(at()).toBe("59");
    fireEvent.keyDown(line, { key: "End" });
    fireEvent.keyDown(line, { key: "ArrowRight" });
    expect(at()).toBe("100");
    // These keys are those of the line, not of the player.
    expect(time()).toBe("0:00.00 frame 1 of 120");
    setParams({ assetIds: ["a", "b", "c"] });
    await tile("video c");
    expect(screen.queryByRole("slider", { name: "Line between the two videos" })).toBeNull();
    expect(screen.queryByRole("button", { name: /Lay one|Side by side/ })).toBeNull();
  });

  it("marks, throws away, brings back, hands on and takes out", async () => {
    const { client, workspace } = show(two);
    const press = async (name: string) => fireEvent.click(within(await tile("video a")).getByRole("button", { name }));
    await press("Add to favourites");
    await within(await tile("video a")).findByRole("button", { name: "Remove from favourites" });
    await press("Use as input");
    expect(workspace.draft.take()).toMatchObject([{ kind: "useAsset", assetId: "a" }]);
    await press("Move to the trash");
    await screen.findByText("“video a” moved to the trash");
    client.deltas("assets.assets", [video("a", { deletedAt: 5, rev: 20 })]);
    await within(await tile("video a")).findByRole("button", { name: "Bring back" });
    await press("Take out of the comparison");
    expect(opened.at(-1)).toBe('compare {"assetIds":["b"]}');
  });

  it("asks for a fresh URL when one has expired, and goes on without the one that cannot be had", async () => {
    show(two);
    const first = await tile("video a");
    fireEvent.error(videos()[0]!);
    await within(first).findByText(/The server does not answer/);
    expect(within(await tile("video b")).queryByText(/The server does not answer/)).toBeNull();
  });
});

describe("the way into a comparison", () => {
  it("takes two to four videos", () => {
    const { workspace } = show([]);
    workspace.assets.put([
      ...["a", "b", "c", "d", "e"].map((id) => video(id)),
      video("i", { mediaType: "image" }),
      video("t", { deletedAt: 1 }),
    ]);
    for (const ids of [["a"], ["a", "b", "c", "d", "e"], ["a", "i"], ["a", "t"], ["a", "unknown"]]) {
      compareChosen(workspace, ids);
    }
    expect(opened).toEqual([]);
    compareChosen(workspace, ["b", "a"]);
    expect(opened).toEqual(['compare {"assetIds":["b","a"]}']);
  });

  it("takes the first four results of jobs, and of one job those of its batch in the order in which they were made", async () => {
    const { workspace, client } = renderInWorkspace(
      { "jobs.list": () => ({ jobs: ["c", "b", "a"].map((id) => jobOf(id, { batchId: "bat_1" })), next: null }) },
      () => null,
    );
    workspace.jobs.put([
      ...["a", "b", "c", "d", "e"].map((id) => jobOf(id, { batchId: "bat_1" })),
      jobOf("x", { assetId: null }),
      jobOf("alone", { batchId: null }),
    ]);
    await compareJobs(workspace, ["job_x", "job_e", "job_d", "job_c", "job_b", "job_a"]);
    await compareJobs(workspace, ["job_a"]);
    await compareJobs(workspace, ["job_x", "job_a"]);
    await compareJobs(workspace, ["job_alone"]);
    expect(opened).toEqual(['compare {"assetIds":["e","d","c","b"]}', 'compare {"assetIds":["a","b","c"]}']);
    expect(client.calls.filter(({ name }) => name === "jobs.list").map(({ input }) => input)).toEqual([
      { filter: { batchId: "bat_1", states: ["completed"] }, limit: 100 },
    ]);
    await waitFor(() => expect(screen.getByText("This job was not made together with others")).toBeTruthy());
  });
});
