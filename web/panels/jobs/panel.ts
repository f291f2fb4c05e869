import ListVideo from "lucide-solid/icons/list-video";
import { definePanel } from "#web/dock/panel.ts";

export const jobsPanel = definePanel({
  id: "jobs",
  title: "Jobs",
  icon: ListVideo,
  column: "middle",
  key: "j",
  load: () => import("./jobs.tsx"),
});
