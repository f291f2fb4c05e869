// The dock on wide screens: dockview's layout with Solid panels in it, kept for the user and brought back.
import "dockview/dist/styles/dockview.css";
import { createDockview, type DockviewApi, type IContentRenderer, type IDockviewPanel, type SerializedDockview } from "dockview";
import { createEffect, createSignal, getOwner, onCleanup, onMount, untrack, type Component, type Owner } from "solid-js";
import { render } from "solid-js/web";
import { isPanelId, panelIds, panels } from "#web/panels/index.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { toast } from "#web/ui/toast.tsx";
import { groupActions } from "./group-actions.tsx";
import { instanceOf, placeOf, readLayout, readParams, saveLayout } from "./layout.ts";
import { PanelHost } from "./panel-host.tsx";
import { setOpener, type PanelId } from "./panel.ts";
import "./dock.css";

const layoutKey = "layout";
/** Widths of the outer columns in a new layout, px, and the share of the dock that each takes at most: the lists stand between them. */
const leftWidth = 360;
const rightWidth = 440;
const mostOfDock = 0.31;

const idOf = (instance: string): PanelId | null => {
  const id = instance.split(":")[0] ?? "";
  return isPanelId(id) ? id : null;
};

/** Dockview adds what it is given to what a panel had: what is not named again is taken from it, unless it is only to be shown. */
const replaceParams = (panel: IDockviewPanel, params: object): void => {
  if (Object.keys(params).length === 0) {
    return;
  }
  const gone = Object.fromEntries(Object.keys(panel.api.getParameters()).map((key) => [key, undefined]));
  panel.api.updateParameters({ ...gone, ...params });
};

/** A Solid panel as dockview wants it. */
const contentOf = (owner: Owner | null, name: string): IContentRenderer => {
  const element = document.createElement("div");
  element.className = "dock-content";
  let dispose: (() => void) | undefined;
  let takeParams: (params: unknown) => void = () => undefined;
  return {
    element,
    init: ({ params, api }) => {
      if (!isPanelId(name)) {
        return;
      }
      const [current, setCurrent] = createSignal(readParams(name, params));
      const [visible, setVisible] = createSignal(api.isVisible);
      takeParams = (next) => setCurrent(() => readParams(name, next));
      const listening = api.onDidVisibilityChange((event) => setVisible(event.isVisible));
      const stop = render(
        () => <PanelHost id={name} params={current()} visible={visible} setTitle={(title) => api.setTitle(title)} named={false} />,
        element,
        undefined,
        { owner },
      );
      dispose = () => {
        listening.dispose();
        stop();
      };
    },
    update: ({ params }) => takeParams(params),
    dispose: () => dispose?.(),
  };
};

const columnWidth = (api: DockviewApi, column: "left" | "right"): number => {
  const width = column === "left" ? leftWidth : rightWidth;
  // It is built before it is shown where the page is in the background.
  return api.width === 0 ? width : Math.round(Math.min(width, api.width * mostOfDock));
};

const addPanel = (api: DockviewApi, id: PanelId, instance: string, params: object, inBackground: boolean): IDockviewPanel => {
  const open = api.panels.flatMap((panel) => {
    const known = idOf(panel.id);
    return known === null || panel.api.location.type !== "grid" ? [] : [{ instance: panel.id, id: known }];
  });
  const place = placeOf(id, open);
  const { column } = panels[id];
  return api.addPanel({
    id: instance,
    component: id,
    title: panels[id].title,
    params,
    inactive: inBackground,
    minimumWidth: 260,
    minimumHeight: 120,
    ...(place === null
      ? {}
      : {
          position: { referencePanel: place.beside, direction: place.direction },
          ...(place.direction === "within" || column === "middle" ? {} : { initialWidth: columnWidth(api, column) }),
        }),
  });
};

/** Those that are in view; the others stand behind them. */
const inFront: ReadonlySet<PanelId> = new Set(["generate", "jobs", "job"]);

const buildDefault = (api: DockviewApi) => {
  api.clear();
  for (const id of panelIds.filter((each) => panels[each].onDemand !== true)) {
    addPanel(api, id, id, {}, !inFront.has(id));
  }
  api.getPanel("generate")?.group.api.setSize({ width: columnWidth(api, "left") });
  api.getPanel("job")?.group.api.setSize({ width: columnWidth(api, "right") });
  api.getPanel("jobs")?.api.setActive();
};

/** What the shell may ask of the dock. */
export interface DockControls {
  readonly reset: () => void;
  readonly toggleMaximised: () => void;
  readonly floatActive: () => void;
  readonly closeActive: () => void;
}

export const Dock: Component<{ readonly controls: (controls: DockControls | null) => void }> = (props) => {
  const { preferences } = useWorkspace();
  const owner = getOwner();
  let host: HTMLDivElement | undefined;

  onMount(() => {
    if (host === undefined) {
      return;
    }
    const api = createDockview(host, {
      theme: { name: "pixsim", className: "dock-theme", gap: 6, dndOverlayMounting: "absolute", dndPanelOverlay: "group" },
      defaultRenderer: "always",
      floatingGroupBounds: { minimumHeightWithinViewport: 60, minimumWidthWithinViewport: 120 },
      createComponent: ({ name }) => contentOf(owner, name),
      createRightHeaderActionComponent: (group) => groupActions(owner, group),
    });

    let restoring = false;
    const restore = (saved: unknown): boolean => {
      const layout = readLayout(saved);
      if (layout === null) {
        return false;
      }
      restoring = true;
      try {
        // Checked by readLayout as far as we rely on it; dockview throws at what it cannot read.
        api.fromJSON(layout as unknown as SerializedDockview);
        return api.panels.length > 0;
      } catch {
        // A layout that cannot be read must not keep anybody out: the default one takes its place.
        return false;
      } finally {
        restoring = false;
      }
    };
    const shown = preferences.get(layoutKey);
    if (!restore(shown)) {
      buildDefault(api);
    }
    // Every layout event before this came from building it.
    let lastSaved = JSON.stringify(api.toJSON());
    const onLayout = api.onDidLayoutChange(() => {
      const dock = api.toJSON();
      const text = JSON.stringify(dock);
      if (!restoring && text !== lastSaved) {
        lastSaved = text;
        preferences.set(layoutKey, saveLayout(dock));
      }
    });

    // The server's layout wins over this browser's copy, unless somebody has moved something meanwhile.
    const atStart = lastSaved;
    createEffect(() => {
      const kept = preferences.loaded() ? untrack(() => preferences.get(layoutKey)) : undefined;
      if (kept !== undefined && lastSaved === atStart && JSON.stringify(kept) !== JSON.stringify(shown)) {
        restore(kept);
        lastSaved = JSON.stringify(api.toJSON());
      }
    });

    const withdraw = setOpener((id, params, options) => {
      const instance = instanceOf(id, (name) => api.getPanel(name) !== undefined, options.another === true);
      const panel = api.getPanel(instance);
      if (panel === undefined) {
        addPanel(api, id, instance, params, options.inBackground === true);
        return;
      }
      replaceParams(panel, params);
      if (options.inBackground === true) {
        // In view, unless that would hide what the person is looking at; the focus stays where it is.
        if (panel.group !== api.activeGroup) {
          panel.group.model.openPanel(panel, { skipSetGroupActive: true });
        }
      } else {
        if (api.hasMaximizedGroup() && !panel.api.isMaximized()) {
          api.exitMaximizedGroup();
        }
        panel.api.setActive();
      }
    });

    props.controls({
      reset: () => {
        const before = saveLayout(api.toJSON());
        buildDefault(api);
        toast("The layout is back to its default", { action: { label: "Undo", onSelect: () => void restore(before) } });
      },
      toggleMaximised: () => {
        if (api.hasMaximizedGroup()) {
          api.exitMaximizedGroup();
        } else if (api.activePanel !== undefined) {
          api.maximizeGroup(api.activePanel);
        }
      },
      floatActive: () => {
        if (api.activePanel !== undefined) {
          api.addFloatingGroup(api.activePanel, { width: 480, height: 520 });
        }
      },
      closeActive: () => api.activePanel?.api.close(),
    });

    onCleanup(() => {
      props.controls(null);
      withdraw();
      onLayout.dispose();
      api.dispose();
    });
  });

  return <div class="dock" ref={(element) => (host = element)} />;
};
