// The signed-in workspace: bar at the top, panels, status line; palette, help and the commands that belong to no panel.
import CircleUserRound from "lucide-solid/icons/circle-user-round";
import Keyboard from "lucide-solid/icons/keyboard";
import LayoutDashboard from "lucide-solid/icons/layout-dashboard";
import Monitor from "lucide-solid/icons/monitor";
import Moon from "lucide-solid/icons/moon";
import Search from "lucide-solid/icons/search";
import Sun from "lucide-solid/icons/sun";
import { createSignal, onCleanup, onMount, Show, type Component } from "solid-js";
import type { DockControls } from "#web/dock/dock.tsx";
import { Dock } from "#web/dock/dock.tsx";
import { focusPanel, openPanel } from "#web/dock/panel.ts";
import { Phone, phoneBelow } from "#web/dock/phone.tsx";
import { panelIds, panels } from "#web/panels/index.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { IconButton, type Icon } from "#web/ui/button.tsx";
import { MenuButton } from "#web/ui/menu.tsx";
import { tip } from "#web/ui/tooltip.tsx";
import { accountItems } from "./account.tsx";
import { keysLabel, listenForKeys, provideCommands, type Command } from "./commands.ts";
import { ConnectionMark, StaleBar } from "./connection-mark.tsx";
import { HelpSheet } from "./help.tsx";
import { Logo } from "./logo.tsx";
import { Palette } from "./palette.tsx";
import { parseRoute } from "./route.ts";
import { StatusBar } from "./status-bar.tsx";
import { nextTheme, setTheme, theme, type Theme } from "./theme.ts";
import "./shell.css";

const themeLooks: Readonly<Record<Theme, { readonly label: string; readonly icon: Icon }>> = {
  system: { label: "Theme: as the system", icon: Monitor },
  light: { label: "Theme: light", icon: Sun },
  dark: { label: "Theme: dark", icon: Moon },
};

const isNarrow = () => {
  const query = matchMedia(`(max-width: ${phoneBelow - 1}px)`);
  const [narrow, setNarrow] = createSignal(query.matches);
  const onChange = () => setNarrow(query.matches);
  query.addEventListener("change", onChange);
  onCleanup(() => query.removeEventListener("change", onChange));
  return narrow;
};

/** `#/job/<id>` and `#/asset/<id>` open what they name; the address is then left clean. */
const followRoute = () => {
  const follow = () => {
    const route = parseRoute(location.hash);
    if (route?.kind === "job") {
      openPanel("job", { jobId: route.id });
    } else if (route?.kind === "asset") {
      openPanel("asset", { assetId: route.id });
    } else {
      return;
    }
    history.replaceState(null, "", location.pathname);
  };
  onMount(() => {
    queueMicrotask(follow);
    window.addEventListener("hashchange", follow);
    onCleanup(() => window.removeEventListener("hashchange", follow));
  });
};

export const Shell: Component = () => {
  const { connection, user, session } = useWorkspace();
  const narrow = isNarrow();
  const [palette, setPalette] = createSignal(false);
  const [help, setHelp] = createSignal(false);
  const [dock, setDock] = createSignal<DockControls | null>(null);
  const switchTheme = () => setTheme(nextTheme(theme()));

  const layoutCommands = (): ReadonlyArray<Command> => {
    const controls = dock();
    return controls === null
      ? []
      : [
          {
            id: "layout.maximise",
            title: "Maximise the panel, or restore it",
            group: "Layout",
            keys: "mod+shift+f",
            run: controls.toggleMaximised,
          },
          { id: "layout.float", title: "Float the panel", group: "Layout", run: controls.floatActive },
          { id: "layout.close", title: "Close the panel", group: "Layout", keys: "alt+w", run: controls.closeActive },
          {
            id: "layout.reset",
            title: "Reset the layout",
            group: "Layout",
            icon: LayoutDashboard,
            words: "default panels",
            run: controls.reset,
          },
        ];
  };
  provideCommands(() => [
    ...panelIds.map((id): Command => {
      const { title, icon, key } = panels[id];
      return {
        id: `panel.${id}`,
        title: `Show ${title}`,
        group: "Panels",
        icon,
        keys: `g ${key}`,
        words: "open go",
        run: () => {
          openPanel(id, {});
          focusPanel(id);
        },
      };
    }),
    ...layoutCommands(),
    { id: "app.palette", title: "Search commands", group: "General", icon: Search, keys: "mod+k", run: () => setPalette(true) },
    {
      id: "app.help",
      title: "Keyboard shortcuts",
      group: "General",
      icon: Keyboard,
      keys: "?",
      words: "help keys",
      run: () => setHelp(true),
    },
    {
      id: "app.theme",
      title: "Switch theme: system, light, dark",
      group: "General",
      icon: themeLooks[theme()].icon,
      words: "colour night",
      run: switchTheme,
    },
  ]);
  listenForKeys();
  followRoute();

  return (
    <div class="shell" data-narrow={narrow() ? "" : undefined}>
      <header class="top-bar">
        <Logo size={22} />
        <span class="top-name">PixSim</span>
        <button
          type="button"
          class="top-search"
          onClick={() => setPalette(true)}
          {...tip("Search commands", keysLabel("mod+k"))}
          aria-label="Search commands"
        >
          <Search size={14} aria-hidden="true" />
          <span>Search commands</span>
          <kbd aria-hidden="true">{keysLabel("mod+k")}</kbd>
        </button>
        <div class="top-right">
          <Show when={narrow()}>
            <ConnectionMark state={connection.state()} onRetry={connection.retryNow} />
          </Show>
          <IconButton label={themeLooks[theme()].label} icon={themeLooks[theme()].icon} onClick={switchTheme} />
          <Show when={!narrow()}>
            <IconButton label="Keyboard shortcuts" keys="?" icon={Keyboard} onClick={() => setHelp(true)} />
            <IconButton label="Reset the layout" icon={LayoutDashboard} onClick={() => dock()?.reset()} />
          </Show>
          <MenuButton label={`Account of ${user().username}`} icon={CircleUserRound} items={() => accountItems(user(), session)} />
        </div>
      </header>
      <StaleBar state={connection.state()} onRetry={connection.retryNow} />
      <main class="shell-view">
        <h1 class="visually-hidden">Workspace</h1>
        <Show when={narrow()} fallback={<Dock controls={setDock} />}>
          <Phone />
        </Show>
      </main>
      <Show when={!narrow()}>
        <StatusBar />
      </Show>
      <Palette open={palette()} onClose={() => setPalette(false)} />
      <HelpSheet open={help()} onClose={() => setHelp(false)} />
    </div>
  );
};
