import Columns from "lucide-solid/icons/columns-2";
import { definePanel } from "#web/dock/panel.ts";

export const comparePanel = definePanel({
  id: "compare",
  title: "Compare",
  icon: Columns,
  column: "middle",
  onDemand: true,
  key: "c",
  load: () => import("./compare.tsx"),
});
