import Workflow from "lucide-solid/icons/workflow";
import { definePanel } from "#web/dock/panel.ts";

export const scenePanel = definePanel({
  id: "scene",
  title: "Scene",
  icon: Workflow,
  column: "middle",
  onDemand: true,
  key: "n",
  load: () => import("./scene.tsx"),
});
