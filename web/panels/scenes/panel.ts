import Waypoints from "lucide-solid/icons/waypoints";
import { definePanel } from "#web/dock/panel.ts";

export const scenesPanel = definePanel({
  id: "scenes",
  title: "Scenes",
  icon: Waypoints,
  column: "middle",
  key: "e",
  load: () => import("./scenes.tsx"),
});
