import { cleanup, fireEvent, screen, waitFor, within } from "@solidjs/testing-library";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Asset } from "#protocol/asset.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { sampleAsset } from "#web/store/testing.ts";
import { recordOpened, renderInWorkspace } from "#web/panels/testing.tsx";
import GalleryPanel from "./gallery.tsx";

const asset = (number: number, change: Partial<Asset> = {}) =>
  sampleAsset({ id: `ast_${number}`, name: `clip ${number}`, createdAt: 10_000 - number, rev: 1, width: 100, height: 100, ...change });
/** Squares in a view of 316 px: with the usual size two fill a row. */
const five = [1, 2, 3, 4, 5].map((number) => asset(number));

const opened = recordOpened();
beforeEach(() => {
  // There is no layout in this DOM.
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(316);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(400);
});
afterEach(() => localStorage.clear());

const show = (handlers: Parameters<typeof renderInWorkspace>[0] = {}) =>
  renderInWorkspace(handlers, () => <GalleryPanel params={{}} visible={() => true} setTitle={() => undefined} />);
const showFive = async (handlers: Parameters<typeof renderInWorkspace>[0] = {}, assets: ReadonlyArray<Asset> = five) => {
  const shown = show(handlers);
  shown.client.snapshot("assets.assets", { count: assets.length, assets: [...assets], next: null });
  await screen.findByText("clip 1");
  return shown;
};
const tile = (number: number) => screen.getByText(`clip ${number}`).closest<HTMLElement>("[role=option]") ?? document.body;
const grid = () => screen.getByRole("listbox", { name: "Assets" });
const selected = () =>
  screen
    .getAllByRole("option")
    .filter((each) => each.getAttribute("aria-selected") === "true")
    .map(({ textContent }) => textContent?.match(/clip \d+/)?.[0]);
const press = (key: string, more: KeyboardEventInit = {}) => fireEvent.keyDown(grid(), { key, ...more });
const drop = (files: ReadonlyArray<File>) => {
  const event = new Event("drop", { bubbles: true, cancelable: true });
  Object.assign(event, { dataTransfer: { types: ["Files"], files } });
  screen.getByRole("group", { name: "Assets by kind" }).dispatchEvent(event);
};

describe("the Gallery panel", () => {
  it("waits visibly, then says how to get something into it", async () => {
    const { client } = show();
    expect(screen.getByLabelText("Loading assets")).toBeTruthy();
    client.snapshot("assets.assets", { count: 0, assets: [], next: null });
    expect(await screen.findByText("Nothing here yet")).toBeTruthy();
    expect(screen.getByText("Upload files")).toBeTruthy();
  });

  it("draws only what is near the view, however much there is, and names the place of each", async () => {
    await showFive(
      {},
      Array.from({ length: 5000 }, (_, index) => asset(index + 1)),
    );
    expect(screen.getAllByRole("option").length).toBeLessThan(40);
    expect(tile(2).getAttribute("aria-posinset")).toBe("2");
    expect(tile(2).getAttribute("aria-setsize")).toBe("5000");
    press("End");
    fireEvent.scroll(grid());
    await waitFor(() => expect(tile(5000)).toBeTruthy());
    expect(screen.queryByText("clip 1")).toBeNull();
  });

  it("walks by keyboard, row by row and along, choosing on the way", async () => {
    await showFive();
    press("ArrowRight");
    expect(selected()).toEqual(["clip 1"]);
    press("ArrowDown");
    expect(selected()).toEqual(["clip 3"]);
    press("ArrowRight", { shiftKey: true });
    expect(selected()).toEqual(["clip 3", "clip 4"]);
    press("ArrowUp");
    expect(selected()).toEqual(["clip 2"]);
    press("a", { ctrlKey: true });
    expect(screen.getByText("5 selected")).toBeTruthy();
    press("Escape");
    expect(selected()).toEqual([]);
    press("End");
    press("Enter");
    expect(opened).toEqual(['asset {"assetId":"ast_5"}']);
  });

  it("moves to the trash what is selected, and back with one press", async () => {
    const { client } = await showFive({
      "assets.delete": ({ ids }) => ({ deleted: ids }),
      "assets.restore": ({ ids }) => ({ restored: ids }),
    });
    fireEvent.click(tile(2));
    fireEvent.click(tile(4), { shiftKey: true });
    press("Delete");
    await screen.findByText("3 assets moved to the trash");
    client.deltas(
      "assets.assets",
      [2, 3, 4].map((number) => asset(number, { deletedAt: 1, rev: 2 })),
    );
    await waitFor(() => expect(screen.queryByText("clip 3")).toBeNull());
    fireEvent.click(screen.getByText("Undo"));
    await screen.findByText("3 assets brought back");
    expect(client.calls.slice(-2)).toEqual([
      { name: "assets.delete", input: { ids: ["ast_2", "ast_3", "ast_4"] } },
      { name: "assets.restore", input: { ids: ["ast_2", "ast_3", "ast_4"] } },
    ]);
  });

  it("shows the trash, from where things come back but go no further", async () => {
    const gone = asset(7, { deletedAt: 5 });
    const { client } = await showFive({
      "assets.list": ({ filter }) => ({ assets: filter.deleted ? [gone] : [], next: null }),
      "assets.restore": ({ ids }) => ({ restored: ids }),
    });
    fireEvent.click(screen.getByRole("button", { name: "Trash" }));
    await screen.findByText("clip 7");
    fireEvent.keyDown(screen.getByRole("listbox", { name: "Trash" }), { key: "a", ctrlKey: true });
    fireEvent.keyDown(screen.getByRole("listbox", { name: "Trash" }), { key: "Delete" });
    fireEvent.contextMenu(tile(7), { clientX: 5, clientY: 5 });
    fireEvent.keyDown(await screen.findByRole("menu"), { key: "ArrowDown" });
    const items = within(screen.getByRole("menu")).getAllByRole("menuitem");
    expect(items.map(({ textContent }) => textContent)).toEqual(["Bring back from the trash"]);
    expect(client.calls.some(({ name }) => name === "assets.delete")).toBe(false);
  });

  it("opens the trash unfiltered whatever narrows the gallery, which stays as it was", async () => {
    const { client } = await showFive({
      "assets.list": ({ filter }) => ({ assets: filter.deleted ? [] : [asset(8, { mediaType: "image" })], next: null }),
    });
    const images = () => screen.getByRole("button", { name: "Images" });
    const trash = () => screen.getByRole("button", { name: "Trash" });
    fireEvent.click(images());
    await screen.findByText("clip 8");
    fireEvent.click(trash());
    await screen.findByText("The trash is empty");
    expect(client.calls.at(-1)?.input).toMatchObject({ filter: { deleted: true } });
    expect(images().getAttribute("aria-pressed")).toBe("false");
    fireEvent.click(images());
    await screen.findByText("Nothing fits these filters");
    fireEvent.click(screen.getByText("Show everything"));
    await screen.findByText("The trash is empty");
    fireEvent.click(trash());
    await screen.findByText("clip 8");
    expect(images().getAttribute("aria-pressed")).toBe("true");
  });

  it("marks favourites, all of them first", async () => {
    const { client } = await showFive(
      { "assets.update": ({ id, favourite }) => ({ ...asset(Number(id.slice(4))), favourite: favourite ?? false, rev: 2 }) },
      [asset(1, { favourite: true }), asset(2), asset(3)],
    );
    press("a", { ctrlKey: true });
    press("f");
    await waitFor(() => expect(tile(2).getAttribute("aria-label")).toBe("clip 2, video, favourite"));
    expect(client.calls.filter(({ name }) => name === "assets.update").map(({ input }) => input)).toEqual([
      { id: "ast_2", favourite: true },
      { id: "ast_3", favourite: true },
    ]);
  });

  it("marks at once, and takes that back where it fails", async () => {
    let refuse: (error: Error) => void = () => undefined;
    const held = new Promise<never>((_, reject) => (refuse = reject));
    await showFive({ "assets.update": () => held as never });
    fireEvent.click(tile(1));
    press("f");
    expect(tile(1).getAttribute("aria-label")).toBe("clip 1, video, favourite");
    refuse(new CallError("unavailable", "The part that serves this is not reachable now."));
    await screen.findByText("The mark could not be changed");
    expect(tile(1).getAttribute("aria-label")).toBe("clip 1, video");
  });

  it("narrows by kind through the server and keeps that for the next time", async () => {
    const { client } = await showFive({ "assets.list": () => ({ assets: [asset(8, { mediaType: "image" })], next: null }) });
    fireEvent.click(screen.getByRole("button", { name: "Images" }));
    await screen.findByText("clip 8");
    expect(client.calls.findLast(({ name }) => name === "assets.list")?.input).toMatchObject({ filter: { mediaType: "image" } });
    cleanup();
    const saved = client.calls.findLast(({ name }) => name === "auth.savePreferences")?.input as { set: Record<string, unknown> };
    show({ "assets.list": () => ({ assets: [], next: null }), "auth.preferences": () => ({ preferences: saved.set }) });
    expect(screen.getByRole("button", { name: "Images" }).getAttribute("aria-pressed")).toBe("true");
    fireEvent.click(await screen.findByText("Show everything"));
    expect(screen.getByRole("button", { name: "Images" }).getAttribute("aria-pressed")).toBe("false");
  });

  it("drags everything that is selected", async () => {
    await showFive();
    fireEvent.click(tile(1));
    fireEvent.click(tile(3), { ctrlKey: true });
    const kept: Array<string> = [];
    const event = new Event("dragstart", { bubbles: true });
    Object.assign(event, { dataTransfer: { setData: (_type: string, text: string) => void kept.push(text), effectAllowed: "none" } });
    tile(3).dispatchEvent(event);
    expect(kept).toEqual(['["ast_1","ast_3"]']);
  });

  it("takes what a drawn box touches, adds with Ctrl, and a press on nothing takes nothing", async () => {
    await showFive();
    // Squares of 148 px, two in a row, 4 px apart; the sheet begins at the corner of the page.
    const draw = (from: readonly [number, number], to: readonly [number, number], ctrlKey = false) => {
      const at = ([clientX, clientY]: readonly [number, number]) => ({ bubbles: true, button: 0, pointerId: 1, ctrlKey, clientX, clientY });
      vi.spyOn(grid(), "getBoundingClientRect").mockReturnValue(new DOMRect(0, 0, 316, 400));
      fireEvent(grid(), new PointerEvent("pointerdown", at(from)));
      fireEvent(grid(), new PointerEvent("pointermove", at(to)));
      return new Promise<void>((resolve) =>
        requestAnimationFrame(() => {
          fireEvent(grid(), new PointerEvent("pointerup", at(to)));
          resolve();
        }),
      );
    };
    await draw([150, 140], [10, 170]);
    expect(selected()).toEqual(["clip 1", "clip 3"]);
    await draw([302, 10], [290, 20], true);
    expect(selected()).toEqual(["clip 1", "clip 2", "clip 3"]);
    await draw([302, 10], [303, 11]);
    expect(selected()).toEqual([]);
  });

  it("hands what is selected to the form", async () => {
    const { workspace } = await showFive();
    fireEvent.click(tile(2));
    press("u");
    expect(workspace.draft.take()).toEqual([{ kind: "useAsset", assetId: "ast_2", mediaType: "video" }]);
    expect(opened.at(-1)).toBe("generate {}");
  });

  it("shows the frames of a video under the pointer", async () => {
    const sprite = { url: "/media/sheet.webp", columns: 4, rows: 3, frames: 10, width: 160, height: 90 };
    await showFive({}, [asset(1, { durationMs: 10_000, urls: { ...asset(1).urls, sprite } })]);
    vi.spyOn(tile(1), "getBoundingClientRect").mockReturnValue(new DOMRect(0, 0, 100, 100));
    fireEvent(tile(1), new PointerEvent("pointermove", { bubbles: true, clientX: 55, pointerType: "mouse" }));
    expect(tile(1).querySelector<HTMLElement>(".tile-frame")?.style.backgroundPosition).toMatch(/^33\.3\d*% 50%$/);
    expect(screen.getByText("0:05")).toBeTruthy();
    fireEvent(tile(1), new PointerEvent("pointerleave"));
    expect(tile(1).querySelector(".tile-frame")).toBeNull();
  });

  it("uploads what is dropped, shows it on its way, and leaves out what is neither image nor video", async () => {
    const { workspace } = await showFive();
    drop([new File(["a"], "fox.png", { type: "image/png" }), new File(["b"], "notes.txt", { type: "text/plain" })]);
    expect(within(screen.getByRole("list", { name: "Uploads" })).getByText("fox.png")).toBeTruthy();
    expect(screen.getByText("Some files were left out")).toBeTruthy();
    await waitFor(() => expect(workspace.assets.peek("ast_up")?.name).toBe("fox.png"));
    await waitFor(() => expect(screen.queryByRole("list", { name: "Uploads" })).toBeNull());
  });
});
