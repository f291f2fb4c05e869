// The Scene panel: the editor of one scene. The canvas in the middle, what is selected and the whole story beside it.
import CircleAlert from "lucide-solid/icons/circle-alert";
import CloudOff from "lucide-solid/icons/cloud-off";
import Eye from "lucide-solid/icons/eye";
import LayoutDashboard from "lucide-solid/icons/network";
import Maximize from "lucide-solid/icons/maximize";
import Minus from "lucide-solid/icons/minus";
import PanelRight from "lucide-solid/icons/panel-right";
import Plus from "lucide-solid/icons/plus";
import Redo from "lucide-solid/icons/redo-2";
import Rocket from "lucide-solid/icons/rocket";
import Share from "lucide-solid/icons/share-2";
import Undo from "lucide-solid/icons/undo-2";
import Waypoints from "lucide-solid/icons/waypoints";
import { createEffect, createMemo, createSignal, Match, onCleanup, Show, Switch, type Component } from "solid-js";
import { provideCommands } from "#web/app/commands.ts";
import { openPanel, type PanelProps } from "#web/dock/panel.ts";
import { ShareDialog } from "#web/panels/scenes/share-dialog.tsx";
import { TitleDialog, type SceneTask } from "#web/panels/scenes/title-dialog.tsx";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button, IconButton } from "#web/ui/button.tsx";
import { Badge, EmptyState, Skeleton } from "#web/ui/feedback.tsx";
import { MenuButton } from "#web/ui/menu.tsx";
import type { Point } from "#web/ui/pan-zoom.ts";
import { toast } from "#web/ui/toast.tsx";
import { createBackground } from "./background.ts";
import { Canvas, useProblems } from "./canvas.tsx";
import { createChecking } from "./checking.ts";
import { createEditor } from "./editor.ts";
import { nodeTypes, typeTitles } from "./make.ts";
import { typeIcons } from "./node-view.tsx";
import { createOthers } from "./others.ts";
import { OthersBar } from "./others-view.tsx";
import { openScene } from "./open-scene.ts";
import type { SceneFlow } from "./played.tsx";
import { Side, type SideView } from "./side.tsx";
import "./scene.css";

/** Nodes that are named to others as selected. */
const mostTold = 50;

const ScenePanel: Component<PanelProps<"scene">> = (props) => (
  <Show
    when={props.params.sceneId}
    keyed
    fallback={
      <EmptyState
        icon={Waypoints}
        title="No scene is open"
        actions={<Button onClick={() => openPanel("scenes", {})}>To the scenes</Button>}
      >
        Choose one in the library of scenes, or start a new one there.
      </EmptyState>
    }
  >
    {(id) => <SceneEditor id={id} setTitle={props.setTitle} visible={props.visible} />}
  </Show>
);

const SceneEditor: Component<{ readonly id: string; readonly setTitle: (title: string) => void; readonly visible: () => boolean }> = (
  props,
) => {
  const { client, assets, user, session } = useWorkspace();
  // Keyed by the id: it is another editor for another scene.
  const { id } = props;
  const store = openScene(client, id, session);
  const background = createBackground(() => new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }));
  onCleanup(background.close);
  const checking = createChecking(id, store, client, assets, background);
  const editor = createEditor(store, checking);
  const others = createOthers(client, id, () => user().id);
  const [pointer, setPointer] = createSignal<Point | null>(null);
  createEffect(() => {
    const selected = [...editor.selected()];
    others.look({ cursor: pointer(), nodes: selected.slice(0, mostTold), selected: selected.length, edge: editor.edge() });
  });
  const byNode = useProblems(checking.problems, store.graph);
  const [side, setSide] = createSignal<SideView>("inspect");
  const [isOpen, setOpen] = createSignal(true);
  const [task, setTask] = createSignal<SceneTask | null>(null);
  const [sharing, setSharing] = createSignal(false);
  const [playFrom, setPlayFrom] = createSignal<string | null>(null);
  const [flow, setFlow] = createSignal<SceneFlow | null>(null);
  const shownFlow = createMemo(() => (isOpen() && side() === "played" ? flow() : null));
  const [arranging, setArranging] = createSignal(false);
  createEffect(() => {
    const scene = store.scene();
    if (scene !== null) props.setTitle(scene.title);
  });
  const show = (view: SideView) => {
    setSide(view);
    setOpen(true);
  };
  let root: HTMLDivElement | undefined;
  const focusSide = () =>
    requestAnimationFrame(() => root?.querySelector<HTMLElement>(".scene-side :is(input, select, textarea)")?.focus());
  const inspect = () => {
    show("inspect");
    focusSide();
  };
  const play = (node: string) => {
    setPlayFrom(node);
    show("play");
  };
  const arrange = () => {
    if (arranging() || !store.canEdit()) return;
    setArranging(true);
    editor
      .arrange(background.arrange)
      .then(
        () => editor.open(),
        (error: unknown) => toast("It could not be arranged", { tone: "bad", detail: sentenceOf(error) }),
      )
      .finally(() => setArranging(false));
  };
  const publish = () => (errors() > 0 ? show("problems") : setTask({ kind: "publish", id }));
  provideCommands(() =>
    props.visible() && store.state().kind === "ready"
      ? [
          ...(store.canEdit()
            ? [
                {
                  id: "scene.arrange",
                  title: "Arrange the scene",
                  group: "Scene",
                  icon: LayoutDashboard,
                  words: "layout tidy",
                  run: arrange,
                },
              ]
            : []),
          ...(isOwn()
            ? [{ id: "scene.publish", title: "Publish the scene", group: "Scene", icon: Rocket, words: "version release", run: publish }]
            : []),
          {
            id: "scene.share",
            title: "People and links of the scene",
            group: "Scene",
            icon: Share,
            words: "share people invite collaborate together",
            run: () => setSharing(true),
          },
          {
            id: "scene.problems",
            title: "Problems of the scene",
            group: "Scene",
            icon: CircleAlert,
            words: "check errors lint",
            run: () => show("problems"),
          },
        ]
      : [],
  );
  const errors = () => checking.problems().filter(({ severity }) => severity === "error").length;
  const published = () => store.scene()?.latest ?? null;
  const isOwn = () => store.scene()?.access === "owner";
  /** Why nothing can be changed here. */
  const why = () => {
    const scene = store.scene();
    if (scene?.access !== "viewer") return null;
    return `This is a scene of ${scene.ownerName}, which you can look at and play. To change it, ask ${scene.ownerName} to let you edit.`;
  };

  return (
    <div class="scene" ref={(element) => (root = element)}>
      <Switch>
        <Match when={store.state().kind === "loading"}>
          <div class="scene-loading" aria-busy="true" aria-label="Loading the scene">
            <Skeleton class="scene-skeleton" />
          </div>
        </Match>
        <Match when={store.state().kind === "failed" ? (store.state() as { readonly problem: string }).problem : null}>
          {(problem) => (
            <EmptyState
              tone="bad"
              icon={CircleAlert}
              title="The scene could not be read"
              actions={
                <>
                  <Button onClick={store.retry}>Try again</Button>
                  <Button onClick={() => openPanel("scenes", {})}>To the scenes</Button>
                </>
              }
            >
              {problem()}
            </EmptyState>
          )}
        </Match>
        <Match when={true}>
          <div class="panel-bar scene-bar">
            <Show when={store.canEdit()} fallback={<Badge icon={Eye}>View only</Badge>}>
              <MenuButton
                size="s"
                tone="primary"
                label="Add a node"
                icon={Plus}
                items={() =>
                  nodeTypes.map((type) => ({
                    label: typeTitles[type],
                    icon: typeIcons[type],
                    onSelect: () => editor.add(type, editor.middle()),
                  }))
                }
              >
                Node
              </MenuButton>
            </Show>
            <span class="scene-tools">
              <Show when={store.canEdit()}>
                <IconButton size="s" label="Undo" keys="Ctrl Z" icon={Undo} disabled={!store.canUndo()} onClick={store.undo} />
                <IconButton size="s" label="Redo" keys="Ctrl Y" icon={Redo} disabled={!store.canRedo()} onClick={store.redo} />
                <IconButton size="s" label="Arrange" keys="A" icon={LayoutDashboard} disabled={arranging()} onClick={arrange} />
              </Show>
              <IconButton size="s" label="Smaller" keys="-" icon={Minus} onClick={() => editor.zoom(0.8)} />
              <button type="button" class="scene-zoom" aria-label="Fit the scene in" onClick={editor.fit}>
                {Math.round(editor.view().scale * 100)} %
              </button>
              <IconButton size="s" label="Larger" keys="+" icon={Plus} onClick={() => editor.zoom(1.25)} />
              <IconButton size="s" label="Fit" keys="0" icon={Maximize} onClick={editor.fit} />
            </span>
            <OthersBar editor={editor} others={others.all()} news={others.news()} />
            <span class="scene-state" role="status">
              <Switch>
                <Match when={store.saving().kind === "saving"}>
                  <span class="muted">Saving…</span>
                </Match>
                <Match when={store.saving().kind === "waiting"}>
                  <Badge tone="warn" icon={CloudOff}>
                    Not saved
                  </Badge>
                  <Button size="s" onClick={store.retry}>
                    Try again
                  </Button>
                </Match>
                <Match when={store.saving().kind === "refused" ? (store.saving() as { readonly problem: string }).problem : null}>
                  {(problem) => (
                    <>
                      <Badge tone="bad" icon={CircleAlert}>
                        Not taken
                      </Badge>
                      <span class="scene-not-taken">{problem()}</span>
                      <Button size="s" onClick={store.retry}>
                        Try again
                      </Button>
                      <Button size="s" tone="danger" onClick={store.drop}>
                        Drop my edits
                      </Button>
                    </>
                  )}
                </Match>
                <Match when={true}>
                  <span class="muted">
                    {published() === null ? "Draft, saved" : store.scene()?.edited === true ? "Saved, edited since" : "Saved as"}
                    {published() === null ? "" : ` version ${published()!.number}`}
                  </span>
                </Match>
              </Switch>
            </span>
            <Show when={isOwn()}>
              <Button
                size="s"
                icon={Rocket}
                disabled={store.body().nodes.length === 0 || store.saving().kind !== "saved"}
                onClick={publish}
              >
                Publish
              </Button>
            </Show>
            <IconButton size="s" label={isOwn() ? "Share" : "Who has this scene"} icon={Share} onClick={() => setSharing(true)} />
            <IconButton size="s" label="Side view" icon={PanelRight} pressed={isOpen()} onClick={() => setOpen((now) => !now)} />
          </div>
          <Show when={why()}>
            {(sentence) => (
              <p class="scene-why" role="status">
                {sentence()}
              </p>
            )}
          </Show>
          <div class="scene-main" data-side={isOpen() ? "" : undefined}>
            <div class="scene-place">
              <Canvas
                editor={editor}
                problems={byNode()}
                flow={shownFlow()}
                others={others.all()}
                onPoint={setPointer}
                onArrange={arrange}
                onInspect={inspect}
                onFind={() => {
                  show("find");
                  focusSide();
                }}
                onPlay={play}
              />
              <Show when={store.body().nodes.length === 0}>
                <div class="scene-empty">
                  <EmptyState icon={Waypoints} title="An empty scene">
                    <Show when={store.canEdit()} fallback="Nothing was put into it yet.">
                      Drag clips here from the gallery, or add a node: with the button above, by a right click, or with the key N.
                    </Show>
                  </EmptyState>
                </div>
              </Show>
            </div>
            <Show when={isOpen()}>
              <Side
                editor={editor}
                others={others.all()}
                checking={checking}
                view={side()}
                onView={setSide}
                playFrom={playFrom()}
                onFlow={setFlow}
              />
            </Show>
          </div>
        </Match>
      </Switch>
      <TitleDialog task={task()} onClose={() => setTask(null)} onDone={store.put} />
      <ShareDialog scene={sharing() ? store.scene() : null} onClose={() => setSharing(false)} />
    </div>
  );
};

export default ScenePanel;
