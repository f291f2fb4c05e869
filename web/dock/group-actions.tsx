// The menu at the right of every tab strip: what can be done to a group of panels without dragging.
import type { DockviewGroupPanel, IHeaderActionsRenderer } from "dockview";
import AppWindow from "lucide-solid/icons/app-window";
import Ellipsis from "lucide-solid/icons/ellipsis";
import Maximize2 from "lucide-solid/icons/maximize-2";
import MoveLeft from "lucide-solid/icons/move-left";
import MoveRight from "lucide-solid/icons/move-right";
import PanelBottom from "lucide-solid/icons/panel-bottom";
import PanelRight from "lucide-solid/icons/panel-right";
import X from "lucide-solid/icons/x";
import type { Owner } from "solid-js";
import { render } from "solid-js/web";
import { MenuButton, type MenuItem } from "#web/ui/menu.tsx";

export const groupActions = (owner: Owner | null, group: DockviewGroupPanel): IHeaderActionsRenderer => {
  const element = document.createElement("div");
  element.className = "dock-actions";
  let stop: (() => void) | undefined;
  return {
    element,
    init: ({ containerApi: api }) => {
      const items = (): ReadonlyArray<MenuItem> => {
        const panel = group.activePanel;
        if (panel === undefined) {
          return [];
        }
        const left = api.adjacentGroupInDirection(group, "left");
        const right = api.adjacentGroupInDirection(group, "right");
        const moveTo = (to: typeof left) => {
          const target = to === undefined ? undefined : api.groups.find(({ id }) => id === to.id);
          if (target !== undefined) {
            panel.api.moveTo({ group: target });
          }
        };
        const floats = panel.api.location.type === "floating";
        return [
          {
            label: group.api.isMaximized() ? "Restore size" : "Maximise",
            icon: Maximize2,
            disabled: floats,
            onSelect: () => (group.api.isMaximized() ? group.api.exitMaximized() : group.api.maximize()),
          },
          floats
            ? { label: "Dock", icon: AppWindow, onSelect: () => panel.api.moveTo({ position: "right" }) }
            : { label: "Float", icon: AppWindow, onSelect: () => api.addFloatingGroup(panel, { width: 480, height: 520 }) },
          "separator",
          { label: "Move to the group on the left", icon: MoveLeft, disabled: left === undefined, onSelect: () => moveTo(left) },
          { label: "Move to the group on the right", icon: MoveRight, disabled: right === undefined, onSelect: () => moveTo(right) },
          {
            label: "Split to the right",
            icon: PanelRight,
            disabled: floats || group.panels.length < 2,
            onSelect: () => panel.api.moveTo({ group, position: "right" }),
          },
          {
            label: "Split downwards",
            icon: PanelBottom,
            disabled: floats || group.panels.length < 2,
            onSelect: () => panel.api.moveTo({ group, position: "bottom" }),
          },
          "separator",
          { label: "Close", icon: X, onSelect: () => panel.api.close() },
        ];
      };
      stop = render(() => <MenuButton label="Panel menu" icon={Ellipsis} size="s" items={items} />, element, undefined, { owner });
    },
    dispose: () => stop?.(),
  };
};
