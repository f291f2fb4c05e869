// The Scenes panel: the library of branching scenes. One is opened in the panel Scene; stories come in and go out as files.
import Download from "lucide-solid/icons/download";
import MoreHorizontal from "lucide-solid/icons/ellipsis";
import FileInput from "lucide-solid/icons/file-input";
import Package from "lucide-solid/icons/package";
import Pencil from "lucide-solid/icons/pencil";
import Play from "lucide-solid/icons/play";
import Plus from "lucide-solid/icons/plus";
import Rocket from "lucide-solid/icons/rocket";
import SearchX from "lucide-solid/icons/search-x";
import Share from "lucide-solid/icons/share-2";
import Trash from "lucide-solid/icons/trash";
import Undo from "lucide-solid/icons/undo-2";
import Waypoints from "lucide-solid/icons/waypoints";
import { createMemo, createSignal, For, Match, Show, Switch, type Component } from "solid-js";
import { siteOf } from "#protocol/client/story-site.ts";
import type { Scene } from "#protocol/scene.ts";
import { provideCommands } from "#web/app/commands.ts";
import { openPanel, type PanelProps } from "#web/dock/panel.ts";
import { debounced } from "#web/store/debounced.ts";
import { newKey } from "#protocol/client/key.ts";
import { useNow } from "#web/store/now.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button, IconButton } from "#web/ui/button.tsx";
import { Segments } from "#web/ui/choice.tsx";
import { createDropZone } from "#web/ui/drop-zone.ts";
import { FailedState } from "#web/ui/failed-state.tsx";
import { Badge, EmptyState, Skeleton } from "#web/ui/feedback.tsx";
import { formatCount, formatMoment } from "#web/ui/format.ts";
import { ListProblem } from "#web/ui/list-problem.tsx";
import { MenuButton, showContextMenu, type MenuItem } from "#web/ui/menu.tsx";
import { SearchField } from "#web/ui/search-field.tsx";
import { toast } from "#web/ui/toast.tsx";
import { afterOthers, download, fileNameOf, packedText, sendParts, sourceOf, storyFileTypes, titleOfFile } from "./files.ts";
import { playAddress, ShareDialog } from "./share-dialog.tsx";
import { createScenesStore, type ScenesFilter } from "./store.ts";
import { TitleDialog, type SceneTask } from "./title-dialog.tsx";
import "./scenes.css";

const searchRestMs = 200;

const ScenesPanel: Component<PanelProps<"scenes">> = () => {
  const { client } = useWorkspace();
  const now = useNow();
  const store = createScenesStore(client);
  const [search, setSearch] = createSignal("");
  const [show, setShow] = createSignal<"library" | "shared" | "trash">("library");
  const [task, setTask] = createSignal<SceneTask | null>(null);
  const [shared, setShared] = createSignal<Scene | null>(null);
  const rested = debounced(search, searchRestMs);
  const filter = createMemo((): ScenesFilter => ({ search: rested(), deleted: show() === "trash", shared: show() === "shared" }));
  const list = store.list(filter);
  let picker: HTMLInputElement | undefined;

  const failed = (what: string) => (error: unknown) => void toast(what, { tone: "bad", detail: sentenceOf(error) });
  const open = (id: string) => openPanel("scene", { sceneId: id });
  const setDeleted = ({ id, title }: Pick<Scene, "id" | "title">, deleted: boolean): void => {
    const takeBack = store.assume([id], { deletedAt: deleted ? Date.now() : null });
    const done = deleted
      ? client.call("scenes.delete", { ids: [id] }, { key: newKey() })
      : client.call("scenes.restore", { ids: [id] }, { key: newKey() });
    done.then(
      () =>
        deleted &&
        toast(`“${title}” is in the trash`, {
          action: { label: "Undo", onSelect: () => setDeleted({ id, title }, false) },
        }),
      (error: unknown) => {
        takeBack();
        failed(deleted ? "It could not be moved to the trash" : "It could not be restored")(error);
      },
    );
  };
  const exportFile = ({ id, title }: Scene) => {
    client
      .call("scenes.export", { id })
      .then(
        ({ file }) => download(fileNameOf(title), new Blob([JSON.stringify(file, null, 2)], { type: "application/json" })),
        failed("It could not be exported"),
      );
  };
  const exportSite = async ({ title, latest }: Scene) => {
    if (latest === null) return;
    const dismiss = toast(`“${title}” is being packed`, { detail: "The player, the story and its videos.", stayMs: null });
    try {
      const { downloadZip } = await import("client-zip");
      const { files, missing } = await siteOf(client.call, (path) => fetch(path), { title, versionId: latest.id });
      download(fileNameOf(title, ".zip"), await downloadZip(files).blob());
      if (missing > 0) {
        toast(`${formatCount(missing, "video")} of “${title}” ${missing === 1 ? "is" : "are"} gone`, {
          tone: "warn",
          detail: "The folder plays without.",
        });
      }
    } catch (error) {
      failed("It could not be packed")(error);
    } finally {
      dismiss();
    }
  };
  const importFile = async (file: File) => {
    try {
      const text = await file.text();
      const { id, scenes, notes } = await client.call(
        "scenes.import",
        { source: sourceOf(text), ...(await sendParts(client, await packedText(text))), untitled: titleOfFile(file.name) },
        { key: newKey() },
      );
      store.put(scenes);
      toast(`${formatCount(scenes.length, "scene")} came in from ${file.name}`, {
        tone: notes.length === 0 ? "ok" : "warn",
        detail: notes.length === 0 ? undefined : notes.slice(0, 5).join(" "),
        action: { label: "Open", onSelect: () => open(id) },
        ...(notes.length === 0 ? {} : { stayMs: null }),
      });
    } catch (error) {
      failed(`${file.name} could not be imported`)(error);
    }
  };
  const take = (files: Iterable<File>) => {
    for (const file of files) void afterOthers(client, () => importFile(file));
  };
  const { over, zone } = createDropZone(["files"], (event) => take(event.dataTransfer?.files ?? []));
  const create = () => setTask({ kind: "create" });
  const isFiltered = () => show() !== "library" || rested().trim() !== "";
  const nothing = () => {
    if (rested().trim() !== "") return "No title is like that";
    return show() === "trash" ? "The trash is empty" : "Nobody shares a scene with you";
  };
  /** Whose it is and what may be done with it, if that is to be said. */
  const sharedWords = ({ access, ownerName, people }: Scene): string => {
    if (access === "editor") return `, of ${ownerName}, you can edit`;
    if (access === "viewer") return `, of ${ownerName}, you can look`;
    return people === 0 ? "" : `, shared with ${people}`;
  };
  const retry = () => {
    if (store.problem() !== null) store.retry();
    if (list.state() === "failed") list.retry();
  };

  const menuOf = (scene: Scene): ReadonlyArray<MenuItem> => (scene.access === "owner" ? ownMenuOf(scene) : sharedMenuOf(scene));
  const rename = ({ id, title }: Scene) => setTask({ kind: "rename", id, title });
  const sharedMenuOf = (scene: Scene): ReadonlyArray<MenuItem> => [
    { label: "Open", icon: Waypoints, onSelect: () => open(scene.id) },
    ...(scene.access === "editor" ? [{ label: "Rename…", icon: Pencil, onSelect: () => rename(scene) }] : []),
    { label: "Export as a file", icon: Download, onSelect: () => exportFile(scene) },
    { label: "Who has it…", icon: Share, onSelect: () => setShared(scene) },
  ];
  const ownMenuOf = (scene: Scene): ReadonlyArray<MenuItem> =>
    scene.deletedAt === null
      ? [
          { label: "Open", icon: Waypoints, onSelect: () => open(scene.id) },
          { label: "Publish…", icon: Rocket, onSelect: () => setTask({ kind: "publish", id: scene.id }) },
          ...(scene.latest === null
            ? []
            : [{ label: "Play", icon: Play, onSelect: () => void window.open(playAddress(scene.id), "_blank", "noopener") }]),
          { label: "Share…", icon: Share, onSelect: () => setShared(scene) },
          { label: "Rename…", icon: Pencil, onSelect: () => rename(scene) },
          { label: "Export as a file", icon: Download, onSelect: () => exportFile(scene) },
          {
            label: scene.latest === null ? "Export to play anywhere (publish it first)" : "Export to play anywhere",
            icon: Package,
            disabled: scene.latest === null,
            onSelect: () => void exportSite(scene),
          },
          "separator",
          { label: "Move to the trash", icon: Trash, danger: true, onSelect: () => setDeleted(scene, true) },
        ]
      : [{ label: "Restore", icon: Undo, onSelect: () => setDeleted(scene, false) }];

  provideCommands(() => [
    {
      id: "scenes.create",
      title: "New scene",
      group: "Scenes",
      icon: Plus,
      words: "story branch interactive create",
      run: () => {
        openPanel("scenes", {});
        create();
      },
    },
    {
      id: "scenes.import",
      title: "Import a story",
      group: "Scenes",
      icon: FileInput,
      words: "twine twee ink json file",
      run: () => {
        openPanel("scenes", {});
        picker?.click();
      },
    },
  ]);

  return (
    <div class="scenes" data-over={over() ? "" : undefined} {...zone}>
      <div class="panel-bar">
        <Segments
          label="Show"
          hideLabel
          value={show()}
          onChange={setShow}
          options={[
            { value: "library", label: "Library" },
            { value: "shared", label: "Shared" },
            { value: "trash", label: "Trash" },
          ]}
        />
        <div class="scenes-tools">
          <div class="scenes-search">
            <SearchField size="s" label="Search titles" placeholder="Search…" value={search()} onInput={setSearch} />
          </div>
          <IconButton size="s" label="Import a story: PixSim, Twine or ink" icon={FileInput} onClick={() => picker?.click()} />
          <Button size="s" tone="primary" icon={Plus} onClick={create}>
            New
          </Button>
        </div>
      </div>
      <input
        ref={(element) => (picker = element)}
        type="file"
        hidden
        multiple
        accept={storyFileTypes}
        aria-label="Story files"
        onChange={(event) => {
          take([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }}
      />
      <Switch>
        <Match when={list.ids().length > 0}>
          <ul class="scenes-list panel-scroll" aria-label="Scenes">
            <For each={list.ids()}>
              {(id) => (
                <Show when={store.row(id)}>
                  {(scene) => (
                    <li class="scenes-row" onContextMenu={(event) => showContextMenu(event, scene().title, menuOf(scene()))}>
                      <button type="button" class="scenes-open" disabled={scene().deletedAt !== null} onClick={() => open(id)}>
                        <strong class="truncate">{scene().title}</strong>
                        <span class="scenes-facts">
                          {formatCount(scene().nodes, "node")}, {formatMoment(scene().changedAt, now())}
                          {sharedWords(scene())}
                        </span>
                      </button>
                      <Show when={scene().latest} fallback={<Badge>Draft</Badge>}>
                        {(latest) => (
                          <Badge tone={scene().edited ? "warn" : "ok"}>
                            Version {latest().number}
                            {scene().edited ? ", edited since" : ""}
                          </Badge>
                        )}
                      </Show>
                      <MenuButton size="s" label={`More for ${scene().title}`} icon={MoreHorizontal} items={() => menuOf(scene())} />
                    </li>
                  )}
                </Show>
              )}
            </For>
            <Show when={list.hasMore()}>
              <li>
                <Button size="s" tone="ghost" onClick={list.more}>
                  Show older ones
                </Button>
              </li>
            </Show>
          </ul>
          <ListProblem what="Older ones" problem={list.problem()} onRetry={list.retry} />
          <ListProblem what="What changes" problem={store.problem()} onRetry={store.retry} />
        </Match>
        <Match when={store.problem() ?? (list.state() === "failed" ? list.problem() : null)}>
          {(problem) => <FailedState title="The scenes could not be read" problem={problem()} onRetry={retry} />}
        </Match>
        <Match when={list.state() === "loading"}>
          <div class="scenes-loading" aria-busy="true" aria-label="Loading the scenes">
            <Skeleton class="scenes-skeleton" />
            <Skeleton class="scenes-skeleton" />
          </div>
        </Match>
        <Match when={isFiltered()}>
          <EmptyState icon={SearchX} title={nothing()} />
        </Match>
        <Match when={true}>
          <EmptyState
            icon={Waypoints}
            title="No scenes yet"
            actions={
              <>
                <Button tone="primary" icon={Plus} onClick={create}>
                  New scene
                </Button>
                <Button icon={FileInput} onClick={() => picker?.click()}>
                  Import a story
                </Button>
              </>
            }
          >
            A scene is a graph of clips and choices. Start an empty one, or bring a story from PixSim, Twine (Twee) or ink (compiled JSON).
          </EmptyState>
        </Match>
      </Switch>
      <ShareDialog scene={store.row(shared()?.id ?? "") ?? shared()} onClose={() => setShared(null)} />
      <TitleDialog
        task={task()}
        onClose={() => setTask(null)}
        onDone={(scene, done) => {
          store.put([scene]);
          if (done.kind === "create") open(scene.id);
        }}
      />
    </div>
  );
};

export default ScenesPanel;
