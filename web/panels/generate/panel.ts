import Sparkles from "lucide-solid/icons/sparkles";
import { definePanel } from "#web/dock/panel.ts";

export const generatePanel = definePanel({
  id: "generate",
  title: "Generate",
  icon: Sparkles,
  column: "left",
  key: "g",
  load: () => import("./generate.tsx"),
});
