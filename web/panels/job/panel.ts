import Workflow from "lucide-solid/icons/workflow";
import { definePanel } from "#web/dock/panel.ts";

export const jobPanel = definePanel({
  id: "job",
  title: "Job",
  icon: Workflow,
  column: "right",
  key: "w",
  load: () => import("./job.tsx"),
});
