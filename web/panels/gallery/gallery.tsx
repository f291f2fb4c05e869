// The Gallery panel: the user's assets, newest first, live, however many; looked through, chosen, dragged out and dropped in.
import Columns from "lucide-solid/icons/columns-2";
import ImagePlus from "lucide-solid/icons/image-plus";
import Images from "lucide-solid/icons/images";
import Search from "lucide-solid/icons/search";
import Star from "lucide-solid/icons/star";
import Trash from "lucide-solid/icons/trash";
import Undo from "lucide-solid/icons/undo-2";
import Upload from "lucide-solid/icons/upload";
import X from "lucide-solid/icons/x";
import { createEffect, createMemo, createUniqueId, For, Match, on, Show, Switch, type Component } from "solid-js";
import { provideCommands } from "#web/app/commands.ts";
import { openPanel, type PanelProps } from "#web/dock/panel.ts";
import { restoreAssets, sendToForm, toggleFavourites, trashAssets } from "#web/panels/asset/actions.ts";
import { assetMenu } from "#web/panels/asset/asset-menu.ts";
import { comparable, compareAssets, compareChosen } from "#web/panels/compare/open.ts";
import { setDraggedAssets } from "#web/store/drag.ts";
import { createListSelection } from "#web/store/list-selection.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button, IconButton } from "#web/ui/button.tsx";
import { createDropZone } from "#web/ui/drop-zone.ts";
import { FailedState } from "#web/ui/failed-state.tsx";
import { EmptyState, Skeleton } from "#web/ui/feedback.tsx";
import { ListProblem } from "#web/ui/list-problem.tsx";
import { showContextMenu } from "#web/ui/menu.tsx";
import { onPastedFiles } from "#web/ui/pasted-files.ts";
import type { ActsOf, galleryKeys } from "#web/ui/place-keys.ts";
import { UploadRow } from "#web/ui/upload-row.tsx";
import { createView, FilterBar } from "./filters.tsx";
import { Grid, type GridHandle } from "./grid.tsx";
import { besideRow } from "./layout.ts";
import { Tile } from "./tile.tsx";
import "./gallery.css";

const place = "gallery";
/** Files taken at once. */
const mostFiles = 500;

const GalleryPanel: Component<PanelProps<"gallery">> = () => {
  const workspace = useWorkspace();
  const { assets, uploads, preferences } = workspace;
  const domId = createUniqueId();
  const view = createView(preferences);
  const list = assets.list(view.filter);
  let root: HTMLDivElement | undefined;
  let file: HTMLInputElement | undefined;
  let handle: GridHandle | undefined;
  /** What was chosen when a box began to be drawn. */
  let before: ReadonlySet<string> = new Set();

  const choice = createListSelection(list.ids, (index) => handle?.scrollTo(index));
  const { selection, chosen } = choice;
  createEffect(on(view.filter, () => handle?.scrollTo(0), { defer: true }));

  const chosenAssets = () => chosen().flatMap((id) => assets.peek(id) ?? []);
  const fit = createMemo(() => comparable(workspace, chosen()));
  const uploading = () => uploads.list().filter((each) => each.place === place);
  const openAsset = (id: string | null) => id !== null && openPanel("asset", { assetId: id });
  /** In the trash nothing goes further down. */
  const trash = (ids: ReadonlyArray<string>) => ids.length > 0 && !view.inTrash() && void trashAssets(workspace, ids);
  const take = (files: Iterable<File>) =>
    uploads.add([...files], { place, accepts: ["image", "video"], taker: "The gallery", most: mostFiles });

  const { over, zone } = createDropZone(["files"], (event) => take(event.dataTransfer?.files ?? []));

  const pick = (event: MouseEvent, id: string) => {
    const picked = choice.pick(event, id);
    if (picked !== null) {
      openPanel("asset", { assetId: id }, { inBackground: !picked.byTouch });
    }
  };
  const menuFor = (event: MouseEvent, id: string) => {
    const ids = choice.chooseFor(id);
    const coarse = matchMedia("(pointer: coarse)").matches;
    const label = ids.length > 1 ? `${ids.length} assets` : (assets.peek(id)?.name ?? "Asset");
    showContextMenu(event, label, assetMenu(workspace, ids, coarse ? choice.startSelecting : null));
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const extend = event.shiftKey;
    /** Row by row, keeping the column. */
    const walkRows = (by: number) => {
      const ids = list.ids();
      const layout = handle?.layout();
      let at = ids.indexOf(selection().current ?? "");
      if (layout === undefined || at < 0) {
        choice.walk(by, extend);
        return;
      }
      for (let left = Math.abs(by); left > 0; left--) {
        at = besideRow(layout, at, Math.sign(by));
      }
      choice.goTo(ids[at] ?? "", extend);
    };
    const trashChosen = () => trash(chosen());
    const acts: ActsOf<typeof galleryKeys> = {
      ArrowRight: () => choice.walk(1, extend),
      ArrowLeft: () => choice.walk(-1, extend),
      ArrowDown: () => walkRows(1),
      ArrowUp: () => walkRows(-1),
      PageDown: () => walkRows(handle?.pageRows() ?? 1),
      PageUp: () => walkRows(-(handle?.pageRows() ?? 1)),
      Enter: () => openAsset(selection().current),
      Delete: trashChosen,
      Backspace: trashChosen,
      f: () => chosen().length > 0 && void toggleFavourites(workspace, chosen()),
      u: () => chosen().length > 0 && sendToForm(workspace, chosenAssets()),
      c: () => compareChosen(workspace, chosen()),
    };
    choice.onKeyDown(event, acts);
  };

  onPastedFiles(() => root, take);

  provideCommands(() => [
    {
      id: "gallery.upload",
      title: "Upload images and videos",
      group: "Gallery",
      icon: Upload,
      words: "file add import",
      run: () => {
        openPanel("gallery", {});
        file?.click();
      },
    },
    {
      id: "gallery.trash",
      title: "Show the trash",
      group: "Gallery",
      icon: Trash,
      words: "deleted bin restore",
      run: () => {
        openPanel("gallery", {});
        view.setInTrash(true);
      },
    },
    {
      id: "gallery.compare",
      title: "Compare the selected videos",
      group: "Gallery",
      icon: Columns,
      words: "side by side sync wipe split",
      run: () => compareChosen(workspace, chosen()),
    },
  ]);

  const uploadButton = () => (
    <Button tone="primary" icon={Upload} onClick={() => file?.click()}>
      Upload files
    </Button>
  );

  return (
    <div class="gallery" ref={(element) => (root = element)} data-over={over() ? "" : undefined} {...zone}>
      <FilterBar view={view} count={assets.ready() ? assets.count() : null} onUpload={() => file?.click()} />
      <input
        ref={(element) => (file = element)}
        type="file"
        hidden
        multiple
        accept="image/*,video/*"
        aria-label="Files for the gallery"
        onChange={(event) => {
          take(event.currentTarget.files ?? []);
          event.currentTarget.value = "";
        }}
      />
      <Show when={view.inTrash()}>
        <p class="gallery-trash">
          What was moved to the trash stays here for 30 days.{" "}
          <Button size="s" tone="ghost" onClick={() => view.setInTrash(false)}>
            Back to the gallery
          </Button>
        </p>
      </Show>

      <Switch>
        <Match when={list.state() === "loading"}>
          <div class="gallery-loading" aria-label="Loading assets" aria-busy="true">
            <For each={[1.8, 1.2, 1.8, 0.8, 1.8, 1.8, 1.3, 1.8]}>
              {(shape) => (
                <div style={{ "flex-grow": shape, "flex-basis": `${shape * 90}px` }}>
                  <Skeleton class="gallery-skeleton" />
                </div>
              )}
            </For>
          </div>
        </Match>
        <Match when={list.state() === "failed"}>
          <FailedState title="The gallery could not be read" problem={list.problem()} onRetry={list.retry} />
        </Match>
        <Match when={list.ids().length === 0 && view.isFiltered()}>
          <EmptyState icon={Search} title="Nothing fits these filters" actions={<Button onClick={view.clear}>Show everything</Button>} />
        </Match>
        <Match when={list.ids().length === 0 && view.inTrash()}>
          <EmptyState icon={Trash} title="The trash is empty" />
        </Match>
        <Match when={list.ids().length === 0}>
          <EmptyState icon={Images} title="Nothing here yet" actions={uploadButton()}>
            What you generate appears here. Images and videos of your own can be dropped or pasted.
          </EmptyState>
        </Match>
        <Match when={true}>
          <Grid
            ids={list.ids()}
            aspect={(id) => {
              const asset = assets.peek(id);
              return asset === undefined ? 1 : asset.width / asset.height;
            }}
            target={view.kept().size}
            onNearEnd={list.more}
            onPressNothing={choice.clear}
            onDraw={(ids, phase, add) => {
              before = phase === "start" ? selection().ids : before;
              choice.set({ ids: new Set(add ? [...before, ...ids] : ids), anchor: ids[0] ?? null, current: ids.at(-1) ?? null });
            }}
            handle={(now) => (handle = now)}
            host={{
              role: "listbox",
              "aria-multiselectable": "true",
              "aria-label": view.inTrash() ? "Trash" : "Assets",
              "aria-activedescendant": selection().current === null ? undefined : `${domId}-${selection().current}`,
              tabIndex: 0,
              onKeyDown,
            }}
            tile={(id, box, index) => (
              <Show when={assets.row(id())}>
                {(asset) => (
                  <Tile
                    asset={asset()}
                    domId={`${domId}-${id()}`}
                    width={box().width}
                    height={box().height}
                    selected={selection().ids.has(id())}
                    current={selection().current === id()}
                    place={index()}
                    total={list.ids().length}
                    onPick={(event) => pick(event, id())}
                    onOpen={() => openAsset(id())}
                    onMenu={(event) => menuFor(event, id())}
                    onDrag={(event) => setDraggedAssets(event, choice.chooseFor(id()))}
                  />
                )}
              </Show>
            )}
            footer={<ListProblem what="Older assets" problem={list.problem()} onRetry={list.retry} />}
          />
        </Match>
      </Switch>

      <Show when={uploading().length > 0}>
        <ul class="gallery-uploads" aria-label="Uploads">
          <For each={uploading()}>
            {(upload) => (
              <li>
                <UploadRow upload={upload} />
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Show when={selection().ids.size > 1 || choice.selecting()}>
        <div class="selection-bar" role="toolbar" aria-label="Selected assets">
          <strong>{selection().ids.size.toLocaleString("en")} selected</strong>
          <Show when={selection().ids.size === list.ids().length && list.hasMore()}>
            <span class="muted">of those loaded</span>
          </Show>
          <span class="selection-bar-buttons">
            <Show
              when={view.inTrash()}
              fallback={
                <>
                  <Button size="s" icon={ImagePlus} onClick={() => sendToForm(workspace, chosenAssets())}>
                    Use
                  </Button>
                  <Show when={fit()}>
                    {(ids) => (
                      <Button size="s" icon={Columns} onClick={() => compareAssets(ids())}>
                        Compare
                      </Button>
                    )}
                  </Show>
                  <IconButton size="s" label="Favourite" icon={Star} onClick={() => void toggleFavourites(workspace, chosen())} />
                  <IconButton size="s" label="Move to the trash" tone="danger" icon={Trash} onClick={() => trash(chosen())} />
                </>
              }
            >
              <Button size="s" icon={Undo} onClick={() => void restoreAssets(workspace, chosen())}>
                Bring back
              </Button>
            </Show>
            <IconButton size="s" label="Clear the selection" icon={X} onClick={choice.clear} />
          </span>
        </div>
      </Show>
    </div>
  );
};

export default GalleryPanel;
