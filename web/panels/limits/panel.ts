import Gauge from "lucide-solid/icons/gauge";
import { definePanel } from "#web/dock/panel.ts";

export const limitsPanel = definePanel({
  id: "limits",
  title: "Limits",
  icon: Gauge,
  column: "middle",
  onDemand: true,
  key: "u",
  load: () => import("./limits.tsx"),
});
