import Hourglass from "lucide-solid/icons/hourglass";
import { definePanel } from "#web/dock/panel.ts";

export const queuePanel = definePanel({
  id: "queue",
  title: "Queue",
  icon: Hourglass,
  column: "middle",
  key: "q",
  load: () => import("./queue.tsx"),
});
